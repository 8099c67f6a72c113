"""Scene and art to pictures: base and cue. The only place that lays out pixels.

A cue picture is the base picture with one rectangle of cells highlighted: a tint over its cells and
a solid frame just inside its outer border, so that every cell is either fully in or fully out. All
arithmetic is on integers, so pictures are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scene import Cell, Grid, Region
from handeye.rose.scenes.png import encode_tiles
from handeye.rose.scenes.sources.base import Art, Tile

Colour = tuple[int, int, int]

# Saturated hues far apart from each other; the one farthest from the art is taken.
CUE_COLOURS: tuple[Colour, ...] = (
    (226, 26, 60),
    (0, 114, 206),
    (0, 150, 80),
    (240, 120, 0),
    (130, 40, 190),
    (230, 0, 160),
    (0, 160, 175),
)
_MAJORITY, _TARGET = 0, 1


@dataclass(frozen=True, slots=True)
class Mosaic:
    """A picture before it is encoded: ``layout`` (rows, cols) indices into square ``tiles``."""

    layout: NDArray[np.int64]
    tiles: tuple[Tile, ...]

    def png(self) -> bytes:
        """The picture as a PNG file, ``rows * size`` x ``cols * size`` pixels, RGB."""
        return encode_tiles(self.layout, self.tiles)

    def pixels(self) -> NDArray[np.uint8]:
        """The same pixels as an array ``(rows * size, cols * size, 3)``."""
        rows, cols = self.layout.shape
        size = self.tiles[0].shape[0]
        placed = np.stack(self.tiles)[self.layout]
        return placed.swapaxes(1, 2).reshape(rows * size, cols * size, 3)


def base_mosaic(grid: Grid, targets: Iterable[Cell], art: Art) -> Mosaic:
    """The scene without a cue."""
    return Mosaic(_contents(grid, targets), (art.majority, art.target))


def cue_mosaic(
    grid: Grid, targets: Iterable[Cell], art: Art, region: Region
) -> tuple[Mosaic, Colour]:
    """The scene with ``region`` (a rectangle) highlighted, and the colour used."""
    colour = cue_colour(art)
    layout = _contents(grid, targets)
    tiles: list[Tile] = [art.majority, art.target]
    known: dict[tuple[int, bool, bool, bool, bool], int] = {}
    for row in range(region.r1, region.r2 + 1):
        for col in range(region.c1, region.c2 + 1):
            content = int(layout[row - 1, col - 1])
            edges = (row == region.r1, row == region.r2, col == region.c1, col == region.c2)
            key = (content, *edges)
            if key not in known:
                known[key] = len(tiles)
                tiles.append(_highlight(tiles[content], colour, edges))
            layout[row - 1, col - 1] = known[key]
    return Mosaic(layout, tuple(tiles)), colour


def base_picture(grid: Grid, targets: Iterable[Cell], art: Art) -> bytes:
    """The scene without a cue as PNG, ``rows * size`` x ``cols * size`` pixels, RGB."""
    return base_mosaic(grid, targets, art).png()


def cue_picture(
    grid: Grid, targets: Iterable[Cell], art: Art, region: Region
) -> tuple[bytes, Colour]:
    """The scene with ``region`` (a rectangle) highlighted as PNG, and the colour used."""
    mosaic, colour = cue_mosaic(grid, targets, art, region)
    return mosaic.png(), colour


def cue_colour(art: Art) -> Colour:
    """The cue colour whose nearest colour in the art (and background) is farthest away.

    Colours that cover less than 2 % of a cell do not count: a highlight is seen against areas.
    """
    pixels = np.concatenate([art.majority.reshape(-1, 3), art.target.reshape(-1, 3)])
    levels = (pixels >> 4).astype(np.int64) @ np.array([256, 16, 1])
    counts = np.bincount(levels, minlength=4096)
    shown = [
        (16 * (level >> 8) + 8, 16 * (level >> 4 & 15) + 8, 16 * (level & 15) + 8)
        for level in np.flatnonzero(counts * 50 >= len(pixels)).tolist()
    ]
    shown.append(art.background)
    return max(CUE_COLOURS, key=lambda colour: min(_distance(colour, other) for other in shown))


def frame_width(cell_size: int) -> int:
    """Thickness of the cue's frame in pixels."""
    return max(2, cell_size // 20)


def _contents(grid: Grid, targets: Iterable[Cell]) -> NDArray[np.int64]:
    layout = np.full((grid.rows, grid.cols), _MAJORITY, np.int64)
    for row, col in targets:
        layout[row - 1, col - 1] = _TARGET
    return layout


def _highlight(tile: Tile, colour: Colour, edges: Sequence[bool]) -> Tile:
    """Mix a quarter of ``colour`` into the tile and draw the frame along the given edges."""
    out = ((tile.astype(np.uint16) * 3 + np.array(colour, np.uint16) + 2) >> 2).astype(np.uint8)
    width = frame_width(tile.shape[0])
    top, bottom, left, right = edges
    if top:
        out[:width] = colour
    if bottom:
        out[-width:] = colour
    if left:
        out[:, :width] = colour
    if right:
        out[:, -width:] = colour
    return out


def _distance(a: Colour, b: Colour) -> int:
    """Colour distance weighted for the eye ("redmean", T. Riemersma), squared, on integers."""
    mean = (a[0] + b[0]) // 2
    red, green, blue = (x - y for x, y in zip(a, b, strict=True))
    return ((512 + mean) * red * red >> 8) + 4 * green * green + ((767 - mean) * blue * blue >> 8)
