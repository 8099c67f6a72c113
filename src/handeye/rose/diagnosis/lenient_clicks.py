"""The cells in an answer to a clicking question that is not in the grammar.

The text is cut into tokens: cells, ends (``DONE``, ``SUBMIT(n)``), clicks that cannot be read.
Tokens with nothing but separators between them are one sequence, complete when it ends with an end.
The last complete one is the answer; without any, a sequence is the answer only if it is alone, or
announced as the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from handeye.rose.scene import Cell


class Clicks(NamedTuple):
    """Cells in the order of the answer, and the number submitted, None if none was."""

    cells: tuple[Cell, ...]
    number: int | None


class _Token(NamedTuple):
    """A piece of the text; ``act`` tells that a cell is named as a click."""

    kind: Literal["cell", "nothing", "end", "unreadable"]
    start: int
    end: int
    cell: Cell | None = None
    act: bool = False
    number: int | None = None


@dataclass(slots=True)
class _Run:
    """Tokens that follow each other; ``announced`` as the answer by the words before."""

    tokens: list[_Token] = field(default_factory=list)
    announced: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(token.cell for token in self.tokens if token.cell is not None)

    @property
    def number(self) -> int | None:
        return next((t.number for t in reversed(self.tokens) if t.number is not None), None)

    @property
    def complete(self) -> bool:
        return self.tokens[-1].kind == "end"

    @property
    def acts(self) -> bool:
        """Whether it is made of clicks, not only of cells that are mentioned."""
        return any(token.act or token.kind in ("nothing", "unreadable") for token in self.tokens)

    @property
    def lone_end(self) -> bool:
        return all(token.kind == "end" for token in self.tokens)

    @property
    def readable(self) -> bool:
        return all(token.kind != "unreadable" for token in self.tokens)


_FLAGS = re.IGNORECASE
# More digits than any coordinate has; Python refuses to read far longer ones.
_D = r"(\d{1,15})(?!\d)"
_ACT = r"(\bCLICK(?:S|ED)?\s*(?:ON|AT)?\s*(?:CELL)?\s*[:=]?\s*)?[(\[{]{0,4}\s*"
_ROW = r"\"?(?<![a-z])r(?:ow)?\"?\s*[:=]?\s*"
_COL = r"\"?c(?:ol(?:umn)?)?\"?\s*[:=]?\s*"
_MIDDLE = r"\s*[,;:./|&-]?\s*(?:and\s+)?"
_ROW_FIRST = re.compile(rf"{_ACT}{_ROW}{_D}{_MIDDLE}{_COL}{_D}\s*[)\]}}]?", _FLAGS)
_COL_FIRST = re.compile(
    rf"{_ACT}(?<![a-z]){_COL}{_D}{_MIDDLE}\"?r(?:ow)?\"?\s*[:=]?\s*{_D}\s*[)\]}}]?", _FLAGS
)
_PAIR = re.compile(rf"(\bCLICK(?:S|ED)?\s*)?[(\[]\s*{_D}\s*[,;]\s*{_D}\s*[)\]]", _FLAGS)
_NOTHING = re.compile(r"\bCLICK\s*\(\s*(?:none|nothing)?\s*\)", _FLAGS)
_DONE = re.compile(r"\bDONE\b(?:\s*\(\s*\))?", _FLAGS)
_SUBMIT = re.compile(
    rf"\bSUBMIT(?:TED)?\"?\s*[(:=]*\s*{_D}\s*\)?|\"(?:count|number|total|n)\"\s*:\s*{_D}", _FLAGS
)
_UNREADABLE = re.compile(r"\b(?:CLICK|SUBMIT)\s*\([^)\n]{0,40}\)?", _FLAGS)

# What may stand between two tokens of one sequence, numbering of lists included.
_SEPARATOR = re.compile(
    r"(?:[\s;,.:&|/•·\"'()\[\]{}–—-]|\band\b|\bthen\b|\bcells?\b|(?<![\w(])\d{1,2}[.)](?=\s|$))*",
    _FLAGS,
)
_WIDEST_GAP = 80
_ANNOUNCED = re.compile(
    r"\b(?:answer|result|conclusion|output|therefore)\b[^.\n]{0,40}\W*$", _FLAGS
)
_NONE = re.compile(
    r"\bnothing\b(?!\s+else)|^\W*no(?:ne)?\b\W*$|\bnone\s+of\b|"
    r"\bno\s+(?!other|more|further|additional)"
    r"(?:differ\w+|odd\b|exceptions?\b|(?:\w+\s+){0,3}(?:cells?|clicks?|targets?)\b)|"
    r"\bthere\s+(?:is|are)\s+none\b",
    _FLAGS,
)


def read_clicks(text: str) -> Clicks | None:
    """The clicks that ``text`` (without markup) gives as its answer, None if not definite.

    Args:
        text: an answer to a clicking question.

    Returns:
        No cells where the answer says that there is nothing to click; the number is then 0.
    """
    runs = list(_runs(text))
    says_none = _NONE.search(text) is not None
    if not runs:
        return Clicks((), 0) if says_none else None
    chosen = _chosen(runs, says_none)
    if chosen is None or not chosen.readable:
        return None
    return Clicks(chosen.cells, chosen.number)


def _chosen(runs: list[_Run], says_none: bool) -> _Run | None:
    """The sequence that is the answer, None where that is open."""
    complete = [place for place, run in enumerate(runs) if run.complete]
    if complete:
        last = complete[-1]
        if any(run.acts for run in runs[last + 1 :]):
            return None
        # An end without cells says "nothing", unless cells were named in words before.
        named = any(run.cells and not run.complete for run in runs)
        return None if runs[last].lone_end and named else runs[last]
    acting = [run for run in runs if run.acts]
    candidates = acting or runs
    if len(candidates) == 1 or candidates[-1].announced:
        # "R3C4 looks odd at first, but nothing is" is no click.
        return None if says_none and not acting else candidates[-1]
    same = all(run.cells == candidates[0].cells for run in candidates)
    return candidates[0] if same and all(run.readable for run in candidates) else None


def _runs(text: str) -> Iterator[_Run]:
    """Sequences of the text in order; an end closes one."""
    run = _Run()
    before = 0
    for token in _tokens(text):
        gap = text[before : token.start]
        follows = len(gap) <= _WIDEST_GAP and _SEPARATOR.fullmatch(gap) is not None
        closed = bool(run.tokens) and run.complete and token.kind != "end"
        # Cells named in a sentence are no part of the clicks that follow it.
        closed = closed or (token.act and bool(run.cells) and not run.acts)
        if run.tokens and (closed or not follows):
            yield run
            run = _Run()
        if not run.tokens:
            run.announced = (
                _ANNOUNCED.search(text[max(0, token.start - 120) : token.start]) is not None
            )
        run.tokens.append(token)
        before = token.end
    if run.tokens:
        yield run


def _tokens(text: str) -> Iterator[_Token]:
    """Tokens in order; where several fit, the one that begins first, then the most telling."""
    found: list[tuple[int, _Token]] = []
    for pattern, turned in ((_ROW_FIRST, False), (_COL_FIRST, True), (_PAIR, False)):
        for match in pattern.finditer(text):
            act, first, second = match.groups()
            row, col = (second, first) if turned else (first, second)
            cell = Cell(int(row), int(col))
            found.append((0, _Token("cell", *match.span(), cell, act is not None)))
    found += [(1, _Token("nothing", *match.span())) for match in _NOTHING.finditer(text)]
    found += [(1, _Token("end", *match.span())) for match in _DONE.finditer(text)]
    for match in _SUBMIT.finditer(text):
        number = int(match[1] or match[2])
        found.append((1, _Token("end", *match.span(), number=number)))
    found += [(2, _Token("unreadable", *match.span())) for match in _UNREADABLE.finditer(text)]
    end = 0
    for _, token in sorted(found, key=lambda entry: (entry[1].start, entry[0])):
        if token.start >= end:
            yield token
            end = token.end
