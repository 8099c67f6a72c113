"""Home Service: people who carry too much, cannot reach, or wait at the door."""

from __future__ import annotations

from dataclasses import replace

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas, shade, turned
from handeye.visualact.scenes.drawing.figures import Pose, person, some_look, walking
from handeye.visualact.scenes.drawing.furniture import WOODS, counter, cup, table
from handeye.visualact.scenes.drawing.motion import between, ease, lerp, ramp, swing, wave
from handeye.visualact.scenes.events.home_stage import FRONT, METRE, Facts, play, some_room
from handeye.visualact.scenes.film import Film, Kind, Rule

TAKE_PLATES = Rule(
    (
        "Take some plates off the person's tall stack",
        "Help the person carry the tall stack of plates",
        "Carry some of the stack of plates for the person",
    ),
    True,
    {3: "ten plates or more", 2: "fewer"},
    "The stack sways more the taller it is.",
)
CLEAR_PATH = Rule(
    (
        "Take the toy car out of the person's way",
        "Remove the toy car from the floor before the person trips over it",
        "Clear the toy off the floor in front of the person carrying plates",
    ),
    True,
    {3: "a toy car lies in the way"},
    "Whoever carries a stack does not see the floor.",
)


def too_many_plates(draw: Draw, backward: bool) -> Film:
    """A person carries a swaying stack of plates across the room."""
    seconds, count = between(draw, 3.4, 4.6), draw.integer(6, 13)
    toy = draw.below(2) == 1
    first, last = between(draw, 30, 60), between(draw, 190, 240)
    period, look, wood = between(draw, 0.9, 1.2), some_look(draw), draw.pick(WOODS)
    room = some_room(draw, lambda c: table(c, 20, 230, 110, 62, wood))

    def paint(c: Canvas, t: float) -> None:
        if toy:
            _toy_car(c, 318, FRONT)
        x = lerp(first, last, ramp(t, 0.0, seconds))
        c.shadow(x, FRONT, 26, 5)
        steps = walking((x - first) / 68, 1)
        person(
            c, x, FRONT, 1.68 * METRE, look, replace(steps, left=(0.2, 0.17), right=(0.22, 0.19))
        )
        for i in range(count):
            sway = 0.5 * i * (1 + 0.1 * i) * wave(t - 0.012 * i, period)
            shown = "#f7f4ec" if i % 2 else "#cfdbe4"
            c.oval(x + 34 + sway, FRONT - 86 - 5.6 * i, 18, 3.8, shade(shown, -0.25))
            c.oval(x + 34 + sway, FRONT - 87.4 - 5.6 * i, 18, 3.4, shown)

    actions = [TAKE_PLATES.at(3 if count >= 10 else 2)]
    if toy:
        actions.append(CLEAR_PATH.at(3))
    facts: Facts = {"plates": count, "toy": "in the way" if toy else "none"}
    spot = (between(draw, 270, 340), 84.0)
    return play(draw, room, seconds, paint, actions, (0.0, seconds), facts, spot=spot)


def _toy_car(c: Canvas, x: float, y: float) -> None:
    c.shadow(x, y, 24, 3)
    c.rect(x - 21, y - 15, 42, 11, "#e2463d", round=4)
    c.rect(x - 11, y - 23, 22, 10, "#e2463d", round=4)
    c.rect(x - 8, y - 21, 16, 7, "#b7d6e4", round=2)
    for side in (-12, 12):
        c.disc(x + side, y - 4, 5, "#272c33")
        c.disc(x + side, y - 4, 2, "#d9dde0")


HAND_DOWN = Rule(
    (
        "Get the cup down from the high shelf for the person",
        "Hand the person the cup that they cannot reach",
        "Reach up and take the cup off the top shelf for them",
    ),
    False,
    {2: "always"},
    "The stretched arm asks for it.",
)
STEADY = Rule(
    (
        "Hold the wobbling stool steady",
        "Steady the stool so that the person does not fall",
        "Support the person standing on the shaky stool",
    ),
    True,
    {4: "the stool tilts by more than 6 degrees", 3: "it tilts less"},
    "A fall from a stool breaks bones.",
)
BRING_STOOL = Rule(
    (
        "Bring a ladder for the person who cannot reach",
        "Fetch a step ladder for the person",
        "Get a small ladder for the person",
    ),
    False,
    {1: "the person stands on the floor"},
    "It serves the same end with more effort.",
)


def high_cup(draw: Draw, backward: bool) -> Film:
    """Somebody stretches for a cup on a high shelf, in half of all cases on a rocking stool."""
    seconds, on_stool = between(draw, 3.2, 4.4), draw.below(2) == 1
    tilt = between(draw, 2.5, 10.0) if on_stool else 0.0
    period, rock = between(draw, 0.9, 1.3), between(draw, 0.8, 1.2)
    look, x = some_look(draw), between(draw, 170, 215)
    short = between(draw, 7, 16)
    color, unit = draw.pick(("#d8574f", "#3f7fbf", "#e09a3b")), draw.pick(("#a9b8a5", "#9fb0bd"))
    stand = FRONT - 4 - (40 if on_stool else 0)
    tall = (1.3 if on_stool else 1.62) * METRE
    # Straight up the hand comes 1.06 heights over the soles, 6 pixels more on the toes.
    shelf = stand - 1.06 * tall - 6 - short
    room = some_room(
        draw,
        lambda c: counter(c, 262, 234, 110, 78, unit),
        lambda c: _shelf(c, x - 34, shelf, color),
    )

    def paint(c: Canvas, t: float) -> None:
        raised = ease(t, 0.2, 0.9)
        up = raised * (0.8 + 0.2 * swing(t, period))
        angle = tilt * wave(t, rock)
        if on_stool:
            _stool(c, x, FRONT - 4, 40, angle)
        else:
            c.shadow(x, FRONT - 3, 26, 5)
        foot = turned([(x, stand)], (x, FRONT - 4), angle)[0]
        reach = (lerp(0.1, 0.035, raised), lerp(0.2, -0.325, up))
        pose = Pose(left=(-0.1, 0.26), right=reach, lean=angle, eyes=False)
        person(c, foot[0], foot[1] - 6 * up, tall, look, pose)

    actions = [HAND_DOWN.at(2)]
    actions.append(STEADY.at(4 if tilt > 6 else 3) if on_stool else BRING_STOOL.at(1))
    facts: Facts = {
        "stool": "rocking" if on_stool else "none",
        "tilt_degrees": tilt,
        "pixels_short": short,
    }
    spot = (between(draw, 48, 90), 104.0)
    return play(draw, room, seconds, paint, actions, (0.0, seconds), facts, spot=spot)


def _shelf(c: Canvas, x: float, y: float, color: str) -> None:
    c.rect(x - 10, y, 120, 6, "#8c6a4f", round=1)
    for side in (x, x + 92):
        c.rect(side, y + 6, 5, 12, "#6f5440")
    cup(c, x + 42, y, 20, color)
    c.rect(x + 70, y - 26, 11, 26, "#7fae6b", round=2)
    c.rect(x + 83, y - 22, 12, 22, "#c9a473", round=2)


def _stool(c: Canvas, x: float, y: float, high: float, angle: float) -> None:
    def part(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return turned([(x + dx, y - dy) for dx, dy in points], (x, y), angle)

    c.shadow(x, y + 1, 30, 5)
    for side in (-1, 1):
        c.stroke(part((16 * side, high - 2), (23 * side, 1)), 5, "#8c6a4f")
    c.stroke(part((-19, 0.45 * high), (19, 0.45 * high)), 3.4, "#7a5b42")
    c.stroke(part((-22, high - 2), (22, high - 2)), 6, "#b98a5b")


KINDS = (
    Kind(
        "too_many_plates",
        "home",
        "a person carries a swaying stack of plates",
        too_many_plates,
        (TAKE_PLATES, CLEAR_PATH),
    ),
    Kind(
        "high_cup",
        "home",
        "somebody stretches for a cup out of reach",
        high_cup,
        (HAND_DOWN, STEADY, BRING_STOOL),
    ),
)
