"""Human-Machine Interaction: the machine may hurt somebody, or can keep them from harm."""

from __future__ import annotations

from handeye.draw import Draw
from handeye.visualact.canvas import Canvas
from handeye.visualact.events.hmi_stage import (
    FRONT,
    METRE,
    Facts,
    meet,
    some_hall,
    some_house,
)
from handeye.visualact.events.machines import (
    ACCENTS,
    ARM_PAINTS,
    arm,
    conveyor,
    lift_doors,
    lift_frame,
    parcel,
    server,
    zone,
)
from handeye.visualact.figures import Pose, person, some_look, walking, worker_look
from handeye.visualact.film import Film, Kind, Rule
from handeye.visualact.motion import between, bounce, ease, lerp, ramp, wave

STOP_ARM = Rule(
    (
        "Stop the robot arm before it hits the worker",
        "Halt the arm at once because a person stands in its way",
        "Emergency stop: the robot arm is swinging towards a person",
    ),
    True,
    {4: "the gripper ends less than 0.45 m from the person", 3: "farther away"},
    "An arm that does not stop breaks bones.",
)
WARN_WORKER = Rule(
    (
        "Warn the worker of the moving arm with a light and a sound",
        "Sound an alarm so that the worker notices the moving arm",
        "Alert the worker, who looks away, to the moving arm",
    ),
    True,
    {3: "the gripper ends less than 0.45 m from the person", 2: "farther away"},
    "The worker does not look at the arm.",
)
STAY_STOPPED = Rule(
    (
        "Do not start the robot again until the person has left the cell",
        "Do not start the robot again before the area is empty",
        "Keep the robot switched off until the area is empty again",
    ),
    True,
    {2: "always"},
    "The next movement would be as dangerous.",
)


def arm_swings(draw: Draw, backward: bool) -> Film:
    """A robot arm swings towards a worker in its cell who looks the other way."""
    seconds = between(draw, 3.0, 4.2)
    start = between(draw, 0.3, 0.8)
    base, size = between(draw, 96, 116), 100.0
    gap = between(draw, 0.12, 0.85)
    worker_x = base + 1.06 * size + 26 + METRE * (gap - 0.12) * 0.6
    hand_x = worker_x - 24 - METRE * gap
    look, color = worker_look(draw), draw.pick(ARM_PAINTS)
    busy = between(draw, 0.8, 1.2)
    room = some_hall(draw, lambda c: zone(c, 24, 330, FRONT + 10, 40))

    def paint(c: Canvas, t: float) -> None:
        work = 0.05 * wave(t, busy)
        pose = Pose(left=(0.2, 0.1 + work), right=(0.25, 0.04 - work), facing=1, eyes=False)
        c.rect(worker_x + 34, FRONT - 96, 44, 96, "#6c7884", round=3)
        c.rect(worker_x + 40, FRONT - 88, 32, 26, "#2c3641", round=2)
        c.shadow(worker_x, FRONT, 24, 4)
        person(c, worker_x, FRONT, 1.74 * METRE, look, pose)
        way = ramp(t, start, seconds) ** 1.3
        hand = (lerp(base - 92, hand_x - 16, way), FRONT - lerp(76, 92, way) - 70 * way * (1 - way))
        arm(c, base, FRONT, hand, size, color)

    near = gap < 0.45
    actions = [STOP_ARM.at(4 if near else 3), WARN_WORKER.at(3 if near else 2), STAY_STOPPED.at(2)]
    facts: Facts = {"gap_metres": gap}
    return meet(draw, room, seconds, paint, actions, (start, seconds), facts)


OPEN_DOORS = Rule(
    (
        "Open the doors again because a hand is caught between them",
        "Reverse the closing doors before they trap the hand",
        "Stop the doors from closing on the hand",
    ),
    True,
    {4: "less than 0.35 m are left between the doors at the end", 3: "more is left"},
    "The hand would be crushed.",
)
HOLD_LIFT = Rule(
    (
        "Do not let the lift move off yet",
        "Keep the lift from moving off",
        "Do not move the lift to another floor now",
    ),
    True,
    {4: "less than 0.35 m are left between the doors at the end", 3: "more is left"},
    "A lift that moves off with an arm in the door takes it along.",
)
WAIT_FOR = Rule(
    (
        "Wait for the passenger who wants to get in",
        "Let the passenger get into the lift",
        "Wait until the passenger is in the lift",
    ),
    False,
    {1: "always"},
    "The hand asks for it.",
)


def lift_hand(draw: Draw, backward: bool) -> Film:
    """Somebody runs up and puts a hand between closing lift doors."""
    seconds = between(draw, 3.0, 4.0)
    left = between(draw, 0.2, 0.6)
    x, wide, high = between(draw, 236, 262), 118.0, 172.0
    reached = seconds - between(draw, 0.6, 1.0)
    look = some_look(draw)
    room = some_house(draw, lambda c: lift_frame(c, x, FRONT - 18, wide, high))
    stand = x - wide / 2 - 26

    def paint(c: Canvas, t: float) -> None:
        gap = lerp(0.96 * wide, left * METRE, ramp(t, 0.2, seconds))
        lift_doors(c, x, FRONT - 18, wide, high, gap)
        lamp = "#e2574c" if gap < 0.9 * wide else "#5fce70"
        c.poly([(x - 6, 66), (x + 6, 66), (x, 58)], lamp)
        way = ramp(t, 0.1, reached)
        px = lerp(-20, stand, way)
        step = walking(2.4 * way, 1, stride=1 - way**8)
        stretch = ease(t, reached - 0.5, reached + 0.1)
        reach = (x - stand) / (1.72 * METRE) - 0.11
        hand = (lerp(step.right[0], reach, stretch), lerp(step.right[1], 0.02, stretch))
        pose = Pose(step.step, step.stride, step.left, hand, 4 * stretch, 1)
        c.shadow(px, FRONT + 4, 24, 4)
        person(c, px, FRONT + 4, 1.72 * METRE, look, pose)

    level = 4 if left < 0.35 else 3
    actions = [OPEN_DOORS.at(level), HOLD_LIFT.at(level), WAIT_FOR.at(1)]
    facts: Facts = {"gap_metres": left}
    return meet(draw, room, seconds, paint, actions, (reached - 0.5, seconds), facts)


CATCH = Rule(
    (
        "Hold the person who is about to fall",
        "Catch the stumbling person before they fall",
        "Support the stumbling person so that they do not fall",
    ),
    True,
    {4: "leans over by more than 22 degrees", 3: "leans over less"},
    "Falls are what hurts old people most.",
)
LOCK_WHEELS = Rule(
    (
        "Brake the wheels and stand firm as something to hold on to",
        "Stop rolling so that the person can hold on to the robot",
        "Lock the robot's wheels to give the person support",
    ),
    True,
    {3: "leans over by more than 22 degrees", 2: "leans over less"},
    "A support that rolls on pulls the person down.",
)
ASK_HURT = Rule(
    (
        "Ask whether the person is okay after the stumble",
        "Ask the person whether the stumble hurt them",
        "Check that the person is okay after the stumble",
    ),
    False,
    {1: "always"},
    "They may be frightened or want a rest.",
)


def stumbles(draw: Draw, backward: bool) -> Film:
    """An old person walking beside a service robot stumbles."""
    seconds = between(draw, 3.2, 4.4)
    tilt = between(draw, 12, 34)
    trip = seconds - between(draw, 0.9, 1.3)
    speed = between(draw, 40, 52)
    first = between(draw, 60, 90)
    look, accent = some_look(draw, hair="#d5d6d8"), draw.pick(ACCENTS)
    room = some_house(draw, lambda c: c.rect(0, 172, 384, 5, "#a5764c", round=2))

    def paint(c: Canvas, t: float) -> None:
        way = speed * min(t, trip) + 0.5 * speed * max(0.0, t - trip)
        down = ramp(t, trip, seconds) ** 1.5
        server(c, first + 92 + speed * t, FRONT, 1.2 * METRE, accent, facing=1, roll=speed * t / 40)
        x = first + way
        step = walking(way / 56, 1, stride=0.7 * (1 - 0.5 * down), swing=0.6)
        flail = 0.14 * wave(t, 0.35) * down
        pose = Pose(
            step.step,
            step.stride,
            (-0.02 - 0.24 * down, 0.29 - 0.34 * down + flail),
            (0.1 + 0.22 * down, 0.22 - 0.2 * down - flail),
            5 + (tilt - 5) * down,
            1,
            0.12 + 0.3 * down,
        )
        c.shadow(x, FRONT + 6, 24, 4)
        person(c, x, FRONT + 6, 1.62 * METRE, look, pose)

    far = tilt > 22
    actions = [CATCH.at(4 if far else 3), LOCK_WHEELS.at(3 if far else 2), ASK_HURT.at(1)]
    facts: Facts = {"tilt_degrees": tilt}
    return meet(draw, room, seconds, paint, actions, (trip, seconds), facts)


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
        "arm_swings",
        "hmi",
        "a robot arm swings towards a worker who looks away",
        arm_swings,
        (STOP_ARM, WARN_WORKER, STAY_STOPPED),
    ),
    Kind(
        "lift_hand",
        "hmi",
        "a hand reaches between closing lift doors",
        lift_hand,
        (OPEN_DOORS, HOLD_LIFT, WAIT_FOR),
    ),
    Kind(
        "stumbles",
        "hmi",
        "an old person stumbles beside a service robot",
        stumbles,
        (CATCH, LOCK_WHEELS, ASK_HURT),
    ),
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
