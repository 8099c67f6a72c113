"""Writes each answer down as close to the wire as a model provider allows.

The engine's bookkeeping after a response costs 8 to 15 ms of its one event loop, and under load
dozens of responses wait for it; killed then, they would be lost and asked again. So the provider's
own ``generate`` is replaced by one that files the answer before any of that bookkeeping:

- providers that speak HTTP run in a process of their own (:mod:`handeye.run.sender`), which has
  nothing else to do than to send, receive and write down;
- all others (local models, handeye's respondents, third-party providers, batch mode) run where
  they are and file the answer when their ``generate`` returns.

The wire process holds a second instance of the provider and the journal's file (the same open file,
so the journal stays locked until both are gone). It writes an answer down, then sends it here. When
this end vanishes, even by SIGKILL, it gives what is on its way a moment to land and ends.

Knows Inspect's ``Model`` and ``ModelAPI``; knows nothing of suites.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sniffio
from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, RetryDecision
from inspect_ai.tool import ToolInfo

from handeye.errors import HandeyeError, RunError
from handeye.printing import whole_characters
from handeye.run.answers import Answer
from handeye.run.failures import Failure, failure_of
from handeye.run.http import Exchange, exchange, listen
from handeye.run.journal import Journal
from handeye.run.messages import (
    Arrived,
    Ask,
    Cancel,
    Failed,
    Ready,
    Setup,
    decided,
    frame,
    read_frame,
)
from handeye.run.pending import Pending, output_without_keys, pending_request, stopped_output
from handeye.run.secrets import known, settings_without_secrets, without_keys, without_secrets

_MARK = "_handeye_wire"
_GIVEN = "_handeye_given"
# Inspect providers that are HTTP clients and nothing else, so that a second instance in another
# process is the same provider. Those that start a server (vllm, sglang) do so only without a URL.
REMOTE = frozenset(
    {
        *("anthropic", "azureai", "bedrock", "cloudflare", "deepseek", "fireworks", "google"),
        *("grok", "groq", "hf-inference-providers", "meta", "mistral", "moonshot", "ollama"),
        *("openai", "openai-api", "openai-api-completions", "openrouter", "perplexity"),
        *("sambanova", "together"),
    }
)
REMOTE_WITH_URL = frozenset({"vllm", "sglang", "vllm-completions"})


def is_remote(model: Model) -> bool:
    """Whether the model's provider is a plain HTTP client of Inspect's own."""
    provider = str(model).partition("/")[0]
    ours = type(model.api).__module__.startswith("inspect_ai.")
    has_url = bool(getattr(model.api, "base_url", None))
    return ours and (provider in REMOTE or (provider in REMOTE_WITH_URL and has_url))


class Tap:
    """Sits between a model and its provider; made by :func:`tap`.

    Attributes:
        over: why nothing is to be sent any more; empty while it is. The engine needs a moment to
            stop, in which requests that wait for their turn would still go out.
    """

    over = ""

    def __init__(self, model: Model, journal: Journal | None, connections: int | None) -> None:
        listen()
        self._model = model
        self._connections = connections
        self._journal = journal
        self._arrived = False
        # Looked up when they are called: the provider's own, whatever stands in for them by then.
        self._provider = type(model.api)
        given: _Given | None = getattr(model.api, _GIVEN, None)
        here = given is not None and given.here
        self._apart = sys.platform != "win32" and is_remote(model) and not here
        self._process: WireProcess | None = None

    async def ready(self, config: GenerateConfig) -> None:
        """Start the wire process if this provider has one, and wait until it can take requests.

        Raises:
            RunError: it could not make the provider.
        """
        on_asyncio = sniffio.current_async_library() == "asyncio"
        if self._journal is None or not self._apart or config.batch or not on_asyncio:
            return
        if self._process is None or not self._process.usable():
            self._process = WireProcess(self._model, self._journal, self._connections)
        await self._process.ready()

    async def generate(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for the provider's ``generate``."""
        if self.over:
            raise RunError(self.over)
        pending = pending_request.get()
        kwargs["config"] = _put_back(self._model, kwargs["config"])
        if pending is None:
            return await self._provider.generate(self._model.api, *args, **kwargs)
        pending.failure = None
        if self._process is None:
            result = await self._here(pending, args, kwargs)
        else:
            result, pending.answer = await self._process.ask(
                pending, kwargs["input"], kwargs["config"], kwargs["tools"]
            )
        self._arrived = True
        return result

    async def _here(self, pending: Pending, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        exchange.set(heard := Exchange())
        started = time.monotonic()
        key: str | None = getattr(self._model.api, "api_key", None)
        try:
            result = await self._provider.generate(self._model.api, *args, **kwargs)
        except HandeyeError:
            raise
        except Exception as error:
            pending.failure = failure_of(error, heard, [key])
            if pending.failure.filtered:
                return self._stopped(pending, time.monotonic() - started)
            if (told := self._without_keys(error, pending.failure)) is error:
                raise
            raise told from None
        output, call = result if isinstance(result, tuple) else (result, None)
        if not isinstance(output, ModelOutput):
            pending.failure = failure_of(output, heard, [key])
            if pending.failure.filtered:
                return self._stopped(pending, time.monotonic() - started)
            output = self._without_keys(output, pending.failure)
        else:
            seconds = time.monotonic() - started
            answer = pending.answered(output, seconds, call, heard, [key])
            if isinstance(answer, Failure):
                raise ProviderError(answer, RetryDecision.no())
            pending.answer = answer
            if self._journal is not None:
                self._journal.append(answer)
            output = output_without_keys(output)
        return (output, call and output_without_keys(call)) if isinstance(result, tuple) else output

    def _stopped(self, pending: Pending, seconds: float) -> ModelOutput:
        """File a request that a content filter stopped."""
        reason = pending.failure.reason if pending.failure else ""
        pending.failure, pending.answer = None, pending.refused(reason, seconds)
        if self._journal is not None:
            self._journal.append(pending.answer)
        return stopped_output(pending.model)

    def _without_keys(self, error: Exception, failure: Failure) -> Exception:
        """An error as the engine may log it; the very same where no key is in it.

        Half a surrogate pair goes too: the log could not be written.
        """
        with suppress(Exception):  # a __str__ of somebody's own
            if without_keys(whole_characters(str(error))) == str(error):
                return error
        return ProviderError(failure, decided(self._provider.should_retry(self._model.api, error)))

    def should_retry(self, ex: Exception) -> bool | RetryDecision:
        """Stands in for the provider's ``should_retry``."""
        pending = pending_request.get()
        decision = self._decision(ex, pending)
        if pending is not None and self._journal is not None and decided(decision).retry:
            self._journal.again[pending.item_id, pending.model, pending.request] += 1
        return decision

    def _decision(self, ex: Exception, pending: Pending | None) -> bool | RetryDecision:
        failure = ex.failure if isinstance(ex, ProviderError) else pending and pending.failure
        # Nobody at the address is a wrong address until somebody has answered there.
        if failure and (failure.hopeless or (failure.unreachable and not self._arrived)):
            return RetryDecision.no()
        if isinstance(ex, ProviderError):
            return ex.decision
        decision: bool | RetryDecision = self._provider.should_retry(self._model.api, ex)
        return decision


@dataclass(frozen=True, slots=True)
class _Given:
    """What a model was made with, and settings of generation, in which keys stand."""

    base_url: str | None
    model_args: dict[str, Any]
    settings: dict[str, Any]
    here: bool


def for_the_log(
    model: Model, settings: Mapping[str, Any], here: bool = False
) -> tuple[Model, dict[str, Any]]:
    """The model and the settings of generation as the engine may log them: without keys.

    What is left out is put back when a request goes out, by the model's :func:`tap`.

    Args:
        model: as it was made; an address with a key in it is not logged at all.
        settings: of generation.
        here: it is the caller's own, and no other process can make the like of it.
    """
    shown, kept = settings_without_secrets(settings), without_secrets(model.model_args)
    held_back = {name: value for name, value in settings.items() if shown[name] != value}
    address = {"": model.explicit_base_url}
    given = _Given(model.explicit_base_url, dict(model.model_args), held_back, here)
    setattr(model.api, _GIVEN, given)
    if kept != model.model_args or without_secrets(address) != address:
        model = Model(model.api, model.config, kept)
    return model, shown


def _put_back(model: Model, config: GenerateConfig) -> GenerateConfig:
    given: _Given | None = getattr(model.api, _GIVEN, None)
    return config.merge(GenerateConfig(**given.settings)) if given and given.settings else config


def tap(model: Model, journal: Journal | None, connections: int | None = None) -> Tap:
    """Put the journal between the model and its provider; once for each model and journal.

    Args:
        model: the model to be asked.
        journal: where its answers go; None keeps them nowhere and judges them all the same.
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


def left_alone(model: Model) -> None:
    """Take off again what :func:`for_the_log` and :func:`tap` put on a model of the caller's."""
    for name in (_GIVEN, _MARK, "generate", "should_retry"):
        vars(model.api).pop(name, None)


class ProviderError(Exception):
    """A request failed: what the provider raised, or what it returned and is no answer."""

    def __init__(self, failure: Failure, decision: RetryDecision) -> None:
        super().__init__(failure.reason)
        self.failure = failure
        self.decision = decision


def started(*descriptors: int) -> subprocess.Popen[bytes]:
    """A process of :mod:`handeye.run.sender` that has these open: its socket, the journal's file.

    It is out of reach of what hits the engine's process group (Ctrl-C, kill -9 -PGID).
    """
    return subprocess.Popen(
        [sys.executable, "-m", "handeye.run.sender", *map(str, descriptors)],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


class WireProcess:
    """One wire process, bound to the event loop it is first asked on."""

    def __init__(self, model: Model, journal: Journal, connections: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._journal = journal
        self._numbers = itertools.count()
        self._waiting: dict[int, tuple[tuple[str, str, str], asyncio.Future[Arrived]]] = {}
        self._late: dict[tuple[str, str, str], Arrived] = {}
        self._ended: str | None = None
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = started(theirs.fileno(), journal.descriptor)
        ours.setblocking(False)
        given: _Given | None = getattr(model.api, _GIVEN, None)
        setup = Setup(
            model=str(model),
            base_url=given.base_url if given else model.explicit_base_url,
            api_key=getattr(model.api, "api_key", None),
            model_args=given.model_args if given else dict(model.model_args),
            config=model.config.model_copy(),
            connections=connections,
            keys=known(),
        )
        self._connected = self._loop.create_task(self._connect(ours, setup))
        self._is_ready = asyncio.Event()
        journal.closing.append(self.close)

    def usable(self) -> bool:
        """Whether this process can take requests from the running loop."""
        return self._ended is None and self._loop is asyncio.get_running_loop()

    async def _connect(self, ours: socket.socket, setup: Setup) -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 24)
        writer.write(frame(setup))
        self._listener = self._loop.create_task(self._listen(reader, writer))
        return writer

    async def ready(self) -> None:
        """Wait until requests can be sent.

        Raises:
            RunError: the process could not make the provider, or ended.
        """
        await self._is_ready.wait()
        if self._ended is not None:
            raise RunError(self._ended)

    async def ask(
        self,
        pending: Pending,
        input: list[ChatMessage],
        config: GenerateConfig,
        tools: list[ToolInfo],
    ) -> tuple[ModelOutput, Answer]:
        """Send one request and wait for its answer.

        Raises:
            ProviderError: the attempt failed.
            RunError: the process ended, or it could not write the journal.
        """
        key = (pending.item_id, pending.model, pending.request)
        if (late := self._late.pop(key, None)) is not None:
            # It arrived after its attempt was given up; it is not asked again.
            return late.output, late.answer
        await self.ready()
        writer = await asyncio.shield(self._connected)
        number = next(self._numbers)
        future: asyncio.Future[Arrived] = self._loop.create_future()
        self._waiting[number] = (key, future)
        try:
            writer.write(frame(Ask(number, pending, input, config, tools)))
            await writer.drain()
            arrived = await future
        except asyncio.CancelledError:
            if self._ended is None:
                writer.write(frame(Cancel(number)))
            raise
        return arrived.output, arrived.answer

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self._take(await read_frame(reader))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._end("the process that talks to the provider ended; run the same command again")
        finally:
            writer.close()

    def _take(self, message: Ready | Arrived | Failed) -> None:
        if isinstance(message, Ready):
            if message.trouble is not None:
                self._end(message.trouble)
            self._is_ready.set()
            return
        if isinstance(message, Arrived):
            self._journal.accept(message.answer)
        key, future = self._waiting.pop(message.number)
        if isinstance(message, Failed):
            failure = message.failure
            if message.fatal:
                self._end(failure.reason)
            if not future.done():
                future.set_exception(
                    RunError(failure.reason)
                    if message.fatal
                    else ProviderError(failure, message.decision)
                )
        elif future.done():
            self._late[key] = message
        else:
            future.set_result(message)

    def _end(self, reason: str) -> None:
        if self._ended is None:
            self._ended = reason
        self._is_ready.set()
        for _, future in self._waiting.values():
            if not future.done():
                future.set_exception(RunError(self._ended))
        self._waiting.clear()

    def close(self) -> None:
        """End the process and wait for it; called when the journal closes."""
        if self._ended is None:
            self._ended = "the run is over"
        if not self._loop.is_closed():
            return
        # The loop is gone, and with it our end of the socket: the process sees that and ends.
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
