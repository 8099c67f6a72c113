"""What is shown beside the words: pictures, videos as pictures, sounds.

Knows bytes and codecs, nothing of models.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import RunError
from handeye.media.timeline import OPEN_OPTIONS
from handeye.media.view import PictureError, view_of


@dataclass(frozen=True, slots=True)
class Medium:
    """A file as it was sent: its bytes, and the SHA-256 that tells it from others."""

    data: bytes
    digest: str

    @classmethod
    def of(cls, data: bytes) -> Self:
        """From the bytes of a file."""
        return cls(data, hashlib.sha256(data).hexdigest())


class Picture(Medium):
    """A picture."""

    __slots__ = ()

    def decoded(self) -> Image.Image:
        """The view, RGB.

        Raises:
            RunError: not a picture that can be read.
        """
        try:
            return view_of(self.data, "it").image()
        except PictureError as error:
            raise RunError(f"a picture that was sent cannot be read: {error}") from None


class Sound(Medium):
    """A sound."""

    __slots__ = ()

    def decoded(self, rate: int) -> NDArray[np.float32]:
        """The sound on one channel, shape (samples,), in -1..1, ``rate`` samples a second.

        Raises:
            RunError: not a sound that can be decoded.
        """
        import av

        wanted = av.AudioResampler(format="flt", layout="mono", rate=rate)
        try:
            with av.open(io.BytesIO(self.data), "r", options=OPEN_OPTIONS) as container:
                frames = [f for frame in container.decode(audio=0) for f in wanted.resample(frame)]
                frames += wanted.resample(None)
        except (av.FFmpegError, OSError, ValueError, IndexError) as error:
            raise RunError(f"a sound that was sent cannot be decoded: {error}") from None
        if not frames:
            raise RunError("a sound that was sent holds no sample")
        return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)


def video_frames(data: bytes, frames: int) -> list[Picture]:
    """Pictures of a video as the suite of clips takes them: evenly over its length, as PNG.

    Raises:
        RunError: no video that can be decoded.
    """
    from handeye.media.frames import FrameChoice, FrameError, encode_frame, take_frames

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video"
        path.write_bytes(data)
        try:
            footage = take_frames(path, FrameChoice(count=frames))
        except FrameError as error:
            told = str(error).replace(str(path), "it")
            raise RunError(f"a video that was sent cannot be shown: {told}") from None
    return [Picture.of(encode_frame(frame, "png")) for frame in footage.frames]
