"""Why each failed item failed: one reason, and every other sign that its answer shows.

What can be seen in one answer is told from that answer. What a single answer cannot tell (that
coordinates are meant otherwise, that a number repeats an earlier one) is first decided for the
model over all its answers: :mod:`handeye.rose.diagnosis.conventions`,
:mod:`handeye.rose.diagnosis.anchoring`. The order in which reasons win is that of
:data:`handeye.rose.diagnosis.reasons.REASONS`; docs/attribution.md defends it and shows how
planted faults are recovered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import polars as pl

from handeye.answer_kinds.coordinates import Convention
from handeye.rose.diagnosis.anchoring import (
    Origins,
    asks_for_part,
    can_repeat,
    find_origins,
    said_number,
)
from handeye.rose.diagnosis.conventions import Finding, find_conventions
from handeye.rose.diagnosis.evidence import Evidence
from handeye.rose.diagnosis.habits import habits_frame, submits_other
from handeye.rose.diagnosis.reasons import REASONS, SIGNS, TAGS, Reason
from handeye.rose.questions import TEMPLATES
from handeye.rose.scene import Cell
from handeye.rose.scoring.tally import SCENE, Group, Ledger, Scope, Tally, ordered_subsets
from handeye.stats.intervals import Samples, estimates

__all__ = ["REASONS", "TAGS", "Attribution", "Reason", "attribute", "is_right", "reasons_alike"]

_ORDER = tuple(reason.key for reason in REASONS)
_SIGN_ORDER = (*_ORDER, *(tag.key for tag in TAGS))
# More misplaced cells than this are no slips of the hand; also bounds the search for pairs.
_MOST_BESIDE = 100
_STATES = {"error": "no_answer", "empty": "no_answer", "refused": "refused"}
_SCHEMA = {
    "item_id": pl.String(),
    "scene_id": pl.String(),
    "rose_subset": pl.String(),
    "task_template": pl.String(),
    "state": pl.String(),
    "passed": pl.Boolean(),
    "reason": pl.String(),
    "tags": pl.List(pl.String()),
}


@dataclass(frozen=True, slots=True)
class Attribution:
    """Reasons and signs of the items of one run.

    ``rows`` has one row per item in the order of the evidence: item_id, scene_id, rose_subset,
    task_template, state, passed, reason (null exactly where passed) and tags (keys of
    :data:`REASONS` and :data:`TAGS` in their order, empty where passed). ``habits`` are the
    columns of :func:`handeye.rose.diagnosis.habits.habits_frame` for the same items.
    ``findings`` are the conventions looked for, over the answers at ``places``.
    """

    rows: pl.DataFrame
    habits: pl.DataFrame
    findings: tuple[Finding, ...]
    places: tuple[int, ...]
    counting: Origins
    action: Origins

    @property
    def conventions(self) -> list[dict[str, Any]]:
        """The conventions looked for as plain values, weights without intervals."""
        return [convention_values(found) for found in self.findings]


def convention_values(found: Finding) -> dict[str, Any]:
    """One convention as plain values."""
    return {
        "key": found.convention.key,
        "label": found.convention.label,
        "n_items": found.n_items,
        "items": found.items if found.decided else 0,
        "weight": found.weight,
        "log_likelihood_ratio": found.log_likelihood_ratio,
        "p_value": found.p_value,
        "decided": found.decided,
    }


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the whole run decided about one answer."""

    convention: Convention | None
    repeats: bool
    counts_whole: bool


def attribute(evidence: Sequence[Evidence]) -> Attribution:
    """Give every failed item one reason, and every sign that its answer shows.

    Args:
        evidence: all items of one run (one model); see
        :func:`handeye.rose.diagnosis.evidence.run_evidence`.
    """
    conventions = find_conventions(evidence)
    counts = [i for i, found in enumerate(evidence) if found.template.mode == "COUNT"]
    clicks = [i for i, found in enumerate(evidence) if found.template.mode != "COUNT"]
    counting = find_origins([evidence[i] for i in counts])
    action = find_origins([evidence[i] for i in clicks])
    decided: dict[int, _Decided] = {}
    for origins, places in ((counting, counts), (action, clicks)):
        for at, i in enumerate(places):
            repeats = origins.decided and origins.repeated[at] > 0.5 and can_repeat(evidence[i])
            # Where the whole-grid count was right, repeating it is answering for the whole grid.
            whole = origins.whole[at] + origins.repeated[at] > 0.5
            decided[i] = _Decided(conventions.used[i], repeats, whole)
    reasons: list[str | None] = []
    tags: list[list[str]] = []
    for i, found in enumerate(evidence):
        shown = set() if found.passed else _signs(found, decided[i])
        reasons.append(None if found.passed else next(k for k in _ORDER if k in shown))
        tags.append([key for key in _SIGN_ORDER if key in shown])
    rows = _frame(evidence, reasons, tags)
    repeats = [decided[i].repeats for i in range(len(evidence))]
    habits = habits_frame(evidence, conventions.used, repeats)
    return Attribution(rows, habits, conventions.findings, conventions.places, counting, action)


def reasons_alike(runs: Sequence[Sequence[Evidence]]) -> list[pl.Series]:
    """Reasons of several runs that are to be compared, by one rule for all of them.

    Near the border of what a run decides about itself, of two runs that are alike one has a habit
    and the other has none, and all their answers that hang on it differ at once. So habits are
    decided once, over the answers of all runs: the same answer has the same reason in each. An
    exchange of two runs' answers to an item changes no decision, which tests of signs rest on.

    Args:
        runs: all items of each run.

    Returns:
        For each run the reason of every item, null where passed, in the order of its evidence.
    """
    # A scene of another run is another one: each counted it for itself.
    every = [
        replace(found, scene_id=f"{k} {found.scene_id}")
        for k, one in enumerate(runs)
        for found in one
    ]
    reasons = attribute(every).rows["reason"]
    ends = accumulate(map(len, runs), initial=0)
    return [reasons[start:end] for start, end in pairwise(ends)]


def is_right(found: Evidence) -> bool:
    """Whether the answer, strictly or forgivingly read, is exactly the right one.

    A number to be submitted may be missing, which is a matter of form, but not be wrong.
    """
    if found.reading is None:
        return False
    if found.template.mode == "COUNT":
        return found.reading.number == len(found.gold)
    return _clean(found) and _right_clicks(found.clicked, found)


def _clean(found: Evidence) -> bool:
    clicks = found.reading.clicks if found.reading else ()
    return len(found.clicked) == len(clicks)


def _right_clicks(clicked: frozenset[Cell], found: Evidence) -> bool:
    """Whether ``clicked`` and the submitted number are right."""
    assert found.reading is not None
    asked = found.template.mode == "CLICK_COUNT"
    return clicked == found.gold and (not asked or found.reading.number in (None, len(found.gold)))


def _signs(found: Evidence, decided: _Decided) -> set[str]:
    """Keys of everything that holds of a failed answer; at least one of them is a reason."""
    reading = found.reading
    shown: set[str] = set()
    if found.state in _STATES:
        shown.add(_STATES[found.state])
    elif found.state == "truncated" and not (reading and reading.strict):
        shown.add("truncated")
    elif reading is None:
        shown.add("unreadable")
    elif not reading.strict:
        shown.add("format_only" if is_right(found) else "format_and_wrong")
    if reading is not None and "format_only" not in shown:
        if found.template.mode == "COUNT":
            shown |= _count_signs(found, decided)
        else:
            shown |= _click_signs(found) | _convention_signs(found, decided.convention)
        if decided.repeats:
            shown.add("anchored")
    return shown or {"other"}


def _count_signs(found: Evidence, decided: _Decided) -> set[str]:
    number, gold = said_number(found), len(found.gold)
    if number is None or number == gold:
        return set()
    shown = {"count_low" if number < gold else "count_high"}
    if gold == 0:
        shown.add("not_abstained")
    if number == 0:
        shown.add("abstained")
    if number == len(found.targets):
        shown.add("whole_grid_number")
        # A number alone is weak evidence: a miscount may hit it. The model's habit decides.
        if decided.counts_whole:
            shown.add("whole_grid")
    return shown


def _convention_signs(found: Evidence, convention: Convention | None) -> set[str]:
    # Where nothing is, no cell is right in any convention.
    if convention is None or not found.gold:
        return set()
    shown = {convention.reason} if convention.reason else set()
    if convention.zero_based:
        shown.add("zero_based")
    assert found.reading is not None
    meant = [Cell(*convention.translate(*cell, *found.grid)) for cell in found.reading.clicks]
    if len(set(meant)) == len(meant) and _right_clicks(frozenset(meant), found):
        shown.add("right_if_translated")
    return shown


def _click_signs(found: Evidence) -> set[str]:
    """Signs of clicks as written, in the coordinates asked for."""
    clicked, gold, targets = found.written, found.gold, found.targets
    assert found.reading is not None
    exclusion = found.region.type == "EXCLUSION"
    violates = any(cell not in found.region for cell in found.clicked)
    wrong, missed = clicked - gold, gold - clicked
    same_number = len(clicked) == len(gold)
    signs = {
        "off_grid": clicked != found.clicked,
        "whole_grid": clicked == targets != gold,
        "not_abstained": not gold and bool(clicked),
        "abstained": bool(gold) and not clicked,
        "neighbour": bool(missed) and same_number and _beside(missed, wrong - targets),
        "inside_exclusion": exclusion and violates,
        "outside_region": not exclusion and violates,
        "submitted_other": submits_other(found),
        "missed": len(clicked) < len(gold),
        "over_clicked": len(clicked) > len(gold),
        "elsewhere": same_number and bool(missed),
        "repeated": len(found.reading.clicks) > len(clicked),
        "distractor": not wrong.isdisjoint(targets),
        "false_alarm": not found.clicked <= targets,
        "near_miss": any(not _around(cell).isdisjoint(wrong) for cell in missed),
        "right_number": len(gold) in (len(clicked), found.reading.number),
        "whole_grid_number": asks_for_part(found) and said_number(found) == len(targets),
    }
    return {key for key, holds in signs.items() if holds}


def _around(cell: Cell) -> set[tuple[int, int]]:
    """The cells at L1 distance 1."""
    row, col = cell
    return {(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)}


def _beside(missed: frozenset[Cell], wrong: frozenset[Cell]) -> bool:
    """Whether every missed target can be paired with a wrong click of its own directly beside it.

    Pairs are found along augmenting paths (Kuhn 1955).
    """
    if len(missed) != len(wrong) or len(missed) > _MOST_BESIDE:
        return False
    owner: dict[tuple[int, int], Cell] = {}

    def pair(target: Cell, tried: set[tuple[int, int]]) -> bool:
        for click in _around(target) & wrong - tried:
            tried.add(click)
            if click not in owner or pair(owner[click], tried):
                owner[click] = target
                return True
        return False

    return all(pair(target, set()) for target in missed)


def _frame(
    evidence: Sequence[Evidence], reasons: list[str | None], tags: list[list[str]]
) -> pl.DataFrame:
    columns = {
        "item_id": [found.item_id for found in evidence],
        "scene_id": [found.scene_id for found in evidence],
        "rose_subset": [found.subset for found in evidence],
        "task_template": [found.template.id for found in evidence],
        "state": [found.state for found in evidence],
        "passed": [found.passed for found in evidence],
        "reason": reasons,
        "tags": tags,
    }
    return pl.DataFrame(columns, schema=_SCHEMA)


# ---- tables: shares of reasons and signs, scenes resampled within their subset


_HABITS: Scope = ("habits",)
_CONVENTIONS: Scope = ("conventions",)
_KINDS = {"COUNT": "counting", "CLICK": "action", "CLICK_COUNT": "action"}


def attribution_tables(attribution: Attribution, *, seed: int, resamples: int) -> dict[str, Any]:
    """Tables of reasons, signs, conventions and habits.

    Args:
        attribution: of one run, see :func:`handeye.rose.diagnosis.attribution.attribute`.
        seed: of the bootstrap; the same gives the same intervals.
        resamples: number of resamples of scenes; 0 gives figures without intervals.

    Returns:
        ``action`` (L-Clk, V-Clk, Excl-CS, G-Clk) and ``counting`` (G-Cnt, L-Cnt, mL-Cnt): groups of
        items; ``by_template``: the same by the paper's column; ``conventions``; ``signs``: habits
        by key. A group has n_items, n_failed, failed, reasons and tags; an estimate is
        {"value", "low", "high", "n"}.
    """
    tally = _tally(attribution, seed, resamples)
    present = [t for t in TEMPLATES.values() if tally.over(tally.subsets, [(t.id,)]).count()]
    of_kind = {
        kind: [(t.id,) for t in TEMPLATES.values() if _KINDS[t.mode] == kind]
        for kind in ("action", "counting")
    }
    tree = {
        **{kind: _group(tally, scopes) for kind, scopes in of_kind.items()},
        "by_template": {t.column: _group(tally, [(t.id,)]) for t in present},
        "conventions": {
            found.convention.key: _convention(tally, found) for found in attribution.findings
        },
        "signs": {sign.key: _sign(tally, sign) for sign in SIGNS},
    }
    found: dict[str, Any] = estimates(tree)
    for group in (found["action"], found["counting"], *found["by_template"].values()):
        group["reasons"] = list(group["reasons"].values())
        group["tags"] = list(group["tags"].values())
    found["conventions"] = list(found["conventions"].values())
    return found


def _tally(attribution: Attribution, seed: int, resamples: int) -> Tally:
    rows = attribution.rows.with_columns(attribution.habits).with_columns(_pulls(attribution))
    tally = Tally(resamples)
    for subset in ordered_subsets(rows["rose_subset"].unique()):
        part = rows.filter(pl.col("rose_subset") == subset)
        part = part.with_columns((pl.col("scene_id").rank("dense") - 1).alias(SCENE))
        ledger = Ledger(part[SCENE].n_unique())
        _add(ledger, part, attribution.findings)
        tally.put(subset, ledger, seed)
    return tally


def _pulls(attribution: Attribution) -> list[pl.Series]:
    """How each item moves each convention's weight."""
    out = []
    for found in attribution.findings:
        moves = np.zeros(attribution.rows.height)
        moves[list(attribution.places)] = found.pull
        out.append(pl.Series(_pull_name(found), moves))
    return out


def _pull_name(found: Finding) -> str:
    return f"pull:{found.convention.key}"


def _add(ledger: Ledger, rows: pl.DataFrame, findings: Sequence[Finding]) -> None:
    """Add one subset's items: by template their reasons and tags; then habits and conventions."""
    for (template,), part in rows.group_by("task_template", maintain_order=True):
        frame = part.select(
            SCENE,
            pl.lit(1.0).alias("n"),
            (~pl.col("passed")).alias("failed"),
            *[(pl.col("reason") == r.key).fill_null(False).alias(r.key) for r in REASONS],
        )
        ledger.add((str(template),), frame, frame.columns[1:])
        pairs = part.select(SCENE, "tags").explode("tags").drop_nulls("tags")
        for (tag,), tagged in pairs.group_by("tags", maintain_order=True):
            ledger.add(
                (str(template),),
                tagged.select(SCENE, pl.lit(1.0).alias(f"tag:{tag}")),
                [f"tag:{tag}"],
            )
    names = [f"{end}_{sign.key}" for sign in SIGNS for end in ("can", "has")]
    ledger.add(_HABITS, rows, names)
    ledger.add(_CONVENTIONS, rows, [_pull_name(found) for found in findings])


def _group(tally: Tally, scopes: Sequence[Scope]) -> dict[str, Any]:
    group = tally.over(tally.subsets, scopes)
    return {
        "n_items": group.count(),
        "n_failed": group.count("failed"),
        "failed": group.share("failed"),
        "reasons": _rows(group, REASONS, ""),
        "tags": _rows(group, (*REASONS, *TAGS), "tag:"),
    }


def _rows(group: Group, reasons: Sequence[Reason], prefix: str) -> dict[str, Any]:
    """What occurred of ``reasons``, in their order."""
    return {
        reason.key: {
            "key": reason.key,
            "label": reason.label,
            "meaning": reason.meaning,
            "count": count,
            "share": group.share(prefix + reason.key, "failed"),
            "rate": group.share(prefix + reason.key),
        }
        for reason in reasons
        if (count := group.count(prefix + reason.key))
    }


def _convention(tally: Tally, found: Finding) -> dict[str, Any]:
    """A convention with the interval of its weight: resampled sums of what each answer pulls."""
    pull = tally.over(tally.subsets, [_CONVENTIONS]).total(_pull_name(found))
    weight = np.clip(found.weight + pull, 0.0, 1.0)
    weight[0] = found.weight if found.n_items else np.nan
    scenes = min(found.n_items, sum(tally.scenes[subset] for subset in tally.subsets))
    share = Samples(weight, found.n_items, scenes)
    return convention_values(found) | {"weight": share}


def _sign(tally: Tally, sign: Reason) -> dict[str, Any]:
    group = tally.over(tally.subsets, [_HABITS])
    rate = group.share(f"has_{sign.key}", f"can_{sign.key}")
    return {"label": sign.label, "meaning": sign.meaning, "rate": rate}
