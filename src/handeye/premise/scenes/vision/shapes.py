"""Shapes as whole numbers, and their paint: the same pixels on every machine.

Points lie on a grid of :data:`FINE` steps a pixel. A shape covers so many of the ``FINE * FINE``
squares of a pixel, and that share of its ink is mixed in. No library draws; sines are whole
numbers. Knows shapes and inks, nothing of details.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from handeye.media.angles import ONE, sine, turned
from handeye.premise.scenes.kinds import SIZE, STAGE

Pixels: TypeAlias = NDArray[np.uint8]
Point: TypeAlias = tuple[int, int]
Form: TypeAlias = int | tuple[Point, ...]
"""A disc's radius, or a polygon's points about its centre; in fine steps."""
Ink: TypeAlias = tuple[int, int, int]

FINE = 4
CORNERS = {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6}
SHAPES = ("circle", *CORNERS)
# Seen well on a dark ground.
INKS: tuple[Ink, ...] = (
    (236, 236, 236),
    (240, 208, 48),
    (72, 216, 224),
    (248, 144, 56),
    (96, 220, 96),
    (236, 128, 208),
)


def box(width: int, height: int) -> tuple[Point, ...]:
    """A rectangle of whole pixels about its centre."""
    x, y = width * FINE // 2, height * FINE // 2
    return ((-x, -y), (x, -y), (x, y), (-x, y))


@lru_cache(maxsize=1024)
def shape(name: str, radius: int, turn: int = 0) -> Form:
    """A regular shape as large as a disc of ``radius`` pixels.

    Args:
        name: one of :data:`SHAPES`; each stands on one of its sides.
        radius: in pixels.
        turn: clockwise, in degrees.
    """
    if name == "circle":
        return radius * FINE
    corners = CORNERS[name]
    step = 360 // corners
    # A polygon of circumradius r has the area n r^2 sin(360 / n) / 2; pi is 355/113.
    square = 2 * 355 * (radius * FINE) ** 2 * ONE // (113 * corners * sine(step))
    top = (0, -(math.isqrt(4 * square) + 1) // 2)
    upright = turn + (step // 2 if corners % 2 == 0 else 0)
    return tuple(turned((top,), upright + step * number)[0] for number in range(corners))


@lru_cache(maxsize=1024)
def cover(form: Form, right: int = 0, down: int = 0) -> NDArray[np.int32]:
    """How much of each pixel a form covers, of ``FINE * FINE``.

    Args:
        form: about a centre that lies on a pixel's upper left corner.
        right: fine steps from there to the right, 0 to ``FINE - 1``.
        down: likewise downwards.

    Returns:
        A square array of even side; the corner is the middle one of its pixels.
    """
    reach = form if isinstance(form, int) else max(max(abs(x), abs(y)) for x, y in form)
    return whole(squares(form, -(-(reach + FINE) // FINE), right, down))


def squares(form: Form, half: int, right: int = 0, down: int = 0) -> NDArray[np.bool_]:
    """The fine squares whose middle lies in a form.

    Args:
        form: about a centre that lies ``right`` and ``down`` fine steps from the middle.
        half: half the side of the square that is looked at, in pixels.
        right: to the right.
        down: downwards.
    """
    # The middles of the fine squares in half steps: odd, where the points are even.
    places = 2 * np.arange(-half * FINE, half * FINE, dtype=np.int64) + 1
    x, y = (places - 2 * right)[None, :], (places - 2 * down)[:, None]
    if isinstance(form, int):
        disc: NDArray[np.bool_] = x * x + y * y <= 4 * form * form
        return disc
    inside = np.zeros((len(places), len(places)), dtype=bool)
    for (ax, ay), (bx, by) in pairwise([*form, form[0]]):
        # A ray to the right crosses this edge; of an even number of them nothing is left.
        rows = (2 * ay > y) != (2 * by > y)
        sign = 1 if by > ay else -1
        inside ^= rows & (sign * (x - 2 * ax) * (by - ay) < sign * (bx - ax) * (y - 2 * ay))
    return inside


def whole(inside: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Fine squares -> how many of each pixel's are set."""
    rows, columns = inside.shape
    blocks = inside.reshape(rows // FINE, FINE, columns // FINE, FINE)
    total: NDArray[np.int32] = blocks.sum((1, 3), dtype=np.int32)
    return total


def ground(grey: int, rows: int = STAGE) -> Pixels:
    """An empty picture, (rows, 224, 3)."""
    return np.full((rows, SIZE, 3), grey, dtype=np.uint8)


def grey(level: int) -> Ink:
    """A neutral ink."""
    return level, level, level


def paint(picture: Pixels, form: Form, x: int, y: int, ink: Ink) -> None:
    """Paint a form onto a picture (rows, columns, 3).

    Args:
        picture: is changed.
        form: must lie inside it.
        x: its centre, in fine steps from the left edge.
        y: likewise from the upper edge.
        ink: its colour.
    """
    paint_cover(picture, cover(form, x % FINE, y % FINE), x // FINE, y // FINE, ink)


def paint_cover(picture: Pixels, share: NDArray[np.int32], x: int, y: int, ink: Ink) -> None:
    """Paint by shares of ``FINE * FINE``; (x, y) is the pixel at the middle of ``share``."""
    rows, columns = share.shape
    top, left = y - rows // 2, x - columns // 2
    if top < 0 or left < 0:
        raise ValueError(f"a form at ({x}, {y}) does not fit the picture")
    part = picture[top : top + rows, left : left + columns]
    full = FINE * FINE
    mixed = part * (full - share)[..., None] + np.array(ink, np.int32) * share[..., None]
    part[:] = (mixed + full // 2) // full
