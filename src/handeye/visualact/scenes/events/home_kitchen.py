"""Home Service at the stove and the table: what boils over, rolls off or is pushed off."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.records import Action
from handeye.visualact.scenes.drawing.canvas import Canvas, shade
from handeye.visualact.scenes.drawing.figures import child_look, person
from handeye.visualact.scenes.drawing.furniture import (
    WOODS,
    cat,
    counter,
    plant,
    rug,
    stove,
    table,
    vase,
)
from handeye.visualact.scenes.drawing.motion import (
    between,
    bounce,
    ease,
    fall_time,
    lerp,
    ramp,
    wave,
)
from handeye.visualact.scenes.events.home_stage import FRONT, METRE, Facts, play, some_room
from handeye.visualact.scenes.film import Film, Kind, Rule

GRAVITY = 9.81 * METRE

CATCH = Rule(
    (
        "Catch the {thing} before it rolls off the table",
        "Stop the rolling {thing} at the edge of the table",
        "Catch the rolling {thing} before it drops off the table",
    ),
    True,
    {3: "a glass ball", 2: "an egg", 1: "an orange or a toy ball"},
    "What is lost is the thing itself; glass also cuts.",
)
SWEEP = Rule(
    (
        "Sweep up the broken glass on the floor",
        "Clean up the shards of the glass that fell off the table",
        "Remove the glass splinters from the floor",
    ),
    False,
    {3: "a child stands there", 2: "nobody stands there"},
    "Shards cut whoever steps on them.",
)
KEEP_OFF = Rule(
    (
        "Keep the child away from the broken glass",
        "Keep the child away so that it does not step on the broken glass",
        "Lead the child away from the broken glass",
    ),
    True,
    {3: "a child stands there"},
    "It stands within reach of the shards.",
)
WIPE_EGG = Rule(
    (
        "Wipe up the broken egg",
        "Clean the smashed egg off the floor",
        "Mop up the egg that has fallen down",
    ),
    False,
    {1: "always"},
    "A stain, and slippery.",
)
PICK_UP = Rule(
    (
        "Pick up the {thing} from the floor",
        "Lift up the {thing} that is lying on the floor",
        "Pick the fallen {thing} up off the floor",
    ),
    False,
    {1: "it may be stepped on: a child stands there", 0: "nobody is there"},
    "Nothing broke.",
)
_THINGS = ("glass ball", "egg", "orange", "toy ball")
_EDGE, _TOP, _RADIUS = 252.0, 160.0, 11.0


def rolls_off(draw: Draw, backward: bool) -> Film:
    """A thing rolls along a table towards its edge, in half of all cases over it."""
    thing, falls = draw.pick(_THINGS), draw.below(2) == 1
    seconds, start = between(draw, 3.2, 4.4), between(draw, 0.3, 0.7)
    off = seconds - between(draw, 1.2, 1.6) if falls else seconds + between(draw, 0.15, 0.7)
    first = between(draw, 84, 110)
    speed = (_EDGE - first) / (off - start)
    child = draw.below(2) == 1
    look, wood = child_look(draw), draw.pick(WOODS)
    room = some_room(
        draw,
        lambda c: rug(c, 160, 262, 190, "#9fb0a2"),
        lambda c: plant(c, 30, 226, 76),
        lambda c: table(c, 60, 246, _EDGE - 60, 246 - _TOP, wood),
    )
    hit = off + fall_time(250 - _TOP, GRAVITY)

    def paint(c: Canvas, t: float) -> None:
        if child:
            c.shadow(352, FRONT - 14, 20, 4)
            person(c, 352, FRONT - 14, 0.95 * METRE, look)
        way = max(0.0, min(t, hit) - start) * speed
        x = first + way
        if t >= hit and thing in ("glass ball", "egg"):
            (_shards if thing == "glass ball" else _splat)(c, x, 250, t - hit)
            return
        if t >= hit:
            x += 30 * ease(t, hit, hit + 1.2)
        drop = 250 - _TOP - bounce(t, off, 250 - _TOP, GRAVITY) if t > off else 0.0
        _round_thing(c, thing, x, _TOP - _RADIUS + drop, (x - first) / 11)

    facts: Facts = {
        "thing": thing,
        "fell": "yes" if falls else "no",
        "child": "near" if child else "none",
        "pixels_a_second": round(speed, 1),
    }
    actions = _after_the_fall(thing, child) if falls else [CATCH.at(_worth(thing), thing=thing)]
    spot = (between(draw, 110, 230), 84.0)
    return play(draw, room, seconds, paint, actions, (start, seconds), facts, spot=spot)


def _worth(thing: str) -> int:
    return {"glass ball": 3, "egg": 2}.get(thing, 1)


def _after_the_fall(thing: str, child: bool) -> list[Action]:
    if thing == "egg":
        return [WIPE_EGG.at(1)]
    if thing != "glass ball":
        return [PICK_UP.at(1 if child else 0, thing=thing)]
    return [SWEEP.at(3), KEEP_OFF.at(3)] if child else [SWEEP.at(2)]


def _round_thing(c: Canvas, thing: str, x: float, y: float, turn: float) -> None:
    """A thing of radius 11 around (x, y), rolled by ``turn`` radii of way."""
    r, phase = _RADIUS, turn / 6.283
    mark = (x + 0.55 * r * wave(phase, 1, 0.25), y + 0.55 * r * wave(phase, 1))
    if thing == "glass ball":
        c.disc(x, y, r, "#7fb9cf")
        c.disc(x, y, 0.82 * r, "#cdeaf2")
        c.disc(*mark, 0.3 * r, "#5d9bd0")
        c.disc(x - 0.35 * r, y - 0.4 * r, 0.22 * r, "#ffffff")
    elif thing == "egg":
        c.oval(x, y + 1.5, r * (1 + 0.16 * abs(wave(phase, 1))), r * 0.86, "#d9b48f")
        c.oval(x - 1, y + 0.5, r * 0.9, r * 0.72, "#f0dcc0")
        c.disc(*mark, 1.4, "#c99d75")
    else:
        color = "#ef8e2f" if thing == "orange" else "#d8464f"
        c.disc(x, y, r, color)
        c.disc(x - 0.25 * r, y - 0.3 * r, 0.5 * r, shade(color, 0.2))
        c.disc(
            *mark,
            0.2 * r if thing == "orange" else 0.36 * r,
            "#6f9a3f" if thing == "orange" else "#ffffff",
        )


def _shards(c: Canvas, x: float, y: float, dt: float) -> None:
    flight = min(dt, 0.32)
    for i in range(11):
        way, up = 95 * wave(i, 11.3, 0.2), 60 + 40 * (i % 4)
        px = x + way * flight + 16 * wave(i, 4.1)
        py = min(y, y - up * flight + 420 * flight * flight) + 3 * (i % 3)
        s = 4 + i % 3 * 2
        c.poly([(px - s, py), (px + 0.2 * s, py - 1.5 * s), (px + s, py - 0.2 * s)], "#8cc3d8")
        c.poly([(px - s / 2, py), (px, py - s), (px + s / 3, py)], "#e3f4f9")


def _splat(c: Canvas, x: float, y: float, dt: float) -> None:
    grown = ease(dt, 0.0, 0.35)
    c.oval(x, y + 2, 10 + 22 * grown, 3 + 6 * grown, "#f4f0da")
    c.oval(x + 4, y + 1, 5 + 7 * grown, 2 + 3.4 * grown, "#f3b62c")
    for dx in (-12.0, 9.0):
        c.poly([(x + dx - 7, y + 2), (x + dx, y - 7), (x + dx + 6, y + 2)], "#e2c09a")


TAKE_OFF = Rule(
    (
        "Take the pot off the stove before the milk boils over",
        "Turn down the heat because the milk is rising in the pot",
        "Lower the heat so that the milk does not boil over",
    ),
    True,
    {3: "the foam stands above the rim", 2: "the foam is still below the rim"},
    "Milk rises within seconds once it foams.",
)
HOB_OFF = Rule(
    (
        "Switch off the heat under the overflowing pot",
        "Take the overflowing pot off the heat",
        "Turn off the heat under the pot that is overflowing",
    ),
    False,
    {3: "it has been running over for more than a second", 2: "shorter"},
    "It burns onto the plate and smokes.",
)
WIPE_STOVE = Rule(
    (
        "Wipe the spilled milk off the stove",
        "Clean the spilled milk off the stove",
        "Wipe up the milk that was spilled on the stove",
    ),
    False,
    {1: "always"},
    "Once the plate is cold.",
)


def milk_boils(draw: Draw, backward: bool) -> Film:
    """Milk foams up in a glass pot on a hot plate, in half of all cases over its rim."""
    seconds, start = between(draw, 3.4, 4.6), between(draw, 0.3, 0.8)
    over = draw.below(2) == 1
    spilling = between(draw, 0.5, 1.7) if over else 0.0
    peak = 1.18 if over else between(draw, 0.75, 1.16)
    full = seconds - spilling
    unit = draw.pick(("#a9b8a5", "#9fb0bd", "#c2b49c"))
    room = some_room(
        draw,
        lambda c: counter(c, -20, 300, 150, 112, unit),
        lambda c: counter(c, 290, 300, 130, 112, unit),
        lambda c: stove(c, 124, 300, 170, 112),
    )

    def paint(c: Canvas, t: float) -> None:
        level = lerp(0.35, peak, ramp(t, start, full) ** 1.5)
        _milk_pot(c, 248, 188, level, t, max(0.0, t - full))

    actions = [TAKE_OFF.at(3 if peak > 1 else 2)]
    if over:
        actions = [HOB_OFF.at(3 if spilling > 1 else 2), WIPE_STOVE.at(1)]
    facts: Facts = {"foam_height": peak, "seconds_over": spilling}
    spot = (between(draw, 60, 130), 80.0)
    return play(draw, room, seconds, paint, actions, (start, seconds), facts, spot=spot)


def _milk_pot(c: Canvas, x: float, y: float, level: float, t: float, spilled: float) -> None:
    """A glass pot of milk; ``level`` 1 is its rim, ``spilled`` the seconds since it ran over."""
    half, high = 42.0, 62.0
    c.stroke([(x - half, y - 46), (x - half - 46, y - 52)], 8, "#3a414a")
    c.rect(x - half, y - high, 2 * half, high, "#cfe0e6", round=8)
    top = y - high * level
    body = min(level, 1.0)
    c.rect(x - half + 4, y - high * body, 2 * half - 8, high * body - 4, "#fbf7ea", round=6)
    if level > 1:
        c.oval(x, y - high, half, (top - y + high) * -1 + 5, "#fdfaf0")
    for i in range(9):
        px = x + (half - 12) * (-1 + 0.25 * i)
        size = 5.5 + 2.4 * wave(t, 0.5, 0.31 * i) + 1.2 * (i % 3)
        bow = 0.35 * max(0.0, level - 1) * high * (i - 4) ** 2 / 8
        c.disc(px, top + 4 + bow, size, "#ffffff")
        c.disc(px + 1, top + 5 + bow, size * 0.6, "#efe7d2")
    for side in (-1, 1):
        c.rect(x + side * (half - 2) - 2, y - high, 4, high, "#a9c2cc", round=2)
    if spilled <= 0:
        return
    for i, dx in enumerate((-half, -0.5 * half, 0.3 * half, half)):
        down = high * ease(spilled, 0.12 * i, 0.5 + 0.12 * i)
        c.rect(x + dx - 6, y - high - 4, 12, down + 6, "#d9cfb2", round=6)
        c.rect(x + dx - 4.6, y - high - 4, 9.2, down + 5, "#fffdf5", round=4.6)
    spread = ease(spilled, 0.3, 1.8)
    c.oval(x, y + 2, half + 24 * spread, 4 + 3 * spread, "#fdfaf0")
    for dx in (-26, 14):
        c.rect(
            x + dx, y + 4, 8, (30 if dx > 0 else 46) * ramp(spilled, 0.6, 1.6), "#fdfaf0", round=4
        )
    for i in range(5):
        age = (spilled / 0.9 + 0.2 * i) % 1
        c.disc(
            x - 60 + 30 * i, y - 10 - 60 * age, 6 + 9 * age, "#ffffff", round(0.5 * (1 - age), 2)
        )


CATCH_VASE = Rule(
    (
        "Move the vase away from the edge of the table",
        "Catch the vase before the cat pushes it off the table",
        "Hold the vase so that the cat does not knock it down",
    ),
    True,
    {3: "it ends less than 12 cm from the edge", 2: "farther away"},
    "The next push may be the last.",
)
CAT_DOWN = Rule(
    (
        "Take the cat off the table",
        "Shoo the cat down from the table",
        "Lift the cat from the table and put it on the floor",
    ),
    True,
    {2: "the vase ends less than 12 cm from the edge", 1: "farther away"},
    "Without the cat nothing pushes.",
)


def cat_pushes(draw: Draw, backward: bool) -> Film:
    """A cat on a table pushes a vase towards the edge, paw by paw."""
    seconds = between(draw, 3.6, 4.8)
    pushes = draw.integer(2, 3)
    left = between(draw, 0.02, 0.3)
    step = between(draw, 0.26, 0.34)
    coat = draw.pick(("#4a4f59", "#c98a4b", "#8d8f96", "#e3d6c4"))
    glaze, wood = draw.pick(("#3f7fbf", "#4f9d8a", "#b65d7a")), draw.pick(WOODS)
    edge, top = 318.0, 172.0
    room = some_room(
        draw,
        lambda c: rug(c, 300, 266, 130, "#b9a48c"),
        lambda c: table(c, 34, 250, edge - 34, 250 - top, wood),
    )
    start = between(draw, 0.3, 0.5)
    beat = (seconds - start - 0.3) / pushes
    end = edge - left * METRE - 14

    def pushed(t: float) -> float:
        """Pushes done so far, with parts."""
        return sum(
            ease(t, start + i * beat + 0.2, start + (i + 0.55) * beat) for i in range(pushes)
        )

    def paint(c: Canvas, t: float) -> None:
        away = (pushes - pushed(t)) * step * METRE
        rest = sum(
            ease(t, start + (i + 0.6) * beat, start + (i + 0.95) * beat) for i in range(pushes)
        )
        tilt = pushed(t) - rest
        x = end - away
        seat = end - (pushes - rest) * step * METRE - 57
        cat(c, seat, top, 58, coat, paw=0.35 + 0.6 * tilt, tail=wave(t, 1.1))
        vase(c, x, top, 40, glaze)

    near = left < 0.12
    actions = [CATCH_VASE.at(3 if near else 2), CAT_DOWN.at(2 if near else 1)]
    facts: Facts = {"metres_left": left, "pushes": pushes, "metres_a_push": step}
    spot = (between(draw, 80, 300), 62.0)
    return play(draw, room, seconds, paint, actions, (start, seconds), facts, spot=spot)


KINDS = (
    Kind(
        "rolls_off",
        "home",
        "a thing rolls towards the edge of a table, or over it",
        rolls_off,
        (CATCH, SWEEP, KEEP_OFF, WIPE_EGG, PICK_UP),
    ),
    Kind(
        "milk_boils",
        "home",
        "milk rises in a pot, or boils over",
        milk_boils,
        (TAKE_OFF, HOB_OFF, WIPE_STOVE),
    ),
    Kind(
        "cat_pushes", "home", "a cat pushes a vase to the edge", cat_pushes, (CATCH_VASE, CAT_DOWN)
    ),
)
