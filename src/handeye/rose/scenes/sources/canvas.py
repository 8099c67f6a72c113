"""A small indexed canvas on which sprites are drawn from simple shapes.

Colours are indices into a :class:`Palette`; 0 is clear. Shapes are boolean masks over the canvas,
with coordinates at pixel centres (the middle of a 24-pixel canvas is 11.5).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
SIDE = 24
MIDDLE = (SIDE - 1) / 2
CLEAR, OUTLINE, DARK, MID, LIGHT, ACCENT, DEEP, WHITE = range(8)
_y, _x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)


class Palette(NamedTuple):
    """Hex colours: outline, three shades of the body, an accent and its darker shade."""

    outline: str
    dark: str
    mid: str
    light: str
    accent: str
    deep: str


# Our own colour schemes: a body in three shades and an accent that stands out from it.
PALETTES = (
    Palette("2b1d3a", "6a3d9a", "9a63c9", "c9a2ea", "ffd35c", "d99a1f"),
    Palette("16283b", "1f5f8b", "3a8fc4", "8cc9ec", "ff8a5c", "c9552f"),
    Palette("1c2b1a", "2f6b35", "55a04c", "a3d48a", "f25f7a", "b3304f"),
    Palette("38150f", "a5371f", "dd6239", "f7a873", "5fd0c5", "24897f"),
    Palette("2e2412", "8a6420", "c99a3a", "f0d184", "5a7fe0", "304fa8"),
    Palette("331627", "9c2f63", "d65a92", "f5a3c5", "6fd08c", "2f8f55"),
    Palette("10292b", "1d7a78", "3bb3a8", "98e0d3", "f7c948", "c78d12"),
    Palette("22242b", "555c6e", "8a93a6", "c6cdd9", "ef5b5b", "a82f35"),
    Palette("2a1a10", "74482a", "a8744a", "d8ae82", "7cc4f0", "3a82b5"),
    Palette("1a1c3d", "383f94", "6069cc", "a8aff0", "f7a13b", "bf6a12"),
    Palette("2c2f0f", "6c7a1c", "a3b534", "d7e37f", "c565d6", "843394"),
    Palette("30100f", "8f1f2d", "c93d46", "f08c86", "f5e9c8", "c9b283"),
    Palette("12262a", "3b6a73", "6a9fa6", "b4d7d6", "e86fa8", "a83a72"),
    Palette("2b2233", "7b6a8f", "ab9bbd", "dcd1e6", "71c98b", "3a8a55"),
)


def ellipse(cx: float, cy: float, rx: float, ry: float) -> Mask:
    """Filled ellipse."""
    mask: Mask = ((_x - cx) / rx) ** 2 + ((_y - cy) / ry) ** 2 <= 1.0
    return mask


def box(left: float, top: float, right: float, bottom: float) -> Mask:
    """Filled rectangle, bounds included."""
    mask: Mask = (_x >= left) & (_x <= right) & (_y >= top) & (_y <= bottom)
    return mask


def wedge(cx: float, top: float, bottom: float, half_top: float, half_bottom: float) -> Mask:
    """Upright trapezium whose half width goes from ``half_top`` to ``half_bottom``."""
    part = (_y - top) / max(1.0, bottom - top)
    half = half_top + (half_bottom - half_top) * part
    mask: Mask = (_y >= top) & (_y <= bottom) & (np.abs(_x - cx) <= half)
    return mask


def both_sides(mask: Mask) -> Mask:
    """A shape with its mirror image left and right."""
    return mask | mask[:, ::-1]


def moved(mask: Mask, down: int, right: int) -> Mask:
    """A shape shifted by whole pixels, cut at the edge of the canvas."""
    out = np.zeros_like(mask)
    rows, columns = mask.shape
    out[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)] = mask[
        max(0, -down) : rows + min(0, -down), max(0, -right) : columns + min(0, -right)
    ]
    return out


class Canvas:
    """Paint masks in order, then frame what is opaque."""

    def __init__(self) -> None:
        self.pixels: NDArray[np.uint8] = np.zeros((SIDE, SIDE), np.uint8)

    def paint(self, mask: Mask, color: int) -> None:
        """Set the pixels of a mask."""
        self.pixels[mask] = color

    def inside(self, mask: Mask, color: int) -> None:
        """Set those pixels of a mask that are opaque already."""
        self.pixels[mask & (self.pixels != CLEAR)] = color

    def solid(self, mask: Mask, shades: tuple[int, int, int] = (DARK, MID, LIGHT)) -> None:
        """A lit body: light along the upper left rim, dark along the lower right, framed."""
        dark, mid, light = shades
        self.pixels[grown(mask) & ~mask & (self.pixels != CLEAR)] = OUTLINE
        self.pixels[mask] = mid
        self.pixels[mask & ~(moved(mask, 1, 1) & moved(mask, 2, 1))] = light
        self.pixels[mask & ~(moved(mask, -1, -1) & moved(mask, -2, -1))] = dark

    def eye(self, cx: int, cy: int, size: int, look: int) -> None:
        """A white eye of ``size`` pixels with a dark pupil looking left, ahead or right."""
        self.paint(box(cx, cy, cx + size - 1, cy + size - 1), WHITE)
        pupil = cx + min(max(0, look), size - 1)
        self.paint(box(pupil, cy + size // 2, pupil + (size > 2), cy + size - 1), OUTLINE)

    def framed(self) -> NDArray[np.uint8]:
        """The pixels with a one-pixel outline around everything opaque."""
        opaque = self.pixels != CLEAR
        self.pixels[grown(opaque) & ~opaque] = OUTLINE
        return self.pixels


def grown(mask: Mask) -> Mask:
    """A shape and its 4-neighbours."""
    return mask | moved(mask, 1, 0) | moved(mask, -1, 0) | moved(mask, 0, 1) | moved(mask, 0, -1)


def colored(pixels: NDArray[np.uint8], palette: Palette) -> NDArray[np.uint8]:
    """Indexed pixels as RGBA ``(height, width, 4)``; white eyes, clear ground."""
    colors = np.zeros((8, 4), np.uint8)
    for index, text in enumerate((*palette, "ffffff"), start=1):
        colors[index] = (*bytes.fromhex(text), 255)
    rgba: NDArray[np.uint8] = colors[pixels]
    return rgba
