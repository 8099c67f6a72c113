"""Home Service on the stairs and at the front door."""

from __future__ import annotations

from dataclasses import replace

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, shade, turned
from handeye.visualact.scenes.drawing.figures import Look, Pose, person, some_look, walking
from handeye.visualact.scenes.drawing.furniture import FABRICS, WOODS, plant, sofa
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, ramp, swing, wave
from handeye.visualact.scenes.events.home_stage import FLOOR, METRE, Facts, play, some_room
from handeye.visualact.scenes.film import Film, Kind, Rule

WARN_STAIRS = Rule(
    (
        "Warn the person not to trip on the stairs",
        "Tell the person to stop and not to trip on the stairs",
        "Call out to the person so that they do not trip on the stairs",
    ),
    True,
    {4: "the person ends one step above the toys", 3: "two steps or more above"},
    "The basket hides the steps; a fall on stairs can be deadly.",
)
PICK_TOYS = Rule(
    (
        "Pick up the toys from the stairs",
        "Clear the toys off the steps",
        "Take the toys away from the staircase",
    ),
    True,
    {3: "the person ends one step above the toys", 2: "two steps or more above"},
    "Without toys nobody trips.",
)
TAKE_BASKET = Rule(
    (
        "Take the laundry basket from the person",
        "Help the person to carry the laundry basket down the stairs",
        "Carry the basket of laundry for them",
    ),
    False,
    {1: "always"},
    "It is heavy and blocks the view.",
)
_STEPS, _TREAD, _RISE = 7, 34.0, 22.0


def stairs_toys(draw: Draw, backward: bool) -> Film:
    """A person with a laundry basket comes down stairs on which toys lie."""
    seconds, toys = between(draw, 3.4, 4.6), draw.integer(1, 2)
    above = draw.integer(1, 3)
    first, last = _STEPS - 0.4, float(toys + above)
    look, wood = some_look(draw), draw.pick(WOODS)
    stop = seconds - between(draw, 0.0, 0.3)
    room = some_room(draw, lambda c: _stairs(c, wood), lambda c: plant(c, 40, 240, 84))

    def paint(c: Canvas, t: float) -> None:
        _toys(c, toys)
        step = lerp(first, last, ramp(t, 0.0, stop))
        x, y = _tread(step)
        # The hips sink over each step, so the way down is bumpy.
        y += 5 * swing(step, 1.0) - 3
        pose = replace(walking(0.5 * step, -1), left=(-0.2, 0.17), right=(-0.16, 0.2))
        person(c, x, y, 1.3 * METRE, look, pose)
        _basket(c, x - 27, y - 62)

    near = above == 1
    actions = [WARN_STAIRS.at(4 if near else 3), PICK_TOYS.at(3 if near else 2), TAKE_BASKET.at(1)]
    facts: Facts = {"steps_above": above, "toys_on_step": toys}
    spot = (between(draw, 44, 80), 70.0)
    return play(draw, room, seconds, paint, actions, (0.0, seconds), facts, spot=spot)


def _tread(step: float) -> tuple[float, float]:
    """Middle of a step's tread; steps are counted from the floor, 0."""
    return 118 + _TREAD * step, 258 - _RISE * step


def _stairs(c: Canvas, wood: str) -> None:
    for step in range(_STEPS + 1, 0, -1):
        x, y = _tread(step)
        left = x - _TREAD / 2
        c.rect(left, y, WIDTH - left, HEIGHT - y - 20, shade(wood, -0.28 + 0.02 * step))
        c.rect(left, y, WIDTH - left, 6, shade(wood, 0.12))
        c.rect(left, y + 6, 4, _RISE - 6, shade(wood, -0.1))
    top, low = _tread(_STEPS + 1), _tread(0.6)
    c.stroke([(low[0], low[1] - 62), (top[0], top[1] - 62)], 5, shade(wood, -0.4))
    c.stroke([low, (low[0], low[1] - 70)], 7, shade(wood, -0.4))
    for step in range(1, _STEPS + 1):
        x, y = _tread(step)
        c.stroke([(x, y), (x, y - 60)], 2, shade(wood, -0.34))


def _toys(c: Canvas, step: int) -> None:
    x, y = _tread(step)
    c.rect(x - 13, y - 13, 13, 13, "#3f7fbf", round=2)
    c.rect(x - 1, y - 11, 11, 11, "#e2463d", round=2)
    c.rect(x - 8, y - 24, 11, 11, "#f1c232", round=2)
    x, y = _tread(step - 1)
    c.disc(x - 4, y - 8, 8, "#4f9d69")
    c.disc(x - 6, y - 10, 3, "#bfe3c5")


def _basket(c: Canvas, x: float, y: float) -> None:
    for dx, color in ((-14, "#f4f1ea"), (-3, "#d98c9a"), (8, "#8fb4d8"), (15, "#f4e3a8")):
        c.disc(x + dx, y - 8, 10, color)
    c.poly([(x - 26, y - 6), (x + 26, y - 6), (x + 20, y + 20), (x - 20, y + 20)], "#d9b98a")
    for row in (1, 8, 14):
        c.rect(x - 22, y + row, 44, 2, "#b8945f")


OPEN_DOOR = Rule(
    (
        "Open the door for the visitor who is ringing",
        "Answer the door for the visitor who rings the bell",
        "Go to the front door and open it for the visitor",
    ),
    False,
    {2: "it rains on the visitor, or a parcel is brought", 1: "otherwise"},
    "Somebody asks to be let in.",
)
TAKE_PARCEL = Rule(
    (
        "Take the parcel from the person at the door",
        "Accept the package that is being delivered",
        "Receive the parcel at the front door",
    ),
    False,
    {1: "a parcel is brought"},
    "It can also be left there.",
)


def doorbell(draw: Draw, backward: bool) -> Film:
    """Somebody at the glass front door rings and waves; nobody goes."""
    seconds, start = between(draw, 3.2, 4.4), between(draw, 0.3, 0.7)
    parcel, rain = draw.below(2) == 1, draw.below(2) == 1
    look, fabric = some_look(draw), draw.pick(FABRICS)
    period, left = between(draw, 0.5, 0.7), between(draw, 214, 250)
    frame = draw.pick(("#7d4f3c", "#4f6b5d", "#5a6b86"))
    room = some_room(draw, lambda c: sofa(c, 14, 244, 150, 74, fabric))

    def paint(c: Canvas, t: float) -> None:
        _outside(c, left, t, rain)
        _visitor(c, left + 48, look, parcel, t - start, period)
        _door_frame(c, left, frame)
        _bell(c, left - 24, t, t > start)

    actions = [OPEN_DOOR.at(2 if rain or parcel else 1)]
    if parcel:
        actions.append(TAKE_PARCEL.at(1))
    facts: Facts = {"parcel": "yes" if parcel else "no", "rain": "yes" if rain else "no"}
    spot = (between(draw, 60, 130), 90.0)
    span = (start, seconds)
    return play(draw, room, seconds, paint, actions, span, facts, spot=spot, sunny=not rain)


def _outside(c: Canvas, x: float, t: float, rain: bool) -> None:
    sky = "#93a3b0" if rain else "#b9dcec"
    c.rect(x, 52, 96, 134, sky)
    c.rect(x, 150, 96, 62, "#83a874")
    c.rect(x + 26, 160, 44, 52, "#c6bfb2")
    for i in range(14 if rain else 0):
        drop = (t / 0.55 + 0.37 * i) % 1
        px, py = x + 4 + 6.6 * i, 54 + 148 * drop
        c.stroke([(px, py), (px - 1.6, py + 8)], 1.4, "#dcebf4")


def _visitor(c: Canvas, x: float, look: Look, parcel: bool, t: float, period: float) -> None:
    """A person who waves from t = 0, with a parcel under the other arm if there is one."""
    raised = ease(t, 0.0, 0.4)
    hand = (lerp(0.09, 0.13, raised) + 0.06 * raised * wave(t, period), lerp(0.3, -0.2, raised))
    person(c, x, 208, 1.5 * METRE, look, Pose(left=(-0.06, 0.16), right=hand))
    if parcel:
        c.rect(x - 34, 208 - 86, 34, 27, "#c69963", round=1)
        c.rect(x - 20, 208 - 86, 5, 27, "#e6cf9f")


def _door_frame(c: Canvas, x: float, color: str) -> None:
    c.rect(x - 2, 44, 100, 10, color)
    c.rect(x - 2, 196, 100, FLOOR + 6 - 196, color)
    for side in (x - 10, x + 88):
        c.rect(side, 44, 18, FLOOR + 6 - 44, color)
    c.rect(x + 8, 124, 80, 3, color)
    c.rect(x + 88, 132, 5, 18, "#d9c27a", round=2)
    c.poly([(x + 14, 58), (x + 30, 58), (x + 16, 108)], "#ffffff", 0.28)


def _bell(c: Canvas, x: float, t: float, ringing: bool) -> None:
    """A bell on the wall; while it rings it swings and sends out arcs."""
    angle = 16 * wave(t, 0.22) if ringing else 0.0
    about = (x, 66.0)
    c.disc(*about, 4, "#6b543f")
    shell = [(x - 11, 88.0), (x - 8, 74.0), (x, 68.0), (x + 8, 74.0), (x + 11, 88.0)]
    c.poly(turned(shell, about, angle), "#e0b23e")
    c.disc(*turned([(x, 91)], about, 1.6 * angle)[0], 3.4, "#8c6a2f")
    if ringing and t % 0.5 < 0.3:
        for side in (-1, 1):
            for far in (18, 25):
                bow = [
                    (x + side * (far - 2), 72.0),
                    (x + side * far, 80.0),
                    (x + side * (far - 2), 88.0),
                ]
                c.stroke(bow, 2, "#d8574f")


KINDS = (
    Kind(
        "stairs_toys",
        "home",
        "a person with a laundry basket comes down stairs with toys on them",
        stairs_toys,
        (WARN_STAIRS, PICK_TOYS, TAKE_BASKET),
    ),
    Kind("doorbell", "home", "a visitor rings, nobody goes", doorbell, (OPEN_DOOR, TAKE_PARCEL)),
)
