"""One reason per failed item: cases in a data file, rules for any answer, tables that add up."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from handeye.rose.diagnosis.attribution import attribute, attribution_tables
from handeye.rose.diagnosis.reasons import BY_KEY, REASONS, SIGNS, TAGS
from handeye.rose.respondents.recovery import attribute_answers, items_without_pictures, recover
from handeye.rose.respondents.simulated import FAULTS
from tests.support.rose.items import item
from tests.support.rose.made_up import TASKS, WHOLE

LINES = (Path(__file__).parent / "cases/attribution.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
KEYS = [reason.key for reason in REASONS]
ITEMS = items_without_pictures(5, 6)
SOME = [one for one in ITEMS if one.scene_id.endswith("000001")]


def asked(key, **changes):
    template, region, params = TASKS[key]
    fields = {"region_params": params, **(WHOLE if region == "GLOBAL" else {}), **changes}
    return item(template, region, fields.pop("region_params"), **fields)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['key']}-{ascii(c['text'])[:50]}")
def test_case(case):
    one = asked(case["key"], **case.get("changes", {}))
    state = case.get("state", "answered")
    (row,) = attribute_answers([one], [case["text"]], [state]).rows.to_dicts()
    assert row["reason"] == case["reason"]
    assert row["tags"] == case["tags"]
    assert row["passed"] == (case["reason"] is None)


def test_cases_cover_every_reason_that_one_item_can_tell():
    of_the_model = {"zero_based", "swapped", "flipped", "anchored", "other"}
    assert {case["reason"] for case in CASES} - {None} == set(KEYS) - of_the_model


def test_keys_are_unique_and_every_one_has_its_words():
    assert len(BY_KEY) == len(REASONS) + len(TAGS)
    assert all(reason.label and reason.meaning for reason in (*REASONS, *TAGS, *SIGNS))


CELLS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda c: f"CLICK(R{c[0]},C{c[1]})")
ENDS = st.one_of(
    st.sampled_from(["DONE", "done.", "", "COUNT(2)", "none"]),
    st.integers(0, 5).map("SUBMIT({})".format),
)
TEXTS = st.one_of(
    st.none(),
    st.integers(0, 7).map("COUNT({})".format),
    st.tuples(st.lists(CELLS, max_size=4), ENDS).map(lambda c: "; ".join([*c[0], c[1]])),
)
STATES = st.sampled_from(["answered", "answered", "truncated", "refused", "error", "empty"])


@settings(max_examples=60)
@given(answers=st.lists(st.tuples(TEXTS, STATES), min_size=len(SOME), max_size=len(SOME)))
def test_any_answer_has_a_reason_exactly_when_it_failed(answers):
    texts, states = zip(*answers, strict=True)
    rows = attribute_answers(SOME, texts, states).rows
    assert rows["item_id"].to_list() == [one.item_id for one in SOME]
    for row in rows.iter_rows(named=True):
        assert (row["reason"] is None) == row["passed"]
        if row["passed"]:
            assert row["tags"] == []
            continue
        assert row["reason"] != "other"
        reasons = [tag for tag in row["tags"] if tag in KEYS]
        assert row["reason"] == min(reasons, key=KEYS.index)


def test_the_order_of_the_items_changes_nothing():
    run = recover(ITEMS, {"zero_based": 0.4, "miss": 0.3, "ignore_region": 0.3}, 3)
    turned = recover(ITEMS[::-1], {"zero_based": 0.4, "miss": 0.3, "ignore_region": 0.3}, 3)
    assert run.reasons == turned.reasons[::-1]
    assert len(set(run.reasons)) > 5


def test_tables_add_up():
    rates = dict.fromkeys(set(FAULTS) - {"api_error", "refuse", "garble"}, 0.06)
    run = recover(ITEMS, rates, 1)
    tables = run.tables(resamples=50)
    rows = run.attribution.rows
    for kind, columns in (
        ("action", ["L-Clk", "V-Clk", "Excl-CS", "G-Clk"]),
        ("counting", ["G-Cnt", "L-Cnt", "mL-Cnt"]),
    ):
        group, parts = tables[kind], [tables["by_template"][name] for name in columns]
        assert group["n_items"] == sum(part["n_items"] for part in parts)
        assert group["n_failed"] == sum(part["n_failed"] for part in parts)
        assert group["n_failed"] == sum(reason["count"] for reason in group["reasons"])
        assert sum(reason["share"]["value"] for reason in group["reasons"]) == pytest.approx(1)
        keys = [reason["key"] for reason in group["reasons"]]
        assert keys == sorted(keys, key=KEYS.index)
        for reason in group["reasons"]:
            assert reason["rate"]["n"] == group["n_items"]
            assert reason["share"]["n"] == group["n_failed"]
            assert reason["share"]["low"] <= reason["share"]["value"] <= reason["share"]["high"]
            signs = {tag["key"]: tag["count"] for tag in group["tags"]}
            assert signs[reason["key"]] >= reason["count"]
    assert sum(tables[kind]["n_failed"] for kind in ("action", "counting")) == (
        rows.filter(pl.col("reason").is_not_null()).height
    )


def test_no_items_and_no_failures():
    empty = attribution_tables(attribute([]), seed=0, resamples=10)
    assert empty["action"]["n_items"] == 0
    assert empty["action"]["reasons"] == []
    assert empty["signs"]["clicks_in_exclusion"]["rate"]["value"] is None
    perfect = recover(ITEMS, {}, 0).tables(resamples=10)
    assert perfect["action"]["reasons"] == perfect["counting"]["tags"] == []
    assert perfect["action"]["failed"]["value"] == 0
    assert perfect["action"]["failed"]["high"] > 0
    assert not any(found["decided"] for found in perfect["conventions"])


def test_without_resamples_there_are_values_and_no_intervals():
    tables = recover(ITEMS, {"miss": 0.5}, 0).tables(resamples=0)
    assert tables["action"]["failed"]["value"] > 0
    assert tables["action"]["failed"]["low"] is None
    assert tables["conventions"][0]["weight"]["low"] is None


def test_same_seed_same_tables():
    run = recover(ITEMS, {"zero_based": 0.3, "over": 0.2}, 0)
    assert run.tables(seed=4, resamples=40) == run.tables(seed=4, resamples=40)
    assert run.tables(seed=4, resamples=40) != run.tables(seed=5, resamples=40)


def test_habits_count_where_they_can_show():
    run = recover(ITEMS, {"never_abstain": 1.0}, 0)
    signs = run.tables(resamples=0)["signs"]
    empty = sum(not one.gold and one.task_mode != "COUNT" for one in ITEMS)
    assert signs["clicks_where_nothing_is"]["rate"]["n"] == empty
    assert signs["clicks_where_nothing_is"]["rate"]["value"] == pytest.approx(1, abs=2 / empty)
    assert signs["abstains_where_something_is"]["rate"]["value"] == 0
    exclusion = sum(one.region_type == "EXCLUSION" for one in ITEMS)
    assert signs["clicks_in_exclusion"]["rate"]["n"] == exclusion


def test_habits_are_told_from_what_is_meant():
    # Counted from 0, clicks fall into the excluded part that are not meant to.
    run = recover(ITEMS, {"zero_based": 1.0}, 0)
    as_written = run.attribution.rows["tags"].list.contains("inside_exclusion").sum()
    assert as_written > 0
    assert run.tables(resamples=0)["signs"]["clicks_in_exclusion"]["rate"]["value"] == 0
