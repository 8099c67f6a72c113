"""A film -> its frames -> an MP4 file.

The frames are the same bytes everywhere (whole-number drawing, see ``canvas``); the file is the
same wherever the encoder is the same: one thread, every setting that matters stated, no clock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.film import Film

Pixels = NDArray[np.uint8]

CODEC = "libx264"
CRF = 20
KEYFRAME_SECONDS = 1
# Colours of standard definition, stated so that every player turns them back alike: BT.601 for
# matrix and primaries, limited range. Numbers are those of ITU-T H.273.
_BT601, _LIMITED = 6, 1
ENCODER_OPTIONS = {
    "preset": "veryfast",
    "crf": str(CRF),
    "x264-params": "threads=1:lookahead-threads=1:sliced-threads=0",
}


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
    flags = {"movflags": "+faststart", "fflags": "+bitexact"}
    # A file and not memory: to put the index first, FFmpeg opens what it wrote a second time.
    with TemporaryDirectory(prefix="handeye.") as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", format="mp4", container_options=flags) as container:
            stream = _stream(container, drawn)
            for rgb in drawn.frames:
                frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
                colors = frame.reformat(format="yuv420p", dst_colorspace="ITU601")
                container.mux(stream.encode(colors))
            container.mux(stream.encode())
        return path.read_bytes()


def _stream(container: OutputContainer, drawn: Drawn) -> VideoStream:
    height, width = drawn.frames[0].shape[:2]
    stream = cast(VideoStream, container.add_stream(CODEC, rate=drawn.fps, options=ENCODER_OPTIONS))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    codec = stream.codec_context
    codec.gop_size = KEYFRAME_SECONDS * drawn.fps
    codec.thread_count = 1
    codec.flags |= int(Flags.bitexact)
    codec.colorspace = codec.color_primaries = codec.color_trc = _BT601
    codec.color_range = _LIMITED
    return stream


def encoder_versions() -> dict[str, str]:
    """Versions of everything that turns a film into a file."""
    from importlib.metadata import version

    tiny = encode_film(Drawn((np.zeros((16, 16, 3), np.uint8),), 1))
    x264 = re.search(rb"x264 - core (\d+(?: r\d+)?)", tiny)
    return {
        "av": version("av"),
        "ffmpeg": str(av.ffmpeg_version_info),
        "libavcodec": ".".join(map(str, av.library_versions["libavcodec"])),
        "pillow": version("pillow"),
        "x264": x264.group(1).decode() if x264 else "unknown",
    }
