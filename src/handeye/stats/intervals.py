"""Measured values with their resamples, and the intervals read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bounds = tuple[float | None, float | None]
LEVEL = 0.95
# Resampled sums are float32, whose last digits depend on the machine; what is shown does not.
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Samples:
    """A quantity: ``values[0]`` as measured, ``values[1:]`` in the resamples (NaN: undefined).

    ``n`` counts the items behind the measured value. ``trials`` counts the independent scenes
    behind a share, a mean of shares or a difference of two such, however often each scene was
    asked about, for :func:`estimates`; None for other quantities. ``terms`` are what a difference
    was made of.
    """

    values: Floats
    n: int
    trials: float | None = None
    terms: tuple[Samples, Samples] | None = None


def rate(numerator: Floats, denominator: Floats, clusters: int | None = None) -> Samples:
    """Quotient of two sums, undefined where nothing was counted; n is the denominator.

    Args:
        numerator: (1 + resamples,), measured total first.
        denominator: the same shape.
        clusters: that the items come from, for a quantity within 0..1; where they are not known
            one by one, the most it can be.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(denominator > 0, numerator / denominator, np.nan)
    n = int(denominator[0])
    return Samples(values, n, None if clusters is None else min(n, clusters))


def mean(parts: Sequence[Samples], *, shared: bool = False) -> Samples:
    """Unweighted mean over the parts that are defined (macro average); n adds up.

    Args:
        parts: figures to average.
        shared: the parts are about the same clusters (templates over the same scenes), not each
            about its own (subsets). Then ``trials`` are the fewest of a part: the same scenes
            asked five times are no more scenes. Else they are those of one sample whose mean
            would vary as much.
    """
    total = np.zeros(len(parts[0].values)) if parts else np.full(1, np.nan)
    count = np.zeros_like(total)
    for part in parts:
        defined = ~np.isnan(part.values)
        total = total + np.where(defined, part.values, 0.0)
        count = count + defined
    with np.errstate(invalid="ignore"):
        values = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    counted = [part for part in parts if part.n]
    return Samples(values, sum(part.n for part in parts), _together(counted, shared))


def _together(parts: Sequence[Samples], shared: bool) -> float | None:
    """Independent trials behind a mean of shares; None where those of a part are not known."""
    known = [part.trials for part in parts if part.trials and part.terms is None]
    if not known or len(known) < len(parts):
        return None
    return min(known) if shared else len(known) ** 2 / sum(1 / trials for trials in known)


def difference(first: Samples, second: Samples) -> Samples:
    """``first - second`` within each resample, so that what they share cancels; n adds up."""
    n = first.n + second.n if first.n and second.n else 0
    trials = min(first.trials, second.trials) if first.trials and second.trials else None
    return Samples(first.values - second.values, n, trials, (first, second))


def complement(part: Samples) -> Samples:
    """``1 - part``."""
    return replace(part, values=1 - part.values, terms=None)


def estimates(tree: Any, level: float = LEVEL) -> Any:
    """Replace every :class:`Samples` in nested dicts by ``{"value", "low", "high", "n"}``.

    A share (``trials``, no ``terms``) gets Wilson's score interval (Wilson 1927, JASA 22:209) at
    the number of independent trials whose variance is that of the resamples: percentiles are too
    short near 0 and 1 (docs/statistics.md has the coverage of both). Anything else gets percentiles
    over the resamples in which it is defined. Where the resamples do not vary, every scene says the
    same, and they cannot tell how sure the value is. Bounds then come from the scenes that might do
    otherwise: none of N did, so less than ``r = 1 - ((1 - level) / 2) ** (1 / N)`` of all do
    (Clopper and Pearson 1934), each of which moves a quantity to the end of its range at most:

    - a share or mean of shares, N its ``trials``: ``v (1 - r)`` to ``v + (1 - v) r``, which for 0
      and 1 is exact and between the mean of the bounds of its parts where these are 0 or 1
      (conservative);
    - a difference of two of these: the extremes of their bounds (conservative);
    - a difference whose terms vary together, N its ``trials``: likewise, from -1 to 1.

    Anything else gets no interval. All three are None where nothing was measured, ``low`` and
    ``high`` where there are no resamples.
    """
    leaves: list[Samples] = []
    _collect(tree, leaves)
    scores = [_score(leaf, level) for leaf in leaves]
    rest = [leaf.values[1:] for leaf, score in zip(leaves, scores, strict=True) if score is None]
    found = iter(_percentiles(rest, level))
    bounds = [next(found) if score is None else score for score in scores]
    checked = [_vary(*pair, level) for pair in zip(leaves, bounds, strict=True)]
    return _replace(tree, iter(zip(leaves, checked, strict=True)))


def _score(leaf: Samples, level: float) -> Bounds | None:
    """Wilson's interval of a share that varies; None for anything else."""
    value = float(leaf.values[0])
    drawn = leaf.values[1:]
    if leaf.trials is None or leaf.terms or not 0 < value < 1 or np.isnan(drawn).all():
        return None
    variance = float(np.nanvar(drawn))
    if variance <= 0:
        return None
    # z**2 / trials, the only thing that Wilson's formula asks of them.
    weight = NormalDist().inv_cdf(0.5 + level / 2) ** 2 * variance / (value * (1 - value))
    middle = (value + weight / 2) / (1 + weight)
    reach = (weight * (value * (1 - value) + weight / 4)) ** 0.5 / (1 + weight)
    return round(max(middle - reach, 0.0), DECIMALS), round(min(middle + reach, 1.0), DECIMALS)


def _vary(leaf: Samples, bounds: Bounds, level: float) -> Bounds:
    """Mend an interval of no width; see :func:`estimates`."""
    low, high = bounds
    if low is None or high is None or high > low:
        return bounds
    if leaf.terms is not None and all(map(_constant, leaf.terms)):
        first, second = (_vary(term, (0.0, 0.0), level) for term in leaf.terms)
        return _minus(first[0], second[1]), _minus(first[1], second[0])
    return _unseen(leaf, level)


def _constant(leaf: Samples) -> bool:
    """Whether no resample differs from another by more than is shown."""
    drawn = leaf.values[1:]
    return not float(np.nanmax(drawn) - np.nanmin(drawn)) > 10.0**-DECIMALS


def _unseen(leaf: Samples, level: float) -> Bounds:
    """Bounds of what is the same in every scene."""
    if not leaf.trials:
        return None, None
    value, (least, most) = float(leaf.values[0]), _range(leaf)
    # No other scene in m: (1 - p) ** m = (1 - level) / 2 at the bound.
    reach = 1 - ((1 - level) / 2) ** (1 / leaf.trials)
    return value - (value - least) * reach, value + (most - value) * reach


def _range(leaf: Samples) -> tuple[float, float]:
    """Least and most that a share, or a difference of such, can be."""
    if leaf.terms is None:
        return 0.0, 1.0
    (low, high), (least, most) = map(_range, leaf.terms)
    return low - most, high - least


def _minus(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return None
    return round(first - second, DECIMALS)


def measured(tree: Any) -> Any:
    """Replace every :class:`Samples` in nested dicts by its measured value or None."""
    if isinstance(tree, dict):
        return {key: measured(value) for key, value in tree.items()}
    return _number(tree.values[0]) if isinstance(tree, Samples) else tree


def _collect(tree: Any, leaves: list[Samples]) -> None:
    if isinstance(tree, Samples):
        leaves.append(tree)
    elif isinstance(tree, dict):
        for value in tree.values():
            _collect(value, leaves)


def _replace(tree: Any, found: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _replace(value, found) for key, value in tree.items()}
    if not isinstance(tree, Samples):
        return tree
    leaf, (low, high) = next(found)
    value = _number(leaf.values[0])
    if value is None:
        low = high = None
    return {"value": value, "low": low, "high": high, "n": leaf.n}


def _percentiles(rows: Sequence[Floats], level: float) -> list[tuple[float | None, float | None]]:
    """Percentiles of many samples; whole rows in one sort, rows with gaps one by one."""
    out: list[Bounds] = [(None, None)] * len(rows)
    marks = [50 * (1 - level), 50 * (1 + level)]
    whole = [i for i, row in enumerate(rows) if len(row) and not np.isnan(row).any()]
    for start in range(0, len(whole), 512):
        chosen = whole[start : start + 512]
        lows, highs = np.percentile(np.stack([rows[i] for i in chosen]), marks, axis=1)
        for i, low, high in zip(chosen, lows.tolist(), highs.tolist(), strict=True):
            out[i] = (round(low, DECIMALS), round(high, DECIMALS))
    for i in set(range(len(rows))) - set(whole):
        defined = rows[i][~np.isnan(rows[i])]
        if len(defined):
            low, high = np.percentile(defined, marks).tolist()
            out[i] = (round(low, DECIMALS), round(high, DECIMALS))
    return out


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
