"""Writes each answer down as close to the wire as a model provider allows.

The engine's bookkeeping after a response costs 8 to 15 ms of its one event loop, and under load
dozens of responses wait for it; killed then, they would be lost and asked again. So the provider's
own ``generate`` is replaced by one that files the answer before any of that bookkeeping:

- providers that speak HTTP run in a process of their own (:mod:`handeye.run.wire_process`), which
  has nothing else to do than to send, receive and write down;
- all others (local models, handeye's respondents, third-party providers, batch mode) run where
  they are and file the answer when their ``generate`` returns.

Knows Inspect's ``Model`` and ``ModelAPI``; knows nothing of suites.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import sniffio
from inspect_ai.model import GenerateConfig, Model, ModelOutput, RetryDecision

from handeye.run.answers import Answer, Usage, state_of
from handeye.run.journal import Journal
from handeye.run.wire_process import ProviderError, WireProcess

_Generate = Callable[..., Awaitable[Any]]
_MARK = "_handeye_wire"
# Inspect providers that are HTTP clients and nothing else, so that a second instance in another
# process is the same provider. Those that start a server (vllm, sglang) do so only without a URL.
_REMOTE = frozenset(
    {
        *("anthropic", "azureai", "bedrock", "cloudflare", "deepseek", "fireworks", "google"),
        *("grok", "groq", "hf-inference-providers", "meta", "mistral", "moonshot", "ollama"),
        *("openai", "openai-api", "openai-api-completions", "openrouter", "perplexity"),
        *("sambanova", "together"),
    }
)
_REMOTE_WITH_URL = frozenset({"vllm", "sglang", "vllm-completions"})


@dataclass(slots=True)
class Pending:
    """One request on its way: what its answer will be filed under."""

    item_id: str
    model: str
    request: str
    media_sha256: str
    note: dict[str, Any] | None = None
    answer: Answer | None = None

    def answered(self, output: ModelOutput, seconds: float | None) -> Answer:
        """The answer that a provider's output holds."""
        return answer_from(output, self, seconds)

    def failed(self, message: str, seconds: float | None) -> Answer:
        """The record that every attempt failed."""
        return Answer(
            item_id=self.item_id,
            model=self.model,
            request=self.request,
            state="error",
            error=message,
            media_sha256=self.media_sha256,
            seconds=seconds,
            at=_now(),
            note=_note(self),
        )


pending_request: ContextVar[Pending | None] = ContextVar("handeye_pending_request", default=None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def answer_from(output: ModelOutput, pending: Pending, seconds: float | None) -> Answer:
    """The answer in a provider's output: visible text only, hidden reasoning left out."""
    choice = output.choices[0] if output.choices else None
    content = choice.message.content if choice is not None else ""
    parts = [] if isinstance(content, str) else content
    refused = any(getattr(part, "refusal", None) for part in parts)
    stop_reason = choice.stop_reason if choice is not None else None
    return Answer(
        item_id=pending.item_id,
        model=pending.model,
        request=pending.request,
        state=state_of(output.completion, stop_reason, refused),
        raw_text=output.completion,
        stop_reason=stop_reason,
        error=output.error,
        media_sha256=pending.media_sha256,
        usage=usage_from(output),
        seconds=None if seconds is None else round(seconds, 3),
        at=_now(),
        note=_note(pending),
    )


def _note(pending: Pending) -> dict[str, Any] | msgspec.UnsetType:
    return msgspec.UNSET if pending.note is None else pending.note


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


def is_remote(model: Model) -> bool:
    """Whether the model's provider is a plain HTTP client of Inspect's own."""
    provider = str(model).partition("/")[0]
    ours = type(model.api).__module__.startswith("inspect_ai.")
    has_url = bool(getattr(model.api, "base_url", None))
    return ours and (provider in _REMOTE or (provider in _REMOTE_WITH_URL and has_url))


class Tap:
    """Sits between a model and its provider; made by :func:`tap`."""

    def __init__(self, model: Model, journal: Journal, connections: int | None) -> None:
        self._model = model
        self._connections = connections
        self._journal = journal
        self._inner: _Generate = type(model.api).generate.__get__(model.api)
        self._should_retry = type(model.api).should_retry.__get__(model.api)
        self._apart = sys.platform != "win32" and is_remote(model)
        self._process: WireProcess | None = None

    async def ready(self, config: GenerateConfig) -> None:
        """Start the wire process if this provider has one, and wait until it can take requests.

        Raises:
            RunError: it could not make the provider.
        """
        on_asyncio = sniffio.current_async_library() == "asyncio"
        if not self._apart or config.batch or not on_asyncio:
            return
        if self._process is None or not self._process.usable():
            self._process = WireProcess(self._model, self._journal, self._connections)
        await self._process.ready()

    async def generate(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for the provider's ``generate``."""
        pending = pending_request.get()
        if pending is None:
            return await self._inner(*args, **kwargs)
        if self._process is None:
            return await self._here(pending, args, kwargs)
        output, pending.answer = await self._process.ask(pending, kwargs["input"], kwargs["config"])
        return output

    async def _here(self, pending: Pending, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        started = time.monotonic()
        result = await self._inner(*args, **kwargs)
        output = result[0] if isinstance(result, tuple) else result
        if isinstance(output, ModelOutput):
            pending.answer = pending.answered(output, time.monotonic() - started)
            self._journal.append(pending.answer)
        return result

    def should_retry(self, ex: Exception) -> bool | RetryDecision:
        """Stands in for the provider's ``should_retry``."""
        if isinstance(ex, ProviderError):
            return ex.decision
        decision: bool | RetryDecision = self._should_retry(ex)
        return decision


def tap(model: Model, journal: Journal, connections: int | None = None) -> Tap:
    """Put the journal between the model and its provider; once for each model and journal.

    Args:
        model: the model to be asked.
        journal: where its answers go.
        connections: requests a wire process may have under way; the engine's limit if None.
    """
    known: Tap | None = getattr(model.api, _MARK, None)
    if known is not None and known._journal is journal:
        return known
    new = Tap(model, journal, connections)
    setattr(model.api, _MARK, new)
    model.api.generate = new.generate  # type: ignore[method-assign]
    model.api.should_retry = new.should_retry  # type: ignore[method-assign]
    return new
