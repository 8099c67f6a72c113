"""Human-Machine Interaction: somebody asks the machine for something without a word."""

from __future__ import annotations

import math

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, Point
from handeye.visualact.scenes.drawing.figures import Pose, person, some_look, worker_look
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, wave
from handeye.visualact.scenes.events.hmi.machines import (
    ACCENTS,
    ARM_PAINTS,
    arm,
    bench,
    parcel,
    server,
)
from handeye.visualact.scenes.events.hmi.stage import (
    FRONT,
    METRE,
    Facts,
    hand_of,
    meet,
    some_hall,
    some_house,
)
from handeye.visualact.scenes.film import Film, Kind, Rule

COME = Rule(
    (
        "Go over to the person who is waving",
        "Drive to the waving person",
        "Come over to the person who waves at the robot",
    ),
    False,
    {3: "waves with both arms", 2: "waves with one arm"},
    "The waving asks for it; both arms mean that it is urgent.",
)
ASK_WISH = Rule(
    (
        "Ask what help is needed",
        "Ask what you can do to help",
        "Offer help and ask what is wanted",
    ),
    False,
    {1: "always"},
    "The gesture does not tell what for.",
)


def waves_over(draw: Draw, backward: bool) -> Film:
    """Somebody waves the robot over, with one arm or with both."""
    seconds = between(draw, 3.0, 4.2)
    both = draw.below(2) == 1
    start, period = between(draw, 0.3, 0.9), between(draw, 0.6, 0.85)
    stand, tall = between(draw, 262, 300), 1.72 * METRE
    look, accent = some_look(draw), draw.pick(ACCENTS)
    room = some_house(draw)

    def paint(c: Canvas, t: float) -> None:
        server(c, 84, FRONT, 1.3 * METRE, accent, facing=1)
        up = ease(t, start, start + 0.4)
        to = 0.09 * wave(t, period)
        right = (lerp(0.09, 0.16 + to, up), lerp(0.3, -0.27, up))
        left = (-right[0], right[1]) if both else (-0.09, 0.3)
        c.shadow(stand, FRONT, 24, 4)
        person(c, stand, FRONT, tall, look, Pose(left=left, right=right))

    actions = [COME.at(3 if both else 2), ASK_WISH.at(1)]
    facts: Facts = {"arms": "both" if both else "one"}
    return meet(draw, room, seconds, paint, actions, (start, seconds), facts)


HALT = Rule(
    (
        "Stop because the person holds up a hand",
        "Stop driving because the person raises a hand",
        "Halt, the person signals stop with a raised hand",
    ),
    False,
    {3: "ends less than 0.6 m from the hand", 2: "farther away"},
    "The palm says stop.",
)
BACK_AWAY = Rule(
    (
        "Move back to leave the person more room",
        "Drive backwards a little to give the person more space",
        "Move backwards, away from the person, to give them space",
    ),
    True,
    {2: "ends less than 0.6 m from the hand", 1: "farther away"},
    "So near it is a threat.",
)


def stop_palm(draw: Draw, backward: bool) -> Film:
    """A service robot rolls towards somebody who raises a palm against it."""
    seconds = between(draw, 3.0, 4.2)
    left, speed = between(draw, 0.2, 1.1), between(draw, 36, 48)
    raised = seconds - between(draw, 1.1, 1.5)
    stand, tall = between(draw, 292, 312), 1.74 * METRE
    look, accent = some_look(draw), draw.pick(ACCENTS)
    room = some_house(draw)
    end = stand - 0.44 * tall - 0.25 * 1.3 * METRE - left * METRE

    def paint(c: Canvas, t: float) -> None:
        x = end - speed * (seconds - t)
        server(c, x, FRONT, 1.3 * METRE, accent, facing=1, roll=speed * t / 42)
        up = ease(t, raised, raised + 0.35)
        hand = (lerp(-0.06, -0.31, up), lerp(0.3, -0.05, up))
        pose = Pose(left=hand, right=(0.06, 0.3), facing=-1, lean=3 * up)
        c.shadow(stand, FRONT, 24, 4)
        person(c, stand, FRONT, tall, look, pose)
        if up > 0.6:
            _palm(c, hand_of(stand, FRONT, tall, pose, -1), tall, look.skin)

    near = left < 0.6
    actions = [HALT.at(3 if near else 2), BACK_AWAY.at(2 if near else 1)]
    facts: Facts = {"metres_left": left}
    return meet(draw, room, seconds, paint, actions, (raised, seconds), facts)


def _palm(c: Canvas, at: Point, tall: float, skin: str) -> None:
    """An open hand with its fingers up."""
    x, y = at
    c.oval(x, y, 0.026 * tall, 0.042 * tall, skin)
    for i in range(4):
        tip = (x + (i - 1.5) * 0.014 * tall, y - 0.085 * tall)
        c.stroke([(x + (i - 1.5) * 0.011 * tall, y - 0.02 * tall), tip], 0.013 * tall, skin)


FETCH = Rule(
    (
        "Bring the {thing} the person is pointing at",
        "Fetch the {thing} for the person who points at it",
        "Get the {thing} down from the shelf for the person",
    ),
    False,
    {2: "always"},
    "Pointing asks for it.",
)
CONFIRM = Rule(
    (
        "Ask the person whether that is the right one",
        "Check with the person that this is the right one",
        "Ask the person to confirm that it is the right one",
    ),
    True,
    {1: "the box on the middle shelf is meant", 0: "the top or the bottom one is meant"},
    "It saves a wrong trip.",
)
_BOXES = (
    ("red box", "#d8574f"),
    ("blue box", "#3f7fbf"),
    ("green box", "#4f9d69"),
    ("yellow box", "#ecc23c"),
)


def points_box(draw: Draw, backward: bool) -> Film:
    """Somebody points at one of three boxes on a shelf."""
    seconds = between(draw, 3.0, 4.2)
    boxes = [_BOXES[i] for i in draw.sample(len(_BOXES), 3)]
    meant = draw.below(3)
    start, period = between(draw, 0.4, 1.0), between(draw, 0.7, 1.0)
    stand, tall = between(draw, 186, 204), 1.74 * METRE
    look, accent = some_look(draw), draw.pick(ACCENTS)
    rows = (FRONT - 134.0, FRONT - 76.0, FRONT - 18.0)
    shelf = 318.0

    def rack(c: Canvas) -> None:
        c.shadow(shelf, FRONT, 56, 6)
        for x in (shelf - 50, shelf + 44):
            c.rect(x, FRONT - 178, 6, 178, "#6a7480")
        for row, (_, color) in zip(rows, boxes, strict=True):
            c.rect(shelf - 50, row, 100, 6, "#8b95a1")
            parcel(c, shelf, row, 52, 36, color)

    room = some_hall(draw, rack)
    shoulder = (stand + 0.11 * tall, FRONT - 0.735 * tall)
    goal = (shelf - 26, rows[meant] - 18)
    far = math.dist(shoulder, goal)

    def paint(c: Canvas, t: float) -> None:
        server(c, 70, FRONT, 1.3 * METRE, accent, facing=1)
        up = ease(t, start, start + 0.5)
        reach = 0.31 + 0.025 * wave(t, period)
        aim = ((goal[0] - shoulder[0]) / far * reach, (goal[1] - shoulder[1]) / far * reach)
        hand = (lerp(0.07, aim[0], up), lerp(0.3, aim[1], up))
        pose = Pose(left=(-0.04, 0.3), right=hand, facing=1)
        c.shadow(stand, FRONT, 24, 4)
        person(c, stand, FRONT, tall, look, pose)
        if up > 0.5:
            place = hand_of(stand, FRONT, tall, pose, 1)
            tip = (
                place[0] + (goal[0] - place[0]) / far * 14,
                place[1] + (goal[1] - place[1]) / far * 14,
            )
            c.stroke([place, tip], 3, look.skin)

    actions = [FETCH.at(2, thing=boxes[meant][0]), CONFIRM.at(1 if meant == 1 else 0)]
    facts: Facts = {
        "thing": boxes[meant][0],
        "shelf": ("top", "middle", "bottom")[meant],
    }
    return meet(draw, room, seconds, paint, actions, (start, seconds), facts)


GIVE_TOOL = Rule(
    (
        "Hand the {thing} to the worker",
        "Give the worker the {thing}",
        "Pass the {thing} to the worker who holds out a hand",
    ),
    False,
    {3: "the worker holds up a heavy plate meanwhile", 2: "the other hand is free"},
    "The open hand asks for it.",
)
HOLD_PLATE = Rule(
    (
        "Help to hold the heavy plate",
        "Support the plate that the worker is holding up",
        "Take some of the weight of the plate",
    ),
    True,
    {2: "the worker holds up a heavy plate"},
    "It gets too heavy for one arm.",
)
HANDLE_FIRST = Rule(
    (
        "Hold it out with the handle first",
        "Offer it with the handle towards the hand",
        "Pass it over handle first so that nobody is hurt",
    ),
    True,
    {1: "always"},
    "Nobody should have to grip metal.",
)


def wants_tool(draw: Draw, backward: bool) -> Film:
    """A worker holds out an open hand for the tool that lies beside the robot arm."""
    seconds = between(draw, 3.0, 4.2)
    thing = draw.pick(("hammer", "wrench", "screwdriver"))
    loaded = draw.below(2) == 1
    start, period = between(draw, 0.3, 0.8), between(draw, 0.7, 1.0)
    stand, tall = between(draw, 272, 286), 1.74 * METRE
    look, color = worker_look(draw), draw.pick(ARM_PAINTS)
    room = some_hall(draw)

    def paint(c: Canvas, t: float) -> None:
        arm(c, 54, FRONT - 10, (128, 118 + 3 * wave(t, 2.0)), 92, color)
        bench(c, 92, FRONT - 4, 96, 70)
        _tool(c, thing, 140, FRONT - 79)
        out = ease(t, start, start + 0.5)
        beg = 0.03 * wave(t, period) * out
        hand = (lerp(-0.06, -0.29 + beg, out), lerp(0.3, 0.12, out))
        tremble = 0.006 * wave(t, 0.14)
        other = (0.16, -0.2 + tremble) if loaded else (0.05, 0.3)
        if loaded:
            c.rect(stand + 16, 26, 100, 8, "#5b6570")
            for x in (stand + 34, stand + 90):
                c.rect(x, 0, 4, 30, "#5b6570")
        c.shadow(stand, FRONT, 24, 4)
        pose = Pose(left=hand, right=other, facing=-1)
        person(c, stand, FRONT, tall, look, pose)
        if loaded:
            lift = FRONT + (other[1] - 0.735 - 0.08) * tall
            c.rect(stand + 6, lift, 88, 10, "#8b95a1", round=2)
            c.rect(stand + 6, lift, 88, 3, "#b9c2cb", round=1)
        place = hand_of(stand, FRONT, tall, pose, -1)
        if out > 0.5:
            c.oval(place[0] - 4, place[1], 8, 3.4, look.skin)
            c.stroke([place, (place[0] - 5, place[1] - 6)], 2.6, look.skin)

    actions = [GIVE_TOOL.at(3 if loaded else 2, thing=thing), HANDLE_FIRST.at(1)]
    if loaded:
        actions.append(HOLD_PLATE.at(2))
    facts: Facts = {"thing": thing, "plate": "held up" if loaded else "none"}
    return meet(draw, room, seconds, paint, actions, (start, seconds), facts)


def _tool(c: Canvas, thing: str, x: float, y: float) -> None:
    """A tool that lies on a bench, its handle to the right, enlarged so that it is seen."""
    if thing == "hammer":
        c.stroke([(x - 16, y), (x + 24, y)], 5, "#c8803f")
        c.rect(x - 23, y - 14, 11, 22, "#3d4650", round=2)
    elif thing == "wrench":
        c.stroke([(x - 14, y), (x + 22, y)], 6, "#9aa5b0")
        c.ring(x + 24, y, 7, 3.6, "#9aa5b0")
        for dy in (-6, 6):
            c.stroke([(x - 14, y), (x - 25, y + dy)], 5, "#9aa5b0")
    else:
        c.stroke([(x - 26, y), (x + 4, y)], 3.2, "#9aa5b0")
        c.rect(x + 2, y - 5, 24, 10, "#d8574f", round=4)
        c.rect(x + 7, y - 5, 3, 10, "#a53d37")


KINDS = (
    Kind("waves_over", "hmi", "somebody waves a robot over", waves_over, (COME, ASK_WISH)),
    Kind(
        "stop_palm",
        "hmi",
        "somebody shows a palm to a robot that comes nearer",
        stop_palm,
        (HALT, BACK_AWAY),
    ),
    Kind(
        "points_box",
        "hmi",
        "somebody points at one of three boxes",
        points_box,
        (FETCH, CONFIRM),
    ),
    Kind(
        "wants_tool",
        "hmi",
        "a worker holds out a hand for a tool beside a robot arm",
        wants_tool,
        (GIVE_TOOL, HANDLE_FIRST, HOLD_PLATE),
    ),
)
