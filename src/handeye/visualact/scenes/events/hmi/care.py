"""Human-Machine Interaction: a service robot beside people who need a hand."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, shade
from handeye.visualact.scenes.drawing.figures import Pose, person, some_look
from handeye.visualact.scenes.drawing.furniture import FABRICS
from handeye.visualact.scenes.drawing.motion import (
    between,
    bounce,
    ease,
    fall_time,
    lerp,
    ramp,
    wave,
)
from handeye.visualact.scenes.events.hmi.machines import ACCENTS, BED, bed, server
from handeye.visualact.scenes.events.hmi.stage import FRONT, METRE, Facts, hand_of, meet, some_house
from handeye.visualact.scenes.film import Film, Kind, Rule

GIVE_GLASS = Rule(
    (
        "Hand the glass of water to the patient",
        "Give the patient the water they are reaching for",
        "Pass the patient the glass that is out of reach",
    ),
    False,
    {2: "always"},
    "The reaching arm asks for it.",
)
KEEP_IN_BED = Rule(
    (
        "Keep the patient from falling out of bed",
        "Hold the patient back before they fall out of the bed",
        "Make sure that the patient does not fall from the bed",
    ),
    True,
    {3: "the patient leans over by more than 20 degrees"},
    "A fall from a bed breaks hips.",
)
TABLE_NEARER = Rule(
    (
        "Move the bedside table closer to the bed",
        "Push the table nearer so that everything is in reach",
        "Place the side table within the patient's reach",
    ),
    True,
    {1: "always"},
    "It will be needed again.",
)


def far_glass(draw: Draw, backward: bool) -> Film:
    """A patient in bed reaches for a glass of water that stands too far away."""
    seconds = between(draw, 3.2, 4.4)
    tilt = between(draw, 6, 32)
    start, period = between(draw, 0.3, 0.8), between(draw, 0.8, 1.2)
    left, wide = between(draw, 14, 26), 150.0
    look = some_look(draw, top="#a9c8d8", hair=draw.pick(("#d5d6d8", "#8d8f96", "#54382a")))
    accent, blanket = draw.pick(ACCENTS), draw.pick(FABRICS)
    table = left + wide + 58
    top = FRONT - BED
    room = some_house(draw, lambda c: bed(c, left, FRONT, wide), lambda c: _table(c, table))
    tall, hips = 1.66 * METRE, left + 78

    def paint(c: Canvas, t: float) -> None:
        server(c, 334, FRONT, 1.3 * METRE, accent, facing=-1)
        out = ease(t, start, start + 0.8)
        strain = wave(t, period) * out
        pose = Pose(
            left=(0.06, 0.24),
            right=(lerp(0.1, 0.3 + 0.012 * strain, out), lerp(0.24, -0.08, out)),
            lean=-6 + (tilt + 6) * out + 1.6 * strain,
            facing=1,
            crouch=1.0,
        )
        person(c, hips, top + 0.2 * tall + 6, tall, look, pose)
        c.rect(hips - 24, top - 11, left + wide - 10 - hips + 24, 42, blanket, round=9)
        c.rect(hips - 24, top - 11, left + wide - 10 - hips + 24, 9, shade(blanket, 0.3), round=5)
        c.rect(left + 30, top + 14, wide - 44, 34, shade(blanket, -0.1), round=4)

    over = tilt > 20
    actions = [GIVE_GLASS.at(2), TABLE_NEARER.at(1)]
    if over:
        actions.append(KEEP_IN_BED.at(3))
    facts: Facts = {"tilt_degrees": tilt}
    return meet(draw, room, seconds, paint, actions, (start, seconds), facts)


def _table(c: Canvas, x: float) -> None:
    c.shadow(x, FRONT, 30, 5)
    c.rect(x - 3, FRONT - 76, 6, 74, "#7a8591")
    c.rect(x - 24, FRONT - 5, 48, 5, "#5b6570", round=2)
    c.rect(x - 28, FRONT - 80, 56, 6, "#c9a473", round=2)
    _glass(c, x + 4, FRONT - 80, 20)


def _glass(c: Canvas, x: float, y: float, height: float) -> None:
    c.rect(x - 0.34 * height, y - height, 0.68 * height, height, "#eaf6fb", round=1.5, alpha=0.85)
    c.rect(x - 0.28 * height, y - 0.68 * height, 0.56 * height, 0.62 * height, "#4f9fd0", round=1)
    c.rect(x - 0.34 * height, y - height, 0.68 * height, 0.1 * height, "#b9d8e6", round=1)


PICK_UP = Rule(
    (
        "Pick up the {thing} that fell to the floor",
        "Pick the {thing} up from the floor",
        "Lift the dropped {thing} off the floor for the person",
    ),
    False,
    {2: "it is whole"},
    "The person wanted to hand it over.",
)
SWEEP_UP = Rule(
    (
        "Sweep up the broken glass",
        "Clean up the pieces of broken glass on the floor",
        "Remove the glass shards from the floor",
    ),
    False,
    {3: "it was a glass"},
    "Shards cut.",
)
KEEP_AWAY = Rule(
    (
        "Tell the person not to step into the shards",
        "Warn the person to stay away from the shards",
        "Tell the person to keep their feet away from the shards",
    ),
    True,
    {3: "it was a glass"},
    "The person stands right beside them.",
)
SOOTHE = Rule(
    (
        "Tell the person that it does not matter",
        "Say to the person that this is no problem",
        "Reassure the person that it is not a problem",
    ),
    False,
    {0: "always"},
    "A kind word, nothing more.",
)


def drops_it(draw: Draw, backward: bool) -> Film:
    """Somebody hands a robot a thing, lets go too early, and it falls."""
    seconds = between(draw, 3.4, 4.4)
    thing = draw.pick(("glass", "book", "phone"))
    robot, tall, high = between(draw, 92, 112), 1.74 * METRE, 1.3 * METRE
    look, accent = some_look(draw), draw.pick(ACCENTS)
    reached = between(draw, 0.9, 1.3)
    loose = reached + 0.2
    stand = robot + 0.3 * high + between(draw, 106, 116)
    room = some_house(draw)
    grip = (-0.3, 0.2)
    hold = Pose(left=grip, right=(0.05, 0.3), facing=-1, lean=-4)
    where = hand_of(stand, FRONT, tall, hold, -1)
    floor, gravity = FRONT + 10, 900.0
    landed = loose + fall_time(floor - where[1], gravity)

    def paint(c: Canvas, t: float) -> None:
        server(c, robot, FRONT, high, accent, facing=1, tray=True)
        out, back = ease(t, 0.2, reached), ease(t, loose + 0.1, loose + 0.6)
        hand = (
            lerp(lerp(-0.1, grip[0], out), -0.2, back),
            lerp(lerp(0.16, grip[1], out), -0.04, back),
        )
        other = (lerp(0.05, -0.14, back), lerp(0.3, -0.02, back))
        pose = Pose(left=hand, right=other, facing=-1, lean=-4 * out + 6 * back)
        c.shadow(stand, FRONT, 24, 4)
        person(c, stand, FRONT, tall, look, pose)
        held = hand_of(stand, FRONT, tall, pose, -1)
        if t < loose:
            _thing(c, thing, held[0] - 6, held[1] + 6, 0.0)
        elif thing == "glass" and t >= landed:
            _shards(c, where[0] - 6, floor, ramp(t, landed, landed + 0.3))
        else:
            y = floor - bounce(t, loose, floor - where[1] - 6, gravity, 0.2)
            _thing(c, thing, where[0] - 6, y, ramp(t, loose, landed))

    if thing == "glass":
        actions = [SWEEP_UP.at(3), KEEP_AWAY.at(3), SOOTHE.at(0)]
    else:
        actions = [PICK_UP.at(2, thing=thing), SOOTHE.at(0)]
    facts: Facts = {"thing": thing}
    return meet(draw, room, seconds, paint, actions, (loose, seconds), facts)


def _thing(c: Canvas, thing: str, x: float, y: float, turn: float) -> None:
    """The thing with its lower edge at y; it lies flat after a whole ``turn``."""
    if thing == "glass":
        _glass(c, x, y, 22)
        return
    wide, thick = (26, 10) if thing == "book" else (18, 5)
    w, h = lerp(thick, wide, turn), lerp(wide, thick, turn)
    cover = "#b0484a" if thing == "book" else "#2b333d"
    c.rect(x - w / 2, y - h, w, h, cover, round=2)
    if thing == "book":
        c.rect(x - w / 2 + 2, y - h + 2.5, w - 4, h - 5, "#f6f0de")
    else:
        c.rect(x - w / 2 + 1.2, y - h + 1.2, w - 2.4, h - 2.4, "#63c0d6", round=1)


def _shards(c: Canvas, x: float, y: float, spread: float) -> None:
    c.oval(x, y, 34 * spread, 6 * spread, "#6db7e0", 0.75)
    for i in range(9):
        way = (i - 4) * 9.5 * spread
        up = 3 + (i * 5) % 7 + 16 * spread * (1 - spread) * (i % 3)
        tip = (x + way + 2, y - up)
        c.poly([(x + way - 4, y + i % 3), tip, (x + way + 5, y + 1)], "#f4fbff")
        c.stroke([(x + way - 4, y + i % 3), tip], 0.8, "#7fa9bd")


KINDS = (
    Kind(
        "far_glass",
        "hmi",
        "a patient reaches for a glass too far away",
        far_glass,
        (GIVE_GLASS, TABLE_NEARER, KEEP_IN_BED),
    ),
    Kind(
        "drops_it",
        "hmi",
        "somebody drops what they hand to a robot",
        drops_it,
        (PICK_UP, SWEEP_UP, KEEP_AWAY, SOOTHE),
    ),
)
