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
from typing import Any

import sniffio
from inspect_ai.model import GenerateConfig, Model, ModelOutput, RetryDecision

from handeye.run.journal import Journal
from handeye.run.pending import Pending, pending_request
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
