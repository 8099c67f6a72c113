"""Who answers as ``handeye/NAME``: makes each respondent from its model arguments.

Takes conversations and gives replies; what they are to Inspect is ``provider``'s business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput, StopReason

from handeye.errors import OptionError, RunError
from handeye.respondents.conversation import Conversation
from handeye.respondents.faults import parse_faults, simulate
from handeye.respondents.local.options import NAMES
from handeye.respondents.local.shipped import small_model_dir
from handeye.respondents.looking import PixelRespondent
from handeye.respondents.lookup import ItemFinder


class SimulatedApiError(Exception):
    """A planted failure of the API; no :class:`HandeyeError`, since nothing is to be mended."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a respondent says, and how it ended."""

    text: str
    stop_reason: StopReason = "stop"
    metadata: dict[str, Any] | None = None


class Speaker(Protocol):
    """Whoever takes whole conversations with settings, as a language model does."""

    connections: int
    """How many requests are worth having in flight."""

    async def generate(
        self, messages: Sequence[ChatMessage], config: GenerateConfig
    ) -> ModelOutput:
        """Answer a conversation."""
        ...


class Respondent(Protocol):
    """Whoever answers a conversation."""

    connections: int
    """How many requests are worth having in flight."""

    async def answer(self, asked: Conversation) -> Reply:
        """Answer one conversation."""
        ...


class Pixels:
    """Looks at the picture and reads the prompt."""

    def __init__(self) -> None:
        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._respondent = PixelRespondent(workers=cores)

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the pixels; declines when there is no grid or the prompt is not read."""
        text, declined = await self._respondent.answer(asked.one_picture(), asked.text)
        return Reply(text, "content_filter" if declined else "stop")


class Simulated:
    """Knows the gold of a ROSE set and spoils it as told."""

    connections = 64

    def __init__(self, data: str, faults: str | Sequence[str] | None, seed: int) -> None:
        from handeye.rose.release import load

        self._faults = parse_faults(faults)
        self._seed = seed
        self._items = ItemFinder(load(data))

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the gold with the faults that fire for the item."""
        item = self._items.find(asked.one_picture(), asked.text)
        found = simulate(item, self._faults, self._seed)
        return spoken(found.raw_text, found.stop_reason, found.error, found.planted)


class SimulatedClips:
    """Knows the gold of a set of clips and spoils it as told."""

    connections = 64

    def __init__(self, data: str, faults: str | Sequence[str] | None, seed: int) -> None:
        from handeye.respondents.clips.faults import FAULTS
        from handeye.respondents.fault_rates import parse_rates
        from handeye.visualact.loader import load

        self._faults = parse_rates(faults, FAULTS)
        self._seed = seed
        self._set = load(data, split=None)
        self._clips = {clip.clip_id: clip for clip in self._set}

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the gold with the faults that fire for the clip."""
        from handeye.respondents.clips import faults, prior, questions

        question = questions.read_question(asked.question)
        clip = self._clips.get(asked.item_id or "")
        if clip is None:
            raise prior.unknown_clip("simulated", asked.item_id, self._set.name)
        found = faults.simulate(clip, self._faults, self._seed, question)
        return spoken(found.raw_text, found.stop_reason, found.error, found.planted)


class PriorClips:
    """Knows the scenario of every clip of a set, and never looks."""

    connections = 64

    def __init__(self, data: str) -> None:
        from handeye.respondents.clips.prior import Prior
        from handeye.visualact.loader import load

        clips = load(data, split=None)
        self._prior = Prior(clips, clips.name)

    async def answer(self, asked: Conversation) -> Reply:
        """The template of the clip's scenario."""
        from handeye.respondents.clips.questions import read_question

        return Reply(self._prior.answer(asked.item_id, read_question(asked.question)))


class Motion:
    """Looks at the frames of a clip."""

    def __init__(self) -> None:
        from handeye.respondents.motion.respondent import MotionRespondent

        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._respondent = MotionRespondent(workers=cores)

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the frames; declines where they cannot be opened."""
        text, declined = await self._respondent.answer(asked.images, asked.videos, asked.question)
        return Reply(text, "content_filter" if declined else "stop")


def spoken(text: str | None, stop: str | None, error: str | None, planted: Sequence[str]) -> Reply:
    """What a simulated answer is as a reply.

    Raises:
        SimulatedApiError: there is no answer.
    """
    if text is None:
        raise SimulatedApiError(error)
    reasons: dict[str | None, StopReason] = {
        "content_filter": "content_filter",
        "max_tokens": "max_tokens",
    }
    return Reply(text, reasons.get(stop, "stop"), {"planted": list(planted)})


def make_respondent(model_name: str, model_args: dict[str, Any]) -> Respondent | Speaker:
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


def _local(args: dict[str, Any]) -> Speaker:
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


def _small(args: dict[str, Any]) -> Speaker:
    return _local({"path": str(small_model_dir()), **args})


MODELS: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any]], Respondent | Speaker]]] = {
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
