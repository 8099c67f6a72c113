"""Machines that work with people: robot arms, a service robot, a conveyor, a lift; side view.

Each stands on ``y``. Sizes are pixels; ``facing`` is -1 (left) or 1 (right).
"""

from __future__ import annotations

import math

from handeye.visualact.scenes.drawing.canvas import Canvas, Point, shade

ARM_PAINTS = ("#e8862e", "#e3b02f", "#3f8f9c", "#c8554d")
SHELLS = ("#f1f4f6", "#e6eef2", "#f4efe6")
ACCENTS = ("#3aa0b8", "#5f9e6e", "#d9822f", "#7d6aa8")
CARDBOARD = "#c69963"
BED = 62.0
_STEEL, _DARK = "#8b95a1", "#353d47"


def arm(c: Canvas, x: float, y: float, hand: Point, size: float, paint: str) -> Point:
    """An industrial robot arm on a pedestal that reaches for a point.

    Args:
        c: what to draw on.
        x: the middle of its pedestal.
        y: the floor.
        hand: where its gripper should be; taken nearer if the arm is too short.
        size: its two links are 0.62 of this long each, its shoulder is 0.45 of it above the floor.
        paint: colour of the links.

    Returns:
        Where the gripper's tip is.
    """
    shoulder = (x, y - 0.45 * size)
    link = 0.62 * size
    dx, dy = hand[0] - shoulder[0], hand[1] - shoulder[1]
    wanted = max(1.0, math.hypot(dx, dy))
    far = min(wanted, 1.98 * link)
    tip = (shoulder[0] + dx / wanted * far, shoulder[1] + dy / wanted * far)
    # The elbow lies on the perpendicular through the middle, on the upper side.
    off = math.sqrt(max(0.0, link * link - far * far / 4))
    side = 1.0 if dx >= 0 else -1.0
    ux, uy = dx / wanted, dy / wanted
    elbow = (
        (shoulder[0] + tip[0]) / 2 + side * uy * off,
        (shoulder[1] + tip[1]) / 2 - side * ux * off,
    )
    c.shadow(x, y + 1, 0.36 * size, 0.06 * size)
    c.rect(x - 0.28 * size, y - 0.1 * size, 0.56 * size, 0.1 * size, _DARK, round=3)
    c.poly(
        [
            (x - 0.2 * size, y - 0.08 * size),
            (x - 0.13 * size, shoulder[1]),
            (x + 0.13 * size, shoulder[1]),
            (x + 0.2 * size, y - 0.08 * size),
        ],
        "#5b6570",
    )
    c.stroke([shoulder, elbow], 0.17 * size, paint)
    c.stroke([elbow, tip], 0.125 * size, shade(paint, 0.12))
    for place, radius in ((shoulder, 0.13), (elbow, 0.11), (tip, 0.065)):
        c.disc(*place, radius * size, _DARK)
        c.disc(*place, 0.55 * radius * size, _STEEL)
    _gripper(c, tip, (tip[0] - elbow[0], tip[1] - elbow[1]), 0.16 * size)
    return tip


def _gripper(c: Canvas, tip: Point, way: Point, size: float) -> None:
    length = max(1.0, math.hypot(*way))
    ux, uy = way[0] / length, way[1] / length
    for side in (-1, 1):
        wide = (tip[0] - uy * side * 0.5 * size, tip[1] + ux * side * 0.5 * size)
        end = (wide[0] + ux * size - uy * side * -0.1 * size, wide[1] + uy * size)
        c.stroke([tip, wide, end], 0.24 * size, _DARK)


def fence(c: Canvas, x1: float, x2: float, y: float, height: float) -> None:
    """A see-through safety fence between two posts."""
    c.rect(x1, y - height, x2 - x1, height, "#f0c83a", alpha=0.1)
    step = (x2 - x1) / max(1, round((x2 - x1) / 11))
    for i in range(round((x2 - x1) / step) + 1):
        c.rect(x1 + i * step - 0.4, y - height, 0.8, height, "#79838e", alpha=0.7)
    for top in (height, 0.5 * height, 4):
        c.rect(x1 - 2, y - top, x2 - x1 + 4, 3, "#e9c134")
    for post in (x1, x2):
        c.rect(post - 3, y - height - 3, 6, height + 3, "#4d5661", round=1)


def zone(c: Canvas, x1: float, x2: float, y: float, depth: float) -> None:
    """A working area on the floor in warning colours, its far edge ``depth`` above y."""
    skew = 0.3 * depth
    c.poly(
        [(x1, y), (x1 + skew, y - depth), (x2 - skew, y - depth), (x2, y)], "#f4c93b", alpha=0.55
    )
    stripes = max(2, round((x2 - x1) / 16))
    step = (x2 - x1) / stripes
    for i in range(stripes):
        a = x1 + i * step
        color = "#2f343b" if i % 2 else "#f4c93b"
        c.poly([(a, y), (a + step, y), (a + step + 4, y - 5), (a + 4, y - 5)], color)


def server(
    c: Canvas,
    x: float,
    y: float,
    height: float,
    accent: str,
    *,
    facing: int = 0,
    shell: str = SHELLS[0],
    tray: bool = False,
    roll: float = 0.0,
) -> Point:
    """A service robot on wheels with a screen for a face.

    Args:
        c: what to draw on.
        x: its middle.
        y: the floor.
        height: pixels from floor to crown.
        accent: colour of its stripe.
        facing: where it looks, 0 towards the viewer.
        shell: colour of its body.
        tray: carries a tray in front, at 0.5 of its height.
        roll: turns of its wheels.

    Returns:
        The middle of its tray, or of its chest without one.
    """
    h = height
    c.shadow(x, y + 1, 0.34 * h, 0.045 * h)
    c.rect(x - 0.25 * h, y - 0.17 * h, 0.5 * h, 0.12 * h, "#414a55", round=0.05 * h)
    for dx in (-0.17, 0.17):
        _wheel(c, x + dx * h, y - 0.06 * h, 0.065 * h, roll)
    body = [(-0.21, -0.15), (-0.14, -0.66), (0.14, -0.66), (0.21, -0.15)]
    c.poly([(x + dx * h, y + dy * h) for dx, dy in body], shell)
    c.poly(
        [(x + dx * h, y + dy * h) for dx, dy in ((-0.21, -0.15), (-0.14, -0.66), (-0.08, -0.66))],
        shade(shell, -0.1),
    )
    c.rect(x - 0.15 * h, y - 0.69 * h, 0.3 * h, 0.08 * h, shell, round=0.04 * h)
    c.rect(x - 0.175 * h, y - 0.36 * h, 0.35 * h, 0.045 * h, accent)
    c.rect(x - 0.04 * h, y - 0.76 * h, 0.08 * h, 0.09 * h, "#59636f")
    c.rect(x - 0.19 * h, y - h, 0.38 * h, 0.26 * h, shell, round=0.1 * h)
    look = 0.045 * facing * h
    c.rect(x - 0.15 * h + look, y - 0.96 * h, 0.3 * h, 0.18 * h, "#1f2d3a", round=0.07 * h)
    for side in (-1, 1):
        c.oval(x + 0.07 * side * h + look, y - 0.88 * h, 0.028 * h, 0.04 * h, "#7fe3f2")
    c.disc(x, y - 1.05 * h, 0.022 * h, accent)
    c.rect(x - 0.006 * h, y - 1.04 * h, 0.012 * h, 0.05 * h, "#59636f")
    if not tray:
        return x, y - 0.5 * h
    middle = x + 0.3 * facing * h
    c.stroke([(x + 0.1 * facing * h, y - 0.44 * h), (middle, y - 0.48 * h)], 0.05 * h, "#59636f")
    c.rect(middle - 0.21 * h, y - 0.5 * h, 0.42 * h, 0.04 * h, "#4b5560", round=2)
    c.rect(middle - 0.21 * h, y - 0.5 * h, 0.42 * h, 0.013 * h, accent, round=1)
    return middle, y - 0.5 * h


def _wheel(c: Canvas, x: float, y: float, radius: float, turn: float) -> None:
    c.disc(x, y, radius, "#272c33")
    c.disc(x, y, 0.5 * radius, _STEEL)
    sin, cos = math.sin(2 * math.pi * turn), math.cos(2 * math.pi * turn)
    spoke = 0.45 * radius
    ends = [(x - spoke * cos, y - spoke * sin), (x + spoke * cos, y + spoke * sin)]
    c.stroke(ends, 0.25 * radius, "#5b6570")


def parcel(
    c: Canvas, x: float, y: float, width: float, height: float, color: str = CARDBOARD
) -> None:
    """A box with a strip of tape, its middle at x."""
    c.rect(x - width / 2, y - height, width, height, color, round=1.5)
    c.rect(x - width / 2, y - height, width, 0.13 * height, shade(color, 0.22), round=1)
    c.rect(x - 0.09 * width, y - height, 0.18 * width, 0.45 * height, shade(color, -0.22))
    c.rect(x - width / 2, y - 2, width, 2, shade(color, -0.25))


def conveyor(c: Canvas, x1: float, x2: float, y: float, height: float, way: float) -> None:
    """A belt from x1 to x2, its top ``height`` above y; ``way`` is how far it has run, pixels."""
    top = y - height
    c.shadow((x1 + x2) / 2, y, 0.5 * (x2 - x1), 5)
    for leg in (x1 + 16, (x1 + x2) / 2, x2 - 16):
        c.rect(leg - 4, top + 8, 8, height - 8, "#6a7480")
    c.rect(x1, top, x2 - x1, 15, "#4d5661", round=7)
    c.rect(x1 + 2, top, x2 - x1 - 4, 5, "#2b3138", round=2)
    mark = x1 + 5 + way % 22
    while mark < x2 - 8:
        c.rect(mark, top + 0.6, 7, 3.4, "#8f9aa6")
        mark += 22
    for i in range(int((x2 - x1 - 14) // 18) + 1):
        _wheel(c, x1 + 8 + 18 * i, top + 8.5, 4.6, way / 29)


def lift_frame(c: Canvas, x: float, y: float, width: float, height: float) -> None:
    """The opening of a lift with the cabin behind it; its middle at x."""
    c.rect(x - width / 2 - 12, y - height - 24, width + 24, height + 24, "#8d949c", round=2)
    c.rect(x - width / 2, y - height, width, height, "#d8c7a4")
    c.rect(x - width / 2 + 16, y - height, width - 32, height - 14, "#e7dabd")
    c.rect(x - width / 2 + 16, y - 0.45 * height, width - 32, 4, "#a58d5f", round=2)
    c.poly(
        [
            (x - width / 2, y),
            (x - width / 2 + 16, y - 14),
            (x + width / 2 - 16, y - 14),
            (x + width / 2, y),
        ],
        "#a08f73",
    )
    c.rect(x - 0.3 * width, y - height + 4, 0.6 * width, 5, "#fffbe6", round=2)


def lift_doors(c: Canvas, x: float, y: float, width: float, height: float, gap: float) -> None:
    """The two leaves of a lift's door with ``gap`` pixels between them."""
    half = (width - gap) / 2
    for left, inner in ((x - width / 2, x - gap / 2 - 5), (x + gap / 2, x + gap / 2)):
        c.rect(left, y - height, half, height, "#aeb9c4")
        c.rect(inner, y - height, min(5.0, half), height, "#39424d")
    # The leaves slide behind the wall.
    for side in (x - width / 2 - 12, x + width / 2):
        c.rect(side, y - height, 12, height, "#8d949c")


def bed(c: Canvas, x: float, y: float, width: float) -> None:
    """A hospital bed with its head end left at x; its mattress lies :data:`BED` above y."""
    top = y - BED
    c.shadow(x + width / 2, y, 0.52 * width, 6)
    for leg in (x + 22, x + width - 26):
        c.rect(leg - 3, top + 24, 6, 30, "#7a8591")
        c.disc(leg, y - 5, 5, "#3b434d")
    c.rect(x, top - 44, 7, 84, "#8b95a1", round=3)
    c.rect(x + width - 7, top - 12, 7, 52, "#8b95a1", round=3)
    c.rect(x + 4, top + 15, width - 8, 11, "#a9b4be", round=3)
    c.rect(x + 6, top, width - 12, 17, "#f7f8f5", round=5)
    c.poly([(x + 8, top + 3), (x + 8, top - 40), (x + 22, top - 42), (x + 52, top + 3)], "#eef1ee")


def bench(c: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A workbench from x to the right, its top at ``y - height``."""
    c.shadow(x + width / 2, y, 0.52 * width, 6)
    for leg in (x + 8, x + width - 16):
        c.rect(leg, y - height, 8, height, "#5f6975")
    c.rect(x + 10, y - 0.38 * height, width - 20, 5, "#78828e")
    c.rect(x, y - height, width, 10, "#b98a5b", round=2)
    c.rect(x + 1, y - height, width - 2, 3, "#d3aa79", round=1)
