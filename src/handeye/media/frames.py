"""Frames of a video as arrays: exactly the chosen ones, upright, no larger than asked for.

Decoding is PyAV (FFmpeg), which also turns its colours into RGB; reducing is Pillow's Lanczos
filter, which takes every source pixel into account (no aliasing) and gives the same bytes
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

from handeye.errors import OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.media.timeline import FrameError, Timeline, opened, read_timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["Footage", "Frame", "FrameChoice", "FrameError", "encode_frame", "take_frames"]

ImageFormat = Literal["jpeg", "png"]
MEDIA_TYPES: dict[str, str] = {"jpeg": "image/jpeg", "png": "image/png"}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        index: number in the video, from 0.
        seconds: when it comes on screen, from the first frame.
        rgb: (height, width, 3).
    """

    index: int
    seconds: float
    rgb: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """The chosen frames in order of time, and the video they are from.

    Attributes:
        frames: at least one.
        duration: seconds from the first frame's beginning to the last one's end.
        fps: frames a second, on average.
        total: number of frames in the video.
        width: of the video as it is displayed, in pixels.
        height: as width.
    """

    frames: tuple[Frame, ...]
    duration: float
    fps: float
    total: int
    width: int
    height: int


def take_frames(path: str | Path, choice: FrameChoice | None = None) -> Footage:
    """Take frames from a video.

    Args:
        path: the file.
        choice: which, and how large; eight at equal distances by default.

    Raises:
        FrameError: the file is missing, empty, broken, cut off, or has no picture track or no
            frame; the choice does not fit the video.
    """
    path, choice = Path(path), choice or FrameChoice()
    timeline = read_timeline(path)
    frames = None if timeline is None else _seek_frames(path, timeline, choice)
    if timeline is None or frames is None:
        # What the packets say is not what the decoder gives: only decoding all of it tells.
        timeline = _decoded_timeline(path)
        frames = _count_frames(path, timeline, choice)
    pictures, (width, height) = frames
    total = len(timeline.stamps)
    return Footage(
        frames=tuple(
            Frame(index, round(timeline.second(index), 6), rgb) for index, rgb in pictures
        ),
        duration=round(timeline.duration, 6),
        fps=round(total / timeline.duration, 3),
        total=total,
        width=width,
        height=height,
    )


Pictures = tuple[list[tuple[int, NDArray[np.uint8]]], tuple[int, int]]


def _seek_frames(path: Path, timeline: Timeline, choice: FrameChoice) -> Pictures | None:
    """The chosen frames by jumps to key frames; None if a frame is not where it should be."""
    wanted = timeline.chosen(choice, path)
    found: list[tuple[int, NDArray[np.uint8]]] = []
    size = (0, 0)
    with opened(path) as (container, stream):
        frames = container.decode(stream)
        reached = timeline.stamps[0]
        for index in wanted:
            target = timeline.stamps[index]
            key = max((key for key in timeline.keys if key <= target), default=reached)
            if key > reached:
                container.seek(key, stream=stream)
                frames = container.decode(stream)
            frame = _forward(frames, target)
            if frame is None:
                return None
            _refuse_damage(frame, index, path)
            reached = target
            rgb, size = _picture(frame, stream.sample_aspect_ratio, choice.longest_side)
            found.append((index, rgb))
    return found, size


def _forward(frames: Iterator[VideoFrame], target: int) -> VideoFrame | None:
    """Decode up to the frame with the time stamp ``target``; None if it is passed or not there."""
    for frame in frames:
        if frame.pts is None or frame.pts > target:
            return None
        if frame.pts == target:
            return frame
    return None


def _decoded_timeline(path: Path) -> Timeline:
    """Times of all frames that the decoder gives, which has to go through all of them."""
    with opened(path) as (container, stream):
        unit = stream.time_base or Fraction(1, 1000)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        step = max(1, round(1 / (rate * unit)))
        stamps: list[int] = []
        for frame in container.decode(stream):
            after = stamps[-1] + step if stamps else 0
            known = frame.pts is not None and (not stamps or frame.pts > stamps[-1])
            stamps.append(cast(int, frame.pts) if known else after)
    if not stamps:
        raise FrameError(f"{path}: the picture track holds no frame that can be decoded")
    return Timeline(tuple(stamps), (), unit, step)


def _count_frames(path: Path, timeline: Timeline, choice: FrameChoice) -> Pictures:
    """The chosen frames by counting from the first."""
    wanted = set(timeline.chosen(choice, path))
    found: list[tuple[int, NDArray[np.uint8]]] = []
    size = (0, 0)
    with opened(path) as (container, stream):
        for index, frame in enumerate(container.decode(stream)):
            if index in wanted:
                _refuse_damage(frame, index, path)
                rgb, size = _picture(frame, stream.sample_aspect_ratio, choice.longest_side)
                found.append((index, rgb))
            if len(found) == len(wanted):
                break
    return found, size


def _refuse_damage(frame: VideoFrame, index: int, path: Path) -> None:
    if frame.is_corrupt:
        raise FrameError(f"{path}: broken: frame {index} is damaged")


def _picture(
    frame: VideoFrame, aspect: Fraction | None, longest_side: int | None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The frame as it is displayed, reduced to the limit; and its (width, height) before that."""
    rgb = np.asarray(frame.to_ndarray(format="rgb24", threads=1), dtype=np.uint8)
    width, height = frame.width, frame.height
    if aspect and aspect > 1:  # pixels that are not square: reduced to square ones, not enlarged
        height = max(1, round(height / aspect))
    elif aspect and 0 < aspect < 1:
        width = max(1, round(width * aspect))
    full = (width, height)
    turns = round(frame.rotation / 90) % 4  # quarter turns, counter-clockwise
    if longest_side is not None and max(width, height) > longest_side:
        share = longest_side / max(width, height)
        width, height = (max(2, 2 * round(side * share / 2)) for side in (width, height))
    if (height, width) != rgb.shape[:2]:
        rgb = _resized(rgb, width, height)
    upright = np.ascontiguousarray(np.rot90(rgb, turns))
    return upright, (full if turns % 2 == 0 else (full[1], full[0]))


def _resized(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    from PIL import Image

    size = (width, height)
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS), dtype=np.uint8)


def encode_frame(
    frame: Frame | NDArray[np.uint8], image_format: ImageFormat = "jpeg", quality: int = 90
) -> bytes:
    """A frame as the bytes of a picture file.

    Args:
        frame: a frame, or its (height, width, 3) array.
        image_format: ``jpeg`` or ``png`` (without loss).
        quality: of JPEG, 1..100; its colours are kept at full resolution.

    Raises:
        OptionError: another format or quality.
    """
    from PIL import Image

    check_encoding(image_format, quality)
    rgb = frame.rgb if isinstance(frame, Frame) else frame
    out = BytesIO()
    if image_format == "jpeg":
        Image.fromarray(rgb).save(out, "JPEG", quality=quality, subsampling=0)
    else:
        Image.fromarray(rgb).save(out, "PNG", compress_level=6)
    return out.getvalue()


def check_encoding(image_format: str, quality: int) -> None:
    """Check the format and quality of encoded frames.

    Raises:
        OptionError: the format is not jpeg or png, the quality not 1 to 100.
    """
    if image_format not in MEDIA_TYPES:
        raise OptionError(f"image format {image_format!r} is not known; allowed: jpeg, png")
    if isinstance(quality, bool) or not isinstance(quality, int) or not 1 <= quality <= 100:
        raise OptionError(f"JPEG quality must be a whole number from 1 to 100, got {quality!r}")
