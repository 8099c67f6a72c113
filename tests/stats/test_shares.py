"""Shares of clustered items in closed form."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from handeye.stats.shares import clustered_shares


def shares(passed, cluster, group=None, groups=1):
    group = np.zeros(len(passed), np.int64) if group is None else group
    return clustered_shares(np.asarray(passed, float), np.asarray(cluster), group, groups)


def test_items_alone_give_wilsons_interval():
    passed = np.arange(80) % 4 == 0
    found = shares(passed, np.arange(80))
    # The variance over clusters divides by n - 1, so 79 items are as good as 80.
    assert (found.low[0], found.high[0]) == pytest.approx(
        proportion_confint(79 / 4, 79, method="wilson")
    )


def test_items_that_go_together_count_once():
    once = shares(np.arange(40) % 2, np.arange(40))
    twice = shares(np.repeat(np.arange(40) % 2, 2), np.repeat(np.arange(40), 2))
    assert twice.low == pytest.approx(once.low)
    assert (twice.n[0], twice.n_clusters[0]) == (80, 40)


def test_all_or_none_count_clusters():
    found = shares(
        [1] * 30 + [0] * 30, np.tile(np.repeat(np.arange(10), 3), 2), np.repeat([0, 1], 30), 3
    )
    low, high = proportion_confint(10, 10, method="wilson")
    assert (found.low[0], found.high[0]) == pytest.approx((low, high))
    assert (found.low[1], found.high[1]) == pytest.approx((1 - high, 1 - low))
    assert found.n.tolist() == [30, 30, 0]
    assert np.isnan(found.value[2])
    assert np.isnan(found.low[2])


def test_one_cluster_says_little():
    found = shares([1, 1, 0, 1], [0, 0, 0, 0])
    assert found.high[0] - found.low[0] > 0.7
