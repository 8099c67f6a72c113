"""How well a score tells two classes of items apart, over the resampled clusters of a summary.

The area under the ROC curve is the share of pairs, one item of either class, in which the positive
one scores higher, ties counting half (Mann and Whitney 1947, Ann. Math. Stat. 18:50). For a
decision, 0 or 1, it is the balanced accuracy, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.stats.bootstrap import resample_weights
from handeye.stats.intervals import Samples

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FOLDS = 10
# Weights of items held at once; with what is made of them some 30 MB.
_CELLS = 2**19


@dataclass(frozen=True, slots=True)
class Scored:
    """Items of two classes with a score, the clusters they are of, and how these are drawn.

    Attributes:
        score: (n,) finite.
        positive: (n,) which items are of the class that should score high.
        cluster: (n,) numbers of clusters, below ``clusters``.
        clusters: how many are drawn, those without an item among them.
        resamples: of the clusters; 0 for measured figures alone.
        seed: of the bootstrap.
        stratum: its name; the draws are those of :class:`handeye.stats.sums.Sums` for the same
            clusters in a stratum of this name, so that figures can be subtracted in each resample.
    """

    score: Floats
    positive: Mask
    cluster: NDArray[np.int64]
    clusters: int
    resamples: int
    seed: int
    stratum: str = ""

    @property
    def both(self) -> bool:
        """Whether there are items of either class."""
        return bool(self.positive.any() and not self.positive.all())

    def area(self) -> Samples:
        """Area under the curve; undefined where there are no items of a class."""

        def of(low: Floats, high: Floats) -> Floats:
            # (b, groups) shares of either class, by score from the lowest.
            below = np.cumsum(low, axis=1) - low
            # Shares that add up to 1 do so to the last digit or two.
            return np.clip((high * (below + low / 2)).sum(axis=1), 0.0, 1.0)

        return self._figure(of)

    def found_at(self, false: Floats) -> Samples:
        """Share of the positive items above the score that so many of the others lie above.

        Between two points of the curve it is read off the line between them; where several
        thresholds let the same share of the others pass, off the lowest one.

        Args:
            false: (1 + resamples,) the share of the others.
        """
        place = 0

        def of(low: Floats, high: Floats) -> Floats:
            nonlocal place
            wanted = false[place : place + len(low)]
            place += len(low)
            # Points of the curve from the highest threshold down, the first one (0, 0).
            x, y = (
                np.pad(np.cumsum(one[:, ::-1], axis=1), ((0, 0), (1, 0))) for one in (low, high)
            )
            rows = np.arange(len(x))
            at = (x <= wanted[:, None] + 1e-9).sum(axis=1) - 1
            after = np.minimum(at + 1, x.shape[1] - 1)
            wide, tall = x[rows, after] - x[rows, at], y[rows, after] - y[rows, at]
            beyond = np.clip(wanted - x[rows, at], 0.0, None)
            part = np.divide(beyond, wide, out=np.zeros(len(x)), where=wide > 0)
            return np.where(np.isnan(wanted), np.nan, np.minimum(y[rows, at] + part * tall, 1.0))

        found = self._figure(of)
        return replace(found, n=int(self.positive.sum()) if self.both else 0)

    def _figure(self, of: Callable[[Floats, Floats], Floats]) -> Samples:
        if not self.both:
            return Samples(np.full(1 + self.resamples, np.nan), 0)
        values = []
        with np.errstate(invalid="ignore", divide="ignore"):
            for low, high in self._weights():
                shares = (one / one.sum(axis=1, keepdims=True) for one in (low, high))
                values.append(of(*shares))
        held = len(np.unique(self.cluster))
        return Samples(np.concatenate(values), len(self.score), held, sizes=(held,))

    def _weights(self) -> Iterator[tuple[Floats, Floats]]:
        """How much of the others and of the positive items has each score, measured first.

        Arrays (b, groups), scores from the lowest.
        """
        order = np.argsort(self.score, kind="stable")
        _, starts = np.unique(self.score[order], return_index=True)
        cluster, positive = self.cluster[order], self.positive[order]
        for weights in self._drawn(max(1, _CELLS // len(order))):
            own = weights[:, cluster].astype(np.float32)
            low, high = (
                np.add.reduceat(own * of, starts, axis=1).astype(np.float64)
                for of in ((~positive).astype(np.float32), positive.astype(np.float32))
            )
            yield low, high

    def _drawn(self, step: int) -> Iterator[NDArray[Any]]:
        """How often each cluster is drawn, in parts of so many resamples; once each at first."""
        yield np.ones((1, self.clusters))
        if self.resamples:
            stream = int.from_bytes(self.stratum.encode(), "big")
            for drawn in resample_weights(self.clusters, self.resamples, self.seed, stream):
                for start in range(0, len(drawn), step):
                    yield drawn[start : start + step]


def told_rightly(score: Floats, positive: Mask, cluster: NDArray[np.int64]) -> Mask:
    """Whether a threshold that was chosen without an item's cluster puts the item on its side.

    Clusters are dealt out to :data:`FOLDS` folds in turn; for each the threshold is the one of
    the highest balanced accuracy on the other folds, the middle one where several are. So a score
    that says nothing is right by chance, and the best threshold is not chosen by what it is
    measured on.

    Args:
        score: (n,) finite.
        positive: (n,) which items should lie above the threshold.
        cluster: (n,) numbers of clusters, in the order in which they are dealt out.

    Returns:
        (n,) whether each item is told rightly; none is where the other folds lack a class.
    """
    out = np.zeros(len(score), bool)
    fold = cluster % FOLDS
    for k in np.unique(fold):
        own, rest = fold == k, fold != k
        if positive[rest].any() and not positive[rest].all():
            limit = best_threshold(score[rest], positive[rest])
            out[own] = (score[own] > limit) == positive[own]
    return out


def best_threshold(score: Floats, positive: Mask) -> float:
    """The score of the highest balanced accuracy; items above it are called positive.

    Halfway between two neighbouring scores, or infinite; the middle one where several are as good.
    Needs items of either class.
    """
    values, place = np.unique(score, return_inverse=True)
    own = np.bincount(place, weights=positive, minlength=len(values)) / positive.sum()
    others = np.bincount(place, weights=~positive, minlength=len(values)) / (~positive).sum()
    # Cut 0 is below all values, cut k above the first k.
    right = np.concatenate([[1.0], 1.0 - np.cumsum(own) + np.cumsum(others)])
    best = np.flatnonzero(right >= right.max() - 1e-12)
    cut = int(best[len(best) // 2])
    if cut == 0:
        return -np.inf
    return float(np.inf if cut == len(values) else (values[cut - 1] + values[cut]) / 2)
