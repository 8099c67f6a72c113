"""The stage of Home Service: a room seen from the front, and what moves in it without meaning.

A metre is 88 pixels where people walk (y = 256). Wall and floor meet at y = 204.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handeye.sets.draw import Draw
from handeye.visualact.records import Action
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, Point, shade, turned
from handeye.visualact.scenes.drawing.furniture import WOODS, crossbars, picture, window
from handeye.visualact.scenes.drawing.motion import between, wave
from handeye.visualact.scenes.drawing.vehicles import bird, cloud
from handeye.visualact.scenes.film import Film, Paint

METRE = 88.0
FLOOR, FRONT = 204.0, 256.0
DAY, NIGHT = ("#a9d3ea", "#e4f1f2"), ("#28324f", "#435075")

Piece = Callable[[Canvas], None]
Facts = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Room:
    """A room: colours and what stands in it, drawn once from back to front."""

    wall: str
    boards: str
    pieces: tuple[Piece, ...]

    def backdrop(self, c: Canvas) -> None:
        """Wall, floor and all pieces."""
        c.fade(shade(self.wall, -0.05), shade(self.wall, 0.12), 0, FLOOR)
        c.fade(shade(self.boards, -0.12), shade(self.boards, 0.1), FLOOR, HEIGHT)
        for i in range(-5, 14):
            near, far = WIDTH / 2 + (i - 4) * 74.0, WIDTH / 2 + (i - 4) * 44.0
            c.stroke([(far, FLOOR), (near, HEIGHT)], 0.8, shade(self.boards, -0.16))
        c.rect(0, FLOOR - 8, WIDTH, 9, shade(self.wall, 0.6))
        c.rect(0, FLOOR, WIDTH, 1.6, shade(self.boards, -0.4))
        for piece in self.pieces:
            piece(c)


def some_room(draw: Draw, *pieces: Piece) -> Room:
    """A random room with these pieces."""
    wall = draw.pick(("#dfd3c1", "#c9d6d3", "#d8cfdc", "#e2d4b8", "#c7d3e0"))
    return Room(wall, draw.pick(WOODS), pieces)


def play(
    draw: Draw,
    room: Room,
    seconds: float,
    paint: Paint,
    actions: Sequence[Action],
    evidence: tuple[float, float],
    facts: Mapping[str, float | str],
    *,
    spot: Point,
    twin: bool = False,
    sunny: bool = True,
    also: tuple[str, ...] = (),
) -> Film:
    """A film of the room with, in most cases, something on the wall that means nothing.

    Args:
        draw: the clip's draws.
        room: the stage.
        seconds: length of the film.
        paint: what happens.
        actions: what it calls for.
        evidence: first and last second of it.
        facts: what the levels follow from.
        spot: middle of a free place of 64 x 76 pixels on the wall.
        twin: leave out what would tell the direction of time by itself.
        sunny: whether a window may show a bright day.
        also: what else moves in ``paint`` and means nothing.
    """
    makes = [_clock, _picture] + [_bowl] * (not twin) + [_view] * sunny
    make = draw.pick(makes)
    still, moving, name = make(draw, seconds, spot)

    def backdrop(c: Canvas) -> None:
        room.backdrop(c)
        still(c)

    def all_of_it(c: Canvas, t: float) -> None:
        moving(c, t)
        paint(c, t)

    names = (*also, name) if name else also
    return Film(seconds, evidence, tuple(actions), dict(facts), backdrop, all_of_it, names)


_Extra = tuple[Piece, Paint, str]


def _clock(draw: Draw, seconds: float, spot: Point) -> _Extra:
    x, y = spot
    period, wood = between(draw, 0.9, 1.4), draw.pick(WOODS)

    def still(c: Canvas) -> None:
        c.rect(x - 19, y - 36, 38, 72, shade(wood, -0.2), round=4)
        c.rect(x - 14, y - 2, 28, 33, shade(wood, -0.5), round=2)
        c.disc(x, y - 18, 14, "#f7f3e6")
        c.stroke([(x, y - 18), (x, y - 27)], 1.6, "#2c3038")
        c.stroke([(x, y - 18), (x + 6, y - 15)], 1.6, "#2c3038")

    def moving(c: Canvas, t: float) -> None:
        (end,) = turned([(x, y + 25)], (x, y - 2), 22 * wave(t, period))
        c.stroke([(x, y - 1), end], 1.6, "#d9b95c")
        c.disc(*end, 4.6, "#ecc75e")

    return still, moving, "pendulum clock"


def _view(draw: Draw, seconds: float, spot: Point) -> _Extra:
    x, y = spot[0] - 26, spot[1] - 32
    birds = draw.below(2) == 0
    start, way = between(draw, 4, 18), between(draw, 16, 26)

    def moving(c: Canvas, t: float) -> None:
        at = x + start + way * t / seconds
        window(c, x, y, 52, 62, DAY)
        if birds:
            bird(c, at, y + 18 + 3 * wave(t, 1.9), 6, wave(t, 0.5))
        else:
            cloud(c, at, y + 18, 11)
        c.rect(x, y + 48, 52, 14, "#8db37c")
        crossbars(c, x, y, 52, 62)

    return (lambda c: None), moving, "bird outside the window" if birds else "cloud outside"


def _bowl(draw: Draw, seconds: float, spot: Point) -> _Extra:
    x, y = spot[0], spot[1] + 22
    period, color = between(draw, 1.8, 2.6), draw.pick(("#f08a3c", "#e2574c", "#f1c232"))

    def still(c: Canvas) -> None:
        c.rect(x - 32, y, 64, 6, "#8c6a4f", round=1)
        c.disc(x, y - 22, 22, "#dcebf0")
        c.oval(x, y - 19, 20, 18, "#8fc4da")
        c.oval(x, y - 38, 13, 3, "#eef6f8")

    def moving(c: Canvas, t: float) -> None:
        side = 1 if wave(t, period, 0.25) > 0 else -1
        fx, fy = x + 10 * wave(t, period), y - 19 + 3 * wave(t, 1.3)
        c.poly([(fx - 4 * side, fy), (fx - 9 * side, fy - 4), (fx - 9 * side, fy + 4)], color)
        c.oval(fx, fy, 6, 3.6, color)

    return still, moving, "fish in a bowl"


def _picture(draw: Draw, seconds: float, spot: Point) -> _Extra:
    color = draw.pick(("#6f9a86", "#7c8fb0", "#b58a6a"))
    x, y = spot
    return (lambda c: picture(c, x - 28, y - 24, 56, 44, color)), (lambda c, t: None), ""
