"""A film -> its frames -> an MP4 file.

The frames are the same bytes everywhere (whole-number drawing, see ``canvas``); the file is the
same wherever the encoder is the same: one thread, every setting that matters stated, no clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from handeye.media.encoding import add_pictures, mp4_writer
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.film import Film

Pixels = NDArray[np.uint8]

CRF = 20


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The frames of a film.

    Attributes:
        frames: (height, width, 3) each, in order of time.
        fps: frames a second.
    """

    frames: tuple[Pixels, ...]
    fps: int

    @property
    def seconds(self) -> float:
        """Length: every frame is on screen for 1/fps."""
        return len(self.frames) / self.fps

    def reversed(self) -> Drawn:
        """The same frames from the last to the first."""
        return Drawn(self.frames[::-1], self.fps)

    def sha256(self) -> str:
        """SHA-256 of the raw RGB bytes of all frames, row by row, in order of time."""
        digest = hashlib.sha256()
        for frame in self.frames:
            digest.update(frame.data)
        return digest.hexdigest()


def frame_count(film: Film, fps: int) -> int:
    """Number of frames of a film: those that begin before its end, rounded; at least two."""
    return max(2, round(film.seconds * fps))


def draw_film(film: Film, fps: int, numbers: Iterable[int] | None = None) -> Drawn:
    """Draw the frames of a film; the first shows second 0, each next one 1/fps later.

    Args:
        film: the film.
        fps: frames a second.
        numbers: draw only these, from 0, in this order.
    """
    stage = Canvas()
    film.backdrop(stage)
    frames: list[Pixels] = []
    for number in range(frame_count(film, fps)) if numbers is None else numbers:
        picture = stage.copy()
        film.paint(picture, number / fps)
        frames.append(np.asarray(picture.finished(), dtype=np.uint8))
    return Drawn(tuple(frames), fps)


def encode_film(drawn: Drawn) -> bytes:
    """The frames as an MP4 file: H.264, 4:2:0, index before the pictures (for the web)."""
    # A file and not memory: the index stands first.
    with TemporaryDirectory(prefix="handeye.") as folder:
        path = Path(folder) / "film.mp4"
        with mp4_writer(str(path), movflags="+faststart") as container:
            # Runs are filed under the hashes of videos, which stay what they have been.
            add_pictures(container, drawn.frames, drawn.fps, CRF, portable=False)
        return path.read_bytes()
