"""Dynamic Navigation: what other vehicles and the lights call for while we drive."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import person, some_look
from handeye.visualact.scenes.drawing.motion import between, ease
from handeye.visualact.scenes.drawing.vehicles import PAINTS, ambulance, rear, van
from handeye.visualact.scenes.events.road import KERB, NEAREST, ground, size, some_street
from handeye.visualact.scenes.events.street import crossing, lost_thing, traffic_light
from handeye.visualact.scenes.events.windscreen import TTC, drive, urgency
from handeye.visualact.scenes.film import Film, Kind, Rule

SLOW_BEHIND = Rule(
    (
        "Brake because the car ahead is braking",
        "Slow down so as not to run into the braking car in front",
        "Reduce speed behind the car whose brake lights came on",
    ),
    True,
    TTC,
    "The gap to a braking car closes; the less of it is left, the more urgent.",
)
HAZARD_LIGHTS = Rule(
    (
        "Switch on the hazard lights to warn the traffic behind",
        "Warn the drivers behind us with the hazard flashers",
        "Turn on the warning lights for following cars",
    ),
    True,
    {2: "always"},
    "Hard braking can surprise those who follow.",
)


def lead_brakes(draw: Draw, backward: bool) -> Film:
    """The car ahead brakes and the gap closes."""
    speed, seconds = between(draw, 8, 12), between(draw, 3.2, 4.6)
    on = seconds - between(draw, 1.9, 2.6)
    left = between(draw, 4.0, 12.5)
    # The car ahead drove at our speed and slows evenly; it never loses more than all of it.
    closing = between(draw, 3.0, 8.0)
    slowing = closing / (seconds - on)
    gap = left + 0.5 * closing * (seconds - on)
    street, color = some_street(draw, speed), draw.pick(PAINTS)

    def paint(c: Canvas, t: float) -> None:
        z = gap - 0.5 * slowing * max(0.0, t - on) ** 2
        x, y = ground(0.0, z)
        rear(c, x, y, size(1.8, z), color, brake=t >= on)

    ttc = round(left / closing, 2)
    facts: dict[str, float | str] = {
        "metres_left": left,
        "closing_speed": closing,
        "seconds_left": ttc,
    }
    actions = [SLOW_BEHIND.at(urgency(ttc)), HAZARD_LIGHTS.at(2)]
    return drive(draw, seconds, street, paint, actions, (on, seconds), facts)


STOP_RED = Rule(
    (
        "Stop at the traffic light that has turned red",
        "Come to a halt at the stop line because the light is red",
        "Brake and wait at the red light",
    ),
    False,
    {3: "always"},
    "The light has changed and asks for it.",
)
LET_CROSS = Rule(
    (
        "Let the waiting people cross the street",
        "Wait so that the pedestrians at the crossing can walk over",
        "Give way to the people at the crosswalk",
    ),
    False,
    {2: "people wait at the kerb"},
    "They stand there and ask for their turn.",
)


def light_turns_red(draw: Draw, backward: bool) -> Film:
    """The traffic light ahead turns from green over amber to red."""
    speed, seconds = between(draw, 5, 8), between(draw, 3.4, 4.6)
    end = between(draw, 9, 15)
    amber = between(draw, 1.2, 1.7)
    red = amber + 0.7
    people = [some_look(draw) for _ in range(draw.below(3))]
    street = some_street(draw, speed)

    def paint(c: Canvas, t: float) -> None:
        z = end + speed * (seconds - t)
        crossing(c, z)
        for i, look in enumerate(people):
            px, py = ground(KERB + 1.1 + 0.7 * i, z + 0.6 + 0.3 * i)
            person(c, px, py, size(1.7, z), look)
        lit = "red" if t >= red else "amber" if t >= amber else "green"
        traffic_light(c, *ground(KERB + 0.3, z - 0.8), size(1.0, z - 0.8), lit)

    actions = [STOP_RED.at(3)]
    if people:
        actions.append(LET_CROSS.at(2))
    facts: dict[str, float | str] = {"metres_left": end, "speed": speed, "people": len(people)}
    return drive(draw, seconds, street, paint, actions, (amber, seconds), facts, oncoming=False)


MAKE_WAY = Rule(
    (
        "Pull over to the right and let the ambulance pass",
        "Pull over to the side of the road for the ambulance",
        "Move to the edge of the road to make way for the ambulance",
    ),
    False,
    {3: "always"},
    "Blue lights ask for a free road; somebody's life may hang on it.",
)
SLOW_SIREN = Rule(
    (
        "Slow down until the ambulance is past",
        "Reduce speed while the ambulance comes through",
        "Slow down for the ambulance",
    ),
    False,
    {2: "always"},
    "Slow traffic is easier to pass.",
)


def ambulance_comes(draw: Draw, backward: bool) -> Film:
    """An ambulance with blue lights comes towards us on the middle of the road."""
    speed, seconds = between(draw, 3, 5), between(draw, 3.2, 4.4)
    left, own = between(draw, 6, 11), between(draw, 6, 9)
    middle = between(draw, -2.1, -1.5)
    street = some_street(draw, speed)
    ahead, paint_color = between(draw, 19, 22), draw.pick(PAINTS)

    def paint(c: Canvas, t: float) -> None:
        z = left + (speed + own) * (seconds - t)
        for place in sorted((ahead, z), reverse=True):
            if place == ahead:
                x, y = ground(1.2 * ease(t, 0.4, 1.8), ahead)
                rear(c, x, y, size(1.75, ahead), paint_color, brake=t > 0.4)
            else:
                ambulance(c, *ground(middle, z), size(2.1, z), 2.2 * t)

    actions = [MAKE_WAY.at(3), SLOW_SIREN.at(2)]
    facts: dict[str, float | str] = {"metres_left": left, "closing_speed": round(speed + own, 2)}
    return drive(draw, seconds, street, paint, actions, (0.8, seconds), facts, oncoming=False)


AROUND = Rule(
    (
        "Steer around the {thing} on the road",
        "Drive past the {thing} that lies in our lane without hitting it",
        "Avoid the {thing} in the lane",
    ),
    True,
    TTC,
    "It lies where we will drive.",
)
REPORT = Rule(
    (
        "Report the {thing} on the road to the road service",
        "Tell the road authority that a {thing} lies on the road",
        "Call the road service to clear the {thing} off the road",
    ),
    True,
    {1: "always"},
    "Those who come after us will meet it too.",
)


def falls_off(draw: Draw, backward: bool) -> Film:
    """Something falls off the vehicle ahead and stays in our lane."""
    speed, seconds = between(draw, 5, 8), between(draw, 3.2, 4.4)
    thing = draw.pick(("box", "barrel", "sack"))
    dropped = seconds - between(draw, 1.7, 2.3)
    left = between(draw, 4.0, 14.0)
    # It drops with the speed that we and the van have and slides to a stop, evenly slowed.
    friction = between(draw, 4.5, 7.0)

    def slid(dt: float) -> float:
        """Metres that we have come nearer ``dt`` seconds after the drop."""
        sliding = min(dt, speed / friction)
        return 0.5 * friction * sliding**2 + speed * (dt - sliding)

    drop_z = left + slid(seconds - dropped)
    street, color = some_street(draw, speed), draw.pick(PAINTS)

    def paint(c: Canvas, t: float) -> None:
        dt = max(0.0, t - dropped)
        z = drop_z + 0.6 + 2.5 * dt
        van(c, *ground(0.0, z), size(2.0, z), color)
        near = drop_z - slid(dt)
        if dt > 0 and near > NEAREST:
            metre = size(1.0, near)
            lost_thing(c, thing, *ground(0.25, near), metre, max(0.0, 1.5 - 4.9 * dt**2))

    ttc = round(left / speed, 2)
    facts: dict[str, float | str] = {
        "thing": thing,
        "metres_left": left,
        "seconds_left": ttc,
    }
    actions = [AROUND.at(urgency(ttc), thing=thing), REPORT.at(1, thing=thing)]
    return drive(draw, seconds, street, paint, actions, (dropped, seconds), facts)


KINDS = (
    Kind(
        "lead_brakes",
        "navigation",
        "the car ahead brakes",
        lead_brakes,
        (SLOW_BEHIND, HAZARD_LIGHTS),
    ),
    Kind(
        "light_turns_red",
        "navigation",
        "the light ahead turns red",
        light_turns_red,
        (STOP_RED, LET_CROSS),
    ),
    Kind(
        "ambulance_comes",
        "navigation",
        "an ambulance comes with blue lights",
        ambulance_comes,
        (MAKE_WAY, SLOW_SIREN),
    ),
    Kind(
        "falls_off", "navigation", "something falls off the van ahead", falls_off, (AROUND, REPORT)
    ),
)
