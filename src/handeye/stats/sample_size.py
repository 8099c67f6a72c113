"""How many scenes are needed for a wanted precision, and what a number of scenes can show.

Scenes are the units: items of one scene are alike, so more items a scene help less than more
scenes. What a scene contributes has variance V (:class:`Spread`): the mean over N scenes has
variance ``V / N``, from which everything here follows by the normal approximation. V comes from a
pilot run (:func:`spread`), or from assumptions (:func:`share_spread`, :func:`discordance_spread`).

To see 3 points between two runs: ``scenes_for_difference(0.03, spread(a - b, scene, subset))``.
For a family of m comparisons ask at level ``1 - 0.05 / m``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError
from handeye.printing import noun
from handeye.stats.intervals import LEVEL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POWER = 0.8
_LEAST = 2  # scenes a stratum needs for a variance


@dataclass(frozen=True, slots=True)
class Spread:
    """How much scenes differ in what they contribute to an average.

    ``variance`` is V above: N scenes, shared out over the strata as in the pilot, give an average
    with variance ``V / N``. ``design_effect`` is V over what it would be if the items of a scene
    were independent; None where it is not known. ``n_scenes`` is the size of the pilot, 0 for
    assumptions.
    """

    variance: float
    design_effect: float | None = None
    n_scenes: int = 0


def spread(values: Floats, cluster: Ints, stratum: Ints | None = None) -> Spread:
    """Spread of the macro average of some values over strata, estimated from a pilot.

    In a stratum the average is a ratio of sums over scenes, whose variance is that of
    ``sum_g - average * size_g`` (linearised ratio, Cochran 1977, Sampling Techniques, chapter 6);
    strata are averaged with equal weight: ``V = N / S**2 * sum_s var_s``.

    Args:
        values: (n,) one per item: 0 or 1 for a rate, -1, 0 or 1 for a paired difference.
        cluster: (n,) number of each item's scene.
        stratum: (n,) number of each item's stratum; None: one stratum.

    Raises:
        DataError: no items, or a stratum with fewer than 2 scenes.
    """
    strata = np.zeros(len(values), np.int64) if stratum is None else stratum
    names = np.unique(strata)
    if not len(names):
        raise DataError("no items to estimate a spread from")
    clustered = independent = 0.0
    total = 0
    for s in names:
        inside = strata == s
        found = np.unique(cluster[inside], return_inverse=True)[1]
        sizes = np.bincount(found).astype(float)
        scenes, items = len(sizes), float(inside.sum())
        if scenes < _LEAST:
            raise _too_few(s, scenes)
        off = values[inside] - values[inside].mean()
        sums = np.bincount(found, weights=off)
        clustered += float((sums**2).sum()) / items**2 * scenes / (scenes - 1)
        independent += float((off**2).sum()) / items**2 * items / max(items - 1, 1)
        total += scenes
    weight = total / len(names) ** 2
    effect = clustered / independent if independent > 0 else None
    return Spread(clustered * weight, effect, total)


def figure_spread(
    figure: Callable[[Floats, Sequence[int]], Floats],
    sums: Floats,
    cluster: Ints,
    stratum: Ints,
    unit: Ints | None = None,
) -> Spread:
    """Spread of any figure made of sums (a gap, an F1), estimated from a pilot.

    Each scene is left out once within its stratum (jackknife of a stratified sample; Rao and Wu
    1985, J. Am. Stat. Assoc. 80:620): ``V = N * sum_s (n_s - 1) / n_s * sum_g (figure_-g -
    mean)**2``, figure_-g being the one without scene g.
    For an average this is :func:`spread`, but for terms of order ``1 / n_s``.

    Args:
        figure: makes values (t,) of totals (strata, t, k) and the number of scenes a stratum has.
        sums: (n, k) what each item adds up.
        cluster: (n,) number of each item's scene.
        stratum: (n,) number of each item's stratum.
        unit: (n,) number of the outcome that each item holds, where several hold one (a pair that
            is right as a whole); the design effect is over what independent outcomes would have.
            None: one each.

    Raises:
        DataError: no items, a stratum with fewer than 2 scenes, or a figure that one scene alone
            carries.
    """
    if not len(sums):
        raise DataError("no items to estimate a spread from")
    clustered, scenes = _left_out(figure, sums, cluster, stratum)
    alone = np.arange(len(sums)) if unit is None else unit
    independent, _ = _left_out(figure, sums, alone, stratum)
    effect = clustered / independent if independent > 0 else None
    return Spread(clustered * scenes, effect, scenes)


def _left_out(
    figure: Callable[[Floats, Sequence[int]], Floats], sums: Floats, unit: Ints, stratum: Ints
) -> tuple[float, int]:
    """Jackknife variance of a figure, with units left out one by one; and their number."""
    names, first, place = np.unique(unit, return_index=True, return_inverse=True)
    by_unit: Floats = np.zeros((len(names), sums.shape[1]))
    np.add.at(by_unit, place, sums)
    strata, home = np.unique(stratum[first], return_inverse=True)
    sizes = np.bincount(home)
    if sizes.min() < _LEAST:
        raise _too_few(int(strata[sizes.argmin()]), int(sizes.min()))
    whole: Floats = np.zeros((len(strata), sums.shape[1]))
    np.add.at(whole, home, by_unit)
    variance = 0.0
    for s, size in enumerate(sizes):
        totals = np.repeat(whole[:, None], size, axis=1)
        totals[s] -= by_unit[home == s]
        without = figure(totals, [int(n) for n in sizes])
        variance += float(((without - without.mean()) ** 2).sum()) * (size - 1) / size
    if not np.isfinite(variance):
        raise DataError("one scene alone carries a part of the figure; a spread needs more")
    return variance, len(names)


def _too_few(stratum: int, scenes: int) -> DataError:
    return DataError(
        f"stratum {stratum} has {scenes} {noun(scenes, 'scenes')}; a spread needs at least {_LEAST}"
    )


def share_spread(rate: float, items_per_scene: float = 1, correlation: float = 0) -> Spread:
    """Spread of a share without a pilot.

    ``V = p (1 - p) / m * (1 + (m - 1) rho)``; the last factor is the design effect of scenes of m
    items with correlation rho within a scene (Kish 1965, Survey Sampling, section 5.4).

    Args:
        rate: expected share; 0.5 is the worst case.
        items_per_scene: m, at least 1.
        correlation: rho, 0..1; 1 if items of a scene pass and fail together.

    Raises:
        OptionError: an argument out of range.
    """
    _within("rate", rate, 0, 1)
    return _assumed(rate * (1 - rate), items_per_scene, correlation)


def discordance_spread(
    discordance: float, difference: float = 0, items_per_scene: float = 1, correlation: float = 0
) -> Spread:
    """Spread of the paired difference of two runs without a pilot.

    An item's difference is -1, 0 or 1, with variance ``discordance - difference**2`` (Miettinen
    1968, Biometrics 24:339); scenes of several items as in :func:`share_spread`.

    Args:
        discordance: expected share of items that one run gets and the other does not.
        difference: expected difference of the two rates, at most ``discordance`` in size.
        items_per_scene: at least 1.
        correlation: of the differences within a scene, 0..1.

    Raises:
        OptionError: an argument out of range.
    """
    _within("discordance", discordance, 0, 1)
    _within("difference", abs(difference), 0, discordance)
    return _assumed(discordance - difference**2, items_per_scene, correlation)


def scenes_for_precision(half_width: float, pilot: Spread, *, level: float = LEVEL) -> int:
    """Scenes for an interval of an average of at most plus or minus ``half_width``.

    ``N = z**2 V / h**2`` with z the normal quantile of the level, rounded up.

    Raises:
        OptionError: ``half_width`` not above 0, or ``level`` not within 0..1.
    """
    _within("half_width", half_width, 0, 1, open_end=True)
    return _round_up(pilot.variance * (_quantile(level) / half_width) ** 2)


def scenes_for_difference(
    difference: float, pilot: Spread, *, power: float = POWER, level: float = LEVEL
) -> int:
    """Scenes on which two runs must be compared to see a difference of their averages.

    ``N = (z_level + z_power)**2 V / d**2``: with this many scenes, a true difference of d is told
    from 0 (interval of the level) with the wanted power. The normal approximation of the paired
    test (Miettinen 1968, Biometrics 24:339, for one item a scene).

    Args:
        difference: smallest difference worth seeing, 0.03 for 3 points.
        pilot: spread of the paired differences, from :func:`spread` of ``a - b`` or assumed.
        power: chance to see it.
        level: of the interval.

    Raises:
        OptionError: an argument out of range.
    """
    _within("difference", abs(difference), 0, 1, open_end=True)
    factor = _quantile(level) + _upper(power)
    return _round_up(pilot.variance * (factor / difference) ** 2)


def smallest_difference(
    n_scenes: int, pilot: Spread, *, power: float = POWER, level: float = LEVEL
) -> float:
    """Smallest true difference that ``n_scenes`` scenes show with the wanted power.

    The inverse of :func:`scenes_for_difference`: ``(z_level + z_power) sqrt(V / N)``.

    Raises:
        OptionError: no scenes, or an argument out of range.
    """
    if n_scenes < 1:
        raise OptionError(f"n_scenes must be at least 1, got {n_scenes}")
    factor = _quantile(level) + _upper(power)
    return factor * math.sqrt(pilot.variance / n_scenes)


def _assumed(variance: float, items: float, correlation: float) -> Spread:
    if items < 1:
        raise OptionError(f"items_per_scene must be at least 1, got {items}")
    _within("correlation", correlation, 0, 1)
    effect = 1 + (items - 1) * correlation
    return Spread(variance / items * effect, effect)


def _within(name: str, value: float, low: float, high: float, *, open_end: bool = False) -> None:
    if not low <= value <= high or (open_end and value == low):
        least = "above" if open_end else "at least"
        raise OptionError(f"{name} must be {least} {low:g} and at most {high:g}, got {value:g}")


def _quantile(level: float) -> float:
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1, got {level:g}")
    return _normal(0.5 + level / 2)


def _upper(power: float) -> float:
    if not 0.5 <= power < 1:
        raise OptionError(f"power must be at least 0.5 and below 1, got {power:g}")
    return _normal(power)


def _normal(share: float) -> float:
    return NormalDist().inv_cdf(share)


def _round_up(scenes: float) -> int:
    return max(_LEAST, math.ceil(scenes - 1e-9))
