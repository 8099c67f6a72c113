"""What every clip of Safety and Monitoring has in common: a fixed camera that watches a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handeye.sets.draw import Draw
from handeye.visualact.records import Action
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, mix
from handeye.visualact.scenes.drawing.motion import between, wave
from handeye.visualact.scenes.drawing.vehicles import bird
from handeye.visualact.scenes.film import Film, Paint

Extra = tuple[str, Paint]
Facts = Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Place:
    """What a camera watches.

    Attributes:
        backdrop: draws what stands still.
        extras: things that move there and mean nothing; all look the same backwards in time.
        horizon: picture row of the horizon; the ground is a level plane.
        eye: metres from the ground to the camera.
    """

    backdrop: Callable[[Canvas], None]
    extras: tuple[Extra, ...] = ()
    horizon: float = 100.0
    eye: float = 2.2

    def metre(self, y: float) -> float:
        """Pixels of an upright metre that stands on picture row ``y``."""
        return (y - self.horizon) / self.eye


def watch(
    draw: Draw,
    seconds: float,
    place: Place,
    paint: Paint,
    actions: Sequence[Action],
    evidence: tuple[float, float],
    facts: Facts,
    *,
    busy: bool = False,
) -> Film:
    """A film of a place, half of the time (``busy``: always) with something that means nothing."""
    wanted = draw.below(2) == 1 or busy
    extra = draw.pick(place.extras) if wanted and place.extras else None

    def all_of_it(c: Canvas, t: float) -> None:
        if extra:
            extra[1](c, t)
        paint(c, t)
        _camera_marks(c)

    names = (extra[0],) if extra else ()
    return Film(seconds, evidence, tuple(actions), facts, place.backdrop, all_of_it, names)


def _camera_marks(c: Canvas) -> None:
    """The corners and the red dot that tell a picture of a surveillance camera."""
    for x, y, dx, dy in (
        (8, 8, 1, 1),
        (WIDTH - 8, 8, -1, 1),
        (8, HEIGHT - 8, 1, -1),
        (WIDTH - 8, HEIGHT - 8, -1, -1),
    ):
        c.rect(min(x, x + 16 * dx), y - 0.7, 16, 1.4, "#f6f8fa", alpha=0.8)
        c.rect(x - 0.7, min(y, y + 12 * dy), 1.4, 12, "#f6f8fa", alpha=0.8)
    c.disc(21, 20, 4, "#e5483d")


def lamp_flickers(draw: Draw, x: float, y: float, width: float) -> Extra:
    """A lamp whose light trembles."""
    period = between(draw, 0.35, 0.6)

    def paint(c: Canvas, t: float) -> None:
        light = 0.5 + 0.5 * wave(t, period) * wave(t, 2.3 * period, 0.2)
        c.rect(x, y, width, 6, mix("#9aa4ad", "#fffbe6", round(light, 2)), round=2)

    return "flickering lamp", paint


def sign_blinks(draw: Draw, x: float, y: float, color: str = "#3aa577") -> Extra:
    """A small sign that goes on and off."""
    period = between(draw, 0.8, 1.3)

    def paint(c: Canvas, t: float) -> None:
        lit = wave(t, period) > 0
        c.rect(x, y, 30, 14, "#2c343d", round=3)
        c.rect(x + 3, y + 3, 24, 8, color if lit else mix(color, "#20262d", 0.7), round=2)

    return "blinking sign", paint


def birds_pass(draw: Draw, y: float) -> Extra:
    """Birds far away."""
    start, way = between(draw, 30, 140), between(draw, 25, 50)

    def paint(c: Canvas, t: float) -> None:
        for i in range(3):
            bird(c, start + way * t + 20 * i, y + 8 * (i % 2), 6, wave(t, 0.5, i / 4))

    return "birds", paint


def flag_waves(draw: Draw, x: float, y: float, height: float) -> Extra:
    """A flag on a pole whose foot is at (x, y)."""
    color = draw.pick(("#d8574f", "#3f7fbf", "#e0a93b"))
    period = between(draw, 0.9, 1.3)

    def paint(c: Canvas, t: float) -> None:
        c.rect(x - 1, y - height, 2, height, "#8c96a1")
        top = [(x + 5 * i, y - height + 2 + 2.4 * wave(t, period) * i / 4) for i in range(6)]
        c.poly([*top, *((px, py + 15) for px, py in reversed(top))], color)

    return "flag", paint
