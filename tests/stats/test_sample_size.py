"""Sample sizes against closed forms, and against simulated studies of that size."""

import doctest
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from handeye.errors import DataError, OptionError
from handeye.stats.intervals import estimates
from handeye.stats.paired_bootstrap import paired_rates
from handeye.stats.sample_size import (
    Spread,
    discordance_spread,
    figure_spread,
    scenes_for_difference,
    scenes_for_precision,
    share_spread,
    smallest_difference,
    spread,
)
from tests.support.simulated import Scenes, tolerance


def test_textbook_cases():
    # 1.96**2 * .25 / .03**2 = 1067.07
    assert scenes_for_precision(0.03, share_spread(0.5)) == 1068
    # (1.959964 + 0.841621)**2 * .2 / .05**2 = 627.9
    assert scenes_for_difference(0.05, Spread(0.2)) == 628
    assert smallest_difference(628, Spread(0.2)) == pytest.approx(0.05, rel=1e-3)


def test_more_items_a_scene_help_less_than_scenes():
    one, five = share_spread(0.5), share_spread(0.5, 5, 0.4)
    assert five.design_effect == pytest.approx(2.6)
    assert one.variance / 5 < five.variance < one.variance
    assert share_spread(0.5, 5, 1.0).variance == one.variance
    assert discordance_spread(0.2, 0.1).variance == pytest.approx(0.19)


def test_spread_of_a_pilot_is_that_of_the_data():
    made = Scenes((400,), (0, 0, 0, 0))
    outcomes = made.draw(np.random.default_rng(2), 0.4, scene=0.5)[:, 0]
    found = spread(outcomes, made.cluster)
    means = outcomes.reshape(-1, 4).mean(axis=1)
    assert found.variance == pytest.approx(means.var(ddof=1), rel=1e-9)
    assert found.n_scenes == 400
    assert 1.5 < found.design_effect < 4
    single = spread(outcomes[::4], made.cluster[::4])
    assert single.design_effect == pytest.approx(1.0)


def test_macro_average_weighs_strata_alike():
    rng = np.random.default_rng(3)
    made = Scenes((90, 10), (0,))
    outcomes = made.draw(rng, 0.5)[:, 0]
    found = spread(outcomes, made.cluster, made.stratum)
    parts = [outcomes[made.stratum == s].var(ddof=1) for s in (0, 1)]
    # Variance of the mean of two means, times 100 scenes.
    assert found.variance == pytest.approx(100 * (parts[0] / 90 + parts[1] / 10) / 4)


@given(st.floats(0.01, 1), st.floats(0.005, 0.5), st.floats(0.5, 0.99), st.floats(0.5, 0.999))
def test_smallest_difference_is_the_inverse(variance, difference, power, level):
    pilot = Spread(variance)
    n = scenes_for_difference(difference, pilot, power=power, level=level)
    if n > 2:
        assert smallest_difference(n, pilot, power=power, level=level) <= difference * (1 + 1e-9)
        assert smallest_difference(n - 1, pilot, power=power, level=level) > difference


def test_the_wanted_precision_is_reached():
    rng = np.random.default_rng(4)
    pilot = Scenes((60, 60), (0, 0))
    known = spread(pilot.draw(rng, 0.7)[:, 0], pilot.cluster, pilot.stratum)
    n = scenes_for_precision(0.05, known)
    made = Scenes((n // 2, n - n // 2), (0, 0))
    outcomes = np.concatenate([made.draw(rng, 0.7) for _ in range(200)], axis=1)
    masks = {"all": np.ones(made.n, bool)}
    found = paired_rates(outcomes, made.cluster, made.stratum, masks, resamples=500)
    ends = [estimates(found.rates(k)["all"]) for k in range(200)]
    halves = np.array([e["high"] - e["low"] for e in ends]) / 2
    # The pilot of 120 scenes knows the spread to some 10 %, so the width to some 5 %.
    assert np.median(halves) == pytest.approx(0.05, rel=0.2)


@pytest.mark.parametrize("per_scene", [1, 3])
def test_the_wanted_power_is_reached(per_scene):
    rng = np.random.default_rng(5)
    rates = np.array([0.75, 0.67])
    pilot = Scenes((1000, 1000), (0,) * per_scene)
    trial = pilot.draw(rng, rates, 0.2, 0.4, 2)
    known = spread(trial[:, 0] - trial[:, 1], pilot.cluster, pilot.stratum)
    n = scenes_for_difference(0.08, known, power=0.8)
    made = Scenes((n // 2, n - n // 2), (0,) * per_scene)
    sims = 300
    outcomes = [made.draw(rng, rates, 0.2, 0.4, 2) for _ in range(sims)]
    masks = {"all": np.ones(made.n, bool)}
    found = paired_rates(
        np.concatenate(outcomes, axis=1), made.cluster, made.stratum, masks, resamples=500
    )
    ends = [estimates(found.difference("all", 2 * k, 2 * k + 1)) for k in range(sims)]
    seen = np.mean([e["low"] > 0 for e in ends])
    # The pilot knows the spread to some 3 %, that is the power to some 1.5 points.
    assert abs(seen - 0.8) <= tolerance(0.8, sims) + 0.02


@pytest.mark.parametrize(
    "call",
    [
        lambda: scenes_for_precision(0, Spread(0.2)),
        lambda: scenes_for_precision(0.1, Spread(0.2), level=1.0),
        lambda: scenes_for_difference(0.0, Spread(0.2)),
        lambda: scenes_for_difference(0.1, Spread(0.2), power=1.0),
        lambda: smallest_difference(50, Spread(0.2), power=0.3),
        lambda: smallest_difference(0, Spread(0.2)),
        lambda: share_spread(1.2),
        lambda: share_spread(0.5, 0),
        lambda: share_spread(0.5, 2, -0.1),
        lambda: discordance_spread(0.1, 0.2),
    ],
)
def test_out_of_range_is_named(call):
    with pytest.raises(OptionError, match=r"must (be|lie) .*got"):
        call()


def test_a_pilot_needs_scenes():
    with pytest.raises(DataError, match="stratum 1 has 1 scene"):
        spread(np.ones(3), np.arange(3), np.array([0, 0, 1]))
    with pytest.raises(DataError, match="no items"):
        spread(np.ones(0), np.arange(0))


def test_the_examples_in_the_docs_are_true():
    page = Path(__file__).parents[2] / "docs" / "statistics.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted >= 5
    assert found.failed == 0


def test_an_outcome_that_two_items_hold_is_one():
    right = np.repeat(np.arange(20) % 3 == 0, 2).astype(float)
    sums = np.stack([np.ones(40), right], axis=1)
    pair, stratum = np.repeat(np.arange(20), 2), np.zeros(40, np.int64)

    def share(totals, clusters):
        return totals[..., 1].sum(axis=0) / totals[..., 0].sum(axis=0)

    assert figure_spread(share, sums, pair, stratum).design_effect > 1.9
    assert figure_spread(share, sums, pair, stratum, pair).design_effect == pytest.approx(1)
