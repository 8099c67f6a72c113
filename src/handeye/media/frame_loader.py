"""Clips decoded beside the requests, a bounded number of them at a time.

A sample takes its clip from the loader, sends the pictures and lets go of them. More samples are in
flight than requests, so the next clips are decoded, on worker threads, while models answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from handeye.errors import OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import MEDIA_TYPES, ImageFormat, check_encoding, encode_frame, take_frames


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model is shown of a clip.

    Attributes:
        pictures: encoded frames, in order of time.
        media_type: ``image/jpeg`` or ``image/png``.
        seconds: when each frame comes on screen.
        width: of the pictures, in pixels.
        height: as width.
    """

    pictures: tuple[bytes, ...]
    media_type: str
    seconds: tuple[float, ...]
    width: int
    height: int


class FrameLoader:
    """Decodes clips, never more than a limit of them decoded or held at a time.

    Args:
        choice: which frames.
        limit: clips decoded or held at a time; whoever comes later waits.
        workers: clips being decoded at a time.
        image_format: ``jpeg`` or ``png``.
        quality: of JPEG, 1..100.

    Raises:
        OptionError: a limit or number of workers below 1, another format or quality.
    """

    def __init__(
        self,
        choice: FrameChoice | None = None,
        *,
        limit: int = 16,
        workers: int = 2,
        image_format: ImageFormat = "jpeg",
        quality: int = 90,
    ) -> None:
        for name, value in (("limit", limit), ("workers", workers)):
            if value < 1:
                raise OptionError(f"{name} must be at least 1, got {value}")
        check_encoding(image_format, quality)
        self.choice = choice or FrameChoice()
        self._format: ImageFormat = image_format
        self._quality = quality
        self._sizes = (limit, workers)
        # Made when first used, because they belong to the event loop that runs then.
        self._places: anyio.CapacityLimiter | None = None
        self._threads: anyio.CapacityLimiter | None = None

    @asynccontextmanager
    async def clip(self, path: str | Path) -> AsyncIterator[Shown]:
        """Wait for a place, decode a clip, and hold it until the block is left.

        Raises:
            FrameError: as :func:`handeye.media.frames.take_frames`.
        """
        if self._places is None or self._threads is None:
            limit, workers = self._sizes
            self._places = anyio.CapacityLimiter(limit)
            self._threads = anyio.CapacityLimiter(workers)
        # The block is the borrower: one task may hold several clips.
        place = object()
        await self._places.acquire_on_behalf_of(place)
        try:
            # A cancelled task waits for its thread, so the place is free only when the memory is.
            yield await to_thread.run_sync(self.shown, Path(path), limiter=self._threads)
        finally:
            self._places.release_on_behalf_of(place)

    def shown(self, path: str | Path) -> Shown:
        """Decode and encode a clip here and now.

        Raises:
            FrameError: as :func:`handeye.media.frames.take_frames`.
        """
        footage = take_frames(path, self.choice)
        height, width = footage.frames[0].rgb.shape[:2]
        return Shown(
            pictures=tuple(
                encode_frame(frame, self._format, self._quality) for frame in footage.frames
            ),
            media_type=MEDIA_TYPES[self._format],
            seconds=tuple(frame.seconds for frame in footage.frames),
            width=width,
            height=height,
        )
