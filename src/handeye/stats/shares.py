"""Shares of clustered items with an interval in closed form, many groups at once.

For plots with hundreds of points, and for shares near 0 or 1, where percentiles of a bootstrap are
too short.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from handeye.stats.intervals import LEVEL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shares:
    """Share of each group with its interval: arrays (groups,); NaN where a group has no item."""

    value: Floats
    low: Floats
    high: Floats
    n: Ints
    n_clusters: Ints


def clustered_shares(
    passed: Floats, cluster: Ints, group: Ints, groups: int, level: float = LEVEL
) -> Shares:
    """Wilson's interval at the number of independent items that would vary as much.

    The variance of a share over clusters of unequal size is that of a ratio of sums (Cochran 1977,
    Sampling Techniques, chapter 6); divided into ``p (1 - p)`` it gives an effective number of
    items, at most the real one, which enters Wilson's score interval (Wilson 1927, JASA 22:209;
    for clustered items Franco and others 2019, J. Surv. Stat. Methodol. 7:334). Where all items or
    none pass, clusters count as one item each.

    Args:
        passed: (n,) 0 or 1.
        cluster: (n,) number of each item's cluster.
        group: (n,) number of each item's group, below ``groups``.
        groups: how many groups there are.
        level: of the intervals.
    """
    pairs, place = np.unique(np.stack([group, cluster], axis=1), axis=0, return_inverse=True)
    place = place.reshape(-1)
    of = pairs[:, 0]
    sums = np.bincount(place, weights=passed, minlength=len(pairs))
    sizes = np.bincount(place, minlength=len(pairs)).astype(float)
    n = np.bincount(group, minlength=groups)
    count = np.bincount(of, minlength=groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.bincount(group, weights=passed, minlength=groups) / n
        off = (sums - p[of] * sizes) ** 2
        variance = np.bincount(of, weights=off, minlength=groups) / n**2 * count / (count - 1)
        effective = np.where((p > 0) & (p < 1), np.minimum(p * (1 - p) / variance, n), count)
    effective = np.where(count == 1, 1.0, effective)
    z2 = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (p + z2 / (2 * effective)) / (1 + z2 / effective)
        reach = np.sqrt(z2 * (p * (1 - p) / effective + z2 / (4 * effective**2)))
        reach = reach / (1 + z2 / effective)
    low, high = np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)
    return Shares(p, low, high, n.astype(np.int64), count.astype(np.int64))
