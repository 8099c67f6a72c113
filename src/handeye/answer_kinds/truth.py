"""True or false, alone or with an explanation behind it.

Strict is one of the two words, in any case, with or without a full stop; where an explanation is
asked for, the word, a mark or a new line, and the explanation. Else the first of these decides that
says anything, and only where it says one thing throughout: what is announced (``Answer: true``),
the first line and the last one by their first words, the two words anywhere, ``Yes`` or ``No`` at
the beginning. ``not true`` is unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from handeye.answer_kinds.reading import Reading, announced, denied, only, plain

_STRICT = re.compile(r"\s*(true|false)\.?\s*", re.IGNORECASE)
_EXPLAINED = re.compile(
    r"\s*(true|false)(?:[ \t]*[.:,;–—-]\s|[ \t]*\n|\.?\s*$)\s*(.*)", re.IGNORECASE | re.DOTALL
)
# The choice itself, said again.
_CHOICE = re.compile(
    r"\b(?:true\W{0,4}(?:or|/)\W{0,4}false|false\W{0,4}(?:or|/)\W{0,4}true)\b", re.I
)
_BEGINS = re.compile(r"[\s*_`\"'“‘(]*(true|false)\b", re.IGNORECASE)
_WORD = re.compile(r"\b(true|false)\b", re.IGNORECASE)
_YES = re.compile(r"(yes|no)\b(?!['’-])", re.IGNORECASE)


def read(text: str, explained: bool = False) -> Reading[bool] | None:
    """Whether an answer says true.

    Args:
        text: the answer.
        explained: an explanation behind it was asked for.

    Returns:
        None where it says neither, or both.
    """
    if found := (_EXPLAINED if explained else _STRICT).fullmatch(text):
        return Reading(_is_true(found[1]), True)
    told = _CHOICE.sub(" ", plain(text))
    lines = [line for line in told.splitlines() if line.strip()]
    for said in (
        _begun(announced(told)),
        _begun([*lines[:1], *lines[-1:]]),
        [None if denied(told, one.start()) else one[1] for one in _WORD.finditer(told)],
        ["true" if one[1].casefold() == "yes" else "false" for one in _YES.finditer(told, 0, 4)],
    ):
        if said:
            word = only(None if one is None else one.casefold() for one in said)
            return None if word is None else Reading(_is_true(word), False)
    return None


def explanation(text: str) -> str:
    """What is said behind the word; of a text that does not begin with it, all of it."""
    found = _EXPLAINED.fullmatch(text)
    return found[2].strip() if found else text.strip()


def score(found: Reading[bool] | None, gold: bool) -> float:
    """1 where the answer is right, else 0."""
    return float(found is not None and found.value == gold)


def _begun(lines: Iterable[str]) -> list[str]:
    """The words that lines begin with."""
    return [found[1] for line in lines if (found := _BEGINS.match(line))]


def _is_true(word: str) -> bool:
    return word.casefold() == "true"
