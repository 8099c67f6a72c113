"""The stage of Dynamic Navigation: a street through the windscreen.

The ground is a plane seen by a camera 1.4 m above it: a point X metres to the right and Z metres
ahead lies at ``192 + 400 X / Z`` and ``118 + 560 / Z`` pixels. Lanes are 3.5 m wide, ours is
centred on X = 0 and the pavement begins at X = 2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, Point, mix, shade
from handeye.visualact.scenes.drawing.motion import between, wave
from handeye.visualact.scenes.drawing.vehicles import PAINTS, bird, cloud, front
from handeye.visualact.scenes.film import Paint

FOCUS, EYE, HORIZON = 400.0, 1.4, 118.0
NEAREST, FARTHEST = 2.4, 60.0
KERB = 2.2
ROAD = "#6d727a"


def ground(x: float, z: float) -> Point:
    """Picture position of a point on the ground, ``x`` metres right and ``z`` ahead."""
    return WIDTH / 2 + FOCUS * x / z, HORIZON + FOCUS * EYE / z


def size(metres: float, z: float) -> float:
    """Pixels of a length that stands upright ``z`` metres ahead."""
    return FOCUS * metres / z


@dataclass(frozen=True, slots=True)
class Street:
    """A street: colours, what lines it and how fast we drive through it, in m/s."""

    speed: float
    sky: tuple[str, str]
    grass: str
    shift: float
    side: tuple[tuple[float, str, float], ...]

    def backdrop(self, c: Canvas) -> None:
        """Sky, far houses, ground and road."""
        c.fade(*self.sky, 0, HORIZON + 1)
        haze = self.sky[1]
        for i in range(12):
            width = 26 + (i * 37) % 22
            height = 14 + (i * 53) % 26
            x = i * 34 - 8
            c.rect(x, HORIZON - height, width, height, mix("#7f8fa3", haze, 0.45 + 0.03 * (i % 4)))
        c.fade(mix(self.grass, haze, 0.35), self.grass, HORIZON, HEIGHT)
        c.poly(self._strip(-9.5, 4.6), "#c9c5bd")
        c.poly(self._strip(-5.5, KERB), "#aeb0b3")
        c.poly(self._strip(-5.35, KERB - 0.15), ROAD)

    def _strip(self, left: float, right: float) -> list[Point]:
        near, far = NEAREST, 400.0
        return [ground(left, near), ground(left, far), ground(right, far), ground(right, near)]

    def moving(self, c: Canvas, t: float) -> None:
        """Lane marks and trees, where they are at a time."""
        way = self.speed * t + self.shift
        z = 6.0 - way % 6.0
        marks: list[float] = []
        while z < FARTHEST:
            marks.append(z)
            z += 6.0
        for start in marks:
            a, b = max(NEAREST, start), start + 2.6
            if b > a:
                c.poly(
                    [ground(-1.82, a), ground(-1.82, b), ground(-1.68, b), ground(-1.68, a)],
                    "#f3f1e6",
                )
        for place, tree_color, x in sorted(self._lined(way), reverse=True):
            _tree(c, x, place, tree_color)

    def _lined(self, way: float) -> list[tuple[float, str, float]]:
        loop = 66.0
        out = []
        for place, color, x in self.side:
            z = (place - way) % loop
            if NEAREST + 0.6 < z < FARTHEST:
                out.append((z, color, x))
        return out


def _tree(c: Canvas, x: float, z: float, color: str) -> None:
    px, py = ground(x, z)
    s = size(1.0, z)
    far = min(1.0, max(0.0, (z - 12) / 55))
    color = mix(color, "#c3d2da", round(0.55 * far, 2))
    c.shadow(px, py, 1.1 * s, 0.12 * s)
    c.rect(
        px - 0.12 * s,
        py - 1.6 * s,
        0.24 * s,
        1.6 * s,
        mix("#7a5a42", "#c3d2da", round(0.5 * far, 2)),
    )
    for dx, dy, r in ((-0.45, 1.9, 0.72), (0.45, 2.0, 0.7), (0.0, 2.55, 0.82)):
        c.disc(px + dx * s, py - dy * s, r * s, shade(color, -0.06))
    c.disc(px - 0.15 * s, py - 2.6 * s, 0.55 * s, color)


def some_street(draw: Draw, speed: float) -> Street:
    """A random street, driven at ``speed`` m/s (0: we stand)."""
    sky = draw.pick((("#9fcbe6", "#e6f1f2"), ("#b9c7d6", "#e9ebe6"), ("#f0c9a0", "#f7ead6")))
    green = draw.pick(("#7fae6b", "#93b06a", "#6fa27c"))
    trees = []
    for i in range(6):
        left = draw.below(2) == 0
        x = -between(draw, 8.4, 9.4) if left else between(draw, 5.4, 7.0)
        trees.append((i * 11.0 + between(draw, 0, 5), shade(green, -0.22 - 0.04 * (i % 3)), x))
    return Street(speed, sky, green, between(draw, 0, 6), tuple(trees))


def bonnet(c: Canvas) -> None:
    """The front of our own car, over everything."""
    c.oval(WIDTH / 2, HEIGHT + 24, 190, 48, "#2d3540")
    c.oval(WIDTH / 2, HEIGHT + 30, 178, 46, "#3a4451")


Extra = tuple[str, Paint]


def some_distractor(draw: Draw, seconds: float, *, oncoming: bool = True) -> Extra:
    """Something that moves and calls for nothing; only ``oncoming`` cars have a direction."""
    makes: list[Callable[[Draw, float], Extra]] = [_birds, _cloud, _sign]
    if oncoming:
        makes.append(_oncoming)
    return draw.pick(makes)(draw, seconds)


def _birds(draw: Draw, seconds: float) -> Extra:
    y, way, count = between(draw, 24, 64), between(draw, 90, 200), draw.integer(2, 4)
    start = between(draw, 20, 160)

    def paint(c: Canvas, t: float) -> None:
        for i in range(count):
            x = start + way * t / seconds + 19 * (i - 1)
            bird(c, x, y + 9 * (i % 2) + 2 * wave(t, 1.7, i / 3), 7, wave(t, 0.5, i / 4))

    return "birds", paint


def _cloud(draw: Draw, seconds: float) -> Extra:
    x, y, way = between(draw, 60, 280), between(draw, 30, 60), between(draw, 14, 34)
    return "cloud", lambda c, t: cloud(c, x + way * t / seconds, y, 30)


def _oncoming(draw: Draw, seconds: float) -> Extra:
    paint_color, start = draw.pick(PAINTS), between(draw, 34, 52)
    speed = between(draw, 7, 11)

    def paint(c: Canvas, t: float) -> None:
        z = start - speed * t
        if z > NEAREST + 0.4:
            x, y = ground(-3.6, z)
            front(c, x, y, size(1.75, z), paint_color)

    return "oncoming car", paint


def _sign(draw: Draw, seconds: float) -> Extra:
    color = draw.pick(("#e2574c", "#4c8fe2", "#3aa577"))

    def paint(c: Canvas, t: float) -> None:
        c.rect(36, 62, 44, 56, "#8d97a5")
        lit = wave(t, 0.9) > 0
        c.rect(44, 68, 28, 14, color if lit else shade(color, -0.5), round=3)
        for i in range(3):
            c.rect(44 + 10 * i, 92, 7, 9, "#e8ddb0")

    return "blinking sign", paint
