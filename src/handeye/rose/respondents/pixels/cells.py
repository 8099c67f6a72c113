"""Cutting a picture into cells, finding what most cells show and which cells differ.

Knows the lattice and nothing of prompts. Two kinds of pictures are met. In one that came straight
from a drawing program equal cells are equal byte for byte, so the few distinct ones are kept once
(``Cells.tiles``) and an exception is any other tile. In one that was resized, compressed or
photographed no two cells are equal: all are kept, brought to one modest size, and told apart by
statistics that first learn, pixel by pixel, how much equal cells vary here.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.rose.respondents.pixels.lattice import Lattice, Pixels

Values = NDArray[np.float32]
Flags = NDArray[np.bool_]

# More distinct tiles than this (majority and target, each with nine kinds of cue border) do not
# come from a drawing program.
MAX_DISTINCT = 20
# Side in pixels to which the cells of an inexact picture are brought at most.
_WORKING_SIDE = 56
# A cell is an exception when its oddest spot lies this many robust deviations beyond the rest; less
# is enough when several cells are odd in the same way. Pure noise reaches 5 in 300 cells.
_ODD, _ODD_TOGETHER = 7.0, 4.5
# Grey levels by which equal cells may differ after undoing a tint that was rounded to 8 bits.
ROUNDED = 3.0
# Error of a compressed cell under a tint, as a share of the art's contrast.
_TINTED = 0.012
# Deviations, in units of the spread, by which the oddest spots of equal cells always differ.
_LEAST_SCATTER = 0.3
# Deviations below this are left out of the pattern that exceptions share.
_FAINT = 2.0
# Share of a row's or column's cells that are not taken for exceptions in an inexact picture.
_WHOLE_LINE = 0.8
# Grey levels that undoing a tint may leave behind in an inexact picture.
_LEFT_OVER = 16.0
# Deviation in grey levels below which nothing counts in an inexact picture.
_BLUR = 1.5


class Bounds(NamedTuple):
    """A rectangle of cells, 1-based and inclusive."""

    r1: int
    r2: int
    c1: int
    c2: int


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a picture.

    ``tiles`` is uint8 ``(kinds, height, width, 3)``; ``index`` ``(rows, cols)`` tells which tile
    each cell shows. ``exact``: equal cells are equal to the byte, and ``tiles`` are distinct.
    """

    tiles: NDArray[np.uint8]
    index: NDArray[np.int64]
    exact: bool

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many cells show each tile."""
        return np.bincount(self.index.ravel(), minlength=len(self.tiles))


def cut_distinct(pixels: Pixels, lattice: Lattice) -> Cells | None:
    """Cut a picture from a drawing program into its few distinct cells.

    Args:
        pixels: ``(height, width, 3)`` uint8 RGB.
        lattice: its grid.

    Returns:
        None when cells are no whole pixels wide or there are too many distinct ones.
    """
    rows, cols = lattice
    high, wide = pixels.shape[0] // rows, pixels.shape[1] // cols
    if pixels.shape[:2] != (rows * high, cols * wide):
        return None
    known: dict[bytes, int] = {}
    index = np.empty((rows, cols), np.int64)
    for row in range(rows):
        # (cols, high, wide, 3), so that every cell is one run of bytes
        band = pixels[row * high : (row + 1) * high].reshape(high, cols, wide, 3).swapaxes(0, 1)
        for col, cell in enumerate(np.ascontiguousarray(band)):
            index[row, col] = known.setdefault(cell.tobytes(), len(known))
            if len(known) > MAX_DISTINCT:
                return None
    tiles = np.frombuffer(b"".join(known), np.uint8).reshape(len(known), high, wide, 3)
    return Cells(tiles, index, exact=True)


def cut_all(pixels: Pixels, lattice: Lattice) -> Cells:
    """Cut any picture into cells brought to one size of at most 56 x 56 whole pixels."""
    rows, cols = lattice
    height, width = pixels.shape[:2]
    high = max(2, min(_WORKING_SIDE, round(height / rows)))
    wide = max(2, min(_WORKING_SIDE, round(width / cols)))
    if (height, width) != (rows * high, cols * wide):
        # Reducing: plain area averages keep small differences; enlarging: smooth interpolation.
        reduced = high * rows < height * 0.8
        how = Image.Resampling.HAMMING if reduced else Image.Resampling.BICUBIC
        pixels = np.asarray(Image.fromarray(pixels).resize((cols * wide, rows * high), how))
    tiles = pixels.reshape(rows, high, cols, wide, 3).swapaxes(1, 2)
    index = np.arange(rows * cols).reshape(rows, cols)
    return Cells(np.ascontiguousarray(tiles).reshape(-1, high, wide, 3), index, exact=False)


def majority_tile(cells: Cells) -> Values:
    """What most cells show, float32 ``(height, width, 3)``."""
    if cells.exact:
        commonest: Values = cells.tiles[int(cells.counts.argmax())].astype(np.float32)
        return commonest
    return _median(cells.tiles)


def _median(tiles: NDArray[np.uint8]) -> Values:
    """Median over the first axis; partitioning bytes is many times faster than ``np.median``."""
    middle = len(tiles) // 2
    median: Values = np.partition(tiles, middle, axis=0)[middle].astype(np.float32)
    return median


def repeats(cells: Cells, tile: Values) -> float:
    """Share of cells (0..1) that show ``tile``, give or take compression, noise and a tint.

    A cell shows the tile when the pattern of the two, freed of mean and contrast, correlates
    better than .8. Cells of a grid that is not there correlate by chance only.
    """
    if cells.exact and len(cells.tiles) == 1:
        return 1.0
    step = max(1, min(tile.shape[:2]) // 28)  # coarser pixels tell as much
    centred = tile[::step, ::step] - tile.mean(axis=(0, 1))
    wanted = (centred - centred.mean()).ravel()
    if float(np.abs(wanted).max()) < 1.0:
        return 0.0  # a flat tile: nothing to repeat
    shown = cells.tiles[:, ::step, ::step].astype(np.float32) - tile.mean(axis=(0, 1))
    pattern = shown.reshape(len(shown), -1)
    pattern -= pattern.mean(axis=1, keepdims=True)
    # Plain sums instead of matrix products: these start threads of their own (BLAS).
    along = np.einsum("np,p->n", pattern, wanted)
    size = np.sqrt(np.einsum("np,np->n", pattern, pattern) * float((wanted**2).sum()))
    likeness = along / (size + 1e-6)
    return float(cells.counts[likeness > 0.8].sum() / cells.index.size)


def exceptions(cells: Cells, tiles: Values, tile: Values, trust: Values | None) -> Flags:
    """Which cells differ from the majority.

    Args:
        cells: the picture's cells.
        tiles: float32 ``(kinds, height, width, 3)``: the cells' tiles, freed of a highlight.
        tile: what most cells show, ``(height, width, 3)``.
        trust: float32 ``(kinds, height, width)``, 0 where a highlight hides the art and below 1
            where undoing it enlarged errors; None when there is no highlight.

    Returns:
        bool ``(rows, cols)``.
    """
    away = tiles - tile
    if cells.exact:
        away *= 1.0 if trust is None else trust[..., None]
        limit = 0.0 if trust is None else ROUNDED
        odd = np.abs(away).reshape(len(away), -1).max(axis=1) > limit
    else:
        odd = _odd_ones(away, trust, float(np.ptp(tile)))
    flags: Flags = odd[cells.index]
    return flags if cells.exact else _without_lines(flags)


def _without_lines(flags: Flags) -> Flags:
    """Drop exceptions that fill a row or column: resampling hits a line of cells all alike."""
    rows = flags.mean(axis=1, keepdims=True) > _WHOLE_LINE
    cols = flags.mean(axis=0, keepdims=True) > _WHOLE_LINE
    kept: Flags = flags & ~rows & ~cols
    return kept


def _odd_ones(away: Values, trust: Values | None, contrast: float) -> Flags:
    """Exceptions among cells none of which is quite equal to another.

    The oddest spots of the cells name suspects; what the suspects share is then looked for in
    all cells (a matched filter), which finds the faint ones among them and drops chance hits.
    """
    if trust is not None:
        away, trust = _even_out(away, trust)
    spread = _spread(away)
    deviation = away / spread
    if trust is not None:
        # Compression treats a tinted cell unlike a plain one, the more so the stronger the art.
        calm = spread.mean(axis=2) / (spread.mean(axis=2) + _TINTED * contrast)
        deviation[_marked(trust)] *= calm[..., None]
        trust[_marked(trust)] *= calm
        trust = _level_noise(deviation, trust)
    oddness = _oddest_spot(deviation)
    centre = float(np.median(oddness))
    usual = 1.4826 * float(np.median(np.abs(oddness - centre))) + 0.05 * centre
    scatter = max(usual, _LEAST_SCATTER)
    # Whatever undoing a highlight left is in the least odd of its cells as well.
    start = np.full_like(oddness, centre)
    if trust is not None and (marked := _marked(trust)).any():
        least = float(np.percentile(oddness[marked], 15, method="lower"))
        start[marked] = max(centre, least)
    oddness = (oddness - start) / scatter
    suspects: Flags = oddness > _ODD_TOGETHER
    if not suspects.any():
        return suspects
    found = _alike(deviation, trust, int(oddness.argmax())) & (oddness > 0.6 * _ODD_TOGETHER)
    if (found & suspects).sum() == 1 and oddness[found].max() < _ODD:
        return np.zeros_like(found)
    # A second kind of exception does not match the first but is no less odd.
    kept: Flags = found | (oddness > max(_ODD, 0.6 * float(np.median(oddness[found]))))
    return kept


def _alike(deviation: Values, trust: Values | None, first: int) -> Flags:
    """Cells ``(n,)`` that deviate as cell ``first`` does by more than half, where visible."""
    seen = np.ones((1, *deviation.shape[1:3]), np.float32) if trust is None else trust
    seen = np.broadcast_to(seen, deviation.shape[:3])
    found = np.zeros(len(deviation), np.bool_)
    found[first] = True
    for _ in range(3):
        shared: Values = deviation[found].sum(axis=0) / np.maximum(
            seen[found].sum(axis=0)[..., None], 1e-3
        )
        shared[np.abs(shared).max(axis=2) < _FAINT] = 0.0  # one noisy cell would match itself only
        hit = np.einsum("nhw,nhw->n", np.einsum("nhwc,hwc->nhw", deviation, shared), seen)
        full = np.einsum("nhw,nhw,hw->n", seen, seen, (shared**2).sum(axis=2))
        found = hit > 0.5 * full
        found[first] = True
    return found


def _even_out(away: Values, trust: Values) -> tuple[Values, Values]:
    """Take off what undoing a highlight left in all of its cells alike, and apply ``trust``.

    What is taken off is bounded, so that a region full of exceptions stays full of them.
    """
    marked = _marked(trust)
    if marked.sum() >= 4:
        clear = trust[marked] > 0.0
        left = np.where(clear[..., None], away[marked], np.nan)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # pixels hidden in all cells
            common = np.nan_to_num(np.nanmedian(left, axis=0))
        away[marked] -= np.clip(common, -_LEFT_OVER, _LEFT_OVER)
    away *= trust[..., None]
    return away, trust


def _marked(trust: Values) -> Flags:
    """Which cells ``(n,)`` lie under a tint: no pixel of theirs is fully trusted."""
    flags: Flags = trust.reshape(len(trust), -1).max(axis=1) < 1.0
    return flags


def _level_noise(deviation: Values, trust: Values) -> Values:
    """Bring the noise of highlighted cells down to that of the others; returns the new trust.

    Noise that is cut off at white shows less outside a tint than inside. The quietest cell of
    the group is taken, since exceptions are never quieter than the majority. Works in place.
    """
    group = _marked(trust)
    if not group.any() or group.all():
        return trust
    high, wide = deviation.shape[1:3]
    core = np.abs(deviation[:, high // 8 : high - high // 8, wide // 8 : wide - wide // 8])
    level = np.percentile(core.reshape(len(core), -1)[:, ::3], 80, axis=1)
    excess = float(level[group].min()) / max(1.0, float(np.median(level[~group])))
    if excess > 1.0:
        deviation[group] /= excess
        trust = trust.copy()
        trust[group] /= excess
    return trust


def _spread(away: Values) -> Values:
    """How much equal cells vary at each pixel and channel, in grey levels (robust)."""
    spread = 1.4826 * _median(np.minimum(np.abs(away), 255.0).astype(np.uint8)) + _BLUR
    # Resampling moves edges by part of a pixel, so a pixel may vary as its neighbours do.
    padded = np.pad(spread, ((1, 1), (1, 1), (0, 0)), mode="edge")
    high, wide = spread.shape[:2]
    near = [padded[y : y + high, x : x + wide] for y in range(3) for x in range(3)]
    wider: Values = np.maximum(spread, 0.6 * np.max(near, axis=0)).astype(np.float32)
    return wider


def _oddest_spot(deviation: Values) -> NDArray[np.float32]:
    """Strongest deviation of each cell, averaged over 2 x 2 pixels and the channels' norm."""
    size = 2 if min(deviation.shape[1:3]) >= 12 else 1
    smooth = deviation
    if size == 2:
        rows = deviation[:, 1:] + deviation[:, :-1]
        smooth = np.float32(0.25) * (rows[:, :, 1:] + rows[:, :, :-1])
    strength = np.einsum("nhwc,nhwc->nhw", smooth, smooth)
    return np.asarray(np.sqrt(strength.reshape(len(strength), -1).max(axis=1)))
