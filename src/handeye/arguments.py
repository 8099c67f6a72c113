"""Arguments of the wrong kind are named before anything is done with them.

What a function takes is read off its annotations, as they are written: plain values, paths, and
whether something can be gone through, looked up or called. What is neither is left to the function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from os import PathLike
from typing import Any

from handeye.errors import NO_FOLDER, OptionError, RunError, did_you_mean, refusal

_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "path": "a path",
    "each": "a list",
    "map": "a mapping",
    "call": "a function",
}
_KINDS: dict[str, Callable[[object], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, Integral) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, Real) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "path": lambda value: isinstance(value, PathLike),
    "each": lambda value: isinstance(value, Iterable) and not isinstance(value, str | bytes),
    "map": lambda value: isinstance(value, Mapping),
    "call": callable,
}
_NAMES = {
    **{name: name for name in ("str", "int", "float", "bool")},
    **dict.fromkeys(("Path", "PathLike"), "path"),
    **dict.fromkeys(("Sequence", "Iterable", "Collection", "list", "tuple"), "each"),
    **dict.fromkeys(("Mapping", "dict"), "map"),
    **dict.fromkeys(("Callable", "Progress"), "call"),
    "Literal": "str",
}


_SPELT_OUT = {"Given": "str | Path | Mapping | Iterable"}


def named_where_wrong(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, with its arguments looked at first; ``name`` is what people call it by.

    The function that is made raises OptionError for an argument of the wrong kind, one that it does
    not know and one that is missing.
    """
    signature = inspect.signature(function)
    kinds = {n: p.annotation for n, p in signature.parameters.items()}

    @functools.wraps(function)
    def checked(*args: Any, **given: Any) -> Any:
        try:
            bound = signature.bind(*args, **given).arguments
        except TypeError as error:
            raise OptionError(f"{name}: {_misfit(signature, args, given) or error}") from None
        refuse_wrong_kinds(bound, kinds, f"{name}: ")
        try:
            return function(*args, **given)
        except FileNotFoundError as error:
            if (why := refusal(error)) == NO_FOLDER:
                raise RunError(f"{name}: {why}") from None
            raise

    return checked


def _misfit(signature: inspect.Signature, args: Sequence[Any], given: Mapping[str, Any]) -> str:
    """Which argument is not known, or is missing; nothing where it is another fault."""
    known = signature.parameters
    if odd := [name for name in given if name not in known]:
        hint = did_you_mean(odd[0], known) or f"; it takes {', '.join(known)}"
        return f"no argument {odd[0]!r}{hint}"
    try:
        bound = signature.bind_partial(*args, **given).arguments
    except TypeError:
        return ""
    lacking = [n for n, one in known.items() if one.default is one.empty and n not in bound]
    return f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing"


def refuse_wrong_kinds(given: Mapping[str, Any], kinds: Mapping[str, Any], where: str = "") -> None:
    """Refuse values that are not what the annotations of their names say.

    Args:
        given: values by name.
        kinds: annotations by name, as texts; others are passed over.
        where: stands before the message.

    Raises:
        OptionError: names the argument, what it takes and what came.
    """
    for name, value in given.items():
        wanted = _alternatives(str(kinds.get(name, "")))
        if not wanted or (value is None and "None" in wanted):
            continue
        known = [kind for kind in wanted if kind != "None"]
        if value == "" and "path" in known:
            raise OptionError(f"{where}{name} is empty: '' is no file and no folder")
        if not any(_KINDS[kind](value) for kind in known):
            words = " or ".join(_WORDS[kind] for kind in known)
            raise OptionError(f"{where}{name} must be {words}, got {_told(value)}")


@functools.cache
def _alternatives(annotation: str) -> tuple[str, ...]:
    """What an annotation allows; nothing where it cannot be told."""
    annotation = _SPELT_OUT.get(annotation, annotation)
    names = [part.strip() for part in _without_inner(annotation).split("|")]
    kinds = [n if n == "None" else _NAMES.get(n) for n in names]
    return tuple(dict.fromkeys(kind for kind in kinds if kind)) if all(kinds) else ()


def _without_inner(annotation: str) -> str:
    """``Sequence[str | Path] | int`` as ``Sequence | int``."""
    depth, out = 0, []
    for sign in annotation:
        depth -= sign == "]"
        if not depth and sign != "]":
            out.append("" if sign == "[" else sign)
        depth += sign == "["
    return "".join(out)


def _told(value: object) -> str:
    text = repr(value)
    kind = type(value).__name__
    return f"{text} ({kind})" if len(text) <= 40 and "\n" not in text else kind
