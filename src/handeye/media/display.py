"""A decoded frame as a player shows it: what ``ffmpeg`` does on its own, and browsers mostly do.

    crop            of the codec (by the decoder) and of the container: the clean aperture of MP4
                    and MOV, Matroska's crop; browsers leave the container's out
    display matrix  quarter turns and mirrors; other angles turn the picture within its own size, on
                    black, as ffmpeg does (browsers leave those out)
    pixel aspect    the shorter way is stretched, as in browsers, so that pixels are square
    fields          woven, as they are stored: no player undoes that unless it is told to
    transparency    on white; AVI has none, whatever its fourth byte holds
    colours         FFmpeg's own conversion by the file's matrix and range (BT.601 where none is
                    told), to 8 bits; HDR is not mapped

Colours are converted by FFmpeg's scaler; sizes are changed by Pillow's Lanczos filter, which takes
every source pixel into account (no aliasing) and gives the same bytes everywhere.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.media.timeline import MOST_FRAME_PIXELS, FrameError, Track
from handeye.media.view import on_white

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Bytes = NDArray[np.uint8]
Size = tuple[int, int]
Crop = tuple[int, int, int, int]
"""Pixels left out at the left, right, top and bottom."""
Matrix = tuple[int, ...]
"""FFmpeg's display matrix, row by row; a, b, c and d stand at 0, 1, 3 and 4."""

# PyAV's own conversion, which is faster, reads chroma by fields and scales otherwise than ffmpeg.
# Of these, with an even number of lines, both scale none and give the same bytes.
_PLAIN = ("yuv420p", "yuvj420p")
# Where a Matroska file tells of a picture track: Segment, Tracks, TrackEntry, Video; and in there
# PixelCropLeft, -Right, -Top and -Bottom, each left out where it is 0.
_VIDEO = (0x18538067, 0x1654AE6B, 0xAE, 0xE0)
_CROPS = (0x54CC, 0x54DD, 0x54BB, 0x54AA)


class Display:
    """How the frames of a video are shown.

    Attributes:
        size: width and height of the last frame shown, in full size; (0, 0) before any.
        changes: what was done to it, in words.
    """

    def __init__(self, track: Track) -> None:
        self.size = (0, 0)
        self.changes: tuple[str, ...] = ()
        self._path = track.path
        self._aspect = track.stream.sample_aspect_ratio
        self._crop = _container_crop(track)
        self._has_alpha = track.container.format.name != "avi"

    def shown(self, frame: VideoFrame, longest_side: int | None = None) -> Bytes:
        """The frame as it is shown, (height, width, 3).

        Args:
            frame: as it was decoded.
            longest_side: a larger one is reduced to it, both sides rounded to even numbers.

        Raises:
            FrameError: the frame has more pixels, made square, than a frame may have.
        """
        matrix = _matrix(frame)
        angle = _angle(matrix)
        quarters, rest = divmod(angle, 90)
        left, right, top, bottom = self._crop
        steps = []
        if any(self._crop):
            steps.append(("crop", f"iw-{left}-{right}:ih-{top}-{bottom}:{left}:{top}"))
        if rest:
            steps.append(("rotate", f"{angle}*PI/180"))
        pixels = self._pixels(frame, steps)
        clear = pixels.shape[2] == 4
        rgb = on_white(pixels) if clear else pixels
        stored = rgb.shape[1], rgb.shape[0]
        full = _square(stored, self._aspect)
        if full[0] * full[1] > MOST_FRAME_PIXELS:
            raise FrameError(
                f"{self._path}: with pixels {self._aspect} times as wide as high, {stored[0]} x "
                f"{stored[1]} would be shown as {full[0]} x {full[1]}, more than the "
                f"{MOST_FRAME_PIXELS:,} pixels that a frame may have"
            )
        size = _within(full, longest_side)
        if size != stored:
            rgb = _resized(rgb, *size)
        if matrix is not None and not rest:
            rgb = _turned(rgb, quarters, matrix)
        self.size = full if rest or quarters % 2 == 0 else full[::-1]
        done = {
            "cropped": any(self._crop),
            f"turned by {angle} degrees": angle != 0,
            "mirrored": matrix is not None and _is_mirror(matrix),
            f"pixel aspect {self._aspect}": full != stored,
            "transparency on white": clear,
        }
        self.changes = tuple(words for words, so in done.items() if so)
        return np.ascontiguousarray(rgb)

    def _pixels(self, frame: VideoFrame, steps: Sequence[tuple[str, str]]) -> Bytes:
        """Colours, and alpha where it is not the same everywhere, (height, width, 3 or 4)."""
        kind = frame.format
        alpha = kind.has_palette or any(part.is_alpha for part in kind.components)
        if alpha and self._has_alpha:
            rgba = np.asarray(_filtered(frame, steps, "rgba").to_ndarray(), np.uint8)
            return rgba if rgba[..., 3].min() < 255 else rgba[..., :3]
        if (
            not steps
            and not frame.interlaced_frame
            and kind.name in _PLAIN
            and not frame.height % 2
        ):
            return np.asarray(frame.to_ndarray(format="rgb24", threads=1), np.uint8)
        return np.asarray(_filtered(frame, steps, "rgb24").to_ndarray(), np.uint8)


def _container_crop(track: Track) -> Crop:
    """What the container says is not to be seen.

    PyAV does not hand this out, but FFmpeg writes it into the header of a Matroska file that is to
    take up the same track.
    """
    import av

    header = io.BytesIO()
    try:
        with av.open(header, "w", format="matroska") as copy:
            copy.add_stream_from_template(track.stream)
            copy.start_encoding()
    except (av.FFmpegError, ValueError):
        return 0, 0, 0, 0  # no track for Matroska
    inside = header.getvalue()
    for name in _VIDEO:
        inside = _elements(inside).get(name, b"")
    told = _elements(inside)
    left, right, top, bottom = (int.from_bytes(told.get(name, b""), "big") for name in _CROPS)
    return left, right, top, bottom


def _elements(data: bytes) -> dict[int, bytes]:
    """The elements of EBML that follow each other, by their ids."""
    found = {}
    at = 0
    while at < len(data):
        name_end = at + 9 - data[at].bit_length()
        start = name_end + 9 - data[name_end].bit_length()
        bits = 7 * (start - name_end)
        size = int.from_bytes(data[name_end:start], "big") & (1 << bits) - 1
        end = len(data) if size == (1 << bits) - 1 else start + size  # all ones: to the end
        found[int.from_bytes(data[at:name_end], "big")] = data[start:end]
        at = end
    return found


def _matrix(frame: VideoFrame) -> Matrix | None:
    from av.sidedata.sidedata import Type

    beside: Any
    try:
        beside = frame.side_data
    except ValueError:
        # PyAV knows no name for a kind (the EXIF data of a JPEG are one): those are left out first.
        unknown = set(range(64)) - {one.value for one in Type}
        steps = [("sidedata", f"mode=delete:type={one}") for one in sorted(unknown)]
        beside = _filtered(frame, steps).side_data
    if Type.DISPLAYMATRIX not in beside:
        return None
    return struct.unpack("=9i", bytes(beside[Type.DISPLAYMATRIX])[:36])


def _angle(matrix: Matrix | None) -> int:
    """Degrees clockwise, 0..359, by which a frame is turned (``get_rotation`` of ffmpeg 8)."""
    if matrix is None:
        return 0
    across, down = math.hypot(matrix[0], matrix[3]), math.hypot(matrix[1], matrix[4])
    if not (across and down):
        return 0
    turn = math.degrees(math.atan2(matrix[1] / down, matrix[0] / across))
    return round(turn) % 360


def _is_mirror(matrix: Matrix) -> bool:
    return matrix[0] * matrix[4] - matrix[1] * matrix[3] < 0


def _turned(rgb: Bytes, quarters: int, matrix: Matrix) -> Bytes:
    """Quarter turns clockwise, and mirrors (``configure_input_video_filter`` of ffmpeg 8)."""
    if quarters == 1:
        return rgb.swapaxes(0, 1) if matrix[3] > 0 else np.rot90(rgb, -1)
    if quarters == 3:
        return np.rot90(rgb.swapaxes(0, 1), 2) if matrix[3] < 0 else np.rot90(rgb)
    if quarters == 2 and matrix[0] < 0:
        rgb = rgb[:, ::-1]
    return rgb[::-1] if matrix[4] < 0 else rgb


def _square(stored: Size, aspect: Fraction | None) -> Size:
    """The size with square pixels."""
    width, height = stored
    if aspect and aspect > 1:
        return round(width * aspect), height
    if aspect and 0 < aspect < 1:
        return width, round(height / aspect)
    return stored


def _within(full: Size, longest_side: int | None) -> Size:
    """The size within a limit, then of even numbers."""
    if longest_side is None or max(full) <= longest_side:
        return full
    share = longest_side / max(full)
    width, height = (max(2, 2 * round(side * share / 2)) for side in full)
    return width, height


def _filtered(
    frame: VideoFrame, steps: Sequence[tuple[str, str]], fmt: str | None = None
) -> VideoFrame:
    """The frame after some of FFmpeg's filters, in a pixel format."""
    import av

    graph = av.filter.Graph()
    graph.threads = 1
    source = (
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000:"
        f"pixel_aspect=1/1:colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
    )
    wanted = [("format", f"pix_fmts={fmt}")] if fmt else []
    chain = [("buffer", source), *steps, *wanted, ("buffersink", None)]
    graph.link_nodes(*(graph.add(name, args) for name, args in chain)).configure()
    graph.push(frame)
    found: Any = graph.pull()
    return cast("VideoFrame", found)


def _resized(rgb: Bytes, width: int, height: int) -> Bytes:
    resized = Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized, dtype=np.uint8)
