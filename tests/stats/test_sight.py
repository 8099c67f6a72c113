"""Scenes exchanged: p-values hold their level, and what is planted is found."""

from __future__ import annotations

import numpy as np
import pytest

from handeye.stats.sight import (
    Constants,
    Dependence,
    Fits,
    advantage,
    advantage_power,
    dependence_power,
    permutations,
)


def dependence(answers, truths, strata=2):
    n = len(answers)
    names = [f"s{k % strata}" for k in range(n)]
    return Dependence(names, ["q"] * n, [f"c{k}" for k in range(n)], answers, truths)


def test_permutations_are_permutations_and_the_same_everywhere() -> None:
    drawn = permutations(7, 50, 3, "x")
    assert (np.sort(drawn, axis=1) == np.arange(7)).all()
    assert permutations(5, 2, 0, "name").tolist() == [[0, 3, 4, 2, 1], [0, 3, 1, 2, 4]]


def test_p_values_hold_their_level_where_nothing_is_seen() -> None:
    draw = np.random.default_rng(0)
    found = [
        dependence(draw.normal(size=(30, 2)), draw.normal(size=(30, 3))).p_value(seed, 99)
        for seed in range(300)
    ]
    # 5 % of 300 are 15; fewer than 28 in all but one of a thousand times.
    assert sum(p <= 0.05 for p in found) < 28
    assert 0.42 < np.mean(found) < 0.58


@pytest.mark.parametrize("traits", [3, 80], ids=["few traits", "more traits than scenes"])
def test_what_is_wrong_in_a_constant_way_was_seen(traits: int) -> None:
    draw = np.random.default_rng(1)
    truth = draw.normal(size=(60, traits))
    turned = -np.roll(truth, 1, axis=1) + 5
    blind = dependence(draw.normal(size=(60, traits)), truth)
    assert dependence(turned, truth).p_value(0) == 1 / 2000
    assert blind.p_value(0) > 0.01
    assert dependence_power([blind], 2 / 3, 0, 0.01) >= 0.9
    assert dependence_power([blind], 0.0, 0, 0.01) <= 0.2


def told(seed: int, n: int = 60):
    """Questions that tell a half of the truth about their scenes, asked of those that fit.

    A question fits where it is no further than 1 from what the scene holds: it was made so.
    """
    draw = np.random.default_rng(seed)
    held = draw.normal(size=n)
    question = held + draw.uniform(-1, 1, n)
    fits = np.abs(question[:, None] - held[None, :]) <= 1
    # What is true of scene t under question s.
    elsewhere = (question[:, None] + held[None, :])[:, :, None]
    return draw, question, fits, elsewhere


def hangs(answers, fits, elsewhere, seed):
    n = len(answers)
    truths = elsewhere[np.arange(n), np.arange(n)]
    return Dependence(
        ["s"] * n, ["q"] * n, [f"c{k}" for k in range(n)], answers[:, None], truths,
        {"s": Fits(fits + 0.0, seed, "s")}, {"s": elsewhere},
    )  # fmt: skip


def test_what_the_question_tells_is_not_sight() -> None:
    """Answers made of the question go with the truth; the test holds its level all the same."""
    found, naive = [], []
    for seed in range(120):
        draw, question, fits, elsewhere = told(seed)
        answers = np.round(question**3 + 0.3 * draw.normal(size=len(question)), 1)
        found.append(hangs(answers, fits, elsewhere, seed).p_value(seed, 199))
        if seed < 20:
            truths = elsewhere[np.arange(60), np.arange(60)]
            naive.append(dependence(answers[:, None], truths).p_value(seed, 199))
    assert max(naive) <= 0.01
    # 5 % of 120 are 6; 14 and more in one of a thousand times.
    assert sum(p <= 0.05 for p in found) < 14
    assert 0.4 < np.mean(found) < 0.6


def test_whoever_looks_is_seen_beside_what_the_question_tells() -> None:
    for seed in range(5):
        draw, question, fits, elsewhere = told(seed, 100)
        held = elsewhere[np.arange(100), np.arange(100), 0] - question
        looks = np.where(draw.random(100) < 0.7, held, question)
        assert hangs(looks, fits, elsewhere, seed).p_value(seed) <= 0.01


def test_every_scene_fits_where_an_order_puts_it() -> None:
    fits = np.eye(6, dtype=bool)
    fits[:3, :3] = True
    fits[3, 4] = fits[4, 3] = True
    fits[5, 0] = True  # but 5 can go nowhere else
    orders = Fits(fits + 0.0, 1, "x").orders
    assert (np.sort(orders, axis=1) == np.arange(6)).all()
    assert fits[np.arange(6), orders].all()
    seen = {tuple(order) for order in orders.tolist()}
    assert len(seen) == 12
    # Uniform: 1,999 / 12 is 167, five standard deviations away are 104 and 229.
    counts = [sum(tuple(order) == one for order in orders.tolist()) for one in seen]
    assert 104 < min(counts) <= max(counts) < 229


def test_orders_are_as_likely_as_the_questions_in_them() -> None:
    chances = np.array([[3.0, 1.0], [1.0, 2.0]])
    kept = (Fits(chances, 5, "y").orders[:, 0] == 0).mean()
    # 3 x 2 against 1 x 1; a standard error of .016.
    assert kept == pytest.approx(6 / 7, abs=0.06)


def test_an_advantage_is_over_scenes_that_fit() -> None:
    scores = np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]])
    fits = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    found = advantage({"s": scores}, {"s": fits + 0.0}, 0, {"s": Fits(fits + 0.0, 0, "s")})
    # The third fits nowhere else, and of the others each is as right on the other's scene.
    assert (found.own, found.other, found.n, found.p_value) == (1.0, 1.0, 2, 1.0)


def test_the_power_to_see_an_advantage_is_that_of_the_scenes() -> None:
    draw = np.random.default_rng(3)
    items = {"s": np.full((40, 40), 5.0)}
    true = {"s": draw.binomial(5, 0.1, (40, 40)) + 0.0}
    np.fill_diagonal(true["s"], 5)
    blind = {"s": draw.binomial(5, 0.1, (40, 40)) + 0.0}
    assert advantage_power(blind, true, items, 1 / 3, 0, 0.01) == 1
    assert advantage_power(blind, true, items, 0.0, 0, 0.01) <= 0.2
    few = {name: table[:6, :6] for name, table in blind.items()}
    own = {name: table[:6, :6] for name, table in true.items()}
    assert advantage_power(few, own, {"s": items["s"][:6, :6]}, 1 / 6, 0, 0.01) < 0.9


def test_an_advantage_by_hand() -> None:
    scores = {"s": np.array([[1.0, 0, 1], [0, 1, 0], [0, 0, 1]])}
    found = advantage(scores, {"s": np.ones((3, 3))}, 0)
    assert found.own == 1
    assert found.other == pytest.approx(1 / 6)
    assert found.low < found.value < found.high
    # All answers right on their own scenes: one order of six is as good.
    assert 0.1 < found.p_value < 0.25


def test_the_best_constant_leaves_its_scene_out_and_near_ones_count() -> None:
    # Three scenes say a, three say b, one says c.
    truth = list("aaabbbc")
    scores = np.array([[float(t == answer) for t in truth] for answer in "abc"])
    holders = [frozenset(str(k) for k, t in enumerate(truth) if t == a) for a in "abc"]
    one = Constants(scores, [str(k) for k in range(7)], holders, True)
    # Without an a, two and three are hardly apart: 1 and exp(-3 / 5); c is 2 behind.
    near, far = np.exp(-3 / 5), np.exp(-12 / 4)
    assert one.chosen("0") == pytest.approx({1: 1 / (1 + near + far), 0: near / (1 + near + far),
                                             2: far / (1 + near + far)})  # fmt: skip
    assert one.chosen("6") == {0: 0.5, 1: 0.5}
    # Where one is far ahead, nothing else counts.
    ahead = Constants(np.repeat(scores, [1, 20, 1, 1, 1, 1, 1], axis=1)[:2], [""] * 26,
                      [frozenset()] * 2, False)  # fmt: skip
    assert list(ahead.chosen("")) == [0]
