"""Calls of tools: native ones, or JSON in a text; ``nothing`` where none is called.

Strict are native calls; the word ``nothing``; and, where tools were told in words
(:func:`handeye.answer_kinds.schemas.described`), JSON alone, several calls in a list:

    {"name": "move_away", "arguments": {"object": "knife"}}

Leniently calls are found in a text: JSON under other names, in fences, in the tags of families of
models, behind the name of a tool, or written as code (``move_away(object="knife")``). Calls that
follow each other are one answer; calls with other words between them, unless they are the same,
leave open which is meant. Who is given native tools, calls none and writes of none calls nothing,
whatever else is said.

A wanted call is a name and arguments; an argument is a value, or what its value has to be:
``{low, high}`` (either may be left out), ``{any: [...]}``, ``{pattern}``.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from handeye.answer_kinds import patterns, schemas
from handeye.answer_kinds.reading import Reading, announced, denied, folded, paired
from handeye.answer_kinds.schemas import NOTHING, Tool, is_number
from handeye.answer_kinds.tolerant_json import find_values
from handeye.errors import did_you_mean

MOST_CALLS = 100
"""Calls of an answer; one with more is unreadable."""


class Call(NamedTuple):
    """A tool by its name, and its arguments by theirs: values of JSON, or what they have to be."""

    name: str
    arguments: Mapping[str, Any]


# ---- what is right


def score(
    found: Reading[tuple[Call, ...]] | None,
    gold: Sequence[Call],
    *,
    ordered: bool = False,
    tools: Sequence[Tool] = (),
) -> float:
    """1 where the calls are those that are wanted, no more and no less; else 0.

    Args:
        found: what was read.
        gold: the wanted calls; none where nothing is to be called.
        ordered: whether their order counts.
        tools: an argument that is given as its schema has it by default, or as null, and is not
            wanted, is as if it were not given.
    """
    if found is None or len(found.value) != len(gold):
        return 0.0
    known = {tool.name: tool for tool in tools}
    reach = [
        [place for place, wanted in enumerate(gold) if _is(call, wanted, known.get(call.name))]
        for call in found.value
    ]
    if ordered:
        return float(all(place in places for place, places in enumerate(reach)))
    return float(paired(reach))


def _is(call: Call, wanted: Call, tool: Tool | None) -> bool:
    if call.name != wanted.name:
        return False
    properties = {} if tool is None else tool.properties
    usual = {name: one["default"] for name, one in properties.items() if "default" in one}
    given = {**usual, **call.arguments}
    if not given.keys() >= wanted.arguments.keys():
        return False
    return all(
        is_as(value, wanted.arguments[name])
        if name in wanted.arguments
        else value is None or (name in usual and _same(value, usual[name]))
        for name, value in given.items()
    )


def refused(wanted: Call, tools: Sequence[Tool]) -> str:
    """Why no tool takes a wanted call; empty where one does.

    Only values are looked at that are known: both ends of a range, each of several.
    """
    tool = next((tool for tool in tools if tool.name == wanted.name), None)
    if tool is None:
        names = [tool.name for tool in tools]
        hint = did_you_mean(wanted.name, names)
        return f"no tool is called {wanted.name!r} (there is: {', '.join(names)}){hint}"
    for name in tool.parameters["required"]:
        if name not in wanted.arguments:
            return f"{wanted.name}: the argument {name!r} is missing"
    others = tool.parameters["additionalProperties"]
    for name, what in wanted.arguments.items():
        schema = tool.properties.get(name, {} if others is True else others)
        if schema is False:
            hint = did_you_mean(name, list(tool.properties))
            known = ", ".join(tool.properties) or "none"
            return f"{wanted.name}: no argument is called {name!r} (there is: {known}){hint}"
        for value in _known_values(what):
            if why := schemas.violation(value, schema):
                return f"{wanted.name}: the argument {name!r}: {why}"
    return ""


def is_as(value: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one, or as it has to be."""
    if isinstance(wanted, Mapping):
        if wanted.keys() == {"any"}:
            return any(is_as(value, one) for one in wanted["any"])
        if wanted.keys() == {"pattern"}:
            return isinstance(value, str) and patterns.fits(wanted["pattern"], value)
        if wanted and wanted.keys() <= {"low", "high"}:
            low, high = wanted.get("low", -math.inf), wanted.get("high", math.inf)
            return is_number(value) and low <= value <= high
        if not isinstance(value, Mapping) or value.keys() != wanted.keys():
            return False
        return all(is_as(value[key], one) for key, one in wanted.items())
    if isinstance(wanted, list) and isinstance(value, list):
        return len(value) == len(wanted) and all(map(is_as, value, wanted))
    return _same(value, wanted)


def _same(one: Any, other: Any) -> bool:
    """Whether two values of JSON are equal: numbers as numbers, true no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _known_values(wanted: Any) -> Iterator[Any]:
    """Values that are as they have to be, as far as they are said."""
    if isinstance(wanted, Mapping) and wanted.keys() == {"any"}:
        for one in wanted["any"]:
            yield from _known_values(one)
    elif isinstance(wanted, Mapping) and wanted and wanted.keys() <= {"low", "high"}:
        yield from wanted.values()
    elif not (isinstance(wanted, Mapping) and wanted.keys() == {"pattern"}):
        yield wanted


# ---- reading

# An answer is at the end of what was written; a longer text is read from there.
_LONGEST = 50_000
_NAMES = (
    *("name", "tool", "function", "toolname", "functionname", "recipientname", "action", "call"),
    "toolcall",
)
_ARGUMENTS = (
    *("arguments", "args", "parameters", "params", "input", "toolinput", "actioninput", "kwargs"),
    "actioninputs",
)
_LISTS = ("toolcalls", "calls", "actions", "functioncalls", "tools", "answer", "output", "result")
_BESIDE = ("type", "id", "callid", "toolcallid", "thought", "reason", "reasoning", "index")
# What may stand between calls that are one answer.
_BETWEEN = re.compile(
    r"(?:[\s,;.`'\"\[\]()|*-]|</?[\w=.:|]{1,40}>|<\|[\w]{1,40}\|>|\bjson\b|\band\b|\bthen\b"
    r"|(?<![\w.])\d{1,2}[.)])*",
    re.IGNORECASE,
)
_BY_XML = re.compile(
    r"<function=([\w-]{1,64})>\s*((?:<parameter=[\w-]{1,64}>[^<]{0,20000}</parameter>\s*)*)</function>"
)
_PARAMETER = re.compile(r"<parameter=([\w-]{1,64})>([^<]{0,20000})</parameter>")
_SAYS_NOTHING = re.compile(
    r"^\W*nothing\b|\b(?:call(?:s|ing)?|do(?:es|ing)?|need(?:s|ed)?) nothing\b|"
    r"\bno (?:(?:tool|function) )?(?:calls?|actions?)\b|"
    r"(?:\bnot|n['’]t|\bnever) call any(?:thing|\b)|"
    r"\bnothing (?:is |needs |has )?to be (?:called|done)\b",
    re.IGNORECASE,
)
# What stands between a tool's name and its arguments.
_THEN = r"\W{0,12}(?:(?:action[ _])?(?:args|arguments|input|parameters)\W{0,4})?$"
_CODE = (
    r"(?<![\w.])(?:\w{1,40}\.)?(NAMES)\s?"
    r"\(((?:[^()\"']|\"[^\"\n]{0,2000}\"|'[^'\n]{0,2000}'){0,2000})\)"
)


class _Found(NamedTuple):
    """Calls in a text, and where they stand."""

    start: int
    end: int
    calls: tuple[Call, ...]


class _UnclearError(Exception):
    """It is about a call, and which is not definite."""


def read(
    text: str, calls: Sequence[Mapping[str, Any]] | None, tools: Sequence[Tool]
) -> Reading[tuple[Call, ...]] | None:
    """The calls of an answer, in its order.

    Args:
        text: the answer, without thoughts.
        calls: the native ones, with ``name`` and ``arguments``; None where the tools were told in
            words.
        tools: those that were offered.

    Returns:
        None where the calls are not definite, among them native ones whose arguments are no object.
    """
    if calls:
        found = [_plain_call(call) for call in calls]
        whole = tuple(call for call in found if call is not None)
        return Reading(whole, True) if len(whole) == len(found) <= MOST_CALLS else None
    told = text.strip()
    if told.casefold().rstrip(".") == NOTHING or (calls is None and told == "[]"):
        return Reading((), True)
    if calls is None and (strict := _strict(told)) is not None:
        names = {tool.name for tool in tools}
        known = tuple(Call(_known(name, names), arguments) for name, arguments in strict)
        return Reading(known, known == strict)
    told = folded(text)[-_LONGEST:]
    try:
        lists = [one for line in announced(told) if (one := _in_text(line, tools)) is not None]
        said = lists[0] if lists else _in_text(told, tools)
    except _UnclearError:
        return None
    if any(one != said for one in lists):
        return None
    none = _SAYS_NOTHING.search(told) or any(
        line.strip(' .*`"').casefold() == NOTHING for line in announced(told)
    )
    if said is None and (calls is not None or none):
        attempt = "{" in told or (tools and re.search(_names(tools), told))
        return None if attempt else Reading((), False)
    return None if said is None or len(said) > MOST_CALLS else Reading(said, False)


def _plain_call(value: Any) -> Call | None:
    """A call in the form that is asked for."""
    if not isinstance(value, Mapping) or not value.keys() <= {"name", "arguments"}:
        return None
    name, arguments = value.get("name"), value.get("arguments")
    return Call(name, arguments) if isinstance(name, str) and isinstance(arguments, dict) else None


def _strict(text: str) -> tuple[Call, ...] | None:
    if len(text) > _LONGEST:
        return None
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        return None
    found = [_plain_call(one) for one in (value if isinstance(value, list) else [value])]
    whole = tuple(call for call in found if call is not None)
    return whole if len(whole) == len(found) <= MOST_CALLS else None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _in_text(text: str, tools: Sequence[Tool]) -> tuple[Call, ...] | None:
    """The calls in a text, one after the other; None where there are none."""
    names = {tool.name for tool in tools}
    found = sorted([*_in_json(text, names), *_in_xml(text)], key=lambda one: one.start)
    if not found and tools:
        found = [*_in_code(text, tools)] or [*_in_a_word(text, tools)]
    if not found:
        return None
    together = all(
        _BETWEEN.fullmatch(text[one.end : other.start]) for one, other in pairwise(found)
    )
    if together:
        return tuple(call for one in found for call in one.calls)
    first = found[0].calls
    if any(one.calls != first for one in found):
        raise _UnclearError
    return first


def _in_json(text: str, names: set[str]) -> Iterator[_Found]:
    for value in find_values(text):
        calls = _calls_in(value.value, names, 0)
        start = value.start
        if calls is None and isinstance(value.value, dict) and names:
            # Named before its arguments: move_away{"object": "knife"}.
            before = text[max(0, value.start - 90) : value.start]
            one_of = "|".join(map(re.escape, names))
            if said := re.search(rf"({one_of}){_THEN}", before, re.IGNORECASE):
                calls, start = (Call(said[1], value.value),), value.start - len(said[0])
        if calls is not None:
            if value.how == "cut" or value.skipped:
                raise _UnclearError
            yield _Found(start, value.end, calls)


def _calls_in(value: Any, names: set[str], depth: int) -> tuple[Call, ...] | None:
    """The calls that a value is; None where it is about other things."""
    if depth > 4:
        return None
    if isinstance(value, list):
        said = [_calls_in(one, names, depth + 1) for one in value]
        if not any(said):
            return () if not value and depth else None
        if None in said:
            raise _UnclearError
        return tuple(call for one in said for call in one or ())
    if not isinstance(value, Mapping):
        return None
    held = {re.sub(r"[^a-z0-9]+", "", str(key).lower()): key for key in value}
    for plain_name in _LISTS:
        inner = value[held[plain_name]] if plain_name in held else None
        if isinstance(inner, str) and inner.casefold() == NOTHING:
            return ()
        if (calls := _calls_in(inner, names, depth + 1)) is not None:
            return calls
    for plain_name in _NAMES:
        if plain_name not in held:
            continue
        named = value[held[plain_name]]
        if isinstance(named, Mapping):
            return _calls_in(named, names, depth + 1)
        if isinstance(named, str):
            return _named(named, value, held, held[plain_name], names)
    if len(value) == 1 and (only := next(iter(value))) in names:
        inner = value[only]
        return (Call(str(only), inner or {}),) if isinstance(inner, dict | None) else None
    return None


def _named(
    name: str, value: Mapping[Any, Any], held: Mapping[str, Any], key: Any, names: set[str]
) -> tuple[Call, ...] | None:
    for one in _ARGUMENTS:
        if one in held and held[one] != key:
            given = value[held[one]]
            if isinstance(given, str) and given.strip():
                try:
                    given = json.loads(given)
                except (ValueError, RecursionError):
                    raise _UnclearError from None
            given = given or {}
            if not isinstance(given, dict):
                raise _UnclearError
            return (Call(_known(name, names), given),)
    beside = {held[one] for one in _BESIDE if one in held}
    rest = {str(k): one for k, one in value.items() if k != key and k not in beside}
    if name.casefold() == NOTHING and not rest:
        return ()
    name = _known(name, names)
    return (Call(name, rest),) if name in names or not rest else None


def _known(name: str, names: set[str]) -> str:
    """A tool's name without the name of a space before it: ``functions.move_away``."""
    bare = name.rpartition(".")[2]
    return bare if name not in names and bare in names else name


def _in_xml(text: str) -> Iterator[_Found]:
    for found in _BY_XML.finditer(text):
        arguments = {name: _value_of(said) for name, said in _PARAMETER.findall(found[2])}
        yield _Found(*found.span(), (Call(found[1], arguments),))


def _value_of(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()


def _names(tools: Iterable[Tool]) -> str:
    return rf"(?<![\w-])(?:{'|'.join(re.escape(tool.name) for tool in tools)})(?![\w-])"


def _in_code(text: str, tools: Sequence[Tool]) -> Iterator[_Found]:
    names = {tool.name: tool for tool in tools}
    code = re.compile(_CODE.replace("NAMES", "|".join(map(re.escape, names))))
    for found in code.finditer(text):
        if denied(text, found.start()):
            continue
        arguments = _in_brackets(found[2], list(names[found[1]].properties))
        if arguments is None:
            raise _UnclearError
        yield _Found(*found.span(), (Call(found[1], arguments),))


def _in_a_word(text: str, tools: Sequence[Tool]) -> Iterator[_Found]:
    """The call of a text that is the name of a tool which needs no arguments."""
    said = re.fullmatch(r"(?:action|call|tool)?\W{0,5}([\w-]{1,64})\W{0,3}", text.strip(), re.I)
    for tool in tools:
        if said and said[1] == tool.name and not tool.parameters["required"]:
            yield _Found(0, len(text), (Call(tool.name, {}),))


def _in_brackets(text: str, names: Sequence[str]) -> dict[str, Any] | None:
    """The arguments of a call that is written as code; those without a name by their place."""
    try:
        call = ast.parse(f"f({text.strip()})", mode="eval").body
        if not isinstance(call, ast.Call) or len(call.args) > len(names):
            return None
        out = {name: _literal(one) for name, one in zip(names, call.args, strict=False)}
        for one in call.keywords:
            if one.arg is None or one.arg in out:
                return None
            out[one.arg] = _literal(one.value)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return out


def _literal(node: ast.expr) -> Any:
    """A value of Python's or JSON's; a bare word is a text."""
    if isinstance(node, ast.Name):
        return {"true": True, "false": False, "null": None}.get(node.id, node.id)
    return ast.literal_eval(node)
