"""Reading a prompt: which answer form is asked for, and about which cells.

Reads English as people word such questions, not one fixed template: our own wording, the authors'
and free variations of both. The instruction's list of answer forms and its examples mention every
form and arbitrary cells, so the question itself is found first and only that is read. Words about
a region that cannot be understood are never skipped over: that would answer another question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.rose.respondents.pixels.cells import Bounds
from handeye.rose.respondents.pixels.lattice import Lattice

Mode = Literal["COUNT", "CLICK", "CLICK_COUNT"]
Where = Literal["all", "lines", "highlight"]


class CannotAnswerError(Exception):
    """The respondent declines; the text says why and is shown to whoever asked."""


class Span(NamedTuple):
    """First and last line, 1-based and inclusive."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: answer form, and the cells it is about.

    ``where`` is ``all`` (whole grid), ``lines`` (the given ``rows`` and ``cols``, None = all of
    them) or ``highlight``. With ``outside`` everything but that is meant.
    """

    mode: Mode
    where: Where
    rows: Span | None = None
    cols: Span | None = None
    outside: bool = False

    def region_mask(self, lattice: Lattice, highlighted: Bounds | None) -> NDArray[np.bool_]:
        """Bool ``(rows, cols)``: the cells asked about.

        Raises:
            CannotAnswerError: the named lines are not in the grid, or nothing is highlighted.
        """
        mask = np.zeros(lattice, np.bool_)
        if self.where == "all":
            mask[:] = True
        elif self.where == "highlight":
            if highlighted is None:
                raise CannotAnswerError("the question is about a marked region, but I see none.")
            mask[highlighted.r1 - 1 : highlighted.r2, highlighted.c1 - 1 : highlighted.c2] = True
        else:
            rows = self.rows or Span(1, lattice.rows)
            cols = self.cols or Span(1, lattice.cols)
            if rows.last > lattice.rows or cols.last > lattice.cols:
                raise CannotAnswerError(
                    f"the question names rows {rows.first} to {rows.last} and columns "
                    f"{cols.first} to {cols.last}, but I see {lattice.rows} rows and "
                    f"{lattice.cols} columns."
                )
            mask[rows.first - 1 : rows.last, cols.first - 1 : cols.last] = True
        return ~mask if self.outside else mask


_ACTION = r"click\w*|select\w*|mark every|mark all|tap\w*|point(?:ing)? (?:to|at)"
_COUNTING = r"how many|count(?!\s*\()|number of|tally"
_ASKS = re.compile(rf"\b(?:{_ACTION}|{_COUNTING})", re.I)
_ODD = re.compile(r"\b(?:differ\w*|odd|exception\w*|unlike|majority|deviat\w*|anomal\w*)", re.I)
_FORM = re.compile(
    r"(?:COUNT|SUBMIT)\s*\(\s*[^()]{0,6}\)|CLICK\s*\([^()]*\)|\bDONE\b|[;…]|\.{3}",
)
_SUBMIT = re.compile(r"\bSUBMIT\b|\bsubmit\w*|\breport how many|\bthen (?:state|give|tell)", re.I)
_OUTSIDE = re.compile(
    r"\b(?:outside|exclud\w*|except\w*(?: for)?|other than|apart from|aside from|not in(?:side)?|"
    r"ignor\w*|beyond|but not|excepting|save for|leav\w+ out|skip\w*|(?:do|does) not lie)\b",
    re.I,
)
_MARKED = re.compile(
    r"\b(?:highlight\w*|marked|box(?:ed)?|fram(?:e|ed)|outlin\w+|tint\w*|shad(?:ed|ing)|"
    r"indicated|bordered|circled|enclosed|visual(?:ly)? (?:cue|region|marked)|coloured|colored|"
    r"bounding box|overlay)\b",
    re.I,
)
_WHOLE = re.compile(
    r"\b(?:whole|entire|full|complete)\s+(?:\w+\s+)?(?:grid|image|picture)|\banywhere\b|"
    r"\ball over the\b|\bin the (?:grid|image|picture)\b",
    re.I,
)
# Names of places that are not rows, columns or a marked region.
_OTHER_PLACE = re.compile(
    r"\b(?:half|quadrant|quarter|corner|diagonal|border|edge|cent(?:er|re)|middle|upper|lower|"
    r"left(?:most)?|right(?:most)?|top(?:most)?|bottom(?:most)?|even|odd[- ]numbered|checker\w*|"
    r"rows?|col(?:umn)?s?|region|area|part|section|zone|rectangle|last|every other)\b",
    re.I,
)

_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
# How lines are numbered is an instruction; its numbers name no region.
_NUMBERING = re.compile(
    r"\bnumber(?:ed|ing)\b|\bcounted\b|\bcounting (?:from|starts)|\bstart\w* (?:at|from|with)\b|"
    r"\b1, 2, 3\b",
    re.I,
)

_N = r"(\d{1,4})"
_ROW, _COL = r"r(?:ows?)?\s*", r"c(?:ol(?:umn)?s?)?\s*"
_TO = r"\s*(?:to|through|thru|until|till|up to|and|[-–—~]|\.\.+)\s*"
_GAP = r"(?:\s*[,;:/]?\s*(?:and|of|in|within|at)?\s*)"
_FROM = r"(?:the\s+)?(?:from|between)?\s*"


def _compiled(*parts: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w])" + "".join(parts) + r"(?![\w])", re.I)


# Two corners: "row 7 column 2 to row 10 column 7", "R7,C2 to R10,C7", "(7,2) to (10,7)".
_CORNERS = (
    _compiled(_ROW, _N, _GAP, _COL, _N, r"\)?", _TO, r"\(?", _ROW, _N, _GAP, _COL, _N),
    re.compile(rf"\(\s*{_N}\s*,\s*{_N}\s*\){_TO}\(\s*{_N}\s*,\s*{_N}\s*\)", re.I),
)
_CORNERS_BY_COLUMN = _compiled(_COL, _N, _GAP, _ROW, _N, _TO, _COL, _N, _GAP, _ROW, _N)
# One axis: "rows 2 to 5", "row 2 through row 5", "rows 2-5", and a single "row 4".
_ROWS = _compiled(r"rows?\s*", _FROM, _N, r"(?:", _TO, r"(?:rows?\s*)?", _N, r")?")
_COLS = _compiled(r"col(?:umn)?s?\s*", _FROM, _N, r"(?:", _TO, r"(?:col(?:umn)?s?\s*)?", _N, r")?")
# Separate corners: "top-left ... R2,C3 ... bottom-right ... R5,C7".
_ONE_CELL = _compiled(_ROW, _N, _GAP, _COL, _N)


def read_prompt(prompt: str) -> Question:
    """Read which answer is asked for, about which cells.

    Raises:
        CannotAnswerError: no question of this kind is found, or its region is not understood.
    """
    text = _question(prompt)
    mode = _mode(text)
    words = " ".join(_FORM.sub(" ", _without_form_sentences(text)).split())
    # "the odd one out" and "click ... odd" are no places; numbers decide before names do.
    outside = _OUTSIDE.search(words) is not None
    lines = _lines(words)
    if lines is not None:
        return Question(mode, "lines", *lines, outside=outside)
    if _MARKED.search(words):
        return Question(mode, "highlight", outside=outside)
    if not outside and _WHOLE.search(words):
        return Question(mode, "all")
    place = _OTHER_PLACE.search(words)
    if outside or place:
        raise CannotAnswerError(f"I do not understand which cells are meant: {words[:200]!r}")
    return Question(mode, "all")


def _question(prompt: str) -> str:
    """The part of the prompt that asks: its last asking paragraph, freed of instructions."""
    paragraphs = re.split(r"\n\s*\n", prompt.replace("\r", ""))
    for paragraph in reversed(paragraphs):
        text = _without_instructions(paragraph)
        if _asks(text):
            return text
    raise CannotAnswerError("I find no question about cells that differ from the majority.")


def _without_instructions(paragraph: str) -> str:
    """Drop lists and examples of answer forms, and sentences on how lines are numbered."""
    lines = [line for line in paragraph.splitlines() if len(_FORM.sub(" ", line).split()) > 3]
    sentences = [part for line in lines for part in _SENTENCE_END.split(line)]
    return " ".join(part.strip() for part in sentences if not _NUMBERING.search(part))


def _asks(text: str) -> bool:
    bare = _FORM.sub(" ", text)
    return bool(_ASKS.search(bare) and _ODD.search(bare))


def _without_form_sentences(text: str) -> str:
    """Drop sentences about the answer's form; they can mention rows and columns."""
    kept = [
        part
        for part in _SENTENCE_END.split(text)
        if not re.match(r"\s*(?:answer|reply|respond|output|use|format|give your)\b", part, re.I)
    ]
    return " ".join(kept)


def _mode(text: str) -> Mode:
    """Answer form: what the question spells out, else what its verbs say."""
    if re.search(r"\bSUBMIT\s*\(", text, re.I):
        return "CLICK_COUNT"
    clicks_spelt = re.search(r"\bCLICK\s*\(", text, re.I) or re.search(r"\bDONE\b", text)
    if clicks_spelt:
        return "CLICK"
    if re.search(r"\bCOUNT\s*\(", text, re.I):
        return "COUNT"
    if re.search(rf"\b(?:{_ACTION})", text, re.I):
        return "CLICK_COUNT" if _SUBMIT.search(text) else "CLICK"
    return "COUNT"


def _lines(words: str) -> tuple[Span | None, Span | None] | None:
    """Rows and columns named in numbers, None when there are none."""
    corners = _corners(words)
    if corners is not None:
        return corners
    rows, cols = _axis(_ROWS, words, "row"), _axis(_COLS, words, "column")
    if rows is None and cols is None:
        return None
    return rows, cols


def _corners(words: str) -> tuple[Span, Span] | None:
    for pattern in _CORNERS:
        if match := pattern.search(words):
            r1, c1, r2, c2 = (int(part) for part in match.groups())
            return _span(r1, r2), _span(c1, c2)
    if match := _CORNERS_BY_COLUMN.search(words):
        c1, r1, c2, r2 = (int(part) for part in match.groups())
        return _span(r1, r2), _span(c1, c2)
    cells = _ONE_CELL.findall(words)
    if len(cells) == 2:
        (r1, c1), (r2, c2) = ((int(row), int(col)) for row, col in cells)
        return _span(r1, r2), _span(c1, c2)
    return None


def _axis(pattern: re.Pattern[str], words: str, name: str) -> Span | None:
    """The one span that ``pattern`` finds; a list of lines must be without gaps."""
    found = {_span(int(match[1]), int(match[2] or match[1])) for match in pattern.finditer(words)}
    listed = re.search(
        rf"(?<!between )\b{name}s\s*(\d+(?:\s*(?:,\s*and\b|,|and\b|&)\s*\d+)+)", words, re.I
    )
    if listed:
        numbers = sorted({int(part) for part in re.findall(r"\d+", listed[1])})
        if numbers != list(range(numbers[0], numbers[-1] + 1)):
            raise CannotAnswerError(
                f"only ranges of {name}s without gaps are understood, not {listed[0]!r}."
            )
        found = {_span(numbers[0], numbers[-1])}
    if len(found) > 1:
        raise CannotAnswerError(f"I do not understand which {name}s are meant: {words[:200]!r}")
    return found.pop() if found else None


def _span(first: int, last: int) -> Span:
    if not 1 <= first <= last:
        raise CannotAnswerError(f"lines {first} to {last} are not a range of rows or columns.")
    return Span(first, last)
