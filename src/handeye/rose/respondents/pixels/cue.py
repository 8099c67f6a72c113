"""Finding the highlighted region: a rectangle of cells under a tint, inside a frame, or both.

A tint mixes one colour into all cells of a rectangle, a frame covers the pixels along its border.
Both are looked for by what they do to cells, not by a list of colours. The result says how to
take the highlight off again, so that cells in and out of it can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.rose.respondents.pixels.cells import Bounds, Cells, Flags, Values
from handeye.rose.respondents.pixels.frame import THICKEST, Border, find_frame, measure_border

# A tint changes the typical pixel by at least this many grey levels in some channel.
_FAINTEST_TINT = 5.0
# Variance (grey levels squared) below which art is flat, and the mixture assumed for it.
_FLAT, _USUAL_KEEP = 4.0, 0.75
# Share of a rectangle's cells that must show the tint.
_FILLED = 0.85


@dataclass(frozen=True, slots=True)
class Cue:
    """A highlighted rectangle: inside it ``shown = keep * art + add`` (``add`` per channel).

    ``border`` tells how many pixels along the rectangle's border hide or stain the art.
    """

    bounds: Bounds
    keep: float
    add: NDArray[np.float32]
    border: Border

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
    bounds = find_frame(cells, tile)
    if bounds is None:
        return None
    add = np.zeros(3, np.float32)
    return Cue(bounds, 1.0, add, measure_border(cells, tile, bounds))


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
    if cue.border.covered:
        _distrust_border(trust, cells, cue)
    return tiles, trust


def _distrust_border(trust: Values, cells: Cells, cue: Cue) -> None:
    """Set ``trust`` to 0 under the frame and, in inexact pictures, where it bleeds to."""
    r1, r2, c1, c2 = cue.bounds
    rows, cols = slice(r1 - 1, r2), slice(c1 - 1, c2)
    hidden = cue.border.covered
    if not cells.exact:
        # Compression and resizing carry the frame's colour into the art on both sides of it.
        hidden = cue.border.stained
        stained = max(1, hidden - cue.border.covered)
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
    border = measure_border(cells, keep * tile + add, bounds)
    # A few neighbouring exceptions could pass for a tint, but not for a framed one.
    return Cue(bounds, keep, add, border) if border.covered or len(kinds) >= 6 else None


def _unframed(size: tuple[int, int], bounds: Bounds) -> Values:
    """Weights ``(cells of bounds, height, width)``: 0 where a frame of any usual width may lie."""
    high, wide = size
    deep, broad = round(THICKEST * high), round(THICKEST * wide)
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
