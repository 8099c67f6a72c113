"""Sums over scenes from which every table is made, with their bootstrap resamples.

A *measure* is a number per item (or per pair of items); a *scope* says which items are added up,
for instance ``("all", "T3_CLICK_LOCAL_NUMERIC", "ROW_RANGE")``. The tally holds, for each subset,
the total of each measure in each scope: as measured and in every resample of the subset's scenes.
Because totals add, coarser scopes are sums of finer ones, and the items are read only once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.rose.questions import SUBSETS
from handeye.stats.intervals import Samples, rate, within_strata
from handeye.stats.totals import Totals

Floats = NDArray[np.float64]
Scope = tuple[str, ...]

SCENE = "_scene"


class Ledger:
    """Collects per-scene sums of one subset, column by column."""

    def __init__(self, scenes: int) -> None:
        self.scenes = scenes
        self._places: dict[tuple[Scope, str], int] = {}
        self._columns: list[NDArray[np.float32]] = []
        self._totals: list[float] = []

    def add(self, scope: Scope, frame: pl.DataFrame, measures: Iterable[str]) -> None:
        """Add columns of ``frame`` (nulls count 0) under ``scope``, grouped by its ``_scene``."""
        scene = frame[SCENE].to_numpy()
        for measure in measures:
            found = frame[measure].cast(pl.Float64)
            # Filling is a query of its own, which costs more than all the rest of a small table.
            values = (found.fill_null(0.0) if found.null_count() else found).to_numpy()
            if not values.any():
                continue  # sums of zeros need no resampling
            column = np.bincount(scene, weights=values, minlength=self.scenes)
            self._places[scope, measure] = len(self._columns)
            self._columns.append(np.clip(column, -1e30, 1e30).astype(np.float32))
            self._totals.append(float(values.sum()))

    def table(self) -> tuple[list[tuple[Scope, str]], NDArray[np.float32], Floats]:
        """(scope, measure) of each column, the sums (scenes, k) and their totals (k,).

        The columns are handed over, so that they are never held twice.
        """
        sums = np.empty((self.scenes, len(self._columns)), np.float32)
        for place in reversed(range(len(self._columns))):
            sums[:, place] = self._columns.pop()
        return list(self._places), sums, np.array(self._totals)


class Tally:
    """Totals by subset, scope and measure."""

    def __init__(self, resamples: int) -> None:
        self.resamples = resamples
        self.totals: Totals[tuple[Scope, str]] = Totals(resamples)

    @property
    def scenes(self) -> dict[str, int]:
        """Number of scenes by subset."""
        return self.totals.clusters

    @property
    def subsets(self) -> tuple[str, ...]:
        """Subsets with rows: those of ROSE v0.1 in the paper's order, then others by name."""
        return ordered_subsets(self.scenes)

    def put(self, subset: str, ledger: Ledger, seed: int) -> None:
        """Resample a subset's ledger and keep its totals."""
        self.totals.put(subset, *ledger.table(), seed)

    def get(self, subset: str, scope: Scope, measure: str) -> Floats:
        """Totals of one subset, zeros where nothing was added."""
        return self.totals.get(subset, (scope, measure))

    def scopes(self, head: str) -> set[Scope]:
        """Scopes that begin with ``head`` and hold anything, over all subsets."""
        return {scope for scope, _ in self.totals.columns() if scope[0] == head}

    def over(self, subsets: Iterable[str], scopes: Iterable[Scope]) -> Group:
        """The items of several subsets and scopes."""
        return Group(self, tuple(subsets), tuple(scopes))


@dataclass(frozen=True, slots=True)
class Group:
    """Some subsets and scopes of a tally, added up."""

    tally: Tally
    subsets: tuple[str, ...]
    scopes: tuple[Scope, ...]

    def total(self, measure: str) -> Floats:
        """Totals of a measure: (1 + resamples,)."""
        return self.tally.totals.over(self.subsets, [(scope, measure) for scope in self.scopes])

    def count(self, measure: str = "n") -> int:
        """Measured total of a measure."""
        return int(
            sum(self.tally.get(sub, sc, measure)[0] for sc in self.scopes for sub in self.subsets)
        )

    def share(self, measure: str, base: str = "n") -> Samples:
        """Quotient of two totals that lies within 0..1."""
        names = [(scope, base) for scope in self.scopes]
        scenes = [self.tally.totals.touched([name], names) for name in self.subsets]
        found = rate(self.total(measure), self.total(base), scenes)
        if len(self.subsets) == 1:
            return found
        parts = [Group(self.tally, (name,), self.scopes) for name in self.subsets]
        return within_strata(found, lambda: [part.share(measure, base) for part in parts])

    def average(self, measure: str, base: str = "n") -> Samples:
        """Quotient of two totals of any size."""
        return rate(self.total(measure), self.total(base))


def ordered_subsets(names: Iterable[str]) -> tuple[str, ...]:
    """ROSE v0.1's subsets in the paper's order, then others by name."""
    rank: Mapping[str, Any] = {name: place for place, name in enumerate(SUBSETS)}
    return tuple(sorted(names, key=lambda name: (rank.get(name, len(rank)), name)))
