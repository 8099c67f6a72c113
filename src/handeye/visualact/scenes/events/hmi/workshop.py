"""Human-Machine Interaction: work that goes wrong or is too heavy for one."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import Pose, person, worker_look
from handeye.visualact.scenes.drawing.motion import between, bounce, ease, ramp, wave
from handeye.visualact.scenes.events.hmi.machines import (
    ACCENTS,
    ARM_PAINTS,
    arm,
    conveyor,
    parcel,
    server,
)
from handeye.visualact.scenes.events.hmi.stage import FRONT, METRE, Facts, meet, some_hall
from handeye.visualact.scenes.film import Film, Kind, Rule

STOP_BELT = Rule(
    (
        "Stop the conveyor belt because of the jam",
        "Halt the conveyor belt before more piles up",
        "Switch off the conveyor belt at once",
    ),
    True,
    {3: "a box falls to the floor", 2: "no box has fallen"},
    "Each further box makes it worse.",
)
CLEAR_JAM = Rule(
    (
        "Remove the jammed boxes",
        "Take away the box that is stuck",
        "Free the boxes that are stuck",
    ),
    False,
    {2: "always"},
    "Nothing goes on before.",
)
PICK_BOX = Rule(
    (
        "Pick up the box that fell off the belt",
        "Put the fallen box back",
        "Lift the box from the floor and check its contents",
    ),
    False,
    {2: "a box falls to the floor"},
    "It lies in the way and may be damaged.",
)


def belt_jams(draw: Draw, backward: bool) -> Film:
    """Boxes on a conveyor run into one that is stuck; in half of all cases one falls off."""
    seconds = between(draw, 3.6, 4.8)
    falls = draw.below(2) == 1
    speed, high = between(draw, 62, 80), 84.0
    stuck, wide = between(draw, 282, 306), 38.0
    colors = [draw.pick(("#c69963", "#b98a5b", "#d0ab7a")) for _ in range(5)]
    tall = [between(draw, 26, 36) for _ in range(5)]
    color = draw.pick(ARM_PAINTS)
    hits = [(stuck - wide - (186 - 74 * i)) / speed for i in range(3)]
    pushed = max(0.9, hits[1] + 0.1)
    room = some_hall(draw)

    def paint(c: Canvas, t: float) -> None:
        arm(c, 352, FRONT - 18, (336 + 3 * wave(t, 0.5), 132 + 5 * wave(t, 0.5)), 92, color)
        conveyor(c, -20, 330, FRONT, high, speed * t)
        top = FRONT - high
        shake = 1.5 * wave(t, 0.16)
        for i in range(4):
            free = 186 - 74 * i + speed * t
            limit = stuck - (wide + 1) * (i + 1) + shake
            x = min(free, limit)
            if falls and i == 0 and t > pushed:
                _fallen(c, t - pushed, (limit, top), wide, (tall[0], colors[0]))
                continue
            parcel(c, x, top, wide, tall[i], colors[i])
        parcel(c, stuck + shake, top, wide + 6, 44, colors[4])
        c.rect(stuck + wide / 2 + 4, top - 60, 7, 62, "#e2463d", round=2)
        c.rect(stuck + wide / 2 + 4, top - 60, 7, 12, "#f6f4ee", round=2)

    end = [STOP_BELT.at(3 if falls else 2), CLEAR_JAM.at(2)]
    actions = [*end, PICK_BOX.at(2)] if falls else end
    facts: Facts = {"falls": "yes" if falls else "no"}
    return meet(draw, room, seconds, paint, actions, (0.4, seconds), facts)


def _fallen(
    c: Canvas, dt: float, place: tuple[float, float], wide: float, kind: tuple[float, str]
) -> None:
    """A box that is squeezed up and out, then falls in front of the belt."""
    x, top = place
    up = ease(dt, 0.0, 0.35)
    floor = FRONT + 16
    y = floor - bounce(dt, 0.35, floor - top + 34, 620, 0.25) if dt > 0.35 else top - 34 * up
    c.shadow(x - 20 * up, floor, 0.6 * wide, 4, 0.16 * ramp(dt, 0.35, 0.8))
    parcel(c, x - 20 * up, y, wide, *kind)


HELP_LIFT = Rule(
    (
        "Help the worker lift the heavy box",
        "Help to lift the heavy box by its other side",
        "Carry the heavy box for the worker",
    ),
    True,
    {3: "the box is wider than 0.75 m", 2: "it is smaller"},
    "Lifting too much alone hurts the back.",
)
ADVISE = Rule(
    (
        "Tell the worker not to lift the box alone",
        "Advise the worker to put the box down and get help",
        "Warn the worker that lifting the box alone hurts the back",
    ),
    True,
    {1: "always"},
    "Words help less than hands.",
)


def heavy_box(draw: Draw, backward: bool) -> Film:
    """A worker tries again and again to lift a box that is too heavy, beside a robot."""
    seconds = between(draw, 3.4, 4.6)
    wide = between(draw, 0.55, 0.95)
    period = between(draw, 1.3, 1.7)
    x = between(draw, 130, 160)
    look, accent = worker_look(draw), draw.pick(ACCENTS)
    room = some_hall(draw)

    def paint(c: Canvas, t: float) -> None:
        pull = max(0.0, wave(t, period, -0.05)) ** 0.7
        up = 0.09 * METRE * pull
        tremble = 1.2 * wave(t, 0.12) * pull
        server(c, 322, FRONT - 8, 1.3 * METRE, accent, facing=-1)
        middle = x + 30 + 0.5 * wide * METRE
        c.shadow(middle, FRONT + 2, 0.55 * wide * METRE, 5)
        parcel(c, middle + tremble, FRONT + 2 - up, wide * METRE, 0.62 * wide * METRE, "#a97d4b")
        reach = 0.3 - 0.02 * pull
        pose = Pose(
            left=(0.12, reach),
            right=(0.19, reach - 0.03),
            lean=16 - 12 * pull,
            facing=1,
            crouch=0.85 - 0.2 * pull,
        )
        c.shadow(x, FRONT + 6, 26, 5)
        head = person(c, x, FRONT + 6, 1.74 * METRE, look, pose)
        if pull > 0.4:
            for dx in (-10, 0, 10):
                c.disc(head[0] + 1.4 * dx, head[1] - 24 - 4 * pull, 2, "#6db7d8")

    large = wide > 0.75
    actions = [HELP_LIFT.at(3 if large else 2), ADVISE.at(1)]
    facts: Facts = {"box_metres": wide}
    return meet(draw, room, seconds, paint, actions, (0.0, seconds), facts)


KINDS = (
    Kind(
        "belt_jams",
        "hmi",
        "boxes run into a jam on a conveyor",
        belt_jams,
        (STOP_BELT, CLEAR_JAM, PICK_BOX),
    ),
    Kind(
        "heavy_box",
        "hmi",
        "a worker struggles with a heavy box",
        heavy_box,
        (HELP_LIFT, ADVISE),
    ),
)
