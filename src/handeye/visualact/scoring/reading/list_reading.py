"""Answers that are no JSON: lists of lines, tables, and keys with their values.

- Brake for the pedestrian (APL 4, proactive)      | action         | apl | type     |
2) **Sound the horn** - priority: 2                |----------------|-----|----------|
   Type: reactive                                  | Sound the horn | 2   | reactive |

Keys with values are YAML, TOML, XML or plain lines such as ``Action: Brake``; what a list says is
read from its lines, with the levels and types written into them.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import Any

from handeye.visualact.records import PredictedAction
from handeye.visualact.scoring.reading.entries import (
    KNOWN_KEYS,
    LEVEL_KEYS,
    TEXT_KEYS,
    TYPE_KEYS,
    plain_key,
    read_level,
)

_ITEM = re.compile(
    r"\s*(?:#{1,6}\s+)?(?:(?:[-*•–—+‣▪●○◦▶►➤→·✓✔✅☐☑]|\(?\d{1,3}[.):]|\(?[a-h][.)])\s+|[①-⑳]\s*|"
    r"(?:action|step) ?\d{1,3} ?[:.)–—-]\s*)(?:\[[ x]\]\s+)?(?=\S)",
    re.IGNORECASE,
)
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
# A level and a type without their names: (4, proactive), [2] [reactive], - 4 - P.
_BETWEEN = r"[\s,;:|/()\[\]–—-]{1,5}"
_BARE_KIND = r"(?:(?:pro|re)-?active|[PR])"
_BARE = re.compile(
    rf"\s?[,;|(\[–—-]\s?(?:([0-4]){_BETWEEN}({_BARE_KIND})|({_BARE_KIND}){_BETWEEN}([0-4]))"
    r"\s?[)\]]?[ .|]{0,3}$",
    re.IGNORECASE,
)
_TAIL = 60
# A level and a type, at either end of a line, and as many again.
MOST_LABELS = 4
_MARKS = re.compile(r"\*\*|__|`")
_EDGES = ' \t-–—:;,|*_"“”'
# "Action: ", "Action 2 - " before the words of an item.
_NAME = re.compile(r"^(?:action|step)(?: ?\d{1,3})? ?[:=–—-] ?(?=\S)", re.IGNORECASE)
_RULE = re.compile(r"[\s|:+=-]*-[\s|:+=-]*")
_BULLET = re.compile(r"\s*(?:[-*•]|\(?\d{1,3}[.):])(?:\s+|$)")
_PAIR = re.compile(r"[\s\"'*_]*([A-Za-z][\w ()-]{0,40}?)[\s\"'*_]*[:=：][ \t*_]*(.*)")
# Lines drawn around the cells of a table.
_BOXES = {
    **dict.fromkeys(map(ord, "│┃║"), "|"),
    **dict.fromkeys(map(ord, "─━═┌┬┐├┼┤└┴┘╔╦╗╠╬╣╚╩╝┏┳┓┣╋┫┗┻┛╒╤╕╞╪╡╘╧╛"), "-"),
}
_LONGEST_HEAD, _LONGEST_ROW = 300, 10_000
_ELEMENT = re.compile(
    r"<([A-Za-z][\w-]{0,40})((?:\s+[\w-]{1,40}=\"[^\"<>]{0,200}\")*)>([^<>]{0,2000})</\1>"
)
_ATTRIBUTE = re.compile(r"([\w-]{1,40})=\"([^\"<>]{0,200})\"")


def read_fields(text: str) -> list[dict[str, str]] | None:
    """Entries of a table, or of keys with their values; None where there are none.

    Read only where actions come with levels or types: bare lines are a list.
    """
    lines = text.translate(_BOXES).splitlines()
    for entries in (_table(lines), _keyed(text, lines)):
        with_text = [one for one in entries if any(key in TEXT_KEYS for key in one)]
        labels = (*LEVEL_KEYS, *TYPE_KEYS)
        if with_text and any(key in labels for one in with_text for key in one):
            return entries
    return None


def _table(lines: list[str]) -> list[dict[str, str]]:
    """Rows of the last table whose head names an action, under the plain names of its columns."""
    entries: list[dict[str, str]] = []
    names: list[str] = []
    sign = ""
    for line in (line for line in lines if len(line) <= _LONGEST_ROW):
        cells = _cells(line, sign) if sign else []
        signs = [one for one in "|\t;," if one in line and len(line) <= _LONGEST_HEAD]
        heads = [(one, list(map(plain_key, _cells(line, one)))) for one in signs]
        head = next(((one, found) for one, found in heads if _is_head(found)), None)
        if head is not None:
            (sign, names), entries = head, []
        elif names and len(cells) == len(names) and not _RULE.fullmatch(line):
            entries.append({n: cell for n, cell in zip(names, cells, strict=True) if cell})
        elif not _RULE.fullmatch(line):
            names, sign = [], ""
    return entries


def _cells(line: str, sign: str) -> list[str]:
    line = line.strip()
    if sign == "|":
        line = line.removeprefix("|").removesuffix("|")
    if sign in ",;":
        found = next(csv.reader([line], delimiter=sign, skipinitialspace=True), [])
        return [cell.strip() for cell in found]
    return [_MARKS.sub("", cell).strip() for cell in line.split(sign)]


def _is_head(names: list[str]) -> bool:
    labels = (*LEVEL_KEYS, *TYPE_KEYS)
    return any(n in TEXT_KEYS for n in names) and any(n in labels for n in names)


def _keyed(text: str, lines: list[str]) -> list[dict[str, str]]:
    """Entries from keys with values; one begins at a bullet, or where a key comes again."""
    entries: list[dict[str, str]] = [{}]
    elements = [
        (False, *pair)
        for name, attributes, inside in _ELEMENT.findall(text)
        for pair in ((name, inside), *_ATTRIBUTE.findall(attributes))
    ]
    for begins, key, value in elements or map(_pair, lines):
        name = plain_key(key).rstrip("0123456789")  # "Action 2: ..."
        value = value.strip().strip("\"'").rstrip(",").strip("\"'*_")
        if name not in KNOWN_KEYS or not value:
            continue
        if begins or name in entries[-1]:
            entries.append({})
        entries[-1][name] = value
    return [entry for entry in entries if entry]


def _pair(line: str) -> tuple[bool, str, str]:
    bullet = _BULLET.match(line)
    found = _PAIR.fullmatch(line[bullet.end() :] if bullet else line)
    return (bullet is not None, found[1], found[2]) if found else (False, "", "")


def read_list(
    text: str, losses: Counter[str], *, plain_lines: bool = False
) -> list[PredictedAction] | None:
    """Read the items of a list; None if there is none.

    A line that holds nothing but a level or a type belongs to the item above it. Without any
    bullet or number, ``plain_lines`` takes every line for an item.
    """
    lines = [_MARKS.sub("", line) for line in text.splitlines() if line.strip()]
    listed = [_ITEM.match(line) is not None for line in lines]
    if not any(listed) and not plain_lines:
        return None
    plain = not any(listed)
    losses["plain-lines" if plain else "not-json"] += 1
    items: list[tuple[str, list[str]]] = []
    for line, is_item in zip(lines, listed, strict=True):
        words, labels = _split(_ITEM.sub("", line, count=1))
        if items and labels and not words:
            items[-1][1].extend(labels)
        elif (is_item or plain) and words:
            items.append((words, labels))
        else:
            losses["lines-skipped"] += 1
    return [_action(words, labels, losses) for words, labels in items] or None


def has_labelled_items(text: str) -> bool:
    """Whether a line with a bullet or number says a level or a type."""
    lines = (_MARKS.sub("", line) for line in text.splitlines())
    return any(_ITEM.match(line) and (_LABEL.search(line) or _bare(line)) for line in lines)


def with_labels(entry: Any) -> Any:
    """An entry of JSON; of one that is a text, the level and type in it stand beside it."""
    if not isinstance(entry, str):
        return entry
    words, labels = _split(_ITEM.sub("", _MARKS.sub("", entry), count=1))
    found = _labels_in(labels)
    if not words or len(found[0]) > 1 or len(found[1]) > 1 or not any(found):
        return entry
    named = zip((LEVEL_KEYS[0], TYPE_KEYS[0]), found, strict=True)
    return {TEXT_KEYS[0]: words, **{key: next(iter(said)) for key, said in named if said}}


def _bare(line: str) -> tuple[int, str] | None:
    """Where a level and a type without names end a line, and how they read with them."""
    start = max(0, len(line) - _TAIL)
    found = _BARE.search(line, start)
    if found is None:
        return None
    level, kind = found[1] or found[4], (found[2] or found[3]).lower()
    return found.start(), f"(APL {level}, {'pro' if kind[0] == 'p' else 're'}active)"


def _split(line: str) -> tuple[str, list[str]]:
    """A line's own words, and its labels: in brackets, in front, or at the end."""
    labels: list[str] = []

    def take(found: re.Match[str]) -> str:
        labels.append(found.group())
        return ""

    line = " ".join(line.split())
    if bare := _bare(line):
        line = f"{line[: bare[0]]} {bare[1]}"
    line = _GROUP.sub(
        lambda group: take(group) if _LABEL.search(group.group()) else group.group(), line
    )
    if not re.sub(_SEPARATOR, "", _LABEL.sub("", line)):
        return "", [*labels, line]
    for pattern in (_FIRST, _LAST):
        for _ in range(MOST_LABELS):
            line = pattern.sub(take, line.strip(), count=1)
    return " ".join(_NAME.sub("", line.strip(_EDGES)).split()), labels


def _action(text: str, labels: list[str], losses: Counter[str]) -> PredictedAction:
    """One item; labels that contradict each other are unreadable."""
    levels, kinds = _labels_in(labels)
    level = read_level(next(iter(levels))) if len(levels) == 1 else None
    if levels and level is None:
        losses["level-unreadable"] += 1
    if len(kinds) > 1:
        losses["type-unreadable"] += 1
    return PredictedAction(text, level, kinds == {"proactive"} if len(kinds) == 1 else None)


def _labels_in(labels: list[str]) -> tuple[set[str], set[str]]:
    """The levels and the types that labels say."""
    found = list(_LABEL.finditer(" ; ".join(labels)))
    levels = {label["level"] for label in found if label["level"]}
    return levels, {label["kind"].lower() for label in found if label["kind"]}
