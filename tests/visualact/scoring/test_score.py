"""Scores: the worked example, properties, and an independent slow implementation."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError, OptionError
from handeye.visualact.comparing.sensitivity import rank
from handeye.visualact.records import Action, PredictedAction
from handeye.visualact.scoring.cases import make_cases
from handeye.visualact.scoring.clip_scores import score_case
from handeye.visualact.scoring.matching import closeness, match
from handeye.visualact.scoring.motion_split import split_f1
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.score import score
from handeye.visualact.scoring.tables import class_key, class_table, table_files, way_words
from tests.support.visualact.data import (
    PREDICTED,
    TABLE,
    TRUTH,
    clip,
    predicted_actions,
    prediction,
    random_run,
    true_actions,
)
from tests.support.visualact.slow import clip_figures, overall
from tests.support.visualact.vectors import ExactEmbedder, TableEmbedder

FIGURES = (
    "precision",
    "recall",
    "f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "scale",
)


def one_row(actions, found, options=None, embedder=None, state="answered"):
    cases = make_cases(
        [prediction("c", found, state)],
        [clip("c", actions)],
        embedder or ExactEmbedder(),
        options or Options(),
    )
    return score_case(cases[0], options or Options())


def test_worked_example():
    row, pairs = one_row(TRUTH, PREDICTED, embedder=TableEmbedder(TABLE))
    assert [(pair.predicted, pair.truth, pair.matched) for pair in pairs] == [
        (0, 0, True),
        (1, 1, True),
    ]
    assert [pair.similarity for pair in pairs] == [0.9, 0.6]
    assert (row.precision, row.recall, row.f1) == pytest.approx((2 / 3, 1.0, 0.8), abs=1e-12)
    assert row.weight_sum == 1.75
    assert (row.weighted_precision, row.weighted_recall, row.weighted_f1) == pytest.approx(
        (1.75 / 3, 0.875, 0.7), abs=1e-12
    )
    assert row.scale == 0.875
    assert (row.truth_proactive, row.truth_proactive_matched) == (1, 1)
    assert (row.predicted_proactive, row.type_known_matched, row.type_agrees) == (2, 2, 1)


def test_filtering_before_or_after_the_assignment():
    similarity = np.array([[0.90, 0.49], [0.49, 0.0]])
    close = closeness([0, 0], [0, 0])
    late = match(similarity, close, Options())
    early = match(similarity, close, Options(assignment="mask-then-assign"))
    assert [(pair.similarity, pair.matched) for pair in late] == [(0.49, False), (0.49, False)]
    assert [(pair.predicted, pair.truth, pair.matched) for pair in early] == [(0, 0, True)]


def test_a_pair_at_the_threshold():
    similarity = np.array([[0.5]])
    close = closeness([1], [1])
    assert match(similarity, close, Options())[0].matched
    assert not match(similarity, close, Options(comparison=">"))[0].matched


def test_equal_totals_go_to_more_matches_then_to_closer_levels():
    # 0.7 + 0.3 and 0.5 + 0.5 are equal in total: one match or two.
    more = match(np.array([[0.7, 0.5], [0.5, 0.3]]), closeness([0, 0], [0, 0]), Options())
    assert sum(pair.matched for pair in more) == 2
    same = np.full((2, 1), 0.8)
    assert match(same, closeness([0, 3], [4]), Options())[0].predicted == 1
    assert match(same, closeness([None, 0], [4]), Options())[0].predicted == 0


@settings(max_examples=150, deadline=None)
@given(true_actions, predicted_actions, st.sampled_from([0.3, 0.5, 0.75, 1.0]), st.booleans())
def test_a_slow_implementation_agrees(actions, found, threshold, masked):
    options = Options(
        threshold=threshold, assignment="mask-then-assign" if masked else "assign-then-filter"
    )
    row, _ = one_row(actions, found, options)
    vectors = ExactEmbedder().encode([one.text for one in [*found, *actions]]).astype(float)
    sims = [
        [
            round(sum(a * b for a, b in zip(vectors[i], vectors[len(found) + j], strict=True)), 6)
            for j in range(len(actions))
        ]
        for i in range(len(found))
    ]
    slow = clip_figures(
        sims, [one.apl for one in found], [one.apl for one in actions], threshold, masked
    )
    for name in FIGURES:
        assert getattr(row, name) == pytest.approx(slow[name], abs=1e-9), name


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_overall_figures_agree_with_a_slow_implementation(seed):
    clips, predictions = random_run(seed)
    result = score(predictions, clips, ExactEmbedder(), bootstrap=0, sweep=(0.4, 0.7))
    for threshold, table in (
        (0.5, result.summary["bases"]["all"]["video"]["mean"]),
        (0.4, result.summary["sweep"]["0.40"]),
        (0.7, result.summary["sweep"]["0.70"]),
    ):
        slow = []
        for one, answer in zip(clips, predictions, strict=True):
            rows = ExactEmbedder().encode([a.text for a in [*answer.actions, *one.actions]])
            rows = rows.astype(float)
            sims = np.round(rows[: len(answer.actions)] @ rows[len(answer.actions) :].T, 6).tolist()
            levels = [a.apl for a in answer.actions]
            figures = clip_figures(sims, levels, [a.apl for a in one.actions], threshold)
            slow.append((one.scenario, figures))
        for name in set(FIGURES) & set(table):
            assert table[name]["value"] == pytest.approx(overall(slow, name), abs=1e-9), name


@settings(max_examples=60, deadline=None)
@given(true_actions, predicted_actions, st.randoms(use_true_random=False))
def test_the_order_of_actions_changes_nothing(actions, found, random):
    shuffled, mixed = list(actions), list(found)
    random.shuffle(shuffled)
    random.shuffle(mixed)
    row, pairs = one_row(actions, found)
    other, others = one_row(shuffled, mixed)
    assert all_fields(row) == all_fields(other)
    texts = [(p.predicted_text, p.truth_text, p.similarity, p.weight) for p in pairs]
    assert sorted(map(repr, texts)) == sorted(
        repr((p.predicted_text, p.truth_text, p.similarity, p.weight)) for p in others
    )


def all_fields(row):
    return tuple(getattr(row, name) for name in row.__struct_fields__)


@settings(max_examples=60, deadline=None)
@given(true_actions, predicted_actions, st.sampled_from(["no-credit", "exclude"]))
def test_weights_only_take_away(actions, found, missing):
    row, _ = one_row(actions, found, Options(missing_level=missing))
    for name in ("precision", "recall", "f1"):
        weighted, plain = getattr(row, f"weighted_{name}"), getattr(row, name)
        if weighted is not None:
            assert 0 <= weighted <= plain + 1e-12 <= 1 + 1e-9


@settings(max_examples=40, deadline=None)
@given(true_actions.filter(bool))
def test_identical_texts_and_levels_give_one(actions):
    found = [PredictedAction(one.text, one.apl, one.proactive) for one in actions]
    row, _ = one_row(actions, found)
    assert [getattr(row, name) for name in FIGURES] == pytest.approx([1.0] * 7, abs=1e-12)


def test_empty_sides():
    both, _ = one_row((), ())
    assert both.outcome == "both-empty"
    assert both.f1 is None
    assert one_row((), (), Options(both_empty="one"))[0].f1 == 1
    nothing, _ = one_row(TRUTH, ())
    assert (nothing.outcome, nothing.precision, nothing.recall, nothing.f1) == (
        "nothing-proposed",
        0,
        0,
        0,
    )
    unasked, _ = one_row((), PREDICTED)
    assert (unasked.outcome, unasked.f1) == ("unasked", 0)
    assert one_row((), PREDICTED, Options(unasked="skip"))[0].f1 is None
    unread, _ = one_row(TRUTH, None, state="unreadable")
    assert (unread.outcome, unread.f1, unread.answer_state) == ("nothing-proposed", 0, "unreadable")


def test_a_missing_level_gives_no_credit_and_is_counted():
    found = [PredictedAction(TRUTH[0].text), PredictedAction(TRUTH[1].text, 2)]
    row, _ = one_row(TRUTH, found)
    assert (row.without_level, row.matched_without_level) == (1, 1)
    assert (row.f1, row.weighted_f1, row.scale) == (1, 0.5, 1)
    left_out, _ = one_row(TRUTH, found, Options(missing_level="exclude"))
    assert left_out.weighted_f1 == 1


def test_without_any_level_the_weighted_figures_are_not_measured():
    found = [PredictedAction(one.text) for one in TRUTH]
    result = score([prediction("c", found)], [clip("c")], ExactEmbedder(), bootstrap=50)
    table = result.summary["bases"]["all"]["video"]["mean"]
    assert table["f1"]["value"] == 1
    assert table["weighted_f1"] == {"value": None, "low": None, "high": None, "n": 0}
    assert table["scale"]["value"] is None
    assert result.summary["sweep"]["0.50"]["weighted_f1"]["value"] is None
    assert "no prediction states a level" in result.summary["note"]


def test_other_wordings_count_unless_asked_not_to():
    action = Action("Aaaa", 1, True, phrasings=("bbbb",))
    found = [PredictedAction("bbbb", 1, True)]
    assert one_row([action], found)[0].f1 == 1
    assert one_row([action], found, Options(phrasings="first"))[0].f1 == 0


def test_bases_and_states():
    clips = [clip("a"), clip("b"), clip("c")]
    same = [PredictedAction(one.text, one.apl, one.proactive) for one in TRUTH]
    answers = [
        prediction("a", same),
        prediction("b", None, "refused"),
        prediction("c", None, "unreadable"),
    ]
    summary = score(answers, clips, ExactEmbedder(), bootstrap=0).summary
    assert summary["bases"]["all"]["headline"]["f1"]["value"] == pytest.approx(1 / 3)
    assert summary["bases"]["answered"]["headline"]["f1"]["value"] == 1
    assert (summary["states"]["refused"], summary["states"]["unreadable"]) == (1, 1)


def test_means_of_classes_and_pooled():
    same = [PredictedAction(one.text, one.apl, one.proactive) for one in TRUTH]
    clips = [clip("a"), clip("b"), clip("c", scenario="home")]
    answers = [prediction("a", same), prediction("b", same[:1]), prediction("c", ())]
    tables = score(answers, clips, ExactEmbedder(), bootstrap=0).summary["bases"]["all"]
    by_class = tables["video"]["by_scenario"]
    assert by_class["navigation"]["f1"]["value"] == pytest.approx((1 + 2 / 3) / 2)
    assert by_class["home"]["f1"]["value"] == 0
    assert tables["video"]["mean"]["f1"]["value"] == pytest.approx((1 + 2 / 3) / 4)
    assert tables["video"]["pooled"]["f1"]["value"] == pytest.approx((1 + 2 / 3) / 3)
    # Three hits of three predictions and six (four in navigation) true actions.
    assert tables["pooled"]["by_scenario"]["navigation"]["recall"]["value"] == 0.75
    assert tables["pooled"]["pooled"]["f1"]["value"] == pytest.approx(2 * 3 / 9)
    half = [PredictedAction(one.text, 2, True) for one in TRUTH]
    answers[0] = prediction("a", half)
    other = score(answers, clips, ExactEmbedder(), bootstrap=0).summary["bases"]["all"]["pooled"]
    # Weights: |2 - 4| and |2 - 2| in the first clip, none in the second's only match.
    assert other["pooled"]["weighted_f1"]["value"] == pytest.approx(2 * (0.5 + 1 + 1) / 9)
    assert other["pooled"]["scale"]["value"] == pytest.approx(2.5 / 3)
    mean = tables["video"]["mean"]
    p, r = mean["precision"]["value"], mean["recall"]["value"]
    assert mean["f1_harmonic"]["value"] == pytest.approx(2 * p * r / (p + r))


def test_every_option_changes_or_names_the_headline():
    clips, answers = random_run(5)
    base = score(answers, clips, ExactEmbedder(), bootstrap=0, sweep=())
    seen = base.summary["bases"]["all"]["headline"]
    for change in (
        {"averaging": "pooled"},
        {"overall_f1": "harmonic"},
        {"headline": "weighted"},
        {"scale_without_match": "skip"},
        {"both_empty": "one"},
        {"unasked": "skip"},
        {"threshold": 0.9},
    ):
        options = replace(Options(), **change)
        found = score(answers, clips, ExactEmbedder(), options, bootstrap=0, sweep=()).summary
        assert found["options"] == {**Options().to_dict(), **change}
        assert found["bases"]["all"]["headline"] != seen, change


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"averaging": "pooled"},
        {"overall_f1": "harmonic"},
        {"averaging": "pooled", "overall_f1": "harmonic"},
    ],
)
def test_every_table_has_the_same_overall_figures(change):
    clips, answers = random_run(5)
    options = replace(Options(), **change)
    found = score(answers, clips, ExactEmbedder(), options, bootstrap=50, sweep=(0.5, 0.6)).summary
    head, line = found.bases["all"].headline, class_table(found).line("all")
    for figure in ("precision", "recall", "f1"):
        assert line[class_key("overall", figure)] == head[figure]
        assert found.sweep["0.50"][figure] == head[figure]
    latex = table_files(found)["by_scenario.tex"]
    assert latex.splitlines()[-2].endswith(f"& {head['f1'].percent} \\\\")
    assert way_words(found.options) in latex
    ranked = rank(
        {"m": answers}, clips, [ExactEmbedder()], thresholds=(0.5,), options=options, bootstrap=50
    )
    assert ranked["settings"][0]["f1"]["m"]["value"] == head["f1"].value
    everything = split_f1(
        {one.clip_id: msgspec.structs.replace(one, meta={"motion_only": True}) for one in clips},
        score(answers, clips, ExactEmbedder(), options, bootstrap=0).clips,
        options,
        bootstrap=0,
    )
    assert everything["motion"]["value"] == pytest.approx(head["f1"].value)


def test_a_bound_of_clips_counts_those_that_the_figure_is_about():
    """Five clips call for three actions each, nine for nothing: 15 of 15 found are five trials."""
    actions = [Action(text, 4, True) for text in ("aaa", "bbb", "ccc")]
    found = [PredictedAction(one.text, 4, True) for one in actions]
    clips = [clip(f"b{k}", actions) for k in range(5)] + [clip(f"i{k}", ()) for k in range(9)]
    answers = [prediction(one.clip_id, found if one.actions else ()) for one in clips]
    summary = score(answers, clips, ExactEmbedder(), bootstrap=100).summary
    low = pytest.approx(0.025 ** (1 / 5), abs=1e-6)
    pooled = summary["bases"]["all"]["pooled"]["pooled"]["recall"]
    assert (pooled["low"], pooled["high"], pooled["n"]) == (low, 1, 15)
    assert summary["proactive"]["pooled"]["recall"]["low"] == low
    assert summary["priority"]["recall_of_urgent"]["low"] == low
    assert summary["priority"]["exact"]["low"] == low


def test_over_acting():
    clips = [clip("a", ()), clip("b", ()), clip("c")]
    answers = [prediction("a"), prediction("b", ()), prediction("c", ())]
    found = score(answers, clips, ExactEmbedder(), bootstrap=0).summary["over_acting"]
    assert found["acted_on_idle"]["value"] == 0.5
    assert found["actions_per_idle_clip"]["value"] == 1.5
    assert found["nothing_on_busy"]["value"] == 1


def test_equal_seeds_give_equal_intervals():
    clips, answers = random_run(6)
    first = score(answers, clips, ExactEmbedder(), seed=4, bootstrap=200).summary.data
    again = score(reversed(answers), clips, ExactEmbedder(), seed=4, bootstrap=200).summary.data
    assert first == again
    headline = first["bases"]["all"]["headline"]["f1"]
    assert headline["low"] < headline["value"] < headline["high"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([prediction("a"), prediction("a")], "several predictions: a"),
        ([prediction("a"), prediction("x")], "not in the set: x"),
        ([prediction("a")], "1 of 2 clips have no prediction: b"),
        ([], "2 of 2 clips have no prediction"),
        ([prediction("a"), prediction("b", model="n")], "2 models"),
    ],
)
def test_predictions_that_do_not_fit(answers, message):
    with pytest.raises(DataError, match=message):
        score(answers, [clip("a"), clip("b")], ExactEmbedder())


def test_a_partial_run_says_so():
    summary = score(
        [prediction("a")], [clip("a"), clip("b")], ExactEmbedder(), allow_missing=True, bootstrap=0
    ).summary
    assert summary["partial"]
    assert summary["states"]["missing"] == 1
    assert "1 of 2 clips" in summary["note"]


@pytest.mark.parametrize(
    "values",
    [
        {"threshold": 0},
        {"threshold": 1.5},
        {"threshold": float("nan")},
        {"threshold": True},
        {"assignment": "greedy"},
        {"tau": 0.5},
    ],
)
def test_options_that_are_refused(values):
    with pytest.raises(OptionError):
        Options.of(values)
