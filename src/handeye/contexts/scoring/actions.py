"""What an answer says, in one spelling; whether that is right, and whether two contexts differ.

Every form of answer is a :class:`Way`: how its text is read, strictly or leniently
(:mod:`handeye.answer_kinds`), what of it is right, and how a right one is spelled. Two answers are
the same action where their spellings are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from handeye.answer_kinds import (
    cells,
    choice,
    labels,
    number,
    patterns,
    points,
    text as texts,
    tools,
)
from handeye.answer_kinds.reading import Reading, words
from handeye.answer_kinds.schemas import Tool
from handeye.contexts.authored import NOTHING, Answer, Call, Calls, Region
from handeye.contexts.items import CANNOT, Item

CANNOT_WORDS = (
    *("cannot be done", "this can't be done", "it cannot be done", "that cannot be done"),
    *("this is not possible", "not possible", "this is impossible", "impossible"),
)
"""Words that say that it cannot be done, beside :data:`handeye.contexts.items.CANNOT`."""


class Said(NamedTuple):
    """What an answer says, in one spelling, and whether it has the form that was asked for."""

    said: str
    strict: bool


class Way(NamedTuple):
    """A form of answer.

    Attributes:
        read: what a text says, given the options in the order shown; None where nothing. Points
            and calls are read with more (:func:`read`).
        right: whether what was said is right.
        gold: a right answer, in the spelling of what is said.
        apart: whether no answer is right by both; None: tried with one right answer of each.
    """

    read: Callable[[str, Sequence[str]], Said | None]
    right: Callable[[str, Answer], bool]
    gold: Callable[[Answer], str]
    apart: Callable[[Answer, Answer], bool] | None = None


Size = tuple[int, int]
"""Width and height of a picture in pixels."""


def read(
    text: str,
    item: Item,
    options: Sequence[str],
    size: Size | None = None,
    calls: Sequence[Mapping[str, Any]] | None = None,
) -> Said | None:
    """What an answer says; None where nothing can be told.

    Args:
        text: of the answer.
        item: that was asked.
        options: of a choice, in the order in which they were shown; of labels all there are.
        size: of its picture, where places are told in parts of it.
        calls: those of native tools; None where tools were told in words.
    """
    if not calls and item.refusable and item.form != "choice":
        found = texts.which(text, [(CANNOT, *CANNOT_WORDS)])
        if found is not None:
            return Said(CANNOT, found.strict)
    if item.form in ("point", "points"):
        return _points(text, item, size)
    if item.form in ("call", "calls"):
        return _calls(text, calls, item.tools)
    return WAYS[item.form].read(text, options)


def right(said: str, form: str, answer: Answer) -> bool:
    """Whether what was said is right."""
    if answer.kind == "impossible" or said == CANNOT:
        return said == CANNOT and answer.kind == "impossible"
    return WAYS[form].right(said, answer)


def is_action(said: str, form: str, action: str | Answer) -> bool:
    """Whether what was said is an action that has a name, or is given as an answer."""
    if isinstance(action, Answer):
        return right(said, form, action)
    if form in ("call", "calls") and said != CANNOT:
        return action in [call.name for call in _of_json(said)]
    return words(said) == words(action)


def gold_said(item: Item) -> str:
    """A right answer to an item, in the spelling of what is said."""
    return gold_of(item.form, item.answer)


def gold_of(form: str, answer: Answer) -> str:
    """A right answer, in the spelling of what is said."""
    return CANNOT if answer.kind == "impossible" else WAYS[form].gold(answer)


def apart(one: Item, other: Item) -> bool:
    """Whether two items of one form call for different actions."""
    return answers_apart(one.form, one.answer, other.form, other.answer)


def answers_apart(form: str, one: Answer, other_form: str, other: Answer) -> bool:
    """Whether two answers of one form have no action that is right by both.

    Of regions, cells, patterns and calls that is tried with one right answer of each. Answers of
    different forms are no actions that could be the same: they are not compared.
    """
    if form != other_form:
        return False
    impossible = (one.kind == "impossible") + (other.kind == "impossible")
    if impossible:
        return impossible == 1
    if (told := WAYS[form].apart) is not None:
        return told(one, other)
    first, second = (WAYS[form].gold(answer) for answer in (one, other))
    return not right(first, form, other) and not right(second, form, one)


def as_shown(said: str, item: Item, order: Sequence[int], size: Size | None = None) -> str:
    """What is said, as the question asks for it: a letter, a list, a call as JSON.

    Args:
        said: in its one spelling, or a name of an option.
        item: that is asked.
        order: places of its options as they are shown.
        size: of its picture.
    """
    if item.form == "choice":
        return choice.LETTERS[list(order).index(item.of.index(said))]
    if said == CANNOT:
        return said
    if item.form == "labels":
        return said or labels.NONE
    if item.form == "cells":
        cells_named = re.findall(r"R(\d+)C(\d+)", said)
        return "; ".join([*(f"CLICK(R{r},C{c})" for r, c in cells_named), "DONE"])
    if item.form in ("point", "points") and item.points != "pixels":
        at = points.Convention(item.points)
        picture = points.Picture(*(size or (1, 1)))
        named = [at.written(*one, picture) for one in _places(said)]
        return "; ".join(f"({x:g}, {y:g})" for x, y in named) or points.NONE
    if item.form in ("call", "calls"):
        found = json.loads(said)
        return json.dumps(found[0] if len(found) == 1 else found) if found else NOTHING
    return said or points.NONE


def as_text(answer: Answer) -> str:
    """An answer as a score row keeps it."""
    return msgspec.json.encode(answer, order="deterministic").decode()


@lru_cache(maxsize=4096)
def of_text(text: str) -> Answer:
    """What :func:`as_text` made."""
    return msgspec.json.decode(text, type=Answer)


# ---- the forms


def _choice(text: str, options: Sequence[str]) -> Said | None:
    found = choice.read(text, options)
    return None if found is None else Said(options[found.value], found.strict)


def _number(text: str, options: Sequence[str]) -> Said | None:
    found = number.read(text.strip().removesuffix("."))
    return None if found is None else Said(_plain(found.value), found.strict)


def _plain(value: Decimal) -> str:
    """A number in one spelling: ``3`` of ``3.0``."""
    if value == value.to_integral_value():
        return str(value.to_integral_value() + 0)
    return format(value.normalize(), "f")


def _number_right(said: str, answer: Answer) -> bool:
    low, high = answer.range
    return low <= Decimal(said) <= high


def _number_gold(answer: Answer) -> str:
    low, high = answer.range
    ends = [end for end in (low, high) if end.is_finite()]
    return _plain(sum(ends, Decimal(0)) / len(ends))


def _number_apart(one: Answer, other: Answer) -> bool:
    (low, high), (other_low, other_high) = one.range, other.range
    return high < other_low or other_high < low


def _text(text: str, options: Sequence[str]) -> Said | None:
    found = texts.read(text)
    return None if found is None else Said(found.value, found.strict)


def _text_right(said: str, answer: Answer) -> bool:
    if answer.pattern is not None:
        return patterns.fits(answer.pattern, said)
    return texts.meaning(said) in map(texts.meaning, answer.texts)


def _labels(text: str, options: Sequence[str]) -> Said | None:
    found = labels.read(text, options)
    return None if found is None else Said(", ".join(sorted(found.value)), found.strict)


def _labels_right(said: str, answer: Answer) -> bool:
    named = frozenset(one for one in said.split(", ") if one)
    return labels.score(Reading(named, True), answer.labels or ()) == 1.0


def _cells(text: str, options: Sequence[str]) -> Said | None:
    found = cells.read(text)
    if found is None:
        return None
    return Said(" ".join(f"R{row}C{column}" for row, column in sorted(found.value)), found.strict)


def _cells_gold(answer: Answer) -> str:
    found = sorted(answer.cells.right)  # type: ignore[union-attr]
    return " ".join(f"R{row}C{column}" for row, column in found)


def _points(text: str, item: Item, size: Size | None) -> Said | None:
    """Places in pixels of the picture, whatever they are told in; none where its size is needed."""
    found = points.read(text, several=item.form == "points")
    if found is None or (size is None and item.points != "pixels"):
        return None
    picture, at = points.Picture(*(size or (1, 1))), points.Convention(item.points)
    places = [at.place(one, picture) for one in found.value]
    return Said("; ".join(f"({x:g}, {y:g})" for x, y in places), found.strict)


def _places(said: str) -> list[tuple[float, float]]:
    pairs = [one.strip("() ").split(",") for one in said.split(";") if one.strip()]
    return [(float(x), float(y)) for x, y in pairs]


def _region(region: Region) -> points.Region:
    if isinstance(region.box, tuple):
        return points.Box(*region.box)
    assert isinstance(region.polygon, tuple)
    return points.Polygon(region.polygon)


def _points_right(said: str, answer: Answer) -> bool:
    found = Reading(tuple(points.Point(*one) for one in _places(said)), True)
    return points.score(found, [*map(_region, answer.regions)], points.Picture(1, 1)) == 1.0


def _points_gold(answer: Answer) -> str:
    return "; ".join(f"({x:g}, {y:g})" for x, y in map(_middle, answer.regions))


def _middle(region: Region) -> tuple[float, float]:
    """A place in a region: the middle of a box, or the first place of a raster in a polygon."""
    if isinstance(region.box, tuple):
        left, top, right_, bottom = region.box
        return (left + right_) / 2, (top + bottom) / 2
    corners = region.polygon or ()
    xs, ys = ([one[axis] for one in corners] for axis in (0, 1))
    inside = _region(region)
    for n in (2, 4, 8, 16, 32, 64):
        for row in range(1, n):
            for column in range(1, n):
                x = min(xs) + (max(xs) - min(xs)) * column / n
                y = min(ys) + (max(ys) - min(ys)) * row / n
                if inside.holds(x, y):
                    return x, y
    return corners[0]


def _calls(
    text: str, calls: Sequence[Mapping[str, Any]] | None, offered: Sequence[Tool]
) -> Said | None:
    found = tools.read(text, calls, offered)
    if found is None:
        return None
    return Said(_as_json(filled(call, offered) for call in found.value), found.strict)


def filled(call: tools.Call, offered: Sequence[Tool]) -> tools.Call:
    """A call with the arguments that its tool has by default, and without those that are null."""
    known = {tool.name: tool for tool in offered}
    if call.name not in known:
        return call
    usual = {
        name: one["default"]
        for name, one in known[call.name].properties.items()
        if "default" in one
    }
    given = {name: value for name, value in call.arguments.items() if value is not None}
    return tools.Call(call.name, {**usual, **given})


def _as_json(calls: Iterable[tools.Call]) -> str:
    rows = [{"name": call.name, "arguments": call.arguments} for call in calls]
    return msgspec.json.encode(rows, order="deterministic").decode()


def _of_json(said: str) -> list[tools.Call]:
    return [tools.Call(one["name"], one["arguments"]) for one in json.loads(said)]


def wanted_calls(answer: Answer) -> tuple[tools.Call, ...]:
    """The calls that are right; none where nothing is to be called."""
    if isinstance(answer.call, Call):
        return (tools.Call(answer.call.name, answer.call.args),)
    if isinstance(answer.calls, Calls):
        return tuple(tools.Call(one.name, one.args) for one in answer.calls.of)
    return ()


def _calls_right(said: str, answer: Answer) -> bool:
    ordered = isinstance(answer.calls, Calls) and answer.calls.ordered
    found = Reading(tuple(_of_json(said)), True)
    return tools.score(found, wanted_calls(answer), ordered=ordered) == 1.0


def _calls_gold(answer: Answer) -> str:
    calls = wanted_calls(answer)
    return _as_json(
        tools.Call(call.name, {name: _example(one) for name, one in call.arguments.items()})
        for call in calls
    )


def _example(wanted: Any) -> Any:
    """A value that is as it has to be; of a pattern the pattern itself."""
    if not isinstance(wanted, Mapping):
        return wanted
    if wanted.keys() == {"any"}:
        return _example(wanted["any"][0])
    if wanted.keys() == {"pattern"}:
        return wanted["pattern"]
    if wanted and wanted.keys() <= {"low", "high"}:
        return next(iter(wanted.values()))
    return {name: _example(one) for name, one in wanted.items()}


_POINTS = Way(_choice, _points_right, _points_gold)
_CALLS = Way(_choice, _calls_right, _calls_gold)
WAYS: Mapping[str, Way] = {
    "choice": Way(
        _choice,
        lambda said, answer: said in answer.choices,
        lambda answer: answer.choices[0],
        lambda one, other: not set(one.choices) & set(other.choices),
    ),
    "number": Way(_number, _number_right, _number_gold, _number_apart),
    "text": Way(_text, _text_right, lambda answer: answer.pattern or answer.texts[0]),
    "labels": Way(_labels, _labels_right, lambda answer: ", ".join(sorted(answer.labels or ()))),
    "cells": Way(_cells, lambda said, answer: said == _cells_gold(answer), _cells_gold),
    "point": _POINTS,
    "points": _POINTS,
    "call": _CALLS,
    "calls": _CALLS,
}
"""Every form of answer."""
