"""A small drawing surface: soft shapes in pixel units, drawn large and scaled down.

Everything is drawn by Pillow at :data:`SCALE` times the size with whole numbers and reduced by the
mean of each block, so edges are smooth and rounding differences of the machine's sines stay far
below what can move a pixel. Knows shapes and colours, nothing of scenes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

from PIL import Image, ImageColor, ImageDraw

WIDTH, HEIGHT = 384, 288
SCALE = 3

Point = tuple[float, float]
Ink = tuple[int, int, int, int]


@lru_cache(maxsize=4096)
def ink(color: str, alpha: float = 1.0) -> Ink:
    """Colour ``#rrggbb`` with opacity 0..1 as Pillow takes it."""
    red, green, blue = ImageColor.getrgb(color)[:3]
    return red, green, blue, round(255 * alpha)


@lru_cache(maxsize=4096)
def mix(first: str, second: str, share: float) -> str:
    """The colour ``share`` (0..1) of the way from ``first`` to ``second``."""
    a, b = ink(first), ink(second)
    parts = (round(x + (y - x) * share) for x, y in zip(a[:3], b[:3], strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def shade(color: str, amount: float) -> str:
    """``color`` darker (amount below 0) or lighter (above 0); -1 is black, 1 white."""
    return mix(color, "#ffffff" if amount > 0 else "#141a24", round(abs(amount), 3))


class Canvas:
    """One picture being drawn; coordinates in pixels of the finished picture, y downwards."""

    def __init__(self, image: Image.Image | None = None) -> None:
        self._image = image or Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), "#ffffff")
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def copy(self) -> Canvas:
        """A canvas of its own with the same picture."""
        return Canvas(self._image.copy())

    def finished(self) -> Image.Image:
        """The picture at its true size, RGB."""
        return self._image.reduce(SCALE)

    def poly(self, points: Iterable[Point], color: str, alpha: float = 1.0) -> None:
        """A filled polygon."""
        self._draw.polygon([_at(x, y) for x, y in points], fill=ink(color, alpha))

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        color: str,
        *,
        round: float = 0,
        alpha: float = 1.0,
    ) -> None:
        """A rectangle from its upper left corner, with rounded corners of radius ``round``."""
        if width <= 0 or height <= 0:
            return
        x1, y1 = _at(x, y)
        x2, y2 = _at(x + width, y + height)
        box = (x1, y1, max(x1, x2 - 1), max(y1, y2 - 1))
        radius = min(_whole(round), (box[2] - box[0]) // 2, (box[3] - box[1]) // 2)
        if radius > 0:
            self._draw.rounded_rectangle(box, radius, fill=ink(color, alpha))
        else:
            self._draw.rectangle(box, fill=ink(color, alpha))

    def oval(
        self, x: float, y: float, rx: float, ry: float, color: str, alpha: float = 1.0
    ) -> None:
        """A filled ellipse around (x, y)."""
        (x1, y1), (x2, y2) = _at(x - rx, y - ry), _at(x + rx, y + ry)
        self._draw.ellipse((x1, y1, max(x1, x2), max(y1, y2)), fill=ink(color, alpha))

    def disc(self, x: float, y: float, radius: float, color: str, alpha: float = 1.0) -> None:
        """A filled circle around (x, y)."""
        self.oval(x, y, radius, radius, color, alpha)

    def stroke(self, points: Sequence[Point], width: float, color: str) -> None:
        """A line of rounded joints and ends through the points; always opaque."""
        fill = ink(color)
        ends = [_at(x, y) for x, y in points]
        self._draw.line(ends, fill=fill, width=max(1, _whole(width)))
        radius = width / 2
        if radius * SCALE >= 1.5:
            for x, y in points:
                self.disc(x, y, radius, color)

    def ring(self, x: float, y: float, radius: float, width: float, color: str) -> None:
        """A circle's outline; ``radius`` is the outer one."""
        (x1, y1), (x2, y2) = _at(x - radius, y - radius), _at(x + radius, y + radius)
        self._draw.ellipse((x1, y1, x2, y2), outline=ink(color), width=max(1, _whole(width)))

    def fade(self, top: str, bottom: str, y1: float = 0, y2: float = HEIGHT) -> None:
        """Rows shading from ``top`` to ``bottom`` colour between two heights."""
        start, end = _whole(y1), _whole(y2)
        for row in range(start, end):
            share = round((row - start) / max(1, end - start - 1), 3)
            self._draw.line((0, row, WIDTH * SCALE, row), fill=ink(mix(top, bottom, share)))

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: float = 0.16) -> None:
        """A soft shadow on the ground."""
        for size in (1.0, 0.8, 0.58):
            self.oval(x, y, rx * size, ry * size, "#10202c", strength / 2)


def turned(points: Iterable[Point], about: Point, degrees: float) -> list[Point]:
    """Points turned clockwise (as seen on the picture) about a point."""
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    ox, oy = about
    return [
        (ox + (x - ox) * cos - (y - oy) * sin, oy + (x - ox) * sin + (y - oy) * cos)
        for x, y in points
    ]


def box(x: float, y: float, width: float, height: float) -> list[Point]:
    """The corners of a rectangle from its upper left corner."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _whole(value: float) -> int:
    return math.floor(value * SCALE + 0.5)


def _at(x: float, y: float) -> tuple[int, int]:
    return _whole(x), _whole(y)
