"""Home Service: what only the direction of time tells."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, shade
from handeye.visualact.scenes.drawing.figures import child_look, person, some_look, walking
from handeye.visualact.scenes.drawing.furniture import (
    FABRICS,
    counter,
    pendant,
    pot,
    rug,
    sofa,
    stove,
)
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, wave
from handeye.visualact.scenes.events.home_stage import FLOOR, FRONT, METRE, Facts, play, some_room
from handeye.visualact.scenes.film import Film, Kind, Rule

STOP_CHILD = Rule(
    (
        "Keep the child away from the hot stove",
        "Stop the child from going to the hot stove",
        "Hold the child back from the hot stove",
    ),
    True,
    {4: "the child ends less than 0.4 m from the stove", 3: "farther away"},
    "A glowing plate burns a hand in an instant.",
)
HANDLE_BACK = Rule(
    (
        "Turn the pan handle to the back, out of the child's reach",
        "Move the pan away from the front of the stove",
        "Push the pan back so that the child cannot pull it down",
    ),
    True,
    {3: "the child ends less than 0.4 m from the stove", 2: "farther away"},
    "A pan that is pulled down scalds.",
)
PLATE_OFF = Rule(
    (
        "Switch off the hot stove plate",
        "Turn off the glowing plate of the stove",
        "Turn the stove off at once",
    ),
    True,
    {3: "always"},
    "It stays hot for minutes, so this does not replace holding the child.",
)
FIND_COOK = Rule(
    (
        "Ask who is making dinner",
        "Find out who is making dinner",
        "Ask around who is making dinner",
    ),
    True,
    {2: "always"},
    "A plate glows and nobody cooks, but nobody is near it either.",
)
PLAY = Rule(
    (
        "Play a game with the little one",
        "Go after the little one and play a game together",
        "Follow the little one and play together",
    ),
    True,
    {1: "always"},
    "Who plays elsewhere does not come back.",
)


def child_stove(draw: Draw, backward: bool) -> Film:
    """A child walks to a stove with a glowing plate; backward: away from it."""
    seconds = between(draw, 3.2, 4.4)
    near, far = between(draw, 0.12, 0.75), between(draw, 1.9, 2.2)
    start, stop = between(draw, 0.2, 0.5), seconds - between(draw, 0.2, 0.5)
    look, tall = child_look(draw), between(draw, 0.82, 0.98)
    color, edge = draw.pick(("#a9b8a5", "#9fb0bd", "#c2b49c")), 262.0
    room = some_room(
        draw,
        lambda c: counter(c, 340, 238, 70, 78, color),
        lambda c: stove(c, edge, 238, 76, 78),
        lambda c: _pan(c, edge + 55, 157),
    )

    def paint(c: Canvas, t: float) -> None:
        way = ease(t, start, stop)
        x = edge - 0.16 * METRE - METRE * lerp(far, near, way)
        c.shadow(x, FRONT - 6, 20, 4)
        person(c, x, FRONT - 6, tall * METRE, look, walking(3.5 * way, 0))

    close = near < 0.4
    forward = [
        STOP_CHILD.at(4 if close else 3),
        HANDLE_BACK.at(3 if close else 2),
        PLATE_OFF.at(3),
    ]
    actions = [FIND_COOK.at(2), PLAY.at(1)] if backward else forward
    facts: Facts = {"nearest_metres": near, "farthest_metres": far}
    spot = (between(draw, 90, 180), 92.0)
    return play(draw, room, seconds, paint, actions, (start, stop), facts, spot=spot, twin=True)


def _pan(c: Canvas, x: float, y: float) -> None:
    c.stroke([(x - 10, y - 8), (x - 40, y - 3)], 4.4, "#2a2f36")
    pot(c, x, y, 28, "#5d6976")


LIGHT_OFF = Rule(
    (
        "Switch off the light in the empty room",
        "Turn off the lamp because everybody has left the room",
        "Turn the light off, nobody is in the room any more",
    ),
    True,
    {1: "always"},
    "Power is wasted, nothing more.",
)
TV_OFF = Rule(
    (
        "Turn off the television that nobody is watching",
        "Switch off the television because nobody is watching it",
        "Turn off the TV now that the viewer has left",
    ),
    True,
    {1: "a television runs"},
    "Power is wasted, nothing more.",
)
GREET = Rule(
    (
        "Greet the person who is coming in",
        "Say hello to the person who comes in",
        "Greet and welcome the person who comes in",
    ),
    False,
    {1: "always"},
    "A courtesy.",
)
DRINK = Rule(
    (
        "Offer the newcomer a drink",
        "Ask the newcomer what they would like to drink",
        "Offer the newcomer something to drink",
    ),
    False,
    {0: "always"},
    "A courtesy that nobody waits for.",
)


def light_on(draw: Draw, backward: bool) -> Film:
    """The only person leaves a lit room; backward: comes in."""
    seconds = between(draw, 3.2, 4.2)
    from_x = between(draw, 120, 190)
    start, stop = between(draw, 0.2, 0.5), seconds - between(draw, 0.6, 1.0)
    look, fabric, tv = some_look(draw), draw.pick(FABRICS), draw.below(2) == 1
    door = 258.0
    room = some_room(
        draw,
        lambda c: _doorway(c, door),
        lambda c: sofa(c, 10, 234, 128, 66, fabric),
        lambda c: rug(c, 168, 264, 170, shade(fabric, 0.15)),
        lambda c: pendant(c, 160, 62, lit=True),
    )
    wall = shade(room.wall, -0.16)

    def paint(c: Canvas, t: float) -> None:
        if tv:
            _television(c, 178, 150, t)
        x = lerp(from_x, WIDTH - 4, ease(t, start, stop))
        c.shadow(x, FRONT - 8, 26, 5)
        person(c, x, FRONT - 8, 1.7 * METRE, look, walking(0.022 * (x - from_x), 0))
        c.rect(door + 62, 0, WIDTH, HEIGHT, wall)
        c.rect(door + 57, 0, 8, HEIGHT, shade(wall, 0.5))

    actions = [GREET.at(1), DRINK.at(0)] if backward else [LIGHT_OFF.at(1)]
    if tv and not backward:
        actions.append(TV_OFF.at(1))
    facts: Facts = {"television": "on" if tv else "none"}
    spot = (between(draw, 50, 100), 96.0)
    return play(draw, room, seconds, paint, actions, (start, stop), facts, spot=spot, twin=True)


def _doorway(c: Canvas, x: float) -> None:
    c.rect(x - 6, 64, 80, FLOOR - 64, "#efe8da")
    c.rect(x, 70, 74, FLOOR - 70, "#4c4a52")
    c.poly([(x, FLOOR), (x + 8, FLOOR - 26), (x + 74, FLOOR - 26), (x + 74, FLOOR)], "#6b5c4e")


def _television(c: Canvas, x: float, y: float, t: float) -> None:
    c.rect(x, y, 66, 42, "#23272e", round=3)
    c.rect(x + 4, y + 4, 58, 34, "#6fb4d8")
    c.rect(x + 4, y + 26, 58, 12, "#7fae6b")
    c.disc(x + 33 + 18 * wave(t, 1.6), y + 24, 5, "#f4f1ea")
    c.rect(x - 6, y + 46, 78, 26, "#7d634c", round=2)
    c.rect(x + 28, y + 42, 10, 4, "#23272e")


KINDS = (
    Kind(
        "child_stove",
        "home",
        "a child walks towards a hot stove",
        child_stove,
        (STOP_CHILD, HANDLE_BACK, PLATE_OFF),
        "a child walks away from a hot stove",
        (FIND_COOK, PLAY),
    ),
    Kind(
        "light_on",
        "home",
        "the last person leaves a lit room",
        light_on,
        (LIGHT_OFF, TV_OFF),
        "somebody comes into a lit room",
        (GREET, DRINK),
    ),
)
