"""What a forgiving reader takes from an answer that the strict grammar refuses.

For diagnosis only: scores never use it. It forgives the form (code fences, words around, a missing
end, other ways to name a cell) and never the content: where an answer can be read in two ways, or
part of it cannot be read, it takes nothing. Reasoning may come first: what counts is the last
complete answer, not everything that was mentioned. Knows nothing of grids or gold answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from handeye.rose.questions import TaskMode
from handeye.rose.scene import Cell
from handeye.rose.scoring.grammar import parse
from handeye.run.thoughts import answer_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says, strictly or forgivingly read.

    ``clicks`` stand in the order of the answer, with repeats and whatever the grid. ``number`` is
    the count of a COUNT answer, the submitted number of a CLICK_COUNT answer, None if none was
    given. ``strict`` tells that the strict grammar reads it.
    """

    clicks: tuple[Cell, ...]
    number: int | None
    strict: bool


def read(text: str | None, mode: TaskMode) -> Reading | None:
    """Read an answer, strictly if possible; None where nothing definite can be taken from it.

    Args:
        text: the raw answer; None when there is none.
        mode: COUNT, CLICK or CLICK_COUNT.

    Raises:
        ValueError: an unknown mode.
    """
    parsed = parse(text, mode)
    if parsed.format_valid:
        return Reading(parsed.clicks, parsed.count if mode == "COUNT" else parsed.submit, True)
    plain = _without_question(_plain(text or ""))
    if not plain:
        return None
    if mode == "COUNT":
        number = read_count(plain)
        return None if number is None else Reading((), number, False)
    found = read_clicks(plain)
    if found is None:
        return None
    return Reading(found.cells, found.number if mode == "CLICK_COUNT" else None, False)


# An answer is at the end of what was written; a longer text is read from there.
_LONGEST = 50_000
_FENCE = re.compile(r"(?:```|~~~)[\w-]*[ \t]*(?=\n|$)|```")
_MARKUP = re.compile(
    r"[*`#$]+|\\boxed|\\text\w*|</?[a-z_]+>|^[ \t]*>+", re.IGNORECASE | re.MULTILINE
)


def _plain(text: str) -> str:
    """The text without thoughts, fences and markup, compatibility forms (full width) made plain.

    Runs of white space become one space or line break, which also keeps the patterns linear.
    """
    text = unicodedata.normalize("NFKC", answer_of(text[-_LONGEST:]))
    text = _MARKUP.sub(" ", _FENCE.sub("\n", text))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


# Words of a question that is repeated: a form with its places empty, and an example of each form.
_FORM = re.compile(r"^.*(?:\bR[rn],? ?C[cn]\b|\b(?:COUNT|SUBMIT)\([a-z]\))\)?[ .;]*", re.IGNORECASE)
_CLICKS = r"(?:CLICK\(R\d+, ?C\d+\); ?)+"
_EXAMPLES = re.compile(
    rf"COUNT\(\d+\)\n{_CLICKS}DONE\n{_CLICKS}SUBMIT\(\d+\)(?=\n|$)", re.IGNORECASE
)


def _without_question(plain: str) -> str:
    """A plain text without what it repeats of the question: that is no answer.

    What stands in a line after an empty form is kept where it has a number.
    """
    lines = []
    for line in _EXAMPLES.sub("", plain).splitlines():
        rest = _FORM.sub("", line)
        if rest and (rest == line or any(map(str.isdigit, rest))):
            lines.append(rest)
    return "\n".join(lines)


# ---- the number of an answer to a counting question


_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_VALUES = {word: value for value, word in enumerate(_WORDS)} | {"none": 0, "nothing": 0, "no": 0}
# More than any count; Python refuses to read far longer ones.
_DIGITS = r"\d{1,15}(?![\d%]|[.,]\d)"
_NUMBER = rf"(?<![\w.,-])({_DIGITS}|{'|'.join(_WORDS)})(?!\w)"
_FLAGS = re.IGNORECASE

_KEYWORD = re.compile(rf"\bCOUNT[\"']?\s*[(\[:=]+\s*(?:{_NUMBER}|({_DIGITS}))", _FLAGS)
_BARE = re.compile(
    rf"[(\[{{\"']*\s*{_NUMBER}\s*[)\]}}\"']*(?:\s+(?:\w+\s+){{0,2}}cells?)?[ .!]*", _FLAGS
)
_CONCLUSION = re.compile(
    rf"\b(?:answer|total|result)\b(?:\s+(?:count|number))?\s*(?:is|are|:|=|of)*\s*"
    rf"(?:exactly\s+)?{_NUMBER}",
    _FLAGS,
)
_HOW_MANY = re.compile(
    rf"\b(?:there\s+(?:is|are)|i\s+(?:can\s+)?(?:see|count|counted|found|find)|"
    rf"(?:number|count)\b[^\d.\n]{{0,60}}?\bis)\s+(?:only\s+|exactly\s+|just\s+)?{_NUMBER}|"
    rf"{_NUMBER}\s+(?:\w+\s+){{0,3}}(?:cells?|tiles?|characters?|glyphs?|emojis?|squares?|differ\w*)\b",
    _FLAGS,
)
_ANY = re.compile(r"\d+")
_NONE = re.compile(
    r"\bthere\s+(?:is|are)\s+(?:no|none)\b|^\W*(?:none|nothing)\b|"
    r"\b(?:no|none\s+of\s+the|not\s+a\s+single)\s+(?:\w+\s+){0,2}cells?\b",
    _FLAGS,
)


def read_count(text: str) -> int | None:
    """The number that ``text`` (without markup) gives as its answer, None if that is not definite.

    Args:
        text: an answer to a counting question.
    """
    named = [_value(found) for found in _KEYWORD.finditer(text)]
    if named:
        return named[-1]
    for line in (text, text.splitlines()[-1].strip()):
        if bare := _BARE.fullmatch(line):
            return _value(bare)
    concluded = [_value(found) for found in _CONCLUSION.finditer(text)]
    if concluded:
        return concluded[-1]
    return _said(text)


def _said(text: str) -> int | None:
    """The number of the sentences that say how many, if they agree and no other number is there."""
    said = {_value(found) for found in _HOW_MANY.finditer(text)}
    numbers = set(_ANY.findall(text))
    if _NONE.search(text):
        return None if numbers or said else 0
    if len(said) != 1:
        return None
    (number,) = said
    return number if all(int(n[:16]) == number for n in numbers) else None


def _value(found: re.Match[str]) -> int:
    word = next(group for group in found.groups() if group).lower()
    return _VALUES[word] if word in _VALUES else int(word)


# ---- the cells of an answer to a clicking question


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
