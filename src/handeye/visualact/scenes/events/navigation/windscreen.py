"""What every clip of Dynamic Navigation has in common: the drive behind the windscreen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handeye.sets.draw import Draw
from handeye.visualact.records import Action
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.events.navigation.road import Street, bonnet, some_distractor
from handeye.visualact.scenes.film import Film, Paint

TTC = {4: "less than 1.2 s away at our speed", 3: "1.2 to 2.5 s away", 2: "more than 2.5 s away"}


def urgency(seconds: float) -> int:
    """Level (2..4, see :data:`TTC`) of something in our way, from the seconds left to reach it."""
    return 4 if seconds < 1.2 else 3 if seconds < 2.5 else 2


def drive(
    draw: Draw,
    seconds: float,
    street: Street,
    paint: Paint,
    actions: Sequence[Action],
    evidence: tuple[float, float],
    facts: Mapping[str, float | str],
    *,
    oncoming: bool = True,
) -> Film:
    """A film through the windscreen with, in half of all cases, something that means nothing.

    ``oncoming=False`` keeps oncoming cars out: where the film also runs backwards, and where they
    would have to stop themselves.
    """
    extra = some_distractor(draw, seconds, oncoming=oncoming) if draw.below(2) else None

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
