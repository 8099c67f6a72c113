"""Who answers as ``handeye/NAME``: makes each respondent from its model arguments.

Takes conversations and gives replies; what they are to Inspect is ``provider``'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from handeye.errors import OptionError, RunError
from handeye.respondents.conversation import ChatRespondent, Respondent
from handeye.respondents.local.options import NAMES
from handeye.respondents.local.shipped import small_model_dir
from handeye.rose.respondents.models import Pixels, Simulated
from handeye.visualact.respondents.models import Motion, PriorClips, SimulatedClips


def make_respondent(model_name: str, model_args: dict[str, Any]) -> Respondent | ChatRespondent:
    """The respondent behind ``handeye/NAME``.

    Raises:
        RunError: no such model, an argument it does not take, ``data`` missing, torch missing.
        OptionError: unknown faults or rates, a seed that is no integer.
        DataError: the set cannot be read.
    """
    if model_name not in MODELS:
        allowed = ", ".join(f"handeye/{name}" for name in MODELS)
        raise RunError(f"no model handeye/{model_name}; there are: {allowed}")
    takes, make = MODELS[model_name]
    _no_others(model_name, model_args, takes)
    if "data" in takes and not model_args.get("data"):
        raise RunError(
            f"handeye/{model_name} needs the set it is asked about: give the model argument "
            "data=DIR (a folder, one of its files, or hf:OWNER/NAME)"
        )
    return make(model_args)


def _simulated(args: dict[str, Any]) -> Respondent:
    seed = args.get("seed", 0)
    try:
        seed = int(seed)
    except (TypeError, ValueError):
        raise OptionError(f"seed must be an integer, got {seed!r}") from None
    kind = SimulatedClips if holds_clips(str(args["data"])) else Simulated
    return kind(str(args["data"]), args.get("faults"), seed)


def _local(args: dict[str, Any]) -> ChatRespondent:
    """A vision-language model on this machine.

    Raises:
        RunError: what it needs is not installed.
    """
    missing = [name for name in ("torch", "transformers") if not find_spec(name)]
    if missing:
        raise RunError(
            f"local models need {' and '.join(missing)}; install them with: "
            "pip install 'handeye[local]'"
        )
    from handeye.respondents.local.options import read_options
    from handeye.respondents.local.respondent import LocalRespondent

    return LocalRespondent(read_options(args))


def _small(args: dict[str, Any]) -> ChatRespondent:
    return _local({"path": str(small_model_dir()), **args})


MODELS: dict[
    str, tuple[tuple[str, ...], Callable[[dict[str, Any]], Respondent | ChatRespondent]]
] = {
    "hf": (NAMES, _local),
    "motion": ((), lambda args: Motion()),
    "pixels": ((), lambda args: Pixels()),
    "prior": (("data",), lambda args: PriorClips(str(args["data"]))),
    "simulated": (("data", "faults", "seed"), _simulated),
    "small": (tuple(name for name in NAMES if name != "path"), _small),
}
"""Name of each respondent to the arguments it takes and what makes it."""


def holds_clips(data: str) -> bool:
    """Whether ``data`` is a set of clips rather than one of ROSE.

    A set of ROSE has ``metadata_*.jsonl`` files and its rows hold items. A name on the Hub is taken
    for clips if it says so (``visualact``), since nothing is fetched to find out.
    """
    if data.startswith("hf:"):
        return "visualact" in data.lower()
    path = Path(data)
    if path.is_dir():
        return not any(path.glob("metadata*.jsonl")) and (
            any(path.glob("clips_*.jsonl")) or (path / "videos").is_dir()
        )
    return path.name.startswith("clips_") or path.suffix == ".json"


def _no_others(model_name: str, given: Iterable[str], allowed: Sequence[str]) -> None:
    others = sorted(set(given) - set(allowed))
    if others:
        takes = f"takes {', '.join(allowed)}" if allowed else "takes none"
        raise RunError(f"handeye/{model_name} {takes} as model arguments, not {', '.join(others)}")
