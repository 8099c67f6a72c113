"""Column sums by stratum, as measured and over resampled clusters: what every table is made of.

A cluster is what is drawn (a scene, a clip), a stratum what it is drawn within (a subset, a class).
The name of a stratum decides its draws, so two tables over the same clusters can be compared
resample by resample.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from handeye.stats.bootstrap import resample_sums

Floats = NDArray[np.float64]
Column = TypeVar("Column", bound=Hashable)


class Totals(Generic[Column]):
    """Totals by stratum and column; ``clusters`` counts the clusters of each stratum."""

    def __init__(self, resamples: int) -> None:
        """Begin without strata.

        Args:
            resamples: 0 for the measured sums alone.
        """
        self.resamples = resamples
        self.clusters: dict[str, int] = {}
        self._found: dict[str, tuple[Mapping[Column, int], Floats]] = {}
        self._held: dict[str, NDArray[np.uint8]] = {}

    def put(
        self,
        stratum: str,
        columns: Sequence[Column],
        sums: NDArray[np.float32],
        totals: Floats,
        seed: int,
    ) -> None:
        """Resample a stratum and keep its totals.

        A stratum of one cluster cannot vary: its totals are the same in each resample.

        Args:
            stratum: its name, from which its stream of draws follows.
            columns: (k,) what the columns are called.
            sums: (clusters, k), one row a cluster.
            totals: (k,), the measured totals in full precision.
            seed: of the bootstrap.
        """
        self.clusters[stratum] = len(sums)
        places = {column: place for place, column in enumerate(columns)}
        stream = int.from_bytes(stratum.encode(), "big")
        found = np.zeros((1 + self.resamples, 0))
        if places:
            found = resample_sums(sums, totals, self.resamples, seed, stream)
        self._found[stratum] = (places, found)
        self._held[stratum] = np.packbits(sums != 0, axis=0)

    def get(self, stratum: str, column: Column) -> Floats:
        """Totals of one stratum, (1 + resamples,); zeros where the column was not put."""
        places, totals = self._found[stratum]
        place = places.get(column)
        return np.zeros(1 + self.resamples) if place is None else totals[:, place]

    def over(self, strata: Iterable[str], columns: Iterable[Column]) -> Floats:
        """Totals of several strata and columns added up, (1 + resamples,)."""
        chosen = tuple(strata)
        total = np.zeros(1 + self.resamples)
        for column in columns:
            for stratum in chosen:
                total = total + self.get(stratum, column)
        return total

    def touched(self, strata: Iterable[str], columns: Iterable[Column]) -> int:
        """How many clusters hold anything of the columns: what a rate over them is about."""
        chosen, count = tuple(columns), 0
        for stratum in strata:
            places = self._found[stratum][0]
            held = self._held[stratum][:, [places[name] for name in chosen if name in places]]
            whole = np.bitwise_or.reduce(held, axis=1)
            count += int(np.bitwise_count(whole).sum())
        return count

    def columns(self) -> Iterator[Column]:
        """Every column of every stratum, with repetition."""
        return (column for places, _ in self._found.values() for column in places)
