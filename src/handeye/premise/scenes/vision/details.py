"""What visual details share: how a pair is drawn, and how a claim is read."""

from __future__ import annotations

import re
from typing import Any

from handeye.premise.scenes.kinds import Detail
from handeye.premise.scenes.vision.shapes import FINE, Form, Ink, Pixels, paint
from handeye.sets.draw import Draw

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
# The larger count is one more than the smaller one: the ratio tells which two.
RATIOS_OF_COUNTS = {1.5: 2, 1.25: 4, 1.14: 7}


def pair(draw: Draw, shared: Detail, name: str, one: Any, other: Any) -> tuple[Detail, Detail]:
    """Two details that differ in one value, in random order."""
    details = {**shared, name: one}, {**shared, name: other}
    return details if draw.below(2) else details[::-1]


def claimed(clause: str, form: str) -> tuple[str, ...] | None:
    """What a clause says in the gaps of its form; None where it is of another form."""
    found = re.fullmatch(form, clause)
    return found.groups() if found else None


def dark(draw: Draw) -> int:
    """The grey of a ground on which every ink stands out."""
    return draw.integer(24, 60)


def put(picture: Pixels, form: Form, x: int, y: int, ink: Ink) -> None:
    """Paint a form about the corner of a whole pixel."""
    paint(picture, form, x * FINE, y * FINE, ink)
