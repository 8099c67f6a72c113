from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from handeye.errors import DataError, OptionError
from handeye.rose.comparing.contamination import contamination, contamination_of_runs
from handeye.rose.comparing.strata import LEVELS
from handeye.rose.scoring.run_folder import Run
from tests.support.rose.score_frames import TEMPLATES, answered, items


def likely(frame: pl.DataFrame) -> np.ndarray:
    """How likely a respondent without memory passes: the more targets and the more alike, less."""
    return (
        0.95
        - 0.08 * frame["gt_count"].to_numpy()
        - 0.3 * (frame["pair_similarity"].to_numpy() - 0.4)
    )


def respond(frame: pl.DataFrame, seed: int, memory: float = 0.0) -> pl.DataFrame:
    """Answers of one model; it remembers a share of the items, which it then passes."""
    rng = np.random.default_rng([21, seed])
    (rows,) = answered(frame, likely(frame), rng, scene=0.2)
    known = pl.Series(rng.random(len(frame)) < memory)
    return rows.with_columns(pl.when(known).then(1).otherwise("pass").alias("pass"))


def truth(frame: pl.DataFrame, memory: float) -> float:
    """What the memory adds to PASS, macro over subsets."""
    gain = pl.Series("gain", memory * (1 - likely(frame)))
    of = frame.with_columns(gain).group_by("rose_subset").agg(pl.col("gain").mean())
    return float(of["gain"].mean())  # type: ignore[arg-type]


def test_planted_memory_lies_in_the_interval_as_often_as_promised() -> None:
    official = items(150, 1, targets=(1, 3))
    fresh = items(600, 2, targets=(1, 3), prefix="F")
    trials, covered, seen = 40, 0, 0
    for seed in range(trials):
        answers = respond(official, seed, memory=0.5), respond(fresh, 1000 + seed)
        found = contamination(*answers, seed=seed, resamples=300)["overall"]["difference"]
        covered += found["low"] <= truth(official, 0.5) <= found["high"]
        seen += found["low"] > 0
    assert covered >= binom.ppf(0.001, trials, 0.93)
    assert seen >= 0.9 * trials


def test_no_memory_and_another_mix_of_difficulty_is_no_difference() -> None:
    """The fresh set is harder: the plain difference is large, the matched one is not there."""
    official = items(150, 3, targets=(0, 3))
    fresh = items(400, 4, targets=(1, 6), prefix="F")
    trials, alarms, unmatched = 40, 0, 0
    for seed in range(trials):
        answers = respond(official, seed), respond(fresh, 1000 + seed)
        whole = contamination(*answers, seed=seed, resamples=300)
        # No fresh scene is without a target: official ones that are have nothing to go with.
        assert whole["left_out"] >= (official["global_target_count"] == 0).sum() / 5
        found = whole["overall"]
        low, high = found["difference"]["low"], found["difference"]["high"]
        alarms += not low <= 0 <= high
        unmatched += found["unmatched"]["low"] > 0
    assert alarms <= binom.ppf(0.999, trials, 0.07)
    assert unmatched == trials


def test_the_same_answers_match_exactly() -> None:
    frame = items(400, 5, targets=(1, 2), sizes=(8, 9))
    rows = respond(frame, 1)
    found = contamination(rows, rows, resamples=200)
    assert found["left_out"] == 0
    assert sum(level["items"] for level in found["matching"]) == len(frame)
    by_hand = rows.group_by("rose_subset").agg(pl.col("pass").mean())["pass"].mean()
    assert found["overall"]["official"]["value"] == pytest.approx(by_hand)
    assert found["overall"]["unmatched"]["value"] == pytest.approx(0)
    for part in ("by_template", "by_subset"):
        assert len(found[part]) == {"by_template": 5, "by_subset": 3}[part]
        for row in found[part].values():
            # Rare strata are matched with coarser ones, so that 0 is only nearly reached.
            assert abs(row["difference"]["value"]) < 0.03
            assert row["p_adjusted"] >= row["p_value"]
    assert found["sentence"].startswith("No sign of memory: difference ")
    assert "would have been seen with a power of 80" in found["sentence"]


def test_standardised_by_hand() -> None:
    """One subset, one template, two strata: the fresh rates are weighted as the official items."""
    frame = items(60, 6, subsets=("ROSE-EmojiStyle",)).filter(
        pl.col("task_template") == TEMPLATES[0]
    )
    same = {"rows": 10, "cols": 10, "global_target_count": 1, "pair_similarity": 0.5}
    frame = frame.with_columns(*(pl.lit(v).alias(k) for k, v in same.items()))
    index = pl.int_range(60)
    # Official: 45 items with one target, 15 with two. Fresh: 20 and 40; passes 15 of 20, 10 of 40.
    official = frame.with_columns(
        pl.when(index < 45).then(1).otherwise(2).alias("gt_count"), (index % 2).alias("pass")
    )
    fresh = frame.with_columns(
        pl.when(index < 20).then(1).otherwise(2).alias("gt_count"),
        pl.when(index < 20).then(index < 15).otherwise(index < 30).cast(pl.Int64).alias("pass"),
    )
    found = contamination(official, fresh, resamples=200)
    assert found["matching"] == [{"matched_by": list(LEVELS[0]), "items": 60, "share": 1.0}]
    overall = found["overall"]
    assert overall["matched"]["value"] == pytest.approx(0.75 * 15 / 20 + 0.25 * 10 / 40)
    assert overall["official"]["value"] == pytest.approx(0.5)
    assert overall["unmatched"]["value"] == pytest.approx(0.5 - 25 / 60)
    assert overall["difference"]["value"] == pytest.approx(0.5 - 0.625)


def test_strata_that_the_fresh_run_lacks_are_matched_more_coarsely() -> None:
    official, fresh = items(60, 7, sizes=(8, 10)), items(200, 8, sizes=(18, 20), prefix="F")
    found = contamination(respond(official, 1), respond(fresh, 2), resamples=100)
    assert all("cells" not in level["matched_by"] for level in found["matching"])
    unknown = [frame.with_columns(pair_similarity=None) for frame in (official, fresh)]
    unknown = [f.with_columns(pl.col("pair_similarity").cast(pl.Float64)) for f in unknown]
    blind = contamination(
        *(
            respond(known, seed).with_columns(pair_similarity=frame["pair_similarity"])
            for seed, (known, frame) in enumerate(zip((official, fresh), unknown, strict=True))
        ),
        resamples=100,
    )
    assert len(blind["similarity_unknown"]) == 3
    assert found["similarity_unknown"] == []


def test_what_the_fresh_run_lacks_altogether_is_counted() -> None:
    official, fresh = items(30, 9), items(60, 10, prefix="F")
    fresh = fresh.filter(pl.col("task_template") != TEMPLATES[4])
    found = contamination(respond(official, 1), respond(fresh, 2), resamples=100)
    assert found["left_out"] >= 30
    assert found["left_out"] + sum(level["items"] for level in found["matching"]) == 150
    assert list(found["by_template"]) == ["G-Cnt", "L-Cnt", "L-Clk", "V-Clk"]
    with pytest.raises(DataError, match="share no template"):
        contamination(
            respond(official, 1),
            respond(fresh, 2).with_columns(rose_subset=pl.lit("other")),
            resamples=100,
        )
    with pytest.raises(DataError, match="fresh run lack pass"):
        contamination(respond(official, 1), fresh, resamples=100)
    with pytest.raises(DataError, match="official run has no score rows"):
        contamination(respond(official, 1)[:0], respond(fresh, 2), resamples=100)


def run(model: str, digest: str) -> Run:
    info = {"model": model, "data": [{"sha256": digest}]}
    named = SimpleNamespace(named=model)
    return SimpleNamespace(path=Path(digest), info=info, summary=named)  # type: ignore[return-value]


def test_runs_of_two_models_or_one_set_are_refused() -> None:
    with pytest.raises(OptionError, match="two runs of one model"):
        contamination_of_runs(run("a", "1"), run("b", "2"))
    with pytest.raises(OptionError, match="same metadata"):
        contamination_of_runs(run("a", "1"), run("a", "1"))
