"""Frames of a video as coarse mosaics, in which what an encoder does to pixels cancels out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.media.timeline import opened

TILE = 16
"""Side of a tile in pixels; those at the right and below may be smaller."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class CoarseFilm:
    """All frames of a video, coarse.

    Attributes:
        frames: (rows, columns, 3) mean colours of the tiles, 0..255, in order of time.
        width: of the video, in pixels.
        height: as width.
        fps: frames a second, on average; 0 where the file does not tell.
    """

    frames: tuple[Pixels, ...]
    width: int
    height: int
    fps: float

    def differs(self, other: CoarseFilm, *, backward: bool = False) -> int:
        """Largest difference of two tiles at the same place and time, 0..255.

        Args:
            other: with as many frames of the same size.
            backward: compare with the other film running from its end to its beginning.

        Raises:
            ValueError: another number or size of frames.
        """
        frames = other.frames[::-1] if backward else other.frames
        return max(_difference(a, b) for a, b in zip(self.frames, frames, strict=True))


def read_coarsely(path: Path) -> CoarseFilm:
    """Decode all of a video.

    Raises:
        FrameError: the file cannot be read or decoded.
    """
    with opened(path) as (container, stream):
        frames = [
            mosaic(np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8))
            for frame in container.decode(stream)
        ]
        rate = float(stream.average_rate or 0)
        return CoarseFilm(tuple(frames), stream.width, stream.height, rate)


def mosaic(rgb: Pixels) -> Pixels:
    """Mean colours (rows, columns, 3) of the tiles of a (height, width, 3) picture."""
    return np.asarray(Image.fromarray(rgb).reduce(TILE), dtype=np.uint8)


def _difference(first: Pixels, second: Pixels) -> int:
    return int(np.abs(first.astype(np.int16) - second.astype(np.int16)).max())
