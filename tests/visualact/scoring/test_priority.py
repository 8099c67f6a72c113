"""Levels: confusion, rank correlation against SciPy, recall by level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import spearmanr

from handeye.visualact.records import Action, PredictedAction
from handeye.visualact.scoring.priority import rank_correlation
from handeye.visualact.scoring.score import score
from tests.support.visualact.data import clip, prediction
from tests.support.visualact.vectors import ExactEmbedder


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40))
def test_rank_correlation_is_scipys(pairs):
    table = np.zeros((5, 5, 1))
    for truth, predicted in pairs:
        table[truth, predicted, 0] += 1
    found = rank_correlation(table)[0]
    truth, predicted = zip(*pairs, strict=True)
    if len(set(truth)) == 1 or len(set(predicted)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(truth, predicted).statistic, abs=1e-12)


def test_confusion_and_recall_by_level():
    actions = [
        Action("aaa", 4, True),
        Action("bbb", 4, True),
        Action("ccc", 1, False),
        Action("ddd", 0, False),
    ]
    found = [PredictedAction("aaa", 2), PredictedAction("ccc", 1), PredictedAction("ddd")]
    clips = [clip(f"c{i}", actions) for i in range(5)]
    answers = [prediction(one.clip_id, found) for one in clips]
    table = score(answers, clips, ExactEmbedder(), bootstrap=100).summary["priority"]
    confusion = table["confusion"]
    assert confusion["4"] == {"0": 0, "1": 0, "2": 5, "3": 0, "4": 0, "unstated": 0, "missed": 5}
    assert confusion["0"]["unstated"] == 5
    assert table["recall_by_level"]["4"]["value"] == 0.5
    assert table["recall_by_level"]["1"]["value"] == 1
    assert table["recall_by_level"]["2"]["value"] is None
    assert table["recall_of_urgent"] == table["recall_by_level"]["4"]
    assert table["exact"]["value"] == 0.5
    assert table["mean_error"]["value"] == -1
    assert table["rank_correlation"]["value"] == 1
    # A video is as urgent as its most urgent action.
    assert table["f1_by_video_level"]["4"]["n"] == 5


def test_proactive_figures():
    actions = [Action("aaa", 4, True), Action("bbb", 4, True), Action("ccc", 1, False)]
    found = [
        PredictedAction("aaa", 4, True),
        PredictedAction("ccc", 1, True),
        PredictedAction("zzz", 1, False),
        PredictedAction("yyy", 1, None),
    ]
    clips = [clip("a", actions), clip("b", actions, "home")]
    answers = [prediction(one.clip_id, found) for one in clips]
    table = score(answers, clips, ExactEmbedder(), bootstrap=0).summary["proactive"]["mean"]
    assert table["recall"]["value"] == 0.5
    assert table["recall_reactive"]["value"] == 1
    assert table["share_of_predictions"]["value"] == pytest.approx(2 / 3)
    assert table["share_of_truth"]["value"] == pytest.approx(2 / 3)
    assert table["type_agreement"]["value"] == 0.5
