"""The test of one difference between two runs.

Three sources, each where it holds: the paired bootstrap over scenes; beyond its reach, the tail of
a normal distribution with the bootstrap's standard error; and an exact test of signs where the
bootstrap is too sure, that is where few scenes differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.scores.quantity import Quantity
from handeye.stats.intervals import LEVEL, Samples, difference
from handeye.stats.mcnemar import McNemar, mcnemar
from handeye.stats.paired_bootstrap import p_value
from handeye.stats.sample_size import Spread, smallest_difference

# Where fewer scenes differ, the bootstrap's p-value is too small. With k scenes that all speak for
# one run, the chance that a resample draws none of them, exp(-k), is what it reports about, and
# the exact test 2 ** (1 - k).
FEW = 20
# A p-value that rests on fewer resamples than this is read off the normal tail instead.
_FEWEST_RESAMPLES = 10
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Tested:
    """A difference (second run minus first) with its test.

    ``name`` is ``bootstrap`` or ``exact``; ``p_value`` None where nothing was measured. ``signs``
    counts the scenes that speak for either run, ``only_first`` and ``only_second`` the items.
    """

    difference: Samples
    name: str
    p_value: float | None
    signs: McNemar
    only_first: int
    only_second: int
    n_items: int

    @property
    def same(self) -> bool:
        """Whether the runs differ in no scene."""
        return self.signs.only_first == self.signs.only_second == 0

    def smallest(self, scenes: int, asked: int) -> float | None:
        """Smallest true difference that the family's test of so many rows shows with power 0.8."""
        drawn = _drawn(self.difference)
        if self.same or len(drawn) < 2 or not (variance := float(np.var(drawn, ddof=1))):
            return None
        level = 1 - (1 - LEVEL) / max(asked, 1)
        return smallest_difference(scenes, Spread(variance * scenes), level=level)


def tested(
    row: Quantity,
    pair: tuple[int, int],
    samples: tuple[Samples, Samples],
    cluster: NDArray[np.int64],
) -> Tested:
    """Test the difference of one quantity between two runs.

    Where no scene has two of its items (one template) the exact test is McNemar's over items; else
    it is the sign test over scenes, taken where fewer than :data:`FEW` scenes differ. Beside the
    bootstrap it counts only if it is the less sure of the two: the bootstrap is about averages in
    which strata weigh the same, the exact test about items.

    Args:
        row: what is compared.
        pair: numbers of the two runs.
        samples: the figure of either run.
        cluster: (n,) number of each item's scene.
    """
    first, second = pair
    found = difference(samples[1], samples[0])
    inside = row.inside(first, second)
    apart = row.weights * (row.outcomes[:, second] - row.outcomes[:, first])
    change = np.where(inside, apart, 0.0)
    asked = np.bincount(cluster, weights=inside) > 0
    by_scene = np.bincount(cluster, weights=change)[asked]
    signs = mcnemar(by_scene < -_SAME, by_scene > _SAME)
    p = _bootstrap(found)
    name = "bootstrap"
    if p is not None and (row.one_per_scene or signs.only_first + signs.only_second < FEW):
        p, name = max(p, signs.p_value), "exact"
    only_first, only_second = int((change < 0).sum()), int((change > 0).sum())
    return Tested(found, name, p, signs, only_first, only_second, int(inside.sum()))


def _bootstrap(found: Samples) -> float | None:
    """Two-sided p-value of a difference; small ones from the normal tail.

    Resamples cannot tell a p-value below ``2 / (resamples + 1)``, which Holm over many rows would
    turn into no difference at all.
    """
    p = p_value(found)
    if p is None:
        return None
    drawn = _drawn(found)
    least = 2 * _FEWEST_RESAMPLES / (len(drawn) + 1)
    error = float(np.std(drawn, ddof=1)) if len(drawn) > 1 else 0.0
    if p >= least or not error:
        return p
    from scipy.stats import norm

    return min(least, float(2 * norm.sf(abs(float(found.values[0])) / error)))


def _drawn(found: Samples) -> NDArray[np.float64]:
    drawn = found.values[1:]
    return drawn[~np.isnan(drawn)]
