"""Areas under curves and thresholds, held to plain counting over pairs and over drawn clusters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.stats.bootstrap import resample_weights
from handeye.stats.intervals import estimates
from handeye.stats.roc import Scored, best_threshold, told_rightly

Items = list[tuple[float, bool, int]]
ITEMS = st.lists(
    st.tuples(st.integers(-3, 3).map(float), st.booleans(), st.integers(0, 5)), min_size=2
)


def scored(items: Items, resamples: int = 0, clusters: int = 6) -> Scored:
    score, positive, cluster = (np.array(column) for column in zip(*items, strict=True))
    return Scored(score, positive.astype(bool), cluster, clusters, resamples, 3, "all")


def area(items: Items, weights: np.ndarray) -> float:
    """Share of the pairs, each as often as its clusters were drawn."""
    right = pairs = 0.0
    for high, positive, one in items:
        for low, other, two in items:
            if positive and not other:
                weight = weights[one] * weights[two]
                right += weight * ((high > low) + (high == low) / 2)
                pairs += weight
    return right / pairs if pairs else np.nan


@settings(max_examples=60, deadline=None)
@given(ITEMS)
def test_the_area_is_the_share_of_pairs_in_every_resample(items: Items) -> None:
    found = scored(items, 5).area()
    if not scored(items).both:
        assert np.isnan(found.values).all()
        return
    stream = int.from_bytes(b"all", "big")
    drawn = np.concatenate([np.ones((1, 6)), *resample_weights(6, 5, 3, stream)])
    wanted = [area(items, weights) for weights in drawn]
    assert found.values == pytest.approx(wanted, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(ITEMS)
def test_the_area_of_a_decision_is_its_balanced_accuracy(items: Items) -> None:
    one = scored([(float(score > 0), positive, cluster) for score, positive, cluster in items])
    if not one.both:
        return
    called = one.score > 0
    balanced = (called[one.positive].mean() + (~called[~one.positive]).mean()) / 2
    assert one.area().values[0] == pytest.approx(balanced)


@settings(max_examples=60, deadline=None)
@given(ITEMS)
def test_a_share_is_read_off_the_curve_at_its_own_thresholds(items: Items) -> None:
    one = scored(items)
    if not one.both:
        return
    # The lowest of the thresholds that let so many of the others pass.
    best: dict[float, float] = {}
    for limit in [-np.inf, *np.unique(one.score)]:
        above = one.score > limit
        false = float(above[~one.positive].mean())
        best[false] = max(best.get(false, 0.0), float(above[one.positive].mean()))
    for false, share in best.items():
        assert one.found_at(np.array([false])).values[0] == pytest.approx(share)
    shares = [float(one.found_at(np.array([x])).values[0]) for x in np.linspace(0, 1, 9)]
    assert shares == sorted(shares)


@settings(max_examples=60, deadline=None)
@given(ITEMS)
def test_no_threshold_is_better_than_the_best(items: Items) -> None:
    one = scored(items)
    if not one.both:
        return

    def balanced(limit: float) -> float:
        above = one.score > limit
        return float(above[one.positive].mean() + (~above[~one.positive]).mean()) / 2

    every = [-np.inf, *np.unique(one.score)]
    assert balanced(best_threshold(one.score, one.positive)) == pytest.approx(
        max(map(balanced, every))
    )


def test_what_is_apart_is_told_rightly_and_what_says_nothing_is_at_chance() -> None:
    cluster = np.repeat(np.arange(40), 4)
    positive = np.tile([True, True, False, False], 40)
    apart = np.where(positive, 2.0, -1.0) + np.tile([0.0, 0.5, 0.0, 0.5], 40)
    assert told_rightly(apart, positive, cluster).all()
    # The same in both classes of every cluster: exactly half is right, whatever the threshold.
    told = told_rightly(np.repeat(np.sin(np.arange(40.0)), 4), positive, cluster)
    assert told.reshape(40, 4).sum(axis=1).tolist() == [2] * 40
    assert not told_rightly(apart, np.ones(160, bool), cluster).any()


def test_a_perfect_area_has_an_interval_and_no_items_none() -> None:
    items = [(float(k % 2), k % 2 == 1, k // 2 % 6) for k in range(12)]
    found = estimates({"area": scored(items, 50).area()})["area"]
    assert found["value"] == found["high"] == 1
    assert 0.4 < found["low"] < 0.6, "none of 6 clusters did otherwise"
    assert scored([(0.0, True, 0)], 5).area().n == 0


@pytest.mark.parametrize("of", [7, 49, 107, 161])
def test_no_area_is_above_one_by_a_rounded_sum(of: int) -> None:
    items = [(float(k), k >= of // 3, k % 6) for k in range(of)]
    assert np.nanmax(scored(items, 200).area().values) <= 1
