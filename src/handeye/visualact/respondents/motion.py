"""``handeye/motion``: the check that clips can be solved, asked in the place of a model.

It answers questions about clips from their frames, off the event loop, each clip looked at once.
It is fitted on the generator's own films: on others it is no respondent to compare with.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from handeye.errors import DataError, RunError
from handeye.media.frames import take_frames
from handeye.respondents.workers import WorkerPool
from handeye.visualact.records import PredictedAction
from handeye.visualact.respondents.questions import read_question, written
from handeye.visualact.scenes.solver.features import decoded
from handeye.visualact.scenes.solver.model import fitted, solve

Seen = tuple[PredictedAction, ...]


class CannotSeeError(Exception):
    """The pictures or the video cannot be opened; caught by the respondent, which declines."""


class MotionRespondent:
    """Answers requests with ``workers`` threads; answers do not depend on how many there are."""

    def __init__(self, workers: int) -> None:
        fitted()
        self._pool: WorkerPool[Seen] = WorkerPool(workers)

    async def answer(
        self, images: Sequence[bytes], videos: Sequence[bytes], question: str
    ) -> tuple[str, bool]:
        """The answer's text, and whether it declines to answer.

        Raises:
            RunError: none of the suite's questions, neither frames nor one video.
        """
        asked = read_question(question)
        if len(videos) > 1 or bool(images) == bool(videos):
            raise RunError(
                "handeye/motion answers about the frames of a clip or about one video, got "
                f"{len(images)} pictures and {len(videos)} videos"
            )
        shown = tuple(images), tuple(videos)
        try:
            seen = await self._pool.see(_key(*shown), lambda: look(*shown))
        except CannotSeeError as reason:
            return f"I cannot answer: {reason}", True
        return written(asked, seen), False


def look(images: Sequence[bytes], videos: Sequence[bytes] = ()) -> Seen:
    """What ought to be done, as far as frames (in order of time) or a video show it.

    Raises:
        CannotSeeError: a picture or the video cannot be opened.
    """
    try:
        frames = _video_frames(videos[0]) if videos else [decoded(image) for image in images]
    except (DataError, OSError) as error:
        raise CannotSeeError(f"what was sent cannot be opened ({error})") from None
    return solve(frames)


def _video_frames(video: bytes) -> list[Image.Image]:
    """Eight frames of a video; written to a file first, since a reader has to jump in it."""
    with tempfile.TemporaryDirectory(prefix="handeye-") as folder:
        path = Path(folder) / "clip.mp4"
        path.write_bytes(video)
        return [Image.fromarray(frame.rgb) for frame in take_frames(path).frames]


def _key(images: Sequence[bytes], videos: Sequence[bytes]) -> bytes:
    """The same for the same things in the same order."""
    parts = [hashlib.sha256(part).digest() for part in (*images, *videos)]
    return hashlib.sha256(b"".join(parts)).digest()
