"""Entries of a JSON answer: which list holds the actions, and what an entry says.

Keys are compared in lower case without spaces and punctuation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from handeye.visualact.asking.prompts import LEVEL_LABELS
from handeye.visualact.records import PredictedAction
from handeye.visualact.scoring.reading.tolerant_json import Found, find_values

LIST_KEYS = (
    *("actions", "actionlist", "predictedactions", "proposedactions", "recommendedactions"),
    *("predictions", "answer", "result"),
)
# What calls of tools and other envelopes keep the answer in.
INSIDE_KEYS = (
    *("arguments", "parameters", "args", "input", "toolinput", "function", "functioncall"),
    *("toolcalls", "output", "response", "finalanswer", "data", "json", "content"),
)
TEXT_KEYS = (
    *("action", "text", "description", "actiontext", "actiondescription", "actionname"),
    *("sentence", "what"),
)
LEVEL_KEYS = (
    *("apl", "apllevel", "aplscore", "level", "priority", "prioritylevel", "actionpriority"),
    *("actionprioritylevel", "prioritizationlevel", "actionprioritizationlevel"),
    *("actionprioritizationlevelapl", "urgency"),
)
TYPE_KEYS = ("type", "actiontype", "kind", "actionkind", "proactivity", "proactiveorreactive")
NUMBER_KEYS = ("number", "index", "id", "no")
_FLAG_KEYS = ("proactive", "isproactive", "reactive", "isreactive")
KNOWN_KEYS = frozenset((*TEXT_KEYS, *LEVEL_KEYS, *TYPE_KEYS, *NUMBER_KEYS, *_FLAG_KEYS))
# A text that stands for one, as the prompt's own template has it: "<one sentence>", "...".
_PLACEHOLDER = re.compile(
    r"\s*(?:\.{2,}|…|<[^<>]*>|\[[^\[\]]*\]|string|text|one sentence)?\s*", re.I
)
_DEEPEST = 4
_LEVEL = re.compile(
    r"(?:apl|level|priority)?\s*[:=]?\s*(-?\d+(?:\.\d+)?)(?![\d.]|\s*%)(.*)", re.DOTALL
)
_NOT_A_KEY = re.compile(r"[^a-z0-9]+")
Entry = Mapping[str, Any]


class Listed(NamedTuple):
    """A list of entries in a text, and how it was read (strict, mended or cut).

    ``loose``: only texts or nothing stand in a list without a name, as in a remark ``["UN 49"]``.
    """

    entries: list[Any]
    how: str
    loose: bool = False


def action_lists(found: Sequence[Found]) -> list[Listed]:
    """Lists of entries among the values of a text, in order.

    A list counts if it is empty or at least one of its entries is about an action; objects that
    stand alone, one an action, count as one list together where no other is named.
    """
    lists: list[Listed] = []
    alone: list[Any] = []
    alone_how = "strict"
    for value in found:
        entries = _entries(value.value, 0)
        if entries is not None:
            named = isinstance(value.value, dict) or any(isinstance(e, dict) for e in entries)
            lists.append(Listed(entries, value.how, not named))
        elif isinstance(value.value, dict) and _is_entry(value.value):
            alone.append(value.value)
            alone_how = value.how if value.how != "strict" else alone_how
    if alone and all(one.loose for one in lists):
        return [*lists, Listed(alone, alone_how)]
    return lists


def chosen(lists: Sequence[Listed]) -> int:
    """The place of the list that is the answer.

    The last whole one that says something: what follows an answer and is empty, a template or cut
    off is a repetition. Lists that are loose count where there are no others.
    """
    ranks = [
        (
            not one.loose,
            bool(one.entries) and not all(map(_is_template, one.entries)),
            one.how != "cut",
        )
        for one in lists
    ]
    best = max(ranks)
    return max(place for place, rank in enumerate(ranks) if rank == best)


def _entries(value: Any, depth: int) -> list[Any] | None:
    """The entries that a value holds, itself or in an envelope; None if it is about no action."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        # JSON that was written into a JSON string.
        inside = find_values(value) if value.lstrip()[:1] in ("{", "[") else []
        return _entries(inside[0].value, depth + 1) if inside else None
    if isinstance(value, list):
        return value if not value or any(map(_is_entry, value)) else None
    if not isinstance(value, dict):
        return None
    for key, part in value.items():
        if plain_key(key) in LIST_KEYS and isinstance(part, list):
            return _side_by_side(value, part)
        if plain_key(key) in LIST_KEYS and isinstance(part, dict | str):
            entries = _named(part) if isinstance(part, dict) else None
            entries = _entries(part, depth + 1) if entries is None else entries
            if entries is not None:
                return entries
    for key, part in value.items():
        if plain_key(key) in INSIDE_KEYS:
            found = _entries(part, depth + 1)
            if found is not None and (not found or any(isinstance(e, dict) for e in found)):
                return found
    return None


def _side_by_side(value: dict[Any, Any], texts: list[Any]) -> list[Any]:
    """Entries whose texts, levels and types stand in lists of their own, of one length."""
    beside = {
        key: part
        for key, part in value.items()
        if plain_key(key).removesuffix("s") in (*LEVEL_KEYS, *TYPE_KEYS)
        and isinstance(part, list)
        and len(part) == len(texts)
    }
    if not beside or not all(isinstance(text, str) for text in texts):
        return texts
    names = [plain_key(key).removesuffix("s") for key in beside]
    rows = zip(*beside.values(), strict=True)
    return [
        {TEXT_KEYS[0]: text, **dict(zip(names, row, strict=True))}
        for text, row in zip(texts, rows, strict=True)
    ]


def _named(value: dict[Any, Any]) -> list[Any] | None:
    """Entries that stand under names of their own ("1", "action_1"), or a single one."""
    if _is_entry(value) and not any(isinstance(part, dict) for part in value.values()):
        return [value]
    parts = list(value.values())
    whole = bool(parts) and all(isinstance(one, dict) and _is_entry(one) for one in parts)
    return parts if whole else None


def _is_entry(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    keys = (*TEXT_KEYS, *NUMBER_KEYS)
    return isinstance(value, dict) and any(plain_key(key) in keys for key in value)


def _is_template(entry: Any) -> bool:
    if isinstance(entry, str):
        return _PLACEHOLDER.fullmatch(entry) is not None
    if not isinstance(entry, dict):
        return False
    text = _get(entry, TEXT_KEYS)
    if isinstance(text, str):
        return _PLACEHOLDER.fullmatch(text) is not None
    return text is None and _get(entry, NUMBER_KEYS) is None


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
    for name in _FLAG_KEYS:
        meaning = "pro" in name
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
    plain = {plain_key(key): value for key, value in entry.items()}
    return next((plain[name] for name in names if plain.get(name) is not None), None)


def plain_key(key: Any) -> str:
    """A key in lower case without spaces and punctuation."""
    return _NOT_A_KEY.sub("", str(key).lower())
