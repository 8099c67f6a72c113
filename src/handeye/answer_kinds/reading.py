"""What was read out of an answer, and what all kinds have in common.

Nothing here draws at random: a text that names several things names none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

# Characters of an answer that are looked at; of a longer one the last.
_LONGEST = 100_000
_UNSEEN = dict.fromkeys(
    [0x61C, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_MARKS = "*_`\"'“”‘’ \t\r\n"
# "Answer: B", "the final answer is **B**", "correct option: B".
_SAID = re.compile(
    r"\b(?:answer|(?:option|choice|letter|statement)(?=[\s*_]*(?::|=|is\b)))"
    r"[\s*_`\"']*(?:(?:is|would be|should be|must be)\b)?[\s*_`\"']*[:=]?[\s*_`\"']*",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|neither|nor|except|rather than|instead of)\s*[(*_]*$|n['’]t\s*[(*_]*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[-+]?\d+(?:[.,]\d+)*|\w+")


class Reading(NamedTuple, Generic[T]):
    """What an answer says.

    Attributes:
        value: of its kind.
        strict: whether it was written as it was asked for; else it was found among other words.
    """

    value: T
    strict: bool


def folded(text: str) -> str:
    """A text with compatibility characters folded (full-width letters, ligatures).

    Marks that nobody sees are left out: those of direction, of bytes, spaces of no width.
    """
    return unicodedata.normalize("NFKC", text[-_LONGEST:]).translate(_UNSEEN)


def plain(text: str) -> str:
    """A folded text without marks and white space around it."""
    return folded(text).strip(_MARKS)


def words(text: str) -> str:
    """What two texts share that say the same: words in small letters and numbers, a space between.

    Points and commas within a number, and its sign, are a part of it.
    """
    return " ".join(_WORD.findall(folded(text).casefold()))


def announced(text: str) -> list[str]:
    """What follows announcements of an answer (``Answer:``), to the next or the end of the line.

    The same words come once, however often they are said: answers that loop are read in linear
    time.
    """
    found = list(_SAID.finditer(text))
    ends = [one.start() for one in found[1:]] + [len(text)]
    spans = (text[one.end() : end] for one, end in zip(found, ends, strict=False))
    return list(dict.fromkeys(span.partition("\n")[0] for span in spans))


def denied(text: str, place: int) -> bool:
    """Whether what stands at ``place`` is said not to be: ``not (B)``, ``isn't true``."""
    return _NOT.search(text[max(0, place - 20) : place]) is not None


def only(values: Iterable[T]) -> T | None:
    """The one value, however often it comes; None where there is none, or another beside it."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def placed(
    start: int, reach: Sequence[Sequence[int]], taken: dict[int, int], held: dict[int, int]
) -> bool:
    """Give one of those that want a place a free one, moving others where that helps.

    An augmenting path of a matching in a bipartite graph, breadth first.

    Args:
        start: who wants a place.
        reach: of each the places that it may have.
        taken: who has a place; changed.
        held: which place somebody has; changed.
    """
    came: dict[int, int] = {}
    queue = [start]
    for at in queue:
        for place in reach[at]:
            if place in came:
                continue
            came[place] = at
            if place in taken:
                queue.append(taken[place])
                continue
            free: int | None = place
            while free is not None:
                who = came[free]
                former = held.get(who)
                taken[free], held[who] = who, free
                free = former
            return True
    return False


def paired(reach: Sequence[Sequence[int]]) -> bool:
    """Whether everybody can have a place of their own; ``reach`` has the places of each."""
    taken: dict[int, int] = {}
    held: dict[int, int] = {}
    return all(placed(at, reach, taken, held) for at in range(len(reach)))
