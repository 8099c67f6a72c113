"""Dynamic Navigation: what calls for something while we drive."""

from __future__ import annotations

from handeye.draw import Draw
from handeye.visualact.canvas import Canvas, shade
from handeye.visualact.events.road import (
    KERB,
    NEAREST,
    Street,
    bonnet,
    ground,
    size,
    some_distractor,
    some_street,
)
from handeye.visualact.figures import child_look, person, some_look, walking
from handeye.visualact.film import Film, Kind, Paint, Rule
from handeye.visualact.motion import between, ease, lerp, ramp, wave
from handeye.visualact.records import Action
from handeye.visualact.vehicles import PAINTS, ambulance, rear, van

TTC = {4: "less than 1.2 s away at our speed", 3: "1.2 to 2.5 s away", 2: "more than 2.5 s away"}


def urgency(seconds: float) -> int:
    """Level of something in our way, from the time left at the end of the clip."""
    return 4 if seconds < 1.2 else 3 if seconds < 2.5 else 2


def drive(
    draw: Draw,
    seconds: float,
    street: Street,
    paint: Paint,
    actions: list[Action],
    evidence: tuple[float, float],
    facts: dict[str, float | str],
) -> Film:
    """A film through the windscreen with, in half of all cases, something that means nothing."""
    extra = some_distractor(draw, seconds) if draw.below(2) else None

    def all_of_it(c: Canvas, t: float) -> None:
        if extra and extra[0] != "oncoming car":
            extra[1](c, t)
        street.moving(c, t)
        if extra and extra[0] == "oncoming car":
            extra[1](c, t)
        paint(c, t)
        bonnet(c)

    names = (extra[0],) if extra else ()
    return Film(seconds, evidence, tuple(actions), facts, street.backdrop, all_of_it, names)


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

    ttc = left / speed
    level = urgency(ttc)
    actions = [BRAKE.at(level), HORN.at(3 if level == 4 else 2), MORE_BEHIND.at(1)]
    facts: dict[str, float | str] = {
        "metres_left": left,
        "speed": speed,
        "seconds_left": round(ttc, 2),
    }
    return drive(draw, seconds, street, paint, actions, (out, seconds), facts)


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
    gap = between(draw, 16, 20)
    on = between(draw, 0.9, 1.4)
    left = between(draw, 4.0, 12.5)
    street, color = some_street(draw, speed), draw.pick(PAINTS)
    # Constant deceleration that leaves the drawn gap at the end of the clip.
    slowing = 2 * (gap - left) / (seconds - on) ** 2
    closing = slowing * (seconds - on)

    def paint(c: Canvas, t: float) -> None:
        z = gap - 0.5 * slowing * max(0.0, t - on) ** 2
        x, y = ground(0.0, z)
        rear(c, x, y, size(1.8, z), color, brake=t >= on)

    ttc = left / closing
    facts: dict[str, float | str] = {
        "metres_left": left,
        "closing_speed": round(closing, 2),
        "seconds_left": round(ttc, 2),
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
        _crossing(c, z)
        for i, look in enumerate(people):
            px, py = ground(KERB + 0.7 + 0.7 * i, z + 0.6 + 0.3 * i)
            person(c, px, py, size(1.7, z), look)
        lit = "red" if t >= red else "amber" if t >= amber else "green"
        _light(c, *ground(KERB + 0.3, z - 0.8), size(1.0, z - 0.8), lit)

    actions = [STOP_RED.at(3)]
    if people:
        actions.append(LET_CROSS.at(2))
    facts: dict[str, float | str] = {"metres_left": end, "speed": speed, "people": len(people)}
    return drive(draw, seconds, street, paint, actions, (amber, seconds), facts)


def _crossing(c: Canvas, z: float) -> None:
    """Stop line and stripes across the road ``z`` metres ahead."""
    near, far = max(NEAREST, z - 0.4), z + 2.2
    c.poly(
        [
            ground(-1.6, near - 0.3),
            ground(-1.6, near),
            ground(KERB - 0.2, near),
            ground(KERB - 0.2, near - 0.3),
        ],
        "#f3f1e6",
    )
    x = -5.0
    while x < KERB - 0.5:
        c.poly(
            [
                ground(x, near + 0.5),
                ground(x, far),
                ground(x + 0.5, far),
                ground(x + 0.5, near + 0.5),
            ],
            "#f3f1e6",
        )
        x += 1.0


def _light(c: Canvas, x: float, y: float, metre: float, lit: str) -> None:
    """A traffic light on a post that stands at (x, y); ``metre`` is a metre in pixels there."""
    c.rect(x - 0.07 * metre, y - 3.0 * metre, 0.14 * metre, 3.0 * metre, "#4a525d")
    c.rect(
        x - 0.3 * metre, y - 4.3 * metre, 0.6 * metre, 1.5 * metre, "#23282f", round=0.12 * metre
    )
    lamps = (("red", "#ff4133"), ("amber", "#ffb428"), ("green", "#3fd474"))
    for i, (name, color) in enumerate(lamps):
        middle = y - 4.02 * metre + 0.47 * i * metre
        if name == lit:
            c.disc(x, middle, 0.42 * metre, color, 0.3)
        c.disc(x, middle, 0.19 * metre, color if name == lit else shade(color, -0.75))


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
    left = between(draw, 5.0, 14.0)
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
        hop = 0.22 * abs(wave(t, 0.9)) * (1 - rolled)
        bx, by = ground(x, z)
        r = size(0.2, z)
        c.shadow(bx, by, 1.1 * r, 0.25 * r)
        c.disc(bx, by - r - size(hop, z), r, color)
        c.disc(bx + r * 0.5 * wave(t, 0.7), by - r - size(hop, z), r * 0.4, "#ffffff")

    ttc = left / speed
    actions = [SLOW_BALL.at(urgency(ttc)), CHILD_FOLLOWS.at(4 if with_child else 3)]
    facts: dict[str, float | str] = {
        "metres_left": left,
        "seconds_left": round(ttc, 2),
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
        _cyclist(c, *ground(x, z), size(1.0, z), look.top, 14 * sway * wave(t, period, 0.25), t)

    actions = [WIDE_BERTH.at(3 if sway > 0.5 else 2), STAY_BEHIND.at(2)]
    facts: dict[str, float | str] = {
        "sway_metres": sway,
        "metres_left": left,
        "closing_speed": closing,
    }
    return drive(draw, seconds, street, paint, actions, (0.0, seconds), facts)


def _cyclist(c: Canvas, x: float, y: float, metre: float, top: str, lean: float, t: float) -> None:
    """A cyclist from behind."""
    from handeye.visualact.canvas import turned

    def at(dx: float, dy: float) -> tuple[float, float]:
        return turned([(x + dx * metre, y - dy * metre)], (x, y), lean)[0]

    c.shadow(x, y, 0.35 * metre, 0.06 * metre)
    c.stroke([at(0, 0.03), at(0, 0.68)], 0.07 * metre, "#262b33")
    for side in (-1, 1):
        knee = 0.62 + 0.14 * side * wave(t, 0.8)
        c.stroke(
            [at(0.08 * side, 0.95), at(0.15 * side, knee), at(0.1 * side, knee - 0.38)],
            0.12 * metre,
            "#3a4660",
        )
    c.stroke([at(-0.3, 1.05), at(0.3, 1.05)], 0.05 * metre, "#3c434d")
    c.stroke([at(-0.09, 0.98), at(-0.15, 1.42), at(0.15, 1.42), at(0.09, 0.98)], 0.2 * metre, top)
    for side in (-1, 1):
        c.stroke([at(0.2 * side, 1.42), at(0.28 * side, 1.08)], 0.09 * metre, shade(top, -0.1))
    c.disc(*at(0, 1.68), 0.15 * metre, "#6b4a35")
    c.disc(*at(0, 1.73), 0.155 * metre, "#e9e4d4")
    c.disc(*at(0, 0.86), 0.05 * metre, "#ff4133")


MAKE_WAY = Rule(
    (
        "Pull over to the right and let the ambulance pass",
        "Make way for the ambulance by moving to the edge of the road",
        "Clear the road for the emergency vehicle",
    ),
    False,
    {3: "always"},
    "Blue lights ask for a free road; somebody's life may hang on it.",
)
SLOW_SIREN = Rule(
    (
        "Slow down until the ambulance is past",
        "Reduce speed while the ambulance comes through",
        "Take the foot off the gas for the emergency vehicle",
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
    slow_car, paint_color = between(draw, 5, 8), draw.pick(PAINTS)

    def paint(c: Canvas, t: float) -> None:
        ahead = slow_car + 14
        x, y = ground(1.2 * ease(t, 0.4, 1.8), ahead)
        rear(c, x, y, size(1.75, ahead), paint_color, brake=t > 0.4)
        z = left + (speed + own) * (seconds - t)
        x, y = ground(middle, z)
        ambulance(c, x, y, size(2.1, z), 2.2 * t)

    actions = [MAKE_WAY.at(3), SLOW_SIREN.at(2)]
    facts: dict[str, float | str] = {"metres_left": left, "closing_speed": round(speed + own, 2)}
    return drive(draw, seconds, street, paint, actions, (0.8, seconds), facts)


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
        "Call someone who clears the {thing} away",
    ),
    True,
    {1: "always"},
    "Those who come after us will meet it too.",
)


def falls_off(draw: Draw, backward: bool) -> Film:
    """Something falls off the vehicle ahead and stays in our lane."""
    speed, seconds = between(draw, 6, 9), between(draw, 3.2, 4.4)
    thing = draw.pick(("box", "barrel", "sack"))
    dropped = between(draw, 0.9, 1.4)
    drop_z = between(draw, 15, 18)
    left = between(draw, 4.0, 15.0)
    # After it lands it comes nearer at our speed, slowed by rolling on with the van at first.
    rolling = max(0.0, (left - drop_z + speed * (seconds - dropped)) / (seconds - dropped))
    street, color = some_street(draw, speed), draw.pick(PAINTS)

    def paint(c: Canvas, t: float) -> None:
        z = drop_z + 2.5 * max(0.0, t - dropped)
        x, y = ground(0.0, z)
        van(c, x, y, size(2.0, z), color)
        height = max(0.0, 1.3 - 5.0 * max(0.0, t - dropped) ** 2)
        near = drop_z - (speed - rolling) * max(0.0, t - dropped) - 0.4
        if near > NEAREST:
            _thing(c, thing, *ground(0.25, near), size(1.0, near), height, t)

    ttc = left / speed
    facts: dict[str, float | str] = {
        "thing": thing,
        "metres_left": left,
        "seconds_left": round(ttc, 2),
    }
    actions = [AROUND.at(urgency(ttc), thing=thing), REPORT.at(1, thing=thing)]
    return drive(draw, seconds, street, paint, actions, (dropped, seconds), facts)


def _thing(
    c: Canvas, thing: str, x: float, y: float, metre: float, height: float, t: float
) -> None:
    c.shadow(x, y, 0.5 * metre, 0.1 * metre)
    y -= height * metre
    if thing == "box":
        c.rect(
            x - 0.4 * metre,
            y - 0.7 * metre,
            0.8 * metre,
            0.7 * metre,
            "#c69963",
            round=0.04 * metre,
        )
        c.rect(x - 0.07 * metre, y - 0.7 * metre, 0.14 * metre, 0.7 * metre, "#e2c08c")
    elif thing == "barrel":
        c.rect(
            x - 0.32 * metre,
            y - 0.85 * metre,
            0.64 * metre,
            0.85 * metre,
            "#3f7fbf",
            round=0.1 * metre,
        )
        for dy in (0.2, 0.6):
            c.rect(x - 0.34 * metre, y - dy * metre, 0.68 * metre, 0.06 * metre, "#2d5f94")
    else:
        c.oval(x, y - 0.25 * metre, 0.5 * metre, 0.27 * metre, "#b9a681")
        c.disc(x + 0.42 * metre, y - 0.36 * metre, 0.1 * metre, "#a08d69")


KINDS = (
    Kind(
        "steps_out",
        "navigation",
        "somebody steps out from behind a parked van",
        steps_out,
        (BRAKE, HORN, MORE_BEHIND),
    ),
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
