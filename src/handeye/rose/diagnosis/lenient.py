"""What a forgiving reader takes from an answer that the strict grammar refuses.

For diagnosis only: scores never use it. It forgives the form (code fences, words around, a missing
end, other ways to name a cell) and never the content: where an answer can be read in two ways, or
part of it cannot be read, it takes nothing. Reasoning may come first: what counts is the last
complete answer, not everything that was mentioned. Examples of the question are no answers, and two
answers that differ leave open which is meant, unless words say so. Knows nothing of grids or gold
answers.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from handeye.answer_kinds.cells import (
    NONE,
    NUMBER_WORDS,
    NUMBERS,
    complete,
    forgiving,
    is_open,
    plain,
)
from handeye.answer_kinds.clicks import Cell, parse
from handeye.answer_kinds.structured import is_unclear_number, read_number_in_json
from handeye.rose.questions import TaskMode
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
    whole = _without_echoes(text or "")
    if mode == "COUNT":
        number = _number(whole)
        return None if number is None else Reading((), number, False)
    found = forgiving(whole, _CELLS_SHOWN)
    if found is None:
        return None
    return Reading(found.cells, found.number if mode == "CLICK_COUNT" else None, False)


def answers(text: str | None, mode: TaskMode) -> frozenset[tuple[frozenset[Cell], int | None]]:
    """Every complete answer that a text holds, whichever of them is meant: its cells, its number.

    Args:
        text: the raw answer; None when there is none.
        mode: COUNT, CLICK or CLICK_COUNT.
    """
    told = plain(_without_echoes(text or ""))
    if mode == "COUNT":
        numbers = {_value(found) for found in _KEYWORD.finditer(told)}
        return frozenset((frozenset(), number) for number in numbers)
    asks_number = mode == "CLICK_COUNT"
    return frozenset(
        (frozenset(found.cells), found.number if asks_number else None) for found in complete(told)
    )


# An answer is at the end of what was written; a longer text is read from there.
_LONGEST = 50_000

# What the question shows: its forms, its examples under their title, itself. No answer is in it.
_TEMPLATE_CLICK = r"CLICK\(R?r, ?C?c\)"
_ECHO = re.compile(
    r"One example of each:\s*COUNT\(4\)\s*CLICK\(R3,C1\); CLICK\(R6,C8\); DONE\s*"
    r"CLICK\(R3,C1\); CLICK\(R6,C8\); SUBMIT\(2\)|"
    rf"(?:{_TEMPLATE_CLICK}[;,\s]*)+(?:(?:\.\.\.|…)[;,\s]*)?(?:DONE|SUBMIT\(n\))?|"
    r"\b(?:COUNT|SUBMIT)\((?:n|N)\)|"
    r"\bHow many cells\b[^?\n]{0,200}\?|\bClick every cell\b[^.\n]{0,200}(?:\.|$)|"
    r"\b(?:for example|for instance|e\.g\.)[^.\n]{0,200}",
    re.IGNORECASE | re.MULTILINE,
)
# Its examples with other words around, of which it has one of each form; those of the release's
# prompts are others. What is called an example is one, whatever it says.
_NUMBER_SHOWN = 4
_CELLS_SHOWN = (
    frozenset({Cell(3, 1), Cell(6, 8)}),
    frozenset({Cell(2, 5), Cell(4, 7)}),
)
_COUNT_SHOWN = rf"COUNT\((?:{_NUMBER_SHOWN}|3)\)"
_CLICKS_SHOWN = "|".join(
    "".join(rf"CLICK\(R{row}, ?C{col}\)[;,\s]*" for row, col in sorted(cells))
    for cells in _CELLS_SHOWN
)
_DONE_SHOWN, _SUBMIT_SHOWN = rf"(?:{_CLICKS_SHOWN})DONE", rf"(?:{_CLICKS_SHOWN})SUBMIT\(2\)"
_ONE_ANSWER = (
    r"(?:COUNT\([^()\n]{0,20}\)|"
    r"(?:CLICK\([^()\n]{0,20}\)[;,\s]*){0,99}(?:DONE\b|SUBMIT\([^()\n]{0,20}\)))"
)
_MARKS = r"(?:[^\w\n]|\b\(?[a-c1-3][).]|\n){0,12}"
_EXAMPLES = re.compile(
    # Two forms or more: none asks for that.
    rf"{_COUNT_SHOWN}(?:{_MARKS}(?:{_DONE_SHOWN}|{_SUBMIT_SHOWN}))+|"
    rf"{_DONE_SHOWN}{_MARKS}{_SUBMIT_SHOWN}|"
    rf"{_ONE_ANSWER}[ ]?[(,–—-]?[ ]?(?:(?:is|was|as|just|the|an?|your)[ ])*(?:example|sample)\b\)?|"
    r"(?<!this )\b(?:examples?|e\. ?g|eg|for instance|sample|such as|answer forms)\b"
    r"(?:[ ](?:of|each|is|are|the|an?|one|for|answers?|outputs?|forms?|formats?|responses?)\b)*"
    rf"{_MARKS}{_ONE_ANSWER}",
    re.IGNORECASE,
)


def _without_echoes(text: str) -> str:
    """The answer without thoughts and what the question showed, full width made plain."""
    text = unicodedata.normalize("NFKC", answer_of(text[-_LONGEST:]))
    return _EXAMPLES.sub(" ", _ECHO.sub(" ", text))


# ---- the number of an answer to a counting question

# More than any count; Python refuses to read far longer ones.
_DIGITS = r"\d{1,15}(?![\d%]|[.,]\d)"
_NUMBER = rf"(?<![\w.,-])({_DIGITS}|{'|'.join(NUMBER_WORDS)})(?!\w)"
_FLAGS = re.IGNORECASE

_MORE = r"(?!\s*(?:[-–—~/]|to\b|or\b)\s*\d)"
_KEYWORD = re.compile(
    rf"\bCOUNT[\"']?\s*[(\[:=]+\s*(?:{_NUMBER}|({_DIGITS})){_MORE}(?:[ \"']*[)\]])?", _FLAGS
)
_BARE = re.compile(
    rf"(?:COUNT\s+)?[(\[{{<\"']*\s*{_NUMBER}\s*[)\]}}>\"']*(?:\s+(?:\w+\s+){{0,2}}cells?)?[ .!]*",
    _FLAGS,
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


def _number(text: str) -> int | None:
    """The number that an answer to a counting question gives; None if that is not definite."""
    told = plain(text)
    if not told:
        return None
    number = read_number_in_json(text, NUMBERS)
    if number is None and not is_unclear_number(text, NUMBERS):
        number = _count(told)
    return number


def _count(text: str) -> int | None:
    """The number that a text without markup gives; None if that is not definite."""
    named = list(_KEYWORD.finditer(text))
    places = [(found.start(), found.end(), _value(found)) for found in named]
    # An answer may well say what the example says; in a line of its own before another it does not.
    apart = len(named) > 1 and "\n" in text[named[0].end() : named[1].start()]
    if is_open(text, places, [_NUMBER_SHOWN] if apart else []):
        return None
    if named:
        return _value(named[-1])
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
    if NONE.search(text):
        return None if numbers or said else 0
    if len(said) != 1:
        return None
    (number,) = said
    return number if all(int(n[:16]) == number for n in numbers) else None


def _value(found: re.Match[str]) -> int:
    word = next(group for group in found.groups() if group).lower()
    return NUMBERS[word] if word in NUMBERS else int(word)
