"""Safety and Monitoring: somebody collapses, tries door handles, climbs a parapet."""

from __future__ import annotations

import math

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, shade, turned
from handeye.visualact.scenes.drawing.figures import Pose, child_look, person, some_look, walking
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, ramp, wave
from handeye.visualact.scenes.events.safety.camera import watch
from handeye.visualact.scenes.events.safety.indoors import corridor, door_places, hallway
from handeye.visualact.scenes.events.safety.outdoors import BALCONY, house, parapet
from handeye.visualact.scenes.film import Film, Kind, Rule

HELP_FALLEN = Rule(
    (
        "Help the person who has collapsed in the corridor",
        "Give first aid to the person lying on the floor",
        "Help the person who has fallen to the floor in the corridor",
    ),
    False,
    {4: "the person lies still", 3: "the person moves an arm"},
    "Who collapses without a cause may be in danger of life.",
)
AMBULANCE = Rule(
    (
        "Call an ambulance for the person who fell down",
        "Call the emergency number for an ambulance",
        "Phone for an ambulance",
    ),
    False,
    {4: "the person lies still", 3: "the person moves an arm"},
    "The cause must be found by a doctor.",
)
DEFIBRILLATOR = Rule(
    (
        "Fetch the defibrillator",
        "Bring the defibrillator to the person on the floor",
        "Get the defibrillator and bring it here",
    ),
    True,
    {3: "the person lies still"},
    "If the heart has stopped each minute counts.",
)
SHOW_WAY = Rule(
    (
        "Send somebody to the entrance to show the paramedics the way",
        "Meet the paramedics at the entrance and show them the way",
        "Send someone to guide the paramedics from the entrance",
    ),
    True,
    {2: "always"},
    "It saves time when they come.",
)


def collapse(draw: Draw, backward: bool) -> Film:
    """A person walks along a corridor, stops, and falls over."""
    seconds, walked = between(draw, 4.2, 5.2), between(draw, 0.9, 1.4)
    place, look = corridor(draw), some_look(draw)
    side, moves = draw.pick((-1, 1)), draw.below(3) == 0
    x, y, first = 192.0 - 34 * side, between(draw, 214, 246), between(draw, 160, 176)
    # A stiff body of 1.7 m that tips over its feet: the angle grows with the cosine hyperbolic
    # of sqrt(3 g / 2 l) t as long as the sine is near the angle.
    rate = math.sqrt(3 * 9.81 / (2 * 1.7))

    def paint(c: Canvas, t: float) -> None:
        row = lerp(first, y, ramp(t, 0, walked))
        tall = 1.72 * place.metre(row)
        tipped = min(86.0, 3.5 * math.cosh(rate * max(0.0, t - walked - 0.3)) - 3.5)
        lies = tipped >= 86
        c.shadow(x + side * 0.5 * tall * tipped / 86, row, (0.2 + 0.4 * tipped / 86) * tall, 6)
        if t < walked:
            pose = walking(1.8 * t, 0)
        else:
            lift = 0.16 * (1 + wave(t, 0.8)) if moves and lies else 0.0
            near = (-0.09 - 0.6 * lift, 0.3 - 1.2 * lift)
            far = (0.09 + 0.6 * lift, 0.3 - 1.2 * lift)
            up, down = (near, (0.12, 0.29)) if side > 0 else ((-0.12, 0.29), far)
            pose = Pose(left=up, right=down, lean=side * tipped, crouch=0.2 * tipped / 86)
        person(c, x, row, tall, look, pose)

    actions = [HELP_FALLEN.at(3 if moves else 4), AMBULANCE.at(3 if moves else 4)]
    if not moves:
        actions.append(DEFIBRILLATOR.at(3))
    actions.append(SHOW_WAY.at(2))
    facts: dict[str, float | str] = {"after_fall": "moves an arm" if moves else "lies still"}
    return watch(draw, seconds, place, paint, actions, (walked + 0.3, seconds), facts)


SEND_GUARD = Rule(
    (
        "Inform security about the person who tries the door handles",
        "Send a guard to the person testing the doors",
        "Report to security that a stranger is trying the doors",
    ),
    False,
    {3: "a door has come open", 2: "all doors tried were locked"},
    "Nobody who belongs there tries one door after another.",
)
CHECK_DOORS = Rule(
    (
        "Make sure that the other doors in the hall are locked",
        "Lock all the remaining doors",
        "Check that every door is locked",
    ),
    True,
    {2: "always"},
    "The next door will be tried too.",
)
ASK = Rule(
    (
        "Ask the person over the loudspeaker what they are looking for",
        "Ask the person at the doors over the intercom what they are looking for",
        "Ask the person at the doors what they are looking for",
    ),
    True,
    {1: "always"},
    "Who is spoken to often goes away.",
)


def tries_doors(draw: Draw, backward: bool) -> Film:
    """At night somebody goes from door to door and tries the handles."""
    tried = draw.integer(2, 3)
    step, each = between(draw, 1.0, 1.2), between(draw, 0.7, 0.8)
    seconds = round(0.5 + tried * each + (tried - 1) * step + 0.5, 3)
    place, opened, way = hallway(draw), draw.below(2) == 1, draw.pick((-1, 1))
    look = some_look(draw, top="#39414d", legs="#2b3038", hat=draw.pick(("#22272e", "#4a3038")))
    doors = list(door_places() if way > 0 else reversed(door_places()))[:tried]
    reached = [0.5 + i * (each + step) for i in range(tried)]

    def paint(c: Canvas, t: float) -> None:
        x, at_door = _between_doors(doors, reached, each, t)
        for i, door in enumerate(doors):
            _handle(c, door, (t - reached[i]) / each, opens=opened and i == tried - 1)
        for door in set(door_places()) - set(doors):
            _handle(c, door, -1.0, opens=False)
        c.shadow(x, 254, 26, 5)
        person(c, x, 254, 122, look, _at_handle(t) if at_door else walking(1.5 * t, way))

    actions = [SEND_GUARD.at(3 if opened else 2), CHECK_DOORS.at(2), ASK.at(1)]
    facts: dict[str, float | str] = {"doors": tried, "came_open": "yes" if opened else "no"}
    evidence = (reached[0], round(reached[-1] + each, 3))
    return watch(draw, seconds, place, paint, actions, evidence, facts)


def _between_doors(
    doors: list[float], reached: list[float], each: float, t: float
) -> tuple[float, bool]:
    """Where the person is who tries the doors, and whether at a handle."""
    ahead = [i for i, begin in enumerate(reached) if t < begin]
    i = ahead[0] if ahead else len(doors)
    if i and (t < reached[i - 1] + each or i == len(doors)):
        return doors[i - 1], True
    if not i:
        outward = 1 if doors[0] < doors[1] else -1
        return doors[0] - outward * 66 * (1 - t / reached[0]), False
    begin = reached[i - 1] + each
    return lerp(doors[i - 1], doors[i], ramp(t, begin, reached[i])), False


def _at_handle(t: float) -> Pose:
    return Pose(right=(0.2, 0.1 + 0.03 * wave(t, 0.3)), eyes=False)


def _handle(c: Canvas, x: float, share: float, *, opens: bool) -> None:
    """A door handle, rocked while ``share`` is within 0..1; if it opens the gap stays."""
    rocked = 35 * max(0.0, wave(share, 0.4)) if 0 < share < 1 else 0.0
    if opens and share > 0.6:
        gap = 34 * ease(share, 0.6, 1.0)
        c.rect(x + 35 - gap, 81, gap, 137, "#11161d")
        x -= gap
    c.rect(x + 25, 150, 7, 20, "#b9a05f", round=2)
    lever = turned([(x + 28, 158), (x + 14, 158)], (x + 28, 158), -rocked)
    c.stroke(lever, 4, "#e3cd8b")


GRAB_CHILD = Rule(
    (
        "Get the child down from the balcony railing",
        "Pull the child back from the edge of the balcony",
        "Grab the climbing child before it falls off the balcony",
    ),
    True,
    {4: "its hips are above the railing", 3: "only its chest"},
    "A fall from that height can kill.",
)
TELL_PARENTS = Rule(
    (
        "Warn the parents that their child is climbing on the balcony",
        "Tell the parents at once that their child is climbing the railing",
        "Alert the parents to their child climbing on the balcony railing",
    ),
    True,
    {3: "its hips are above the railing", 2: "only its chest"},
    "They are nearest and do not see it.",
)
CATCH = Rule(
    (
        "Stand below the balcony to catch the child",
        "Be ready below the balcony to catch the falling child",
        "Wait under the balcony to catch the child if it falls",
    ),
    True,
    {3: "the hips of the child are above the railing"},
    "In case it falls before somebody reaches it.",
)
CLOSE_BALCONY = Rule(
    (
        "Lock the balcony door so that the child cannot go out alone",
        "Keep the balcony door closed from now on",
        "Lock the door to the balcony",
    ),
    True,
    {2: "always"},
    "It will try again.",
)


def child_climbs(draw: Draw, backward: bool) -> Film:
    """A child alone on a balcony pulls itself up on the railing."""
    seconds, start = between(draw, 3.6, 4.8), between(draw, 0.4, 0.8)
    place, look = house(draw), child_look(draw)
    high = draw.below(3) > 0
    tall, rail = between(draw, 92, 102), BALCONY[1]
    hips = between(draw, 6, 14) if high else -between(draw, 8, 14)
    x, first = between(draw, 168, 224), rail + 70.0
    last = rail + 0.44 * tall - hips

    def paint(c: Canvas, t: float) -> None:
        up = ease(t, start, seconds - 0.4)
        feet = lerp(first, last, up) + 2.5 * wave(t, 0.8) * (1 - up)
        hand = min(0.3, (rail - (feet - 0.735 * tall)) / tall)
        lean = 7 * up * wave(t, 1.1)
        person(c, x, feet, tall, look, Pose(left=(-0.16, hand), right=(0.16, hand), lean=lean))
        parapet(c)
        for side in (-1, 1):
            c.disc(x + side * 0.27 * tall, rail - 3, 4.2, shade(look.skin, -0.08))

    actions = [GRAB_CHILD.at(4 if high else 3), TELL_PARENTS.at(3 if high else 2)]
    if high:
        actions.append(CATCH.at(3))
    actions.append(CLOSE_BALCONY.at(2))
    facts: dict[str, float | str] = {"hips_above_rail": hips, "child_pixels": tall}
    return watch(draw, seconds, place, paint, actions, (start, seconds - 0.4), facts)


KINDS = (
    Kind(
        "collapse",
        "safety",
        "somebody collapses in a corridor",
        collapse,
        (HELP_FALLEN, AMBULANCE, DEFIBRILLATOR, SHOW_WAY),
    ),
    Kind(
        "tries_doors",
        "safety",
        "somebody tries one door handle after another at night",
        tries_doors,
        (SEND_GUARD, CHECK_DOORS, ASK),
    ),
    Kind(
        "child_climbs",
        "safety",
        "a child climbs on the railing of a balcony",
        child_climbs,
        (GRAB_CHILD, TELL_PARENTS, CATCH, CLOSE_BALCONY),
    ),
)
