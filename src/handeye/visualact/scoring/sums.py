"""Sums over the clips of each class, as measured and over resampled clips.

Every figure of a summary is a quotient of two such sums, or a mean of quotients; the actions of a
clip are never taken for independent, because clips are what is drawn (handeye.stats.bootstrap).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from handeye.stats.intervals import Samples, rate, within_strata
from handeye.stats.totals import Totals

Floats = NDArray[np.float64]


class Sums:
    """Column sums by class (stratum); resamples draw clips within each class."""

    def __init__(
        self, strata: Sequence[str], columns: Mapping[str, Floats], resamples: int, seed: int
    ) -> None:
        """Resample.

        Args:
            strata: (clips,) class of each clip; the order of clips decides the draws, so runs to be
                compared must have the same clips in the same order.
            columns: name to (clips,) numbers.
            resamples: 0 for the measured sums alone.
            seed: of the bootstrap.
        """
        self.resamples = resamples
        self.strata = tuple(dict.fromkeys(strata))
        self._columns = frozenset(columns)
        self._totals: Totals[str] = Totals(resamples)
        owner = np.array(strata)
        table = np.stack([np.asarray(column, np.float64) for column in columns.values()], axis=1)
        for stratum in self.strata:
            part = table[owner == stratum]
            self._totals.put(
                stratum, tuple(columns), part.astype(np.float32), part.sum(axis=0), seed
            )
        self.clips = self._totals.clusters

    def total(self, column: str, stratum: str | None = None) -> Floats:
        """Sums of a column, (1 + resamples,), of one class or of all."""
        if column not in self._columns:
            raise KeyError(column)
        return self._totals.over(self.strata if stratum is None else (stratum,), [column])

    def count(self, column: str, stratum: str | None = None) -> int:
        """A measured sum of whole numbers."""
        return round(float(self.total(column, stratum)[0]))

    def share(self, column: str, base: str, stratum: str | None = None) -> Samples:
        """Quotient of two sums that lies within 0..1."""
        clips = [self.touched([base], s) for s in (self.strata if stratum is None else (stratum,))]
        found = rate(self.total(column, stratum), self.total(base, stratum), clips)
        if stratum is not None:
            return found
        return within_strata(found, lambda: [self.share(column, base, s) for s in self.strata])

    def touched(self, columns: Sequence[str], stratum: str | None = None) -> int:
        """How many clips hold anything of the columns: those that a share over them is about."""
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
