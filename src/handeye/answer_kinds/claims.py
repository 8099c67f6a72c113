"""Whether words in a text are said to be so, said not to be, or only mentioned.

A text is cut into parts (at stops, commas, ``and``, ``but``, ``because``), none of which says more
than one thing. In its part a word is denied behind ``not`` or before ``is wrong``; it is no claim
where it is reported (``the statement says``), hedged (``perhaps``, ``or``) or asked.
"""

from __future__ import annotations

import re

from handeye.answer_kinds.reading import folded

_PARTS = re.compile(
    r"(?<=[?!])\s*|[.](?=\s|$)\s*|[;:\n,–—()]\s*|\s-+\s|"
    r"\b(?:and|but|because|since|whereas|while|although|though|however|so|as)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|no|nor|neither|without|cannot|rather than|instead of|unlike)\b|n't\b"
    r"|\b(?:false|wrong|untrue|incorrect|mistaken)\s+(?:that|to say|to claim)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"\b(?:is|are|was|were)\s+(?:wrong|false|incorrect|untrue|mistaken|not\s+(?:true|so|right|"
    r"correct))\b|\b(?:isn't|aren't|wasn't)\s+(?:true|so|right|correct)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:statement|question|premise|claims?|claimed|prompt|description|described|according to|"
    r"supposed(?:ly)?|alleged(?:ly)?)\b",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"\b(?:it says|is said|was said)\b", re.IGNORECASE)
_HEDGED = re.compile(
    r"\b(?:maybe|perhaps|might|may|could|possibly|probably|likely|unsure|not sure|unclear|either|"
    r"or|if|whether|would|should|cannot tell|can't tell|hard to (?:tell|say))\b|\?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w'-]+")
LONGEST = 10_000
"""Characters of a text that are looked at, the first."""
# Nobody says one thing in more; looking at all of it would take the square of its length.
_LONGEST_PART = 400
# Words that a "not" reaches over.
_REACH = 8


def parts_of(text: str) -> list[str]:
    """A text in parts, each of which says one thing at most; of long ones the beginning."""
    told = folded(text)[:LONGEST].replace("’", "'")
    return [part.strip()[:_LONGEST_PART] for part in _PARTS.split(told) if part and part.strip()]


def asserted(part: str, start: int, end: int, *, spoken: bool = False) -> bool | None:
    """What a part says of the words in it from ``start`` to ``end``.

    Args:
        part: of :func:`parts_of`.
        start: where they begin.
        end: where they end.
        spoken: they are about what is spoken, so that ``it says`` reports nothing.

    Returns:
        Whether they are so; None where it does not say.
    """
    if _HEDGED.search(part):
        return None
    if _WRONG.search(part, end) or _denied(part, start):
        return False
    if _REPORTED.search(part, 0, start) or (not spoken and _SPOKEN.search(part, 0, start)):
        return None
    return True


def called_wrong(part: str) -> bool:
    """Whether something is said to be wrong, not true, not so."""
    return _WRONG.search(part) is not None


def _denied(part: str, start: int) -> bool:
    return any(
        len(_WORD.findall(part, found.end(), start)) <= _REACH
        for found in _NOT.finditer(part, 0, start)
    )
