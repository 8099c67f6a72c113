"""A small OpenAI-compatible chat server on real sockets, for tests and benchmarks.

Answers ``POST .../chat/completions`` and writes down every request and every answer that was sent
whole. What it answers is decided by a function from request to :class:`Reply`. Run as a program it
is a server of its own process with a fixed latency; ``GET /log`` then hands out its notes.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the server does with one request; ``stall`` keeps the connection open, silent.

    ``body`` is sent as it is, or as JSON where it is no text; ``text`` may be parts of a content,
    ``message`` has further fields of it, ``usage`` stands in the place of the usual one.
    """

    text: Any = "COUNT(0)"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    finish_reason: str | None = "stop"
    refusal: str | None = None
    delay: float = 0.0
    stall: bool = False
    body: Any = None
    message: dict[str, Any] = field(default_factory=dict)
    usage: Any = "counted"


@dataclass(frozen=True)
class Request:
    """One request as it arrived; ``number`` counts earlier ones with the same content."""

    path: str
    headers: dict[str, str]
    body: bytes
    content: str
    number: int

    @property
    def parsed(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Content parts of the last message."""
        content = self.parsed["messages"][-1]["content"]
        return [{"type": "text", "text": content}] if isinstance(content, str) else content

    @property
    def text(self) -> str:
        return "\n".join(part["text"] for part in self.parts if part["type"] == "text")

    @property
    def image(self) -> bytes:
        """Bytes of the first picture."""
        url = next(p["image_url"]["url"] for p in self.parts if p["type"] == "image_url")
        return base64.b64decode(url.split(",", 1)[1], validate=True)


class ChatServer:
    """See the module; use :func:`serving` in tests."""

    def __init__(self, reply: Callable[[Request], Reply]) -> None:
        self.reply = reply
        self.requests: list[Request] = []
        self.sent: list[str] = []
        self.sent_at: list[float] = []
        self.keep_requests = True
        self.first_request: float | None = None
        self._seen: dict[str, int] = {}
        self.url = ""

    async def start(self, port: int = 0) -> asyncio.Server:
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, limit=1 << 26)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        return server

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._one(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (li.partition(":") for li in lines) if k}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if first.startswith("GET /log"):
            note = {"first_request": self.first_request, "sent_at": self.sent_at}
            await _write(writer, 200, {}, json.dumps(note).encode())
            return
        self.first_request = self.first_request or time.time()
        content = hashlib.sha256(body).hexdigest()
        request = Request(first.split(" ")[1], headers, body, content, self._seen.get(content, 0))
        self._seen[content] = request.number + 1
        if self.keep_requests:
            self.requests.append(request)
        reply = self.reply(request)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.stall:
            await asyncio.sleep(3600)
        await _write(writer, reply.status, reply.headers, _payload(reply))
        if reply.status == 200:
            self.sent.append(content)
            self.sent_at.append(time.time())


def _payload(reply: Reply) -> bytes:
    if isinstance(reply.body, str):
        return reply.body.encode()
    if reply.body is not None:
        return json.dumps(reply.body).encode()
    if reply.status != 200:
        return json.dumps({"error": {"message": f"status {reply.status}", "type": "x"}}).encode()
    message = {
        "role": "assistant",
        "content": reply.text,
        "refusal": reply.refusal,
        **reply.message,
    }
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    usage = usage if reply.usage == "counted" else reply.usage
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps({**answer, "choices": [choice], "usage": usage}).encode()


async def _write(
    writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes
) -> None:
    kind = [] if "Content-Type" in headers else ["Content-Type: application/json"]
    lines = [f"HTTP/1.1 {status} X", *kind]
    lines += [f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    await writer.drain()


@contextmanager
def serving(reply: Callable[[Request], Reply]) -> Iterator[ChatServer]:
    """Serve from a thread of this process while the block runs."""
    server = ChatServer(reply)
    loop = asyncio.new_event_loop()
    asyncio_server = loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_close(asyncio_server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _main(latency: float, port: int) -> None:
    fixed = Reply(delay=latency)
    server = ChatServer(lambda request: fixed)
    server.keep_requests = False
    listening = await server.start(port)
    print(server.url, flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before an answer")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(_main(options.latency, options.port))
