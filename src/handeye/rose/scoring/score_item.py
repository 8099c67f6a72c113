"""Parsed answer x item -> one score row, field for field as the authors' evaluator writes it.

Every definition is that of DESIGN, "One score row per item" (ROSE v0.1, commit 07ac071). Cells in
regions are told by arithmetic; no set is ever larger than the answer or the targets. Knows nothing
of files and tables.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from handeye.answer_kinds.clicks import Parsed, parse
from handeye.errors import DataError
from handeye.printing import blank
from handeye.rose.items import Item
from handeye.rose.questions import TaskMode
from handeye.rose.scene import Cell
from handeye.run.answers import ANSWER_STATES, AnswerState, declines

# A number of the whole grid is no error for these: their region is the grid, or (T2B) the authors'
# evaluator leaves the field out of the bridge.
NO_GLOBAL_DEFAULT = frozenset({"T1_COUNT_GLOBAL", "T1B_CLICK_GLOBAL", "T2B_COUNT_LOCAL_MATCHED"})
# Limit of near_miss: L1 distance in cells between a missed target and a click.
NEAR_MISS_DISTANCE = 1


class ScoreRow(msgspec.Struct, frozen=True, gc=False, rename={"passed": "pass"}):
    """One item's score: the official fields in the official order, then handeye's own.

    Flags are 0 or 1. Click fields are None for COUNT, count fields for CLICK, submit fields for
    all but CLICK_COUNT. Cells are texts ``"R4,C11"``; lists made from sets are sorted as texts, the
    others stand in the order of the answer. ``passed`` is written as ``pass``.
    """

    item_id: str
    scene_id: str
    image_id: str
    model: str | None
    rose_subset: str
    rose_split: str
    primitive_type: str
    task_template: str
    task_mode: str
    region_type: str
    region_case: str
    cue_type: str
    difficulty: str
    rows: int
    cols: int
    region_cell_count: int
    api_error: int
    api_error_text: str | None
    format_valid: int
    format_error: int
    parse_error: str | None
    invalid_action_tokens: list[str]
    passed: int
    unified_soft: float
    count_applicable: int
    click_applicable: int
    submit_applicable: int
    gt_count: int
    pred_count: int | None
    count_exact: int | None
    count_mae: int | None
    count_bias: int | None
    count_soft: float | None
    gt_clicks: list[str]
    pred_clicks_all: list[str]
    pred_clicks_valid: list[str]
    pred_clicks_valid_unique: list[str]
    pred_clicks_invalid: list[str]
    pred_click_count_raw: int
    pred_click_count_valid: int
    pred_click_count_unique: int
    invalid_coordinate_count: int | None
    duplicate_click_count: int | None
    click_exact_set: int | None
    click_exact_set_strict: int | None
    click_precision: float | None
    click_recall: float | None
    click_f1: float | None
    click_f1_strict: float | None
    click_iou: float | None
    click_iou_strict: float | None
    submit_count: int | None
    submit_exact: int | None
    click_submit_consistency: int | None
    region_violation_count: int | None
    region_ok: int | None
    outside_distractor_hit_count: int | None
    missed_target_count: int | None
    false_positive_count: int | None
    over_click_count: int | None
    under_click_count: int | None
    near_miss_count: int | None
    near_miss_rate: float | None
    global_default_error: int
    exclusion_failure: int
    all_target_cells: list[str]
    region_target_cells: list[str]
    out_region_target_cells: list[str]
    ground_truth_formal_answer: str
    # handeye's own, for breakdowns and diagnosis
    answer_state: str
    grid_size_profile: str
    pair_similarity: float | None
    global_target_count: int
    region_case_actual: str
    region_bounds: str


def score_item(
    item: Item,
    raw_text: str | None,
    *,
    model: str | None = None,
    error: object = None,
    state: str | None = None,
) -> ScoreRow:
    """Score one answer.

    Args:
        item: the question with its gold answer.
        raw_text: the answer as it came; None when none came. It is scored even beside an
            ``error``, as the authors do.
        model: who answered.
        error: what went wrong when asking; None, ``""``, ``"None"`` (and False, an empty list or
            object) mean nothing did.
        state: one of :data:`ANSWER_STATES`; derived from ``error`` and ``raw_text`` when None.

    Raises:
        DataError: an impossible region, an unreadable cell, an unknown task mode or state.
    """
    if item.task_mode not in ("COUNT", "CLICK", "CLICK_COUNT"):
        raise DataError(f"item {item.item_id}: task_mode {item.task_mode!r} is not known")
    mode: TaskMode = item.task_mode  # type: ignore[assignment]
    parsed = parse(raw_text, mode)
    targets, gold = frozenset(item.targets), frozenset(item.gold)
    number = parsed.count if mode == "COUNT" else parsed.submit
    count, submit = _score_count(number, item.ground_truth_count), _NO_SUBMIT
    if mode == "COUNT":
        clicks, clicked = _NO_CLICKS, _NOT_CLICKED
        passed, soft = count[1], count[4]
    else:
        clicks = _sort_clicks(parsed, item)
        clicked = _score_clicks(parsed, clicks, item, gold, targets)
        passed, soft = clicked.exact_set_strict, clicked.f1_strict
    if mode == "CLICK":
        count = _NO_COUNT
    elif mode == "CLICK_COUNT":
        consistent = int(number == len(clicks.unique))
        submit = (number, count[1], consistent)
        passed = int(passed and count[1] and consistent)
        soft = (soft + count[4] + consistent) / 3
    error_text = _error_text(error)
    gold_texts, outside = _texts(gold), targets - gold
    values: tuple[Any, ...] = (
        item.item_id,
        item.scene_id,
        item.image_id,
        model,
        item.rose_subset,
        item.split,
        item.primitive_type,
        item.task_template,
        mode,
        item.region_type,
        item.region_case,
        item.cue_type,
        item.difficulty,
        item.rows,
        item.cols,
        item.region.cell_count(item.grid),
        int(error_text is not None),
        error_text,
        int(parsed.format_valid),
        int(not parsed.format_valid),
        parsed.parse_error,
        list(parsed.invalid_action_tokens),
        passed,
        soft,
        int(mode != "CLICK"),
        int(mode != "COUNT"),
        int(mode == "CLICK_COUNT"),
        item.ground_truth_count,
        *count,
        gold_texts,
        [_text(cell) for cell in clicks.every],
        [_text(cell) for cell in clicks.inside],
        _texts(clicks.unique),
        [_text(cell) for cell in clicks.outside],
        len(clicks.every),
        len(clicks.inside),
        len(clicks.unique),
        *clicked[:10],
        *submit,
        *clicked[10:],
        _global_default(item, number, clicks.unique, gold, targets),
        int(item.region_type == "EXCLUSION" and not clicks.unique.isdisjoint(outside)),
        _texts(targets),
        gold_texts,
        _texts(outside),
        item.ground_truth_formal_answer,
        answer_state(raw_text, error_text, state),
        item.grid_size_profile,
        item.pair_similarity,
        len(targets),
        actual_case(len(gold), len(targets)),
        item.region.bounds,
    )
    return ScoreRow(*values)


def answer_state(raw_text: str | None, error_text: str | None, state: str | None) -> AnswerState:
    """How an item ended: the recorded ``state``, or what ``error`` and text tell.

    Raises:
        DataError: ``state`` is none of :data:`ANSWER_STATES`.
    """
    if state is not None:
        if state not in ANSWER_STATES:
            raise DataError(f"state {state!r} is not known; allowed: {', '.join(ANSWER_STATES)}")
        return state
    if error_text is not None:
        return "error"
    if raw_text is None or blank(raw_text):
        return "empty"
    return "refused" if declines(raw_text) else "answered"


def actual_case(in_region: int, in_grid: int) -> str:
    """``zero``, ``all`` or ``partial``: what the region shows, whatever its label asked for."""
    if in_region == 0:
        return "zero"
    return "all" if in_region == in_grid else "partial"


class _Clicks(NamedTuple):
    """Clicks of an answer: all, in the grid, outside it (as answered), and unique in the grid."""

    every: tuple[Cell, ...]
    inside: list[Cell]
    outside: list[Cell]
    unique: frozenset[Cell]


class _Clicked(NamedTuple):
    """The click fields of a row in its order; the submit fields come after ``iou_strict``."""

    invalid_coordinates: int | None
    duplicates: int | None
    exact_set: int | None
    exact_set_strict: Any
    precision: float | None
    recall: float | None
    f1: float | None
    f1_strict: Any
    iou: float | None
    iou_strict: float | None
    region_violations: int | None
    region_ok: int | None
    outside_distractor_hits: int | None
    missed: int | None
    false_positives: int | None
    over: int | None
    under: int | None
    near_misses: int | None
    near_miss_rate: float | None


# pred_count, count_exact, count_mae, count_bias, count_soft
_Counted = tuple[int | None, Any, int | None, int | None, Any]
_NO_COUNT: _Counted = (None, None, None, None, None)
_NO_SUBMIT: tuple[int | None, int | None, int | None] = (None, None, None)
_NO_CLICKS = _Clicks((), [], [], frozenset())
_NOT_CLICKED = _Clicked(*(None,) * 19)


def _score_count(number: int | None, gold_count: int) -> _Counted:
    if number is None:
        return None, 0, None, None, 0.0
    bias = number - gold_count
    return number, int(bias == 0), abs(bias), bias, 1 / (1 + abs(bias))


def _sort_clicks(parsed: Parsed, item: Item) -> _Clicks:
    every, rows, cols = parsed.clicks, item.rows, item.cols
    inside = [cell for cell in every if 1 <= cell[0] <= rows and 1 <= cell[1] <= cols]
    outside: list[Cell] = []
    if len(inside) < len(every):
        outside = [cell for cell in every if not (1 <= cell[0] <= rows and 1 <= cell[1] <= cols)]
    return _Clicks(every, inside, outside, frozenset(inside))


def _score_clicks(
    parsed: Parsed, clicks: _Clicks, item: Item, gold: frozenset[Cell], targets: frozenset[Cell]
) -> _Clicked:
    unique = clicks.unique
    duplicates = len(clicks.inside) - len(unique)
    clean = parsed.format_valid and not clicks.outside and not duplicates
    hits = len(unique & gold)
    exact = int(unique == gold)
    precision, recall, f1, iou = _overlap(hits, len(unique), len(gold))
    region = item.region
    violations = len([cell for cell in unique if cell not in region])
    missed = gold - unique
    over = len(unique) - item.ground_truth_count
    near = _near_misses(missed, unique) if missed and unique else 0
    return _Clicked(
        len(clicks.outside),
        duplicates,
        exact,
        exact if clean else 0,
        precision,
        recall,
        f1,
        f1 if clean else 0.0,
        iou,
        iou if clean else 0.0,
        violations,
        int(violations == 0),
        len(unique & (targets - gold)),
        len(missed),
        len(unique) - hits,
        max(0, over),
        max(0, -over),
        near,
        near / max(1, item.ground_truth_count),
    )


def _overlap(hits: int, clicked: int, wanted: int) -> tuple[float, float, float, float]:
    """Precision, recall, F1 and IoU of two sets; both empty = 1, one empty = 0."""
    if clicked == 0 and wanted == 0:
        return 1.0, 1.0, 1.0, 1.0
    if hits == 0:
        return 0.0, 0.0, 0.0, 0.0
    precision, recall = hits / clicked, hits / wanted
    f1 = 2 * precision * recall / (precision + recall)
    return precision, recall, f1, hits / (clicked + wanted - hits)


def _near_misses(missed: Collection[Cell], clicked: frozenset[Cell]) -> int:
    """Missed targets with a click within L1 distance :data:`NEAR_MISS_DISTANCE`."""
    reach = NEAR_MISS_DISTANCE
    return sum(any(abs(row - r) + abs(col - c) <= reach for r, c in clicked) for row, col in missed)


def _global_default(
    item: Item,
    number: int | None,
    unique: frozenset[Cell],
    gold: frozenset[Cell],
    targets: frozenset[Cell],
) -> int:
    """1 when the answer is right for the whole grid, wrong for the region, and these differ."""
    if item.task_template in NO_GLOBAL_DEFAULT:
        return 0
    by_count = number == len(targets) != item.ground_truth_count
    by_set = unique == targets != gold
    if item.task_mode == "COUNT":
        return int(by_count)
    return int(by_set or (item.task_mode == "CLICK_COUNT" and by_count))


@lru_cache(maxsize=4096)  # the same few hundred cells come back in every set
def _text(cell: Cell) -> str:
    return f"R{cell[0]},C{cell[1]}"


def _texts(cells: Collection[Cell]) -> list[str]:
    return sorted(map(_text, cells)) if cells else []


def _error_text(error: object) -> str | None:
    """The error of a prediction as text, None when there was none."""
    if not error or error == "None":
        return None
    return error if isinstance(error, str) else msgspec.json.encode(error).decode()
