"""Safety and Monitoring: a railway platform; too near the edge, left luggage, a quiet one."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, shade
from handeye.visualact.scenes.drawing.figures import (
    STANDING,
    Look,
    Pose,
    person,
    some_look,
    walking,
)
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, ramp
from handeye.visualact.scenes.events.safety.camera import Place, watch
from handeye.visualact.scenes.events.safety.outdoors import edge, platform
from handeye.visualact.scenes.film import Film, Kind, Rule

STEP_BACK = Rule(
    (
        "Warn the person to step back from the edge of the platform",
        "Tell the passenger at the edge to get behind the yellow line",
        "Pull the person away from the platform edge before the train comes",
    ),
    True,
    {4: "nearer than half a metre to the edge", 3: "on or over the yellow line"},
    "The train sweeps the edge.",
)
BRAKE_TRAIN = Rule(
    (
        "Signal the train driver to brake",
        "Stop the incoming train",
        "Give the train an emergency stop signal",
    ),
    True,
    {4: "the person is nearer than half a metre to the edge"},
    "The person may not hear the call in time.",
)
LOOK_UP = Rule(
    (
        "Ask the passenger to look up from the phone",
        "Tell the person to put the phone away",
        "Make the person with the phone pay attention",
    ),
    True,
    {1: "the person looks at a phone"},
    "It is why the line was not seen.",
)


def _train(c: Canvas, place: Place, row: float, color: str) -> None:
    """A train that comes along the track; its front stands on ``row``."""
    metre = place.metre(row)
    x = lerp(128, 2, (row - 96) / 192) - 6
    width, height = 2.5 * metre, 3.1 * metre
    far = (edge(98) - 6, 98.0)
    right = x + width / 2
    c.poly(
        [(right - 1, row), (right - 1, row - height), (far[0], far[1] - 40), (far[0], far[1])],
        shade(color, -0.25),
    )
    c.shadow(x, row, 0.55 * width, 0.06 * width, 0.4)
    c.rect(x - width / 2, row - height, width, height, color, round=0.2 * metre)
    c.rect(
        x - 0.42 * width,
        row - 0.86 * height,
        0.84 * width,
        0.36 * height,
        "#2b3a48",
        round=0.1 * metre,
    )
    c.rect(x - width / 2, row - 0.4 * height, width, 0.09 * height, "#f2f2ec")
    for side in (-1, 1):
        c.disc(x + side * 0.34 * width, row - 0.2 * height, 0.3 * metre, "#fff3c0", 0.35)
        c.disc(x + side * 0.34 * width, row - 0.2 * height, 0.16 * metre, "#fffbe8")


def _stand(
    c: Canvas, place: Place, x: float, y: float, look: Look, pose: Pose, metres: float = 1.72
) -> None:
    """A person on the platform with a shadow."""
    tall = metres * place.metre(y)
    c.shadow(x, y, 0.22 * tall, 0.05 * tall)
    person(c, x, y, tall, look, pose)


def platform_edge(draw: Draw, backward: bool) -> Film:
    """Somebody walks up to the edge of the platform while a train comes in."""
    seconds, stop = between(draw, 3.6, 4.8), between(draw, 0.4, 1.0)
    place, look, other = platform(draw), some_look(draw), some_look(draw)
    first, last = between(draw, 2.4, 3.2), between(draw, 0.15, 0.95)
    y, phone = between(draw, 196, 226), draw.below(2) == 1
    color, end = draw.pick(("#c8504b", "#3d6fa8", "#5f8f6b")), between(draw, 142, 160)

    def paint(c: Canvas, t: float) -> None:
        _train(c, place, lerp(102, end, ramp(t, 0, seconds) ** 2), color)
        _stand(c, place, edge(150, 2.6), 150, other, STANDING)
        way = ease(t, 0.2, seconds - stop)
        pose = walking(1.7 * t, -1, swing=0.3) if t < seconds - stop else Pose(facing=-1)
        if phone:
            pose = Pose(pose.step, pose.stride, (-0.14, 0.05), (-0.12, 0.08), facing=-1)
        x = edge(y, lerp(first, last, way))
        _stand(c, place, x, y, look, pose)
        if phone:
            metre = place.metre(y)
            c.rect(x - 0.3 * metre, y - 1.31 * metre, 0.1 * metre, 0.19 * metre, "#1d2229", round=1)

    near = last < 0.5
    actions = [STEP_BACK.at(4 if near else 3)]
    if near:
        actions.append(BRAKE_TRAIN.at(4))
    if phone:
        actions.append(LOOK_UP.at(1))
    facts: dict[str, float | str] = {"edge_metres": last, "phone": "yes" if phone else "no"}
    evidence = (0.2, round(seconds - stop, 3))
    return watch(draw, seconds, place, paint, actions, evidence, facts)


REPORT_CASE = Rule(
    (
        "Report the unattended suitcase to security",
        "Inform security about the unattended suitcase",
        "Alert the security staff to the abandoned suitcase",
    ),
    False,
    {3: "people wait within two metres of it", 2: "nobody is near"},
    "Nobody knows what is in it.",
)
CALL_AFTER = Rule(
    (
        "Call the traveller back to the forgotten suitcase",
        "Tell the person walking away that they forgot their suitcase",
        "Call after the passenger who left the suitcase behind",
    ),
    True,
    {2: "always"},
    "It may simply have been forgotten.",
)
KEEP_AWAY = Rule(
    (
        "Ask the waiting people to keep away from the suitcase",
        "Move the passengers away from the unattended luggage",
        "Keep everybody at a distance from the abandoned suitcase",
    ),
    True,
    {3: "people wait within two metres of it"},
    "As long as nobody knows what is in it.",
)
ALL_CLEAR = Rule(
    (
        "Give the all-clear",
        "Give the all-clear, there is no danger",
        "Announce the all-clear",
    ),
    False,
    {1: "always"},
    "The owner has it; nobody needs to look after it any more.",
)
GOOD_TRIP = Rule(
    (
        "Wish the traveller a good trip",
        "Wish the passenger a pleasant journey",
        "Wish the traveller a nice trip",
    ),
    False,
    {0: "always"},
    "A courtesy that nobody misses.",
)


def left_luggage(draw: Draw, backward: bool) -> Film:
    """A traveller lets go of a suitcase and walks off; backward: comes to it and takes it."""
    seconds = between(draw, 3.6, 4.8)
    start, stop = between(draw, 0.6, 0.9), seconds - between(draw, 0.3, 0.6)
    place, look = platform(draw), some_look(draw)
    y, metres = between(draw, 206, 232), between(draw, 1.5, 1.8)
    away, beside = between(draw, 1.5, 2.1), 0.42
    others = [some_look(draw) for _ in range(draw.below(3))]
    color = draw.pick(("#b5403c", "#2f5d8a", "#3f7a5a", "#6b4f8a"))

    def paint(c: Canvas, t: float) -> None:
        metre = place.metre(y)
        for i, other in enumerate(others):
            row = y - 46 + 14 * i
            _stand(c, place, edge(row, metres + 0.3 + 1.3 * i), row, other, STANDING)
        x = edge(y, metres)
        way = ease(t, start, stop)
        held = 1 - ease(t, start - 0.5, start - 0.1)
        pose = walking(3.0 * way, 0, swing=min(1.0, 20 * way))
        hand = (lerp(-0.1, -0.16, held), lerp(0.29, 0.27, held))
        pose = Pose(pose.step, pose.stride * min(1.0, 20 * way), hand, pose.right)
        _suitcase(c, x, y + 4, metre, color, held)
        _stand(c, place, edge(y, metres + beside + away * way), y, look, pose)

    near = bool(others)
    if backward:
        actions = [ALL_CLEAR.at(1), GOOD_TRIP.at(0)]
    else:
        actions = [REPORT_CASE.at(3 if near else 2), CALL_AFTER.at(2)]
        actions += [KEEP_AWAY.at(3)] if near else []
    facts: dict[str, float | str] = {"people_near": len(others), "metres_away": away}
    return watch(draw, seconds, place, paint, actions, (round(start - 0.5, 3), stop), facts)


def _suitcase(c: Canvas, x: float, y: float, metre: float, color: str, held: float) -> None:
    """A suitcase whose handle is pulled out as far as it is held."""
    width, height = 0.5 * metre, 0.66 * metre
    c.shadow(x, y, 0.6 * width, 0.08 * width)
    top = y - height - lerp(0.05, 0.2, held) * metre
    for dx in (-0.07, 0.07):
        c.rect(x + dx * metre - 1, top, 2, height, "#5a626b")
    c.rect(x - 0.09 * metre, top - 2, 0.18 * metre, 4, "#2d333b", round=2)
    c.rect(x - width / 2, y - height, width, 0.95 * height, color, round=0.07 * metre)
    for dx in (-0.28, 0.0, 0.28):
        c.rect(x + dx * width - 1, y - 0.9 * height, 2, 0.74 * height, shade(color, -0.25))
    for dx in (-0.35, 0.35):
        c.disc(x + dx * width, y - 1, 0.05 * metre, "#22272d")


def quiet_platform(draw: Draw, backward: bool) -> Film:
    """A train comes in; everybody waits behind the yellow line with their luggage."""
    seconds, place = between(draw, 3.6, 4.8), platform(draw)
    color = draw.pick(("#c8504b", "#3d6fa8", "#5f8f6b"))
    end, comes = between(draw, 130, 160), draw.below(3) > 0
    rows = ((138.0, 300.0), (168.0, 196.0), (198.0, 256.0))
    people = [(some_look(draw), x + between(draw, -8, 14), y) for y, x in rows]
    walker, case = draw.below(3), draw.pick(("#b5403c", "#2f5d8a", "#3f7a5a"))
    far = between(draw, 0.6, 1.0)

    def paint(c: Canvas, t: float) -> None:
        if comes:
            _train(c, place, lerp(102, end, 1 - (1 - ramp(t, 0, seconds)) ** 2), color)
        for i, (look, x, y) in enumerate(people):
            metre = place.metre(y)
            if i == walker:
                pose = walking(1.3 * t, 1, stride=0.6)
                _stand(c, place, x + far * metre * ramp(t, 0, seconds), y, look, pose)
            else:
                _stand(c, place, x, y, look, STANDING)
                if i == (walker + 1) % 3:
                    _suitcase(c, x + 0.45 * metre, y + 3, metre, case, 1.0)

    facts: dict[str, float | str] = {"train": "comes" if comes else "none"}
    return watch(draw, seconds, place, paint, [], (0.0, seconds), facts, busy=True)


KINDS = (
    Kind(
        "platform_edge",
        "safety",
        "somebody walks to the edge of the platform as a train comes",
        platform_edge,
        (STEP_BACK, BRAKE_TRAIN, LOOK_UP),
    ),
    Kind(
        "left_luggage",
        "safety",
        "a traveller walks away from a suitcase",
        left_luggage,
        (REPORT_CASE, CALL_AFTER, KEEP_AWAY),
        "a traveller comes to a suitcase that stands alone and takes it",
        (ALL_CLEAR, GOOD_TRIP),
    ),
    Kind("quiet_platform", "safety", "people wait behind the yellow line", quiet_platform),
)
