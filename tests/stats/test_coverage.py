"""Intervals hold the truth as often as they say, tests cry wolf no oftener: by simulation.

Bounds are 3.5 standard errors of the number of data sets around the figure promised in
docs/statistics.md, so that a seed does not decide; ``benchmarks/coverage.py`` does it at length.
"""

import numpy as np
import pytest
from scipy.stats import norm

from handeye.stats.intervals import difference, estimates, mean
from handeye.stats.paired_bootstrap import paired_rates
from tests.support.experiments import (
    gap,
    holm_null,
    macro_rate,
    mcnemar_null,
    paired_difference,
    pooled_share,
    thresholds,
)
from tests.support.simulated import tolerance

SIMS = 400
SMALL = (30, 20, 20, 20, 10)


def near(count, low, high=None):
    """The share lies within chance of the promised range."""
    high = low if high is None else high
    slack = tolerance(np.array([low, high]), count.trials)
    return low - slack[0] <= count.share <= min(high + slack[1], 1.0)


@pytest.fixture
def rng(request):
    # One stream a case, the same on every machine: numpy keeps standard_normal within a version,
    # and the bounds do not depend on the draws.
    return np.random.default_rng(sum(map(ord, request.node.name)))


@pytest.mark.parametrize("sizes", [SMALL, (80, 60, 60, 60, 40)])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5, 0.98])
def test_macro_rate(rng, rate, sizes):
    # 20 scenes a stratum see at most a handful of failures at .02: 92 to 98 % are promised there.
    assert near(macro_rate(rng, SIMS, rate, sizes), 0.92, 0.98)


def bounds(passed, scenes):
    """Interval of a mean over strata: how many of so many scenes pass in each."""
    outcomes = np.concatenate([np.arange(n) < k for k, n in zip(passed, scenes, strict=True)])
    stratum = np.repeat(np.arange(len(scenes)), scenes)
    groups = {"all": np.ones(len(stratum), bool)}
    found = paired_rates(outcomes * 1.0, np.arange(len(stratum)), stratum, groups, resamples=200)
    one = estimates(found.rates(0))["all"]
    return one["low"], one["high"]


def test_bounds_where_no_stratum_varies_but_strata_differ():
    # Exact: 24 of 30, and 4 of 5 (Clopper and Pearson); one stratum alone may be up to .459.
    assert bounds([6, 6, 6, 6, 0], [6] * 5) == pytest.approx((0.6143, 0.9229), abs=1e-4)
    assert bounds([1, 1, 1, 1, 0], [1] * 5) == pytest.approx((0.2836, 0.9950), abs=1e-4)
    # All alike and equally large: as one sample.
    assert bounds([20] * 5, [20] * 5) == pytest.approx((0.025 ** (1 / 100), 1), abs=1e-4)
    # A small stratum can hide more than so many scenes among all: at .025 = p ** 2 alone.
    assert bounds([2, 100], [2, 100])[0] <= 0.5 + 0.5 * 0.025 ** (1 / 2)
    # A large one that fails in a set of small ones: each may be anywhere.
    low, high = bounds([0, 1, 1], [100, 1, 1])
    assert low < 0.2
    assert high > 0.66


@pytest.mark.parametrize("scenes", [1, 6, 20])
@pytest.mark.parametrize(
    "rates",
    [[0.84] * 5, [0.86] * 5, [0.05] * 5, [0.95] * 5, [0.2, 1, 1, 1, 1], [0.3, 1, 1, 1, 1],
     [0.25, 0, 0, 0, 0], [0.75, 1, 1, 1, 1]],
)  # fmt: skip
def test_means_over_strata_of_which_some_do_not_vary(rng, rates, scenes):
    trials, covered, known = 300, 0, {}
    for _ in range(trials):
        passed = tuple(sorted(rng.binomial(scenes, rates).tolist()))
        if passed not in known:
            known[passed] = bounds(passed, [scenes] * 5)
        low, high = known[passed]
        covered += low - 1e-9 <= np.mean(rates) <= high + 1e-9
    assert covered / trials >= 0.93 - tolerance(0.93, trials)


def test_macro_rate_of_correlated_items(rng):
    assert near(macro_rate(rng, SIMS, 0.3, per_scene=5), 0.93, 0.96)


@pytest.mark.parametrize("rate", [0.03, 0.5, 0.97])
def test_closed_form_share(rng, rate):
    assert near(pooled_share(rng, SIMS, rate), 0.92, 0.98)


@pytest.mark.parametrize(
    ("first", "second"),
    [((0.5, 0.3), (0.5, 0.3)), ((0.9, 0.5), (0.8, 0.6)), ((0.98, 0.95), (0.96, 0.95))],
)
@pytest.mark.parametrize("contrast", ["all", gap])
def test_difference_of_two_runs(rng, first, second, contrast):
    covered, small = paired_difference(rng, SIMS, first, second, contrast)
    assert near(covered, 0.93, 0.96)
    if first == second:
        assert near(small, 0.04, 0.07)


@pytest.mark.parametrize("rate", [0.5, 0.95])
def test_mcnemar_keeps_its_level(rng, rate):
    errors, covered = mcnemar_null(rng, 400, rate)
    assert errors.share <= 0.05 + tolerance(0.05, errors.trials)
    assert covered.share >= 0.95 - tolerance(0.95, covered.trials)


def test_holm_keeps_the_level_of_a_family(rng):
    wrong = holm_null(rng, 200, 0.6)
    assert wrong.share <= 0.05 + tolerance(0.05, wrong.trials)


@pytest.mark.parametrize(
    "case",
    [
        {"slope": -2.0},
        {"slope": -0.6},
        {"slope": -1.0, "sizes": (150,)},
        {"slope": -1.0, "sizes": (150,), "at": (1.5, 0.0)},
    ],
    ids=["steep", "shallow", "one stratum", "near the edge"],
)
def test_thresholds(rng, case):
    first, apart, told = thresholds(rng, 150, **case)
    assert near(first, 0.93, 0.97)
    assert near(apart, 0.93, 0.98)
    assert told.share > 0.95  # else the coverage would be that of a chosen few


@pytest.mark.parametrize("scenes", [8, 12, 20, 30])
@pytest.mark.parametrize("rates", [(0.9, 0.5), (0.97, 0.9), (1, 0.5)])
def test_levels_and_gap_of_few_scenes(rng, scenes, rates):
    """Five strata, five questions a scene that are right together; nominal 95 %, at least 90."""
    trials, covered = 150, np.zeros(3)
    counting, action = rates
    stratum = np.arange(scenes) % 5
    groups = {str(k): np.repeat(np.arange(5), scenes) == k for k in range(5)}
    for _ in range(trials):
        easy = 0.7 * rng.standard_normal(scenes)
        skill = [norm.ppf(counting)] * 2 + [norm.ppf(action)] * 3
        passed = [easy + 0.51**0.5 * rng.standard_normal(scenes) < limit for limit in skill]
        outcomes = np.concatenate(passed).astype(float)
        places = [np.tile(of, 5) for of in (np.arange(scenes), stratum)]
        drawn = int(rng.integers(2**30))
        rates_of = paired_rates(outcomes, *places, groups, resamples=200, seed=drawn).rates(0)
        parts = list(rates_of.values())
        level = {"count": mean(parts[:2], shared=True), "act": mean(parts[2:], shared=True)}
        found = estimates({**level, "gap": difference(level["count"], level["act"])})
        truth = counting, action, counting - action
        covered += [e["low"] <= t <= e["high"] for e, t in zip(found.values(), truth, strict=True)]
    assert (covered / trials >= 0.90 - tolerance(np.array([0.9]), trials)).all()
