"""Writes each answer down as close to the wire as a model provider allows.

The engine's bookkeeping after a response costs 8 to 15 ms of its one event loop, and under load
dozens of responses wait for it; killed then, they would be lost and asked again. Two measures:

1. The provider's own ``generate`` is wrapped, and the answer goes to the journal inside it, before
   any of that bookkeeping.
2. For providers on the OpenAI client the wrapped call runs on an event loop of its own, in a
   thread that does nothing else, so that a response is read, parsed and written down while the
   engine's loop is busy. (Inspect keeps one connection pool per event loop, so its HTTP clients
   allow this; batch mode, which needs the engine's own task group, does not, and stays.)

Knows Inspect's ``Model`` and ``ModelAPI``; knows nothing of suites.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sniffio
from inspect_ai.model import Model, ModelAPI, ModelOutput

from handeye.run.answers import Answer, Usage, state_of
from handeye.run.journal import Journal

_Generate = Callable[..., Awaitable[Any]]
_MARK = "_handeye_wire"
# By name: the classes live in private modules of Inspect, and importing them pulls in the client.
_OWN_LOOP = frozenset({"OpenAICompatibleAPI", "OpenAIAPI"})


@dataclass(slots=True)
class Pending:
    """One request on its way: what its answer will be filed under."""

    item_id: str
    model: str
    request: str
    image_sha256: str
    journal: Journal | None
    answer: Answer | None = None
    result: Any = None

    def settle(self, output: ModelOutput, seconds: float | None) -> None:
        """Turn the provider's output into the answer and write it down, once."""
        if self.answer is None:
            self.answer = answer_from(output, self, seconds)
            if self.journal is not None:
                self.journal.append(self.answer)

    def fail(self, message: str, seconds: float | None) -> None:
        """Record that every attempt failed."""
        self.answer = Answer(
            item_id=self.item_id,
            model=self.model,
            request=self.request,
            state="error",
            error=message,
            image_sha256=self.image_sha256,
            seconds=seconds,
            at=_now(),
        )
        if self.journal is not None:
            self.journal.append(self.answer)


pending_request: ContextVar[Pending | None] = ContextVar("handeye_pending_request", default=None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def answer_from(output: ModelOutput, pending: Pending, seconds: float | None) -> Answer:
    """The answer in a provider's output: visible text only, hidden reasoning left out."""
    choice = output.choices[0] if output.choices else None
    content = choice.message.content if choice is not None else ""
    parts = [] if isinstance(content, str) else content
    refused = any(getattr(part, "refusal", None) for part in parts)
    text = output.completion
    stop_reason = choice.stop_reason if choice is not None else None
    state = state_of(text, stop_reason, refused)
    return Answer(
        item_id=pending.item_id,
        model=pending.model,
        request=pending.request,
        state=state,
        raw_text=text,
        stop_reason=stop_reason,
        error=output.error,
        image_sha256=pending.image_sha256,
        usage=usage_from(output),
        seconds=None if seconds is None else round(seconds, 3),
        at=_now(),
    )


def usage_from(output: ModelOutput) -> Usage:
    """Token counts of one output.

    Inspect's ``input_tokens`` leaves out what a cache served (its ``ModelUsage``), so the three
    kinds of input are added up.
    """
    used = output.usage
    if used is None:
        return Usage()
    cached = used.input_tokens_cache_read or 0
    written = used.input_tokens_cache_write or 0
    return Usage(
        input=used.input_tokens + cached + written,
        cached=cached,
        output=used.output_tokens,
        reasoning=used.reasoning_tokens or 0,
    )


class WireLoop:
    """An event loop in a daemon thread that runs coroutines for another loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name="handeye-wire", daemon=True)
        thread.start()

    async def run(self, call: Coroutine[Any, Any, Any]) -> Any:
        """Run ``call`` there and wait for it here; cancelling here cancels it there."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._loop))


_shared_loop: WireLoop | None = None


def _wire_loop() -> WireLoop:
    global _shared_loop
    if _shared_loop is None:
        _shared_loop = WireLoop()
    return _shared_loop


def tap(model: Model) -> None:
    """Wrap the model's provider so that answers reach the journal at once; idempotent."""
    api = model.api
    if getattr(api, _MARK, False):
        return
    setattr(api, _MARK, True)
    inner: _Generate = api.generate
    loop = _wire_loop() if _has_own_loop(api) else None

    async def generate(*args: Any, **kwargs: Any) -> Any:
        pending = pending_request.get()
        if pending is None:
            return await inner(*args, **kwargs)
        if pending.result is not None:
            # It arrived while the engine was giving the attempt up; it is not asked again.
            return pending.result
        call = _journaled(inner, pending, args, kwargs)
        config = kwargs.get("config")
        batched = config is not None and config.batch
        if loop is None or batched or sniffio.current_async_library() != "asyncio":
            return await call
        return await loop.run(call)

    api.generate = generate  # type: ignore[method-assign]


def _has_own_loop(api: ModelAPI) -> bool:
    return any(kind.__name__ in _OWN_LOOP for kind in type(api).__mro__)


async def _journaled(
    inner: _Generate, pending: Pending, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    started = time.monotonic()
    result = await inner(*args, **kwargs)
    output = result[0] if isinstance(result, tuple) else result
    if isinstance(output, ModelOutput):
        pending.settle(output, time.monotonic() - started)
        pending.result = result
    return result
