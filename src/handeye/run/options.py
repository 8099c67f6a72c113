"""Whom a run asks about what, and how its requests are carried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import OptionError

if TYPE_CHECKING:
    from handeye.run.prices import Price

# 64 requests at a time; the engine's adaptive default starts at 20 and needs minutes to grow.
MAX_CONNECTIONS = 64
# After the HTTP client's own two retries, which honour Retry-After: waits of 3, 6, 12, ... seconds.
MAX_RETRIES = 5
# Seconds before a silent connection is given up and the request sent again. Slow reasoning models
# answer one request in minutes; the OpenAI client's own limit is the same.
ATTEMPT_TIMEOUT = 600


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

    def __post_init__(self) -> None:
        """Refuse limits that cannot be kept; places may be texts or paths.

        Raises:
            OptionError: names the limit and the least value.
        """
        object.__setattr__(self, "data", str(self.data))
        object.__setattr__(self, "out", Path(self.out))
        for name, least in (("max_connections", 1), ("max_retries", 0), ("attempt_timeout", 1)):
            if (value := getattr(self, name)) < least:
                raise OptionError(f"{name} must be at least {least}, got {value}")
