"""Respondents with known psychometric curves: their thresholds come back, and nothing else does."""

import json
import math

import numpy as np
import polars as pl
import pytest

from handeye.errors import DataError
from handeye.rose.diagnosis.thresholds import COLUMNS, thresholds
from handeye.rose.questions import SUBSETS, TEMPLATES
from handeye.rose.scoring.score_frame import SCHEMA, to_frame
from tests.support.rose.made_up import scored

NAMES = tuple(TEMPLATES)
COUNTING = ("T1_COUNT_GLOBAL", "T2_COUNT_LOCAL_NUMERIC")
# Where half pass in each subset, in halvings of the visible difference: counting; action is 1 less.
AT = np.array([2.0, 1.5, 2.5, 7.0, 3.0])
APART = 1.0


def frame(rng, odds, scenes=80, subsets=5, names=NAMES[:5]):
    """Score rows of scenes whose chance to pass has the given log odds.

    Args:
        rng: source of chance.
        odds: function of (z, cells, targets, subset, counting), arrays (n,).
        scenes: in each subset.
        subsets: how many.
        names: templates.
    """
    total = scenes * subsets
    subset = np.repeat(np.arange(subsets), scenes)
    z = np.maximum(AT[subset] - APART / 2 + rng.normal(0, 1.2, total), 0.05)
    rows, cols = rng.integers(7, 19, (2, total))
    targets = rng.integers(1, 9, total)
    shared = rng.normal(0, 0.5, total)  # what else makes a scene easy
    parts = []
    for name in names:
        at = odds(z, rows * cols, targets, subset, name in COUNTING)
        chance = 1 / (1 + np.exp(-(at + shared)))
        parts.append(
            pl.DataFrame(
                {
                    "scene_id": [f"S{k}" for k in range(total)],
                    "rose_subset": [SUBSETS[k] for k in subset],
                    "task_template": name,
                    "answer_state": "answered",
                    "pass": (rng.random(total) < chance).astype(np.int64),
                    "pair_similarity": 1 - 2.0**-z,
                    "rows": rows,
                    "cols": cols,
                    "global_target_count": targets,
                }
            )
        )
    return pl.concat(parts)


def by_similarity(z, cells, targets, subset, counting):
    return -1.6 * (z - AT[subset] + (0.0 if counting else APART))


def natural(z):
    return 1 - 2.0**-z


@pytest.fixture(scope="module")
def found():
    return thresholds(frame(np.random.default_rng(0), by_similarity, 200))


def test_planted_thresholds_are_recovered_as_often_as_promised():
    rng = np.random.default_rng(1)
    held = {"subset": [], "whole": [], "distance": []}
    for _ in range(18):
        made = thresholds(frame(rng, by_similarity))["similarity"]
        for end, shift in (("counting", 0.0), ("action", APART)):
            at = natural(np.mean(AT) - shift)
            held["whole"].append(
                made[end]["threshold"]["low"] <= at <= made[end]["threshold"]["high"]
            )
            for k, subset in enumerate(SUBSETS):
                one = made["by_subset"][subset][end]["threshold"]
                if one["value"] is not None:
                    at = natural(AT[k] - shift)
                    held["subset"].append(one["low"] <= at <= one["high"])
        apart = natural(np.mean(AT)) - natural(np.mean(AT) - APART)
        held["distance"].append(made["distance"]["low"] <= apart <= made["distance"]["high"])
    assert len(held["subset"]) > 170
    for name, hits in held.items():
        # 3.5 standard errors of a binomial below 95 %.
        slack = 3.5 * math.sqrt(0.95 * 0.05 / len(hits))
        assert np.mean(hits) >= 0.95 - slack, name
    assert np.mean(held["subset"]) < 0.995


def test_distance_is_counting_minus_action(found):
    made = found["similarity"]
    ends = [made[name]["threshold"]["value"] for name in ("counting", "action")]
    assert made["distance"]["value"] == pytest.approx(ends[0] - ends[1], abs=2e-6)
    assert made["distance"]["low"] > 0  # counting holds out longer
    assert made["counting"]["slope"]["high"] < 0
    assert made["left_out"] == []
    assert made["sentence"].startswith("acts rightly on half of the items up to 0.")


def test_curve_and_marks_lie_on_each_other(found):
    for name in ("counting", "action"):
        curve = found["similarity"][name]
        xs = [p["x"] for p in curve["fit"]]
        assert xs == sorted(xs)
        assert all(p["low"] <= p["y"] <= p["high"] for p in curve["fit"])
        assert sum(p["n"] for p in curve["points"]) == curve["n_items"]
        for point in curve["points"]:
            assert point["low"] <= point["value"] <= point["high"]
            fitted = np.interp(point["x"], xs, [p["y"] for p in curve["fit"]])
            assert abs(fitted - point["value"]) < 0.12
        at = curve["threshold"]["value"]
        assert np.interp(at, xs, [p["y"] for p in curve["fit"]]) == pytest.approx(0.5, abs=0.03)


def test_what_does_not_matter_gets_no_threshold():
    def coin(z, cells, targets, subset, counting):
        return np.zeros(len(z))

    made = thresholds(frame(np.random.default_rng(13), coin))
    nouns = {
        "similarity": "similarity",
        "cells": "the number of cells",
        "targets": "the number of targets",
    }
    for key, noun in nouns.items():
        for name in ("counting", "action"):
            assert made[key][name]["threshold"] == {
                "value": None,
                "low": None,
                "high": None,
                "n": made[key][name]["n_items"],
                "reason": f"PASS does not visibly change with {noun}",
            }
        reason = made[key]["distance"]["reason"]
        assert reason.startswith(f"counting: PASS does not visibly change with {noun}; action:")


def test_an_easy_and_alike_subset_is_no_effect_of_likeness():
    def odds(z, cells, targets, subset, counting):
        return np.where(subset == 3, 2.0, -1.0)  # PixelEdit: most alike, and easy

    made = thresholds(frame(np.random.default_rng(2), odds, 150))["similarity"]
    slope = made["counting"]["slope"]
    assert slope["low"] < 0 < slope["high"]
    assert made["counting"]["threshold"]["value"] is None


def test_grid_size_and_targets_are_told_in_their_units():
    def odds(z, cells, targets, subset, counting):
        return -3 * np.log2(cells / (200 if counting else 120)) - 0.8 * (targets - 4.5)

    made = thresholds(frame(np.random.default_rng(3), odds, 200))
    cells = made["cells"]
    # The other factor only flattens a curve, so where it crosses one half stays.
    assert 170 < cells["counting"]["threshold"]["value"] < 235
    assert 100 < cells["action"]["threshold"]["value"] < 140
    assert cells["distance"]["low"] > 0
    assert " cells (" in cells["sentence"]
    targets = made["targets"]
    assert 4 < targets["counting"]["threshold"]["value"] < 7
    assert [p["label"] for p in targets["counting"]["points"]][:3] == ["1", "2", "3"]


def test_a_threshold_beyond_the_set_is_not_made_up():
    def odds(z, cells, targets, subset, counting):
        return np.full(len(z), 3.0 if counting else -3.0) - 0.2 * targets

    made = thresholds(frame(np.random.default_rng(4), odds, 200))["targets"]
    above = made["counting"]["threshold"]
    assert above["value"] is None
    assert above["reason"] == "more than half pass at every value in the set (1 to 8)"
    assert made["action"]["threshold"]["reason"].startswith("fewer than half pass at every")
    assert made["distance"]["reason"].startswith("counting: more than half")


def test_rising_pass_is_no_threshold():
    def odds(z, cells, targets, subset, counting):
        return 0.8 * (targets - 4.5)

    end = thresholds(frame(np.random.default_rng(5), odds))["targets"]["counting"]["threshold"]
    assert (end["value"], end["reason"]) == (None, "PASS rises with the number of targets")


@pytest.mark.parametrize(("passed", "words"), [(1, "every item passes"), (0, "no item passes")])
def test_perfect_and_hopeless_say_so(passed, words):
    rows = frame(np.random.default_rng(6), by_similarity, 30).with_columns(
        pl.lit(passed).alias("pass")
    )
    made = thresholds(rows)["similarity"]
    assert made["counting"]["threshold"]["reason"] == words
    assert made["counting"]["fit"] == []
    assert made["counting"]["n_items"] == 300
    assert {p["value"] for p in made["counting"]["points"]} == {float(passed)}
    assert made["sentence"] == f"action: {words}; counting: {words}"


def test_subsets_that_cannot_vary_are_left_out_by_name():
    rows = frame(np.random.default_rng(7), by_similarity, 100)
    right = (pl.col("rose_subset") == SUBSETS[1]) & pl.col("task_template").is_in(COUNTING)
    rows = rows.with_columns(pl.when(right).then(1).otherwise("pass").alias("pass"))
    made = thresholds(rows)["similarity"]
    assert made["left_out"] == [SUBSETS[1]]
    assert made["counting"]["n_items"] == 800
    assert made["by_subset"][SUBSETS[1]]["counting"]["threshold"]["reason"] == "every item passes"
    assert made["by_subset"][SUBSETS[1]]["action"]["threshold"]["value"] is not None


def test_technical_failures_are_not_failures_to_see():
    rows = frame(np.random.default_rng(8), by_similarity, 60)
    broken = rows.with_columns(
        pl.when(pl.int_range(pl.len()) % 3 == 0)
        .then(pl.lit("error"))
        .otherwise("answer_state")
        .alias("answer_state")
    )
    told = thresholds(broken)
    assert told == thresholds(broken.filter(pl.col("answer_state") == "answered"))
    refused = broken.with_columns(pl.col("answer_state").replace("error", "refused"))
    assert thresholds(refused)["similarity"]["counting"]["n_items"] == 600


def test_a_set_without_similarity_says_so():
    rows = frame(np.random.default_rng(9), by_similarity, 30)
    rows = rows.with_columns(pl.lit(None, pl.Float64).alias("pair_similarity"))
    made = thresholds(rows)["similarity"]
    assert made["counting"]["threshold"]["reason"].startswith("nothing was measured")
    assert made["counting"]["points"] == []
    assert made["by_template"] == {}


def test_bridges_have_curves_of_their_own_only():
    rows = frame(np.random.default_rng(10), by_similarity, 60, names=NAMES)
    made = thresholds(rows)["similarity"]
    assert set(made["by_template"]) == {t.column for t in TEMPLATES.values()}
    assert made["counting"]["n_items"] + made["action"]["n_items"] == 5 * 300


def test_real_score_rows_and_plain_json():
    rows = to_frame([scored(k, key, k % 2 == 0) for k in range(3) for key in ("T1", "T3")])
    assert set(COLUMNS) <= set(SCHEMA)
    made = thresholds(rows)
    assert json.loads(json.dumps(made)) == made
    words = "too few passes, failures or scenes for a curve"
    assert made["targets"]["counting"]["threshold"]["reason"] == words
    empty = thresholds(rows.clear())
    assert empty["cells"]["counting"]["n_items"] == 0
    assert empty["cells"]["by_subset"] == {}


def test_wrong_tables_are_refused():
    rows = frame(np.random.default_rng(11), by_similarity, 2)
    with pytest.raises(DataError, match="lack the columns pair_similarity; score the run again"):
        thresholds(rows.drop("pair_similarity"))
    with pytest.raises(DataError, match="unknown task templates in the scores: T9"):
        thresholds(rows.with_columns(pl.lit("T9").alias("task_template")))
