"""Forms, and how much of each pixel they cover: the same pixels on every machine.

Places are whole numbers, :data:`FINE` to a unit of the stage, which is :data:`STAGE` units wide and
high whatever the size of the picture. A form is scaled, cut into four lines a pixel, and each line
is measured exactly between its crossings; no library draws. Knows forms and inks, nothing of
questions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from handeye.media.angles import turned

Pixels: TypeAlias = NDArray[np.uint8]
Point: TypeAlias = tuple[int, int]
Ink: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[int, int, int, int]

STAGE = 336
"""Units of a picture's side; at the default size a unit is a pixel."""
FINE = 64
_LINES = 4
FULL = FINE * _LINES
"""What :func:`cover` gives for a pixel that is covered whole."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed polygon about the origin; what an even number of its rings hold is empty."""

    rings: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc about a point, with a round hole of ``hole`` about the same point."""

    radius: int
    hole: int = 0
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Together:
    """What any of several forms covers."""

    parts: tuple[Form, ...]


Form: TypeAlias = Polygon | Disc | Together


def fine(units: float) -> int:
    """Units as fine steps."""
    return round(units * FINE)


def polygon(*points: tuple[float, float]) -> Polygon:
    """A polygon by its corners in units."""
    return Polygon((tuple((fine(x), fine(y)) for x, y in points),))


def rectangle(width: float, height: float, x: float = 0, y: float = 0) -> Polygon:
    """A rectangle about (x, y), in units."""
    w, h = width / 2, height / 2
    return polygon((x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h))


def stroke(points: Iterable[Point], width: int) -> Together:
    """A line through points with round ends and joints; everything in fine steps."""
    path = tuple(points)
    parts: list[Form] = [Disc(width // 2, 0, x, y) for x, y in dict.fromkeys(path)]
    for (ax, ay), (bx, by) in pairwise(path):
        dx, dy = bx - ax, by - ay
        long = _root(dx * dx + dy * dy)
        if long:
            ox, oy = -dy * width // (2 * long), dx * width // (2 * long)
            corners = (
                (ax + ox, ay + oy),
                (bx + ox, by + oy),
                (bx - ox, by - oy),
                (ax - ox, ay - oy),
            )
            parts.append(Polygon((corners,)))
    return Together(tuple(parts))


def _root(value: int) -> int:
    return int(np.sqrt(float(value)))


def rotated(form: Form, degrees: int) -> Form:
    """A form turned clockwise about the origin."""
    if isinstance(form, Polygon):
        return Polygon(tuple(turned(ring, degrees) for ring in form.rings))
    if isinstance(form, Disc):
        ((x, y),) = turned(((form.x, form.y),), degrees)
        return Disc(form.radius, form.hole, x, y)
    return Together(tuple(rotated(part, degrees) for part in form.parts))


def regular(corners: int, radius: int, inner: int | None = None) -> Polygon:
    """A regular polygon, point upwards, in fine steps; with ``inner`` radius a star."""
    points: list[Point] = []
    for number in range(corners):
        at = 360 * number // corners
        points += turned(((0, -radius),), at)
        if inner is not None:
            points += turned(((0, -inner),), at + 180 // corners)
    return Polygon((tuple(points),))


# ---- covering


@lru_cache(maxsize=4096)
def cover(form: Form, size: int, right: int, down: int) -> tuple[NDArray[np.int32], int, int]:
    """How much of each pixel a form covers.

    Args:
        form: about the origin.
        size: side of the picture in pixels.
        right: 1/64 pixels from the origin's pixel to the origin, 0 to 63.
        down: likewise downwards.

    Returns:
        Shares of :data:`FULL`, (rows, columns), and the column and row of its upper left pixel,
        counted from the origin's.
    """
    if isinstance(form, Together):
        return _united([cover(part, size, right, down) for part in form.parts])
    if isinstance(form, Polygon):
        rings = [
            np.array([(scaled(x, size) + right, scaled(y, size) + down) for x, y in ring], np.int64)
            for ring in form.rings
        ]
        places = np.concatenate(rings)
        low, high = places.min(0), places.max(0)
    else:
        middle = np.array([scaled(form.x, size) + right, scaled(form.y, size) + down], np.int64)
        outer = scaled(form.radius, size)
        low, high = middle - outer, middle + outer
    left, top = (low // FINE).tolist()
    width, height = (-(-high // FINE) - low // FINE).clip(1).tolist()
    step = FINE // _LINES
    lines = top * FINE + step * np.arange(height * _LINES, dtype=np.int64) + step // 2
    if isinstance(form, Polygon):
        edges = np.concatenate([np.hstack([ring, np.roll(ring, -1, 0)]) for ring in rings])
        crossings = _crossings(edges, lines)
    else:
        crossings = _chords(middle, (outer, scaled(form.hole, size)), lines)
    pixels = FINE * (left + np.arange(width, dtype=np.int64))
    share = np.zeros((len(lines), width), np.int64)
    for start, end in zip(crossings[::2], crossings[1::2], strict=True):
        share += (end[:, None] - pixels).clip(0, FINE) - (start[:, None] - pixels).clip(0, FINE)
    summed = share.reshape(height, _LINES, width).sum(1).astype(np.int32)
    summed.flags.writeable = False
    return summed, left, top


def scaled(value: int, size: int) -> int:
    """Fine steps of the stage as 1/64 pixels, to the nearest."""
    return (2 * value * size + STAGE) // (2 * STAGE)


_FAR = np.int64(1) << 40


def _crossings(edges: NDArray[np.int64], lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where lines cross the edges (n, 4), in order; those that are not there lie far off."""
    ax, ay, bx, by = (edges[:, place, None] for place in range(4))
    crossed = (ay <= lines) != (by <= lines)
    rise = np.where(by == ay, 1, by - ay)
    at = np.where(crossed, ax + (lines - ay) * (bx - ax) // rise, _FAR)
    at.sort(0)
    most = int(crossed.sum(0).max(initial=0))
    return at[: most + most % 2]


def _chords(
    middle: NDArray[np.int64], radii: tuple[int, int], lines: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Where lines enter and leave a disc with a hole, in order."""
    out: list[NDArray[np.int64]] = []
    for radius in radii if radii[1] else radii[:1]:
        square = radius * radius - (lines - middle[1]) ** 2
        # Of whole numbers below 2^53 the root is rounded alike everywhere.
        half = np.sqrt(square.clip(0).astype(np.float64)).astype(np.int64)
        start, end = middle[0] - half, middle[0] + half
        out = [start, end] if not out else [out[0], start, end, out[1]]
    return np.stack(out)


def _united(
    parts: list[tuple[NDArray[np.int32], int, int]],
) -> tuple[NDArray[np.int32], int, int]:
    left = min(at for _, at, _ in parts)
    top = min(at for _, _, at in parts)
    right = max(at + share.shape[1] for share, at, _ in parts)
    bottom = max(at + share.shape[0] for share, _, at in parts)
    whole = np.zeros((bottom - top, right - left), np.int32)
    for share, x, y in parts:
        window = whole[y - top : y - top + share.shape[0], x - left : x - left + share.shape[1]]
        np.maximum(window, share, out=window)
    whole.flags.writeable = False
    return whole, left, top


@lru_cache(maxsize=8)
def _empty(size: int, ground: Ink) -> Pixels:
    return np.full((size, size, 3), ground, np.uint8)


class Canvas:
    """A picture being painted, and which thing each of its pixels shows.

    Attributes:
        pixels: (size, size, 3).
        masks: (size, size): number of the thing that covers at least half of the pixel, the last
            one painted; 0 for the ground.
    """

    def __init__(self, size: int, ground: Ink) -> None:
        self.size = size
        self.pixels: Pixels = _empty(size, ground).copy()
        self.masks: Pixels = np.zeros((size, size), np.uint8)

    def paint(self, form: Form, x: int, y: int, ink: Ink, number: int) -> Box:
        """Paint a form.

        Args:
            form: about its origin.
            x: of the origin, in fine steps from the left edge of the stage.
            y: likewise from the upper edge.
            ink: its colour.
            number: of the thing that it is part of, from 1.

        Returns:
            The box of its pixels: left, top, right, bottom.

        Raises:
            ValueError: it leaves the picture.
        """
        right, down = scaled(x, self.size), scaled(y, self.size)
        share, left, top = cover(form, self.size, right % FINE, down % FINE)
        left, top = left + right // FINE, top + down // FINE
        rows, columns = share.shape
        if min(left, top) < 0 or max(left + columns, top + rows) > self.size:
            raise ValueError(f"a form at ({x}, {y}) leaves the picture")
        part = self.pixels[top : top + rows, left : left + columns]
        mixed = part * (FULL - share)[..., None] + np.array(ink, np.int32) * share[..., None]
        part[:] = (mixed + FULL // 2) // FULL
        self.masks[top : top + rows, left : left + columns][share >= FULL // 2] = number
        return left, top, left + columns, top + rows
