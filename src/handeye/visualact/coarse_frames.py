"""Frames of a video as coarse mosaics, in which what an encoder does to pixels cancels out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handeye.visualact.timeline import opened

TILE = 16
"""Side of a tile in pixels; what is left over at the right and below is not seen."""
Mosaic = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class CoarseFilm:
    """All frames of a video, coarse.

    Attributes:
        frames: (rows, columns, 3) mean colours of the tiles, 0..255, in order of time.
        width: of the video, in pixels.
        height: as width.
        fps: frames a second, on average; 0 where the file does not tell.
    """

    frames: tuple[Mosaic, ...]
    width: int
    height: int
    fps: float

    def differs(self, other: CoarseFilm, *, backward: bool = False) -> float:
        """Largest difference of two tiles at the same place and time, 0..255.

        Args:
            other: with as many frames of the same size.
            backward: compare with the other film running from its end to its beginning.

        Raises:
            ValueError: another number or size of frames.
        """
        frames = other.frames[::-1] if backward else other.frames
        return max(float(np.abs(a - b).max()) for a, b in zip(self.frames, frames, strict=True))


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


def mosaic(rgb: NDArray[np.uint8]) -> Mosaic:
    """Mean colours of the tiles of a (height, width, 3) picture."""
    rows, columns = rgb.shape[0] // TILE, rgb.shape[1] // TILE
    whole = rgb[: rows * TILE, : columns * TILE].astype(np.float32)
    return np.asarray(whole.reshape(rows, TILE, columns, TILE, 3).mean(axis=(1, 3)), np.float32)
