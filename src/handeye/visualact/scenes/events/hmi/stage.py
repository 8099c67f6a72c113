"""The stage of Human-Machine Interaction: rooms where people and machines meet, seen from the side.

One metre is :data:`METRE` pixels. People and machines stand on the row :data:`FRONT`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handeye.sets.draw import Draw
from handeye.visualact.records import Action
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, Point, mix, shade, turned
from handeye.visualact.scenes.drawing.figures import Pose
from handeye.visualact.scenes.drawing.motion import between, wave
from handeye.visualact.scenes.film import Film, Paint

METRE = 86.0
FLOOR, FRONT = 208.0, 262.0

Facts = dict[str, float | str]
Thing = Callable[[Canvas], None]
Extra = tuple[str, Paint]


@dataclass(frozen=True, slots=True)
class Room:
    """Where a film is set: colours of wall and floor, what stands there, what moves idly.

    ``extras`` mean nothing, and all of them look the same backwards in time.
    """

    wall: str
    floor: str
    windows: bool
    shift: float
    things: tuple[Thing, ...]
    extras: tuple[Extra, ...]

    def backdrop(self, c: Canvas) -> None:
        """Wall, floor and what stands still."""
        c.fade(shade(self.wall, 0.14), self.wall, 0, FLOOR)
        c.rect(0, FLOOR - 46, WIDTH, 46, shade(self.wall, -0.08))
        c.rect(0, FLOOR - 48, WIDTH, 3, shade(self.wall, -0.2))
        if self.windows:
            _windows(c, self.shift)
        else:
            _girders(c, self.wall, self.shift)
        c.fade(shade(self.floor, -0.06), shade(self.floor, 0.1), FLOOR, HEIGHT)
        c.rect(0, FLOOR - 4, WIDTH, 4, shade(self.wall, -0.36))
        for thing in self.things:
            thing(c)


def _windows(c: Canvas, shift: float) -> None:
    for i in range(3):
        x = 20 + shift + 132 * i
        c.rect(x - 4, 32, 88, 70, "#f6f4ee", round=2)
        for row in range(8):
            c.rect(x, 36 + 62 * row / 8, 80, 8.2, mix("#a9d3ea", "#eaf4f4", row / 7))
        c.rect(x + 38.5, 36, 3, 62, "#f6f4ee")
        c.rect(x - 8, 100, 96, 5, "#e2ded4", round=1)


def _girders(c: Canvas, wall: str, shift: float) -> None:
    for i in range(4):
        x = shift + 110 * i
        c.rect(x, 0, 9, FLOOR - 48, shade(wall, -0.14))
        c.rect(x + 9, 0, 2, FLOOR - 48, shade(wall, -0.24))
    c.rect(0, 16, WIDTH, 10, shade(wall, -0.18))
    for i in range(3):
        x = 54 + shift + 110 * i
        c.rect(x - 22, 30, 44, 6, "#fffbe6", round=2)


def some_hall(draw: Draw, *things: Thing) -> Room:
    """A random factory hall or warehouse."""
    wall = draw.pick(("#b9c4cd", "#c6c9bf", "#bcc3d1"))
    floor = draw.pick(("#8d959b", "#9a9a92", "#8a94a0"))
    return Room(wall, floor, False, between(draw, 4, 34), things, _extras(draw))


def some_house(draw: Draw, *things: Thing) -> Room:
    """A random ward, lobby or corridor."""
    wall = draw.pick(("#cfe0d8", "#e6dcc8", "#d3dbe8"))
    floor = draw.pick(("#bfae95", "#b3b9b6", "#c4b3a0"))
    return Room(wall, floor, True, between(draw, -8, 8), things, _extras(draw))


def _extras(draw: Draw) -> tuple[Extra, ...]:
    """What moves high on the wall: a beacon, a chart on a screen, a hanging sign."""
    x = draw.pick((150.0, 256.0))
    period = between(draw, 0.7, 1.2)

    def beacon(c: Canvas, t: float) -> None:
        c.rect(x - 3, 0, 6, 10, "#5b6570")
        lit = wave(t, period) > 0
        if lit:
            c.disc(x, 15, 13, "#7ddc8a", 0.3)
        c.rect(x - 6, 9, 12, 12, "#5fce70" if lit else "#44694b", round=4)

    def chart(c: Canvas, t: float) -> None:
        c.rect(x - 27, 40, 54, 38, "#2b333d", round=3)
        for i in range(5):
            tall = 14 + 9 * wave(t, 1.4 * period, 0.23 * i)
            c.rect(x - 20 + 8.4 * i, 72 - tall, 6, tall, "#63c0d6")

    def sign(c: Canvas, t: float) -> None:
        pin = (x, 0.0)
        way = 5 * wave(t, 2.2 * period)
        for dx in (-16, 16):
            c.stroke(turned([(x + dx, 0), (x + dx, 18)], pin, way), 1.5, "#5b6570")
        c.poly(
            turned([(x - 26, 18), (x + 26, 18), (x + 26, 36), (x - 26, 36)], pin, way), "#3f7f8f"
        )
        c.poly(
            turned([(x - 18, 25), (x + 18, 25), (x + 18, 29), (x - 18, 29)], pin, way), "#eaf3f2"
        )

    return ("blinking beacon", beacon), ("screen with bars", chart), ("swinging sign", sign)


def meet(
    draw: Draw,
    room: Room,
    seconds: float,
    paint: Paint,
    actions: Sequence[Action],
    evidence: tuple[float, float],
    facts: Mapping[str, float | str],
    *,
    distractors: Sequence[str] = (),
) -> Film:
    """A film of a room, half of the time with something on the wall that moves and means nothing.

    ``distractors`` are those that ``paint`` draws itself; with any of them the wall always moves.
    """
    wanted = draw.below(2) == 1 or bool(distractors)
    extra = draw.pick(room.extras)

    def all_of_it(c: Canvas, t: float) -> None:
        if wanted:
            extra[1](c, t)
        paint(c, t)

    names = (*distractors, extra[0]) if wanted else ()
    return Film(seconds, evidence, tuple(actions), facts, room.backdrop, all_of_it, names)


def hand_of(x: float, y: float, height: float, pose: Pose, side: int) -> Point:
    """Where a hand of a person is that stands at (x, y); ``side`` -1 is the left one."""
    dx, dy = pose.left if side < 0 else pose.right
    shoulder = 0.11 * side * (0.25 if abs(dx) < 0.05 else 1.0)
    place = (x + (shoulder + dx) * height, y + (-0.735 + 0.24 * pose.crouch + dy) * height)
    return turned([place], (x, y), pose.lean)[0]
