"""Safety and Monitoring: a worker under a swinging load, and one on a ladder that slips."""

from __future__ import annotations

import math

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, Point, turned
from handeye.visualact.scenes.drawing.figures import Pose, person, some_look, worker_look
from handeye.visualact.scenes.drawing.motion import between, ease, ramp, swing, wave
from handeye.visualact.scenes.events.safety.camera import watch
from handeye.visualact.scenes.events.safety.outdoors import SITE_GROUND, building_site
from handeye.visualact.scenes.film import Film, Kind, Rule

METRE = 46.0

CLEAR_WORKER = Rule(
    (
        "Call the worker away from under the load",
        "Warn the worker to get out from under the load",
        "Get the worker out of the danger zone below the load",
    ),
    True,
    {
        4: "the load swings over the worker",
        3: "it comes nearer than 1.5 m to the side",
        2: "it stays farther away",
    },
    "A load that slips or drops kills whoever is below.",
)
CALM_LOAD = Rule(
    (
        "Stop the crane and let the load come to rest",
        "Stop the crane so that the load comes to rest",
        "Halt the crane and wait until the load hangs still",
    ),
    True,
    {3: "it swings by more than 1.2 m to each side", 2: "it swings less"},
    "The farther it swings, the more it strains hook and rope.",
)
CORDON = Rule(
    (
        "Close off the area below the crane",
        "Put up a barrier around the area below the crane",
        "Keep everybody out of the area below the crane",
    ),
    True,
    {2: "always"},
    "The next one could walk below it.",
)
HELMET = Rule(
    (
        "Give the worker a helmet",
        "Make the worker put on a hard hat",
        "Tell the worker to wear head protection",
    ),
    True,
    {2: "the worker wears none"},
    "On a building site things fall.",
)


def swinging_load(draw: Draw, backward: bool) -> Film:
    """Steel beams swing on a crane's rope while somebody shovels sand on the ground."""
    seconds, place = between(draw, 3.6, 5.0), building_site(draw)
    hook, rope = between(draw, 112, 168), between(draw, 122, 138)
    reach = between(draw, 30, 84)
    gap = 0.0 if draw.below(5) < 2 else between(draw, 0.3, 2.0)
    way = draw.pick((-1, 1)) if gap < 0.9 else 1
    helmet = draw.below(3) > 0
    look = worker_look(draw) if helmet else some_look(draw, vest="#f28a2e")
    # Over the worker: within the swing; else beside the load's outermost edge (half of it is 38).
    beside = between(draw, 0.2, 0.9) * reach if gap == 0 else reach + 38 + gap * METRE
    x = min(330.0, max(36.0, hook + way * beside))
    gap = 0.0 if gap == 0 else round((abs(x - hook) - reach - 38) / METRE, 2)
    phase = between(draw, 0, 1)
    # A pendulum: its period follows from the rope's length and the picture's scale.
    period = 2 * math.pi * math.sqrt(rope / METRE / 9.81)

    def paint(c: Canvas, t: float) -> None:
        c.rect(0, 12, 300, 9, "#e5b23c")
        for i in range(15):
            c.stroke([(20 * i, 12), (20 * i + 10, 21), (20 * i + 20, 12)], 1.2, "#b98a22")
        c.rect(hook - 11, 20, 22, 9, "#4a525d", round=2)
        c.shadow(x, 262, 20, 4)
        dig = 0.05 * wave(t, 0.9)
        pose = Pose(left=(-0.02, 0.24 + dig), right=(0.12, 0.26 - dig), lean=6 + 30 * dig)
        person(c, x, 262, 80, look, pose)
        c.stroke([(x - 3, 218 + 60 * dig), (x + 24, 262 + 40 * dig)], 2.4, "#7d6248")
        angle = math.degrees(math.asin(reach / rope)) * wave(t, period, phase)
        _beams(c, (hook, 29), rope, angle)

    level = 4 if gap == 0 else 3 if gap < 1.5 else 2
    far = round(reach / METRE, 2)
    actions = [CLEAR_WORKER.at(level), CALM_LOAD.at(3 if far > 1.2 else 2), CORDON.at(2)]
    if not helmet:
        actions.append(HELMET.at(2))
    facts: dict[str, float | str] = {
        "metres_beside": gap,
        "swing_metres": far,
        "helmet": "yes" if helmet else "no",
    }
    return watch(draw, seconds, place, paint, actions, (0.0, seconds), facts)


def _beams(c: Canvas, pivot: Point, rope: float, angle: float) -> None:
    """A bundle of steel beams on a rope that hangs at ``angle`` degrees."""
    x, y = pivot

    def at(dx: float, dy: float) -> Point:
        return turned([(x + dx, y + dy)], pivot, -angle)[0]

    c.stroke([at(0, 0), at(0, rope - 22)], 2.2, "#30363e")
    c.stroke([at(-28, rope), at(0, rope - 22), at(28, rope)], 2.2, "#30363e")
    c.disc(*at(0, rope - 22), 4.5, "#d9433a")
    for row, tone in enumerate(("#b5673f", "#97512f")):
        top = rope + 8 * row
        c.poly([at(-38, top), at(38, top), at(38, top + 7), at(-38, top + 7)], tone)
    for dx in (-26, 26):
        c.stroke([at(dx, rope - 2), at(dx, rope + 16)], 3, "#3a4149")


HOLD_LADDER = Rule(
    (
        "Hold the foot of the slipping ladder",
        "Steady the ladder so that it does not slide away",
        "Hold the ladder so that its foot does not slip",
    ),
    True,
    {4: "its foot has slid more than half a metre", 3: "less"},
    "When the foot slides away the worker falls with the ladder.",
)
CLIMB_DOWN = Rule(
    (
        "Tell the worker to climb down at once",
        "Ask the worker up there to come down immediately",
        "Call to the worker to come down from the ladder",
    ),
    True,
    {3: "its foot has slid more than half a metre", 2: "less"},
    "The worker looks up and does not see it.",
)
TIE_LADDER = Rule(
    (
        "Tie the ladder to the wall before anybody uses it again",
        "Fasten the ladder to the wall before it is used again",
        "Tie the ladder fast before the next use",
    ),
    True,
    {1: "always"},
    "It should have been done before.",
)
LADDER, WALL_X = 168.0, 288.0


def ladder_slips(draw: Draw, backward: bool) -> Film:
    """The foot of a ladder slides outwards in jerks while somebody works at its top."""
    seconds, place = between(draw, 3.6, 4.8), building_site(draw)
    look = worker_look(draw)
    slid = between(draw, 0.2, 1.0)
    begin = between(draw, 0.4, 0.8)
    jerks = draw.integer(2, 3)
    each = (seconds - 0.3 - begin) / jerks
    foot = between(draw, 46, 54)

    def paint(c: Canvas, t: float) -> None:
        done = sum(ease(t, begin + i * each, begin + i * each + 0.35) for i in range(jerks)) / jerks
        out = foot + slid * METRE * done
        low = (WALL_X - out, SITE_GROUND + 6.0)
        high = (WALL_X, low[1] - math.sqrt(LADDER**2 - out**2))
        _ladder(c, low, high)
        share = 0.56
        x = low[0] + (high[0] - low[0]) * share - 5
        y = low[1] + (high[1] - low[1]) * share
        arm = 0.06 * swing(t, 0.7)
        shaken = 4 * ramp(t, begin, seconds) * wave(t, 0.5)
        pose = Pose(left=(0.1, -0.1), right=(0.19, -0.12 - arm), facing=1, lean=9 + shaken)
        person(c, x, y, 82, look, pose)
        c.rect(WALL_X - 2, 52, 12, 9, "#d8574f", round=2)

    level = 4 if slid > 0.5 else 3
    actions = [HOLD_LADDER.at(level), CLIMB_DOWN.at(level - 1), TIE_LADDER.at(1)]
    facts: dict[str, float | str] = {"slid_metres": slid}
    return watch(draw, seconds, place, paint, actions, (begin, seconds), facts)


def _ladder(c: Canvas, low: Point, high: Point) -> None:
    """A ladder from its foot to its top, seen a little from the side."""
    for dx in (-6, 5):
        c.stroke([(low[0] + dx, low[1]), (high[0] + dx, high[1])], 3.4, "#b9832f")
    for i in range(1, 12):
        x = low[0] + (high[0] - low[0]) * i / 12
        y = low[1] + (high[1] - low[1]) * i / 12
        c.stroke([(x - 6, y), (x + 5, y)], 2.2, "#8f6322")


KINDS = (
    Kind(
        "swinging_load",
        "safety",
        "a load swings on a crane near a worker",
        swinging_load,
        (CLEAR_WORKER, CALM_LOAD, CORDON, HELMET),
    ),
    Kind(
        "ladder_slips",
        "safety",
        "a ladder slips under a worker",
        ladder_slips,
        (HOLD_LADDER, CLIMB_DOWN, TIE_LADDER),
    ),
)
