"""Safety and Monitoring: what only the direction of time tells - a fence, a crowd at a gate."""

from __future__ import annotations

from dataclasses import replace

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import WIDTH, Canvas
from handeye.visualact.scenes.drawing.figures import STANDING, Pose, person, some_look, walking
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, ramp, swing, wave
from handeye.visualact.scenes.events.safety.camera import watch
from handeye.visualact.scenes.events.safety.outdoors import FENCE_FOOT, gate, substation
from handeye.visualact.scenes.film import Film, Kind, Rule

CALL_BACK = Rule(
    (
        "Warn the person climbing into the substation over the loudspeaker",
        "Tell the person climbing the fence to stay out of the substation",
        "Warn the climber not to enter the high-voltage substation",
    ),
    True,
    {4: "comes down less than 0.8 m beside a transformer", 3: "farther from both"},
    "High voltage kills without being touched.",
)
POWER_OFF = Rule(
    (
        "Switch off the power of the substation",
        "Cut the power of the substation before the intruder touches something",
        "Have the electricity in the substation turned off",
    ),
    True,
    {3: "comes down less than 0.8 m beside a transformer"},
    "It is the only sure protection.",
)
GUARD_IN = Rule(
    (
        "Send security to the intruder inside the fence",
        "Call the police about the intruder inside the fence",
        "Alert security to the intruder who climbed over the fence",
    ),
    False,
    {3: "always"},
    "Somebody is where nobody may be.",
)
QUESTION = Rule(
    (
        "Ask the person what they were doing in there",
        "Ask the man or woman what they did in there",
        "Question the person about what they did in there",
    ),
    False,
    {2: "always"},
    "Nobody has any business in there; now nobody is in danger.",
)
INSPECT = Rule(
    (
        "Search the site for damage and missing equipment",
        "Check the equipment for damage or theft",
        "Check whether any equipment is damaged or stolen",
    ),
    False,
    {2: "always"},
    "The person has been inside for a reason.",
)
DESCRIBE = Rule(
    (
        "Note down what the person looks like",
        "Write down what the person looks like",
        "Write down a description of the person",
    ),
    False,
    {1: "always"},
    "Whoever looks into it will ask for it.",
)
MEND_FENCE = Rule(
    (
        "Make the fence harder to climb",
        "Put barbed wire on the fence against climbing",
        "Secure the fence so that nobody can climb it",
    ),
    True,
    {1: "always"},
    "Others will find the same way.",
)
METRE = 46.0


def fence_climber(draw: Draw, backward: bool) -> Film:
    """Somebody climbs over the fence into a substation; backward: out of it.

    Whoever climbs a fence faces it, on either side and in either direction.
    """
    seconds = between(draw, 3.8, 5.0)
    start, stop = between(draw, 0.3, 0.6), seconds - between(draw, 0.3, 0.6)
    place, look = substation(draw), some_look(draw)
    x = between(draw, 146, 240)
    beside = round(min(x - 124, 262 - x) / METRE, 2)

    def paint(c: Canvas, t: float) -> None:
        way = ease(t, start, stop)
        inside = way > 0.5
        up = 1 - abs(2 * way - 1)
        foot = 206.0 if inside else 224.0
        y = lerp(foot, 122.0, up)
        reach = 0.08 * wave(6 * way, 1.0)
        left, right = (-0.13, reach - 0.06), (0.13, -reach - 0.06)
        crouch = 0.8 * ramp(up, 0.7, 1.0)
        arms = Pose(2.5 * way, 0.9, left, right, crouch=crouch, eyes=inside)
        if inside:
            person(c, x, y, 80, look, arms)
        _fence(c)
        if not inside:
            c.shadow(x, 226, 20, 4)
            person(c, x, y, 84, look, arms)

    near = beside < 0.8
    if backward:
        actions = [QUESTION.at(2), INSPECT.at(2), DESCRIBE.at(1)]
    else:
        actions = [CALL_BACK.at(4 if near else 3), GUARD_IN.at(3)]
        actions += [POWER_OFF.at(3)] if near else []
        actions.append(MEND_FENCE.at(1))
    facts: dict[str, float | str] = {"metres_to_transformer": beside}
    return watch(draw, seconds, place, paint, actions, (start, stop), facts)


def _fence(c: Canvas) -> None:
    """A mesh fence of two metres across the picture."""
    top = FENCE_FOOT - 2 * METRE
    for i in range(-6, 25):
        x = 16.0 * i
        c.stroke([(x, FENCE_FOOT), (x + 92, top)], 0.8, "#5d6670")
        c.stroke([(x, top), (x + 92, FENCE_FOOT)], 0.8, "#5d6670")
    for y in (top, FENCE_FOOT - 2):
        c.rect(0, y - 1.5, WIDTH, 3, "#48515b")
    for i in range(6):
        c.rect(76.8 * i - 2.5, top - 4, 5, FENCE_FOOT - top + 8, "#48515b", round=1)


STOP_INFLOW = Rule(
    (
        "Stop letting more people onto the square",
        "Stop more people from coming onto the square",
        "Let no more people onto the square before the gate",
    ),
    True,
    {4: "less than half a metre from person to person", 3: "more room"},
    "In a tight crowd people are crushed.",
)
OPEN_GATES = Rule(
    (
        "Open the closed side gates as well",
        "Open the two side gates too",
        "Open the side gates for the crowd",
    ),
    True,
    {3: "always"},
    "There is room beyond the other gates.",
)
SPEAK = Rule(
    (
        "Ask the crowd over the loudspeaker to take a step back",
        "Tell the crowd at the gate over the loudspeaker to step back",
        "Make an announcement that the crowd should move back",
    ),
    True,
    {2: "always"},
    "Those behind do not see what happens in front.",
)
KEEP_EYE = Rule(
    (
        "Go on watching until everyone has gone",
        "Keep watching until everybody has gone",
        "Keep watching until everyone has left",
    ),
    True,
    {1: "always"},
    "It may become tight elsewhere.",
)
REOPEN = Rule(
    (
        "Resume normal entry",
        "Return to normal entry",
        "Go back to normal entry",
    ),
    False,
    {1: "always"},
    "What there was is over.",
)
THANK = Rule(
    (
        "Thank everybody for their patience",
        "Thank everyone for being patient",
        "Thank the visitors for waiting patiently",
    ),
    False,
    {0: "always"},
    "A courtesy that nobody misses.",
)


def crowd_tightens(draw: Draw, backward: bool) -> Film:
    """People on a square press together before a gate; backward: they spread out from it."""
    seconds = between(draw, 3.8, 5.0)
    start, stop = between(draw, 0.2, 0.5), seconds - between(draw, 0.2, 0.5)
    place, rows, columns = gate(draw), 3, draw.integer(5, 6)
    spacing = between(draw, 0.36, 0.66)
    people = []
    for row in range(rows):
        y = 128.0 + 15 * row + 26 * spacing * row
        for column in range(columns):
            side = column - (columns - 1) / 2 + 0.5 * (row % 2) - 0.25
            x = 192 + side * spacing * place.metre(y)
            far = (
                192 + 62 * side + between(draw, -14, 14),
                142 + 46 * row + between(draw, -16, 16),
            )
            # Faces and backs alike, so that nobody's front tells where the crowd is going.
            pose = replace(STANDING, eyes=draw.below(2) == 1, step=between(draw, 0, 1))
            people.append(((x, y), far, some_look(draw), pose))

    def paint(c: Canvas, t: float) -> None:
        way = ease(t, start, stop)
        placed = []
        for i, (near, far, look, pose) in enumerate(people):
            x, y = lerp(far[0], near[0], way), lerp(far[1], near[1], way)
            x += (1 + 2 * swing(way, 0.31)) * wave(t, 0.9, pose.step)
            placed.append((y, x, i, look, pose))
        for y, x, _, look, pose in sorted(placed, key=lambda one: one[:3]):
            tall = 1.7 * place.metre(y)
            c.shadow(x, y, 0.2 * tall, 0.05 * tall)
            step = walking(2.5 * way + pose.step, 0, stride=0.5)
            person(c, x, y, tall, look, replace(step, eyes=pose.eyes))

    if backward:
        actions = [REOPEN.at(1), KEEP_EYE.at(1), THANK.at(0)]
    else:
        actions = [STOP_INFLOW.at(4 if spacing < 0.5 else 3), OPEN_GATES.at(3), SPEAK.at(2)]
    facts: dict[str, float | str] = {"spacing_metres": spacing, "people": len(people)}
    return watch(draw, seconds, place, paint, actions, (start, stop), facts)


KINDS = (
    Kind(
        "fence_climber",
        "safety",
        "somebody climbs over the fence into a substation",
        fence_climber,
        (CALL_BACK, GUARD_IN, POWER_OFF, MEND_FENCE),
        "somebody climbs over the fence out of a substation",
        (QUESTION, INSPECT, DESCRIBE),
    ),
    Kind(
        "crowd_tightens",
        "safety",
        "a crowd presses together before a gate",
        crowd_tightens,
        (STOP_INFLOW, OPEN_GATES, SPEAK),
        "a crowd before a gate spreads out",
        (REOPEN, KEEP_EYE, THANK),
    ),
)
