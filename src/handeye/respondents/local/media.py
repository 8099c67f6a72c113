"""What is shown beside the words: pictures, videos as pictures, sounds.

Knows bytes and codecs, nothing of models. The questions about a clip come one by one, each with its
bytes; what was decoded last is kept, so that a clip is decoded once.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import RunError
from handeye.media.sound import SoundError, is_silent, sound_of
from handeye.media.view import PictureError, view_of

# Clips whose frames and sounds are kept: about as many as are asked about at a time.
_KEPT = 8
# Requests come on threads: two about one clip must not both decode it.
_one_decodes = Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was sent: its bytes, and the SHA-256 that tells it from others."""

    data: bytes
    digest: str

    @classmethod
    def of(cls, data: bytes) -> Picture:
        """From the bytes of a file."""
        return cls(data, hashlib.sha256(data).hexdigest())

    def decoded(self) -> Image.Image:
        """The view, RGB.

        Raises:
            RunError: not a picture that can be read.
        """
        try:
            return view_of(self.data, "it").image()
        except PictureError as error:
            raise RunError(f"a picture that was sent cannot be read: {error}") from None


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A sound on one channel: samples in -1..1, shape (samples,), and the SHA-256 of them."""

    samples: NDArray[np.float32]
    digest: str


def sounds_of(data: bytes, rate: int, seconds: float | None = None) -> Sequence[Sound]:
    """The sound of a file, or of a video's first sound track, on one channel.

    Args:
        data: the file.
        rate: samples a second.
        seconds: the longest piece that a model hears at once; None: it is left whole.

    Returns:
        Its pieces in order; none where a video has no sound track.

    Raises:
        RunError: no sound that can be decoded (:func:`handeye.media.sound.sound_of`).
    """
    with _one_decodes:
        samples = _samples(data, rate)
    size = len(samples) if seconds is None else int(seconds * rate)
    pieces = [samples[at : at + size] for at in range(0, len(samples), size or 1)]
    return [Sound(piece, hashlib.sha256(piece.tobytes()).hexdigest()) for piece in pieces]


@lru_cache(maxsize=_KEPT)
def _samples(data: bytes, rate: int) -> NDArray[np.float32]:
    """All samples; none where there are pictures and no sound track."""
    try:
        if is_silent(data):
            return np.zeros(0, np.float32)
        samples = (sound_of(data, rate=rate, channels=1)[:, 0] / 2**15).astype(np.float32)
    except SoundError as error:
        raise RunError(f"a sound that was sent cannot be heard: {error}") from None
    samples.flags.writeable = False  # kept for others
    return samples


def video_frames(data: bytes, frames: int) -> Sequence[Picture]:
    """Pictures of a video as the suite of clips takes them: evenly over its length, as PNG.

    Raises:
        RunError: no video that can be decoded.
    """
    with _one_decodes:
        return _frames(data, frames)


@lru_cache(maxsize=_KEPT)
def _frames(data: bytes, frames: int) -> Sequence[Picture]:
    from handeye.media.frames import FrameChoice, FrameError, encode_frame, take_frames

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video"
        path.write_bytes(data)
        try:
            footage = take_frames(path, FrameChoice(count=frames))
        except FrameError as error:
            told = str(error).replace(str(path), "it")
            raise RunError(f"a video that was sent cannot be shown: {told}") from None
    return tuple(Picture.of(encode_frame(frame, "png")) for frame in footage.frames)
