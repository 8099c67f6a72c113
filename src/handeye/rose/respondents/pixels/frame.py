"""The frame around a rectangle of cells: finding it, and how far into the art it reaches.

A frame covers the outermost pixels of the rectangle's border cells with one colour. Compression
and resizing carry that colour some pixels further; both depths are measured, not assumed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.rose.respondents.pixels.cells import Bounds, Cells, Flags, Values

# Thickest frame, as a share of the cell.
THICKEST = 0.2
# What compression stains at least, as a share of the cell.
_LEAST_STAIN = 0.08
# Share of the border pieces that must show the frame.
_COVERED = 0.85


class Border(NamedTuple):
    """Depth in pixels, inwards from the border, to which a frame covers and stains the art.

    Both 0 without a frame; ``stained`` includes ``covered``.
    """

    covered: int
    stained: int


def find_frame(cells: Cells, tile: Values) -> Bounds | None:
    """The rectangle whose border shows one colour that other cells do not have there."""
    width = max(1, min(cells.tiles.shape[1:3]) // 40)
    shown = _sides(cells.tiles.astype(np.float32), width)
    usual = _sides(tile[None], width)
    odd = [np.abs(now - then).max(axis=1) > 24.0 for now, then in zip(shown, usual, strict=True)]
    top, bottom, left, right = (flags[cells.index] for flags in odd)
    bounds = _best_border(top, bottom, left, right)
    if bounds is None:
        return None
    r1, r2, c1, c2 = bounds
    border = np.concatenate(
        [
            shown[0][cells.index[r1 - 1, c1 - 1 : c2]],
            shown[1][cells.index[r2 - 1, c1 - 1 : c2]],
            shown[2][cells.index[r1 - 1 : r2, c1 - 1]],
            shown[3][cells.index[r1 - 1 : r2, c2 - 1]],
        ]
    )
    off = np.abs(border - np.median(border, axis=0)).max(axis=1)
    return bounds if np.mean(off < 40.0) >= _COVERED else None


def measure_border(cells: Cells, expected: Values, bounds: Bounds) -> Border:
    """Measure how deep the art is hidden along the border of ``bounds``.

    Args:
        cells: the picture's cells.
        expected: the majority tile as it would show inside the highlight without a frame.
        bounds: the highlighted rectangle.
    """
    r1, r2, c1, c2 = bounds
    deepest = max(1, round(THICKEST * min(expected.shape[:2])))
    depths: list[tuple[int, int]] = []
    for turn, kinds in enumerate(
        (
            cells.index[r1 - 1, c1 - 1 : c2],
            cells.index[r1 - 1 : r2, c2 - 1],
            cells.index[r2 - 1, c1 - 1 : c2],
            cells.index[r1 - 1 : r2, c1 - 1],
        )
    ):
        # Quarter turns bring each side to the top.
        tiles = np.rot90(cells.tiles[np.unique(kinds)], turn, axes=(1, 2)).astype(np.float32)
        middle = slice(tiles.shape[2] // 5, tiles.shape[2] - tiles.shape[2] // 5)
        away = np.abs(tiles - np.rot90(expected, turn))[:, :, middle].max(axis=3).mean(axis=2)
        profile = np.median(away, axis=0)
        outer, inner = profile[:deepest], float(np.median(profile[deepest:]))
        depths.append(
            (
                _depth(outer > inner + max(6.0, 0.1 * float(outer.max()))),
                _depth(outer > 1.25 * inner + 2.0),
            )
        )
    covered = int(np.median([depth for depth, _ in depths]))
    if not covered:
        return Border(0, 0)
    blurred = covered + (not cells.exact)  # one pixel more than seen: it fades into the art
    if cells.exact:
        return Border(blurred, blurred)
    least = round(_LEAST_STAIN * min(expected.shape[:2]))
    return Border(blurred, max(blurred, least, *(depth for _, depth in depths)))


def _depth(flags: Flags) -> int:
    """Number of leading True."""
    return len(flags) if flags.all() else int(np.argmin(flags))


def _sides(tiles: Values, width: int) -> list[Values]:
    """Mean colour ``(n, 3)`` of the strips along top, bottom, left, right, corners left out."""
    high, wide = tiles.shape[1:3]
    rows = slice(high // 5, high - high // 5)
    cols = slice(wide // 5, wide - wide // 5)
    return [
        strip.mean(axis=(1, 2))
        for strip in (
            tiles[:, :width, cols],
            tiles[:, -width:, cols],
            tiles[:, rows, :width],
            tiles[:, rows, -width:],
        )
    ]


def _best_border(top: Flags, bottom: Flags, left: Flags, right: Flags) -> Bounds | None:
    """The rectangle whose four sides are best covered by flags ``(rows, cols)`` for each side."""
    rows, cols = top.shape
    tops, bottoms = (_running(flags, axis=1) for flags in (top, bottom))
    lefts, rights = (_running(flags, axis=0) for flags in (left, right))
    best, found = 3, None
    for r1 in np.flatnonzero(top.any(axis=1)).tolist():
        for r2 in (r1 + np.flatnonzero(bottom[r1:].any(axis=1))).tolist():
            across = tops[r1] + bottoms[r2]
            sides_left = lefts[r2 + 1] - lefts[r1]
            sides_right = rights[r2 + 1] - rights[r1]
            # total[c1, c2]: signed cover of the border from column c1 to column c2
            total = across[None, 1:] - across[:-1, None] + sides_left[:, None] + sides_right[None]
            total[np.tril_indices(cols, -1)] = -4 * (rows + cols)
            c1, c2 = divmod(int(total.argmax()), cols)
            cover = int(total[c1, c2])
            length = 2 * (r2 - r1 + 1 + c2 - c1 + 1)
            if cover > best and (cover + length) / (2 * length) >= _COVERED:
                best, found = cover, Bounds(r1 + 1, r2 + 1, c1 + 1, c2 + 1)
    return found


def _running(flags: Flags, axis: int) -> NDArray[np.int64]:
    """Running sums of +1 (flagged) and -1 along ``axis``, with a leading zero."""
    signed = np.where(flags, 1, -1).cumsum(axis=axis)
    pad = ((0, 0), (1, 0)) if axis == 1 else ((1, 0), (0, 0))
    return np.pad(signed, pad)
