"""A short text: a word, a name, a phrase.

Strict is one line of at most :data:`LONGEST` characters. Leniently it is what is announced
(``Answer: ...``), else the last line, without marks around it. Exact is equal in its words: case,
punctuation, marks and a leading article are of no account.
"""

from __future__ import annotations

from collections.abc import Iterable

from handeye.answer_kinds.reading import Reading, announced, only, plain, words

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
        same = only(map(_meaning, said)) is not None
        return Reading(said[-1], False) if same else None
    last = [plain(line) for line in told.splitlines() if words(line)][-1]
    return Reading(last, False)


def score(found: Reading[str] | None, gold: str | Iterable[str]) -> float:
    """1 where the words are those of the gold, or of one of several; else 0."""
    allowed = [gold] if isinstance(gold, str) else gold
    return float(found is not None and _meaning(found.value) in map(_meaning, allowed))


def _meaning(text: str) -> str:
    told = words(text)
    for article in _ARTICLES:
        if told.startswith(article):
            return told.removeprefix(article)
    return told
