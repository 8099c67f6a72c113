"""Planted states hold what their truth says, and nothing else."""

from __future__ import annotations

from math import log
from statistics import NormalDist

import numpy as np
import pytest

from handeye.states.figures import areas
from handeye.states.planted import PLANTED, Planted, Truth, plant
from handeye.states.premises import premises
from handeye.stats.roc import best_threshold


def rows(made: Planted):
    (found,) = premises(made.states, made.targets, answers=made.answers)
    return found


def test_each_question_is_asked_of_both_clips_and_false_of_one() -> None:
    made = plant("both", 6)
    premise = {one.item_id: one for one in made.targets if one.target == "premise"}
    detail = {one.item_id: one.label for one in made.targets if one.target == "detail"}
    assert len(premise) == len(detail) == 24
    for one in premise.values():
        other, asked = premise[one.siblings["media"]], premise[one.siblings["question"]]
        assert other.label != one.label
        assert other.texts == one.texts
        assert other.roles == one.roles
        assert detail[other.item_id] != detail[one.item_id]
        assert asked.label != one.label
        assert asked.texts != one.texts
        assert detail[asked.item_id] == detail[one.item_id]
        assert one.group == other.group == asked.group


def test_states_of_a_clip_are_the_same_under_its_questions_and_no_others() -> None:
    made = plant("both", 6)
    premise = [one for one in made.targets if one.target == "premise"]
    own, question, clip = (
        made.states.states("block.00", "media", ids)
        for ids in (
            [one.item_id for one in premise],
            [one.siblings["question"] for one in premise],
            [one.siblings["media"] for one in premise],
        )
    )
    assert np.array_equal(own, question)
    assert (own != clip).all(axis=1).all()


def test_letters_are_log_probabilities_and_lie_in_the_last_layer_exactly() -> None:
    made = plant("letters linear in the state", 60, width=32)
    found = rows(made)
    assert np.allclose(np.exp(found.letters).sum(axis=1), 1)
    x = np.column_stack([made.states.states("final", "last", found.ids), np.ones(len(found.ids))])
    weights, *_ = np.linalg.lstsq(x.astype(np.float64), found.letters, rcond=None)
    assert np.abs(x @ weights - found.letters).max() < 1e-4
    # By position they are another matter: every question has an order of its own.
    by_place = made.states.letters(found.ids)
    at = np.array([one.roles for one in made.targets if one.target == "premise"])
    assert np.array_equal(np.take_along_axis(found.letters, at, axis=1), by_place)


@pytest.mark.parametrize("name", ["E and F only", "letters, S blind", "perfect threshold"])
def test_s_tells_what_the_truth_says(name: str) -> None:
    found, ideal = rows(plant(name, 5000, width=16)), PLANTED[name].ideal()
    near = pytest.approx(ideal["s"], abs=0.012)
    cut = best_threshold(found.s, found.false)
    shares = [((found.s > cut) == found.false)[found.false == side].mean() for side in (0, 1)]
    assert np.mean(shares) == near
    # AUROC of a Gaussian score of d' is Phi(d' / sqrt 2).
    strength = 2 * NormalDist().inv_cdf(ideal["s"])
    assert float(areas(found.s, found.false)) == pytest.approx(
        NormalDist().cdf(strength / 2**0.5), abs=0.012
    )
    own = [((found.s > 0) == found.false)[found.false == side].mean() for side in (0, 1)]
    assert np.mean(own) == pytest.approx(ideal["own"], abs=0.012)


def test_the_contrast_is_in_the_rejections_alone() -> None:
    found = rows(plant(Truth(contrast=2.0, route=0.0), 5000, width=16))
    ahead = found.letters[:, 4] - found.letters[:, 5]
    gap = ahead[found.false].mean() - ahead[~found.false].mean()
    assert gap == pytest.approx(2.0, abs=0.06)
    assert float(areas(found.s, found.false)) == pytest.approx(0.5, abs=0.012)


def test_one_seed_makes_one_set_and_senses_do_not_share_families() -> None:
    one, two, other = (
        plant("both", 5, seed=seed, senses=("vision", "audio")) for seed in (1, 1, 2)
    )
    assert one.targets == two.targets
    assert one.answers == two.answers
    first, second, third = (
        m.states.states("final", "last", m.states.ids) for m in (one, two, other)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)
    seen, heard = (
        {row.group for row in one.targets if row.stratum == s} for s in ("vision", "audio")
    )
    assert len(seen) == len(heard) == 5
    assert seen.isdisjoint(heard)
    assert {row.rejection for row in one.targets if row.stratum == "audio"} == {5}


def test_respondents_without_evidence_answer_so() -> None:
    constant, blind, random = (rows(plant(name, 200)) for name in ("constant", "blind", "random"))
    assert np.ptp(constant.letters, axis=0).max() == 0
    both = blind.letters.reshape(-1, 2, 2, 6)  # family, clip, question
    assert np.array_equal(both[:, 0], both[:, 1])
    assert float(areas(random.s, random.false)) == pytest.approx(0.5, abs=0.06)
    assert random.s.mean() == pytest.approx(log(2 / 4), abs=0.1)
