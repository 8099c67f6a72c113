"""Finding the grid: how many rows and columns of equal cells a picture repeats in.

Knows nothing of cells, prompts or protocols. The picture is taken to be filled by its grid, so a
grid of ``rows`` rows repeats exactly ``rows`` times over the height, whatever the height became
when somebody resized the picture. In the spectrum along that axis the repeating part then lies
only at multiples of ``rows`` cycles per picture, as sharp lines at whole bins: no interpolation
and no search over sub-pixel periods is needed. Exceptions, noise and a highlighted region are not
periodic and spread out between the lines. Of the grids whose lines explain the picture the finest
is the right one, since every coarser grid (of 2 x 2 cells and so on) explains it as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Spectrum = NDArray[np.float64]

MIN_LINES, MAX_LINES = 3, 64
MIN_CELL = 6
# Lines of pixels looked at for each axis; more does not change the outcome, only the time.
_SAMPLED_LINES = 144
# Power of rounding to 8 bits, far below any art: keeps ratios finite on computer-clean pictures.
_ROUNDING = 1.0 / 12.0
# A bin counts as a line when it stands this many times above the bins around it.
_CONTRAST = 4.0
# Share of the lines' power that a grid may leave unexplained, from strict to lenient.
_UNEXPLAINED = (0.06, 0.15, 0.3, 0.8)
# Cells are square; resizing to whole pixels and careless scaling bend that a little.
_SQUARE = 0.06


class Lattice(NamedTuple):
    """A grid that fills the picture: ``rows`` x ``cols`` cells of equal size."""

    rows: int
    cols: int


def candidates(pixels: Pixels, limit: int = 8) -> list[Lattice]:
    """Grids that may explain the picture, likeliest first.

    Args:
        pixels: ``(height, width, 3)`` uint8 RGB.
        limit: how many to return at most.

    Returns:
        An empty list when nothing repeats along one of the axes: stripes have no cells.
    """
    row_gaps = _unexplained(pixels, axis=0)
    col_gaps = _unexplained(pixels, axis=1)
    height, width = pixels.shape[:2]
    found: list[tuple[int, int, int, Lattice]] = []
    for rows, row_gap in row_gaps.items():
        for cols, col_gap in col_gaps.items():
            level = _level(row_gap, col_gap)
            skewed = abs(np.log(height / rows * cols / width)) > _SQUARE
            if level < len(_UNEXPLAINED) and not (skewed and level == len(_UNEXPLAINED) - 1):
                found.append((skewed, level, -rows * cols, Lattice(rows, cols)))
    return [entry[-1] for entry in sorted(found)[:limit]]


def _level(row_gap: float, col_gap: float) -> int:
    """How well a grid explains the lines: index into ``_UNEXPLAINED``, its length for not at all.

    The last level is for pictures that vary along one axis mainly: there the other axis may be
    drowned by a highlight, and the square cell has to tell its number.
    """
    gap = max(row_gap, col_gap)
    for level, most in enumerate(_UNEXPLAINED[:-1]):
        if gap <= most:
            return level
    one_sided = min(row_gap, col_gap) <= _UNEXPLAINED[1] and gap <= _UNEXPLAINED[-1]
    return len(_UNEXPLAINED) - (1 if one_sided else 0)


def _counts(length: int) -> range:
    """Numbers of cells that may lie along ``length`` pixels."""
    return range(MIN_LINES, min(MAX_LINES, length // MIN_CELL) + 1)


def _unexplained(pixels: Pixels, axis: int) -> dict[int, float]:
    """For each number of cells along ``axis``: share of line power that it leaves unexplained."""
    power = _power(pixels, axis)
    floor = _floor(power)
    lines = np.where(power > _CONTRAST * floor, power - floor, 0.0)
    lines[:MIN_LINES] = 0.0  # slow changes of light: not a grid
    total = float(lines.sum())
    if total <= 0.0:
        return {}
    return {
        count: 1.0 - float(lines[count::count].sum()) / total
        for count in _counts(pixels.shape[axis])
    }


def _power(pixels: Pixels, axis: int) -> Spectrum:
    """Mean power per bin (cycles per picture) along ``axis`` over a sample of pixel lines."""
    across = pixels.shape[1 - axis]
    # Steps of the golden ratio: even, and out of step with cells of any size.
    share = np.arange(min(_SAMPLED_LINES, across)) * 0.6180339887498949 % 1.0
    index = np.unique((share * across).astype(np.int64))
    sample = (pixels[:, index] if axis == 0 else pixels[index].swapaxes(0, 1)).astype(np.float32)
    lines = np.ascontiguousarray(sample.reshape(len(sample), -1).T)
    lines -= lines.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(lines, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=0, dtype=np.float64)
    return np.asarray(power / lines.shape[1])


def _floor(power: Spectrum) -> Spectrum:
    """Power between the lines: running median over 2 * 8 neighbours, the bin itself left out."""
    reach = 8
    padded = np.pad(power, reach, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    around = np.delete(windows, reach, axis=1)
    return np.asarray(np.median(around, axis=1) + _ROUNDING)
