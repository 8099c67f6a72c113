"""Small videos made for tests. The grey of a frame's lower half tells its number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SIZE = (96, 64)  # width, height
STEP = 4  # grey levels from one frame to the next


def picture(number: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A red corner at the top left, and a lower half whose grey is the number."""
    width, height = size
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 4, : width // 4] = (255, 0, 0)
    rgb[height // 2 :] = number * STEP
    return rgb


def number_in(rgb: NDArray[np.uint8]) -> int:
    """The number of a frame, read from its pixels."""
    lower = rgb[rgb.shape[0] * 5 // 8 : rgb.shape[0] * 7 // 8]
    return round(float(np.median(lower)) / STEP)


def make_video(
    path: Path,
    frames: int = 48,
    *,
    size: tuple[int, int] = SIZE,
    fps: int = 12,
    codec: str = "libx264",
    stamps: Sequence[int] | None = None,
    rotation: int | None = None,
    aspect: Fraction | None = None,
    fmt: str | None = None,
    first: int = 0,
    title: str = "",
    show: Callable[[int], NDArray[np.uint8]] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a video; ``stamps`` are the times of its frames in milliseconds."""
    unit = Fraction(1, fps) if stamps is None else Fraction(1, 1000)
    with av.open(str(path), "w", format=fmt, options=options or {}) as container:
        if title:
            container.metadata["title"] = title
        settings = {"crf": "8", "g": "10", "bf": "2"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=fps, options=settings)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = unit
        if codec != "libx264":
            stream.bit_rate = 4_000_000
        if rotation is not None:
            stream.set_display_rotation(rotation)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        container.start_encoding()
        for number in range(frames):
            rgb = picture(number, size) if show is None else show(number)
            frame = av.VideoFrame.from_ndarray(rgb)
            frame.time_base = unit
            frame.pts = (number if stamps is None else stamps[number]) + first
            container.mux(stream.encode(frame))
        if frames:
            container.mux(stream.encode())
    return path


def make_audio(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        for number in range(12):
            silence = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate = 44100
            frame.pts = number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def all_frames(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    """Every frame with its time, by decoding from the beginning."""
    with av.open(str(path)) as container:
        frames = [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24"))
            for frame in container.decode(video=0)
        ]
    return [(seconds - frames[0][0], rgb) for seconds, rgb in frames]
