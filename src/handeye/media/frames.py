"""Frames of a video as arrays: exactly the chosen ones, as a player shows them, and no larger.

How a frame is shown is :mod:`handeye.media.display`'s business.
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
from handeye.media.display import Display
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
        changes: what is done to decoded frames to show them, in words; empty for most.
    """

    frames: tuple[Frame, ...]
    duration: float
    fps: float
    total: int
    width: int
    height: int
    changes: tuple[str, ...] = ()


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
    pictures, display = frames
    total = len(timeline.stamps)
    return Footage(
        frames=tuple(
            Frame(index, round(timeline.second(index), 6), rgb) for index, rgb in pictures
        ),
        duration=round(timeline.duration, 6),
        fps=round(total / timeline.duration, 3),
        total=total,
        width=display.size[0],
        height=display.size[1],
        changes=display.changes,
    )


MOST_KEPT = 2**30
"""Pixels of all chosen frames together at the most: 3 GB."""
Pictures = tuple[list[tuple[int, NDArray[np.uint8]]], Display]


def _seek_frames(path: Path, timeline: Timeline, choice: FrameChoice) -> Pictures | None:
    """The chosen frames by jumps to key frames; None if a frame is not where it should be."""
    wanted = timeline.chosen(choice, path)
    found: list[tuple[int, NDArray[np.uint8]]] = []
    with opened(path) as track:
        display = Display(track)
        frames = track.frames()
        reached = timeline.stamps[0]
        for index in wanted:
            target = timeline.stamps[index]
            key = max((key for key in timeline.keys if key <= target), default=reached)
            if key > reached:
                track.container.seek(key, stream=track.stream)
                frames = track.frames()
            frame = _forward(frames, target)
            if frame is None:
                return None
            _refuse_damage(frame, index, path)
            reached = target
            _keep(found, index, display.shown(frame, choice.longest_side), path)
            del frame
    return found, display


def _forward(frames: Iterator[VideoFrame], target: int) -> VideoFrame | None:
    """Decode up to the frame with the time stamp ``target``; None if it is passed or not there."""
    for frame in frames:
        if frame.pts is None or frame.pts > target:
            return None
        if frame.pts == target:
            return frame
        del frame  # not held while the next is decoded
    return None


def _keep(
    found: list[tuple[int, NDArray[np.uint8]]], index: int, rgb: NDArray[np.uint8], path: Path
) -> None:
    found.append((index, rgb))
    if sum(one.size for _, one in found) > 3 * MOST_KEPT:
        raise FrameError(
            f"{path}: the frames that were chosen have more than {MOST_KEPT:,} pixels; take fewer, "
            "or limit their longer side"
        )


def _decoded_timeline(path: Path) -> Timeline:
    """Times of all frames that the decoder gives, which has to go through all of them."""
    with opened(path) as track:
        stream = track.stream
        unit = stream.time_base or Fraction(1, 1000)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        step = max(1, round(1 / (rate * unit)))
        stamps: list[int] = []
        for frame in track.frames():
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
    with opened(path) as track:
        display = Display(track)
        for index, frame in enumerate(track.frames()):
            if index in wanted:
                _refuse_damage(frame, index, path)
                _keep(found, index, display.shown(frame, choice.longest_side), path)
            if len(found) == len(wanted):
                break
    return found, display


def _refuse_damage(frame: VideoFrame, index: int, path: Path) -> None:
    if frame.is_corrupt:
        raise FrameError(f"{path}: broken: frame {index} is damaged")


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
