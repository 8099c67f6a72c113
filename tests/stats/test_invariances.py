"""What no statistic may depend on, and what must turn round with the runs.

Every public statistic of handeye.stats has a row here: it takes two runs' outcomes on the same
items (or one of them) and gives (value, low, high). A new statistic is a new row.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.stats.agreement import krippendorff_alpha
from handeye.stats.curves import logistic
from handeye.stats.intervals import difference, estimates
from handeye.stats.logistic import fit_curves
from handeye.stats.mcnemar import mcnemar
from handeye.stats.paired_bootstrap import p_value, paired_rates
from handeye.stats.sample_size import spread
from handeye.stats.shares import clustered_shares
from tests.support.simulated import Scenes

MADE = Scenes((25, 20))


class Items(NamedTuple):
    """Items of two runs, in any order; ``swap`` exchanges the runs."""

    x: np.ndarray
    first: np.ndarray
    second: np.ndarray
    cluster: np.ndarray
    stratum: np.ndarray
    group: np.ndarray

    def swap(self):
        return self._replace(first=self.second, second=self.first)

    def take(self, order):
        return Items(*(column[order] for column in self))


def ends(found):
    return found["value"], found["low"], found["high"]


def bootstrap(items, contrast):
    groups = {"count": items.group == 0, "act": items.group == 1}
    outcomes = np.stack([items.first, items.second], axis=1)
    found = paired_rates(outcomes, items.cluster, items.stratum, groups, resamples=1000)
    return found.difference(contrast)


def gap(rates):
    return difference(rates["count"], rates["act"])


def of_mcnemar(items):
    one = items.take(items.group == 0)
    found = mcnemar(one.first, one.second)
    return found.difference, found.low, found.high


def of_share(items):
    zeros = np.zeros(len(items.first), np.int64)
    found = clustered_shares(items.first, items.cluster, zeros, 1)
    return found.value[0], found.low[0], found.high[0]


def of_spread(items):
    found = spread(items.first - items.second, items.cluster, items.stratum)
    return found.variance, None, None


def of_alpha(items):
    pairs = zip(items.first.tolist(), items.second.tolist(), strict=True)
    units = [{"a": a, "b": b} for a, b in pairs]
    found = krippendorff_alpha(units, clusters=items.cluster.tolist(), resamples=1000)
    return found.value, found.low, found.high


def of_threshold(items):
    return told(fit_curves(items.x, items.first, items.cluster, items.group, items.stratum), 1)


def of_distance(items):
    """Between the two runs: items twice, once for each run."""
    twice = Items(*(np.concatenate([column, column]) for column in items))
    runs = np.repeat([0, 1], len(items.first))
    passed = np.concatenate([items.first, items.second])
    return told(fit_curves(twice.x, passed, twice.cluster, runs, twice.stratum))


def told(curves, threshold=None):
    """A threshold or the distance, where it rests on both strata.

    Which strata have enough passes and failures changes with the number of items, and with it what
    is averaged.
    """
    if curves.strata != (0, 1):
        return None, None, None
    end = curves.distance(0, 1) if threshold is None else curves.threshold(threshold)
    return end.value, end.low, end.high


class Statistic(NamedTuple):
    """A statistic and what it may do.

    ``turns``: what swapping the runs does: -1 changes its sign, 1 nothing, 0 no matter.
    ``ordered``: its resamples number the clusters by appearance, so that a permutation changes the
    draws (never the value). ``small``: relative size of terms that fade with the number of scenes
    or items (n - 1 for n). ``clustered``: knows that items of a scene go together.
    """

    call: Callable
    turns: int
    ordered: bool = False
    small: float = 1e-6
    clustered: bool = True


STATISTICS = {
    "difference": Statistic(lambda items: ends(estimates(bootstrap(items, "act"))), -1),
    "gap": Statistic(lambda items: ends(estimates(bootstrap(items, gap))), -1),
    "mcnemar": Statistic(of_mcnemar, -1, clustered=False),
    "share": Statistic(of_share, 0),
    "spread": Statistic(of_spread, 1, small=0.03),
    "alpha": Statistic(of_alpha, 1, ordered=True, small=0.01),
    "threshold": Statistic(of_threshold, 0, small=0.01),
    "distance": Statistic(of_distance, -1, small=0.01),
}
every = pytest.mark.parametrize("statistic", STATISTICS.values(), ids=STATISTICS)
few = settings(max_examples=15)


@st.composite
def any_items(draw):
    """Items of two runs with a falling chance to pass along x."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.normal(0, 1, MADE.n // 5)[MADE.cluster]
    at = np.array([draw(st.floats(-1, 1)), draw(st.floats(-1, 1))])
    outcomes = MADE.draw(rng, logistic(-1.5 * (x[:, None] - at)), 0.2, 0.3, 2)
    first, second = outcomes.T
    return Items(x, first, second, MADE.cluster, MADE.stratum, MADE.group)


def close(found, wanted, rel=1e-6):
    for one, two in zip(found, wanted, strict=True):
        assert (one is None) == (two is None)
        assert one is None or one == pytest.approx(two, abs=max(2e-6, rel), rel=rel)


@every
@few
@given(items=any_items(), seed=st.integers(0, 99))
def test_order_of_items_does_not_matter(statistic, items, seed):
    shuffled = items.take(np.random.default_rng(seed).permutation(len(items.x)))
    keep = 1 if statistic.ordered else 3
    close(statistic.call(shuffled)[:keep], statistic.call(items)[:keep])


@every
@few
@given(items=any_items())
def test_swapping_the_runs_turns_differences_round(statistic, items):
    value, low, high = statistic.call(items)
    other = statistic.call(items.swap())
    if statistic.turns > 0:
        close(other, (value, low, high))
    elif statistic.turns < 0:
        close(other, [None if end is None else -end for end in (value, high, low)])
    else:  # looks at the first run only
        close(statistic.call(items._replace(second=1 - items.second)), (value, low, high))


@every
@few
@given(items=any_items())
def test_twice_the_scenes_keep_the_value_and_narrow_the_interval(statistic, items):
    more = items.take(np.tile(np.arange(len(items.x)), 2))
    apart = np.repeat([0, items.cluster.max() + 1], len(items.x))
    one, two = statistic.call(items), statistic.call(more._replace(cluster=more.cluster + apart))
    if one[0] is not None and two[0] is not None:
        close(two[:1], one[:1], statistic.small)
    if one[1] is not None and two[1] is not None:
        assert two[2] - two[1] < one[2] - one[1] + 1e-9


@every
@few
@given(items=any_items())
def test_items_repeated_in_their_scene_teach_nothing(statistic, items):
    if not statistic.clustered:
        return
    one, two = statistic.call(items), statistic.call(items.take(np.repeat(np.arange(MADE.n), 2)))
    if None in one or None in two:
        return
    # The correction for few observations moves the ends of a wide interval of a ratio far.
    wide = statistic.small > 1e-6 and one[2] - one[1] > 1.5
    close(two[: 1 if wide else 3], one[: 1 if wide else 3], 3 * statistic.small)


@every
@few
@given(items=any_items())
def test_the_value_lies_in_its_interval(statistic, items):
    value, low, high = statistic.call(items)
    if low is not None and high is not None:
        assert low <= value + 1e-6
        assert value <= high + 1e-6


@few
@given(items=any_items())
def test_a_run_does_not_differ_from_itself(items):
    same = items._replace(second=items.first)
    for contrast in ("count", gap):
        assert p_value(bootstrap(same, contrast)) == 1
    one = same.take(same.group == 0)
    assert mcnemar(one.first, one.second).p_value == 1
    apart = of_distance(same)
    assert apart[0] is None or apart[0] == pytest.approx(0, abs=1e-9)
    assert of_alpha(same)[0] == 1
