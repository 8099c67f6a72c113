"""Cells and a number that were written as JSON or as a table.

    {"clicks": [{"row": 2, "col": 3}, {"row": 4, "col": 5}], "submit": 2}
    [[2, 3], [4, 5]]          {"count": 5}          {"clicks": ["R2,C3", "CLICK(R4,C5)"]}

Read generously in form (:mod:`handeye.answer_kinds.tolerant_json`), never in content: where one
entry is no cell, two numbers differ, or two values say different things, nothing is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from handeye.answer_kinds.clicks import Cell
from handeye.answer_kinds.tolerant_json import Several, find_values

_ROWS = ("row", "r", "rowindex", "rownumber", "rows")
_COLS = (
    *("col", "c", "column", "colindex", "columnindex", "colnumber", "columnnumber"),
    *("cols", "columns"),
)
_LISTS = (
    *("clicks", "click", "cells", "cell", "actions", "targets", "coordinates", "positions"),
    *("clickedcells", "answer", "result", "output", "response", "arguments", "parameters"),
)
_NUMBERS = ("count", "submit", "number", "total", "n", "submitted", "numberofcells", "totalcount")
_ONLY_NUMBER = ("answer", "result", "value", "output", "response", "finalanswer")
_KINDS = ("type", "action", "name", "kind", "function", "end", "done", "finish")
_ENDS = ("done", "end", "submit", "stop", "true", "click", "clicks", "count")
_NUMBERED = re.compile(r"(?:click|cell|action|target|position|c)?\d{1,4}")
_NOTHING = ("", "none", "nothing", "null", "no", "n/a", "done")
# What may stand around values that make one answer.
_AROUND = re.compile(
    r"(?:[\s,;.`\"']|\bjson\b|\band\b|\bDONE\b(?:\(\))?|\b(?:final )?answer\b:?|\bCLICKS?\b:?)*",
    re.IGNORECASE,
)
_SUBMIT = re.compile(r"\bSUBMIT\s*[(:=]*\s*(\d{1,15})\s*\)?", re.IGNORECASE)
_DEEPEST, _LONGEST_LINE = 6, 300
_MOST_DIGITS = 15


class Said(NamedTuple):
    """Cells that a value names, None where it speaks of none; its number, None without one."""

    cells: tuple[Cell, ...] | None
    number: int | None


class _UnclearError(Exception):
    """A value says something that is no cell and no number, or two things."""


class _PartlyError(_UnclearError):
    """It is an answer, but two numbers stand where one is asked for, or an entry is no cell."""


def read_table(text: str) -> tuple[Cell, ...] | None:
    """The cells of a table with a column of rows and one of columns; None without one."""
    names: list[str] = []
    cells: list[Cell] = []
    for line in text.splitlines():
        parts = [part.strip() for part in re.split(r"[|,;\t]", line.strip().strip("|"))]
        if len(line) > _LONGEST_LINE or len(parts) < 2:
            names = []
            continue
        head = list(map(_plain, parts))
        if any(name in _ROWS for name in head) and any(name in _COLS for name in head):
            names, cells = head, []
        elif names and len(parts) == len(names) and re.search(r"\d", line):
            found = dict(zip(names, map(_whole, parts), strict=True))
            row = next((found[name] for name in _ROWS if name in found), None)
            col = next((found[name] for name in _COLS if name in found), None)
            if row is None or col is None:
                return None
            cells.append(Cell(row, col))
    return tuple(cells) or None


def read_clicks_in_json(text: str, read: Callable[[str], tuple[Cell, ...] | None]) -> Said | None:
    """The cells and the number that JSON in a text gives; None without any.

    Args:
        text: an answer, compatibility forms made plain.
        read: takes the cells out of a text inside the JSON ("R2,C3"); None if there are none.

    Returns:
        No cells where what it says is not definite.
    """
    found = find_values(text)
    if not found or any(value.how == "cut" or value.skipped for value in found):
        return None
    try:
        said = [_cells_in(value.value, read, 0) for value in found]
        telling = [one for one in said if one.cells is not None]
        if not telling:
            return None
        outside, place = "", 0
        for value in found:
            outside, place = f"{outside} {text[place : value.start]}", value.end
        outside += text[place:]
        submitted = _SUBMIT.findall(outside)
        if len(telling) == len(said) and _AROUND.fullmatch(_SUBMIT.sub("", outside)):
            cells = tuple(cell for one in telling for cell in one.cells or ())
            return Said(cells, _one([*(one.number for one in said), *map(int, submitted)]))
        # Words around: what is said more than once must be the same.
        return telling[0] if len(set(telling)) == 1 and not submitted else None
    except _PartlyError:
        return Said(None, None)
    except _UnclearError:
        return None


def read_number_in_json(text: str, words: Mapping[str, int]) -> int | None:
    """The number that JSON in a text gives; None if there is none or it is not definite.

    Args:
        text: an answer to a counting question.
        words: numbers in words ("five").
    """
    try:
        numbers = [
            number
            for value in find_values(text)
            if value.how != "cut" and (number := _number_in(value.value, words, 0)) is not None
        ]
        return _one(numbers)
    except _UnclearError:
        return None


def is_unclear_number(text: str, words: Mapping[str, int]) -> bool:
    """Whether JSON in a text gives numbers that contradict each other."""
    numbers = []
    for value in find_values(text):
        try:
            numbers.append(_number_in(value.value, words, 0))
        except _UnclearError:
            return True
    return len({number for number in numbers if number is not None}) > 1


def _one(numbers: Sequence[int | None]) -> int | None:
    """The number that all say who say one."""
    known = {number for number in numbers if number is not None}
    if len(known) > 1:
        raise _PartlyError
    return next(iter(known), None)


def _cells_in(value: Any, read: Callable[[str], tuple[Cell, ...] | None], depth: int) -> Said:
    if depth > _DEEPEST:
        raise _UnclearError
    if isinstance(value, dict):
        return _cells_of_object(value, read, depth)
    if isinstance(value, str):
        if value.strip().lower() in _NOTHING:
            return Said((), None)
        return Said(read(value), None)
    if not isinstance(value, list):
        return Said(None, None)
    if not isinstance(value, Several) and len(value) == 2 and all(map(_whole, value)):
        row, col = map(_whole, value)
        return Said((Cell(int(row or 0), int(col or 0)),), None)
    if not value and depth == 0:
        return Said(None, None)  # an empty list without a name says nothing
    said = [_cells_in(one, read, depth + 1) for one in value]
    if any(one.cells is None and one.number is None for one in said):
        raise _PartlyError if any(one.cells for one in said) else _UnclearError
    cells = tuple(cell for one in said for cell in one.cells or ())
    return Said(cells, _one([one.number for one in said]))


def _cells_of_object(
    value: dict[Any, Any], read: Callable[[str], tuple[Cell, ...] | None], depth: int
) -> Said:
    plain = {_plain(key): part for key, part in value.items()}
    number = _one([_whole(plain[name]) for name in _NUMBERS if name in plain])
    row = next((plain[name] for name in _ROWS if name in plain), None)
    col = next((plain[name] for name in _COLS if name in plain), None)
    if row is not None and col is not None:
        rows, cols = (one if isinstance(one, list) else [one] for one in (row, col))
        pairs = [(_whole(r), _whole(c)) for r, c in zip(rows, cols, strict=False)]
        if len(rows) != len(cols) or any(None in pair for pair in pairs):
            raise _UnclearError
        return Said(tuple(Cell(int(r or 0), int(c or 0)) for r, c in pairs), number)
    for name in _LISTS:
        if name in plain and not (name == "action" and isinstance(plain[name], str)):
            part = plain[name]
            inner = Said((), None) if part is None else _cells_in(part, read, depth + 1)
            if inner.cells is not None:
                return Said(inner.cells, _one([number, inner.number]))
    numbered = [part for name, part in plain.items() if _NUMBERED.fullmatch(name)]
    if numbered:
        said = [_cells_in(part, read, depth + 1) for part in numbered]
        if any(one.cells is None for one in said):
            raise _UnclearError
        return Said(tuple(cell for one in said for cell in one.cells or ()), number)
    kinds = [plain[name] for name in _KINDS if name in plain]
    if kinds and all(str(kind).strip().lower() in _ENDS for kind in kinds) and "click" not in kinds:
        return Said((), number)
    return Said(None, number)


def _number_in(value: Any, words: Mapping[str, int], depth: int) -> int | None:
    if depth > _DEEPEST:
        raise _UnclearError
    if isinstance(value, list) and (isinstance(value, Several) or len(value) == 1):
        return _one([_number_in(one, words, depth + 1) for one in value])
    if not isinstance(value, dict):
        return None
    plain = {_plain(key): part for key, part in value.items()}
    found: list[int | None] = []
    for name in (*_NUMBERS, *_ONLY_NUMBER):
        part = plain.get(name)
        if isinstance(part, list) and len(part) == 1 and not isinstance(part, Several):
            part = part[0]
        found.append(_whole(part, words) if not isinstance(part, dict | list) else None)
        if isinstance(part, dict | Several):
            found.append(_number_in(part, words, depth + 1))
        if _one(found) is not None and name in _NUMBERS[-1:]:
            break
    return _one(found)


def _whole(value: Any, words: Mapping[str, int] | None = None) -> int | None:
    """A whole number of at least 0, also as a text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    named = re.fullmatch(r"(?:count|submit|[rc])?\s*[(\[]?\s*(\d+)\s*[)\]]?", text)
    if named and len(named[1]) <= _MOST_DIGITS:
        return int(named[1])
    return (words or {}).get(text)


def _plain(key: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "", str(key).lower())
