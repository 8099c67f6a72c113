"""Home Service: a fridge door and a bathtub; the direction of time tells what they need."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, shade
from handeye.visualact.scenes.drawing.furniture import counter, fridge, plant, pot
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, wave
from handeye.visualact.scenes.events.home_stage import FLOOR, Facts, play, some_room
from handeye.visualact.scenes.film import Film, Kind, Rule

CLOSE_FRIDGE = Rule(
    (
        "Close the fridge door",
        "Shut the door of the refrigerator that has swung open",
        "Push the open fridge door shut so that the food stays cold",
    ),
    True,
    {2: "it ends more than half open", 1: "it ends half open or less"},
    "Food gets warm and power is wasted; both take a while.",
)
CHORES = Rule(
    (
        "Carry on with the other housework",
        "Go on with the other household chores",
        "Continue with the other housework",
    ),
    False,
    {0: "always"},
    "The door has shut by itself: there is nothing left to do here.",
)


def fridge_swings(draw: Draw, backward: bool) -> Film:
    """The door of a fridge swings open with nobody there; backward: it swings shut."""
    seconds = between(draw, 3.2, 4.2)
    wide = between(draw, 0.32, 0.5) if draw.below(3) == 0 else between(draw, 0.85, 1.0)
    start, stop = between(draw, 0.3, 0.8), seconds - between(draw, 0.3, 0.6)
    body, unit = draw.pick(("#e8e6e0", "#c9d6da", "#d98c7c")), draw.pick(("#a9b8a5", "#9fb0bd"))
    left = between(draw, 196, 232)
    room = some_room(
        draw,
        lambda c: counter(c, 20, 236, 130, 78, unit),
        lambda c: pot(c, 96, 154, 34),
        lambda c: fridge(c, left, 238, 74, 158, body),
    )

    def paint(c: Canvas, t: float) -> None:
        _fridge_door(c, left, 238, body, wide * ease(t, start, stop))

    actions = [CHORES.at(0)] if backward else [CLOSE_FRIDGE.at(2 if wide > 0.5 else 1)]
    facts: Facts = {"open_share": wide}
    spot = (between(draw, 60, 110), 84.0)
    return play(draw, room, seconds, paint, actions, (start, stop), facts, spot=spot, twin=True)


def _fridge_door(c: Canvas, x: float, y: float, color: str, opened: float) -> None:
    """A door hinged on the right of a fridge at x; ``opened`` 0..1 is a turn by up to 120 degrees.

    The far edge moves on a circle seen from the front: towards the viewer it looks taller.
    """
    hinge, width, high = x + 74.0, 74.0, 158.0
    # Chords of the quarter circle and beyond, without the sine: cos(120 d) over d in 0..1.
    across = 1 - 1.5 * opened * opened * (1.5 - 0.5 * opened)
    near = 4 * opened * (1.4 - opened)
    edge = hinge - width * across
    grow = 9 * near
    front = [(hinge, y - high), (edge, y - high - grow * 0.6), (edge, y + grow), (hinge, y)]
    inside = across < 0
    c.poly(front, shade(color, -0.1) if inside else color)
    c.stroke([front[1], front[2]], 3, shade(color, -0.22))
    if inside:
        for share in (0.3, 0.6, 0.85):
            row = y - high * (1 - share)
            c.stroke([(hinge + 3, row), (edge - 3, row + grow * share * 0.6)], 3, "#b9c6cc")
        return
    grip = hinge - width * 0.88 * across
    c.stroke([(grip, y - high * 0.66), (grip, y - high * 0.44)], 4, "#8b95a1")


WATER_OFF = Rule(
    (
        "Turn off the water before the bathtub overflows",
        "Shut the tap because the tub is nearly full",
        "Stop the water running into the bathtub",
    ),
    True,
    {3: "less than a tenth is free", 2: "more is free"},
    "An overflowing tub wets the floor and the ceiling below.",
)
TOWELS = Rule(
    (
        "Lay out towels on the bathroom floor",
        "Put towels on the floor in case water spills",
        "Get some towels ready for the wet bathroom floor",
    ),
    True,
    {1: "always"},
    "It saves work if it comes too late.",
)
SOAP_OFF = Rule(
    (
        "Clean away the soap residue",
        "Wipe away the soap residue",
        "Scrub off the soap residue",
    ),
    False,
    {0: "something is left in it", 1: "it ends less than a fifth full"},
    "The bath is over; this can be done at any time.",
)
DUCK_AWAY = Rule(
    (
        "Put the rubber duck away",
        "Put the toy duck back in its place",
        "Tidy the rubber duck away",
    ),
    False,
    {0: "always"},
    "Nobody plays with it any more.",
)


def tub_level(draw: Draw, backward: bool) -> Film:
    """Water rises in a bathtub from a hose below its surface; backward: it drains."""
    seconds = between(draw, 3.2, 4.4)
    full, low = between(draw, 0.8, 0.97), between(draw, 0.12, 0.3)
    start, stop = between(draw, 0.1, 0.4), seconds - between(draw, 0.1, 0.4)
    tiles = draw.pick(("#b9d3d8", "#d3dbc2", "#d9cfe0"))
    room = some_room(draw, lambda c: _bathroom(c, tiles), lambda c: plant(c, 352, 224, 72))

    def paint(c: Canvas, t: float) -> None:
        level = lerp(low, full, ease(t, start, stop))
        _tub(c, level, t)

    forward = [WATER_OFF.at(3 if full > 0.9 else 2), TOWELS.at(1)]
    actions = [SOAP_OFF.at(1 if low < 0.2 else 0), DUCK_AWAY.at(0)] if backward else forward
    facts: Facts = {"full": full, "low": low}
    spot = (between(draw, 140, 220), 78.0)
    return play(draw, room, seconds, paint, actions, (start, stop), facts, spot=spot, twin=True)


def _bathroom(c: Canvas, color: str) -> None:
    c.rect(0, 0, WIDTH, FLOOR, color)
    for x in range(0, WIDTH, 32):
        c.rect(x, 0, 1.2, FLOOR, shade(color, 0.4))
    for y in range(12, int(FLOOR), 32):
        c.rect(0, y, WIDTH, 1.2, shade(color, 0.4))
    c.rect(0, FLOOR, WIDTH, HEIGHT - FLOOR, "#9aa7ab")
    c.rect(0, FLOOR - 2, WIDTH, 3, "#7f8b90")


def _tub(c: Canvas, level: float, t: float) -> None:
    """A bathtub cut open in front, with a hose, a duck and water up to ``level`` (0..1)."""
    left, right, rim, floor = 62.0, 316.0, 158.0, 252.0
    c.shadow((left + right) / 2, 262, 136, 6)
    c.poly([(left, rim), (right, rim), (right - 20, 262), (left + 20, 262)], "#fbfbf8")
    c.rect(left - 8, rim - 6, right - left + 16, 9, "#ffffff", round=4)
    surface = lerp(floor, rim + 4, level)
    slant = 18 * (surface - rim) / (floor - rim)
    c.poly(
        [(left + 10, rim + 4), (right - 10, rim + 4), (right - 28, floor), (left + 28, floor)],
        "#dfe6e6",
    )
    c.poly(
        [
            (left + 10 + slant, surface),
            (right - 10 - slant, surface),
            (right - 28, floor),
            (left + 28, floor),
        ],
        "#6fb6d6",
    )
    c.rect(left + 10 + slant, surface, right - left - 20 - 2 * slant, 3, "#b8e2f0")
    c.stroke([(290, 96), (290, 138), (268, 156), (266, floor - 5)], 5, "#8b95a1")
    c.rect(280, 80, 20, 18, "#737e8a", round=4)
    bob = surface + 1.2 * wave(t, 1.3)
    _duck(c, 150 + 5 * wave(t, 2.9), bob)


def _duck(c: Canvas, x: float, y: float) -> None:
    c.oval(x, y - 6, 17, 11, "#f4c531")
    c.disc(x, y - 22, 10, "#f4c531")
    c.oval(x, y - 19, 5, 2.6, "#e9822f")
    for side in (-1, 1):
        c.disc(x + 4 * side, y - 25, 1.5, "#2a2a33")


KINDS = (
    Kind(
        "fridge_swings",
        "home",
        "a fridge door swings open",
        fridge_swings,
        (CLOSE_FRIDGE,),
        "a fridge door swings shut",
        (CHORES,),
    ),
    Kind(
        "tub_level",
        "home",
        "water rises in a bathtub",
        tub_level,
        (WATER_OFF, TOWELS),
        "a bathtub drains",
        (SOAP_OFF, DUCK_AWAY),
    ),
)
