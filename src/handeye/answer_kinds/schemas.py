"""Tools as models are told of them: a name, a description, a JSON Schema of the arguments.

What a schema may say is what providers can be told natively, if only in a description; anything
else is refused, so that a model is asked for nothing that it was not told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from handeye.answer_kinds import patterns
from handeye.errors import DataError, did_you_mean


class Tool(msgspec.Struct, frozen=True):
    """A tool as a model is told of it; made by :func:`tools_of`.

    ``parameters`` is a JSON Schema of an object, without references, in :data:`KEYWORDS`.
    """

    name: str
    description: str
    parameters: dict[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schema of every argument, in their order."""
        found: Mapping[str, Any] = self.parameters["properties"]
        return found


KEYWORDS = (
    *("type", "description", "default", "enum", "properties", "required", "items", "anyOf"),
    *("additionalProperties", "format", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    "examples",
)
"""What a schema may say: what providers can be told natively. ``const`` is an ``enum`` of one."""
NOTHING = "nothing"
"""The word for no call."""
MOST_TOOLS = 64
_UNSAID = ("title", "$schema", "$id", "$comment", "$defs", "definitions")
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_DEEPEST, _MOST_NODES = 12, 5_000


def tools_of(document: Any) -> tuple[Tool, ...]:
    """The tools of a file, as JSON gives it.

    Args:
        document: a list of ``{name, description, parameters}``; OpenAI's
            ``{"type": "function", "function": {...}}`` around them is taken off.

    Raises:
        DataError: it is none; names the place in it and what is allowed. References go to
            ``#/...`` within the file and not to what they stand in.
    """
    if not isinstance(document, list) or not 1 <= len(document) <= MOST_TOOLS:
        raise DataError(f"tools are a list of 1 to {MOST_TOOLS} with name, description, parameters")
    out: list[Tool] = []
    for place, given in enumerate(document):
        where = f"[{place}]"
        if isinstance(given, Mapping) and isinstance(given.get("function"), Mapping):
            given, where = given["function"], f"{where}.function"
        if not isinstance(given, Mapping):
            raise DataError(f"{where}: a tool is an object with name, description, parameters")
        allowed = ("name", "description", "parameters", "strict")
        if others := [key for key in given if key not in allowed]:
            raise DataError(
                f"{where}: a tool has no {others[0]!r}; it has name, description, parameters"
                f"{did_you_mean(str(others[0]), list(allowed))}"
            )
        name, description = given.get("name"), given.get("description", "")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise DataError(
                f"{where}.name: {name!r} is no name of a tool: letters, digits, _ and -, at most 64"
            )
        if not isinstance(description, str):
            raise DataError(f"{where}.description: is text")
        if name in (tool.name for tool in out):
            raise DataError(f"{where}.name: {name!r} is there twice")
        root, where = given.get("parameters", {}), f"{where}.parameters"
        schema = _Schemas(document, root).plain(root, where)
        if schema.get("type", "object") != "object":
            raise DataError(f"{where}.type: parameters are an object")
        usual = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
        if others := [key for key in schema if key not in (*usual, "description")]:
            raise DataError(f"{where}.{others[0]}: may be said of an argument, not of all together")
        out.append(Tool(name, description, {key: schema.get(key, usual[key]) for key in usual}))
    return tuple(out)


class _Schemas:
    """Makes schemas plain: references put in, nothing in them that providers are not told."""

    def __init__(self, document: Any, root: Any) -> None:
        self._roots = (root, document)
        self._nodes = 0

    def plain(self, schema: Any, where: str, inside: tuple[str, ...] = ()) -> dict[str, Any]:
        self._nodes += 1
        if not isinstance(schema, Mapping):
            raise DataError(f"{where}: a schema is an object")
        if self._nodes > _MOST_NODES or where.count(".") > 2 * _DEEPEST:
            raise DataError(
                f"{where}: schemas are at most {_DEEPEST} deep and {_MOST_NODES:,} parts in all"
            )
        if "$ref" in schema:
            target = schema["$ref"]
            if target in inside:
                raise DataError(f"{where}.$ref: {target!r} stands in itself; say how deep it goes")
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return self.plain({**self._found(target, where), **rest}, where, (*inside, target))
        out: dict[str, Any] = {}
        for key, value in schema.items():
            if key == "const":
                out["enum"] = [value]
            elif key in KEYWORDS:
                out[key] = self._value(key, value, f"{where}.{key}", inside)
            elif key not in _UNSAID:
                raise DataError(
                    f"{where}.{key}: schemas of tools have no {key!r}; they may have "
                    f"{', '.join(KEYWORDS)}{did_you_mean(str(key), KEYWORDS)}"
                )
        missing = [
            name for name in out.get("required", ()) if name not in out.get("properties", {})
        ]
        if missing:
            raise DataError(f"{where}.required: {missing[0]!r} is none of its properties")
        return out

    def _found(self, target: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(target, str) or not target.startswith("#/"):
            raise DataError(f"{where}.$ref: {target!r} does not lie in this file ('#/...')")
        for root in self._roots:
            found = root
            for part in target[2:].split("/"):
                name = part.replace("~1", "/").replace("~0", "~")
                if isinstance(found, Mapping):
                    found = found.get(name)
                elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                    found = found[int(name)]
                else:
                    found = None
            if isinstance(found, Mapping):
                return found
        raise DataError(f"{where}.$ref: there is no {target!r} in this file")

    def _value(self, key: str, value: Any, where: str, inside: tuple[str, ...]) -> Any:
        if key == "properties":
            if not isinstance(value, Mapping):
                raise DataError(f"{where}: is an object, a schema by the name of each argument")
            return {
                str(name): self.plain(one, f"{where}.{name}", inside) for name, one in value.items()
            }
        if key == "items" or (key == "additionalProperties" and not isinstance(value, bool)):
            return self.plain(value, where, inside)
        if key == "anyOf":
            if not isinstance(value, list) or not value:
                raise DataError(f"{where}: is a list of schemas")
            return [self.plain(one, f"{where}[{k}]", inside) for k, one in enumerate(value)]
        if key == "type":
            types = value if isinstance(value, list) else [value]
            if not types or any(one not in _TYPES for one in types):
                raise DataError(f"{where}: {value!r} is no type; they are {', '.join(_TYPES)}")
        elif key in ("enum", "required", "examples"):
            if not isinstance(value, list):
                raise DataError(f"{where}: is a list")
            if key == "required" and not all(isinstance(one, str) for one in value):
                raise DataError(f"{where}: is a list of names")
        elif key in ("description", "format", "pattern"):
            if not isinstance(value, str):
                raise DataError(f"{where}: is text")
            if key == "pattern":
                try:
                    patterns.check(value)
                except DataError as error:
                    raise DataError(f"{where}: {error}") from None
        elif key in ("minimum", "maximum", "minLength", "maxLength") and not is_number(value):
            raise DataError(f"{where}: is a number")
        return value


def described(tools: Sequence[Tool]) -> str:
    """Tools in words, with the form that calls are to be written in, for who has no native ones."""
    lines = ["You can call these tools; parameters are given as JSON Schemas:"]
    for tool in tools:
        said = [f"- {tool.name}", " ".join(tool.description.split())]
        lines.append(": ".join(filter(None, said)))
        lines.append(f"  {json.dumps(tool.parameters, ensure_ascii=False)}")
    lines.append(
        'Answer with the call alone, as JSON: {"name": "...", "arguments": {...}}. Write several '
        f"calls as a list, in their order, and the word {NOTHING} where nothing is to be called."
    )
    return "\n".join(lines)


def violation(value: Any, schema: Mapping[str, Any]) -> str:
    """Why a value does not keep to a schema; empty where it does."""
    error = next(iter(_validator()(schema).iter_errors(value)), None)
    if error is None:
        return ""
    place = "".join(f"[{one!r}]" for one in error.absolute_path)
    return f"{place}{': ' * bool(place)}{' '.join(error.message.split())[:300]}"


@lru_cache(maxsize=1)
def _validator() -> Any:
    """JSON Schema of 2020-12, but that patterns are matched in linear time."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, wanted: str, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, str) and not patterns.fits(wanted, value, anywhere=True):
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    return extend(Draft202012Validator, {"pattern": pattern})


def is_number(value: Any) -> bool:
    """Whether a value of JSON is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
