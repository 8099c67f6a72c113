"""Human-Machine Interaction: what only the direction of time tells."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import Pose, person, some_look, walking, worker_look
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, wave
from handeye.visualact.scenes.events.hmi.machines import (
    ACCENTS,
    ARM_PAINTS,
    SHELLS,
    arm,
    bench,
    lift_doors,
    lift_frame,
    parcel,
    server,
    zone,
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

STOP_ENTERED = Rule(
    (
        "Stop the robot arm because a person is walking into its working area",
        "Halt the arm, somebody has entered the robot's working area",
        "Stop the robot while the person is inside its working area",
    ),
    True,
    {4: "the person ends less than 0.5 m from the arm", 3: "farther away"},
    "Whoever is within reach of a working arm can be hit.",
)
SEND_OUT = Rule(
    (
        "Warn the person with a signal to step back out",
        "Sound a signal that tells the person to go back",
        "Give a warning signal so that the person steps back",
    ),
    True,
    {2: "always"},
    "The person may not know how far the arm reaches.",
)
FULL_SPEED = Rule(
    (
        "Return to full speed",
        "Work at full speed again",
        "Go back to normal speed",
    ),
    False,
    {1: "always"},
    "What the work was slowed down for is over.",
)
NEXT_PIECE = Rule(
    (
        "Carry on with the next workpiece",
        "Continue with the next workpiece",
        "Go on to the next workpiece",
    ),
    False,
    {0: "always"},
    "It is the work that goes on anyway.",
)


def cell_border(draw: Draw, backward: bool) -> Film:
    """A worker walks into the working area of a robot arm; backward: out of it."""
    seconds = between(draw, 3.2, 4.4)
    start, stop = between(draw, 0.2, 0.5), seconds - between(draw, 0.2, 0.5)
    near, far = between(draw, 0.15, 0.9), between(draw, 1.75, 1.95)
    color, period = draw.pick(ARM_PAINTS), between(draw, 1.1, 1.5)
    look = worker_look(draw)
    edge = 246.0

    room = some_hall(draw, lambda c: zone(c, 12, edge, FRONT + 12, 44))
    reach = 132.0

    def paint(c: Canvas, t: float) -> None:
        bench(c, 96, FRONT - 12, 58, 50)
        parcel(c, 124, FRONT - 62, 30, 20)
        bob = wave(t, period)
        arm(c, 58, FRONT - 6, (reach - 8, FRONT - 108 - 16 * bob), 92, color)
        way = ease(t, start, stop)
        x = reach + 24 + METRE * lerp(far, near, way)
        c.shadow(x, FRONT + 4, 24, 4)
        person(c, x, FRONT + 4, 1.72 * METRE, look, walking(3.0 * way, 0))

    close = near < 0.5
    back = [FULL_SPEED.at(1), NEXT_PIECE.at(0)]
    actions = back if backward else [STOP_ENTERED.at(4 if close else 3), SEND_OUT.at(2)]
    facts: Facts = {"nearest_metres": near, "farthest_metres": far}
    return meet(draw, room, seconds, paint, actions, (start, stop), facts)


DELIVER = Rule(
    (
        "Take the parcel to its recipient",
        "Deliver the parcel to whoever it is meant for",
        "Drive off and deliver the parcel that was put on the tray",
    ),
    False,
    {2: "always"},
    "Putting it on the tray asks for that.",
)
SECURE = Rule(
    (
        "Make sure that nothing can slide off the tray",
        "Keep the tray level so that its load does not slide off",
        "Hold the tray steady so that nothing falls off",
    ),
    True,
    {2: "the parcel is wider than the tray", 1: "narrower"},
    "It would fall at the first bend.",
)
NEXT_JOB = Rule(
    (
        "Drive back to the station",
        "Return to the station",
        "Go back to the station and wait",
    ),
    False,
    {1: "always"},
    "The parcel has been taken.",
)
WISH = Rule(
    (
        "Say goodbye to the person",
        "Say a kind goodbye and wish a good day",
        "Say a friendly goodbye to the person",
    ),
    False,
    {0: "always"},
    "A courtesy that nobody waits for.",
)


def parcel_tray(draw: Draw, backward: bool) -> Film:
    """Somebody puts a parcel on a robot's tray; backward: takes it from there."""
    seconds = between(draw, 3.2, 4.2)
    wide, high = between(draw, 34, 62), between(draw, 24, 36)
    robot, tall = between(draw, 104, 126), 1.3 * METRE
    accent, shell, look = draw.pick(ACCENTS), draw.pick(SHELLS), some_look(draw)
    put, gone = 0.5 * seconds, seconds - between(draw, 0.3, 0.5)
    start = between(draw, 0.2, 0.4)
    room = some_house(draw)
    h = 1.72 * METRE
    tray = (robot + 0.3 * tall, FRONT - 0.5 * tall)
    stand = tray[0] + 78

    def paint(c: Canvas, t: float) -> None:
        server(c, robot, FRONT, tall, accent, facing=1, shell=shell, tray=True)
        to, back = ease(t, start, put), ease(t, put + 0.15, gone)
        # Hands lie at the parcel's lower edge: near the body, on the tray, then down again.
        grip = (tray[0] + 0.3 * wide - stand) / h + 0.11, (tray[1] - 6 - FRONT) / h + 0.735
        rest = (-0.11, 0.14)
        down = (-0.08, 0.29)
        hand = _between(_between(rest, grip, to), down, back)
        pose = Pose(left=hand, right=(hand[0] - 0.05, hand[1] + 0.01), facing=-1)
        carried = hand_of(stand, FRONT, h, pose, -1)
        place = (carried[0] - 0.3 * wide, carried[1] + 6) if t < put + 0.15 else tray
        c.shadow(stand, FRONT, 24, 4)
        person(c, stand, FRONT, h, look, pose)
        parcel(c, *place, wide, high)
        c.disc(*carried, 5.4, look.skin)

    large = wide > 0.42 * tall
    forward = [DELIVER.at(2), SECURE.at(2 if large else 1)]
    actions = [NEXT_JOB.at(1), WISH.at(0)] if backward else forward
    facts: Facts = {"parcel_width": wide, "tray_width": round(0.42 * tall, 1)}
    return meet(draw, room, seconds, paint, actions, (start, gone), facts)


def _between(a: tuple[float, float], b: tuple[float, float], way: float) -> tuple[float, float]:
    return lerp(a[0], b[0], way), lerp(a[1], b[1], way)


REOPEN = Rule(
    (
        "Open the lift doors again for the waiting person",
        "Reopen the doors so that the waiting person can get in",
        "Open the lift once more for the person who is still outside",
    ),
    False,
    {2: "the person walks with a stick", 1: "without"},
    "Somebody was left standing.",
)
NEXT_LIFT = Rule(
    (
        "Say when the next lift will come",
        "Show how long the wait for the next lift is",
        "Announce how soon another lift will arrive",
    ),
    True,
    {1: "always"},
    "Waiting is easier if one knows how long.",
)
TAKE_TIME = Rule(
    (
        "Say that there is no hurry",
        "Tell them that there is no need to hurry",
        "Say calmly that there is no rush",
    ),
    True,
    {2: "the person walks with a stick", 1: "without"},
    "Hurrying makes a slow person fall.",
)
ASK_GOAL = Rule(
    (
        "Ask where the passenger wants to go",
        "Ask the passenger where they want to go",
        "Find out where the passenger wants to go",
    ),
    False,
    {1: "always"},
    "The lift was called for a ride.",
)


def doors_move(draw: Draw, backward: bool) -> Film:
    """Lift doors close before somebody who waits; backward: they open."""
    seconds = between(draw, 3.2, 4.2)
    start, stop = between(draw, 0.3, 0.6), seconds - between(draw, 0.3, 0.6)
    stick = draw.below(2) == 1
    x, wide, high = between(draw, 160, 220), 126.0, 174.0
    side = draw.pick((-1, 1))
    look = some_look(draw, hair=draw.pick(("#d5d6d8", "#54382a", "#2b2220")))
    sway = between(draw, 1.2, 1.8)
    room = some_house(draw, lambda c: lift_frame(c, x, FRONT - 22, wide, high))

    def paint(c: Canvas, t: float) -> None:
        lift_doors(c, x, FRONT - 22, wide, high, lerp(0.96, 0.0, ease(t, start, stop)) * wide)
        button = (x - side * (wide / 2 + 30), FRONT - 108)
        c.rect(button[0] - 7, button[1] - 12, 14, 24, "#5b6570", round=3)
        c.disc(*button, 4, "#f1c232")
        px = x + side * 38
        pose = Pose(lean=1.2 * wave(t, sway), eyes=False)
        y = FRONT + 14
        c.shadow(px, y, 26, 5)
        person(c, px, y, 1.7 * METRE, look, pose)
        if stick:
            hand = hand_of(px, y, 1.7 * METRE, pose, side)
            c.stroke([(hand[0] - 7 * side, hand[1] - 5), hand], 4, "#6b4a32")
            c.stroke([hand, (px + side * 36, y)], 3.4, "#6b4a32")

    forward = [REOPEN.at(2 if stick else 1), NEXT_LIFT.at(1)]
    actions = [TAKE_TIME.at(2 if stick else 1), ASK_GOAL.at(1)] if backward else forward
    facts: Facts = {"stick": "yes" if stick else "no"}
    return meet(draw, room, seconds, paint, actions, (start, stop), facts)


KINDS = (
    Kind(
        "cell_border",
        "hmi",
        "a worker walks into a robot arm's working area",
        cell_border,
        (STOP_ENTERED, SEND_OUT),
        "a worker walks out of a robot arm's working area",
        (FULL_SPEED, NEXT_PIECE),
    ),
    Kind(
        "parcel_tray",
        "hmi",
        "somebody puts a parcel on a robot's tray",
        parcel_tray,
        (DELIVER, SECURE),
        "somebody takes a parcel from a robot's tray",
        (NEXT_JOB, WISH),
    ),
    Kind(
        "doors_move",
        "hmi",
        "lift doors close before somebody who waits",
        doors_move,
        (REOPEN, NEXT_LIFT),
        "lift doors open for somebody who waits",
        (TAKE_TIME, ASK_GOAL),
    ),
)
