"""The wire process: sends requests, writes answers down, passes them on. Started by the lane.

``python -m handeye.run.sender SOCKET_FD JOURNAL_FD``. Its event loop does nothing but this, so
that an answer is in the journal a few milliseconds after its last byte came in, however busy the
engine is.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from typing import NoReturn

from inspect_ai.model import Model, ModelOutput, RetryDecision, get_model
from inspect_ai.tool import ToolChoice

from handeye.errors import RunError
from handeye.run.failures import HANDFUL, Failure, failure_of
from handeye.run.http import Exchange, exchange, listen
from handeye.run.journal import append_line
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
from handeye.run.pending import output_without_keys, stopped_output
from handeye.run.secrets import remember

# When the engine is gone: how long answers that are on their way may still land, in seconds.
_GRACE = 1.0
# Rounds of the event loop that a request gets to be built and written before the next one begins.
_STEPS_TO_START = 12


class _Child:
    def __init__(
        self, model: Model, writer: asyncio.StreamWriter, journal_fd: int, connections: int | None
    ) -> None:
        self._model = model
        self._free = asyncio.Semaphore(sys.maxsize if connections is None else connections)
        self._key: str | None = getattr(model.api, "api_key", None)
        self._writer = writer
        self._journal_fd = journal_fd
        self._turn = asyncio.Lock()
        self._refused: list[Failure] = []
        self.calls: dict[int, asyncio.Task[None]] = {}

    def take(self, message: Ask | Cancel) -> None:
        if isinstance(message, Cancel):
            if (call := self.calls.get(message.number)) is not None:
                call.cancel()
            return
        call = asyncio.get_running_loop().create_task(self._answered(message))
        self.calls[message.number] = call
        call.add_done_callback(lambda _: self.calls.pop(message.number, None))

    async def _answered(self, ask: Ask) -> None:
        """Answer or fail in every case: nobody else tells the engine, which would wait for it."""
        try:
            await self._call(ask)
        except Exception as error:
            self._send(Failed(ask.number, failure_of(error), RetryDecision.no()))

    async def _call(self, ask: Ask) -> None:
        exchange.set(heard := Exchange())
        failure: Failure | None
        try:
            async with self._free:
                await self._start_in_turn()
                if len(self._refused) >= HANDFUL:
                    # The engine needs a moment to stop; nothing more is sent until then.
                    self._send(Failed(ask.number, self._refused[-1], RetryDecision.no()))
                    return
                started = time.monotonic()
                choice: ToolChoice = "auto" if ask.tools else "none"
                result = await self._model.api.generate(ask.input, ask.tools, choice, ask.config)
        except asyncio.CancelledError:
            self._send(Failed(ask.number, Failure("given up"), RetryDecision.no()))
            raise
        except Exception as error:
            failure = failure_of(error, heard, [self._key])
            if not failure.filtered:
                self._fail(ask, failure, heard, error)
                return
            result = stopped_output(ask.pending.model)
        else:
            failure = None
        seconds = time.monotonic() - started
        output, call = result if isinstance(result, tuple) else (result, None)
        if not isinstance(output, ModelOutput):
            failure = failure_of(output, heard, [self._key])
            if not failure.filtered:
                self._fail(ask, failure, heard)
                return
            output = stopped_output(ask.pending.model)
        answer = (
            ask.pending.answered(output, seconds, call, heard, [self._key])
            if failure is None
            else ask.pending.refused(failure.reason, seconds)
        )
        if isinstance(answer, Failure):
            self._fail(ask, answer, heard)
            return
        try:
            append_line(self._journal_fd, answer)
        except RunError as error:
            self._send(Failed(ask.number, Failure(str(error)), RetryDecision.no(), fatal=True))
            return
        self._refused.clear()
        self._send(Arrived(ask.number, output_without_keys(output), answer))

    def _fail(
        self, ask: Ask, failure: Failure, heard: Exchange, error: Exception | None = None
    ) -> None:
        decision = RetryDecision.no() if error is None else self._decide(error)
        # A server that is overloaded may say so with HTTP 200.
        if heard.status == 200 and failure.status == 429:
            decision = RetryDecision.rate_limit()
        elif heard.status == 200 and failure.status is not None and failure.status >= 500:
            decision = RetryDecision.transient()
        if failure.hopeless:
            self._refused.append(failure)
        self._send(Failed(ask.number, failure, decision))

    async def _start_in_turn(self) -> None:
        """Let requests begin one by one, so that answers coming in never wait behind a volley."""
        async with self._turn:
            for _ in range(_STEPS_TO_START):
                await asyncio.sleep(0)

    def _send(self, message: Arrived | Failed) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame(message))

    def _decide(self, error: Exception) -> RetryDecision:
        return decided(self._model.api.should_retry(error))


async def _main(socket_fd: int, journal_fd: int) -> None:
    channel = socket.socket(fileno=socket_fd)
    channel.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=channel, limit=1 << 24)
    setup: Setup = await read_frame(reader)
    remember(setup.keys)
    try:
        model = get_model(
            setup.model,
            base_url=setup.base_url,
            api_key=setup.api_key,
            config=setup.config,
            **setup.model_args,
        )
    except Exception as error:
        writer.write(frame(Ready(failure_of(error, keys=[setup.api_key]).reason)))
        await writer.drain()
        return
    listen()
    writer.write(frame(Ready()))
    child = _Child(model, writer, journal_fd, setup.connections)
    try:
        while True:
            child.take(await read_frame(reader))
    except (asyncio.IncompleteReadError, ConnectionError):
        if child.calls:
            await asyncio.wait(child.calls.values(), timeout=_GRACE)


def main(socket_fd: int, journal_fd: int) -> NoReturn:
    """Send until the engine is gone, and end the process.

    Args:
        socket_fd: of the socket that requests come from and answers go to.
        journal_fd: of the journal's file.
    """
    asyncio.run(_main(socket_fd, journal_fd))
    # Connections that are still open would be closed one by one; the journal needs none of it.
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
