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
from itertools import chain, pairwise
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


@lru_cache(maxsize=1024)
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
    if isinstance(form, Disc):
        x, y = scaled(form.x, size) + right, scaled(form.y, size) + down
        outer, hole = scaled(form.radius, size), scaled(form.hole, size)
        left, top = (x - outer) // FINE, (y - outer) // FINE
        return _disc(x - left * FINE, y - top * FINE, outer, hole), left, top
    rings = [
        [(scaled(x, size) + right, scaled(y, size) + down) for x, y in ring] for ring in form.rings
    ]
    left, top = (min(least) // FINE for least in zip(*chain.from_iterable(rings), strict=True))
    own = tuple(tuple((x - left * FINE, y - top * FINE) for x, y in ring) for ring in rings)
    return _polygon(own), left, top


# The strokes of letters, and things of the same shape and size, often lie alike within a pixel.
@lru_cache(maxsize=2048)
def _disc(x: int, y: int, outer: int, hole: int) -> NDArray[np.int32]:
    """What a disc covers of the pixels from (0, 0), everything in 1/64 pixels."""
    lines = _lines(y + outer)
    out: list[NDArray[np.int64]] = []
    for radius in (outer, hole) if hole else (outer,):
        square = radius * radius - (lines - y) ** 2
        # Of whole numbers below 2^53 the root is rounded alike everywhere.
        half = np.sqrt(np.maximum(square, 0).astype(np.float64)).astype(np.int64)
        start, end = x - half, x + half
        out = [start, end] if not out else [out[0], start, end, out[1]]
    return _filled(np.stack(out), x + outer)


_FAR = 1 << 30


@lru_cache(maxsize=2048)
def _polygon(rings: tuple[tuple[Point, ...], ...]) -> NDArray[np.int32]:
    """What a polygon covers of the pixels from (0, 0), everything in 1/64 pixels."""
    right, bottom = (max(most) for most in zip(*chain.from_iterable(rings), strict=True))
    lines = _lines(bottom)
    edges = [(*one, *two) for ring in rings for one, two in pairwise((*ring, ring[0]))]
    ax, ay, bx, by = np.array(edges).T[..., None]
    crossed = (ay <= lines) != (by <= lines)
    rise = np.where(by == ay, 1, by - ay)
    # Those that are not there lie far off.
    at = np.where(crossed, ax + (lines - ay) * (bx - ax) // rise, _FAR)
    at.sort(0)
    most = int(crossed.sum(0).max(initial=0))
    return _filled(at[: most + most % 2], right)


def _lines(bottom: int) -> NDArray[np.int64]:
    """Where lines lie down to a place, four of them in a pixel."""
    step = FINE // _LINES
    return step * np.arange(max(1, -(-bottom // FINE)) * _LINES) + step // 2


def _filled(crossings: NDArray[np.int64], right: int) -> NDArray[np.int32]:
    """How much of each pixel lies within: from the first crossing of a line to the second, ..."""
    places = FINE * np.arange(max(1, -(-right // FINE)), dtype=np.int32)
    share = np.zeros((crossings.shape[1], len(places)), np.int32)
    ends = crossings.astype(np.int32)[..., None]
    for start, end in zip(ends[::2], ends[1::2], strict=True):
        share += _from_left(end - places)
        share -= _from_left(start - places)
    summed: NDArray[np.int32] = share.reshape(-1, _LINES, len(places)).sum(1, dtype=np.int32)
    summed.flags.writeable = False
    return summed


def _from_left(ends: NDArray[np.int32]) -> NDArray[np.int32]:
    """How much of a pixel lies before an end, by how far it is from the pixel's left."""
    return np.minimum(np.maximum(ends, 0, out=ends), FINE, out=ends)


def scaled(value: int, size: int) -> int:
    """Fine steps of the stage as 1/64 pixels, to the nearest."""
    return (2 * value * size + STAGE) // (2 * STAGE)


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


class Canvas:
    """A picture being painted, and which thing each of its pixels shows.

    Attributes:
        pixels: (size, size, 3).
        masks: (size, size): number of the thing that covers at least half of the pixel, the last
            one painted; 0 for the ground.
    """

    def __init__(self, pixels: Pixels, masks: Pixels) -> None:
        self.size, self.pixels, self.masks = len(masks), pixels, masks

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
        here = slice(top, top + rows), slice(left, left + columns)
        # Sixteen bits are enough: 255 * FULL + FULL // 2.
        weight = share.astype(np.uint16)
        rest = FULL - weight
        for plane, strength in enumerate(ink):  # each alone: three at a time are slow
            mixed = self.pixels[*here, plane] * rest
            mixed += weight * np.uint16(strength)
            mixed += FULL // 2
            self.pixels[*here, plane] = mixed // FULL
        np.copyto(self.masks[here], np.uint8(number), where=share >= FULL // 2)
        return left, top, left + columns, top + rows


def blank(size: int, ground: Ink) -> Canvas:
    """A canvas that shows the ground alone."""
    return Canvas(_ground(size, ground).copy(), np.zeros((size, size), np.uint8))


@lru_cache(maxsize=8)
def _ground(size: int, ground: Ink) -> Pixels:
    return np.full((size, size, 3), ground, np.uint8)
