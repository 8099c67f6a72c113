"""Tables and intervals: the authors' numbers, and what must hold for any scores."""

import json

import msgspec
import polars as pl
import pytest

from handeye.errors import DataError, OptionError
from handeye.rose.questions import MAIN_KEYS
from handeye.rose.release import load
from handeye.rose.scoring.file_scoring import score
from handeye.rose.scoring.summary import summarize
from tests.support.rose.made_up import RIGHT, scenes
from tests.support.rose.parity import PARITY, differences, needs_parity, rows

MAIN = tuple(MAIN_KEYS)


def leaves(tree, path=()):
    if isinstance(tree, dict):
        if set(tree) == {"value", "low", "high", "n"}:
            yield path, tree
        else:
            for name, part in tree.items():
                yield from leaves(part, (*path, name))


@pytest.fixture(scope="module")
def parity_scores():
    return score(rows("predictions.jsonl"), load(PARITY / "metadata.jsonl"))


@needs_parity
def test_every_number_of_the_authors_tables(parity_scores):
    expected = json.loads((PARITY / "expected_tables.json").read_text("utf-8"))
    summary = summarize(parity_scores, bootstrap=0)
    assert differences(expected, summary["official"]) == []


@needs_parity
def test_intervals_hold_their_value_and_repeat(parity_scores):
    summary = summarize(parity_scores, bootstrap=300)
    again = summarize(parity_scores.sample(fraction=1.0, shuffle=True, seed=3), bootstrap=300)
    assert differences(summary.data, again.data) == []  # neither chance nor the order of rows
    other = summarize(parity_scores, bootstrap=300, seed=1)
    assert other["official"] == summary["official"]
    assert other["bases"]["all"]["columns"] != summary["bases"]["all"]["columns"]
    found = list(leaves(summary.data))
    assert len(found) > 1000
    for path, leaf in found:
        if leaf["low"] is not None:
            assert leaf["low"] - 1e-6 <= leaf["high"] + 1e-6, path
    # Rates with enough scenes lie inside their interval.
    for name, leaf in summary["bases"]["all"]["columns"].items():
        if leaf["value"] is not None:
            assert leaf["low"] <= leaf["value"] <= leaf["high"], name


@needs_parity
def test_the_order_of_subsets_is_the_papers(parity_scores):
    summary = summarize(parity_scores, bootstrap=0)
    assert list(summary["subsets"]) == [
        "ROSE-ChineseGlyph",
        "ROSE-EmojiStyle",
        "ROSE-EmojiContent",
        "ROSE-PixelEdit",
        "ROSE-PixelContent",
    ]
    assert msgspec.json.decode(summary.to_json(), type=type(summary)).data == summary.data


def test_headline_and_averages_weigh_subsets_not_items():
    a = scenes([dict.fromkeys(MAIN, True)] * 6, subset="ROSE-PixelEdit")
    b = scenes([dict.fromkeys(MAIN, False)] * 2, subset="ROSE-EmojiStyle")
    basis = summarize(pl.concat([a, b]), bootstrap=0)["bases"]["all"]
    assert basis["columns"]["Avg."]["value"] == 0.5
    assert basis["subsets"]["Avg."]["PASS"]["value"] == 0.5
    assert basis["headline"]["gap"]["value"] == 0.0
    assert basis["matrix"]["ROSE-PixelEdit"]["V-Clk"]["value"] == 1.0


def test_the_gap_is_counting_minus_action():
    counts = {"T1": True, "T2": True}
    actions = {"T3": True, "T4": False, "T5": False}
    frame = scenes([counts | actions, counts | dict.fromkeys(actions, False)] * 10)
    head = summarize(frame)["bases"]["all"]["headline"]
    assert head["counting"]["value"] == 1.0
    assert head["action"]["value"] == pytest.approx(1 / 6)
    assert head["gap"]["value"] == pytest.approx(5 / 6)
    assert head["gap"]["low"] < 5 / 6 < head["gap"]["high"]


def test_a_missing_template_leaves_the_gap_open():
    frame = scenes([{"T1": True, "T3": True}] * 3)
    basis = summarize(frame)["bases"]["all"]
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    assert basis["headline"]["gap"] == nothing
    assert basis["columns"]["V-Clk"] == nothing
    assert basis["columns"]["Avg."]["value"] == 1.0


def test_answered_items_are_a_basis_of_their_own():
    fine = [{"T3": True}] * 3
    frame = pl.concat(
        [
            scenes(fine),
            scenes([{"T3": None}], subset="ROSE-PixelEdit"),
            scenes([{"T3": True}], subset="ROSE-EmojiStyle"),
            scenes([{"T3": "I must not"}], state="refused", subset="ROSE-EmojiContent"),
        ]
    )
    summary = summarize(frame)
    assert summary["states"] == {
        "answered": 4,
        "empty": 1,
        "refused": 1,
        "truncated": 0,
        "error": 0,
        "missing": 0,
    }
    assert summary["bases"]["all"]["columns"]["L-Clk"]["value"] == 0.5
    assert summary["bases"]["answered"]["columns"]["L-Clk"]["value"] == 1.0
    assert summary["bases"]["answered"]["n"] == 4


def test_partial_runs_say_so():
    summary = summarize(scenes([{"T1": True}] * 2), n_expected=5)
    assert (summary["partial"], summary["note"]) == (True, "partial run: 2 of 5 items")
    assert summary["states"]["missing"] == 3
    assert summarize(scenes([{"T1": True}] * 2))["partial"] is False


def test_at_nothing_and_at_everything_a_scene_counts_once():
    """Fifty scenes asked five things: at 0 % every interval is that of 50 trials."""
    subsets = ("ROSE-PixelEdit", "ROSE-EmojiStyle", "ROSE-EmojiContent", "ROSE-PixelContent")
    frames = [
        scenes([dict.fromkeys(MAIN, False)] * 10, subset=subset)
        for subset in ("ROSE-ChineseGlyph", *subsets)
    ]
    summary = summarize(pl.concat(frames))
    basis, bound = summary["bases"]["all"], 1 - 0.025 ** (1 / 50)
    assert bound == pytest.approx(0.0711, abs=1e-4)
    head, columns = basis["headline"], basis["columns"]
    of_all = basis["subsets"]["Avg."]["PASS"]
    for found in (columns["Avg."], columns["G-Cnt"], head["counting"], head["action"], of_all):
        assert (found["low"], found["high"]) == (0, pytest.approx(bound, abs=1e-6))
    ends = pytest.approx(-bound, abs=1e-6), pytest.approx(bound, abs=1e-6)
    assert (head["gap"]["low"], head["gap"]["high"]) == ends
    kept = summarize(scenes([{**dict.fromkeys(MAIN, False), "T1": True}] * 20))["consistency"]
    rate = kept["macro_equal_subset"]["Action Ret."]
    assert (rate["low"], rate["high"]) == (0, pytest.approx(1 - 0.025 ** (1 / 20), abs=1e-6))


def test_a_bound_is_about_the_scenes_that_were_asked():
    """Ten of forty scenes have click items: three a scene are ten scenes, not thirty trials."""
    clicks = dict.fromkeys(("T3", "T4", "T5"), False)
    frame = scenes([clicks | {"T1": True}] * 10 + [{"T1": True}] * 30)
    rate = summarize(frame)["bases"]["all"]["columns"]["R-OK"]
    assert rate["n"] == 30
    assert (rate["low"], rate["high"]) == (pytest.approx(0.025 ** (1 / 10), abs=1e-6), 1)


def test_where_the_bootstrap_cannot_vary():
    summary = summarize(scenes([{"T1": True}] * 20))
    rate = summary["bases"]["all"]["columns"]["G-Cnt"]
    # Clopper-Pearson for 20 of 20: 0.025 ** (1 / 20)
    assert (rate["low"], rate["high"]) == (pytest.approx(0.8316, abs=1e-4), 1.0)
    assert summary["rates"]["overall"]["count_mae_parsed"] == {
        "value": 0.0,
        "low": None,
        "high": None,
        "n": 20,
    }
    # Five right answers about one picture are one scene's evidence, not five.
    many = summarize(scenes([dict.fromkeys(MAIN, True)] * 20))
    subset = many["bases"]["all"]["subsets"]["ROSE-ChineseGlyph"]["PASS"]
    assert subset["n"] == 100
    assert subset["low"] == pytest.approx(0.8316, abs=1e-4)


def test_answers_about_one_picture_are_not_independent():
    together = scenes([dict.fromkeys(MAIN, n % 2 == 0) for n in range(40)])
    apart = scenes([{key: (n + i) % 2 == 0 for i, key in enumerate(MAIN)} for n in range(40)])

    def width(frame):
        rate = summarize(frame)["bases"]["all"]["subsets"]["ROSE-ChineseGlyph"]["PASS"]
        assert rate["value"] == 0.5
        return rate["high"] - rate["low"]

    assert width(together) > 2 * width(apart)


def test_breakdowns():
    zero = {"region_target_cells": [], "ground_truth_count": 0, "region_case": "zero"}
    found = scenes([{"T3": True}] * 3, pair_similarity=0.8)
    none = scenes([{"T3": "DONE"}, {"T3": False}], **zero, subset="ROSE-PixelEdit")
    tables = summarize(pl.concat([found, none]))["breakdowns"]
    gold = tables["gold"]
    assert gold["bins"] == ["0", "2"]
    assert gold["by_template"]["L-Clk"]["0"]["value"] == 0.5
    assert gold["by_template"]["L-Clk"]["2"]["value"] == 1.0
    assert tables["case"]["bins"] == ["zero", "partial"]
    assert tables["cells"]["by_template"]["L-Clk"]["up to 80"]["n"] == 5
    assert tables["similarity"]["bins"] == [".75-.88"]
    assert tables["similarity"]["by_template"]["L-Clk"][".75-.88"]["n"] == 3


@pytest.mark.parametrize(
    ("cells", "label"),
    [((8, 10), "up to 80"), ((9, 9), "81-120"), ((10, 12), "81-120"), ((16, 16), "over 250")],
)
def test_edges_of_the_size_bins(cells, label):
    frame = scenes([{"T1": True}], rows=cells[0], cols=cells[1])
    assert summarize(frame, bootstrap=0)["breakdowns"]["cells"]["bins"] == [label]


def test_numbers_of_any_size_keep_the_tables_finite():
    frame = scenes([{"T1": f"COUNT({10**25})"}, {"T1": True}])
    overall = summarize(frame)["rates"]["overall"]
    assert overall["count_mae_parsed"]["value"] == pytest.approx(5e24, rel=1e-12)
    huge = scenes([{"T1": f"COUNT({'9' * 5000})"}, {"T1": RIGHT["T1"]}])
    assert summarize(huge)["bases"]["all"]["columns"]["G-Cnt"]["value"] == 0.5


def test_lazy_frames_and_own_subsets():
    frame = scenes([{"T1": True}, {"T1": False}], subset="my-own")
    assert summarize(frame.lazy(), bootstrap=20).data == summarize(frame, bootstrap=20).data
    assert list(summarize(frame, bootstrap=0)["subsets"]) == ["my-own"]


def test_what_cannot_be_summarised():
    frame = scenes([{"T1": True}])
    with pytest.raises(DataError, match="lack the columns pass"):
        summarize(frame.drop("pass"))
    with pytest.raises(DataError, match="no score rows"):
        summarize(frame.clear())
    with pytest.raises(OptionError, match="bootstrap must be at least 0, got -1"):
        summarize(frame, bootstrap=-1)
    two = pl.concat([frame, frame.with_columns(model=pl.lit("other"))])
    with pytest.raises(DataError, match="score rows of 2 models"):
        summarize(two)


@pytest.mark.parametrize("key", MAIN)
def test_one_template_always_wrong_or_right_has_intervals_all_the_same(key):
    """All draws are equal: bounds come from the number of scenes."""
    for wrong in (True, False):
        outcomes = [{other: (other == key) != wrong for other in MAIN}] * 40
        head = summarize(scenes(outcomes), bootstrap=200)["bases"]["all"]["headline"]
        for one in head.values():
            assert one["low"] < one["value"] < one["high"] or one["value"] in (0.0, 1.0)
            assert one["low"] < one["high"]
