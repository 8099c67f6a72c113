"""Clicks on cells, and counts of them: answer text -> parsed answer, or exactly why not.

The strict grammar (protocol of arXiv 2606.19965): ``CLICK(R3,C1); CLICK(R6,C8); DONE``, with
``SUBMIT(2)`` in the place of ``DONE`` where their number is asked for, or ``COUNT(2)`` alone. The
answer is the whole text. Keywords are case-insensitive, white space may stand between any two
tokens, numbers are runs of Unicode decimal digits. Nothing is repaired: what a model wrapped in
words or code fences is invalid. Knows nothing of grids or gold answers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from handeye.errors import DataError

Mode = Literal["COUNT", "CLICK", "CLICK_COUNT"]
MAX_DIGITS = 4300
"""Python turns no longer number into text and back (sys.get_int_max_str_digits)."""
NUMBER = f"([0-9]{{1,{MAX_DIGITS}}})"
"""A number in a file, as a pattern."""
_CELL_TEXT = re.compile(rf"R{NUMBER},C{NUMBER}\Z")
_FLAGS = re.IGNORECASE
_COUNT = re.compile(r"COUNT\s*\(\s*(\d+)\s*\)", _FLAGS)
_CLICK = re.compile(r"CLICK\s*\(\s*R\s*(\d+)\s*,\s*C\s*(\d+)\s*\)", _FLAGS)
_SUBMIT = re.compile(r"SUBMIT\s*\(\s*(\d+)\s*\)", _FLAGS)

# No grid or count comes near, so a longer number is read as the largest one that can be written.
_LARGEST = 10**MAX_DIGITS - 1


class Cell(NamedTuple):
    """One cell: 1-based row (from the top) and column (from the left)."""

    row: int
    col: int

    def __str__(self) -> str:
        return f"R{self.row},C{self.col}"

    @staticmethod
    @lru_cache(maxsize=4096)  # a set has few different cells, and reading it parses them all
    def parse(text: str) -> Cell:
        """Read ``"R4,C11"`` of a file; raises :class:`DataError` on anything else."""
        match = _CELL_TEXT.match(text)
        if match is None:
            raise DataError(f"{text[:40]!r} is not a cell; expected the form 'R4,C11'")
        return Cell(int(match[1]), int(match[2]))


class Parsed(msgspec.Struct, frozen=True):
    """What the grammar made of one answer.

    ``parse_error`` is None exactly when ``format_valid``; else ``empty``, ``expected_COUNT_only``,
    ``missing_DONE``, ``missing_SUBMIT`` or ``invalid_CLICK_token``. ``clicks`` are in the order of
    the answer, with repeats and whatever the grid; ``count`` is the number of a COUNT answer,
    ``submit`` the submitted one of a CLICK_COUNT answer. After ``invalid_CLICK_token`` the
    well-formed clicks and the submitted number are kept for diagnosis.
    """

    format_valid: bool
    parse_error: str | None = None
    invalid_action_tokens: tuple[str, ...] = ()
    count: int | None = None
    clicks: tuple[Cell, ...] = ()
    submit: int | None = None


_EMPTY = Parsed(False, "empty")


def parse(text: str | None, mode: Mode) -> Parsed:
    """Parse one answer.

    Args:
        text: the raw answer; None when there is none.
        mode: COUNT, CLICK or CLICK_COUNT.

    Raises:
        ValueError: an unknown mode.
    """
    if mode not in ("COUNT", "CLICK", "CLICK_COUNT"):
        raise ValueError(f"mode must be COUNT, CLICK or CLICK_COUNT, got {mode!r}")
    stripped = text.strip() if text is not None else ""
    if not stripped:
        return _EMPTY
    if mode == "COUNT":
        found = _COUNT.fullmatch(stripped)
        if found is None:
            return Parsed(False, "expected_COUNT_only", (stripped,))
        return Parsed(True, count=_number(found[1]))
    return _parse_actions(stripped, mode)


def _parse_actions(text: str, mode: Mode) -> Parsed:
    """Parse ``CLICK(..); ...; END`` from trimmed text."""
    parts = [part for part in map(str.strip, text.split(";")) if part]
    submit: int | None = None
    if mode == "CLICK":
        if not parts or parts[-1].upper() != "DONE":
            return Parsed(False, "missing_DONE", tuple(parts))
    else:
        if not parts:
            return _EMPTY
        end = _SUBMIT.fullmatch(parts[-1])
        if end is None:
            return Parsed(False, "missing_SUBMIT", tuple(parts))
        submit = _number(end[1])
    clicks: list[Cell] = []
    wrong: list[str] = []
    for part in parts[:-1]:
        cell = _short_click(part) if len(part) <= _SHORT else _click(part)
        if cell is None:
            wrong.append(part)
        else:
            clicks.append(cell)
    error = "invalid_CLICK_token" if wrong else None
    return Parsed(not wrong, error, tuple(wrong), None, tuple(clicks), submit)


def _click(part: str) -> Cell | None:
    """The cell of one ``CLICK(Rr,Cc)``, None if it is something else."""
    found = _CLICK.fullmatch(part)
    return None if found is None else Cell(_number(found[1]), _number(found[2]))


# Answers name the same few hundred cells in the same few spellings over and over.
_SHORT = 40
_short_click = lru_cache(maxsize=4096)(_click)


def _number(digits: str) -> int:
    """Value of a run of decimal digits of any script; capped at :data:`MAX_DIGITS` digits."""
    if len(digits) <= MAX_DIGITS:
        return int(digits)
    # Leading zeros of any script carry no value; int() of one digit knows them all.
    start = next((i for i, digit in enumerate(digits) if int(digit)), len(digits) - 1)
    significant = digits[start:]
    return int(significant) if len(significant) <= MAX_DIGITS else _LARGEST
