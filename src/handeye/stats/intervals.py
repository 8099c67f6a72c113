"""Measured values with their resamples, and the intervals read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Samples:
    """A quantity: ``values[0]`` as measured, ``values[1:]`` in the resamples (NaN: undefined).

    ``n`` counts the items behind the measured value.
    """

    values: Floats
    n: int


def rate(numerator: Floats, denominator: Floats) -> Samples:
    """Quotient of two sums, undefined where nothing was counted; n is the denominator."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(denominator > 0, numerator / denominator, np.nan)
    return Samples(values, int(denominator[0]))


def mean(parts: Sequence[Samples]) -> Samples:
    """Unweighted mean over the parts that are defined (macro average); n adds up."""
    total = np.zeros(len(parts[0].values)) if parts else np.full(1, np.nan)
    count = np.zeros_like(total)
    for part in parts:
        defined = ~np.isnan(part.values)
        total = total + np.where(defined, part.values, 0.0)
        count = count + defined
    with np.errstate(invalid="ignore"):
        values = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Samples(values, sum(part.n for part in parts))


def difference(first: Samples, second: Samples) -> Samples:
    """``first - second`` within each resample, so that what they share cancels; n adds up."""
    return Samples(first.values - second.values, first.n + second.n)


def estimates(tree: Any, level: float = LEVEL) -> Any:
    """Replace every :class:`Samples` in nested dicts by ``{"value", "low", "high", "n"}``.

    ``low`` and ``high`` are percentiles over the resamples in which the quantity is defined; all
    three are None where nothing was measured, ``low`` and ``high`` where there are no resamples.
    """
    leaves: list[Samples] = []
    _collect(tree, leaves)
    bounds = _percentiles([leaf.values[1:] for leaf in leaves], level)
    return _replace(tree, iter(zip(leaves, bounds, strict=True)))


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
    out: list[tuple[float | None, float | None]] = [(None, None)] * len(rows)
    marks = [50 * (1 - level), 50 * (1 + level)]
    whole = [i for i, row in enumerate(rows) if len(row) and not np.isnan(row).any()]
    for start in range(0, len(whole), 512):
        chosen = whole[start : start + 512]
        lows, highs = np.percentile(np.stack([rows[i] for i in chosen]), marks, axis=1)
        for i, low, high in zip(chosen, lows.tolist(), highs.tolist(), strict=True):
            out[i] = (low, high)
    for i in set(range(len(rows))) - set(whole):
        defined = rows[i][~np.isnan(rows[i])]
        if len(defined):
            low, high = np.percentile(defined, marks).tolist()
            out[i] = (low, high)
    return out


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
