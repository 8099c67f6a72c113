"""Several runs on the same items: differences of averages under one resampling of the scenes.

Whatever the runs share (an easy scene is easy for all) cancels inside each resample, so that a
difference is known better than either rate. Scenes are drawn within each stratum, as in
:mod:`handeye.stats.bootstrap`; sums per scene are made once and every rate is a quotient of
resampled sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import Samples, difference, mean, rate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Contrast = Callable[[Mapping[str, Samples]], Samples]
"""Makes one quantity of a run from the rates of its groups, e.g. the gap of two averages."""

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class PairedRates:
    """Resampled totals of every group, stratum and run.

    ``totals`` maps group to (strata, 1 + resamples, runs + 1): the number of items, then each
    run's sum of outcomes. ``clusters`` maps group to the clusters of each stratum that hold any.
    """

    runs: int
    clusters: Mapping[str, tuple[int, ...]]
    totals: Mapping[str, Floats]

    def rates(self, run: int, strata: Sequence[int] | None = None) -> dict[str, Samples]:
        """Macro rate of each group for one run: mean over the strata that have items of it.

        Args:
            run: number of the run.
            strata: numbers of the strata to average; None: all.
        """
        return {
            group: mean(
                [
                    rate(of[s, :, 1 + run], of[s, :, 0], self.clusters[group][s])
                    for s in (range(len(of)) if strata is None else strata)
                ]
            )
            for group, of in self.totals.items()
        }

    def pooled(self, run: int) -> dict[str, Samples]:
        """Rate of each group for one run over all items, whatever their stratum."""
        return {
            group: rate(
                of[:, :, 1 + run].sum(axis=0), of[:, :, 0].sum(axis=0), self.clusters[group]
            )
            for group, of in self.totals.items()
        }

    def difference(
        self,
        contrast: Contrast | str,
        first: int = 0,
        second: int = 1,
        strata: Sequence[int] | None = None,
    ) -> Samples:
        """A quantity of one run minus the same of another.

        Args:
            contrast: name of a group, or a function of all macro rates of a run.
            first: number of the run.
            second: number of the run taken off.
            strata: as in :meth:`rates`.

        Raises:
            KeyError: no such group.
        """
        one, two = (self.rates(run, strata) for run in (first, second))
        if isinstance(contrast, str):
            return difference(one[contrast], two[contrast])
        return difference(contrast(one), contrast(two))


def paired_rates(
    outcomes: Floats,
    cluster: Ints,
    stratum: Ints,
    groups: Mapping[str, NDArray[np.bool_]],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> PairedRates:
    """Resample the outcomes of several runs on the same items.

    Args:
        outcomes: (n, runs) or (n,): 0 or 1, or any score; one column per run, rows paired.
        cluster: (n,) number of each item's scene; scenes of different strata have different ones.
        stratum: (n,) number of each item's stratum, 0, 1, ...
        groups: name to mask (n,); groups may overlap.
        resamples: number of resamples.
        seed: the same gives the same resamples.

    Raises:
        DataError: lengths differ, an outcome is not finite, or a cluster lies in two strata.
    """
    table = outcomes.reshape(len(outcomes), -1)
    _check(table, cluster, stratum, groups)
    runs = table.shape[1]
    names, first, place = np.unique(cluster, return_index=True, return_inverse=True)
    columns = [
        np.bincount(place, weights=weights, minlength=len(names))
        for mask in groups.values()
        for weights in _weights(table, mask)
    ]
    sums: Floats = np.zeros((len(names), 0))
    if columns:
        sums = np.stack(columns, axis=1).astype(np.float64)
    home = stratum[first]
    found = paired_totals(sums, home, resamples=resamples, seed=seed)
    width = 1 + runs
    totals = {name: found[:, :, k * width : (k + 1) * width] for k, name in enumerate(groups)}
    clusters = {
        name: clusters_of(home, np.bincount(place, weights=mask, minlength=len(names)) > 0)
        for name, mask in groups.items()
    }
    return PairedRates(runs, clusters, totals)


def paired_totals(
    sums: Floats, stratum: Ints, *, resamples: int = RESAMPLES, seed: int = 0
) -> Floats:
    """Column totals by stratum, as measured and over clusters that are drawn once for all columns.

    Args:
        sums: (clusters, k), one row a cluster: any sums of any runs.
        stratum: (clusters,) number of each cluster's stratum, 0, 1, ...
        resamples: number of resamples.
        seed: the same gives the same resamples.

    Returns:
        (strata, 1 + resamples, k), the measured totals first.
    """
    strata = int(stratum.max(initial=-1)) + 1
    totals = np.zeros((strata, 1 + resamples, sums.shape[1]))
    for s in range(strata):
        own = sums[stratum == s]
        if own.size:
            totals[s] = resample_sums(own.astype(np.float32), own.sum(axis=0), resamples, seed, s)
    return totals


def clusters_of(stratum: Ints, held: NDArray[np.bool_]) -> tuple[int, ...]:
    """How many clusters of each stratum hold any item of a figure: what its interval rests on.

    Args:
        stratum: (clusters,) as in :func:`paired_totals`.
        held: (clusters,) which hold any.
    """
    strata = int(stratum.max(initial=-1)) + 1
    return tuple(np.bincount(stratum[held], minlength=strata).tolist())


def _weights(table: Floats, mask: NDArray[np.bool_]) -> list[Floats]:
    """What the columns of a group add up: the items, then each run's outcomes."""
    inside = mask.astype(np.float64)
    return [inside, *(inside * column for column in table.T)]


def _check(
    table: Floats, cluster: Ints, stratum: Ints, groups: Mapping[str, NDArray[np.bool_]]
) -> None:
    lengths = {len(table), len(cluster), len(stratum), *map(len, groups.values())}
    if len(lengths) > 1:
        raise DataError(f"outcomes, labels and groups differ in length: {sorted(lengths)}")
    if not np.isfinite(table).all():
        raise DataError("an outcome is missing; leave the item out of all runs, or count it as 0")
    seen = np.unique(np.stack([cluster, stratum], axis=1), axis=0)
    if len(seen) > len(np.unique(cluster)):
        raise DataError("a cluster lies in two strata; number scenes across strata")


def p_value(samples: Samples) -> float | None:
    """Two-sided bootstrap p-value of "the quantity is 0".

    Twice the smaller share of resamples on the far side of 0, the measured value counted as one
    more of them: ``min(1, 2 * (1 + min(#{d* <= 0}, #{d* >= 0})) / (B + 1))``. It is below
    ``1 - level`` about where the percentile interval of that level leaves out 0 (a test is an
    interval turned round: Efron and Tibshirani 1993, chapter 15), and never below ``2 / (B + 1)``:
    a family of m tests under Holm needs B well over ``40 m``. With a handful of differing items it
    is too small; :mod:`handeye.stats.mcnemar` is exact there. None without resamples or where
    nothing was measured.
    """
    drawn = samples.values[1:]
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn) or np.isnan(samples.values[0]):
        return None
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    return min(1.0, 2 * (1 + min(below, above)) / (len(drawn) + 1))
