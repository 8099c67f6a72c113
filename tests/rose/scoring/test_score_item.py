"""Score rows: equal to the authors' evaluator, and to a set-building reference on drawn items."""

import importlib.util
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError
from handeye.rose.items import read_item
from handeye.rose.questions import TEMPLATES
from handeye.rose.scene import Cell, Grid, Region
from handeye.rose.scoring.score_frame import SCHEMA, to_frame
from handeye.rose.scoring.score_item import ScoreRow, score_item
from handeye.scores.run_folder import LARGEST
from tests.support.rose.items import item
from tests.support.rose.parity import PARITY, differences, needs_parity, rows

_spec = importlib.util.spec_from_file_location(
    "reference_scoring", Path(__file__).parents[3] / "benchmarks/reference_scoring.py"
)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


def as_dict(row: ScoreRow):
    return json.loads(msgspec.json.encode(row))


@needs_parity
def test_every_field_of_the_parity_cases():
    answers = {row["item_id"]: row for row in rows("predictions.jsonl")}
    lines = (PARITY / "metadata.jsonl").read_bytes().splitlines()
    wrong = []
    for line, expected in zip(lines, rows("expected_scores.jsonl"), strict=True):
        one = read_item(line, "metadata")
        answer = answers[one.item_id]
        got = as_dict(
            score_item(one, answer["raw_text"], model=answer["model"], error=answer.get("error"))
        )
        assert list(got)[: len(expected)] == list(expected)  # names and their order
        own = set(got) - set(expected)
        assert own == {
            "answer_state",
            "grid_size_profile",
            "pair_similarity",
            "global_target_count",
            "region_case_actual",
            "region_bounds",
        }
        wrong += differences(expected, {k: got[k] for k in expected}, one.item_id)
    assert wrong == []


@st.composite
def questions(draw):
    """An item of any template, with a region of any kind and targets anywhere."""
    template = draw(st.sampled_from(sorted(TEMPLATES.values(), key=lambda t: t.id)))
    grid = Grid(draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    r1, c1 = draw(st.integers(1, grid.rows)), draw(st.integers(1, grid.cols))
    r2, c2 = draw(st.integers(r1, grid.rows)), draw(st.integers(c1, grid.cols))
    kind = draw(st.sampled_from(["ROW_RANGE", "COL_RANGE", "RECTANGLE"]))
    bounds = {"r1": r1, "r2": r2, "c1": c1, "c2": c2}
    if kind != "RECTANGLE":
        bounds = {k: v for k, v in bounds.items() if k[0] == kind[0].lower()}
    params = {
        "global": {},
        "local": bounds,
        "visual": {"r1": r1, "r2": r2, "c1": c1, "c2": c2},
        "exclusion": {"exclude_type": kind, "exclude_params": bounds},
    }[template.context]
    region_type = {"global": "GLOBAL", "local": kind, "visual": "VISUAL_REGION"}
    region_type = region_type.get(template.context, "EXCLUSION")
    region = Region.from_params(region_type, params, grid)
    targets = draw(st.sets(st.sampled_from(list(grid.cells())), max_size=5))
    inside = [str(c) for c in sorted(targets) if c in region]
    return item(
        template.id,
        region_type,
        params,
        rows=grid.rows,
        cols=grid.cols,
        all_target_cells=[str(c) for c in sorted(targets)],
        region_target_cells=inside,
        ground_truth_count=len(inside),
    )


@st.composite
def answers(draw, one):
    """Texts near the truth: gold or all targets, a few more clicks, sometimes broken."""
    start = draw(st.sampled_from([one.region_target_cells, one.all_target_cells, []]))
    start = [cell for cell in start if draw(st.integers(0, 5))]
    more = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=2))
    clicks = [f"CLICK({c})" for c in [*start, *(Cell(*cell) for cell in more)]]
    if draw(st.integers(0, 5)) == 0:
        clicks.append("CLICK(1,1)")
    number = draw(st.sampled_from([len(clicks), len(start), one.ground_truth_count, 0, 7]))
    ends = ["DONE", f"SUBMIT({number})", "DONE.", ""]
    usual = {"CLICK": ends[0], "CLICK_COUNT": ends[1]}.get(one.task_mode)
    end = draw(st.sampled_from([usual, usual, usual, *ends]))
    if one.task_mode == "COUNT":
        return draw(st.sampled_from([f"COUNT({number})", f"COUNT({number})", str(number), None]))
    return draw(st.sampled_from([";", " ; ", ";;"])).join([*clicks, end or ""])


@settings(max_examples=400)
@given(st.data())
def test_equal_to_the_set_building_reference(data):
    one = data.draw(questions())
    text = data.draw(answers(one))
    got = as_dict(score_item(one, text, model="m", error="x"))
    expected = reference.score(
        msgspec.to_builtins(one), {"raw_text": text, "model": "m", "error": "x"}
    )
    assert differences(expected, {key: got[key] for key in expected}) == []


@given(st.data())
def test_invariants(data):
    one = data.draw(questions())
    row = score_item(one, data.draw(answers(one)))
    if row.passed:
        assert row.format_valid
        assert row.unified_soft == 1.0
        assert row.count_exact in (1, None)
        assert row.click_f1_strict in (1.0, None)
        assert row.region_ok in (1, None)
        assert not row.global_default_error
    assert 0.0 <= row.unified_soft <= 1.0
    if row.click_f1 is not None:
        assert row.click_f1_strict <= row.click_f1
        assert row.click_iou <= row.click_f1 + 1e-12
        assert row.missed_target_count + row.pred_click_count_unique == (
            row.gt_count + row.false_positive_count
        )
        assert row.near_miss_count <= row.missed_target_count


def test_a_repeated_or_outside_click_spoils_a_right_set():
    right = "CLICK(R1,C1); CLICK(R2,C2); "
    assert score_item(item(), right + "DONE").passed == 1
    for extra in ("CLICK(R1,C1); ", "CLICK(R5,C1); ", "CLICK(R0,C1); "):
        row = score_item(item(), right + extra + "DONE")
        assert (row.passed, row.click_exact_set, row.click_f1, row.click_f1_strict) == (0, 1, 1, 0)


def test_clicks_kept_after_a_bad_token_feed_the_diagnosis_only():
    row = score_item(item(), "CLICK(R1,C1); here; CLICK(R4,C5); DONE")
    assert (row.passed, row.click_f1_strict, row.unified_soft) == (0, 0.0, 0.0)
    assert row.click_recall == 0.5
    assert row.outside_distractor_hit_count == 1
    assert row.region_ok == 0


def test_numbers_beyond_every_column_type():
    huge = 10**400
    row = score_item(item("T2_COUNT_LOCAL_NUMERIC"), f"COUNT({huge})")
    assert (row.pred_count, row.count_mae, row.count_bias) == (huge, huge - 2, huge - 2)
    assert row.count_soft == 0.0
    assert as_dict(row)["pred_count"] == huge
    frame = to_frame([row])
    assert frame["pred_count"][0] == LARGEST
    assert frame["count_mae"][0] == 1e300
    far = score_item(item(), f"CLICK(R{huge},C1); DONE")
    assert far.pred_clicks_invalid == [f"R{huge},C1"]


@pytest.mark.parametrize("error", [None, "", "None", False, [], {}])
def test_what_is_no_error(error):
    row = score_item(item(), "DONE", error=error)
    assert (row.api_error, row.api_error_text, row.answer_state) == (0, None, "answered")


@pytest.mark.parametrize(
    ("error", "text"), [("none", "none"), ("null", "null"), ("NONE", "NONE"), (429, "429")]
)
def test_what_is_an_error(error, text):
    row = score_item(item(), "CLICK(R1,C1); CLICK(R2,C2); DONE", error=error)
    assert (row.api_error, row.api_error_text, row.answer_state) == (1, text, "error")
    assert row.passed == 1  # the text is scored all the same


def test_states():
    assert score_item(item(), " \n").answer_state == "empty"
    assert score_item(item(), None).answer_state == "empty"
    assert score_item(item(), "I will not", state="refused").answer_state == "refused"
    # Read as a run reads it, unless the file says what it was.
    plain = "I'm sorry, but I can't help with that."
    assert score_item(item(), plain).answer_state == "refused"
    assert score_item(item(), plain, state="answered").answer_state == "answered"
    assert score_item(item(), "I can't see any; DONE").answer_state == "answered"
    with pytest.raises(DataError, match="state 'bored' is not known"):
        score_item(item(), "DONE", state="bored")


def test_global_default_only_where_the_two_differ():
    everything = "CLICK(R1,C1); CLICK(R2,C2); CLICK(R4,C5); "
    assert score_item(item(), everything + "DONE").global_default_error == 1
    assert score_item(item("T2_COUNT_LOCAL_NUMERIC"), "COUNT(3)").global_default_error == 1
    assert score_item(item("T2B_COUNT_LOCAL_MATCHED"), "COUNT(3)").global_default_error == 0
    whole = {"region_target_cells": ["R1,C1", "R2,C2", "R4,C5"], "ground_truth_count": 3}
    assert score_item(item(**whole), everything + "DONE").global_default_error == 0


def test_actual_case():
    labels = [
        score_item(item(region_target_cells=cells, region_case="x"), "DONE").region_case_actual
        for cells in ([], ["R1,C1"], ["R1,C1", "R2,C2", "R4,C5"])
    ]
    assert labels == ["zero", "partial", "all"]


def test_unknown_task_mode():
    with pytest.raises(DataError, match="item I: task_mode 'TYPE' is not known"):
        score_item(item(task_mode="TYPE"), "DONE")


def test_the_frame_has_a_column_for_every_field():
    frame = to_frame([score_item(item(), "DONE"), score_item(item(), None)])
    assert dict(frame.schema) == SCHEMA
    assert list(SCHEMA)[:3] == ["item_id", "scene_id", "image_id"]
    assert "pass" in SCHEMA
    assert to_frame([]).schema == frame.schema


def test_texts_in_the_frame_are_those_of_the_rows():
    odd = ["a\x1fb; c\x00\u2028d; DONE", "x; DONE", "\x1f; \x1f?\x1f; DONE", "DONE", '"\\\n"; DONE']
    answers = [score_item(item(), text) for text in odd]
    tokens = to_frame(answers)["invalid_action_tokens"].to_list()
    assert tokens == [row.invalid_action_tokens for row in answers]
    assert to_frame(answers[1:2])["invalid_action_tokens"].to_list() == [["x"]]
