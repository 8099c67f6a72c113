"""Entries of a JSON answer: which list holds the actions, and what an entry says.

Keys are compared in lower case without spaces and punctuation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from handeye.visualact.asking.prompts import LEVEL_LABELS
from handeye.visualact.records import PredictedAction
from handeye.visualact.scoring.reading.tolerant_json import Found

LIST_KEYS = ("actions", "actionlist", "predictedactions", "predictions", "answer", "result")
TEXT_KEYS = ("action", "text", "description", "actiontext", "sentence", "what")
LEVEL_KEYS = ("apl", "level", "priority", "prioritylevel", "actionprioritizationlevel", "urgency")
TYPE_KEYS = ("type", "actiontype", "kind", "proactivity")
NUMBER_KEYS = ("number", "index", "id", "no")
_LEVEL = re.compile(
    r"(?:apl|level|priority)?\s*[:=]?\s*(-?\d+(?:\.\d+)?)(?![\d.]|\s*%)(.*)", re.DOTALL
)
_NOT_A_KEY = re.compile(r"[^a-z0-9]+")
Entry = Mapping[str, Any]


def action_lists(found: Sequence[Found]) -> list[tuple[list[Any], str]]:
    """Lists of entries among the values of a text, each with how it was read.

    A list counts if it is empty or at least one of its entries is about an action; objects that
    stand alone, one an action, count as one list together.
    """
    lists: list[tuple[list[Any], str]] = []
    loose: list[Any] = []
    loose_how = "strict"
    for value in found:
        entries = _entries(value.value)
        if entries is not None:
            lists.append((entries, value.how))
        elif isinstance(value.value, dict) and _is_entry(value.value):
            loose.append(value.value)
            loose_how = value.how if value.how != "strict" else loose_how
    return lists or ([(loose, loose_how)] if loose else [])


def _entries(value: Any) -> list[Any] | None:
    if isinstance(value, dict):
        for key, part in value.items():
            if _plain(key) in LIST_KEYS and isinstance(part, list | dict):
                return _entries(part) if isinstance(part, dict) else part
        return None
    if isinstance(value, list) and (not value or any(map(_is_entry, value))):
        return value
    return None


def _is_entry(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    keys = (*TEXT_KEYS, *NUMBER_KEYS)
    return isinstance(value, dict) and any(_plain(key) in keys for key in value)


def entry_action(entry: Any, losses: Counter[str]) -> PredictedAction | None:
    """The action an entry speaks of; None, and a loss, if there is none."""
    if isinstance(entry, str):
        text: Any = entry
        entry = {}
    elif isinstance(entry, dict):
        text = _get(entry, TEXT_KEYS)
    else:
        losses["entry-unreadable"] += 1
        return None
    if not isinstance(text, str) or not text.strip():
        losses["text-missing"] += 1
        return None
    return PredictedAction(" ".join(text.split()), *label_of(entry, losses))


def label_of(entry: Entry, losses: Counter[str]) -> tuple[int | None, bool | None]:
    """Level and type of an entry; None, and a loss, where one is given that cannot be read."""
    given = _get(entry, LEVEL_KEYS)
    level = read_level(given)
    if given is not None and level is None:
        losses["level-unreadable"] += 1
    kind, stated = _kind(entry)
    if stated and kind is None:
        losses["type-unreadable"] += 1
    return level, kind


def number_of(entry: Entry) -> int | None:
    """The number of the action that an entry is about."""
    value = _get(entry, NUMBER_KEYS)
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_level(value: Any) -> int | None:
    """A level 0 to 4 from a number, ``"3"``, ``"APL 3"``, ``"3 (urgent)"`` or a label of ours."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        words = value.strip().lower()
        if words in LEVEL_LABELS:
            return LEVEL_LABELS.index(words)
        match = _LEVEL.fullmatch(words)
        # A second number ("3-4", "2 of 5") leaves open which one is meant.
        if match is None or re.search(r"\d", match.group(2).replace("/4", "")):
            return None
        value = float(match.group(1))
    if isinstance(value, int | float) and value in range(len(LEVEL_LABELS)):
        return int(value)
    return None


def read_kind(value: Any) -> bool | None:
    """True for proactive, False for reactive, None for anything else."""
    if not isinstance(value, str):
        return None
    words = re.findall(r"[a-z]+", value.lower())
    named = {word for word in words if word in ("proactive", "reactive")}
    negated = bool({"not", "non"} & set(words))
    return named == {"proactive"} if len(named) == 1 and not negated else None


def _kind(entry: Entry) -> tuple[bool | None, bool]:
    """Whether an entry is proactive, and whether it says anything about that."""
    for name, meaning in (("proactive", True), ("isproactive", True), ("reactive", False)):
        value = _get(entry, (name,))
        if isinstance(value, str) and value.strip().lower() in ("true", "yes", "false", "no"):
            value = value.strip().lower() in ("true", "yes")
        if isinstance(value, bool):
            return value is meaning, True
        if value is not None:
            return None, True
    value = _get(entry, TYPE_KEYS)
    return read_kind(value), value is not None


def _get(entry: Entry, names: Sequence[str]) -> Any:
    """The value under the first of ``names`` that is there."""
    plain = {_plain(key): value for key, value in entry.items()}
    return next((plain[name] for name in names if plain.get(name) is not None), None)


def _plain(key: Any) -> str:
    return _NOT_A_KEY.sub("", str(key).lower())
