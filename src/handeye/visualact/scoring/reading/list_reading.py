"""Lists of lines with bullets or numbers, and the levels and types written into them.

- Brake for the pedestrian (APL 4, proactive)
2) **Sound the horn** - priority: 2
   Type: reactive
"""

from __future__ import annotations

import re
from collections import Counter

from handeye.visualact.records import PredictedAction
from handeye.visualact.scoring.reading.entries import read_level

_ITEM = re.compile(r"\s*(?:[-*•–—+‣▪]|\(?\d{1,3}[.):])\s+(?=\S)")
_LEVEL = (
    r"\b(?:action priorit[a-z]{1,10} level|priority level|priority|apl|level)\b"
    r"(?: ?\( ?apl ?\))?[ :=_-]{0,5}(?P<level>\d+(?:\.\d+)?)(?: ?/ ?4\b)?"
)
_KIND = r"(?:\b(?:action )?(?:type|kind)\b[ :=_-]{0,5})?\b(?P<kind>(?:pro|re)active)\b"
_LABEL = re.compile(f"{_LEVEL}|{_KIND}", re.IGNORECASE)
_SEPARATOR = r"[\s,;:|/–—-]"
# Words of a sentence ("water level 3") are no label: one stands behind punctuation, or says APL.
_LAST = re.compile(
    rf"(?: ?[,;:|–—-]{{1,3}} ?| (?=apl\b))(?:{_LEVEL}|{_KIND})[ .]{{0,3}}$", re.IGNORECASE
)
_FIRST = re.compile(rf"^(?:{_LEVEL}|{_KIND}) ?[,;:|–—-]{{1,3}} ?", re.IGNORECASE)
_GROUP = re.compile(r"[(\[][^()\[\]]*(?:\(apl\)[^()\[\]]*)?[)\]]", re.IGNORECASE)
# A level and a type, at either end of a line, and as many again.
MOST_LABELS = 4
_MARKS = re.compile(r"\*\*|__|`")
_EDGES = ' \t-–—:;,|*_"“”'


def read_list(
    text: str, losses: Counter[str], *, plain_lines: bool = False
) -> list[PredictedAction] | None:
    """Read the items of a list; None if there is none.

    A line that holds nothing but a level or a type belongs to the item above it. Without any
    bullet or number, ``plain_lines`` takes every line for an item.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    listed = [_ITEM.match(line) is not None for line in lines]
    if not any(listed) and not plain_lines:
        return None
    plain = not any(listed)
    losses["plain-lines" if plain else "not-json"] += 1
    items: list[tuple[str, list[str]]] = []
    for line, is_item in zip(lines, listed, strict=True):
        words, labels = _split(_MARKS.sub("", _ITEM.sub("", line, count=1)))
        if items and labels and not words:
            items[-1][1].extend(labels)
        elif (is_item or plain) and words:
            items.append((words, labels))
        else:
            losses["lines-skipped"] += 1
    return [_action(words, labels, losses) for words, labels in items] or None


def _split(line: str) -> tuple[str, list[str]]:
    """A line's own words, and its labels: in brackets, in front, or at the end."""
    labels: list[str] = []

    def take(found: re.Match[str]) -> str:
        labels.append(found.group())
        return ""

    line = " ".join(line.split())
    line = _GROUP.sub(
        lambda group: take(group) if _LABEL.search(group.group()) else group.group(), line
    )
    if not re.sub(_SEPARATOR, "", _LABEL.sub("", line)):
        return "", [*labels, line]
    for pattern in (_FIRST, _LAST):
        for _ in range(MOST_LABELS):
            line = pattern.sub(take, line.strip(), count=1)
    return " ".join(line.strip(_EDGES).split()), labels


def _action(text: str, labels: list[str], losses: Counter[str]) -> PredictedAction:
    """One item; labels that contradict each other are unreadable."""
    found = list(_LABEL.finditer(" ; ".join(labels)))
    levels = {label["level"] for label in found if label["level"]}
    kinds = {label["kind"].lower() for label in found if label["kind"]}
    level = read_level(next(iter(levels))) if len(levels) == 1 else None
    if levels and level is None:
        losses["level-unreadable"] += 1
    if len(kinds) > 1:
        losses["type-unreadable"] += 1
    return PredictedAction(text, level, kinds == {"proactive"} if len(kinds) == 1 else None)
