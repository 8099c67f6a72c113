"""What one client, or a crowd of them, may take of the study server: connections, time, places.

    connections   a bounded number; one more, and the one that has kept the server waiting longest
                  is closed, so that half-open ones never shut people out
    time          until a request is there, until its body is, until its answer was taken
    joining       a burst, then a steady trickle; and a bounded number of people in a study

Whoever goes away in the middle of a request is no error and leaves no line in a log.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from handeye.study.guard import HEADERS

# A browser keeps six connections to a server and closes idle ones; a person needs one at a time.
MOST_CONNECTIONS = 512
# Seconds for the head of a request, counted from the connection or the answer before; for its body;
# and for all of it, with a picture over a slow line.
HEAD_SECONDS = 10.0
BODY_SECONDS = 10.0
WHOLE_SECONDS = 60.0
# People who may join at once (a class with one link), then each second; and all in all.
JOINING_AT_ONCE = 100
JOINING_PER_SECOND = 1.0
MOST_PEOPLE = 10_000


class Connection(H11Protocol):
    """An HTTP connection of uvicorn's with limits.

    Attributes:
        since: when it began to wait for what it waits for, by the clock of the event loop.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: ASGIApp = self.app
        self.app = self._serve
        self.since = 0.0
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and close another where there are too many."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)
        if len(self.connections) > most_connections():
            waiting = (one for one in self.connections if isinstance(one, Connection))
            longest = min(waiting, key=lambda one: one.since)
            self.connections.discard(longest)
            longest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget its time limit."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait(HEAD_SECONDS)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._wait(WHOLE_SECONDS)
        await self._pages(scope, receive, send)

    def _wait(self, seconds: float) -> None:
        if self._end is not None:
            self._end.cancel()
        self.since = self.loop.time()
        self._end = self.loop.call_later(seconds, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers of every other answer."""
        kept = [(name.lower(), value) for name, value in HEADERS.items()]
        head = [*kept, ("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
        with suppress(h11.LocalProtocolError):  # in the middle of an answer
            for event in (
                h11.Response(status_code=400, headers=head, reason=b"Bad Request"),
                h11.Data(data=msg.encode()),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def most_connections() -> int:
    """Connections at a time: fewer where the process may open few files."""
    if sys.platform == "win32":
        return MOST_CONNECTIONS
    import resource

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files < 0 else max(8, min(MOST_CONNECTIONS, files // 2))


class Trickle:
    """Lets so many through at once, and then so many a second.

    Args:
        at_once: the burst.
        per_second: what is given back in a second.
        clock: seconds.
    """

    def __init__(
        self, at_once: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._per_second, self._clock = at_once, per_second, clock
        self._left, self._at = float(at_once), clock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
