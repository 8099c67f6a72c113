"""Dynamic Navigation: what only the direction of time tells while we stand."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import person, some_look, walking
from handeye.visualact.scenes.drawing.motion import between, ease, lerp
from handeye.visualact.scenes.drawing.vehicles import PAINTS, rear
from handeye.visualact.scenes.events.road import ground, size, some_street
from handeye.visualact.scenes.events.street import crossing
from handeye.visualact.scenes.events.windscreen import drive
from handeye.visualact.scenes.film import Film, Kind, Rule

ROLL_HORN = Rule(
    (
        "Sound the horn because the car ahead rolls back towards us",
        "Honk to warn the driver in front whose car rolls backwards",
        "Use the horn so that the reversing car stops",
    ),
    True,
    {3: "it ends nearer than 5 m", 2: "farther"},
    "Its driver may not know that it rolls.",
)
BACK_OFF = Rule(
    (
        "Reverse a little to keep clear of the car that rolls back",
        "Back up to leave room for the car rolling towards us",
        "Reverse because the car ahead rolls back towards us",
    ),
    True,
    {3: "it ends nearer than 5 m", 2: "farther"},
    "Room is what is missing.",
)
SET_OFF = Rule(
    (
        "Set off and accelerate gently",
        "Release the brake and accelerate gently",
        "Start to accelerate slowly",
    ),
    False,
    {1: "always"},
    "What kept us waiting is out of the way.",
)
MIRRORS = Rule(
    (
        "Check the mirrors before setting off",
        "Look in the mirrors before moving off",
        "Look into the mirrors before we set off",
    ),
    True,
    {1: "always"},
    "Something may have come up beside us while we stood.",
)


def car_rolls(draw: Draw, backward: bool) -> Film:
    """The car ahead comes nearer; backward: it drives away. We stand."""
    seconds = between(draw, 3.2, 4.2)
    near, far = between(draw, 4.0, 6.2), between(draw, 10, 14)
    start, stop = between(draw, 0.3, 0.6), seconds - between(draw, 0.2, 0.5)
    street, color = some_street(draw, 0.0), draw.pick(PAINTS)

    def paint(c: Canvas, t: float) -> None:
        z = lerp(far, near, ease(t, start, stop))
        x, y = ground(0.0, z)
        rear(c, x, y, size(1.8, z), color)

    level = 3 if near < 5 else 2
    actions = (
        [SET_OFF.at(1), MIRRORS.at(1)] if backward else [ROLL_HORN.at(level), BACK_OFF.at(level)]
    )
    facts: dict[str, float | str] = {"nearest": near, "farthest": far}
    return drive(draw, seconds, street, paint, actions, (start, stop), facts, oncoming=False)


WAIT_CROSS = Rule(
    (
        "Wait and let the person walk over the crossing",
        "Stay where we are until the pedestrian has crossed",
        "Give way to the person who is coming onto the crosswalk",
    ),
    True,
    {3: "always"},
    "The person will be in front of the car when we set off.",
)
SIGNAL_SEEN = Rule(
    (
        "Show the pedestrian with a nod that we have seen them",
        "Signal the pedestrian with the lights that they have been seen",
        "Let the pedestrian know that they have been seen",
    ),
    True,
    {1: "always"},
    "It saves both a hesitation.",
)


def crosser(draw: Draw, backward: bool) -> Film:
    """Somebody walks from the pavement onto the crossing; backward: off it."""
    seconds = between(draw, 3.2, 4.2)
    z = between(draw, 6.2, 8.0)
    away, on = between(draw, 2.9, 3.3), between(draw, 0.7, 1.3)
    start, stop = between(draw, 0.2, 0.5), seconds - between(draw, 0.2, 0.4)
    street, look = some_street(draw, 0.0), some_look(draw)

    def paint(c: Canvas, t: float) -> None:
        crossing(c, z)
        way = ease(t, start, stop)
        px, py = ground(lerp(away, on, way), z + 1.0)
        person(c, px, py, size(1.72, z), look, walking(3.0 * way, 0))

    actions = [SET_OFF.at(1), MIRRORS.at(1)] if backward else [WAIT_CROSS.at(3), SIGNAL_SEEN.at(1)]
    facts: dict[str, float | str] = {"metres": z, "beside": away, "on_road": on}
    return drive(draw, seconds, street, paint, actions, (start, stop), facts, oncoming=False)


KINDS = (
    Kind(
        "car_rolls",
        "navigation",
        "the car ahead rolls back towards us, who stand",
        car_rolls,
        (ROLL_HORN, BACK_OFF),
        "the car ahead drives away",
        (SET_OFF, MIRRORS),
    ),
    Kind(
        "crosser",
        "navigation",
        "somebody walks onto the crossing before us",
        crosser,
        (WAIT_CROSS, SIGNAL_SEEN),
        "somebody walks off the crossing",
        (SET_OFF, MIRRORS),
    ),
)
