"""Whom a run asks, from Python: a model's name, an Inspect ``Model``, or a function.

A function or a ``Model`` stands in the options of a run under a name, like any other; what it is
known by decides which answers of a folder are its own. Nothing here imports the engine unless it is
imported already, or a function is given.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from handeye.arguments import refuse_wrong_kinds
from handeye.errors import OptionError, RunError, within
from handeye.printing import one_line, whole_characters
from handeye.run.options import FUNCTIONS, MAX_CONNECTIONS
from handeye.run.plan import PLAN
from handeye.run.questions import CARRIAGE
from handeye.run.secrets import know
from handeye.sets.hub import HUB

if TYPE_CHECKING:
    from inspect_ai.model import Model

    from handeye.respondents.functions import Takes

Whom: TypeAlias = "str | Model | Callable[..., Any]"
"""A name such as ``openai/gpt-5.5``, an Inspect ``Model``, or a function that answers."""

# Looked at here before they are options of a run.
_CARRIED = {
    "max_connections": "int | None",
    "generation": "Mapping | None",
    "model_args": "Mapping | None",
}
_LONGEST_NAME = 200
_NAMED = "named"


def asked(
    model: Whom,
    out: str | PathLike[str],
    *,
    name: str | None = None,
    batch: int | None = None,
    **others: Any,
) -> dict[str, Any]:
    """The options of a run in which ``model`` is asked, by the names of its ``RunOptions``.

    Args:
        model: whom to ask. A function gets ``pictures`` and ``prompt``, and ``history`` and
            ``sounds`` if it takes them (:mod:`handeye.respondents.functions`).
        out: the run folder.
        name: what a function is known by. Without one it is called by its module and name, and a
            folder of its answers is not gone on with: two functions may be called alike.
        batch: gives the function lists of up to so many, and takes a list back.
        **others: further options.

    Raises:
        OptionError: no such thing can be asked, or an option means nothing to it.
        RunError: ``out`` holds a run already, and the function has no name.
    """
    kinds = {"out": "str | PathLike", "name": "str | None", "batch": "int | None"}
    refuse_wrong_kinds({"out": out, "name": name, "batch": batch, **others}, kinds | _CARRIED)
    if isinstance(model, str):
        _only_for_functions(model, name=name, batch=batch)
        return {"model": model, "out": out, **others}
    if (kind := _model_class()) is not None and isinstance(model, kind):
        _only_for_functions(f"the Model {model.api.model_name}", name=name, batch=batch)
        return {**_of_a_model(model, others), **_steady(model, out, others)}
    if callable(model):
        more = _of_a_function(model, name, batch, Path(out), others)
        return {**more, **_steady(model, out, others)}
    raise OptionError(
        "model must be a name such as openai/gpt-5.5, a Model of Inspect's, or a function that "
        f"takes pictures and prompt; got {type(model).__name__}"
    )


def steady(model: Whom, place: str | PathLike[str]) -> str | PathLike[str]:
    """A place as it stays, whatever folder a function changes to while it is asked."""
    if isinstance(model, str) or str(place).startswith(HUB):
        return place
    return os.path.abspath(place)  # noqa: PTH100  (as it is written: no link is followed)


def _steady(model: Whom, out: str | PathLike[str], others: Mapping[str, Any]) -> dict[str, Any]:
    given = {"out": out, "data": others.get("data")}
    return {
        name: steady(model, place) if isinstance(place, str | PathLike) else place
        for name, place in given.items()
    }


def called(model: Whom, name: str | None = None) -> str:
    """What a run calls whom it asks, as plan and answers have it."""
    if isinstance(model, str):
        return model
    if (kind := _model_class()) is not None and isinstance(model, kind):
        return _name_of_model(model)
    return FUNCTIONS + (_checked(name) if name is not None else _own_name(model))


def _model_class() -> type[Model] | None:
    """Inspect's ``Model``, where somebody can have one."""
    return getattr(sys.modules.get("inspect_ai.model"), "Model", None)


def _only_for_functions(what: str, **given: Any) -> None:
    for option, value in given.items():
        if value is not None:
            raise OptionError(f"{option}= is for a function; {what} is none: leave it out")


# ---- a Model


def _of_a_model(model: Model, others: dict[str, Any]) -> dict[str, Any]:
    from inspect_ai.model import GenerateConfig, Model

    from handeye.run.engine import as_in_a_script

    for option in ("model_args", "base_url"):
        if others.get(option):
            raise OptionError(
                f"{option} is given to a Model when it is made, not to its run: leave it out here"
            )
    arguments = {name: _plainly(value) for name, value in model.model_args.items()}
    know(model.explicit_base_url, model.model_args, arguments)
    settings = model.config.model_dump(mode="json", exclude_none=True)
    # What changes answers is the run's own: it stands in its plan and in every fingerprint. How
    # requests are carried stays with the model.
    carriage = {n: getattr(model.config, n) for n in CARRIAGE if n in settings}
    content = {n: value for n, value in settings.items() if n not in CARRIAGE}
    with as_in_a_script():
        here = Model(model.api, GenerateConfig(**carriage), arguments)
    return {
        **others,
        "model": _name_of_model(model),
        "model_args": arguments,
        "generation": {**content, **(others.get("generation") or {})},
        "here": here,
    }


def _name_of_model(model: Model) -> str:
    try:
        return str(model)
    except ValueError:
        raise OptionError(
            f"the Model {model.api.model_name} has an API that Inspect does not know: make it with "
            "inspect_ai.model.get_model, its class under @modelapi"
        ) from None


def _plainly(value: Any) -> Any:
    """An argument as plan and log can have it: what is no plain value goes by its kind."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plainly(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [_plainly(part) for part in value]
        known = all(one is None or isinstance(one, _PLAIN) for one in value)
        return parts if known else type(value).__name__
    return _own_name(value) if callable(value) else type(value).__name__


_PLAIN = (str, bool, int, float, Mapping, list, tuple)


# ---- a function


def _of_a_function(
    function: Callable[..., Any],
    name: str | None,
    batch: int | None,
    out: Path,
    others: dict[str, Any],
) -> dict[str, Any]:
    for option in ("generation", "model_args", "base_url"):
        if others.get(option):
            raise OptionError(
                f"{option} means nothing to a function, which is asked as it is: leave it out"
            )
    if batch is not None:
        batch = within("batch", batch, 1, 10_000)
    if name is None and (out / PLAN).exists():
        raise RunError(
            f"{out}: holds a run already, and the function {_own_name(function)} has no name by "
            "which its answers could be told from another's: give name=, and another output folder "
            "if this is not the run of that name"
        )
    takes = _takes(function)
    at_once = others.get("max_connections")
    # Nobody knows whether the function may be called twice at a time, so it is only if asked to.
    threads = 1 if at_once is None else max(1, at_once // (batch or 1))
    if at_once is None:
        is_async = inspect.iscoroutinefunction(_inner(function))
        at_once = 2 * batch if batch else MAX_CONNECTIONS if is_async else 2
    from handeye.respondents.functions import function_model

    label = called(function, name)
    return {
        **others,
        "model": label,
        "model_args": {} if name is not None else {_NAMED: False},
        "max_connections": at_once,
        "here": function_model(
            label.removeprefix(FUNCTIONS), function, takes, batch=batch, threads=threads
        ),
    }


def _checked(name: str) -> str:
    name = name.strip()
    if not name or name != one_line(whole_characters(name)) or len(name) > _LONGEST_NAME:
        raise OptionError(
            f"name must be a line of 1 to {_LONGEST_NAME} characters, got {name[:40]!r}"
        )
    return name


def _inner(function: Any) -> Any:
    """What runs when a function is called: of a partial the function, of an object its call."""
    while isinstance(function, functools.partial):
        function = function.func
    ours = inspect.isroutine(function) or inspect.isclass(function)
    return function if ours else type(function).__call__


def _own_name(function: Any) -> str:
    """Module and name of a function; of an object those of its class."""
    while isinstance(function, functools.partial):
        function = function.func
    if not hasattr(function, "__qualname__"):
        function = type(function)
    module = getattr(function, "__module__", None) or "builtins"
    return one_line(whole_characters(f"{module}.{function.__qualname__}"))


def _takes(function: Callable[..., Any]) -> Takes:
    """How a function is called.

    Raises:
        OptionError: it cannot be called with pictures and prompt.
    """
    from handeye.respondents.functions import MORE, Takes

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C
        return Takes(False)
    known = signature.parameters
    positional = inspect.Parameter.POSITIONAL_ONLY
    anything = any(p.kind is p.VAR_KEYWORD for p in known.values())
    by_name = {name for name, p in known.items() if p.kind is not positional}
    more = tuple(name for name in MORE if anything or name in by_name)
    named = by_name >= set(_BOTH)
    try:
        signature.bind(
            *(() if named else ((), "")), **(_BOTH if named else {}), **dict.fromkeys(more, ())
        )
    except TypeError:
        raise OptionError(
            f"the function {_own_name(function)} must take pictures and prompt (and history and "
            f"sounds, if it likes), it takes {signature}"
        ) from None
    return Takes(named, more)


_BOTH: dict[str, Any] = {"pictures": (), "prompt": ""}
