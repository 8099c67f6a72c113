"""Finding the highlighted region: a rectangle of cells under a tint, inside a frame, or both.

A tint mixes one colour into all cells of a rectangle, a frame covers the pixels along its border.
Both are looked for by what they do to cells, not by a list of colours. The result says how to
take the highlight off again, so that cells in and out of it can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.respondents.pixels.cells import Cells, Flags, Values

# A tint changes the typical pixel by at least this many grey levels in some channel.
_FAINTEST_TINT = 5.0
# Variance (grey levels squared) below which art is flat, and the mixture assumed for it.
_FLAT, _USUAL_KEEP = 4.0, 0.75
# Share of a rectangle's cells (of its border pieces) that must show the tint (the frame).
_FILLED = 0.85
# Share of the cell that a frame's colour may stain once a picture was compressed or resized.
_BLEED = 0.13
# Thickest frame, as a share of the cell.
_THICKEST = 0.2


class Bounds(NamedTuple):
    """A rectangle of cells, 1-based and inclusive."""

    r1: int
    r2: int
    c1: int
    c2: int


@dataclass(frozen=True, slots=True)
class Cue:
    """A highlighted rectangle: inside it ``shown = keep * art + add`` (``add`` per channel).

    ``frame`` is the thickness in pixels of a border that hides the art, 0 when there is none.
    """

    bounds: Bounds
    keep: float
    add: NDArray[np.float32]
    frame: int

    def inside(self, shape: tuple[int, int]) -> Flags:
        """Bool ``(rows, cols)``: the highlighted cells."""
        flags = np.zeros(shape, np.bool_)
        flags[self.bounds.r1 - 1 : self.bounds.r2, self.bounds.c1 - 1 : self.bounds.c2] = True
        return flags


def find_cue(cells: Cells, tile: Values) -> Cue | None:
    """Find the highlighted rectangle, or None when no rectangle stands out.

    Args:
        cells: the picture's cells.
        tile: what most cells show, float32 ``(height, width, 3)``.
    """
    tinted = _tinted(cells, tile)
    if tinted is not None:
        return tinted
    bounds = _framed(cells, tile)
    if bounds is None:
        return None
    add = np.zeros(3, np.float32)
    return Cue(bounds, 1.0, add, _frame_width(cells, tile, bounds))


def remove_cue(cells: Cells, cue: Cue) -> tuple[Values, Values]:
    """Take the highlight off.

    Returns:
        The tiles as float32 ``(kinds, height, width, 3)``, and how far each pixel can be trusted
        as float32 ``(kinds, height, width)``: 0 where the frame hides or stains the art, ``keep``
        under the tint (undoing it enlarges all errors by as much), 1 elsewhere.
    """
    tiles = cells.tiles.astype(np.float32)
    trust = np.ones(tiles.shape[:3], np.float32)
    kinds = np.unique(cells.index[cue.inside(cells.index.shape)])
    tiles[kinds] = (tiles[kinds] - cue.add) / cue.keep
    trust[kinds] = cue.keep
    if cue.frame:
        _distrust_border(trust, cells, cue)
    return tiles, trust


def _distrust_border(trust: Values, cells: Cells, cue: Cue) -> None:
    """Set ``trust`` to 0 under the frame and, in inexact pictures, where it bleeds to."""
    high, wide = trust.shape[1:3]
    r1, r2, c1, c2 = cue.bounds
    rows, cols = slice(r1 - 1, r2), slice(c1 - 1, c2)
    hidden = cue.frame
    if not cells.exact:
        # Compression and resizing carry the frame's colour into the art on both sides of it.
        hidden = max(hidden + 1, round(_BLEED * min(high, wide)))
        stained = max(1, hidden - cue.frame)
        trust[cells.index[max(0, r1 - 2) : r1 - 1, cols], -stained:] = 0.0
        trust[cells.index[r2 : r2 + 1, cols], :stained] = 0.0
        trust[cells.index[rows, max(0, c1 - 2) : c1 - 1], :, -stained:] = 0.0
        trust[cells.index[rows, c2 : c2 + 1], :, :stained] = 0.0
    trust[cells.index[r1 - 1, cols], :hidden] = 0.0
    trust[cells.index[r2 - 1, cols], -hidden:] = 0.0
    trust[cells.index[rows, c1 - 1], :, :hidden] = 0.0
    trust[cells.index[rows, c2 - 1], :, -hidden:] = 0.0


def _core(tiles: NDArray[np.generic]) -> Values:
    """The inner three quarters of tiles ``(..., height, width, 3)``, clear of any frame."""
    high, wide = tiles.shape[-3:-1]
    top, left = max(1, high // 8), max(1, wide // 8)
    # At most some 20 x 20 pixels: enough for a median.
    down, along = max(1, high // 24), max(1, wide // 24)
    core: Values = tiles[..., top : high - top : down, left : wide - left : along, :].astype(
        np.float32
    )
    return core


def _tinted(cells: Cells, tile: Values) -> Cue | None:
    """The rectangle that a tint fills, when the cells under it are the majority's but for it."""
    core, plain = _core(cells.tiles), _core(tile)
    pixels = core.shape[1] * core.shape[2]
    shift = np.median((core - plain).reshape(len(core), pixels, 3), axis=1)
    usual = np.median(shift[cells.index.ravel()], axis=0)
    changed = np.abs(shift - usual).max(axis=1) > _FAINTEST_TINT
    bounds = _fullest(changed[cells.index])
    if bounds is None:
        return None
    kinds = cells.index[bounds.r1 - 1 : bounds.r2, bounds.c1 - 1 : bounds.c2].ravel()
    keeps, adds, explained = _fit(cells.tiles[kinds], tile, _unframed(tile.shape[:2], bounds))
    if np.median(explained) < 0.9 or not 0.1 < np.median(keeps) < 0.97:
        return None
    clear = explained >= np.median(explained)  # leaves out exceptions
    keep = float(np.median(keeps[clear]))
    add = np.median(adds[clear], axis=0).astype(np.float32)
    frame = _frame_width(cells, keep * tile + add, bounds)
    # A few neighbouring exceptions could pass for a tint, but not for a framed one.
    return Cue(bounds, keep, add, frame) if frame or len(kinds) >= 6 else None


def _unframed(size: tuple[int, int], bounds: Bounds) -> Values:
    """Weights ``(cells of bounds, height, width)``: 0 where a frame of any usual width may lie."""
    high, wide = size
    deep, broad = round(_THICKEST * high), round(_THICKEST * wide)
    rows, cols = bounds.r2 - bounds.r1 + 1, bounds.c2 - bounds.c1 + 1
    weights = np.ones((rows, cols, high, wide), np.float32)
    weights[0, :, :deep] = 0.0
    weights[-1, :, high - deep :] = 0.0
    weights[:, 0, :, :broad] = 0.0
    weights[:, -1, :, wide - broad :] = 0.0
    return weights.reshape(-1, high, wide)


def _fit(tiles: NDArray[np.uint8], art: Values, weights: Values) -> tuple[Values, Values, Values]:
    """Fit ``tile = keep * art + add`` to each tile by weighted least squares.

    Returns:
        keep ``(n,)``, add ``(n, 3)`` and the share of the tile's variance explained ``(n,)``.
    """
    # Every second pixel or so is enough; ``w`` is (n, pixels, 1), normed to a sum of 1.
    step = max(1, min(art.shape[:2]) // 28)
    shown = tiles[:, ::step, ::step].reshape(len(tiles), -1, 3).astype(np.float32)
    plain = art[::step, ::step].reshape(1, -1, 3)
    w = weights[:, ::step, ::step].reshape(len(tiles), -1, 1)
    w = w / w.sum(axis=1, keepdims=True)
    plain_mean = (w * plain).sum(axis=1, keepdims=True)
    shown_mean = (w * shown).sum(axis=1, keepdims=True)
    contrast, response = plain - plain_mean, shown - shown_mean
    energy = (w * contrast**2).sum(axis=(1, 2))
    keeps = (w * contrast * response).sum(axis=(1, 2)) / (energy + 1e-6)
    # Where the art is flat every mixture explains it alike; a usual one is as good as any.
    keeps = np.where(energy < _FLAT, _USUAL_KEEP, keeps).astype(np.float32)
    rest = (w * (response - keeps[:, None, None] * contrast) ** 2).sum(axis=(1, 2))
    total = (w * response**2).sum(axis=(1, 2))
    explained: Values = np.where(total < _FLAT, 1.0, 1.0 - rest / (total + 1e-6))
    adds: Values = shown_mean[:, 0] - keeps[:, None] * plain_mean[:, 0]
    return keeps, adds, explained


def _fullest(flags: Flags) -> Bounds | None:
    """The rectangle with the most flagged minus unflagged cells; None unless well filled."""
    if flags.sum() < 2:
        return None
    rows, cols = flags.shape
    gain = np.zeros((rows + 1, cols + 1), np.int64)
    gain[1:, 1:] = np.where(flags, 1, -1).cumsum(axis=0).cumsum(axis=1)
    best, found = 1, None
    for top in range(rows):
        for bottom in range(top + 1, rows + 1):
            line = gain[bottom] - gain[top]
            # Largest line[right] - line[left], left < right: the best columns for these rows.
            lowest = np.minimum.accumulate(line)
            rises = line[1:] - lowest[:-1]
            right = int(rises.argmax())
            if rises[right] > best:
                best = int(rises[right])
                left = int(line[: right + 1].argmin())
                found = Bounds(top + 1, bottom, left + 1, right + 1)
    if found is None:
        return None
    part = flags[found.r1 - 1 : found.r2, found.c1 - 1 : found.c2]
    return found if part.mean() >= _FILLED else None


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


def _framed(cells: Cells, tile: Values) -> Bounds | None:
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
    return bounds if np.mean(off < 40.0) >= _FILLED else None


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
            if cover > best and (cover + length) / (2 * length) >= _FILLED:
                best, found = cover, Bounds(r1 + 1, r2 + 1, c1 + 1, c2 + 1)
    return found


def _running(flags: Flags, axis: int) -> NDArray[np.int64]:
    """Running sums of +1 (flagged) and -1 along ``axis``, with a leading zero."""
    signed = np.where(flags, 1, -1).cumsum(axis=axis)
    pad = ((0, 0), (1, 0)) if axis == 1 else ((1, 0), (0, 0))
    return np.pad(signed, pad)


def _frame_width(cells: Cells, expected: Values, bounds: Bounds) -> int:
    """How many pixels from the border inwards the art is hidden; 0 without a frame.

    ``expected`` is the majority tile as it would show inside the highlight without a frame.
    """
    r1, r2, c1, c2 = bounds
    high, wide = expected.shape[:2]
    deepest = max(1, round(_THICKEST * min(high, wide)))
    depths = []
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
        wanted = np.rot90(expected, turn)
        middle = slice(tiles.shape[2] // 5, tiles.shape[2] - tiles.shape[2] // 5)
        away = np.abs(tiles - wanted)[:, :, middle].max(axis=3).mean(axis=2)
        profile = np.median(away, axis=0)
        inner = float(np.median(profile[deepest:]))
        odd = profile[:deepest] > inner + max(6.0, 0.1 * float(profile[:deepest].max()))
        depths.append(int(np.argmin(odd)) if not odd.all() else deepest)
    depth = int(np.median(depths))
    # One pixel more than seen: a blurred frame fades into the art.
    return depth + (not cells.exact) if depth else 0
