"""Entries of a JSON answer: which list holds the actions, and what an entry says.

Actions may stand in a list, under names or numbers of their own, by type or level, one by one, or
in any envelope. Where two places might be meant and none is named, nothing is taken.

Keys are compared in lower case without spaces and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from handeye.answer_kinds.tolerant_json import Found, Several, find_values
from handeye.visualact.asking.prompts import LEVEL_LABELS
from handeye.visualact.records import PredictedAction

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
    *("sentence", "what", "actionsentence", "statement", "task"),
)
LEVEL_KEYS = (
    *("apl", "apllevel", "aplscore", "level", "priority", "prioritylevel", "actionpriority"),
    *("actionprioritylevel", "prioritizationlevel", "actionprioritizationlevel"),
    *("actionprioritizationlevelapl", "urgency", "priorityapl", "aplpriority", "importance"),
    *("priorityscore", "urgencylevel", "aplvalue"),
)
TYPE_KEYS = (
    *("type", "actiontype", "kind", "actionkind", "proactivity", "proactiveorreactive"),
    *("category", "actioncategory", "class", "actionclass", "classification", "nature", "mode"),
    *("proactivereactive", "label", "typeofaction"),
)
NUMBER_KEYS = ("number", "index", "id", "no", "actionnumber", "actionid")
_FLAG_KEYS = ("proactive", "isproactive", "reactive", "isreactive")
KNOWN_KEYS = frozenset((*TEXT_KEYS, *LEVEL_KEYS, *TYPE_KEYS, *NUMBER_KEYS, *_FLAG_KEYS))
# A text that stands for one, as the prompt's own template has it: "<one sentence>", "...".
_PLACEHOLDER = re.compile(
    r"\s*(?:\.{2,}|…|<[^<>]*>|\[[^\[\]]*\]|(?:(?:your|the|first|second|next|an?|one|short) ){0,3}"
    r"(?:string|text|sentence|action|description)"
    r"(?: (?:here|text|description|sentence|\d|[a-z]))?)?"
    r"[\s.]*",
    re.I,
)
_DEEPEST = 8
_LEVEL = re.compile(
    r"(?:apl|level|priority)?\s*[:=]?\s*(-?\d+(?:\.\d+)?)(?![\d.]|\s*%)(.*)", re.DOTALL
)
_LEVEL_WORDS = ("zero", "one", "two", "three", "four")
_NOT_A_KEY = re.compile(r"[^a-z0-9]+")
_RANGE = re.compile(r"(.+?)0(?:to)?4")
_NUMBERED = re.compile(r"([a-z]*?)(\d{1,3})")
_OF_ONE = ("", "action", "step", "item", "entry", "prediction", "option")
_BY_LEVEL = re.compile(r"(?:apl|level|priority|apllevel|prioritylevel)([0-4])")
# Lists that are parts of one, told apart by when or how urgent.
_PART = re.compile(
    r"(?:immediate|urgent|primary|secondary|additional|further|other|followup|future|shortterm|"
    r"longterm|later|preventive|precautionary|main|supporting)actions?"
)
_NONE = re.compile(
    r"(?:(?:the )?(?:final )?answer(?: is)?:? )?"
    r"(?:(?:there|i|we) (?:is|are|need|needs|see|propose|recommend) )?"
    r"(?:none|nothing|nobody|"
    r"no[ _-](?:\w+ )?(?:actions?|interventions?|responses?|steps?|measures?|need)|"
    r"no-?op|(?:do|doing) nothing|take no action|no action items?)"
    r"(?: (?:that )?(?:is|are|to be|to act|to do|needs?(?: to (?:be|act))?|has to be|have to be|"
    r"ought to be|should be|must be|can be|for (?:any )?action))?"
    r"(?: (?:needed|required|necessary|called for|done|taken|warranted|recommended|appropriate|"
    r"proposed|identified|applicable))?"
    r"(?: (?:here|now|right now|yet|immediately|currently|at present|"
    r"at (?:this|the) (?:time|moment|point|stage)|"
    r"(?:from|for|in) (?:this|the) (?:video|clip|scene|situation|case|image|footage|frames?)))*"
    r"(?:,? (?:because|since|as)\b(?!.*\b(?:but|however|except|unless|until)\b).*)?"
)
_LABELS = re.compile(
    r"[(\[][^()\[\]]{0,20}\b(?:apl|level|priority)\b[^()\[\]]{0,40}[)\]]\s*$", re.I
)
_AROUND = " \t\r\n.!\"'`*_[](){}<>"
Entry = Mapping[str, Any]


class Listed(NamedTuple):
    """A list of entries in a text, and how it was read (strict, mended or cut).

    ``loose``: only texts or nothing stand in a list without a name, as in a remark ``["UN 49"]``.
    ``alone``: it is made of objects that stand in no list. ``skipped``: pieces that were not read.
    """

    entries: list[Any]
    how: str
    loose: bool = False
    alone: bool = False
    skipped: int = 0


def action_lists(found: Sequence[Found], text: str) -> list[Listed]:
    """Lists of entries among the values of ``text``, in order.

    A list counts if it is empty or at least one of its entries is about an action; objects that
    stand alone, one an action, count as one list together.
    """
    lists: list[Listed] = []
    alone: list[Any] = []
    alone_how, skipped, end = "strict", 0, -1
    for value in found:
        entries = _entries(value.value, 0)
        if entries is not None:
            named = isinstance(value.value, dict) or any(isinstance(e, dict) for e in entries)
            one = Listed(entries, value.how, not named, skipped=value.skipped)
            if end >= 0 and _goes_on(text[end : value.start], lists[-1], one):
                how = one.how if one.how != "strict" else lists[-1].how
                lists[-1] = Listed([*lists[-1].entries, *entries], how, skipped=one.skipped)
            else:
                lists.append(one)
            end = value.end
        elif pieces := _alone(value.value):
            alone += pieces
            alone_how = value.how if value.how != "strict" else alone_how
            skipped += value.skipped
            end = -1
    if alone:
        lists.append(Listed(alone, alone_how, alone=True, skipped=skipped))
    return lists


def _goes_on(between: str, before: Listed, one: Listed) -> bool:
    """Whether a list of one entry goes on another, as in JSON lines."""
    if before.loose or one.loose or len(one.entries) != 1 or re.sub(r"[\s,;`]|json", "", between):
        return False
    if not before.entries or before.how == "cut" or any(map(only_templates, (before[0], one[0]))):
        return False
    texts = [_get(e, TEXT_KEYS) for e in (*before.entries, *one.entries) if isinstance(e, dict)]
    whole = len(texts) == len(before.entries) + 1 and all(isinstance(t, str) for t in texts)
    return whole and len(set(texts)) == len(texts)


def chosen(lists: Sequence[Listed]) -> int:
    """The place of the list that is the answer.

    The last whole one that says something: what follows an answer and is empty, a template or cut
    off is a repetition. Lists that are loose count where there are no others.
    """
    ranks = [
        (
            not one.loose,
            not only_templates(one.entries),
            not one.alone,
            bool(one.entries),
            one.how != "cut",
        )
        for one in lists
    ]
    best = max(ranks)
    return max(place for place, rank in enumerate(ranks) if rank == best)


def only_templates(entries: Sequence[Any]) -> bool:
    """Whether there are entries, and all have a place holder for their text."""
    return bool(entries) and all(map(_is_template, entries))


def says_none(text: str) -> bool:
    """Whether a text says, in words and nothing else, that there is no action."""
    words = " ".join(_LABELS.sub("", text).strip(_AROUND).lower().split())
    return words in ("n/a", "na") or (len(words) < 300 and _NONE.fullmatch(words) is not None)


def says_nothing(entry: Any) -> bool:
    """Whether an entry stands for no action: "none", or null in all its fields."""
    if entry is None or isinstance(entry, str):
        return entry is None or says_none(entry)
    if not isinstance(entry, dict):
        return False
    text = _get(entry, TEXT_KEYS)
    if text is None or text == "":
        said = _get(entry, (*LEVEL_KEYS, *TYPE_KEYS, *NUMBER_KEYS))
        return said is None and any(plain_key(key) in TEXT_KEYS for key in entry)
    return isinstance(text, str) and says_none(text)


def _entries(value: Any, depth: int) -> list[Any] | None:
    """The entries that a value holds, itself or in an envelope; None if it is about no action."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        # JSON that was written into a JSON string.
        inside = find_values(value) if value.lstrip()[:1] in ("{", "[") else []
        return _entries(inside[0].value, depth + 1) if inside else None
    if isinstance(value, Several):
        parts = [part for one in value if (part := _entries(one, depth + 1)) is not None]
        return _joined(parts) if parts else None
    if isinstance(value, list):
        return _of_list(value, depth)
    return _of_object(value, depth) if isinstance(value, dict) else None


def _joined(parts: Sequence[list[Any]]) -> list[Any]:
    """Lists one after the other; one that is said again counts once."""
    out: list[Any] = []
    for place, part in enumerate(parts):
        if part not in parts[:place]:
            out += part
    return out


def _of_list(value: list[Any], depth: int) -> list[Any] | None:
    rows = [_row(one) for one in value]
    if value and all(row is not None for row in rows):
        return rows
    out: list[Any] = []
    for one in value:
        if isinstance(one, str) and one.lstrip()[:1] == "{":
            inside = find_values(one)
            one = inside[0].value if inside and _alone(inside[0].value) else one
        inner = _entries(one, depth + 1) if isinstance(one, dict | Several) else None
        out += inner if inner is not None else _alone(one) or [one]
    return out if not out or any(map(_is_entry, out)) else None


def _row(value: Any) -> dict[str, Any] | None:
    """An entry that is a list of its values: one text, and a level or a type."""
    if not isinstance(value, list) or len(value) > 4:
        return None
    kinds = [one for one in value if read_kind(one) is not None]
    levels = [one for one in value if read_kind(one) is None and read_level(one) is not None]
    texts = [one for one in value if isinstance(one, str) and one not in (*kinds, *levels)]
    if len(texts) != 1 or max(len(kinds), len(levels)) > 1 or not (kinds or levels):
        return None
    labels = {LEVEL_KEYS[0]: levels, TYPE_KEYS[0]: kinds}
    return {TEXT_KEYS[0]: texts[0], **{key: found[0] for key, found in labels.items() if found}}


def _of_object(value: dict[Any, Any], depth: int) -> list[Any] | None:
    if "properties" in value or value.get("type") == "array":
        return None  # a schema, as the prompt of a provider may hold it
    nothing = False
    for key, part in value.items():
        name = plain_key(key)
        if name not in LIST_KEYS:
            continue
        if isinstance(part, list) and not isinstance(part, Several):
            return _side_by_side(value, part, depth)
        entries = _under(value, name, part, depth)
        if entries:
            return entries
        nothing = nothing or entries is not None
    if nothing:
        return []
    for key, part in value.items():
        if plain_key(key) in INSIDE_KEYS:
            found = _entries(part, depth + 1)
            if found is not None and (not found or any(isinstance(e, dict) for e in found)):
                return found
    if _is_labelled(value):
        return None
    for way in (_numbered(value), _grouped(value, depth), _by_text(value, depth == 0)):
        if way is not None:
            return way
    return _only_one(value, depth)


def _under(value: dict[Any, Any], name: str, part: Any, depth: int) -> list[Any] | None:
    """Entries under the name of a list that is none."""
    of_actions = "action" in name
    if isinstance(part, Several) and not any(_entries(one, depth + 1) for one in part):
        return _alone(part) or None
    if isinstance(part, dict):
        if not part:
            return [] if of_actions else None
        single = _is_entry(part) and not any(isinstance(one, dict) for one in part.values())
        return [part] if single else _entries(part, depth + 1) or _by_text(part, False)
    if isinstance(part, str):
        if says_none(part):
            return []
        found = _entries(part, depth + 1)
        if found is not None or not of_actions or not part.strip():
            return [] if of_actions and not part.strip() else found
        lines = [line for line in part.splitlines() if line.strip()]
        if len(lines) > 1:
            return list(lines)
        beside = {k: v for k, v in value.items() if plain_key(k) in (*LEVEL_KEYS, *TYPE_KEYS)}
        # A text alone ("see above") need not be an action.
        return [{TEXT_KEYS[0]: part, **beside}] if beside else None
    if part is None or part is False:
        return [] if of_actions else None
    return _entries(part, depth + 1)


def _numbered(value: dict[Any, Any]) -> list[Any] | None:
    """Entries that stand under numbers ("1", "action_1"), whole or field by field ("apl_1")."""
    rows: dict[int, dict[str, Any]] = {}
    for key, part in value.items():
        found = _NUMBERED.fullmatch(plain_key(key))
        if found is None:
            continue
        name, number = found[1], int(found[2])
        row = rows.setdefault(number, {NUMBER_KEYS[0]: number})
        if isinstance(part, dict) and name in _OF_ONE:
            row.pop(NUMBER_KEYS[0], None) if number_of(part) is not None else None
            row.update(part)
        elif isinstance(part, str) and name in _OF_ONE:
            row[TEXT_KEYS[0]] = part
        elif name in KNOWN_KEYS:
            row[name] = part
        else:
            return None
    whole = rows and all(_get(one, TEXT_KEYS) or _is_labels(one) for one in rows.values())
    return list(rows.values()) if whole else None


def _grouped(value: dict[Any, Any], depth: int) -> list[Any] | None:
    """Entries that stand under their type or their level."""
    out: list[Any] = []
    groups = 0
    for key, part in value.items():
        name = plain_key(key)
        stem = re.sub(r"actions?$", "", name)
        level = _BY_LEVEL.fullmatch(stem)
        label: dict[str, Any] = {}
        if stem in ("proactive", "reactive"):
            label = {TYPE_KEYS[0]: stem}
        elif level is not None or stem in LEVEL_LABELS:
            label = {LEVEL_KEYS[0]: level[1] if level else stem}
        if not label or not isinstance(part, list | dict | str):
            continue
        entries: list[Any]
        if isinstance(part, str):
            if part.strip().lower() in ("yes", "no", "true", "false"):
                continue
            entries = [] if says_none(part) or not part.strip() else [part]
        else:
            entries = _entries(part, depth + 1) or _alone(part)
        groups += 1
        out += [{**label, **(e if isinstance(e, dict) else {TEXT_KEYS[0]: e})} for e in entries]
    return out if groups else None


def _by_text(value: dict[Any, Any], long: bool) -> list[Any] | None:
    """Entries that stand under their text; of several words, if ``long``."""
    if not value or not all(
        isinstance(part, dict)
        and _get(part, TEXT_KEYS) is None
        and _get(part, (*LEVEL_KEYS, *TYPE_KEYS)) is not None
        and (not long or " " in str(key).strip())
        for key, part in value.items()
    ):
        return None
    return [{TEXT_KEYS[0]: key, **part} for key, part in value.items()]


def _only_one(value: dict[Any, Any], depth: int) -> list[Any] | None:
    """The entries in the part that has labelled ones or names them; None in more than one."""
    found: dict[str, list[Any]] = {}
    for key, part in value.items():
        if plain_key(key) in KNOWN_KEYS or not isinstance(part, list | dict):
            continue
        entries = _entries(part, depth + 1)
        if entries is None and isinstance(part, dict):
            entries = _alone(part) if _is_labelled(part) else None
        if entries is not None and (any(map(_is_labelled, entries)) or _names_actions(part, 0)):
            found[plain_key(key)] = entries
    parts = list(found.values())
    if len(parts) == 1 or (parts and all(map(_PART.fullmatch, found))):
        return _joined(parts)
    return parts[0] if parts and all(part == parts[0] for part in parts) else None


def _names_actions(value: Any, depth: int) -> bool:
    if isinstance(value, list):
        return any(_names_actions(one, depth + 1) for one in value) if depth < _DEEPEST else False
    return isinstance(value, dict) and (
        any(plain_key(key) in LIST_KEYS[:5] for key in value)
        or (depth < _DEEPEST and any(_names_actions(one, depth + 1) for one in value.values()))
    )


def _side_by_side(value: dict[Any, Any], texts: list[Any], depth: int) -> list[Any]:
    """Entries whose texts, levels and types stand in lists of their own, of one length."""
    beside = {
        key: part
        for key, part in value.items()
        if plain_key(key).removesuffix("s") in (*LEVEL_KEYS, *TYPE_KEYS)
        and isinstance(part, list)
        and len(part) == len(texts)
    }
    if not beside or not all(isinstance(text, str) for text in texts):
        entries = _of_list(texts, depth)
        return texts if entries is None else entries
    names = [plain_key(key).removesuffix("s") for key in beside]
    rows = zip(*beside.values(), strict=True)
    return [
        {TEXT_KEYS[0]: text, **dict(zip(names, row, strict=True))}
        for text, row in zip(texts, rows, strict=True)
    ]


def _alone(value: Any) -> list[Any]:
    """The entries that an object is, itself or in several; none if it is about no action."""
    if isinstance(value, Several):
        return list(_folded(value)) if any(map(_is_entry, value)) else []
    return [value] if isinstance(value, dict) and _is_entry(value) else []


def _folded(several: Several) -> Iterator[Any]:
    """Objects with a text each; what has none belongs to the one before, and may contradict it."""
    last: dict[Any, Any] | None = None
    for one in several:
        if last is not None and _get(one, TEXT_KEYS) is None and isinstance(one, dict):
            both = {k: last[k] for k in one if k in last and last[k] != one[k]}
            last = {**last, **one, **{key: [old, one[key]] for key, old in both.items()}}
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _is_entry(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    keys = (*TEXT_KEYS, *NUMBER_KEYS)
    return isinstance(value, dict) and (
        any(plain_key(key) in keys for key in value) or _is_labels(value)
    )


def _is_labels(value: Entry) -> bool:
    """Whether an object says a level and a type."""
    names = set(map(plain_key, value))
    return not names.isdisjoint(LEVEL_KEYS) and not names.isdisjoint((*TYPE_KEYS, *_FLAG_KEYS))


def _is_labelled(value: Any) -> bool:
    """Whether an object says a text, and a level or a type."""
    if not isinstance(value, dict):
        return False
    names = set(map(plain_key, value))
    return not names.isdisjoint(TEXT_KEYS) and not names.isdisjoint(
        (*LEVEL_KEYS, *TYPE_KEYS, *_FLAG_KEYS)
    )


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
        if isinstance(text, dict):
            entry = {**{k: v for k, v in entry.items() if v is not text}, **text}
            text = _get(text, TEXT_KEYS)
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
    level = read_level(_bare_value(given, LEVEL_KEYS))
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
        words = value.strip(" \t\r\n*_`<>[](){}\"'.").lower()
        if words in LEVEL_LABELS:
            return LEVEL_LABELS.index(words)
        if words.removeprefix("level ").removeprefix("apl ") in _LEVEL_WORDS:
            return _LEVEL_WORDS.index(words.rpartition(" ")[2])
        match = _LEVEL.fullmatch(words)
        # A second number ("3-4", "2 of 5") leaves open which one is meant.
        if match is None or re.search(r"\d", match.group(2).replace("/4", "")):
            return None
        value = float(match.group(1))
    if isinstance(value, int | float) and value in range(len(LEVEL_LABELS)):
        return int(value)
    return None


def read_kind(value: Any) -> bool | None:
    """True for proactive, False for reactive, None for anything else; also by first letter."""
    if not isinstance(value, str):
        return None
    words = re.findall(r"[a-z]+", re.sub(r"\b(pro|re)[-_ ](?=acti)", r"\1", value.lower()))
    if words in (["p"], ["pro"], ["r"], ["re"]):
        return words in (["p"], ["pro"])
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
    values = [value for name in TYPE_KEYS if (value := _get(entry, (name,))) is not None]
    # Of other kinds of things ("category": "driving") nothing is said about this one.
    bare = (_bare_value(value, TYPE_KEYS) for value in values)
    kinds = {kind for kind in map(read_kind, bare) if kind is not None}
    return next(iter(kinds)) if len(kinds) == 1 else None, bool(values)


def _bare_value(value: Any, names: Sequence[str]) -> Any:
    """A level or type out of its wrapping: ``[3]``, ``{"level": 3, "reason": "..."}``."""
    if isinstance(value, dict):
        value = _get(value, (*names, "value", "score"))
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _get(entry: Entry, names: Sequence[str]) -> Any:
    """The value under the first of ``names`` that is there."""
    plain = {plain_key(key): value for key, value in entry.items()}
    return next((plain[name] for name in names if plain.get(name) is not None), None)


def plain_key(key: Any) -> str:
    """A key in lower case without spaces and punctuation; ``APL (0-4)`` is ``apl``."""
    name = _NOT_A_KEY.sub("", unicodedata.normalize("NFKC", str(key)).lower())
    found = _RANGE.fullmatch(name)
    return found[1] if found and found[1] in LEVEL_KEYS else name
