"""Safety and Monitoring: a fire in a bin, and a pipe that bursts in a cellar."""

from __future__ import annotations

import math

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import Pose, person, some_look
from handeye.visualact.scenes.drawing.fire import flames, jet, smoke
from handeye.visualact.scenes.drawing.motion import between, ease, ramp, wave
from handeye.visualact.scenes.events.safety.camera import watch
from handeye.visualact.scenes.events.safety.indoors import CELLAR_FLOOR, cellar, waiting_room
from handeye.visualact.scenes.film import Film, Kind, Rule

PUT_OUT = Rule(
    (
        "Put out the fire in the bin with a fire extinguisher",
        "Extinguish the burning waste bin",
        "Take the extinguisher and stop the fire in the bin",
    ),
    False,
    {4: "the flames end higher than the bin itself", 3: "lower flames, or smoke only"},
    "A fire in a bin spreads to the room within a minute.",
)
ALARM = Rule(
    (
        "Call the fire brigade",
        "Raise the fire alarm",
        "Alert the fire department about the fire in the room",
    ),
    False,
    {4: "the flames end higher than the bin itself", 3: "lower flames, or smoke only"},
    "Help must be on its way before the room is lost.",
)
MOVE_CURTAIN = Rule(
    (
        "Pull the curtain away from the burning bin",
        "Keep the curtain from catching fire",
        "Move the curtain out of reach of the flames",
    ),
    True,
    {3: "the bin stands within a metre of the curtain and burns"},
    "It will be the next to burn.",
)
LEAD_OUT = Rule(
    (
        "Get the person on the bench out of the room",
        "Lead the person on the bench out of the room",
        "Evacuate the person sitting on the bench from the room",
    ),
    True,
    {4: "the flames end higher than the bin itself", 3: "lower flames, or smoke only"},
    "Smoke and flames will reach whoever stays.",
)
BIN_TALL = 40.0


def bin_fire(draw: Draw, backward: bool) -> Film:
    """Smoke and then flames grow from a waste bin in a waiting room."""
    seconds, start = between(draw, 3.8, 5.0), between(draw, 0.4, 0.8)
    place, look = waiting_room(draw), some_look(draw)
    x = between(draw, 176, 262)
    height = 0.0 if draw.below(4) == 0 else between(draw, 16, 84)
    sits = draw.below(2) == 1
    gap = round(max(0.0, 262 - (x + 15)) / 38, 2)

    def paint(c: Canvas, t: float) -> None:
        if sits:
            person(c, 80, 232, 104, look, Pose(crouch=0.75, left=(-0.06, 0.2), right=(0.06, 0.2)))
        grown = ease(t, start, seconds)
        smoke(c, x, 196 - 0.5 * height * grown, 0.95 * ramp(t, start, 0.8 * seconds), t)
        flames(c, x, 206, 26 + 0.1 * height, height * ease(t, start + 0.8, seconds), t)
        c.shadow(x, 246, 22, 5)
        c.poly([(x - 17, 205), (x + 17, 205), (x + 14, 245), (x - 14, 245)], "#4d6b86")
        c.rect(x - 19, 202, 38, 6, "#3c566e", round=3)
        for dx in (-7, 3):
            c.rect(x + dx, 213, 4, 26, "#5f7f9c", round=2)

    large = height > BIN_TALL
    level = 4 if large else 3
    actions = [PUT_OUT.at(level), ALARM.at(level)]
    if sits:
        actions.append(LEAD_OUT.at(level))
    if height and gap < 1:
        actions.append(MOVE_CURTAIN.at(3))
    facts: dict[str, float | str] = {
        "flame_pixels": height,
        "bin_pixels": BIN_TALL,
        "curtain_metres": gap,
        "person": "sits" if sits else "none",
    }
    return watch(draw, seconds, place, paint, actions, (start, seconds), facts)


SHUT_VALVE = Rule(
    (
        "Close the red valve of the burst pipe",
        "Shut the valve to stop the water from the burst pipe",
        "Turn the valve so that no more water comes out of the pipe",
    ),
    False,
    {3: "a strong jet", 2: "a weak one"},
    "As long as it is open the water rises.",
)
CUT_POWER = Rule(
    (
        "Switch off the electricity before the water reaches the power strip",
        "Cut the power before the water gets to the electric power strip",
        "Turn off the electricity because water is near the power strip",
    ),
    True,
    {
        4: "the water ends at the power strip",
        3: "it ends less than a metre from it",
        2: "farther away",
    },
    "Water on a live socket can kill whoever steps into it.",
)
SAVE_BOX = Rule(
    (
        "Carry the cardboard boxes out of the water",
        "Lift the boxes off the wet floor",
        "Bring the boxes to a dry place",
    ),
    True,
    {2: "boxes stand on the floor that gets wet"},
    "Cardboard and what is in it will be spoiled.",
)
MOP_UP = Rule(
    (
        "Mop up the water on the cellar floor",
        "Clean up the water on the floor",
        "Mop and dry the wet floor of the cellar",
    ),
    False,
    {1: "always"},
    "It can wait until no more comes.",
)
STRIP_X, METRE = 318.0, 42.0


def pipe_bursts(draw: Draw, backward: bool) -> Film:
    """A pipe bursts in the cellar; the puddle grows towards a power strip on the floor."""
    seconds, start = between(draw, 3.8, 5.0), between(draw, 0.4, 0.9)
    place, x = cellar(draw), between(draw, 84, 110)
    strong = draw.below(3) > 0
    speed = between(draw, 130, 165) if strong else between(draw, 45, 70)
    gap = between(draw, 0.1, 1.5) if strong else between(draw, 0.8, 2.4)
    if strong and draw.below(2) == 0:
        gap = 0.0
    boxes = draw.below(2) == 1
    middle = x + 0.4 * speed
    reach = STRIP_X - 30 - gap * METRE - middle

    def paint(c: Canvas, t: float) -> None:
        # A steady flow on a level floor: the area grows evenly, so the radius with the root.
        radius = reach * math.sqrt(ramp(t, start, seconds))
        if radius > 2:
            c.oval(middle, 246, radius, 0.17 * radius, "#5aa0cc", 0.75)
            c.oval(middle - 4, 245, 0.82 * radius, 0.12 * radius, "#9fd0ea", 0.7)
        if boxes:
            _box(c, 178, 256, 46)
            _box(c, 212, 264, 34)
        _strip(c, t)
        if t > start:
            jet(c, x + 4, 62, speed, 244, t - start)
            c.poly([(x - 4, 52), (x + 3, 58), (x + 7, 53), (x + 5, 65), (x - 5, 65)], "#2f3942")

    level = 4 if gap == 0 else 3 if gap < 1 else 2
    actions = [SHUT_VALVE.at(3 if strong else 2), CUT_POWER.at(level), MOP_UP.at(1)]
    if boxes:
        actions.append(SAVE_BOX.at(2))
    facts: dict[str, float | str] = {
        "strip_metres": gap,
        "jet": "strong" if strong else "weak",
        "boxes": "on the floor" if boxes else "none",
    }
    return watch(draw, seconds, place, paint, actions, (start, seconds), facts)


def _strip(c: Canvas, t: float) -> None:
    """A power strip on the floor with two plugs, its lamp lit; the cable goes to the wall."""
    c.stroke([(STRIP_X + 30, 248), (364, 240), (366, CELLAR_FLOOR - 60)], 3, "#2d333b")
    c.rect(356, CELLAR_FLOOR - 76, 20, 24, "#eceff1", round=3)
    c.rect(STRIP_X - 30, 241, 62, 13, "#f1f3f4", round=4)
    for i in range(3):
        c.disc(STRIP_X - 17 + 17 * i, 247, 5, "#b7bec5")
    for i in range(2):
        c.rect(STRIP_X - 21 + 17 * i, 236, 8, 12, "#2d333b", round=2)
    c.disc(STRIP_X + 26, 247, 3, "#e5483d" if wave(t, 1.0) > -0.6 else "#a3352d")


def _box(c: Canvas, x: float, y: float, side: float) -> None:
    c.rect(x - side / 2, y - 0.8 * side, side, 0.8 * side, "#c69963", round=1)
    c.rect(x - side / 2, y - 0.8 * side, side, 0.14 * side, "#a97d4b")
    c.rect(x - 0.07 * side, y - 0.8 * side, 0.14 * side, 0.8 * side, "#e2c08c")


KINDS = (
    Kind(
        "bin_fire",
        "safety",
        "smoke and flames grow from a waste bin",
        bin_fire,
        (PUT_OUT, ALARM, LEAD_OUT, MOVE_CURTAIN),
    ),
    Kind(
        "pipe_bursts",
        "safety",
        "a pipe bursts and water spreads towards a power strip",
        pipe_bursts,
        (SHUT_VALVE, CUT_POWER, MOP_UP, SAVE_BOX),
    ),
)
