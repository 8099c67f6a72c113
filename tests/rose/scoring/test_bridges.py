"""Bridges and same-scene consistency on hand-made scenes with countable outcomes."""

import polars as pl
import pytest

from handeye.rose.scoring.summary import summarize
from tests.support.rose.made_up import scenes


def tables(frame):
    return summarize(frame, bootstrap=50)


def value(leaf):
    return leaf["value"]


def test_global_bridge():
    found = tables(
        scenes(
            [
                {"T1": True, "T1B": True},
                {"T1": True, "T1B": False},  # three clean clicks, one beside its target
                {"T1": True, "T1B": "CLICK(R1,C1); CLICK(R1,C1); CLICK(R2,C2); DONE"},
                {"T1": False, "T1B": True},
                {"T1B": "DONE"},  # no partner
            ]
        )
    )["bridges"]["global"]["micro_pooled"]
    assert found["n"] == 5
    assert found["n_main_gcnt_matched"] == 4
    assert found["n_main_gcnt_correct"] == 3
    assert value(found["gclk_pass_rate"]) == pytest.approx(2 / 5)
    assert value(found["cardinality_exact_rate"]) == pytest.approx(3 / 5)
    assert value(found["location_exact_given_cardinality"]) == pytest.approx(2 / 3)
    assert value(found["gclk_pass_given_gcnt_correct"]) == pytest.approx(1 / 3)
    assert value(found["gcnt_to_gclk_drop"]) == pytest.approx(3 / 4 - 2 / 4)
    assert value(found["gcnt_correct_gclk_wrong_rate"]) == pytest.approx(2 / 4)
    assert value(found["cardinality_mae"]) == pytest.approx((1 + 3) / 5)
    assert value(found["duplicate_click_sample_rate"]) == pytest.approx(1 / 5)


def test_matched_bridge_and_its_cases():
    label = "fallback_partial_wanted_all"
    plain = scenes([{"T2B": True, "T3": True}, {"T2B": True, "T3": False}])
    fallback = scenes([{"T2B": False, "T3": False}], region_case=label, subset="ROSE-PixelEdit")
    found = tables(pl.concat([plain, fallback]))["bridges"]["matched"]
    pooled = found["micro_pooled"]
    assert value(pooled["lclk_pass_given_mlcnt_correct"]) == 0.5
    assert value(pooled["transfer_failure_given_mlcnt_correct"]) == 0.5
    assert value(pooled["both_correct_rate"]) == pytest.approx(1 / 3)
    # Counted 2, 2, 1; clicked 2, 1, 1.
    assert value(pooled["cross_task_cardinality_consistency_rate"]) == pytest.approx(2 / 3)
    assert list(found["by_region_case"]) == ["partial", label]
    assert found["by_region_case"][label]["macro_equal_subset"]["n"] == 1
    assert list(found["by_actual_case"]) == ["partial"]
    assert found["by_actual_case"]["partial"]["macro_equal_subset"]["n"] == 3
    assert set(found["by_actual_case"]["partial"]["by_subset"]) == {
        "ROSE-ChineseGlyph",
        "ROSE-PixelEdit",
    }


def test_no_partner_gives_no_paired_rate():
    found = tables(scenes([{"T2B": True}]))["bridges"]
    assert found["global"] is None
    row = found["matched"]["micro_pooled"]
    assert value(row["mlcnt_pass_rate"]) == 1.0
    assert row["n_main_lclk_matched"] == 0
    assert value(row["lclk_pass_rate"]) is None
    assert value(row["lclk_pass_given_mlcnt_correct"]) is None


def test_scenes_of_two_subsets_with_one_name_are_not_paired():
    a = scenes([{"T1": True}], subset="ROSE-PixelEdit")
    b = scenes([{"T1B": True}], subset="ROSE-EmojiStyle")
    found = tables(pl.concat([a, b]))["bridges"]["global"]["micro_pooled"]
    assert found["n_main_gcnt_matched"] == 0


def test_consistency_looks_at_scenes_whose_count_was_right():
    outcomes = [
        {"T1": True, "T2": True, "T3": True, "T4": False, "T5": False},
        {"T1": True, "T2": True, "T3": False, "T5": False},
        {"T1": False, "T2": False, "T3": True, "T4": True, "T5": True},
    ]
    found = tables(scenes(outcomes))["consistency"]
    row = found["by_subset"]["ROSE-ChineseGlyph"]
    assert (row["n_t1_scenes"], row["n_t1_correct_scenes"]) == (3, 2)
    assert value(row["L-Cnt|T1"]) == 1.0
    assert value(row["L-Clk|T1"]) == 0.5
    assert (row["n_V-Clk|T1"], row["missing_V-Clk|T1"]) == (1, 1)
    assert value(row["Action Ret."]) == pytest.approx(0.5 / 3)
    assert value(row["Action Fail."]) == pytest.approx(1 - 0.5 / 3)
    assert tables(scenes([{"T3": True}]))["consistency"] is None


def test_drops_between_steps():
    found = tables(scenes([{"T1": True, "T1B": True, "T4": False}] * 2))["drops"]
    assert set(found) == {"G-Cnt to G-Clk", "G-Clk to V-Clk"}
    assert value(found["G-Clk to V-Clk"]) == 1.0
