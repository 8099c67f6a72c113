"""Calls that are to be carried out: ``CLICK(R3,C1); CLICK(R6,C8); DONE``, ``COUNT(4)``.

Strict is the list alone: names, with arguments in brackets or without, ``;`` between them, behind
the last one, too, where there are several. Case, white space between signs and zeros in front of a
number are of no account; a call that is said twice is another answer. Nothing is read leniently:
what is to be carried out is not guessed.
"""

from __future__ import annotations

import re
from collections import Counter

from handeye.answer_kinds.reading import Reading

LONGEST = 20_000
"""Characters of an answer; a longer one is none."""
_CALL = re.compile(
    r"([A-Z_]{1,40})\s*(?:\(\s*([A-Z0-9,+.\s-]{0,200})\))?", re.IGNORECASE | re.ASCII
)
_ZEROS = re.compile(r"(?<![0-9.])0+(?=[0-9])")


def read(text: str) -> Reading[tuple[str, ...]] | None:
    """The calls of an answer, each in one spelling; None where it is anything else."""
    if len(text) > LONGEST:
        return None
    found = []
    for part in filter(None, map(str.strip, text.split(";"))):
        call = _CALL.fullmatch(part)
        if call is None:
            return None
        arguments = "" if call[2] is None else f"({''.join(call[2].split())})"
        found.append(_ZEROS.sub("", f"{call[1]}{arguments}".upper()))
    alone = len(found) == 1 and ";" in text
    return Reading(tuple(found), True) if found and not alone else None


def score(found: Reading[tuple[str, ...]] | None, gold: str) -> float:
    """1 where the calls are those of the gold, in any order but for the last one; else 0."""
    right = read(gold)
    if found is None or right is None:
        return 0.0
    (*said, end), (*wanted, last) = found.value, right.value
    return float(end == last and Counter(said) == Counter(wanted))
