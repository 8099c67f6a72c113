"""Sums of columns over clusters, measured and resampled: what all tables of a run are made of.

Every figure of a summary is a quotient of two such sums, or a mean of quotients; what belongs to a
cluster (the actions of a clip, the questions of a family) is never taken for independent, because
clusters are what is drawn (:mod:`handeye.stats.bootstrap`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from handeye.stats.intervals import Samples, rate, within_strata
from handeye.stats.totals import Totals

Floats = NDArray[np.float64]


class Sums:
    """Column sums by stratum; resamples draw clusters within each stratum."""

    def __init__(
        self,
        strata: Sequence[str],
        columns: Mapping[str, Floats],
        resamples: int,
        seed: int,
        cluster: NDArray[np.int64] | None = None,
    ) -> None:
        """Resample.

        Args:
            strata: (n,) stratum of each row. The order of clusters decides the draws, so runs to be
                compared must have the same clusters in the same order.
            columns: name to (n,) numbers.
            resamples: 0 for the measured sums alone.
            seed: of the bootstrap.
            cluster: (n,) number of each row's cluster, in the order of the draws; no cluster lies
                in two strata. None: each row is one.
        """
        self.resamples = resamples
        self.strata = tuple(dict.fromkeys(strata))
        self._columns = frozenset(columns)
        self._totals: Totals[str] = Totals(resamples)
        owner = np.array(strata)
        for stratum in self.strata:
            own = owner == stratum
            places = np.arange(own.sum())
            if cluster is not None:
                _, places = np.unique(cluster[own], return_inverse=True)
            n = int(places.max()) + 1
            # Column by column, so that no table of all rows lies in memory beside the columns.
            parts = np.empty((n, len(columns)), np.float32)
            total = np.empty(len(columns))
            for at, column in enumerate(columns.values()):
                rows = np.asarray(column, np.float64)[own]
                parts[:, at] = np.bincount(places, rows, n)
                # One after the other; what sum() gives depends on how many there are.
                total[at] = np.bincount(np.zeros(len(rows), np.int64), rows)[0]
            self._totals.put(stratum, tuple(columns), parts, total, seed)
        self.clusters = self._totals.clusters

    def total(self, column: str, stratum: str | None = None) -> Floats:
        """Sums of a column, (1 + resamples,), of one stratum or of all."""
        if column not in self._columns:
            raise KeyError(column)
        return self._totals.over(self.strata if stratum is None else (stratum,), [column])

    def count(self, column: str, stratum: str | None = None) -> int:
        """A measured sum of whole numbers."""
        return round(float(self.total(column, stratum)[0]))

    def share(self, column: str, base: str, stratum: str | None = None) -> Samples:
        """Quotient of two sums that lies within 0..1."""
        held = [self.touched([base], s) for s in (self.strata if stratum is None else (stratum,))]
        found = rate(self.total(column, stratum), self.total(base, stratum), held)
        if stratum is not None:
            return found
        return within_strata(found, lambda: [self.share(column, base, s) for s in self.strata])

    def touched(self, columns: Sequence[str], stratum: str | None = None) -> int:
        """How many clusters hold anything of the columns: those that a share of them is about."""
        return self._totals.touched(self.strata if stratum is None else (stratum,), columns)

    def average(self, column: str, base: str, stratum: str | None = None) -> Samples:
        """Quotient of two sums of any size."""
        return rate(self.total(column, stratum), self.total(base, stratum))


def harmonic(first: Samples, second: Samples) -> Samples:
    """Harmonic mean of two shares in every resample; 0 where both are 0."""
    total = first.values + second.values
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(total > 0, 2 * first.values * second.values / total, total)
    return Samples(values, min(first.n, second.n))


def undefined(resamples: int) -> Samples:
    """A figure that was not measured."""
    return Samples(np.full(1 + resamples, np.nan), 0)
