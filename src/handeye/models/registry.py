"""Who answers as ``handeye/NAME``: the respondents of every suite, and models on this machine.

Takes conversations and gives replies; what they are to Inspect is ``provider``'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from handeye.errors import HandeyeError, RunError, did_you_mean
from handeye.respondents.conversation import ChatRespondent, Respondent
from handeye.respondents.local.options import NAMES
from handeye.respondents.local.shipped import local_model, small_model_dir
from handeye.suite import Suite
from handeye.suites import all_suites, suite_of_set


def make_respondent(model_name: str, model_args: Mapping[str, Any]) -> Respondent | ChatRespondent:
    """The respondent behind ``handeye/NAME``.

    Several suites may have one of that name; the set that it knows says which is meant.

    Raises:
        RunError: no such model, an argument it does not take, ``data`` missing, torch missing.
        OptionError: unknown faults or rates, a seed that is no integer.
        DataError: the set cannot be read.
    """
    if model_name in _LOCAL:
        takes, make = _LOCAL[model_name]
        _check(model_name, model_args, takes)
        return make(**model_args)
    suites = [suite for suite in all_suites() if model_name in suite.respondents]
    if not suites:
        names = {name for suite in all_suites() for name in suite.respondents} | set(_LOCAL)
        allowed = ", ".join(f"handeye/{name}" for name in sorted(names))
        hint = did_you_mean(model_name, names, "handeye/")
        raise RunError(f"no model handeye/{model_name}; there are: {allowed}{hint}")
    every = (name for suite in suites for name in suite.respondents[model_name].takes)
    _check(model_name, model_args, tuple(dict.fromkeys(every)))
    suite = suites[0] if len(suites) == 1 else _whose(str(model_args["data"]), suites)
    kind = suite.respondents[model_name]
    _check(model_name, model_args, kind.takes)
    return kind.make(**model_args)


def _whose(data: str, suites: list[Suite]) -> Suite:
    """The suite of a set; what none takes for its own is left to the first to complain about."""
    with suppress(HandeyeError):
        if (found := suite_of_set(data)) in suites:
            return found
    return next((suite for suite in suites if suite.recognizes(data)), suites[0])


def _check(model_name: str, given: Mapping[str, Any], takes: tuple[str, ...]) -> None:
    if others := sorted(set(given) - set(takes)):
        words = f"takes {', '.join(takes)}" if takes else "takes none"
        raise RunError(f"handeye/{model_name} {words} as model arguments, not {', '.join(others)}")
    if "data" in takes and not given.get("data"):
        suites = [suite.name for suite in all_suites() if model_name in suite.respondents]
        raise RunError(
            f"handeye/{model_name} needs the set it is asked about, one of "
            f"{' or '.join(suites)}: give the model argument data=DIR (a folder, one of its "
            "files, or hf:OWNER/NAME)"
        )


def _small(**options: Any) -> ChatRespondent:
    return local_model(path=str(small_model_dir()), **options)


_LOCAL: dict[str, tuple[tuple[str, ...], Callable[..., ChatRespondent]]] = {
    "hf": (NAMES, local_model),
    "small": (tuple(name for name in NAMES if name != "path"), _small),
}
