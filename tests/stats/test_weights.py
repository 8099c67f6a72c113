"""Weights in log odds: invariances by hypothesis, bounds of separated answers, planted truths."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from handeye.errors import DataError
from handeye.stats.weights import FAR, LAPSES, LinearWeights, Weights, crossing

CELLS = np.array([[0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5]])
LEAD = np.array([1.0, -1.0])


def answers(rng, visual, cue, spread=0.0, lapses=0.0, groups=60):
    things, cluster = np.tile(CELLS, (groups, 1)), np.repeat(np.arange(groups), 4)
    odds = things @ [visual, cue] + (spread * rng.standard_normal(groups))[cluster]
    first = rng.random(len(odds)) < 1 / (1 + np.exp(-odds))
    by_lot = rng.random(len(odds)) < lapses
    first[by_lot] = rng.random(by_lot.sum()) < 0.5
    return things, first * 1.0, cluster


def exactly(rule, groups=40):
    things, cluster = np.tile(CELLS, (groups, 1)), np.repeat(np.arange(groups), 4)
    return Weights(things, np.array([rule(*row) for row in things]) * 1.0, cluster)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3, 4), st.floats(-2, 3), st.floats(0, 2))
def test_what_is_called_first_and_the_order_of_rows_are_of_no_account(seed, visual, cue, spread):
    rng = np.random.default_rng(seed)
    things, first, cluster = answers(rng, visual, cue, spread, groups=30)
    one = Weights(things, first, cluster)
    order = rng.permutation(len(first))
    moved = Weights(things[order], first[order], 1000 - 7 * cluster[order])
    turned = Weights(-things, 1 - first, cluster)
    for k in (0, 1):
        assert one.estimate(k) == pytest.approx(moved.estimate(k), abs=0.02)
        assert one.estimate(k) == pytest.approx(turned.estimate(k), abs=0.02)
    swapped = Weights(things[:, ::-1], first, cluster)
    assert one.estimate(LEAD) == pytest.approx(-swapped.estimate(LEAD), abs=0.03)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3, 4), st.floats(-2, 3))
def test_the_interval_holds_the_figure_and_what_it_refutes_lies_outside(seed, visual, cue):
    fit = Weights(*answers(np.random.default_rng(seed), visual, cue, 1.0, 0.02, 30))
    for contrast in (0, 1, LEAD):
        found = fit.weight(contrast)
        assert found.low <= found.value <= found.high
        assert (found.n, found.clusters) == (120, 30)
        assert not fit.refutes(contrast, found.value)
        if math.isfinite(found.low):
            assert fit.refutes(contrast, found.low - 0.1)
            assert not fit.refutes(contrast, found.low + 0.1)


def test_the_likelihood_is_that_of_a_normal_group_effect_and_lapses():
    # One group by adaptive quadrature, at parameters far from where anything is at its best.
    rng = np.random.default_rng(4)
    things, first, cluster = answers(rng, 2.0, 1.0, 2.0, groups=12)
    fit = Weights(things, first, cluster)
    for intercept, visual, cue, spread, lapses in ((0.3, 2, -1, 0.0, 0.02), (-1, 4, 2, 6.0, 0.08)):
        at = np.array([intercept, visual, cue, spread, lapses])

        def density(z, own, at=at):
            odds = at[0] + things[own] @ at[1:3] + at[3] * z
            p = at[4] / 2 + (1 - at[4]) / (1 + np.exp(-odds))
            return norm.pdf(z) * np.prod(np.where(first[own] == 1, p, 1 - p))

        total = sum(
            math.log(quad(density, -8, 8, (cluster == g,), limit=400, epsabs=1e-13)[0])
            for g in range(12)
        )
        total += (LAPSES - 1) * math.log1p(-lapses) - (spread / 3) ** 2 / 2
        assert fit._look(at).value == pytest.approx(total, abs=2e-3)


def test_the_derivatives_are_those_of_the_likelihood():
    fit = Weights(*answers(np.random.default_rng(1), 2.0, 1.0, 1.0, 0.05, 30))
    at = np.array([0.2, 1.5, 0.7, 0.9, 0.04])
    for jeffreys in (False, True):
        here = fit._look(at, jeffreys=jeffreys)
        for k in range(5):
            step = np.zeros(5)
            step[k] = 1e-5
            up, down = (fit._look(at + sign * step, jeffreys=jeffreys) for sign in (1, -1))
            assert here.gradient[k] == pytest.approx(
                (up.value - down.value) / 2e-5, rel=1e-4, abs=1e-4
            )
            curve = -(up.gradient - down.gradient) / 2e-5
            assert here.information[:, k] == pytest.approx(curve, rel=1e-3, abs=2e-2)


def test_who_never_errs_weighs_at_least_so_much():
    oracle = exactly(lambda visual, cue: visual > 0)
    visual, cue, lead = (oracle.weight(one) for one in (0, 1, LEAD))
    assert visual.high == math.inf
    assert visual.low > 4
    assert lead.low > 3
    assert lead.high == math.inf
    # Nothing but the picture decides: what a cue would do cannot be told.
    assert (cue.low, cue.high) == (-math.inf, math.inf)
    assert cue.value == pytest.approx(0, abs=1e-3)
    more = exactly(lambda visual, cue: visual > 0, groups=160).weight(0)
    assert more.low > visual.low


@pytest.mark.parametrize("sign", [1, -1])
def test_who_follows_or_contradicts_the_cue(sign):
    fit = exactly(lambda visual, cue: sign * cue > 0)
    found = fit.weight(1)
    if sign > 0:
        assert found.low > 4
        assert found.high == math.inf
    else:
        assert found.high < -4
        assert found.low == -math.inf
    assert fit.refutes(LEAD)
    assert (fit.estimate(LEAD) < 0) == (sign > 0)


def test_a_constant_answer_weighs_nothing():
    # The same answer to all of a group, half the groups each: all is what groups share.
    things, cluster = np.tile(CELLS, (40, 1)), np.repeat(np.arange(40), 4)
    fit = Weights(things, (cluster % 2) * 1.0, cluster)
    for contrast in (0, 1, LEAD):
        found = fit.weight(contrast)
        assert found.value == pytest.approx(0, abs=1e-3)
        assert -5 < found.low < 0 < found.high < 5
    assert fit.spread > 3


@pytest.mark.parametrize(
    ("visual", "cue", "spread", "lapses"),
    [(3, 1, 0, 0), (3, 1, 2, 0), (3, 1, 1, 0.05), (60, 0, 0, 0.05), (3, -2, 0, 0)],
)
def test_planted_weights_are_held(visual, cue, spread, lapses):
    # 60 sets: at .95 fewer than 52 come once in 200 times; benchmarks/stress_weights.py has 500.
    rng = np.random.default_rng(int(visual + 10 * spread))
    held = np.zeros(3)
    for _ in range(60):
        fit = Weights(*answers(rng, visual, cue, spread, lapses))
        for k, (contrast, truth) in enumerate([(0, visual), (1, cue), (LEAD, visual - cue)]):
            held[k] += not fit.refutes(contrast, float(np.clip(truth, -FAR, FAR)))
    assert held.min() >= 52


def test_few_groups_and_what_does_not_vary_have_a_reason():
    rng = np.random.default_rng(0)
    few = Weights(*answers(rng, 3, 1, groups=9))
    assert few.weight(0).reason == "few"
    assert few.weight(0).value is None
    assert not few.refutes(0)
    things, first, cluster = answers(rng, 3, 1)
    flat = Weights(np.column_stack([things[:, 0], np.full(len(first), 0.5)]), first, cluster)
    assert flat.weight(0).reason == "constant"
    assert Weights(np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64)).weight(0).reason == "none"
    with pytest.raises(DataError, match="0 or 1"):
        Weights(things, first + 1, cluster)
    with pytest.raises(DataError, match="length"):
        Weights(things, first[:-1], cluster)


# ---- from log odds


def test_linear_weights_are_held_whatever_groups_share():
    rng = np.random.default_rng(8)
    held = np.zeros(2)
    for _ in range(200):
        things, cluster = np.tile(CELLS, (60, 1)), np.repeat(np.arange(60), 4)
        shared = 3 * rng.standard_exponential(60)[cluster]
        own = things[:, 0] * rng.standard_normal(60)[cluster]
        odds = things @ [3.0, 1.0] + shared + own + rng.standard_normal(240)
        fit = LinearWeights(things, odds, cluster)
        held += [not fit.refutes(0, 3.0), not fit.refutes(1, 1.0)]
    assert held.min() >= 179


def test_a_side_is_weighed_between_groups():
    rng = np.random.default_rng(2)
    side = np.repeat(rng.choice([-0.5, 0.5], 80), 4)
    things, cluster = np.tile(CELLS, (80, 1)), np.repeat(np.arange(80), 4)
    odds = things @ [3.0, 1.0] + 2 * side + 0.1 * rng.standard_normal(320)
    fit = LinearWeights(np.column_stack([things, side]), odds, cluster)
    assert [fit.estimate(k) for k in range(3)] == pytest.approx([3, 1, 2], abs=0.1)
    assert LinearWeights(things[:8], odds[:8], cluster[:8]).weight(0).reason == "few"


# ---- where two weigh the same


def leveled(slope, groups=200, seed=0):
    rng = np.random.default_rng(seed)
    level = np.repeat(1 + np.arange(groups) % 4, 4)
    things, cluster = np.tile(CELLS, (groups, 1)), np.repeat(np.arange(groups), 4)
    visual, cue = things.T
    odds = visual * (4 + slope * (level - 1)) + 1.5 * cue
    first = rng.random(len(odds)) < 1 / (1 + np.exp(-odds))
    return Weights(np.column_stack([visual, visual * (level - 2.5), cue]), first * 1.0, cluster)


def test_the_level_at_which_picture_and_cue_weigh_the_same():
    contrast, slope = np.array([1.0, -2.5, -1.0]), np.array([0.0, 1.0, 0.0])
    found = crossing(leveled(-1.2), contrast, slope, (1, 4))  # 4 - 1.2 (x - 1) = 1.5
    assert found.value == pytest.approx(3.08, abs=0.6)
    assert found.low < 3.08 < (found.high or 4.1)
    above = crossing(leveled(0.5), contrast, slope, (1, 4))
    assert (above.value, above.side) == (None, 1)
    below = crossing(leveled(-0.2), np.array([-1.0, 2.5, -1.0]), slope, (1, 4))
    assert (below.value, below.side) == (None, -1)
