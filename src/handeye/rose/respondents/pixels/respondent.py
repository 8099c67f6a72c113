"""Runs the pixel solver for many requests at once: off the event loop, each picture once."""

from __future__ import annotations

import hashlib

from handeye.respondents.workers import WorkerPool
from handeye.rose.respondents.pixels.reading import CannotAnswerError, read_prompt
from handeye.rose.respondents.pixels.solver import Seen, answer, decode, look


class PixelRespondent:
    """Answers requests with ``workers`` threads; answers do not depend on how many there are."""

    def __init__(self, workers: int) -> None:
        self._pool: WorkerPool[Seen] = WorkerPool(workers)

    async def answer(self, image: bytes, prompt: str) -> tuple[str, bool]:
        """The answer's text, and whether it declines to answer."""
        try:
            question = read_prompt(prompt)
            key = hashlib.sha256(image).digest()
            return answer(question, await self._pool.see(key, lambda: _look_at(image))), False
        except CannotAnswerError as reason:
            return f"I cannot answer: {reason}", True


def _look_at(image: bytes) -> Seen:
    return look(decode(image))
