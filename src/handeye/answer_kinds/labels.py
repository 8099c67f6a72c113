"""A set of labels of those that are offered: ``knife, cup``, ``none`` where there are none.

Strict is the list alone: labels with commas between them, in any order and each once; case, a
leading article and a final stop are of no account. Else the first of these decides that says
anything:

1. what is announced (``Answer: knife, cup``), where all announcements agree;
2. JSON: a list of labels, or labels with true and false;
3. lines, or bullets, with one label each; lines that are lists: the last one, where they agree;
4. the labels that the text says, neither denied nor hedged (:mod:`handeye.answer_kinds.claims`).

Lists that differ, and ones with something in them that is no label, are unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from handeye.answer_kinds.reading import Reading, announced, folded, only, plain
from handeye.answer_kinds.text import bare, bare_phrase, meaning, said
from handeye.answer_kinds.tolerant_json import find_values

SEPARATORS = ",;"
"""No label may hold one: lists would fall apart."""
NONE = "none"
"""The word for the empty set."""
# An answer is at the end of what was written; a longer text is read from there.
_LONGEST = 20_000
# Words of an entry of a list; more are a sentence.
_WORDS = 3
_BULLET = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])\s+")
# What takes back what was said before.
_INSTEAD = re.compile(
    r"\b(?:actually|wait|correction|sorry|on second thoughts?|rather|instead)\b(?! of| than)",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"\b(?:is|are|was|were)(?:n['’]t| not| no longer| nowhere) "
    r"(?:there|here|present|visible|seen|found|in|on|at|to be)\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"(?:none|nothing|neither)(?: of (?:them|these|those|the \w+))?"
    r"(?: (?:is|are|applies|apply|fits?|match(?:es)?)\b[^.!?]{0,40})?",
    re.IGNORECASE,
)


def read(text: str, of: Sequence[str]) -> Reading[frozenset[str]] | None:
    """The labels that an answer names.

    Args:
        text: the answer.
        of: those that are offered, without :data:`SEPARATORS`, no two of one meaning.

    Returns:
        A part of ``of``; None where that is not definite.
    """
    if (whole := _listed(text, of)) is not None:
        return Reading(whole, True)
    told = folded(text)[-_LONGEST:]
    for found in (
        [_phrased(line, of) for line in announced(told) if line.strip()],
        list(_in_json(told, of)),
        _in_lines(told, of),
        [_phrased(told, of)],
    ):
        if found:
            value = only(found)
            return None if value is None else Reading(value, False)
    return None


def score(found: Reading[frozenset[str]] | None, gold: Iterable[str]) -> float:
    """1 where the labels are those of the gold, no more and no less; else 0."""
    return float(found is not None and set(map(meaning, found.value)) == set(map(meaning, gold)))


def _listed(text: str, of: Sequence[str]) -> frozenset[str] | None:
    """The labels of a text that is a list of them and nothing else."""
    told = bare(text)
    if told == NONE and NONE not in map(bare_phrase, of):
        return frozenset()
    return None if len(told) > _LONGEST else _all_known(told.split(","), of)


def _all_known(parts: Sequence[str], of: Sequence[str]) -> frozenset[str] | None:
    """The labels that all parts are, each another one."""
    known = {bare_phrase(label): label for label in of}
    found = {known.get(bare(part)) for part in parts}
    named = frozenset(label for label in found if label is not None)
    return named if len(named) == len(parts) else None


def _foreign(parts: Sequence[str], of: Sequence[str]) -> bool:
    """Whether parts are a list with something in it that is no label."""
    known = {bare_phrase(label) for label in of}
    told = [bare(part) for part in parts]
    return (
        not known.isdisjoint(told)
        and not known.issuperset(told)
        and all(len(part.split()) <= _WORDS for part in told)
    )


def _phrased(text: str, of: Sequence[str]) -> frozenset[str] | None:
    """The labels that a text says; None where it says nothing of them, or takes something back."""
    bared = plain(text)
    if (whole := _listed(bared, of)) is not None:
        return whole
    before, *after = _INSTEAD.split(bared)
    if _foreign(before.split(","), of) or (after and _said(before, of)):
        return None
    if named := _said(bared, of):
        return named
    return frozenset() if _NOTHING.fullmatch(bared.rstrip(".!")) else None


def _said(text: str, of: Sequence[str]) -> frozenset[str]:
    told = _GONE.sub("is wrong", text)
    return frozenset(of[place] for place in said(told, [(label,) for label in of]))


def _in_json(text: str, of: Sequence[str]) -> Iterator[frozenset[str] | None]:
    """The labels of each value that names some; None for one with something else in it."""
    for found in find_values(text):
        value = found.value
        if isinstance(value, Mapping):
            lists = [one for one in value.values() if isinstance(one, list)]
            if lists:
                value = lists[0] if len(lists) == 1 else None
            elif all(isinstance(one, bool) for one in value.values()):
                value = [label for label, holds in value.items() if holds]
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            continue
        known = _all_known(value, of)
        if known is not None or _foreign(value, of):
            yield known


def _in_lines(text: str, of: Sequence[str]) -> list[frozenset[str] | None]:
    """What bullets say, else lines that are lists, where the last one is."""
    lines = [line for line in text.splitlines() if plain(line)]
    bullets = [plain(line[found.end() :]) for line in lines if (found := _BULLET.match(line))]
    entries = bullets or list(map(plain, lines))
    if (known := _all_known(entries, of)) or (bullets and _foreign(bullets, of)):
        return [known]
    lists = [_listed(plain(line), of) for line in lines]
    return [one for one in lists if one is not None] if lists and lists[-1] is not None else []
