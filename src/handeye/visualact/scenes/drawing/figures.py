"""People: flat figures that walk, reach, lean and fall.

A figure stands with its feet at (x, y) and is ``height`` pixels tall. Hands are given relative to
the shoulders in parts of the height, so that a pose is the same for a child and a grown-up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, Point, shade, turned

SKINS = ("#f2c9a5", "#e0ac80", "#c58c5c", "#9a6840", "#73492c")
HAIRS = ("#2b2220", "#54382a", "#8a5a33", "#c79a55", "#8d8f96", "#3a3f52")
_Place = Callable[[float, float], Point]
TOPS = ("#d8574f", "#3f7fbf", "#4f9d69", "#8662b3", "#e09a3b", "#3c9aa3", "#c5608c")
LEGS = ("#38455c", "#5a4a42", "#4b5a4a", "#6b7487", "#2f3640")


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and build of a person; ``head`` is the head's radius in parts of the height."""

    skin: str
    hair: str
    top: str
    legs: str
    head: float = 0.095
    hat: str = ""
    vest: str = ""


@dataclass(frozen=True, slots=True)
class Pose:
    """How a person stands.

    Attributes:
        step: where in the stride, in turns (0..1 is one double step); stride: its width, 0..1.
        left, right: hands relative to the shoulders, parts of the height, y downwards; the left
            one is the one further to the left of the picture.
        lean: degrees turned clockwise about the feet.
        facing: -1 left, 1 right, 0 towards the viewer.
        crouch: 0 upright to 1 sitting on the heels.
        eyes: False turns the back to the viewer.
    """

    step: float = 0.0
    stride: float = 0.0
    left: Point = (-0.09, 0.30)
    right: Point = (0.09, 0.30)
    lean: float = 0.0
    facing: int = 0
    crouch: float = 0.0
    eyes: bool = True


STANDING = Pose()


def some_look(draw: Draw, **fixed: str) -> Look:
    """A random person."""
    look = Look(draw.pick(SKINS), draw.pick(HAIRS), draw.pick(TOPS), draw.pick(LEGS))
    return replace(look, **fixed)  # type: ignore[arg-type]


def child_look(draw: Draw) -> Look:
    """A random child: the head is larger for the height."""
    return replace(some_look(draw), head=0.15)


def worker_look(draw: Draw) -> Look:
    """A random person with helmet and safety vest."""
    return some_look(draw, hat="#f2c230", vest="#f28a2e")


def walking(step: float, facing: int, *, stride: float = 1.0, swing: float = 1.0) -> Pose:
    """A walking pose; ``step`` in turns of the double step."""
    arm = 0.10 * swing * math.sin(2 * math.pi * step)
    if facing == 0:
        lift = 0.03 * swing * math.sin(2 * math.pi * step)
        return Pose(step, stride, (-0.1, 0.29 + lift), (0.1, 0.29 - lift))
    return Pose(step, stride, (-0.02 - arm, 0.29), (0.02 + arm, 0.29), facing=facing)


def person(
    c: Canvas, x: float, y: float, height: float, look: Look, pose: Pose = STANDING
) -> Point:
    """Draw a person and return where the head's middle is.

    Args:
        c: what to draw on.
        x: where the feet stand.
        y: likewise, the ground.
        height: pixels from sole to crown.
        look: colours and build.
        pose: how the person stands.
    """

    def at(dx: float, dy: float) -> Point:
        return turned([(x + dx * height, y + dy * height)], (x, y), pose.lean)[0]

    limb = 0.075 * height
    drop = 0.24 * pose.crouch
    hip, shoulder = -0.44 + drop, -0.755 + drop
    _legs(c, at, look, pose, hip, limb)
    head = (0.025 * pose.facing, shoulder - 0.04 - look.head)
    back, front = ((pose.left, -1.0), (pose.right, 1.0))
    if pose.facing < 0:
        back, front = front, back
    if pose.facing:
        _arm(c, at, look, back, shoulder, limb)
    _body(c, at, look, pose, hip, shoulder, height)
    _head(c, at, look, pose, head, height)
    if not pose.facing:
        _arm(c, at, look, back, shoulder, limb)
    _arm(c, at, look, front, shoulder, limb)
    return at(*head)


def _legs(c: Canvas, at: _Place, look: Look, pose: Pose, hip: float, limb: float) -> None:
    for side in (-1, 1):
        turn = math.sin(2 * math.pi * pose.step) * side * pose.stride
        if pose.facing:
            foot = (0.13 * turn, -0.02 - 0.05 * max(0.0, _lift(pose, side)))
            knee = (0.06 * turn + 0.03 * pose.facing * (1 + pose.crouch), hip / 2)
            hip_x = 0.0
        else:
            foot = (0.055 * side, -0.02 - 0.05 * max(0.0, turn))
            knee = (0.06 * side * (1 + pose.crouch), hip / 2 - 0.02 * max(0.0, turn))
            hip_x = 0.045 * side
        color = look.legs if side > 0 or not pose.facing else shade(look.legs, -0.2)
        c.stroke([at(hip_x, hip), at(*knee), at(*foot)], limb, color)
        toe = (foot[0] + (0.045 * pose.facing or 0.012 * side), foot[1] + 0.004)
        c.stroke([at(*foot), at(*toe)], limb * 0.85, shade(look.legs, -0.45))


def _lift(pose: Pose, side: int) -> float:
    """How far a foot is off the ground: it is lifted while it swings to the front."""
    return math.cos(2 * math.pi * pose.step) * side * pose.facing * pose.stride


def _body(
    c: Canvas, at: _Place, look: Look, pose: Pose, hip: float, shoulder: float, height: float
) -> None:
    wide = 0.085 if pose.facing else 0.115
    outline = [(-wide, shoulder), (wide, shoulder), (wide * 0.82, hip), (-wide * 0.82, hip)]
    edge = 0.055 * height
    points = [at(*point) for point in outline]
    color = look.vest or look.top
    c.poly(points, color)
    c.stroke([*points, points[0]], edge, color)
    if look.vest:
        mid = (hip + shoulder) / 2
        for dy in (-0.04, 0.05):
            c.stroke([at(-wide, mid + dy), at(wide, mid + dy)], 0.035 * height, "#f7f2c4")
    c.stroke([at(-wide * 0.8, hip), at(wide * 0.8, hip)], edge * 1.3, look.legs)


def _head(c: Canvas, at: _Place, look: Look, pose: Pose, head: Point, height: float) -> None:
    hx, hy = head
    r = look.head
    c.stroke(
        [at(hx * 0.4, hy + r), at(hx * 0.4, hy + r + 0.05)], 0.07 * height, shade(look.skin, -0.12)
    )
    c.disc(*at(hx - 0.012 * pose.facing, hy - 0.012), r * 1.08 * height, look.hair)
    if pose.eyes:
        c.disc(*at(hx + 0.02 * pose.facing, hy + 0.02), r * 0.93 * height, look.skin)
        for side in (-1, 1):
            eye = (hx + (0.42 * side + 0.42 * pose.facing) * r, hy + 0.16 * r)
            c.disc(*at(*eye), max(0.7, 0.11 * r * height), "#2a2a33")
    if look.hat:
        crown = [(r * 1.08 * math.cos(a), -r * 1.12 * math.sin(a)) for a in _half_circle()]
        c.poly([at(hx + dx, hy - 0.25 * r + dy) for dx, dy in crown], look.hat)
        brim = (hx - 1.2 * r, hx + 1.2 * r)
        c.stroke(
            [at(brim[0], hy - 0.22 * r), at(brim[1], hy - 0.22 * r)],
            0.025 * height,
            shade(look.hat, -0.15),
        )


def _half_circle() -> list[float]:
    return [math.pi * i / 12 for i in range(13)]


def _arm(
    c: Canvas, at: _Place, look: Look, hand: tuple[Point, float], shoulder: float, limb: float
) -> None:
    (dx, dy), side = hand
    sx, sy = 0.11 * side * (0.25 if abs(dx) < 0.05 else 1.0), shoulder + 0.02
    reach = math.hypot(dx, dy)
    # The elbow stands off the straight line as far as the arm (0.33 long) is not stretched.
    bend = 0.5 * math.sqrt(max(0.0, 0.33**2 - min(reach, 0.33) ** 2)) * (0.5 if dy > 0 else 0.35)
    mid = (sx + dx / 2 + bend * side * 0.6, sy + dy / 2 + bend * 0.5)
    end = (sx + dx, sy + dy)
    c.stroke([at(sx, sy), at(*mid)], limb * 0.95, shade(look.top, -0.1))
    c.stroke([at(*mid), at(*end)], limb * 0.8, shade(look.top, -0.1))
    c.disc(*at(*end), limb * 0.58, look.skin)
