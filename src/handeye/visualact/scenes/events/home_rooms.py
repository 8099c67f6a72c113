"""Home Service: rooms left to themselves, and rooms in which nothing is called for."""

from __future__ import annotations

from dataclasses import replace

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, Point, mix, shade, turned
from handeye.visualact.scenes.drawing.figures import TOPS, person, some_look, walking
from handeye.visualact.scenes.drawing.furniture import (
    FABRICS,
    WOODS,
    cat,
    cup,
    picture,
    plant,
    rug,
    sofa,
    table,
    window,
)
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, ramp, wave
from handeye.visualact.scenes.events.fire import flames, smoke
from handeye.visualact.scenes.events.home_stage import FRONT, METRE, Facts, play, some_room
from handeye.visualact.scenes.film import Film, Kind, Rule

LIFT_IRON = Rule(
    (
        "Lift the hot iron off the shirt",
        "Take the hot iron away from the shirt",
        "Lift the iron because it is burning the shirt",
    ),
    False,
    {4: "flames are seen", 3: "there is only smoke"},
    "The cloth is burning already.",
)
UNPLUG = Rule(
    (
        "Unplug the iron",
        "Pull the plug of the iron out of the socket",
        "Switch off the power of the iron",
    ),
    True,
    {3: "always"},
    "It gets hotter as long as it has power.",
)
PUT_OUT = Rule(
    (
        "Put out the flames of the burning shirt",
        "Extinguish the flames of the burning shirt",
        "Smother the flames on the shirt with a fire blanket",
    ),
    False,
    {4: "flames are seen"},
    "The flat may burn.",
)
AIR = Rule(
    (
        "Open a window to let the smoke out",
        "Air the room to get rid of the smoke",
        "Air the smoky room by opening a window",
    ),
    False,
    {1: "there is only smoke"},
    "Once nothing smokes any more.",
)


def iron_left(draw: Draw, backward: bool) -> Film:
    """An iron left face down smokes, in four of ten cases until flames come."""
    seconds, start = between(draw, 3.6, 4.8), between(draw, 0.5, 0.9)
    burns = draw.below(10) < 4
    catches = seconds - between(draw, 1.2, 1.6) if burns else seconds + 1.0
    shirt, case = draw.pick(TOPS), draw.pick(("#4f8fc0", "#b0658f", "#4f9d8a"))
    amount = between(draw, 0.6, 1.0)
    x, top = between(draw, 170, 200), 178.0
    room = some_room(
        draw,
        lambda c: plant(c, 350, 228, 84),
        lambda c: _board(c, x, top, shirt),
    )

    def paint(c: Canvas, t: float) -> None:
        burnt = ease(t, start, seconds)
        c.oval(x, top - 3, 30 + 16 * burnt, 4 + burnt, mix(shirt, "#3a2a22", round(burnt, 2)))
        smoke(c, x + 6, top - 8, amount * ramp(t, start, seconds - 0.6), t - start)
        flames(c, x + 4, top - 1, 96, 78 * ease(t, catches, catches + 1.1), t)
        _iron(c, x, top - 4, case)

    if burns:
        actions = [LIFT_IRON.at(4), UNPLUG.at(3), PUT_OUT.at(4)]
    else:
        actions = [LIFT_IRON.at(3), UNPLUG.at(3), AIR.at(1)]
    facts: Facts = {"flames": "yes" if burns else "no", "smoke": amount}
    spot = (between(draw, 44, 80), 90.0)
    return play(draw, room, seconds, paint, actions, (start, seconds), facts, spot=spot)


def _board(c: Canvas, x: float, y: float, shirt: str) -> None:
    c.shadow(x, 248, 92, 6)
    for side in (-1, 1):
        c.stroke([(x - 54 * side, y + 6), (x + 58 * side, 246)], 4.4, "#8b95a1")
        c.stroke([(x + 58 * side - 12, 247), (x + 58 * side + 12, 247)], 4, "#646e79")
    c.rect(x - 112, y - 2, 216, 11, "#d9dfe4", round=5)
    c.rect(x - 70, y - 6, 140, 8, shirt, round=3)
    c.poly([(x - 58, y), (x - 22, y), (x - 30, y + 40), (x - 66, y + 36)], shade(shirt, -0.12))
    c.poly([(x + 26, y), (x + 60, y), (x + 62, y + 30), (x + 34, y + 34)], shade(shirt, -0.06))
    c.stroke([(x - 34, y - 20), (x - 96, y - 4), (x - 128, 214), (x - 160, 220)], 2, "#3b424c")
    c.rect(x - 172, 210, 15, 18, "#f4f1ea", round=2)


def _iron(c: Canvas, x: float, y: float, case: str) -> None:
    c.poly([(x - 34, y), (x + 44, y), (x + 26, y - 9), (x - 34, y - 9)], "#8b95a1")
    c.poly([(x - 34, y - 8), (x + 28, y - 8), (x + 6, y - 24), (x - 32, y - 24)], case)
    c.stroke(
        [(x - 28, y - 24), (x - 24, y - 36), (x + 8, y - 34), (x + 12, y - 22)], 5.4, "#343b44"
    )
    c.disc(x - 10, y - 15, 3, "#ff5a3d")


CLOSE_WINDOW = Rule(
    (
        "Close the window because it is raining in",
        "Shut the open window against the rain",
        "Close the window so that no more rain comes in",
    ),
    False,
    {3: "a laptop lies below the window", 2: "no laptop lies there"},
    "It rains in already, and goes on.",
)
SAVE_LAPTOP = Rule(
    (
        "Move the laptop away from the rain",
        "Take the laptop off the desk under the window before it gets wet",
        "Bring the computer to a dry place",
    ),
    True,
    {3: "a laptop lies below the window"},
    "Water ruins it within moments.",
)
MOP = Rule(
    (
        "Mop up the puddle on the floor",
        "Wipe the rain water off the floor",
        "Dry the wet floor under the window",
    ),
    False,
    {1: "the puddle ends narrower than a metre", 2: "wider"},
    "It is slippery, and wood swells.",
)


def rains_in(draw: Draw, backward: bool) -> Film:
    """Rain comes in at an open window; a puddle grows on the floor."""
    seconds, start = between(draw, 3.4, 4.6), between(draw, 0.3, 0.8)
    laptop = draw.below(2) == 1
    puddle = between(draw, 0.55, 1.6)
    left, period = between(draw, 150, 190), between(draw, 0.9, 1.3)
    wood, cloth = draw.pick(WOODS), draw.pick(("#d9b3a6", "#c9c0dc", "#e3cf9a"))
    room = some_room(
        draw,
        lambda c: _desk(c, left - 30, wood) if laptop else plant(c, 60, 226, 84),
        lambda c: _laptop(c, left + 44, 174) if laptop else None,
    )

    def paint(c: Canvas, t: float) -> None:
        window(c, left, 40, 104, 104, ("#6d7f90", "#98a8b3"))
        _sashes(c, left, 40, 104, 3 * wave(t, period))
        wide = puddle * METRE * ramp(t, start, seconds)
        if wide > 4:
            c.oval(left + 34, 262, wide / 2, 2 + 0.09 * wide, "#7fb3cc")
            c.oval(left + 28, 261, wide / 3, 1 + 0.05 * wide, "#a9d3e4")
        if laptop:
            _desk(c, left - 30, wood)
            _laptop(c, left + 44, 174)
        _curtain(c, left - 36, cloth, 1.0 + 0.5 * wave(t, period), -1)
        _curtain(c, left + 140, cloth, 1.0 + 0.5 * wave(t, period, 0.2), 1)
        _rain(c, left, t, ramp(t, start - 0.3, start + 0.5), 172 if laptop else 262)

    actions = [CLOSE_WINDOW.at(3 if laptop else 2)]
    if laptop:
        actions.append(SAVE_LAPTOP.at(3))
    actions.append(MOP.at(2 if puddle > 1 else 1))
    facts: Facts = {"laptop": "below" if laptop else "none", "puddle_metres": puddle}
    spot = (between(draw, 44, 80), 90.0)
    span = (start, seconds)
    return play(draw, room, seconds, paint, actions, span, facts, spot=spot, sunny=False)


def _sashes(c: Canvas, x: float, y: float, size: float, sway: float) -> None:
    """The two wings of an open window, turned into the room."""
    for hinge, side in ((x, -1), (x + size, 1)):
        out = hinge + side * (26 + sway)
        wing: list[Point] = [(hinge, y), (out, y - 8), (out, y + size + 10), (hinge, y + size)]
        c.poly(wing, "#d3e2e8", 0.65)
        c.stroke([*wing, wing[0]], 3.4, "#f4f1ea")


def _curtain(c: Canvas, x: float, color: str, blown: float, side: int) -> None:
    top, low = 30.0, 168.0
    for fold in range(3):
        at = x + side * 11 * fold
        drift = side * 7 * blown * (1 + 0.4 * fold)
        edge = [(at - 7, top), (at + 7, top), (at + 9 + drift, low - 4 * fold)]
        c.poly([*edge, (at - 7 + drift, low - 4 * fold)], shade(color, 0.1 - 0.12 * fold))


def _rain(c: Canvas, x: float, t: float, amount: float, ground: float) -> None:
    """Slanting drops outside and, of those near, the share ``amount`` (0..1) down to ``ground``."""
    for i in range(56):
        # Multiples of these two shares of 1 fill a square evenly without a visible grid.
        way, place = (t / 0.62 + 0.75488 * i) % 1, 0.56984 * i % 1
        inside = i % 2 == 1
        if inside and place > amount:
            continue
        px = x + 8 + 94 * place - (46 if inside else 24) * way
        py = lerp(44.0, ground if inside else 132.0, way)
        if not inside and px < x + 4:
            continue
        c.stroke([(px, py), (px - 3.4, py + 11)], 1.8, "#8fc3e0" if py > 140 else "#dcebf4")
        if inside and way > 0.9:
            c.oval(px - 4, ground, 6, 2, "#a9d3e4", 0.8)


def _desk(c: Canvas, x: float, wood: str) -> None:
    table(c, x, 246, 164, 72, wood)


def _laptop(c: Canvas, x: float, y: float) -> None:
    c.poly([(x - 30, y), (x + 30, y), (x + 27, y - 40), (x - 27, y - 40)], "#343b44")
    c.poly([(x - 26, y - 4), (x + 26, y - 4), (x + 23, y - 37), (x - 23, y - 37)], "#8fd0ee")
    for row in (10, 17, 24):
        c.rect(x - 16, y - 6 - row, 26 + row % 9, 3, "#f4f8fa")
    c.rect(x - 33, y - 3, 66, 4, "#9aa3ad", round=2)


def calm_room(draw: Draw, backward: bool) -> Film:
    """Nothing is called for: somebody walks through with a cup, or a cat rests on the sofa."""
    seconds, fabric = between(draw, 3.2, 4.8), draw.pick(FABRICS)
    shown = draw.pick(("person with a cup", "cat on the sofa", "child with a ball"))
    look, color = some_look(draw), draw.pick(("#e09a3b", "#3c9aa3", "#d8574f"))
    coat, period = draw.pick(("#363b45", "#f1e9dc", "#57402f")), between(draw, 1.4, 2.2)
    first, last = between(draw, 40, 90), between(draw, 250, 330)
    room = some_room(
        draw,
        lambda c: sofa(c, 150, 232, 168, 76, fabric),
        lambda c: rug(c, 200, 262, 200, shade(fabric, 0.2)),
        lambda c: plant(c, 354, 232, 88),
        lambda c: picture(c, 250, 62, 64, 48, "#7c8fb0"),
    )

    def paint(c: Canvas, t: float) -> None:
        if shown == "cat on the sofa":
            paw = ease(t, 0.3, 1.0) * (0.6 + 0.3 * wave(t, 0.37 * period))
            cat(c, 236, 200, 60, coat, paw=paw, tail=wave(t, period))
            return
        x = lerp(first, last, ramp(t, 0.0, seconds))
        tall = 1.68 if shown == "person with a cup" else 1.0
        c.shadow(x, FRONT, 24, 5)
        pose = walking((x - first) / (40 * tall), 1)
        if shown == "person with a cup":
            pose = replace(pose, right=(0.19, 0.17))
        person(c, x, FRONT, tall * METRE, look, pose)
        if shown == "person with a cup":
            cup(c, x + 47, FRONT - 78, 15, color)
        if shown == "child with a ball":
            c.disc(x + 15, FRONT - 42, 11, color)
            c.disc(x + 12, FRONT - 45, 3.6, "#ffffff")

    facts: Facts = {"shown": shown}
    span, spot = (0.0, seconds), (60.0, 90.0)
    return play(draw, room, seconds, paint, [], span, facts, spot=spot, also=(shown,))


def calm_floor(draw: Draw, backward: bool) -> Film:
    """Nothing is called for: a ball rolls over the floor and stops, a mobile turns."""
    seconds, fabric = between(draw, 3.2, 4.6), draw.pick(FABRICS)
    first, last = between(draw, 30, 70), between(draw, 230, 300)
    stop = seconds - between(draw, 0.5, 1.2)
    color, period = draw.pick(("#d8464f", "#3f8fd2", "#f1c232")), between(draw, 2.2, 3.0)
    hung, wood = between(draw, 250, 300), draw.pick(WOODS)
    room = some_room(
        draw,
        lambda c: table(c, 130, 232, 130, 60, wood),
        lambda c: cup(c, 180, 172, 18, shade(fabric, 0.1)),
        lambda c: rug(c, 190, 262, 240, fabric),
        lambda c: plant(c, 354, 232, 88),
    )

    def paint(c: Canvas, t: float) -> None:
        _mobile(c, hung, wave(t, period))
        # Constant deceleration: the way is a parabola that ends level.
        x = lerp(first, last, 1 - (1 - ramp(t, 0.0, stop)) ** 2)
        turn = (x - first) / 14 * 57.3
        c.shadow(x, FRONT + 6, 13, 3)
        c.disc(x, FRONT - 8, 14, color)
        c.disc(*turned([(x + 7, FRONT - 8)], (x, FRONT - 8), turn)[0], 4.6, "#ffffff")

    shown = "ball on the floor"
    facts: Facts = {"shown": shown, "stops_at": stop}
    span, spot, also = (0.0, seconds), (70.0, 90.0), (shown, "mobile")
    return play(draw, room, seconds, paint, [], span, facts, spot=spot, also=also)


def _mobile(c: Canvas, x: float, turn: float) -> None:
    c.stroke([(x, 0), (x, 26)], 1.4, "#6b6660")
    for i, color in enumerate(("#e58aa0", "#f0c04f", "#8fb4d8")):
        far = 34 * wave(turn / 6, 1.0, i / 3)
        c.stroke([(x, 26), (x + far, 30), (x + far, 50 + 7 * i)], 1.4, "#6b6660")
        c.disc(x + far, 54 + 7 * i, 7, color)


KINDS = (
    Kind(
        "iron_left",
        "home",
        "an iron left face down burns a shirt",
        iron_left,
        (LIFT_IRON, UNPLUG, PUT_OUT, AIR),
    ),
    Kind(
        "rains_in",
        "home",
        "rain comes in at an open window",
        rains_in,
        (CLOSE_WINDOW, SAVE_LAPTOP, MOP),
    ),
    Kind("calm_room", "home", "a room in which all is well", calm_room),
    Kind("calm_floor", "home", "a ball that rolls over the floor and stops", calm_floor),
)
