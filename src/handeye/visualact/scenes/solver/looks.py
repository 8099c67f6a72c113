"""Looks at films of the catalogue: what ``fitting`` fits on.

Films are drawn from streams that no set uses, so a set is never fitted to, whatever its seed. Each
film is looked at as a model would be shown it (as JPEG, at more than one quality and size), with
all of its 16 frames and with every second, fourth and eighth of them, and two of them alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Formatter

import numpy as np
from PIL import Image

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.events.catalogue import KINDS
from handeye.visualact.scenes.film import Film, Kind, Rule
from handeye.visualact.scenes.solver.features import STILL, Array, decoded, glance, measure

SEED = 20260117
FRAMES = 16
STEPS = (1, 2, 4, 8)
"""A film is looked at with every so many-th of its frames."""
QUALITIES = (70, 80, 90, 95)
SCALES = (1.0, 1.0, 0.6)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Looks at films of one kind in one direction.

    Attributes:
        moving: (looks, LENGTH) measures from several frames.
        still: (looks, STILL) measures from one frame.
        levels: (looks, rules) of ``moving``; NaN where the rule's action is not called for.
        facts: the values of the facts that wordings need, by name, one a look of ``moving``.
    """

    kind: str
    backward: bool
    moving: Array
    still: Array
    levels: Array
    facts: dict[str, list[str]]


def directions(kinds: Sequence[Kind] = KINDS) -> list[tuple[Kind, bool]]:
    """All kinds, the reversible ones in both directions of time."""
    return [(k, back) for k in kinds for back in ((False, True) if k.reversible else (False,))]


def examples(kind: Kind, backward: bool, films: int, seed: int = SEED) -> Examples:
    """Look at ``films`` films of a kind."""
    rules = kind.backward_rules if backward else kind.rules
    names = sorted({name for rule in rules for name in _named(rule)})
    moving: list[Array] = []
    still: list[Array] = []
    levels: list[list[float]] = []
    facts: dict[str, list[str]] = {name: [] for name in names}
    for number in range(films):
        film = kind.make(Draw(seed, "motion", kind.name, number), backward)
        draw = Draw(seed, "motion look", kind.name, int(backward), number)
        glances = [glance(frame) for frame in _shown(film, backward, draw)]
        looks = [measure(glances[draw.below(step) :: step]) for step in STEPS]
        moving += looks
        still += [measure([draw.pick(glances)])[:STILL] for _ in range(2)]
        levels += [rule_levels(film, rules)] * len(looks)
        for name in names:
            facts[name] += [str(film.facts[name])] * len(looks)
    shape = (len(levels), len(rules))
    found = np.asarray(levels, np.float64).reshape(shape)
    return Examples(kind.name, backward, np.stack(moving), np.stack(still), found, facts)


def rule_levels(film: Film, rules: Sequence[Rule]) -> list[float]:
    """The level of each rule's action in a film, NaN where it is not called for."""
    said = {action.text: float(action.apl) for action in film.actions}
    return [said.get(rule.texts[0].format(**film.facts), np.nan) for rule in rules]


def _named(rule: Rule) -> Iterator[str]:
    """The facts that a rule's first wording needs."""
    return (name for _, name, _, _ in Formatter().parse(rule.texts[0]) if name)


def _shown(film: Film, backward: bool, draw: Draw) -> Iterator[Image.Image]:
    """The frames of a film as they would be sent."""
    quality, scale = draw.pick(QUALITIES), draw.pick(SCALES)
    base = Canvas()
    film.backdrop(base)
    for number in range(FRAMES):
        place = FRAMES - 1 - number if backward else number
        canvas = base.copy()
        film.paint(canvas, film.seconds * (place + 0.5) / FRAMES)
        picture = canvas.finished()
        if scale != 1:
            size = (round(picture.width * scale), round(picture.height * scale))
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality)
        yield decoded(data.getvalue())
