"""Differences of runs under one resampling of the scenes."""

import numpy as np
import pytest

from handeye.errors import DataError
from handeye.stats.intervals import Samples, difference, estimates
from handeye.stats.paired_bootstrap import p_value, paired_rates
from tests.support.simulated import Scenes

MADE = Scenes((30, 20))
GROUPS = {"count": MADE.group == 0, "act": MADE.group == 1, "all": np.ones(MADE.n, bool)}


def rates(outcomes, resamples=300, **more):
    return paired_rates(outcomes, MADE.cluster, MADE.stratum, GROUPS, resamples=resamples, **more)


@pytest.fixture
def outcomes():
    rng = np.random.default_rng(1)
    return MADE.draw(rng, np.array([0.8, 0.5]), 0.3, 0.3, 2)


def test_rates_are_macro_averages_over_strata(outcomes):
    found = rates(outcomes)
    for run in (0, 1):
        for name, mask in GROUPS.items():
            parts = [outcomes[mask & (MADE.stratum == s), run].mean() for s in (0, 1)]
            assert found.rates(run)[name].values[0] == pytest.approx(np.mean(parts))
            assert found.rates(run, [1])[name].values[0] == pytest.approx(parts[1])
            assert found.pooled(run)[name].values[0] == pytest.approx(outcomes[mask, run].mean())
    assert found.rates(0)["count"].n == int(GROUPS["count"].sum())


def test_both_runs_see_the_same_scenes(outcomes):
    same = rates(np.stack([outcomes[:, 0], outcomes[:, 0]], axis=1))
    assert (same.difference("all").values == 0).all()
    apart = estimates(rates(outcomes).difference("all"))
    alone = [estimates(rates(outcomes).rates(run)["all"]) for run in (0, 1)]
    # Unpaired, the variances would add up.
    widths = [one["high"] - one["low"] for one in alone]
    assert apart["high"] - apart["low"] < np.hypot(*widths)
    assert apart["low"] < apart["value"] < apart["high"]


def test_any_function_of_rates_is_compared(outcomes):
    def gap(of):
        return difference(of["count"], of["act"])

    found = rates(outcomes)
    by_hand = [found.rates(run) for run in (0, 1)]
    expected = gap(by_hand[0]).values - gap(by_hand[1]).values
    assert np.allclose(found.difference(gap).values, expected)
    assert np.allclose(found.difference(gap, 1, 0).values, -expected)


def test_equal_seeds_give_equal_resamples(outcomes):
    one, two, three = (rates(outcomes, seed=s).difference("all").values for s in (4, 4, 5))
    assert (one == two).all()
    assert (one != three).any()


def test_a_group_that_a_stratum_lacks_is_averaged_over_the_others(outcomes):
    groups = {"rare": MADE.stratum == 1}
    found = paired_rates(outcomes, MADE.cluster, MADE.stratum, groups, resamples=10).rates(0)
    assert found["rare"].values[0] == pytest.approx(outcomes[MADE.stratum == 1, 0].mean())


def test_p_value_counts_resamples_beyond_zero():
    assert p_value(Samples(np.array([0.5, *[1.0] * 99]), 9)) == pytest.approx(2 / 100)
    assert p_value(Samples(np.array([0.5, -1.0, *[1.0] * 98]), 9)) == pytest.approx(4 / 100)
    assert p_value(Samples(np.zeros(100), 9)) == 1
    assert p_value(Samples(np.array([0.5]), 9)) is None
    assert p_value(Samples(np.array([np.nan, 1.0]), 0)) is None


@pytest.mark.parametrize("sign", [1, -1])
def test_p_value_goes_with_the_interval(outcomes, sign):
    for shift in np.linspace(-0.4, 0.4, 41):
        found = rates(outcomes, 999).difference("all")
        moved = Samples(sign * (found.values + shift), found.n)
        ends = estimates(moved)
        outside = ends["low"] > 0 or ends["high"] < 0
        assert (
            outside == ((p_value(moved) or 1) < 0.05)
            or min(abs(ends["low"]), abs(ends["high"])) < 0.005
        )  # at the very edge the two round differently


def test_refuses_what_it_cannot_pair(outcomes):
    broken = outcomes.copy()
    broken[3, 1] = np.nan
    with pytest.raises(DataError, match="an outcome is missing"):
        rates(broken)
    with pytest.raises(DataError, match="two strata"):
        paired_rates(outcomes, MADE.cluster % 30, MADE.stratum, GROUPS)
    with pytest.raises(DataError, match="differ in length"):
        paired_rates(outcomes[1:], MADE.cluster, MADE.stratum, GROUPS)
