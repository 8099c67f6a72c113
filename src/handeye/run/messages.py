"""What goes between the engine and the wire process, over a socket pair that no one else can open.

Frames are pickles with a length before them.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
from dataclasses import dataclass
from typing import Any

from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput, RetryDecision
from inspect_ai.tool import ToolInfo

from handeye.run.answers import Answer
from handeye.run.failures import Failure
from handeye.run.pending import Pending

_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Setup:
    """First frame: which provider to make, and how many requests it may have under way.

    The environment (keys) is inherited; ``keys`` are those of arguments, to be kept out of what is
    written. Without ``connections`` the engine's limit is the only one.
    """

    model: str
    base_url: str | None
    api_key: str | None
    model_args: dict[str, Any]
    config: GenerateConfig
    connections: int | None
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request; ``number`` names it on the wire."""

    number: int
    pending: Pending
    input: list[ChatMessage]
    config: GenerateConfig
    tools: list[ToolInfo]


@dataclass(frozen=True, slots=True)
class Cancel:
    """The engine no longer waits for this request."""

    number: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """The answer to a request, in the journal already."""

    number: int
    output: ModelOutput
    answer: Answer


@dataclass(frozen=True, slots=True)
class Ready:
    """The provider is made; or it is not, and ``trouble`` says why."""

    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt failed; ``decision`` is the provider's own view of whether to try again.

    ``fatal``: the journal cannot be written.
    """

    number: int
    failure: Failure
    decision: RetryDecision
    fatal: bool = False


def decided(decision: bool | RetryDecision) -> RetryDecision:
    """A provider's view of whether to try again, in the engine's form."""
    if isinstance(decision, RetryDecision):
        return decision
    return RetryDecision.transient() if decision else RetryDecision.no()


def frame(message: object) -> bytes:
    """A message as it goes over the socket."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """The next message; raises ``IncompleteReadError`` or ``ConnectionError`` at the end."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))
