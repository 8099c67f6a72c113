"""Whom a run asks about what, and how its requests are carried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf, isfinite
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Self

from handeye.arguments import refuse_wrong_kinds
from handeye.errors import OptionError, did_you_mean, within
from handeye.printing import whole_characters
from handeye.run.secrets import know

if TYPE_CHECKING:
    from inspect_ai.model import GenerateConfig, Model

    from handeye.run.prices import Price

# 64 requests at a time; the engine's adaptive default starts at 20 and needs minutes to grow.
MAX_CONNECTIONS = 64
# After the HTTP client's own two retries, which honour Retry-After: waits of 3, 6, 12, ... seconds.
MAX_RETRIES = 5
# Seconds before a silent connection is given up and the request sent again. Slow reasoning models
# answer one request in minutes; the OpenAI client's own limit is the same.
ATTEMPT_TIMEOUT = 600
_WEEK = 7 * 24 * 3600
MOST_EPOCHS = 1_000
"""Answers to a question, at the most."""

# Models that handeye runs itself; all others under its name answer for one suite.
SMALL = "handeye/small"
OWN_MODELS = ("handeye/hf", SMALL)
FUNCTIONS = "python/"
"""Before the name of a function that answers."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Whom a run asks about what, and how its requests are carried; suites add what they ask.

    Attributes:
        model: an Inspect model name, such as ``openai/gpt-5.5``.
        data: a set folder, a file of one, or ``hf:OWNER/NAME``.
        split: only this split of the set; None, empty or ``all`` keeps every split.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        max_connections: requests under way at a time, at least 1.
        max_retries: attempts after the first, on top of the HTTP client's own, at least 0.
        attempt_timeout: seconds an attempt may stay silent, at least 1.
        base_url: where the server stands.
        generation: settings of Inspect's GenerateConfig that change answers (``temperature``,
            ``max_tokens``, ``reasoning_effort`` ...); what is not given is left to the provider.
        model_args: arguments of the provider.
        price: to count the cost.
        progress: show it on stderr.
        score: score the answers when all have arrived.
        strip_thoughts: score the answers without the thoughts and special tokens that stand in
            them (:mod:`handeye.run.thoughts`); predictions keep the text as it came.
        epochs: answers to every question, at least 1. Scores are of the first ones, unless the
            suite says otherwise; the others stand beside them.
        here: who answers, where that is not made from the name: a ``Model`` or function of the
            caller's (:mod:`handeye.respondents.whom`), asked in this process.
    """

    model: str
    data: str
    out: Path
    split: str | None = "test"
    max_connections: int = MAX_CONNECTIONS
    max_retries: int = MAX_RETRIES
    attempt_timeout: int = ATTEMPT_TIMEOUT
    base_url: str | None = None
    generation: Mapping[str, Any] = field(default_factory=dict)
    model_args: Mapping[str, Any] = field(default_factory=dict)
    price: Price | None = None
    progress: bool = True
    score: bool = True
    strip_thoughts: bool = False
    epochs: int = 1
    here: Model | None = None

    @classmethod
    def of(cls, **given: Any) -> Self:
        """The options that were given by name.

        Raises:
            OptionError: there is no such option; or as the class itself.
        """
        kinds = {one.name: one.type for one in fields(cls)}
        for name in given:
            if name not in kinds:
                known = "; it takes " + ", ".join(kinds)
                raise OptionError(f"a run takes no {name!r}{did_you_mean(name, kinds) or known}")
        refuse_wrong_kinds(given, kinds | {"data": "str | Path", "out": "str | Path"})
        return cls(**given)

    def __post_init__(self) -> None:
        """Refuse limits that cannot be kept; places may be texts or paths, keys are taken note of.

        Raises:
            OptionError: names the limit and what came; a model that is not named.
        """
        if not isinstance(self.model, str):
            raise OptionError(
                f"model must be a name such as openai/gpt-5.5, got {type(self.model).__name__}"
            )
        if self.model.startswith(FUNCTIONS) and self.here is None:
            name = self.model.removeprefix(FUNCTIONS)
            raise OptionError(
                f"{self.model} stands for a function, which only Python can give: "
                f"run(function, ..., name={name!r})"
            )
        for one in fields(self):
            if broken := _unwritable(getattr(self, one.name)):
                raise OptionError(
                    f"{one.name} holds a character that no file can hold: {broken[:60]!a}"
                )
        object.__setattr__(self, "data", str(self.data))
        object.__setattr__(self, "out", Path(self.out))
        within("max_connections", self.max_connections, 1, 10_000)
        within("max_retries", self.max_retries, 0, 1_000)
        within("attempt_timeout", self.attempt_timeout, 1, _WEEK)
        within("epochs", self.epochs, 1, MOST_EPOCHS)
        know(self.base_url, self.model_args, self.generation)
        from handeye.run.plan import stay_with_revision  # loads what only a run needs

        stay_with_revision(self.out, self.data)


def _unwritable(value: Any) -> str | None:
    """A text in a value that holds half a surrogate pair, such as a file name in no encoding."""
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        return next(filter(None, map(_unwritable, value)), None)
    text = str(value) if isinstance(value, str | PurePath) else ""
    return text if whole_characters(text) != text else None


# Settings that have an option of their own, and the least and largest value of others.
_CARRIED = {
    "max_connections": "--max-connections",
    "max_retries": "--max-retries",
    "attempt_timeout": "--timeout",
}
_LIMITS = {
    "max_tokens": (1, inf),
    "temperature": (0, inf),
    "top_p": (0, 1),
    "top_k": (-1, inf),
    "num_choices": (1, inf),
    "top_logprobs": (0, inf),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}


def generation_config(settings: Mapping[str, Any]) -> GenerateConfig:
    """Settings of generation as Inspect has them.

    Raises:
        OptionError: an unknown setting, one that is an option of the run, a value that is none.
    """
    from inspect_ai.model import GenerateConfig
    from pydantic import ValidationError

    for name in settings:
        if name in _CARRIED:
            raise OptionError(f"{name} is no setting of generation; give {_CARRIED[name]}")
        if name not in GenerateConfig.model_fields:
            hint = did_you_mean(name, GenerateConfig.model_fields)
            such = (
                "; there are temperature, max_tokens, reasoning_effort, seed and Inspect's others"
            )
            raise OptionError(f"unknown setting {name!r}{hint or such}")
    try:
        config = GenerateConfig(**settings)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        raise OptionError(f"setting {name}={settings[name]!r}: {wrong['msg'].lower()}") from None
    for name, given in settings.items():
        value = getattr(config, name)
        low, high = _LIMITS.get(name, (-inf, inf))
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if isinstance(given, bool) or not isfinite(value) or not low <= value <= high:
            limits = f"a number of at least {low}" if high == inf else f"a number {low} to {high}"
            raise OptionError(
                f"setting {name}={given!r}: must be {limits if name in _LIMITS else 'a number'}"
            )
    return config
