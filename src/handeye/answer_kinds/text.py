"""A short text: a word, a name, a phrase; and one of several known phrases.

A text (:func:`read`) is strict as one line of at most :data:`LONGEST` characters. Leniently it is
what is announced (``Answer: ...``), else the last line, without marks around it. Exact is equal in
its words: case, punctuation, marks and a leading article are of no account.

One of several phrases (:func:`which`) is strict as the phrase itself; case, a leading article and a
final stop are of no account. Leniently it is the only phrase, by its words or by those that were
declared to mean the same, that the text says (:mod:`handeye.answer_kinds.claims`): not denied, not
hedged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from handeye.answer_kinds.claims import asserted, parts_of
from handeye.answer_kinds.reading import Reading, announced, folded, only, plain, words

LONGEST = 200
"""Characters of a text that is short."""
_ARTICLES = ("a ", "an ", "the ")


def read(text: str) -> Reading[str] | None:
    """What an answer says.

    Returns:
        The text as it was written; None where it has no word, or announces several.
    """
    told = text.strip()
    if not words(told):
        return None
    said = [one for one in map(plain, announced(told)) if words(one)]
    if len(told) <= LONGEST and len(told.splitlines()) == 1 and not said:
        return Reading(told, True)
    if said:
        same = only(map(meaning, said)) is not None
        return Reading(said[-1], False) if same else None
    last = [plain(line) for line in told.splitlines() if words(line)][-1]
    return Reading(last, False)


def score(found: Reading[str] | None, gold: str | Iterable[str]) -> float:
    """1 where the words are those of the gold, or of one of several; else 0."""
    allowed = [gold] if isinstance(gold, str) else gold
    return float(found is not None and meaning(found.value) in map(meaning, allowed))


def meaning(text: str) -> str:
    """What two texts share that are equal: their words, without a leading article."""
    told = words(text)
    for article in _ARTICLES:
        if told.startswith(article):
            return told.removeprefix(article)
    return told


def which(text: str, phrases: Sequence[Sequence[str]]) -> Reading[int] | None:
    """Which of several phrases an answer says.

    Args:
        text: the answer.
        phrases: of each its own words, then others that mean the same.

    Returns:
        Its place, from 0; None where it says none of them, or several.
    """
    whole = bare(text)
    for place, (own, *_) in enumerate(phrases):
        if whole == bare_phrase(own):
            return Reading(place, True)
    found = only(said(text, phrases))
    return None if found is None else Reading(found, False)


def said(text: str, phrases: Sequence[Sequence[str]]) -> set[int]:
    """The places of all phrases that a text says, neither denied nor hedged.

    Args:
        text: the answer.
        phrases: as :func:`which` takes them.
    """
    # Longer ones first, and each taken out: "far left" says nothing of "left". Those with stops
    # of their own would fall into parts.
    ways = sorted(
        {(way, place) for place, of in enumerate(phrases) for way in of},
        key=lambda one: (-len(one[0]), one),
    )
    told = _PRIVATE.sub(" ", folded(text))
    for number, (way, _) in enumerate(ways):
        told = _pattern(way).sub(f" {chr(_TAKEN + number)} ", told)
    found = set()
    for part in parts_of(told):
        for at, sign in enumerate(part):
            number = ord(sign) - _TAKEN
            if 0 <= number < len(ways) and asserted(part, at, at + 1):
                found.add(ways[number][1])
    return found


def bare(text: str) -> str:
    """A text by which strict phrases are compared: small letters, no article, no final stop."""
    told = " ".join(folded(text).casefold().split()).removesuffix(".").rstrip()
    for article in _ARTICLES:
        if told.startswith(article):
            return told.removeprefix(article)
    return told


@lru_cache(1024)
def bare_phrase(phrase: str) -> str:
    """:func:`bare` of a phrase that answers are compared with again and again."""
    return bare(phrase)


# The first of the signs that no text has (private use), which stand in for phrases.
_TAKEN = 0xF0000
_PRIVATE = re.compile("[\U000f0000-\U000ffffd]")


@lru_cache(1024)
def _pattern(way: str) -> re.Pattern[str]:
    """A phrase in a text, with any article before it."""
    told = r"\s+".join(map(re.escape, bare(way).split()))
    return re.compile(rf"(?<![\w-]){told}(?![\w-])", re.IGNORECASE)
