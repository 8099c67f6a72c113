"""A judge beside the matcher; rankings under other embedders, thresholds and assignments."""

from __future__ import annotations

import numpy as np
import pytest

from handeye.errors import DataError, OptionError
from handeye.visualact.comparing.sensitivity import rank
from handeye.visualact.judge.matcher import agreement, score_judged
from handeye.visualact.records import Action, PredictedAction
from handeye.visualact.scoring.cases import make_cases
from handeye.visualact.scoring.matching import from_decisions
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.score import score
from tests.support.visualact.data import TABLE, clip, prediction, random_run
from tests.support.visualact.vectors import ExactEmbedder, TableEmbedder


def example(names="ab"):
    clips = [clip(name) for name in names]
    answers = [prediction(name) for name in names]
    return clips, make_cases(answers, clips, TableEmbedder(TABLE), Options())


def test_a_judge_is_scored_under_its_own_name():
    clips, cases = example()
    # The judge holds the third prediction, not the first, for the braking.
    decisions = {"a": [(2, 0)], "b": [(0, 0), (1, 1)]}
    result = score_judged(cases, clips, decisions, "some/judge", bootstrap=50)
    assert result.summary["matcher"] == "judge:some/judge"
    assert [row.n_matched for row in result.clips] == [1, 2]
    assert result.clips[0].scale == 0.0
    assert result.pairs[0].similarity == 0.55
    found = result.summary["judge"]["agreement"]
    assert [found[name] for name in ("both", "judge_only", "embedding_only", "neither")] == [
        2,
        1,
        2,
        7,
    ]
    assert found["agreement"]["value"] == 9 / 12
    chance = (3 / 12) * (4 / 12) + (9 / 12) * (8 / 12)
    assert found["kappa"]["value"] == pytest.approx((9 / 12 - chance) / (1 - chance))
    # The embedding matcher's own score stands as it was.
    assert (
        score([prediction("a")], clips[:1], TableEmbedder(TABLE)).summary["matcher"] == "embedding"
    )


def test_a_judge_that_agrees_gives_the_same_scores():
    clips, answers = random_run(11)
    cases = make_cases(answers, clips, ExactEmbedder(), Options())
    plain = score(answers, clips, ExactEmbedder(), bootstrap=0, sweep=())
    decisions = {one.clip_id: [] for one in clips}
    for pair in plain.pairs:
        if pair.matched:
            decisions[pair.clip_id].append((pair.predicted, pair.truth))
    judged = score_judged(cases, clips, decisions, "twin", bootstrap=0)
    assert judged.clips == plain.clips
    found = agreement(cases, decisions, Options(), bootstrap=0)
    assert (found["judge_only"], found["embedding_only"]) == (0, 0)
    assert found["kappa"]["value"] == 1


def test_several_counterparts_become_one():
    pairs = from_decisions([(0, 0), (0, 1), (1, 0)], (2, 2))
    assert {(pair.predicted, pair.truth) for pair in pairs} == {(0, 1), (1, 0)}
    assert from_decisions([], (3, 2)) == []


def test_what_a_judge_must_not_do():
    clips, cases = example()
    with pytest.raises(DataError, match="did not decide on 1 clips: b"):
        score_judged(cases, clips, {"a": []}, "j")
    with pytest.raises(DataError, match="predicted action 3 with true action 0"):
        score_judged(cases, clips, {"a": [(3, 0)], "b": []}, "j")
    with pytest.raises(OptionError, match="must have a name"):
        score_judged(cases, clips, {"a": [], "b": []}, " ")


class Blurred(ExactEmbedder):
    """Everything is a little like everything else."""

    name = "test:blurred"
    digest = "blurred"

    def encode(self, texts):
        rows = super().encode(texts) + 0.4
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def two_models(clips_each=30):
    """One model hits one of two actions exactly; the other comes near to both."""
    table = {
        "first": (1, 0),
        "second": (0, 1),
        "near first": (0.6, 0),
        "near second": (0, 0.6),
    }
    actions = (Action("first", 3, True), Action("second", 1, False))
    clips = [clip(f"{s}{i}", actions, s) for s in ("navigation", "home") for i in range(clips_each)]
    exact = [prediction(c.clip_id, [PredictedAction("first", 3, True)]) for c in clips]
    near = [
        prediction(c.clip_id, [PredictedAction("near first", 3), PredictedAction("near second", 1)])
        for c in clips
    ]
    # Some variation, so that intervals have a width.
    near[0] = prediction(clips[0].clip_id, ())
    exact[1] = prediction(clips[1].clip_id, ())
    return clips, {"exact": exact, "near": near}, TableEmbedder(table)


def test_a_ranking_that_turns_round():
    clips, runs, embedder = two_models()
    found = rank(runs, clips, [embedder], thresholds=(0.5, 0.7), bootstrap=300)
    assert [row["ranking"][0] for row in found["settings"]] == ["near", "near", "exact", "exact"]
    assert found["kendall"]["least"] == -1
    assert found["flips"][0]["beyond_chance"]
    assert "The ranking depends on the matching: 1 of 1 pairs" in found["verdict"]
    assert "test:table, 0.70, assign-then-filter" in found["verdict"]
    assert found["range"]["near"]["least"] == 0
    without = rank(runs, clips, [embedder], thresholds=(0.5, 0.7), bootstrap=0)
    assert "none of them beyond chance" in without["verdict"]


def test_a_ranking_that_holds():
    clips, runs, embedder = two_models()
    found = rank(runs, clips, [embedder], thresholds=(0.3, 0.5), bootstrap=100)
    assert found["flips"] == []
    assert found["kendall"]["least"] == 1
    assert found["verdict"].startswith("The ranking holds: none of 1 pairs")


def test_settings_agree_with_single_scores():
    clips, answers = random_run(12)
    found = rank(
        {"m": answers}, clips, [ExactEmbedder(), Blurred()], thresholds=(0.6,), bootstrap=100
    )
    assert len(found["settings"]) == 4
    for row in found["settings"]:
        embedder = {"test:letters": ExactEmbedder(), "test:blurred": Blurred()}[row["embedder"]]
        options = Options(threshold=0.6, assignment=row["assignment"])
        alone = score(answers, clips, embedder, options, bootstrap=100, sweep=()).summary
        assert row["f1"]["m"] == pytest.approx(alone["bases"]["all"]["video"]["mean"]["f1"])
    assert found["verdict"].startswith("One model")


def test_what_sensitivity_refuses():
    clips, answers = random_run(13, clips=5)
    with pytest.raises(DataError, match="no model"):
        rank({}, clips, [ExactEmbedder()])
    with pytest.raises(OptionError, match="at least one embedder"):
        rank({"m": answers}, clips, [])
    with pytest.raises(OptionError, match="different names"):
        rank({"m": answers}, clips, [ExactEmbedder(), ExactEmbedder()])
