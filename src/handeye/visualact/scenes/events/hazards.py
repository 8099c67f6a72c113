"""Dynamic Navigation: people in our way while we drive."""

from __future__ import annotations

import math

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import child_look, person, some_look, walking
from handeye.visualact.scenes.drawing.motion import between, lerp, ramp, wave
from handeye.visualact.scenes.drawing.vehicles import PAINTS, van
from handeye.visualact.scenes.events.road import KERB, NEAREST, ground, size, some_street
from handeye.visualact.scenes.events.street import cyclist
from handeye.visualact.scenes.events.windscreen import TTC, drive, urgency
from handeye.visualact.scenes.film import Film, Kind, Rule

BRAKE = Rule(
    (
        "Brake for the person who steps into the road",
        "Stop the car so that the pedestrian stepping out is not hit",
        "Hit the brakes because somebody is walking into our lane",
    ),
    True,
    TTC,
    "The person will be in front of the car before it has passed.",
)
HORN = Rule(
    (
        "Sound the horn to warn the pedestrian",
        "Honk so that the person notices the car",
        "Use the horn to alert the person on the road",
    ),
    True,
    {3: "less than 1.2 s away", 2: "otherwise"},
    "A warning makes the person stop or hurry; it does not replace braking.",
)
MORE_BEHIND = Rule(
    (
        "Look out for other people behind the parked van",
        "Check whether somebody else comes out from behind the van",
        "Keep watching the edge of the van for more pedestrians",
    ),
    True,
    {1: "always"},
    "Where one steps out, a second may follow.",
)


def steps_out(draw: Draw, backward: bool) -> Film:
    """A pedestrian steps into the road from behind a parked van."""
    speed, seconds = between(draw, 4.5, 8.5), between(draw, 3.2, 4.6)
    left = between(draw, 4.2, 19.0)
    van_end = left + speed * seconds - 1.6
    out = seconds - between(draw, 1.3, 1.9)
    reach = between(draw, 0.2, 0.9)
    street, look, color = some_street(draw, speed), some_look(draw), draw.pick(PAINTS)

    def paint(c: Canvas, t: float) -> None:
        z = van_end - speed * t
        walked = ramp(t, out, seconds)
        x = lerp(3.2, reach, walked)
        person_z = z + 1.6
        if person_z > NEAREST:
            px, py = ground(x, person_z)
            person(c, px, py, size(1.72, person_z), look, walking(2.2 * (t - out), -1))
        if z > NEAREST:
            vx, vy = ground(KERB + 0.95, z)
            van(c, vx, vy, size(1.95, z), color)

    ttc = round(left / speed, 2)
    level = urgency(ttc)
    actions = [BRAKE.at(level), HORN.at(3 if level == 4 else 2), MORE_BEHIND.at(1)]
    facts: dict[str, float | str] = {
        "metres_left": left,
        "speed": speed,
        "seconds_left": ttc,
    }
    return drive(draw, seconds, street, paint, actions, (out, seconds), facts)


SLOW_BALL = Rule(
    (
        "Brake because a ball rolls into the road",
        "Slow the car down for the ball rolling across the street",
        "Reduce speed because of the ball in front of the car",
    ),
    True,
    TTC,
    "Behind a ball a child may come; the time left counts.",
)
CHILD_FOLLOWS = Rule(
    (
        "Watch out for a child running after the ball",
        "Be ready to stop for a child who follows the ball",
        "Expect that a child may chase the ball into the street",
    ),
    True,
    {4: "a child is running towards the road", 3: "no child is in sight"},
    "A child that runs after a ball does not look.",
)


def ball_on_road(draw: Draw, backward: bool) -> Film:
    """A ball rolls into the road, in half of all cases with a child running after it."""
    speed, seconds = between(draw, 4.5, 7.5), between(draw, 3.2, 4.4)
    left = between(draw, 5.0, 15.0)
    start = between(draw, 0.8, 1.3)
    with_child = draw.below(2) == 1
    street, look = some_street(draw, speed), child_look(draw)
    color = draw.pick(("#e2463d", "#f1c232", "#3f8fd2"))

    def paint(c: Canvas, t: float) -> None:
        z = left + speed * (seconds - t)
        rolled = ramp(t, start, seconds)
        if with_child:
            x = lerp(8.0, KERB + 0.3, ramp(t, start + 0.5, seconds))
            px, py = ground(x, z + 0.5)
            person(c, px, py, size(1.15, z + 0.5), look, walking(3.0 * t, -1))
        x = lerp(6.0, -0.9, 1 - (1 - rolled) ** 1.6)
        hop = 0.3 * abs(wave(t, 0.9)) * (1 - rolled)
        bx, by = ground(x, z)
        r = size(0.3, z)
        c.shadow(bx, by, 1.1 * r, 0.25 * r)
        c.disc(bx, by - r - size(hop, z), r, color)
        by -= r + size(hop, z)
        # It turns as it rolls to the left: the white spot goes round against the clock.
        turn = (x - 6.0) / 0.3
        c.disc(bx + 0.5 * r * math.sin(turn), by - 0.5 * r * math.cos(turn), 0.38 * r, "#ffffff")

    ttc = round(left / speed, 2)
    actions = [SLOW_BALL.at(urgency(ttc)), CHILD_FOLLOWS.at(4 if with_child else 3)]
    facts: dict[str, float | str] = {
        "metres_left": left,
        "seconds_left": ttc,
        "child": "running" if with_child else "none",
    }
    return drive(draw, seconds, street, paint, actions, (start, seconds), facts)


WIDE_BERTH = Rule(
    (
        "Keep a wide distance to the swaying cyclist",
        "Leave plenty of room when passing the unsteady cyclist",
        "Overtake the wobbling cyclist with a big gap, or not at all",
    ),
    True,
    {3: "the cyclist sways by more than half a metre", 2: "the cyclist sways less"},
    "Who sways may come into our lane at any time.",
)
STAY_BEHIND = Rule(
    (
        "Slow down behind the cyclist",
        "Reduce speed and stay behind the bicycle",
        "Drop back to the cyclist's speed",
    ),
    True,
    {2: "always"},
    "We are faster than the cyclist.",
)


def cyclist_sways(draw: Draw, backward: bool) -> Film:
    """A cyclist ahead sways towards the middle of the lane."""
    speed, seconds = between(draw, 6, 8), between(draw, 3.4, 4.8)
    closing = between(draw, 1.2, 2.2)
    left = between(draw, 4.5, 8.0)
    sway = between(draw, 0.25, 0.9)
    period = between(draw, 1.1, 1.6)
    street, look = some_street(draw, speed), some_look(draw, hat="#e5e1d2")

    def paint(c: Canvas, t: float) -> None:
        z = left + closing * (seconds - t)
        x = 1.05 + sway * wave(t, period)
        cyclist(c, *ground(x, z), size(1.0, z), look.top, 14 * sway * wave(t, period, 0.25), t)

    actions = [WIDE_BERTH.at(3 if sway > 0.5 else 2), STAY_BEHIND.at(2)]
    facts: dict[str, float | str] = {
        "sway_metres": sway,
        "metres_left": left,
        "closing_speed": closing,
    }
    return drive(draw, seconds, street, paint, actions, (0.0, seconds), facts)


KINDS = (
    Kind(
        "steps_out",
        "navigation",
        "somebody steps out from behind a parked van",
        steps_out,
        (BRAKE, HORN, MORE_BEHIND),
    ),
    Kind(
        "ball_on_road",
        "navigation",
        "a ball rolls into the road",
        ball_on_road,
        (SLOW_BALL, CHILD_FOLLOWS),
    ),
    Kind(
        "cyclist_sways",
        "navigation",
        "a cyclist ahead sways",
        cyclist_sways,
        (WIDE_BERTH, STAY_BEHIND),
    ),
)
