"""Single figures of respondents: by hand, planted, and silent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from handeye.errors import DataError
from handeye.states.measures import (
    knows_says,
    prior_harnessing,
    selective,
    split_beliefs,
    visual_necessity,
    words_followed,
)
from handeye.stats.intervals import estimates


def one_each(n: int) -> Any:
    return np.arange(n)


# ---- selective prediction


def test_risk_against_coverage_by_hand() -> None:
    found = selective(
        np.array([0.9, 0.1, 0.8, 0.5]), np.array([True, False, False, True]), one_each(4)
    )
    # In order: right, wrong, right, wrong. Risks 0, 1/2, 1/3, 1/2.
    assert found.area.values[0] == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert found.half.values[0] == 0.5
    assert found.whole.values[0] == 0.5
    # Right ones first: 0, 0, 1/3, 1/2.
    assert found.best.values[0] == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert dict(found.curve)[0.25] == 0
    assert dict(found.curve)[0.75] == pytest.approx(1 / 3)
    assert dict(found.curve)[1.0] == 0.5


def test_equal_confidences_have_no_order() -> None:
    right = np.array([True, False, True, True, False, True])
    tied = selective(np.array([1.0, 1, 0, 0, 0, 0]), right, one_each(6))
    turned = selective(np.array([1.0, 1, 0, 0, 0, 0])[::-1], right[::-1], one_each(6))
    # Half of the first two is wrong, a quarter of the others.
    risks = [0.5, 1 / 2, 1.25 / 3, 1.5 / 4, 1.75 / 5, 2 / 6]
    assert tied.area.values[0] == pytest.approx(np.mean(risks))
    assert turned.area.values[0] == pytest.approx(np.mean(risks))
    assert tied.half.values[0] == pytest.approx(1.25 / 3)
    same = selective(np.zeros(6), right, one_each(6))
    assert same.area.values[0] == same.whole.values[0] == same.half.values[0]
    assert same.gained.values.tolist() == [0] * 1001


def test_only_the_order_counts() -> None:
    draw = np.random.default_rng(0)
    sure, right = draw.normal(size=200), draw.random(200) < 0.6
    first = selective(sure, right, one_each(200))
    second = selective(np.exp(3 * sure), right, one_each(200))
    assert first.area.values.tolist() == second.area.values.tolist()


def planted(seed: int, strength: float, families: int = 80) -> Any:
    """Families of four; confidence tells of being right by so much."""
    draw = np.random.default_rng([seed, families])
    family = np.repeat(np.arange(families), 4)
    right = draw.normal(size=4 * families) + draw.normal(size=families)[family] > 0
    return strength * right + draw.normal(size=4 * families), right, family


def test_a_confidence_that_tells_gains_and_one_that_does_not_is_silent() -> None:
    assert estimates(selective(*planted(1, 1.0)).gained)["low"] > 0.1
    silent = [estimates(selective(*planted(s, 0.0), resamples=300).gained) for s in range(12)]
    assert sum(one["low"] > 0 for one in silent) <= 2
    area = [selective(*planted(s, 0.0), resamples=1).area.values[0] for s in range(30)]
    whole = [selective(*planted(s, 0.0), resamples=1).whole.values[0] for s in range(30)]
    assert np.mean(area) == pytest.approx(np.mean(whole), abs=0.02)


def test_intervals_hold_the_truth_of_families() -> None:
    truth = selective(*planted(0, 1.0, 20_000), resamples=1)
    held = {"area": 0, "half": 0, "gained": 0}
    for seed in range(40):
        found = selective(*planted(seed, 1.0), resamples=300)
        for name in held:
            one = estimates(getattr(found, name))
            held[name] += one["low"] <= getattr(truth, name).values[0] <= one["high"]
    # At 95 % fewer than 34 of 40 come once in a hundred times.
    assert min(held.values()) >= 34


def test_confidences_are_numbers() -> None:
    with pytest.raises(DataError, match="must be finite numbers"):
        selective(np.array([1.0, np.nan]), np.array([True, True]), one_each(2))


# ---- knowing and saying


def test_the_fourfold_table_by_hand() -> None:
    told = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0]).astype(bool)
    rejected = np.array([1, 0, 0, 1, 0, 0, 0, 1, 0]).astype(bool)
    false = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0]).astype(bool)
    found = knows_says(told, rejected, false, one_each(9))
    four = [one.values[0] for one in (found.both, found.knows, found.says, found.neither)]
    assert four == pytest.approx([0.2, 0.4, 0.2, 0.2])
    # A quarter of the true premises is told; three of five false ones are accepted.
    assert found.by_chance.values[0] == pytest.approx(0.25 * 0.6)
    assert found.unsaid.values[0] == pytest.approx(0.25)
    assert found.n == 5


def reader(seed: int, strength: float) -> Any:
    draw = np.random.default_rng(seed)
    false = np.tile([False, True], 300)
    told = strength * false + draw.normal(size=600) > strength / 2
    return told, false & (draw.random(600) < 0.1), false, np.repeat(np.arange(150), 4)


def test_a_reader_that_knows_is_seen_and_one_that_does_not_is_silent() -> None:
    assert estimates(knows_says(*reader(1, 2.0)).unsaid)["low"] > 0.5
    silent = [estimates(knows_says(*reader(s, 0.0), resamples=300).unsaid) for s in range(20)]
    assert sum(one["low"] > 0 for one in silent) <= 3
    # The bare share would be called knowledge: it is near .45 where nothing is known.
    assert knows_says(*reader(1, 0.0)).knows.values[0] > 0.35


def learnt(seed: int, families: int = 30) -> dict[str, Any]:
    """A reader that learns, fold by fold, from states that hold nothing, and answers likewise."""
    draw = np.random.default_rng(seed)
    group = np.repeat(np.arange(families), 4)
    false, fold = np.tile([0, 1], 2 * families) == 1, group % 5
    states = draw.normal(size=(len(group), 16)) + draw.normal(size=(families, 16))[group]
    lacking = np.zeros((len(group), 5), bool)
    for own in range(5):
        for other in range(5):
            rows = (fold != own) & (fold != other)
            means = [states[rows & (false == side)].mean(axis=0) for side in (True, False)]
            way = means[0] - means[1]
            held = fold == own
            lacking[held, other] = states[held] @ way > np.mean(means, axis=0) @ way
    return {
        "told": lacking[np.arange(len(group)), fold],
        "rejected": draw.random(len(group)) < 0.3,
        "false": false,
        "families": group,
        "folds": (fold, lacking),
    }


def test_a_reader_that_learnt_nothing_is_held_at_the_nominal_rate() -> None:
    missed = {"with folds": 0, "as drawn": 0}
    for seed in range(200):
        told = learnt(seed)
        for name in missed:
            ends = estimates(knows_says(**told, seed=seed, resamples=400).unsaid)
            missed[name] += not ends["low"] <= 0 <= ends["high"]
            told["folds"] = None
    assert 0 < missed["with folds"] <= 14, missed
    assert missed["as drawn"] > missed["with folds"]


def test_both_kinds_of_premises_are_needed() -> None:
    yes = np.ones(4, bool)
    for false in (yes, ~yes):
        with pytest.raises(DataError, match="need questions with a false premise and with a true"):
            knows_says(yes, yes, false, one_each(4))


# ---- words followed


def test_words_followed_by_hand() -> None:
    found = words_followed(
        answers=[0, 0, 1, 2, 1], blind=[0, 0, 1, 1, 3], right=[0, 1, 2, 2, 1], families=one_each(5)
    )
    # The first blind answer is right. Of the other four two are followed.
    assert found.n == 4
    assert found.followed.values[0] == 0.5
    # Answers 0, 1, 2, 1; blind 0, 1, 1, 3: 1/4 1/4 + 2/4 2/4
    assert found.by_chance.values[0] == pytest.approx(1 / 16 + 4 / 16)
    assert found.beyond.values[0] == pytest.approx(0.5 - 5 / 16)


def test_following_is_seen_and_looking_is_not_taken_for_it() -> None:
    def drawn(seed: int, share: float) -> Any:
        draw = np.random.default_rng(seed)
        right, blind = draw.integers(0, 4, (2, 400))
        looked = np.where(draw.random(400) < 0.6, right, draw.integers(0, 4, 400))
        own = np.where(draw.random(400) < share, blind, looked)
        return words_followed(own, blind, right, np.repeat(np.arange(100), 4), resamples=300)

    assert estimates(drawn(1, 0.5).beyond)["low"] > 0.2
    silent = [estimates(drawn(seed, 0.0).beyond) for seed in range(20)]
    assert sum(one["low"] > 0 for one in silent) <= 3


def test_there_must_be_something_to_follow() -> None:
    with pytest.raises(DataError, match="every answer without media is right"):
        words_followed([1], [0], [0], one_each(1))


# ---- measures of others


def test_split_beliefs_by_hand() -> None:
    # S of false premises, of true ones: noticed and accepted, noticed and rejected, the wrong way
    # round and accepted, nothing noticed and accepted.
    found = split_beliefs(
        np.array([-1.0, 2.0, -3.0, -1.0]), np.array([-3.0, -2.0, -2.0, -1.0]), one_each(4)
    )
    assert found.lad.values[0] == pytest.approx((2 + 4 - 1 + 0) / 4)
    assert found.cs.values[0] == pytest.approx((1 - 2 + 3 + 1) / 4)
    shares = (found.noticed, found.pleased, found.split, found.by_chance, found.beyond)
    assert [one.values[0] for one in shares] == pytest.approx([0.5, 0.75, 0.25, 0.25, 0.0])
    assert found.n == 4


def believer(seed: int, strength: float, families: int = 60) -> Any:
    """S of false and of true premises: letters lean to accepting and notice so much."""
    draw = np.random.default_rng([seed, families])
    family = np.repeat(np.arange(families), 4)
    leaning = draw.normal(size=families)[family] - 4
    false, true = (leaning + draw.normal(size=4 * families) for _ in range(2))
    return false + strength, true, family


def test_split_beliefs_are_seen_and_noise_is_not_taken_for_them() -> None:
    assert estimates(split_beliefs(*believer(1, 2.0)).beyond)["low"] > 0.5
    silent = [split_beliefs(*believer(s, 0.0), resamples=300) for s in range(20)]
    assert sum(estimates(one.beyond)["low"] > 0 for one in silent) <= 3
    assert sum(estimates(one.lad)["low"] > 0 for one in silent) <= 3
    # The bare share would be called sycophancy: it is near half where nothing is noticed.
    assert silent[0].split.values[0] > 0.35


def test_who_ignores_the_clip_has_none_of_it() -> None:
    same = believer(1, 0.0)[1]
    found = split_beliefs(same, same + 1e-6, one_each(len(same)))
    assert found.noticed.values[0] == found.by_chance.values[0] == 0
    letters = np.log(np.random.default_rng(0).dirichlet(np.ones(6), 40))
    # What letters add up to is no matter.
    assert 0 <= visual_necessity(letters, letters - 1.0, one_each(40)).values.max() < 1e-9


def test_visual_necessity_by_hand_and_planted() -> None:
    shown, unseen = np.log([[0.5, 0.5], [0.9, 0.1]]), np.log([[0.25, 0.75], [0.9, 0.1]])
    divergence = 0.5 * np.log(2) + 0.5 * np.log(0.5 / 0.75)
    found = visual_necessity(shown, unseen, one_each(2))
    assert found.values[0] == pytest.approx(divergence / 2, rel=1e-6)

    def drawn(seed: int, families: int, resamples: int = 300) -> Any:
        draw = np.random.default_rng([seed, families])
        family = np.repeat(np.arange(families), 4)
        logits = draw.normal(size=(4 * families, 6))
        moved = logits + draw.normal(size=(families, 6))[family]
        return visual_necessity(moved, logits, family, resamples=resamples)

    truth = drawn(0, 20_000, 1).values[0]
    found_in = [estimates(drawn(seed, 60)) for seed in range(40)]
    assert sum(one["low"] <= truth <= one["high"] for one in found_in) >= 34


def test_prior_harnessing_by_hand_and_silent() -> None:
    found = prior_harnessing(np.log([0.6, 0.2]), np.log([0.3, 0.2]), one_each(2))
    assert found.values[0] == pytest.approx(np.log(2) / 2, rel=1e-6)
    draw = np.random.default_rng(3)
    silent = [
        estimates(prior_harnessing(*draw.normal(size=(2, 240)), np.repeat(np.arange(60), 4)))
        for _ in range(20)
    ]
    assert sum(one["low"] > 0 or one["high"] < 0 for one in silent) <= 4


def test_letters_must_be_numbers() -> None:
    nothing, broken = np.zeros(0), np.array([1.0, -np.inf])
    for one in (nothing, broken):
        with pytest.raises(DataError, match="must be finite numbers"):
            split_beliefs(one, one, one_each(len(one)))
    with pytest.raises(DataError, match="must be finite numbers"):
        visual_necessity(broken[None], broken[None], one_each(1))
