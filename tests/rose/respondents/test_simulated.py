"""Simulated answers: every planted fault shows its symptom, and nothing else is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from handeye.answer_kinds.clicks import Parsed, parse
from handeye.errors import OptionError
from handeye.rose.diagnosis.lenient import Reading, read
from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES, formal_answer
from handeye.rose.respondents.simulated import FAULTS, parse_faults, simulate, simulate_predictions
from handeye.rose.scene import Cell, Grid, Region
from handeye.rose.scoring.score_item import ScoreRow, score_item

NOT_ALONE = ("api_error", "refuse", "truncate", "anchor")
ANSWER_FAULTS = [name for name in FAULTS if name not in NOT_ALONE]


def make_item(
    template: str, grid: Grid, region: Region, targets: list[Cell], name: str = "ITEM_1"
) -> Item:
    gold = [cell for cell in targets if cell in region]
    mode = TEMPLATES[template].mode
    return Item(
        item_id=name,
        scene_id="SCENE_1",
        task_template=template,
        task_mode=mode,
        region_type=region.type,
        region_params=region.params(),
        rows=grid.rows,
        cols=grid.cols,
        ground_truth_count=len(gold),
        all_target_cells=[str(cell) for cell in sorted(targets)],
        region_target_cells=[str(cell) for cell in sorted(gold)],
        rose_subset="ROSE-ChineseGlyph",
        ground_truth_formal_answer=formal_answer(mode, gold),
    )


@st.composite
def items(draw: st.DrawFn) -> Item:
    """Any item of the protocol on grids of 4x4 to 12x12."""
    grid = Grid(draw(st.integers(4, 12)), draw(st.integers(4, 12)))
    r1, c1 = draw(st.integers(1, grid.rows)), draw(st.integers(1, grid.cols))
    r2, c2 = draw(st.integers(r1, grid.rows)), draw(st.integers(c1, grid.cols))
    template = draw(st.sampled_from(list(TEMPLATES)))
    context = TEMPLATES[template].context
    if context == "global":
        region = Region.whole(grid)
    elif context == "visual":
        region = Region("VISUAL_REGION", r1, r2, c1, c2)
    elif context == "local":
        region = Region("RECTANGLE", r1, r2, c1, c2)
    else:
        region = Region("EXCLUSION", r1, r2, c1, c2, exclude_type="RECTANGLE")
    places = draw(st.sets(st.integers(0, grid.cell_count - 1), min_size=0, max_size=8))
    targets = [Cell(place // grid.cols + 1, place % grid.cols + 1) for place in sorted(places)]
    return make_item(template, grid, region, targets, draw(st.text("AB1", min_size=1, max_size=9)))


def scored(item: Item, text: str) -> tuple[ScoreRow, Parsed]:
    return score_item(item, text), parse(text, item.task_mode)  # type: ignore[arg-type]


def distance(one: Cell, other: Cell) -> int:
    return abs(one.row - other.row) + abs(one.col - other.col)


def shows(name: str, item: Item, text: str) -> bool:
    """Whether ``text`` shows the symptom of the fault ``name`` on ``item``, alone."""
    row, parsed = scored(item, text)
    clicks, gold = parsed.clicks, item.gold
    if name in ("break_grammar", "garble"):
        reading = read(text, item.task_mode)  # type: ignore[arg-type]
        if name == "garble":
            return not row.format_valid and reading is None
        return not row.format_valid and reading is not None and _right(item, reading)
    assert row.format_valid
    if item.task_mode == "COUNT":
        assert parsed.count is not None
        return _count_shows(name, item, parsed.count)
    missed, wrong = set(gold) - set(clicks), set(clicks) - set(gold)
    more = not missed and len(wrong) == 1 and len(clicks) == len(gold) + 1
    symptoms = {
        "ignore_region": set(clicks) == set(item.targets) != set(gold),
        "never_abstain": not gold and len(clicks) == 1,
        "abstain_wrongly": bool(gold) and not clicks,
        "miss": not wrong and len(missed) == 1,
        "over": more and wrong <= set(free_cells(item)),
        "miscount": len(missed | wrong) == 1 and len(set(clicks)) == len(clicks),
        "wrong_cells": len(missed) == len(wrong) == 1
        and wrong <= set(free_cells(item))
        and all(distance(*wrong, target) > 1 for target in item.targets),  # type: ignore[call-arg]
        "off_by_one_cell": len(missed) == len(wrong) == 1 and distance(*missed, *wrong) == 1,
        "click_exclusion": more and item.region_type == "EXCLUSION" and row.region_ok == 0,
        "click_outside": more and item.region_type != "EXCLUSION" and row.region_ok == 0,
        "swap_row_col": {(c, r) for r, c in clicks} == set(gold) != set(clicks),
        "flip_rows": {(item.rows + 1 - r, c) for r, c in clicks} == set(gold) != set(clicks),
        "flip_cols": {(r, item.cols + 1 - c) for r, c in clicks} == set(gold) != set(clicks),
        "zero_based": bool(clicks) and {(r + 1, c + 1) for r, c in clicks} == set(gold),
        "off_grid": row.invalid_coordinate_count == 1 and wrong <= set(parsed.clicks),
        "repeat_click": set(clicks) == set(gold) and len(clicks) == len(gold) + 1,
        "wrong_submit": set(clicks) == set(gold),
    }
    submitted = parsed.submit is None or parsed.submit == len(set(clicks))
    return symptoms[name] and submitted == (name != "wrong_submit")


def _count_shows(name: str, item: Item, number: int) -> bool:
    off = number - len(item.gold)
    return {
        "ignore_region": off != 0 and number == len(item.targets),
        "miscount_scene": item.task_template == "T1_COUNT_GLOBAL" and 1 <= abs(off) <= 3,
        "never_abstain": not item.gold and number == 1,
        "abstain_wrongly": off < 0 and number == 0,
        "miss": off == -1,
        "over": off == 1,
        "miscount": abs(off) == 1,
    }[name]


def _right(item: Item, reading: Reading) -> bool:
    if item.task_mode == "COUNT":
        return reading.number == len(item.gold)
    submits = item.task_mode == "CLICK_COUNT"
    return sorted(reading.clicks) == sorted(item.gold) and (
        reading.number == (len(item.gold) if submits else None)
    )


def applies(name: str, item: Item) -> bool | None:
    """Whether the fault can show on the item at all, None where that is not easily said."""
    gold, clicking = item.gold, item.task_mode != "COUNT"
    free, exclusion = bool(free_cells(item)), item.region_type == "EXCLUSION"
    beyond = beyond_cells(item)
    return {
        "ignore_region": len(item.targets) > len(gold),
        "miscount_scene": item.task_template == "T1_COUNT_GLOBAL",
        "never_abstain": not gold and (not clicking or free),
        "abstain_wrongly": bool(gold),
        "miss": bool(gold),
        "over": not clicking or free,
        "miscount": bool(gold) or not clicking or free,
        "wrong_cells": None,
        "off_by_one_cell": None,
        "click_exclusion": exclusion and bool(beyond),
        "click_outside": clicking and not exclusion and bool(beyond),
        "swap_row_col": clicking and {(c, r) for r, c in gold} != set(gold),
        "flip_rows": clicking and {(item.rows + 1 - r, c) for r, c in gold} != set(gold),
        "flip_cols": clicking and {(r, item.cols + 1 - c) for r, c in gold} != set(gold),
        "zero_based": clicking and bool(gold),
        "off_grid": clicking,
        "repeat_click": clicking and bool(gold),
        "wrong_submit": item.task_mode == "CLICK_COUNT",
        "break_grammar": True,
        "garble": True,
    }[name]


def free_cells(item: Item) -> list[Cell]:
    return [c for c in item.grid.cells() if c in item.region and c not in item.targets]


def beyond_cells(item: Item) -> list[Cell]:
    return [c for c in item.grid.cells() if c not in item.region and c not in item.targets]


def scarce(name: str, item: Item) -> bool:
    """Whether the fault draws a cell of which there are so few that it may give up."""
    if name in ("click_exclusion", "click_outside"):
        cells = beyond_cells(item)
    elif name in ("never_abstain", "miscount", "over"):
        cells = free_cells(item)
    else:
        return False
    # 200 draws find none of 6 % of the cells once in 200,000 times.
    return len(cells) / item.grid.cell_count < 0.06


@settings(max_examples=150)
@given(item=items(), seed=st.integers(0, 9))
@pytest.mark.parametrize("name", ANSWER_FAULTS)
def test_a_planted_fault_shows_its_symptom_and_one_not_planted_none(
    name: str, item: Item, seed: int
) -> None:
    answer = simulate(item, {name: 1.0}, seed)
    assert answer.state == "answered"
    assert answer.stop_reason == "stop"
    assert answer.raw_text is not None
    if answer.planted:
        assert answer.planted == (name,)
        assert shows(name, item, answer.raw_text)
        assert scored(item, answer.raw_text)[0].passed == 0
    else:
        assert answer.raw_text == item.ground_truth_formal_answer
        assert not applies(name, item) or scarce(name, item)


@settings(max_examples=200)
@given(
    item=items(),
    seed=st.integers(0, 99),
    names=st.sets(st.sampled_from(list(FAULTS)), max_size=len(FAULTS)),
)
def test_any_mixture_is_wrong_exactly_when_something_is_planted(
    item: Item, seed: int, names: set[str]
) -> None:
    answer = simulate(item, dict.fromkeys(names, 1.0), seed)
    assert set(answer.planted) <= names
    assert list(answer.planted) == [name for name in FAULTS if name in answer.planted]
    if "api_error" in names:
        assert answer.raw_text is None
        assert (answer.state, answer.planted) == ("error", ("api_error",))
        assert answer.error
        return
    row = score_item(item, answer.raw_text)
    assert bool(row.passed) == (not answer.planted)
    if "refuse" in names:
        assert (answer.state, answer.planted) == ("refused", ("refuse",))
        assert answer.stop_reason == "content_filter"
    elif "truncate" in names:
        assert answer.state == "truncated"
        assert answer.stop_reason == "max_tokens"
        assert row.format_valid == 0


@settings(max_examples=50)
@given(item=items(), seed=st.integers(0, 99))
def test_same_seed_same_answer_and_faults_do_not_disturb_each_other(item: Item, seed: int) -> None:
    rates = {"miscount": 0.5, "zero_based": 0.5}
    assert simulate(item, rates, seed) == simulate(item, dict(reversed(rates.items())), seed)
    alone = simulate(item, {"zero_based": 0.5}, seed).planted
    together = simulate(item, rates, seed).planted
    if item.task_mode != "COUNT" and len(item.gold) > 1:
        assert ("zero_based" in alone) == ("zero_based" in together)


def _many(count: int) -> list[Item]:
    grid = Grid(8, 8)
    region = Region("RECTANGLE", 1, 4, 1, 4)
    targets = [Cell(2, 3), Cell(7, 7)]
    return [
        make_item("T3_CLICK_LOCAL_NUMERIC", grid, region, targets, f"ITEM_{n}")
        for n in range(count)
    ]


def test_rates_are_met_and_faults_are_independent() -> None:
    rows = list(simulate_predictions(_many(2000), {"ignore_region": 0.3, "zero_based": 0.5}, 11))
    first = {row["item_id"] for row in rows if "ignore_region" in row["planted"]}
    second = {row["item_id"] for row in rows if "zero_based" in row["planted"]}
    # Four standard errors of a share of 2,000.
    assert abs(len(first) / 2000 - 0.3) < 0.041
    assert abs(len(second) / 2000 - 0.5) < 0.045
    assert abs(len(first & second) / 2000 - 0.15) < 0.032


def test_a_scene_is_miscounted_once_and_its_number_repeated() -> None:
    grid, targets = Grid(8, 8), [Cell(2, 3), Cell(7, 7), Cell(5, 5), Cell(8, 1)]
    region = Region("RECTANGLE", 1, 4, 1, 4)
    plan = {
        "T1_COUNT_GLOBAL": Region.whole(grid),
        "T2_COUNT_LOCAL_NUMERIC": region,
        "T3_CLICK_LOCAL_NUMERIC": region,
    }
    said = set()
    for seed in range(40):
        numbers = []
        for template, where in plan.items():
            item = make_item(template, grid, where, targets, f"{template}")
            text = simulate(item, {"miscount_scene": 1, "anchor": 1}, seed).raw_text
            parsed = parse(text, item.task_mode)  # type: ignore[arg-type]
            numbers.append(len(parsed.clicks) if parsed.count is None else parsed.count)
        assert numbers[0] != len(targets)
        assert set(numbers) == {numbers[0]}
        said.add(numbers[0])
    assert said == {1, 2, 3, 5, 6, 7}


def test_nothing_is_repeated_where_the_scene_was_counted_right() -> None:
    (item,) = _many(1)
    assert simulate(item, {"anchor": 1.0}, 0).planted == ()


def test_prediction_rows() -> None:
    rows = list(simulate_predictions(_many(3), {"refuse": 1.0}, 0))
    assert [row["item_id"] for row in rows] == ["ITEM_0", "ITEM_1", "ITEM_2"]
    assert set(rows[0]) == {"item_id", "model", "raw_text", "error", "state", "planted"}
    assert rows[0]["model"] == "handeye/simulated"
    assert rows[0]["state"] == "refused"
    assert rows[0]["planted"] == ["refuse"]
    clean = next(simulate_predictions(_many(1), {}, 0))
    assert clean["raw_text"] == "CLICK(R2,C3); DONE"
    assert clean["planted"] == []
    assert clean["error"] is None


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("miscount=0.2,refuse=0.05", {"miscount": 0.2, "refuse": 0.05}),
        (" miscount = 1 , ", {"miscount": 1.0}),
        (["miscount=0.2", "refuse=0.05"], {"miscount": 0.2, "refuse": 0.05}),
        ({"truncate": 1}, {"truncate": 1.0}),
        ("api_error", {"api_error": 1.0}),
        ("", {}),
        (None, {}),
    ],
)
def test_fault_rates_are_read(text: Any, rates: dict[str, float]) -> None:
    assert parse_faults(text) == rates


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("misscount=0.2", "unknown fault 'misscount'; allowed: api_error, refuse"),
        ("miscount=1.2", "'miscount' must lie in 0..1, got '1.2'"),
        ("miscount=-0.1", "must lie in 0..1"),
        ("miscount=nan", "must lie in 0..1"),
        ("miscount=often", "must lie in 0..1, got 'often'"),
        ("miscount=", "must lie in 0..1"),
        ("miscount=.1,miscount=.2", "given twice"),
        ({"miscount": None}, "must lie in 0..1"),
    ],
)
def test_wrong_fault_rates_are_named(text: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message.replace(".", r"\.")):
        parse_faults(text)
