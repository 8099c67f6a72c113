"""The engine's end of the wire process: hands requests over, takes answers back.

The process holds a second instance of the provider and the journal's file (the same open file, so
the journal stays locked until both are gone). It writes an answer down, then sends it here. When
this end vanishes, even by SIGKILL, it gives what is on its way a moment to land and ends.

Frames are pickles with a length before them, over a socket pair that no one else can open.
"""

from __future__ import annotations

import asyncio
import itertools
import pickle
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, RetryDecision

from handeye.errors import RunError
from handeye.run.answers import Answer
from handeye.run.journal import Journal

if TYPE_CHECKING:
    from handeye.run.pending import Pending

LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Setup:
    """First frame: which provider to make, and how many requests it may have under way.

    The environment (keys) is inherited. Without ``connections`` the engine's limit is the only one.
    """

    model: str
    base_url: str | None
    api_key: str | None
    model_args: dict[str, Any]
    config: GenerateConfig
    connections: int | None


@dataclass(frozen=True, slots=True)
class Ask:
    """A request; ``number`` names it on the wire."""

    number: int
    pending: Pending
    input: list[ChatMessage]
    config: GenerateConfig


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
    """An attempt failed; ``decision`` is the provider's own view of whether to try again."""

    number: int
    message: str
    decision: RetryDecision
    fatal: bool = False


class ProviderError(Exception):
    """What the provider raised in the wire process, told in one line."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.decision = failed.decision


def frame(message: object) -> bytes:
    """A message as it goes over the socket."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """The next message; raises ``IncompleteReadError`` or ``ConnectionError`` at the end."""
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return pickle.loads(await reader.readexactly(length))


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
            descriptors = (theirs.fileno(), journal.descriptor)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "handeye.run.wire_child", *map(str, descriptors)],
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                # Out of reach of what hits the engine's process group (Ctrl-C, kill -9 -PGID).
                start_new_session=True,
            )
        ours.setblocking(False)
        setup = Setup(
            model=str(model),
            base_url=model.explicit_base_url,
            api_key=getattr(model.api, "api_key", None),
            model_args=dict(model.model_args),
            config=model.config.model_copy(),
            connections=connections,
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
        self, pending: Pending, input: list[ChatMessage], config: GenerateConfig
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
            writer.write(frame(Ask(number, pending, input, config)))
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
            if message.fatal:
                self._end(message.message)
            if not future.done():
                failure = RunError if message.fatal else None
                future.set_exception(
                    failure(message.message) if failure else ProviderError(message)
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
