"""The test of one difference between two runs.

Three sources, each where it holds: the paired bootstrap over scenes, made less sure for the scenes
that it draws from being few; beyond its reach, the tail of a normal distribution with the
bootstrap's standard error; and an exact test of signs where few scenes differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.scores.quantity import Quantity
from handeye.stats.intervals import DECIMALS, LEVEL, Samples, difference, short
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

    ``name`` says whose the p-value is: ``bootstrap``, ``exact``, or ``none`` where no test holds
    (too many scenes stand alone in their stratum) and it is 1. ``p_value`` is None where nothing
    was measured. ``signs`` counts the scenes that speak for either run, ``only_first`` and
    ``only_second`` the items; ``scenes`` are those compared in each stratum that has some.
    """

    difference: Samples
    name: str
    p_value: float | None
    signs: McNemar
    only_first: int
    only_second: int
    n_items: int
    scenes: tuple[int, ...]

    @property
    def same(self) -> bool:
        """Whether the runs differ in no item."""
        return self.only_first == self.only_second == 0

    def smallest(self, asked: int) -> float | None:
        """Smallest true difference that the family's test of so many rows shows with power 0.8.

        None where the spread cannot be told (most strata have one scene, too few scenes differ for
        the exact test to see anything), and where the test has just not seen more than that.
        """
        drawn, level = _drawn(self.difference), 1 - (1 - LEVEL) / max(asked, 1)
        differing = self.signs.only_first + self.signs.only_second
        blind = 2.0 ** (1 - differing) > 1 - level
        if blind or len(drawn) < 2:
            return None
        variance, total = float(np.var(drawn, ddof=1)) * short(self.scenes), sum(self.scenes)
        if variance <= _SAME**2:
            return None
        found = smallest_difference(total, Spread(variance * total), level=level)
        unseen = self.p_value is not None and self.p_value >= 1 - level
        return None if unseen and found <= abs(float(self.difference.values[0])) else found


def tested(
    row: Quantity,
    pair: tuple[int, int],
    samples: tuple[Samples, Samples],
    cluster: NDArray[np.int64],
    home: NDArray[np.int64],
) -> Tested:
    """Test the difference of one quantity between two runs.

    Where no scene has two of its items (one template) the exact test is McNemar's over items; else
    it is the sign test over scenes, taken where fewer than :data:`FEW` scenes differ. Beside the
    bootstrap it counts only if it is the less sure of the two: the bootstrap is about averages in
    which strata weigh the same, the exact test about items. Where every scene says the same, there
    is no spread for the bootstrap to measure, and the exact test is alone (:func:`_all_alike`). No
    p-value is below the least that signs of so many scenes can have, or a scene that speaks against
    could make it less.

    Args:
        row: what is compared.
        pair: numbers of the two runs.
        samples: the figure of either run.
        cluster: (n,) number of each item's scene.
        home: number of each scene's stratum.
    """
    first, second = pair
    found = difference(samples[1], samples[0])
    inside = row.inside(first, second)
    apart = row.weights * (row.outcomes[:, second] - row.outcomes[:, first])
    change = np.where(inside, apart, 0.0)
    asked = np.bincount(cluster, weights=inside) > 0
    by_scene = np.bincount(cluster, weights=change)[asked]
    signs = mcnemar(by_scene < -_SAME, by_scene > _SAME)
    scenes = tuple(int(count) for count in np.bincount(home[: len(asked)][asked]) if count)
    p, name = _bootstrap(found, scenes), "bootstrap" if short(scenes) else "none"
    differing = signs.only_first + signs.only_second
    if p is not None and _constant(found) and min(signs.only_first, signs.only_second) == 0:
        every = differing == sum(scenes) and not short(scenes)
        p, name = (_all_alike(scenes) if every else signs.p_value), "exact"
    elif p is not None and (row.one_per_scene or differing < FEW):
        p, name = (signs.p_value, "exact") if signs.p_value > p else (p, name)
    elif p is not None:
        p = max(p, 2.0 ** (1 - differing))
    only_first, only_second = int((change < 0).sum()), int((change > 0).sum())
    return Tested(found, name, p, signs, only_first, only_second, int(inside.sum()), scenes)


def _bootstrap(found: Samples, scenes: Sequence[int]) -> float | None:
    """Two-sided p-value of a difference: the less sure of two readings of its resamples.

    One counts the resamples beyond 0, the other measures the difference by their standard error.
    Resamples cannot tell a p-value below ``2 / (resamples + 1)``, which Holm over many rows would
    turn into no difference at all: where too few lie beyond 0, the second alone is taken.

    Both take the scenes for all there are: n scenes drawn again vary by ``(n - 1) / n`` of what
    they should, and their spread is itself uncertain. So the normal deviate is made smaller by the
    root of that factor and read off Student's t with as many degrees of freedom as there are
    scenes less strata (Hesterberg 2015, Am. Stat. 69:371). With 10 scenes .05 becomes .096, with
    100 .054. The standard error is taken at the upper end of what B resamples leave open (one-sided
    95 %: ``1 + 1.645 / sqrt(2 (B - 1))``), so that another seed seldom takes a difference back.
    """
    # What norm.isf and t.sf of scipy.stats come to, without their 0.3 ms a call.
    from scipy.special import ndtri, stdtr

    p = p_value(found)
    if p is None:
        return None
    if not (few := short(scenes)):
        return 1.0
    drawn = _drawn(found)
    deviate = -float(ndtri(p / 2))
    if error := float(np.std(drawn, ddof=1)) if len(drawn) > 1 else 0.0:
        open_still = 1 - float(ndtri(0.05)) / (2 * (len(drawn) - 1)) ** 0.5
        by_error = abs(float(found.values[0])) / (error * open_still)
        counts = p >= 2 * _FEWEST_RESAMPLES / (len(drawn) + 1)
        deviate = min(deviate, by_error) if counts else by_error
    return float(2 * stdtr(sum(scenes) - len(scenes), -deviate / few**0.5))


def _all_alike(scenes: Sequence[int]) -> float:
    """Two-sided p-value of "all scenes speak for one run" where strata weigh the same.

    If in stratum k a share p_k of all scenes speaks for it, and the mean of the strata is 1/2, none
    of n_k drawn speaks against with ``prod p_k ** n_k``; that is most at ``p_k = min(1, c n_k)``
    (Lagrange). Where strata are equally large, this is the sign test.
    """
    sizes = np.sort(np.asarray(scenes, np.float64))
    for kept in range(len(sizes), 0, -1):
        left = len(sizes) / 2 - (len(sizes) - kept)
        shares = sizes[:kept] * left / sizes[:kept].sum()
        if shares[-1] <= 1:
            return min(1.0, 2 * float(np.prod(shares ** sizes[:kept])))
    return 1.0


def _constant(found: Samples) -> bool:
    """Whether there is a difference, and no resample has one that is shown as another."""
    # Sums of scenes have the precision of float32: changes that are alike differ by 1e-8.
    drawn, value, least = _drawn(found), float(found.values[0]), 10.0**-DECIMALS
    return bool(len(drawn) and abs(value) > least and np.abs(drawn - value).max() <= least)


def _drawn(found: Samples) -> NDArray[np.float64]:
    drawn = found.values[1:]
    return drawn[~np.isnan(drawn)]
