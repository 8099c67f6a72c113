"""Vehicles seen from behind or from the front, from the side, and what flies past."""

from __future__ import annotations

import math

from handeye.visualact.scenes.drawing.canvas import Canvas, Point, box, shade

PAINTS = ("#c8504b", "#3d6fa8", "#5f8f6b", "#e3b04b", "#7d6aa8", "#8e9aa6", "#efefea")
_GLASS = "#9fc3d6"
_TYRE = "#272c33"


def rear(c: Canvas, x: float, y: float, width: float, paint: str, *, brake: bool = False) -> None:
    """A car from behind, standing on y."""
    c.shadow(x, y, 0.56 * width, 0.07 * width)
    for side in (-1, 1):
        c.rect(
            x + side * 0.34 * width - 0.09 * width,
            y - 0.2 * width,
            0.18 * width,
            0.2 * width,
            _TYRE,
            round=0.04 * width,
        )
    cabin = [(-0.40, 0.42), (-0.31, 0.73), (0.31, 0.73), (0.40, 0.42)]
    c.poly([(x + dx * width, y - dy * width) for dx, dy in cabin], shade(paint, -0.12))
    glass = [(-0.33, 0.45), (-0.26, 0.67), (0.26, 0.67), (0.33, 0.45)]
    c.poly([(x + dx * width, y - dy * width) for dx, dy in glass], _GLASS)
    c.rect(x - width / 2, y - 0.47 * width, width, 0.36 * width, paint, round=0.08 * width)
    c.rect(
        x - 0.5 * width,
        y - 0.17 * width,
        width,
        0.07 * width,
        shade(paint, -0.25),
        round=0.03 * width,
    )
    c.rect(
        x - 0.13 * width, y - 0.3 * width, 0.26 * width, 0.09 * width, "#f3f3ee", round=0.01 * width
    )
    lamp = "#ff3b30" if brake else "#9c2f2b"
    for side in (-1, 1):
        if brake:
            c.disc(x + side * 0.40 * width, y - 0.37 * width, 0.15 * width, "#ff5a4a", 0.35)
        c.rect(
            x + side * 0.40 * width - 0.075 * width,
            y - 0.42 * width,
            0.15 * width,
            0.1 * width,
            lamp,
            round=0.03 * width,
        )


def front(c: Canvas, x: float, y: float, width: float, paint: str) -> None:
    """A car that comes towards the viewer."""
    c.shadow(x, y, 0.56 * width, 0.07 * width)
    for side in (-1, 1):
        c.rect(
            x + side * 0.34 * width - 0.09 * width,
            y - 0.2 * width,
            0.18 * width,
            0.2 * width,
            _TYRE,
            round=0.04 * width,
        )
    c.poly(
        [
            (x + dx * width, y - dy * width)
            for dx, dy in ((-0.42, 0.4), (-0.3, 0.74), (0.3, 0.74), (0.42, 0.4))
        ],
        shade(paint, -0.1),
    )
    c.poly(
        [
            (x + dx * width, y - dy * width)
            for dx, dy in ((-0.36, 0.43), (-0.26, 0.69), (0.26, 0.69), (0.36, 0.43))
        ],
        "#b7d6e4",
    )
    c.rect(x - width / 2, y - 0.45 * width, width, 0.34 * width, paint, round=0.09 * width)
    c.rect(
        x - 0.24 * width,
        y - 0.29 * width,
        0.48 * width,
        0.12 * width,
        shade(paint, -0.5),
        round=0.04 * width,
    )
    for side in (-1, 1):
        c.oval(x + side * 0.38 * width, y - 0.33 * width, 0.08 * width, 0.06 * width, "#fff8da")


def van(c: Canvas, x: float, y: float, width: float, paint: str) -> None:
    """A tall van from behind, standing on y."""
    c.shadow(x, y, 0.58 * width, 0.07 * width)
    for side in (-1, 1):
        c.rect(
            x + side * 0.35 * width - 0.08 * width,
            y - 0.2 * width,
            0.16 * width,
            0.2 * width,
            _TYRE,
            round=0.03 * width,
        )
    c.rect(x - width / 2, y - 1.12 * width, width, 1.02 * width, paint, round=0.1 * width)
    for side in (-1, 1):
        c.rect(
            x + side * 0.22 * width - 0.18 * width,
            y - 1.0 * width,
            0.36 * width,
            0.36 * width,
            _GLASS,
            round=0.04 * width,
        )
        c.rect(
            x + side * 0.43 * width - 0.045 * width,
            y - 0.5 * width,
            0.09 * width,
            0.18 * width,
            "#9c2f2b",
            round=0.02 * width,
        )
    c.rect(x - 0.008 * width, y - 1.06 * width, 0.016 * width, 0.9 * width, shade(paint, -0.2))
    c.rect(
        x - 0.5 * width,
        y - 0.18 * width,
        width,
        0.07 * width,
        shade(paint, -0.3),
        round=0.02 * width,
    )


def ambulance(c: Canvas, x: float, y: float, width: float, phase: float) -> None:
    """An ambulance that comes towards the viewer; ``phase`` in turns of its blue lights."""
    c.shadow(x, y, 0.58 * width, 0.07 * width)
    for side in (-1, 1):
        c.rect(
            x + side * 0.35 * width - 0.08 * width,
            y - 0.2 * width,
            0.16 * width,
            0.2 * width,
            _TYRE,
            round=0.03 * width,
        )
    c.rect(x - width / 2, y - 1.1 * width, width, 1.0 * width, "#fbfbf7", round=0.1 * width)
    c.rect(
        x - 0.42 * width,
        y - 0.84 * width,
        0.84 * width,
        0.34 * width,
        "#8fb4c8",
        round=0.06 * width,
    )
    c.rect(x - width / 2, y - 0.42 * width, width, 0.1 * width, "#e2463d")
    c.rect(x - 0.05 * width, y - 1.06 * width, 0.1 * width, 0.2 * width, "#e2463d")
    c.rect(x - 0.1 * width, y - 1.01 * width, 0.2 * width, 0.1 * width, "#e2463d")
    for side in (-1, 1):
        c.oval(x + side * 0.38 * width, y - 0.26 * width, 0.08 * width, 0.06 * width, "#fff8da")
        on = math.sin(2 * math.pi * phase) * side > 0
        if on:
            c.disc(x + side * 0.28 * width, y - 1.14 * width, 0.24 * width, "#4a86ff", 0.35)
        c.rect(
            x + side * 0.28 * width - 0.1 * width,
            y - 1.2 * width,
            0.2 * width,
            0.11 * width,
            "#3d7bff" if on else "#27406f",
            round=0.04 * width,
        )


def side(
    c: Canvas, x: float, y: float, length: float, paint: str, facing: int, turn: float
) -> None:
    """A car from the side, ``facing`` -1 or 1, its wheels turned ``turn`` turns."""
    c.shadow(x, y, 0.54 * length, 0.05 * length)

    def at(dx: float, dy: float) -> Point:
        return x + facing * dx * length, y - dy * length

    roof = ((-0.42, 0.2), (-0.3, 0.33), (0.08, 0.33), (0.26, 0.2))
    c.poly([at(*p) for p in roof], shade(paint, -0.1))
    for left, right in (((-0.35, -0.27), (-0.13, -0.13)), ((-0.1, -0.1), (0.06, 0.2))):
        window = [(left[0], 0.21), (left[1], 0.305), (right[0], 0.305), (right[1], 0.21)]
        c.poly([at(*p) for p in window], _GLASS)
    c.rect(x - length / 2, y - 0.23 * length, length, 0.17 * length, paint, round=0.06 * length)
    c.disc(*at(0.47, 0.17), 0.025 * length, "#fff8da")
    c.disc(*at(-0.48, 0.17), 0.02 * length, "#9c2f2b")
    for dx in (-0.3, 0.3):
        wx, wy = at(dx, 0.075)
        c.disc(wx, wy, 0.085 * length, _TYRE)
        c.disc(wx, wy, 0.045 * length, "#8b95a1")
        sin, cos = math.sin(2 * math.pi * turn), math.cos(2 * math.pi * turn)
        reach = 0.04 * length
        spoke = [(wx - reach * cos, wy - reach * sin), (wx + reach * cos, wy + reach * sin)]
        c.stroke(spoke, 0.02 * length, "#5b6570")


def forklift(c: Canvas, x: float, y: float, size: float, facing: int, turn: float) -> None:
    """A forklift from the side with a pallet; ``facing`` -1 or 1, wheels turned ``turn`` turns."""
    f = facing
    c.shadow(x, y, 0.75 * size, 0.08 * size)

    def part(dx: float, dy: float, w: float, h: float, color: str, round: float = 0.0) -> None:
        left = x + f * dx * size - (w * size if f < 0 else 0)
        c.rect(left, y - dy * size, w * size, h * size, color, round=round * size)

    part(-0.55, 0.48, 0.9, 0.36, "#eeb42f", 0.08)
    part(-0.55, 0.62, 0.35, 0.3, "#d79c1d", 0.08)
    for dx in (-0.45, 0.22):
        part(dx, 1.1, 0.05, 0.66, "#39424e")
    part(-0.5, 1.14, 0.8, 0.07, "#39424e", 0.02)
    c.disc(x - f * 0.1 * size, y - 0.86 * size, 0.11 * size, "#d9a77c")
    part(-0.22, 0.76, 0.24, 0.32, "#44688f", 0.06)
    part(0.38, 1.25, 0.06, 1.2, "#39424e")
    part(0.44, 0.12, 0.5, 0.05, "#39424e")
    part(0.48, 0.5, 0.42, 0.36, "#c69963", 0.02)
    part(0.48, 0.34, 0.42, 0.03, "#a97d4b")
    for dx in (-0.35, 0.22):
        wx, wy = x + f * dx * size, y - 0.14 * size
        c.disc(wx, wy, 0.15 * size, _TYRE)
        c.disc(wx, wy, 0.08 * size, "#8b95a1")
        spoke = [
            (wx + 0.07 * size * math.cos(a), wy + 0.07 * size * math.sin(a))
            for a in (2 * math.pi * turn, 2 * math.pi * turn + math.pi)
        ]
        c.stroke(spoke, 0.03 * size, "#5b6570")


def bird(c: Canvas, x: float, y: float, size: float, flap: float, color: str = "#4a5563") -> None:
    """A bird far away; ``flap`` -1..1."""
    c.stroke(
        [
            (x - size, y - flap * 0.6 * size),
            (x - 0.4 * size, y - 0.25 * size),
            (x, y),
            (x + 0.4 * size, y - 0.25 * size),
            (x + size, y - flap * 0.6 * size),
        ],
        0.22 * size,
        color,
    )


def cloud(c: Canvas, x: float, y: float, size: float, color: str = "#ffffff") -> None:
    """A soft cloud."""
    for dx, dy, r in (
        (-0.6, 0.05, 0.32),
        (-0.2, -0.1, 0.42),
        (0.25, -0.02, 0.36),
        (0.6, 0.08, 0.26),
    ):
        c.disc(x + dx * size, y + dy * size, r * size, color)
    c.poly(box(x - 0.75 * size, y + 0.06 * size, 1.5 * size, 0.27 * size), color)
