"""One of several lettered options: ``B``, ``(B)``, ``B.``, or the option's words.

Letters stand for places: A is the option that was shown first. Strict is a letter alone, as the
question asks for it, with the brackets or the full stop of a list. Else the first of these decides
that says anything:

1. what is announced: ``Answer: B``, ``**B**``;
2. the first line and the last one, where they are an option or begin with its letter;
3. letters anywhere;
4. the words of an option in full.

It decides only where it says one thing throughout: several letters, ``not (B)``, a letter before
another option's words, or another one behind it (``Actually, A``) are unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from string import ascii_uppercase

from handeye.answer_kinds.reading import Reading, announced, denied, folded, only, words

LETTERS = ascii_uppercase
"""By place."""
_STRICT = re.compile(r"\s*(?:\(([A-Z])\)|([A-Z])[.):]?)\s*")
_BEGINS = re.compile(
    r"[\s*_`\"'“‘(\[]*([A-Za-z])(?![\w'’])([*_`\"'”’)\].:,;]*)(?=\s|$|[-–—/&])\s*[-–—]?\s*(.*)"
)
# A letter that is a word; "A" before a small word is an article.
_LETTER = r"([B-Z]|A(?!\s+(?!because|since)[a-z]))(?![\w'’])"
_ANOTHER = re.compile(rf"[\s*_`\"'”’)\].]*(?:[,/&\s]|\b(?:or|and)\b)[\s*_`\"'“‘(\[]*{_LETTER}")
# What takes back what was said before, and the letter that it puts in its place.
_INSTEAD = re.compile(
    r"\b(?i:actually|wait|correction|sorry|on second thoughts?|rather)\b[\s,:.!–—-]*"
    rf"(?i:(?:no|it's|it is|the answer is|i meant?|make that|option)[\s,]+)*\(?{_LETTER}"
    r"(?=[\s).,;:!]*$)",
    re.MULTILINE,
)
_MARKED = re.compile(r"(?:\*\*|__|`|\\boxed\{)\s*\(?([A-Z])(?:[).:]|\s*(?:\*\*|__|`|\}))")
_NAMED = re.compile(rf"(?<![\w'’]){_LETTER}")
_SEVERAL = -1
"""In place of a place, where more than one is named."""


def read(text: str, options: Sequence[str]) -> Reading[int] | None:
    """Which option an answer names.

    Args:
        text: the answer.
        options: their words, as they were shown; at most 26.

    Returns:
        Its place, from 0; None where none is named, or more than one could be meant.
    """
    found = _STRICT.fullmatch(text)
    if found and (place := _place(found[1] or found[2], options)) is not None:
        return Reading(place, True)
    told = folded(text)
    lines = [line for line in told.splitlines() if line.strip()]
    for places in (
        [*_begun(announced(told), options), *_at(_MARKED, told, options)],
        list(_begun(lines[:1] + lines[1:][-1:], options)),
        _anywhere(told, options),
    ):
        if places:
            place = only([*places, *_at(_INSTEAD, told, options)])
            return None if place is None or place == _SEVERAL else Reading(place, False)
    return None


def score(found: Reading[int] | None, gold: int | Collection[int]) -> float:
    """1 where the option is the right one, or one of several, else 0."""
    right = (gold,) if isinstance(gold, int) else gold
    return float(found is not None and found.value in right)


def _place(letter: str, options: Sequence[str]) -> int | None:
    place = LETTERS.index(letter.upper())
    return place if place < len(options) else None


def _begun(lines: Sequence[str], options: Sequence[str]) -> Iterator[int]:
    """The options that lines are or begin with."""
    for line in lines:
        if (place := _begin(line, options)) is not None:
            yield place


def _begin(line: str, options: Sequence[str]) -> int | None:
    if same := _same(line, options):
        return same[0] if len(same) == 1 else _SEVERAL
    found = _BEGINS.match(line)
    if found is None or (place := _place(found[1], options)) is None:
        return None
    letter, marks, rest = found.groups()
    if not words(rest):
        return place
    if same := _same(rest, options):
        return place if place in same else _SEVERAL
    another = _ANOTHER.match(line, found.end(1))
    if another and _place(another[1], options) not in (None, place):
        return _SEVERAL
    closed = any(mark in marks for mark in ").:]")
    article = letter in "AI" and rest[:1].islower() and not rest.startswith(("because", "since"))
    return place if closed or not (letter.islower() or article) else None


def _same(text: str, options: Sequence[str]) -> list[int]:
    """The options whose words a text is."""
    told = words(text)
    return [at for at, option in enumerate(options) if told and told == words(option)]


def _at(letters: re.Pattern[str], text: str, options: Sequence[str]) -> list[int]:
    """The options that letters in a text name."""
    return [
        _SEVERAL if denied(text, match.start()) else place
        for match in letters.finditer(text)
        if (place := _place(match[1], options)) is not None
    ]


def _anywhere(text: str, options: Sequence[str]) -> list[int]:
    """The options that are named by letters, else those whose words are there in full."""
    rest = text
    for option in sorted(filter(None, map(str.strip, options)), key=len, reverse=True):
        rest = re.sub(rf"(?<!\w){re.escape(option)}(?!\w)", " ", rest, flags=re.IGNORECASE)
    letters, said = _at(_NAMED, rest, options), _worded(text, options)
    if letters and said and not set(letters) & set(said):
        return [_SEVERAL]
    return letters or said


def _worded(text: str, options: Sequence[str]) -> list[int]:
    """The options whose words stand in a text, but for those that are a part of another there."""
    told, found = f" {words(text)} ", []
    for at in sorted(range(len(options)), key=lambda at: -len(words(options[at]))):
        option = f" {words(options[at])} "
        if option.strip() and option in told:
            found.append(at)
            told = told.replace(option, " \0 ")
    return found
