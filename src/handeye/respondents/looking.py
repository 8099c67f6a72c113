"""Runs the pixel solver for many requests at once: off the event loop, each picture once.

Knows threads and the solver, nothing of Inspect.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

import anyio.to_thread
import sniffio

from handeye.respondents.pixels.reading import CannotAnswerError, read_prompt
from handeye.respondents.pixels.solver import Seen, answer, decode, look

# Pictures remembered: two for each scene in flight and then some; what is kept of one is small.
_REMEMBERED = 512


class PixelRespondent:
    """Answers requests with ``workers`` threads; answers do not depend on how many there are.

    Threads, not processes: decoding, Fourier transforms and sorting run outside the interpreter
    lock, and a process pool would run the user's script again wherever processes are spawned.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="handeye-pixels")
        self._seen: OrderedDict[bytes, Future[Seen]] = OrderedDict()
        self._lock = threading.Lock()

    async def answer(self, image: bytes, prompt: str) -> tuple[str, bool]:
        """The answer's text, and whether it declines to answer."""
        try:
            question = read_prompt(prompt)
            return answer(question, await _result(self._look(image))), False
        except CannotAnswerError as reason:
            return f"I cannot answer: {reason}", True

    def _look(self, image: bytes) -> Future[Seen]:
        """What the picture shows, now or later; a picture that is being looked at is waited for."""
        key = hashlib.sha256(image).digest()
        with self._lock:
            if key not in self._seen:
                self._seen[key] = self._pool.submit(_look_at, image)
                if len(self._seen) > _REMEMBERED:
                    self._seen.popitem(last=False)
            self._seen.move_to_end(key)
            return self._seen[key]


def _look_at(image: bytes) -> Seen:
    return look(decode(image))


async def _result(future: Future[Seen]) -> Seen:
    if sniffio.current_async_library() == "asyncio":
        # Shielded: others may wait for the same picture when this request is cancelled.
        return await asyncio.shield(asyncio.wrap_future(future))
    return await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True)
