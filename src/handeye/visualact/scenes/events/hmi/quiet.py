"""Human-Machine Interaction: people and machines that need nothing from each other."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import Pose, person, some_look, walking, worker_look
from handeye.visualact.scenes.drawing.motion import between, swing, wave
from handeye.visualact.scenes.events.hmi.machines import (
    ACCENTS,
    ARM_PAINTS,
    arm,
    bench,
    fence,
    parcel,
    server,
)
from handeye.visualact.scenes.events.hmi.stage import (
    FRONT,
    METRE,
    Facts,
    meet,
    some_hall,
    some_house,
)
from handeye.visualact.scenes.film import Film, Kind


def fenced_arm(draw: Draw, backward: bool) -> Film:
    """A robot arm works behind its fence; a worker walks by outside."""
    seconds = between(draw, 3.2, 4.6)
    color, look = draw.pick(ARM_PAINTS), worker_look(draw)
    period, speed = between(draw, 1.5, 2.1), between(draw, 46, 60)
    way = draw.pick((-1, 1))
    first = between(draw, 20, 80)
    room = some_hall(draw)

    def paint(c: Canvas, t: float) -> None:
        bench(c, 92, FRONT - 40, 80, 46)
        bench(c, 226, FRONT - 40, 80, 46)
        share = swing(t, period)
        hand = (140 + 112 * share, FRONT - 118 - 90 * share * (1 - share))
        parcel(c, hand[0], hand[1] + 26, 24, 18)
        arm(c, 198, FRONT - 30, hand, 96, color)
        fence(c, 40, 344, FRONT - 16, 92)
        x = first + speed * t if way > 0 else 384 - first - speed * t
        c.shadow(x, FRONT + 16, 24, 4)
        person(c, x, FRONT + 16, 1.74 * METRE, look, walking(speed * t / 66, way))

    facts: Facts = {"fence": "closed"}
    names = ("arm at work behind a fence", "passer-by")
    return meet(draw, room, seconds, paint, (), (0.0, seconds), facts, distractors=names)


def talk_by_robot(draw: Draw, backward: bool) -> Film:
    """A service robot charges at its dock while two people talk to each other."""
    seconds = between(draw, 3.2, 4.6)
    accent = draw.pick(ACCENTS)
    looks = (some_look(draw), some_look(draw))
    dock, rate = draw.pick((66.0, 322.0)), between(draw, 0.8, 1.2)
    side = 1 if dock < 192 else -1
    pair = dock + side * between(draw, 150, 176)
    room = some_house(draw)

    def paint(c: Canvas, t: float) -> None:
        c.rect(dock - 34, FRONT - 92, 68, 88, "#77838f", round=5)
        c.rect(dock - 42, FRONT - 8, 84, 8, "#5b6570", round=2)
        server(c, dock, FRONT - 2, 1.25 * METRE, accent)
        for i in range(4):
            full = swing(t, 2.4) * 4 > i
            c.rect(dock - 18 + 9.5 * i, FRONT - 62, 7, 9, "#5fce70" if full else "#d5dade", round=1)
        for k, look in enumerate(looks):
            facing = 1 - 2 * k
            x = pair - facing * 46
            gesture = 0.05 * wave(t, rate * (1 + 0.3 * k), 0.3 * k)
            front = (0.17 * facing, 0.14 + gesture)
            rest = (-0.03 * facing, 0.3)
            pose = Pose(
                left=rest if facing > 0 else front,
                right=front if facing > 0 else rest,
                facing=facing,
            )
            c.shadow(x, FRONT + 4, 24, 4)
            person(c, x, FRONT + 4, (1.76 - 0.1 * k) * METRE, look, pose)

    facts: Facts = {"robot": "charging"}
    names = ("people talking", "charging lights")
    return meet(draw, room, seconds, paint, (), (0.0, seconds), facts, distractors=names)


KINDS = (
    Kind("fenced_arm", "hmi", "a robot arm works behind its fence", fenced_arm),
    Kind("talk_by_robot", "hmi", "people talk while a robot charges", talk_by_robot),
)
