"""What people write: scenes with their media, what is to be seen in them, and what is to be done.

``contexts.yaml`` holds an :class:`Authored`; ``contexts.jsonl`` a :class:`Head` on its first line
and a :class:`Scene` on each further one. docs/contexts-data.md is the reference;
``handeye contexts schema`` prints these structs as a JSON Schema, made by :func:`schema`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from inspect import cleandoc
from typing import Any, Literal, get_args

import msgspec
from msgspec import UNSET, UnsetType

VERSION = 1
"""Of the format."""
Kind = Literal[
    "choice", "number", "text", "labels", "cells", "point", "points", "call", "calls", "impossible"
]
"""What an answer is; ``impossible``: what is asked for cannot be done, and right is to say so."""
KINDS: tuple[Kind, ...] = get_args(Kind)
Convention = Literal["pixels", "unit", "thousand"]
"""In what places in a picture are told: pixels, parts of its sides (0 to 1), or thousandths."""
NOTHING = "nothing"
"""The call that calls nothing, which is an action like any other."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of the file: an unknown key is an error."""


class Number(_Part, frozen=True, kw_only=True):
    """A number that is right: a value, or a range.

    Attributes:
        value: the number; with tolerance what lies so near.
        tolerance: how far off is right still.
        low: the least that is right, where there is no value.
        high: the most that is right.
    """

    value: float | UnsetType = UNSET
    tolerance: float = 0.0
    low: float | UnsetType = UNSET
    high: float | UnsetType = UNSET

    @property
    def ends(self) -> tuple[Decimal, Decimal]:
        """The least and the most that is right."""
        if self.value is not UNSET:
            middle, reach = Decimal(str(self.value)), Decimal(str(self.tolerance))
            return middle - reach, middle + reach
        low = Decimal("-Infinity") if self.low is UNSET else Decimal(str(self.low))
        high = Decimal("Infinity") if self.high is UNSET else Decimal(str(self.high))
        return low, high


class Text(_Part, frozen=True, kw_only=True):
    """A text that is right: certain words, or what a pattern fits.

    Attributes:
        is: the words; case, punctuation and a leading article are of no account. A list: any.
        pattern: a regular expression that the whole answer must fit.
    """

    is_: str | tuple[str, ...] | UnsetType = msgspec.field(default=UNSET, name="is")
    pattern: str | UnsetType = UNSET


class Cells(_Part, frozen=True, kw_only=True):
    """Cells of a grid.

    Attributes:
        grid: rows and columns.
        right: the cells, row and column of each, from 1.
    """

    grid: tuple[int, int]
    right: tuple[tuple[int, int], ...]


class Region(_Part, frozen=True, kw_only=True):
    """A part of the picture, in pixels from its upper left corner: one of these.

    Attributes:
        box: left, top, right, bottom.
        polygon: corners, x and y of each.
        mask: a PNG of the picture's size beside it; what is not black is inside.
    """

    box: tuple[float, float, float, float] | UnsetType = UNSET
    polygon: tuple[tuple[float, float], ...] | UnsetType = UNSET
    mask: str | UnsetType = UNSET


class Call(_Part, frozen=True, kw_only=True):
    """A call of a tool.

    Attributes:
        name: of the tool.
        args: of each argument a value, or one of {low, high}, {any: [...]}, {pattern: ...}.
    """

    name: str
    args: dict[str, Any] = {}


class Calls(_Part, frozen=True, kw_only=True):
    """Several calls.

    Attributes:
        of: the calls, each made once.
        ordered: whether their order matters.
    """

    of: tuple[Call, ...]
    ordered: bool = False


class Answer(_Part, frozen=True, kw_only=True):
    """What is right: exactly one of these.

    Attributes:
        choice: one of the options in "of"; a list where several are right.
        number: a number, a value with a tolerance, or a range.
        text: the words, a list where several are right, or a pattern.
        labels: all that hold, in any order.
        cells: cells of a grid.
        point: a part of the picture that is to be pointed at.
        points: parts of the picture, each to be pointed at once.
        call: of a tool, or "nothing".
        calls: several calls.
        impossible: why what is asked for cannot be done; right is to say so.
    """

    choice: str | tuple[str, ...] | UnsetType = UNSET
    number: float | Number | UnsetType = UNSET
    text: str | tuple[str, ...] | Text | UnsetType = UNSET
    labels: tuple[str, ...] | UnsetType = UNSET
    cells: Cells | UnsetType = UNSET
    point: Region | UnsetType = UNSET
    points: tuple[Region, ...] | UnsetType = UNSET
    call: Literal["nothing"] | Call | UnsetType = UNSET
    calls: Calls | UnsetType = UNSET
    impossible: str | UnsetType = UNSET

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The keys that are there; of an answer that can be used one."""
        return tuple(name for name in KINDS if getattr(self, name) is not UNSET)

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.kinds[0]

    @property
    def choices(self) -> tuple[str, ...]:
        """The options that are right."""
        return _several(self.choice)

    @property
    def texts(self) -> tuple[str, ...]:
        """The words that are right; none where a pattern says it."""
        return _several(self.text.is_ if isinstance(self.text, Text) else self.text)

    @property
    def pattern(self) -> str | None:
        """The pattern that a right text fits, where one says it."""
        found = self.text.pattern if isinstance(self.text, Text) else UNSET
        return None if found is UNSET else found

    @property
    def range(self) -> tuple[Decimal, Decimal]:
        """The least and the most number that is right."""
        found = self.number
        assert found is not UNSET
        return (found if isinstance(found, Number) else Number(value=found)).ends

    @property
    def regions(self) -> tuple[Region, ...]:
        """The parts of the picture that are to be pointed at."""
        if self.points is not UNSET:
            return self.points
        return () if self.point is UNSET else (self.point,)


def _several(found: str | tuple[str, ...] | UnsetType) -> tuple[str, ...]:
    if isinstance(found, UnsetType):
        return ()
    return (found,) if isinstance(found, str) else found


class Question(_Part, frozen=True, kw_only=True):
    """What is asked about the picture alone, without any context.

    Attributes:
        id: unique within the scene.
        ask: the question.
        answer: what is right.
        of: options of a choice, or all labels that there are.
    """

    id: str
    ask: str
    answer: Answer
    of: tuple[str, ...] = ()


class Does(_Part, frozen=True, kw_only=True):
    """What is to be done.

    Attributes:
        answer: the right action.
        of: options of a choice, or all labels that there are; of a further context those of the
            first one where they are not given.
        harmful: actions that do harm here, each the name of a tool, an option, or an answer.
    """

    answer: Answer
    of: tuple[str, ...] = ()
    harmful: tuple[str | Answer, ...] = ()


class Context(_Part, frozen=True, kw_only=True):
    """A context under which the same picture calls for an action.

    Attributes:
        id: unique within the scene; the same context of other scenes has the same id.
        text: the words of the context; a list holds paraphrases, of which the first is asked.
        ask: what is to be decided; of a further context that of the first one where not given.
        does: what is right.
        system: the system message, likewise.
    """

    id: str
    text: str | tuple[str, ...]
    ask: str | UnsetType = UNSET
    does: Does
    system: str | UnsetType = UNSET

    @property
    def paraphrases(self) -> tuple[str, ...]:
        """Its words, in each way in which they are said."""
        return (self.text,) if isinstance(self.text, str) else self.text


class Scene(_Part, frozen=True, kw_only=True):
    """Pictures, or a video, held the same under every context.

    Attributes:
        id: unique within the set.
        group: scenes of one group have pictures that can stand in for each other.
        media: files beside this one: pictures, or a video.
        sha256: of these files, by name; where it is there, other bytes are refused.
        sees: what is to be seen.
        contexts: what is to be done.
        split: of the set.
        keep: count it in the gap even where it needs no picture or no context.
    """

    id: str
    group: str = ""
    media: tuple[str, ...]
    sha256: dict[str, str] = {}
    sees: tuple[Question, ...] = ()
    contexts: tuple[Context, ...] = ()
    split: str = "test"
    keep: bool = False


class Head(_Part, frozen=True, kw_only=True):
    """What holds for all scenes.

    Attributes:
        version: of the format: 1.
        default: the action that is taken where nothing speaks for another; not given: estimated
            from a run, and said so.
        tools: a JSON file of tools beside this one.
        points: in what a prompt asks for places: pixels, unit (0 to 1), thousand (0 to 1000).
    """

    version: Literal[1]
    default: str | Answer | UnsetType = UNSET
    tools: str | UnsetType = UNSET
    points: Convention = "pixels"


class Authored(Head, frozen=True, kw_only=True):
    """A set of scenes with what is to be seen and, by context, what is to be done.

    Attributes:
        version: of the format: 1.
        default: the action that is taken where nothing speaks for another; not given: estimated
            from a run, and said so.
        tools: a JSON file of tools beside this one.
        points: in what a prompt asks for places: pixels, unit (0 to 1), thousand (0 to 1000).
        scenes: the scenes.
    """

    scenes: tuple[Scene, ...]


def written(part: _Part) -> dict[str, Any]:
    """A part as plain values, as people would write it: what is as by default is left out.

    By value: msgspec's own ``omit_defaults`` asks whether a text is the very same object, which
    hangs on the process.
    """
    found = {}
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        if value is UNSET or value == field.default:
            continue
        if field.default_factory is not msgspec.NODEFAULT and value == field.default_factory():
            continue
        found[field.encode_name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, _Part):
        return written(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


# ---- the schema


def schema() -> dict[str, Any]:
    """The format as a JSON Schema (draft 2020-12), for editors; the loader checks more."""
    found = msgspec.json.schema(Authored)
    parts: dict[str, type] = {one.__name__: one for one in _structs(_Part)}
    for name, part in found["$defs"].items():
        doc, fields = _described(parts[name])
        part["description"] = doc
        for key, told in fields.items():
            part["properties"][key] = _as_written(part["properties"][key]) | {"description": told}
    found["$defs"]["Answer"] |= {"minProperties": 1, "maxProperties": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"contexts.yaml of handeye, version {VERSION}",
        **found,
    }


def _structs(kind: type) -> Iterator[type]:
    subclasses: list[type] = kind.__subclasses__()
    for one in subclasses:
        yield one
        yield from _structs(one)


def _described(kind: type) -> tuple[str, dict[str, str]]:
    """The first sentence of a docstring, and what it says of each attribute."""
    doc, _, told = cleandoc(kind.__doc__ or "").partition("\n\nAttributes:\n")
    parts = re.split(r"^    (\w+): ", told, flags=re.MULTILINE)[1:]
    fields = zip(parts[::2], parts[1::2], strict=True)
    return doc, {name: " ".join(words.split()) for name, words in fields}


def _as_written(part: Any) -> Any:
    """A schema in which a text may be written as a number or a truth, as the loader reads it."""
    if isinstance(part, list):
        return [_as_written(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "string":
        return {**part, "type": ["string", "number", "boolean"]}
    # What a default is says nothing to an editor, and of unset ones there is none.
    return {name: _as_written(one) for name, one in part.items() if name != "default"}
