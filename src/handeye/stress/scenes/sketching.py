"""A group before it is painted: things, scenes, and where there is room for them.

Places are units of the stage (336 wide and high), y downwards. A strip above or below the room of
the things is kept for labels and companions, so that these never touch what is asked about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from handeye.sets.draw import Draw
from handeye.stress.scenes.drawing import STAGE, Form, Ink, fine, rectangle, rotated
from handeye.stress.scenes.things import BEAD, COLOURS, GROUNDS, letters, shape

MIDDLE = STAGE // 2
STRIP = 36
"""Height of the strip of labels and companions."""
RIM = 10
"""Units at the edge that stay empty."""
_TRIES, _MANY = 25, 2000
_APART = 9
"""Least distance of things that have nothing to do with each other."""


class Paint(NamedTuple):
    """One form of a thing: where its origin lies from the thing's, in fine steps, and its ink."""

    form: Form
    ink: Ink
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Thing:
    """Something in a picture.

    Attributes:
        name: what it is called in a question.
        colour: name of its colour.
        x: of its origin, in fine steps from the left edge of the stage.
        y: likewise from the upper edge.
        parts: what it is painted of, in order.
        role: ``asked``, ``mark`` (what the question refers to beside it), ``rest``, ``label``,
            ``companion``.
        facts: what else its family says of it.
    """

    name: str
    colour: str
    x: int
    y: int
    parts: tuple[Paint, ...]
    role: str = "asked"
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture shows, from back to front, and triples (thing, relation, thing) of it."""

    ground: Ink
    things: tuple[Thing, ...]
    relations: tuple[tuple[int, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sketch:
    """A group before it is painted.

    Attributes:
        kind: of the question (:data:`handeye.stress.scenes.wording.QUESTIONS`).
        words: of the question.
        values: a and b.
        third: another answer that could be given, for a choice; empty where there is none.
        physical: what the level is, in units of the stage or degrees.
        unit: ``px`` or ``deg``.
        things: which value is true (0, 1) and which of two other attributes the asked thing has
            (0, 1) to the things of the picture, from back to front, and their relations.
        presumed: what the two other attributes are called, as words of a question; none: empty.
        companions: number and colour of the beads that go with each value; empty: none.
        side: of value a.
        number: whether answers are numbers.
        ground: of the pictures.
        above: whether the strip of labels is the upper one.
    """

    kind: str
    words: Mapping[str, str]
    values: tuple[str, str]
    physical: float
    things: Callable[[int, int], tuple[list[Thing], list[tuple[int, str, int]]]]
    ground: Ink
    above: bool
    third: str = ""
    unit: str = "px"
    presumed: tuple[Mapping[str, str], ...] = ()
    companions: tuple[tuple[int, str], ...] = ()
    side: int = 0
    number: bool = False

    def scene(
        self, truth: int, other: int = 0, *, label: str = "", beads: int | None = None
    ) -> Scene:
        """The scene in which value ``truth`` is true.

        Args:
            truth: 0 or 1.
            other: which of the other attributes the asked thing has.
            label: text of a label; empty: none.
            beads: the value whose companions stand there; None: none.
        """
        things, relations = self.things(truth, other)
        if label:
            things.append(_label(label, self.above))
        if beads is not None:
            things += _beads(*self.companions[beads], self.above)
        return Scene(self.ground, tuple(things), tuple(relations))


def _label(text: str, above: bool) -> Thing:
    form, wide = letters(text, 14)
    black = COLOURS["black"]
    parts = (
        Paint(rectangle(wide + 20, 27), black),
        Paint(rectangle(wide + 16, 23), (255, 255, 255)),
        Paint(form, black),
    )
    return Thing(
        "label", "black", fine(MIDDLE), fine(_strip(above)), parts, "label", {"text": text}
    )


def _beads(number: int, colour: str, above: bool) -> list[Thing]:
    start = MIDDLE - 12 * (number - 1)
    bead = Paint(shape(BEAD, 17), COLOURS[colour])
    y = fine(_strip(above))
    return [
        Thing(BEAD, colour, fine(start + 24 * place), y, (bead,), "companion")
        for place in range(number)
    ]


def _strip(above: bool) -> int:
    return 20 if above else STAGE - 20


# ---- what families draw with


class Room:
    """Where things can stand, and the draws of a group.

    Args:
        draw: of the group.
        rest: fewest and most things beside those that a family has itself; None: as it likes.
    """

    def __init__(self, draw: Draw, rest: tuple[int, int] | None = None) -> None:
        self.draw = draw
        self.rest = rest
        self.above = bool(draw.below(2))
        self.top = STRIP + RIM - 2 if self.above else RIM
        self.bottom = STAGE - RIM if self.above else STAGE - STRIP - RIM + 2
        self.ground = draw.pick(GROUNDS)
        self._taken: list[tuple[float, float, float, float]] = []

    def take(self, x: float, y: float, width: float, height: float | None = None) -> None:
        """Keep a box about (x, y) free of what comes later."""
        w, h = width / 2 + _APART, (width if height is None else height) / 2 + _APART
        self._taken.append((x - w, y - h, x + w, y + h))

    def first(
        self, width: float, height: float, xs: tuple[float, float] = (0, STAGE)
    ) -> tuple[int, int]:
        """A place for a box, its middle between ``xs``, before anything else is taken."""
        at = self._drawn(width, height, xs)
        self.take(*at, width, height)
        return at

    def _drawn(self, width: float, height: float, xs: tuple[float, float]) -> tuple[int, int]:
        left, right = max(xs[0], RIM + width / 2), min(xs[1], STAGE - RIM - width / 2)
        top, bottom = self.top + height / 2, self.bottom - height / 2
        return (
            self.draw.integer(math.ceil(left), math.floor(right)),
            self.draw.integer(math.ceil(top), math.floor(bottom)),
        )

    def _free(self, x: int, y: int, w: float, h: float) -> bool:
        return not any(
            x + w > x0 and x - w < x1 and y + h > y0 and y - h < y1
            for x0, y0, x1, y1 in self._taken
        )

    def scatter(
        self, number: int, shapes: Sequence[str], colours: Sequence[str] = tuple(COLOURS)
    ) -> list[Thing]:
        """Things beside what is asked about, of shapes that are not asked.

        As many as find room; where their number is settled for all families, just so many.
        """
        out = []
        number, tries = (
            (number, _TRIES) if self.rest is None else (self.draw.integer(*self.rest), _MANY)
        )
        for _ in range(number):
            size = self.draw.integer(20, 40)
            name, colour = self.draw.pick(shapes), self.draw.pick(colours)
            for _ in range(tries):
                x, y = self._drawn(size, size, (0, STAGE))
                if self._free(x, y, size / 2, size / 2):
                    self.take(x, y, size)
                    out.append(named(name, colour, x, y, size, role="rest"))
                    break
        assert self.rest is None or len(out) == number, f"no room for {number} things"
        return out


def named(
    name: str, colour: str, x: float, y: float, size: float, *, role: str = "asked", turn: int = 0
) -> Thing:
    """A thing of one of the named shapes."""
    form = shape(name, size)
    form = rotated(form, turn) if turn else form
    facts = {"size": size} | ({"turn": turn} if turn else {})
    return Thing(name, colour, fine(x), fine(y), (Paint(form, COLOURS[colour]),), role, facts)


def others(names: Sequence[str], *but: str) -> list[str]:
    """Names without some."""
    return [name for name in names if name not in but]


def some_colours(draw: Draw, number: int) -> list[str]:
    """Different colours."""
    return some(draw, tuple(COLOURS), number)


def some(draw: Draw, names: Sequence[str], number: int) -> list[str]:
    """Different ones of some names."""
    return [names[place] for place in draw.sample(len(names), number)]


def in_some_order(draw: Draw, one: str, two: str) -> tuple[str, str]:
    """Two words in one of their orders."""
    return (one, two) if draw.below(2) else (two, one)


def two_colours(one: str, two: str) -> tuple[Mapping[str, str], ...]:
    """What is presumed where the other attribute is a colour."""
    return {"colour": one}, {"colour": two}
