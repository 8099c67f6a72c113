"""What people write by hand, YAML or JSON, with the line of every value: read into structs.

YAML is that of version 1.2 with its core schema (YAML 1.2.2, section 10.3.2): ``yes`` and ``on``
are words, ``0o17`` is a number. Tags beyond that schema, merge keys and keys that stand twice are
refused, and aliases are bounded, so that no short text stands for a huge one. Where a text is asked
for, a number is the text as it was written. What is wrong is told with file, line, key and what is
allowed.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from handeye.errors import DataError, allowed
from handeye.printing import one_line
from handeye.reading import UNREADABLE, why

T = TypeVar("T")

MOST_BYTES = 64_000_000
"""Of one text."""
MOST_ALIASED = 100_000
"""Values that all aliases of a YAML text stand for together."""
DEEPEST = 60
"""Levels of lists and mappings within each other."""
_LONGEST_NUMBER = 400  # characters; a longer one stays a text
_CORE = "tag:yaml.org,2002:"
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE, _FALSE = re.compile(r"true|True|TRUE"), re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ODD = {
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


@dataclass(slots=True, eq=False)
class Placed:
    """A value and the line where it begins, from 1.

    Attributes:
        value: a mapping by key, a list, or a scalar.
        line: of its first sign.
        text: a scalar as it was written; None of a scalar that is no text (null).
        size: values in it, itself included.
    """

    value: Any
    line: int
    text: str | None = None
    size: int = 1

    def plain(self) -> Any:
        """The value alone."""
        if isinstance(self.value, dict):
            return {key: one.plain() for key, one in self.value.items()}
        if isinstance(self.value, list):
            return [one.plain() for one in self.value]
        return self.value

    def at(self, path: Sequence[str | int]) -> Placed:
        """What stands at a path of keys and places; of one that leads nowhere, how far it goes."""
        here = self
        for step in path:
            try:
                here = here.value[step]
            except (TypeError, LookupError):
                break
        return here


def key_of(path: Iterable[str | int]) -> str:
    """A path in words: ``scenes[0].media``."""
    words = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(words).removeprefix(".")


class MisplacedError(DataError):
    """A value that is not what it should be; ``line`` and ``key`` say where it stands."""

    def __init__(self, line: int, key: str, what: str) -> None:
        super().__init__(f"{key}: {what}" if key else what)
        self.line, self.key = line, key

    def within(self, file: object) -> DataError:
        """The same with its file and line in front."""
        return DataError(f"{file}:{self.line}: {self}")


# ---- YAML


def read_yaml(text: bytes) -> Placed:
    """One YAML document.

    Raises:
        MisplacedError: it is none, or holds what is not read here.
    """
    import yaml

    if len(text) > MOST_BYTES:
        raise MisplacedError(
            1, "", f"more than {MOST_BYTES // 1_000_000} MB; give JSON lines instead"
        )
    try:
        events = yaml.parse(text.decode("utf-8-sig"), Loader=getattr(yaml, "CLoader", yaml.Loader))
        return _composed(iter(events))
    except UnicodeDecodeError as error:
        raise MisplacedError(1, "", why(error)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = one_line(error.problem or error.context or "it cannot be read")
        raise MisplacedError(mark.line + 1 if mark else 1, "", f"not YAML: {said}") from None
    except yaml.YAMLError as error:
        raise MisplacedError(1, "", f"not YAML: {one_line(str(error))}") from None


@dataclass(slots=True)
class _Open:
    """A list or mapping on its way; ``key`` waits for its value."""

    placed: Placed
    anchor: str | None
    key: str | None = None


def _composed(events: Iterator[Any]) -> Placed:
    """The value that events of PyYAML make up."""
    import yaml

    whole: list[Placed] = []
    stack: list[_Open] = []
    anchors: dict[str, Placed | None] = {}
    aliased = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            if whole:
                raise MisplacedError(line, "", "a second document; give one")
            continue
        if isinstance(event, yaml.AliasEvent):
            found = anchors.get(event.anchor)
            if found is None:
                what = "stands within itself" if event.anchor in anchors else "is named nowhere"
                raise MisplacedError(line, "", f"the alias *{event.anchor} {what}")
            aliased += found.size
            if aliased > MOST_ALIASED:
                raise MisplacedError(
                    line, "", f"aliases stand for more than {MOST_ALIASED:,} values"
                )
            _put(stack, whole, found, line)
        elif isinstance(event, yaml.ScalarEvent):
            placed = _scalar(event, line)
            if event.anchor:
                anchors[event.anchor] = placed
            _put(stack, whole, placed, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            mapping = isinstance(event, yaml.MappingStartEvent)
            if event.tag not in (None, "!", _CORE + ("map" if mapping else "seq")):
                raise MisplacedError(line, "", f"the tag {event.tag} is not read; leave it out")
            if len(stack) >= DEEPEST:
                raise MisplacedError(line, "", f"nested deeper than {DEEPEST} levels")
            if stack and isinstance(stack[-1].placed.value, dict) and stack[-1].key is None:
                raise MisplacedError(line, "", "a key must be a plain text")
            if event.anchor:
                anchors[event.anchor] = None
            stack.append(_Open(Placed({} if mapping else [], line), event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop()
            if done.anchor:
                anchors[done.anchor] = done.placed
            _put(stack, whole, done.placed, done.placed.line)
    return whole[0] if whole else Placed(None, 1)


def _put(stack: list[_Open], whole: list[Placed], placed: Placed, line: int) -> None:
    if not stack:
        whole.append(placed)
        return
    top = stack[-1]
    held = top.placed.value
    top.placed.size += placed.size
    if isinstance(held, list):
        held.append(placed)
    elif top.key is None:
        if isinstance(placed.value, dict | list):
            raise MisplacedError(line, "", "a key must be a plain text")
        top.key = placed.text or ""
        if top.key == "<<":
            raise MisplacedError(line, "", "<< merges in YAML 1.1 alone; write the keys out")
        if top.key in held:
            raise MisplacedError(line, "", f"the key {top.key!r} stands twice")
    else:
        held[top.key] = placed
        top.key = None


def _scalar(event: Any, line: int) -> Placed:
    text, tag = event.value, event.tag
    plain, _ = event.implicit
    if tag in (None, "!") or not tag.startswith(_CORE):
        if tag not in (None, "!"):
            raise MisplacedError(line, "", f"the tag {tag} is not read; leave it out")
        return _resolved(text, line) if plain and tag is None else Placed(text, line, text)
    kind = tag.removeprefix(_CORE)
    found = Placed(text, line, text) if kind == "str" else _resolved(text, line)
    kinds = {"str": str, "int": int, "float": (int, float), "bool": bool, "null": type(None)}
    fits = kind in kinds and isinstance(found.value, kinds[kind])  # type: ignore[arg-type]
    if not fits or (kind in ("int", "float") and isinstance(found.value, bool)):
        raise MisplacedError(line, "", f"{text[:40]!r} is no !!{kind} of YAML 1.2's core schema")
    return found


def _resolved(text: str, line: int) -> Placed:
    """A plain scalar by the core schema."""
    if _NULL.fullmatch(text):
        return Placed(None, line, text or None)
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return Placed(text[0] in "tT", line, text)
    return Placed(_number(text), line, text)


def _number(text: str) -> int | float | str:
    """A number of the core schema; the text itself where it is none."""
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return _ODD.get(text, text)


# ---- JSON


class _Number(str):
    """A number of a JSON text, as it was written."""

    __slots__ = ()


def read_json_line(text: bytes, line: int) -> Placed:
    """A JSON value that stands on one line.

    Raises:
        MisplacedError: it is none, or a key stands twice in it.
    """
    try:
        found = json.loads(
            text.decode("utf-8-sig"),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
        return _of_json(found, line)
    except json.JSONDecodeError as error:
        raise MisplacedError(
            line, "", f"not JSON: {error.msg} at character {error.pos + 1}"
        ) from None
    except (ValueError, *UNREADABLE) as error:
        raise MisplacedError(line, "", f"not JSON: {why(error)}") from None


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _of_json(found: Any, line: int, depth: int = 0) -> Placed:
    if depth > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST} levels")
    if isinstance(found, dict):
        return Placed({key: _of_json(one, line, depth + 1) for key, one in found.items()}, line)
    if isinstance(found, list):
        return Placed([_of_json(one, line, depth + 1) for one in found], line)
    if isinstance(found, _Number):
        return Placed(_number(str(found)), line, str(found))
    text = found if isinstance(found, str) else None if found is None else json.dumps(found)
    return Placed(found, line, text)


# ---- into structs


def build(placed: Placed, kind: type[T], key: str = "") -> T:
    """A value of a type of msgspec's structs.

    Args:
        placed: as it was read.
        kind: a struct, or what its fields may be: tuples, mappings, unions, scalars.
        key: where it stands, for messages.

    Raises:
        MisplacedError: it is not of the type; names the key, what came and what is allowed.
    """
    found: T = _built(placed, kind, key)
    return found


def _built(placed: Placed, kind: Any, key: str) -> Any:
    if kind is Any:
        return placed.plain()
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _built(placed, _fitting(placed, get_args(kind), key), key)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(placed, kind, key)
    if origin is tuple:
        return _tuple(placed, get_args(kind), key)
    if origin in (dict, Mapping):
        if not isinstance(placed.value, dict):
            raise MisplacedError(placed.line, key, f"must be a mapping, got {_told(placed)}")
        of = get_args(kind)[1]
        return {name: _built(one, of, f"{key}.{name}") for name, one in placed.value.items()}
    return _leaf(placed, kind, key)


def _fitting(placed: Placed, kinds: tuple[Any, ...], key: str) -> Any:
    """The member of a union that a value is of, by its shape."""
    known = [one for one in kinds if one is not msgspec.UnsetType]
    if len(known) == 1:
        return known[0]
    shapes = {dict: [], list: [], str: [], type(None): []}  # type: ignore[var-annotated]
    for one in known:
        shapes[_shape(one)].append(one)
    if isinstance(placed.value, dict | list):
        found = shapes[type(placed.value)]
    elif placed.value is None and shapes[type(None)]:
        return None.__class__
    else:
        found = shapes[str]
    if not found:
        forms = {dict: "a mapping", list: "a list", str: "a plain value"}
        may = " or ".join(words for shape, words in forms.items() if shapes[shape])
        raise MisplacedError(placed.line, key, f"must be {may}, got {_told(placed)}")
    if len(found) == 1:
        return found[0]
    literal = [one for one in found if get_origin(one) is Literal]
    if literal and placed.text in get_args(literal[0]):
        return literal[0]
    rest = [one for one in found if get_origin(one) is not Literal]
    exact = [one for one in rest if one in (type(placed.value),)]
    return exact[0] if exact else rest[0]


def _shape(kind: Any) -> Any:
    if kind is type(None):
        return type(None)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return dict
    return {tuple: list, dict: dict}.get(get_origin(kind) or kind, str)


def _struct(placed: Placed, kind: type[msgspec.Struct], key: str) -> Any:
    if not isinstance(placed.value, dict):
        raise MisplacedError(placed.line, key, f"must be a mapping, got {_told(placed)}")
    types_of, fields = _fields(kind)
    given = {}
    for name, one in placed.value.items():
        inner = f"{key}.{name}" if key else name
        if name not in fields:
            raise MisplacedError(one.line, inner, f"there is no such key{allowed(name, fields)}")
        given[fields[name].name] = _built(one, types_of[fields[name].name], inner)
    for name, field in fields.items():
        if field.required and field.name not in given:
            raise MisplacedError(placed.line, key, f"{name!r} is missing")
    try:
        made = kind(**given)
    except ValueError as error:  # of its __post_init__
        raise MisplacedError(placed.line, key, str(error)) from None
    return made


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Types of a struct's fields by name, and the fields by the key that is written."""
    known = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    return get_type_hints(kind, include_extras=True), known


def _tuple(placed: Placed, of: tuple[Any, ...], key: str) -> tuple[Any, ...]:
    if not isinstance(placed.value, list):
        raise MisplacedError(placed.line, key, f"must be a list, got {_told(placed)}")
    if of[-1] is Ellipsis:
        kinds: tuple[Any, ...] = (of[0],) * len(placed.value)
    elif len(of) == len(placed.value):
        kinds = of
    else:
        raise MisplacedError(
            placed.line, key, f"must have {len(of)} entries, got {len(placed.value)}"
        )
    pairs = zip(placed.value, kinds, strict=True)
    return tuple(_built(one, kind, f"{key}[{at}]") for at, (one, kind) in enumerate(pairs))


def _leaf(placed: Placed, kind: Any, key: str) -> Any:
    """A scalar; where a text is asked for, the text as it was written."""
    if isinstance(placed.value, dict | list):
        raise MisplacedError(placed.line, key, f"must be one plain value, got {_told(placed)}")
    value = placed.value
    words = get_args(kind) if get_origin(kind) is Literal else ()
    if kind is str or (words and isinstance(words[0], str)):
        value = placed.text
    if words and value not in words:
        named = [str(one) for one in words]
        raise MisplacedError(placed.line, key, f"is {_told(placed)}{allowed(str(value), named)}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at ")[0]
        raise MisplacedError(placed.line, key, f"{said[:1].lower()}{said[1:]}") from None


def _told(placed: Placed) -> str:
    if isinstance(placed.value, dict):
        return "a mapping"
    if isinstance(placed.value, list):
        return "a list"
    return "nothing" if placed.text is None else repr(one_line(placed.text)[:60])
