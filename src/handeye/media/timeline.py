"""When each frame of a video is on screen, read from its packets; and its frames, decoded in order.

Everything that can be wrong with a video file is found here or while decoding and raised as
:class:`FrameError` with the file and the reason.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from handeye.errors import DataError, refusal
from handeye.hashing import open_regular
from handeye.media.frame_choice import FrameChoice

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Containers of videos only. Play lists and scripts, which would open other files, are not among
# them, nor is plain text, which FFmpeg can also show as a film.
_FORMATS = (
    "mov,matroska,avi,flv,asf,mpeg,mpegts,mpegvideo,ogg,gif,apng,h264,hevc,ivf,m4v,mjpeg,nut,"
    "dv,rm,mxf,image2,jpeg_pipe,png_pipe,webp_pipe,mp3,wav,flac,aac"
)
MOST_FRAME_PIXELS = 9 * 2**22
"""The most that a frame may have: 36 Mi, enough for 8192 x 4320."""
# The last is for the decoders that FFmpeg opens to see what is there; ours are told again.
OPEN_OPTIONS = {
    "format_whitelist": _FORMATS,
    "protocol_whitelist": "file",
    "max_pixels": str(MOST_FRAME_PIXELS),
}
MOST_DECODED = 2**36
"""Pixels decoded at the most to get at a video's frames: 18 minutes of 1080p at 30 a second."""
# Those of FFmpeg's own decoders leave the transparency of WebM out, libvpx shows it.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# A file that ends this much before the length its header states was cut off.
_SLACK_SECONDS, _SLACK_SHARE = 0.5, 0.05
# Stamps are rounded to the file's unit (often 1 ms), and times to decimals.
_ROUNDING = 0.001
# FFmpeg's words for these say nothing to somebody who has a file that does not play.
_REASONS = {
    "EOFError": "it ends before the first frame",
    "InvalidDataError": "FFmpeg finds invalid data in it",
}


class FrameError(DataError):
    """A video whose frames cannot be taken: the file and the reason."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Frames of a video in order of time.

    Attributes:
        stamps: time of each frame, ascending, in units of ``unit`` seconds.
        keys: stamps of the frames that decoding can start from, ascending.
        unit: seconds.
        last: how long the last frame stays, in units.
    """

    stamps: tuple[int, ...]
    keys: tuple[int, ...]
    unit: Fraction
    last: int

    @classmethod
    def even(cls, frames: int, fps: float) -> Timeline:
        """That of so many frames at equal distances, ``fps`` a second."""
        unit = 1 / Fraction(fps)
        return cls(tuple(range(frames)), (0,), unit, 1)

    @property
    def duration(self) -> float:
        """Seconds from the first frame's beginning to the last one's end."""
        return float((self.stamps[-1] + self.last - self.stamps[0]) * self.unit)

    def second(self, index: int) -> float:
        """When frame ``index`` comes on screen."""
        return float((self.stamps[index] - self.stamps[0]) * self.unit)

    def index_at(self, second: float | Fraction) -> int:
        """The frame on screen at a time.

        One that comes at most a millisecond later counts as there.
        """
        slack = min(self.unit / 2, Fraction(_ROUNDING)) + Fraction(1, 1_000_000)
        stamp = (Fraction(second) + slack) / self.unit + self.stamps[0]
        return max(0, bisect_right(self.stamps, stamp) - 1)

    def chosen(self, choice: FrameChoice, path: Path) -> list[int]:
        """Numbers of the chosen frames, ascending, each once.

        Raises:
            FrameError: more frames than the choice allows, a time or number beyond the end.
        """
        total = len(self.stamps)
        length = (self.stamps[-1] + self.last - self.stamps[0]) * self.unit
        if choice.method == "indices":
            _refuse_beyond(choice.indices, total - 1, "frame", f"has {total} frames", path)
            return sorted(set(choice.indices))
        if choice.method == "seconds":
            end = float(length)
            _refuse_beyond(choice.seconds, end, "second", f"is {end:.3f} s long", path)
            return sorted({self.index_at(second) for second in choice.seconds})
        if choice.method == "fps":
            return self._at_rate(choice, length, path)
        if total <= choice.count:
            return list(range(total))
        middles = (length * (2 * part + 1) / (2 * choice.count) for part in range(choice.count))
        return sorted({self.index_at(middle) for middle in middles})

    def _at_rate(self, choice: FrameChoice, length: Fraction, path: Path) -> list[int]:
        rate = Fraction(choice.fps or 0)
        count = max(1, math.ceil(length * rate))
        if count > choice.max_frames:
            raise FrameError(
                f"{path}: {choice.fps:g} frames a second over {float(length):.1f} s are {count} "
                f"frames, more than max_frames={choice.max_frames}; take fewer a second or raise "
                "the limit"
            )
        return sorted({self.index_at(number / rate) for number in range(count)})


def _refuse_beyond(values: Sequence[float], end: float, what: str, length: str, path: Path) -> None:
    beyond = [value for value in values if value > end + _ROUNDING]
    if beyond:
        raise FrameError(f"{path}: no {what} {beyond[0]:g}; the video {length}")


@dataclass(slots=True, eq=False)
class Track:
    """The picture track of an opened video.

    Attributes:
        path: of the file.
        container: the file.
        stream: the track; its decoder is set to one thread.
    """

    path: Path
    container: InputContainer
    stream: VideoStream
    _left: int = field(default_factory=lambda: MOST_DECODED, init=False)

    def frames(self) -> Iterator[VideoFrame]:
        """Decode from where the file stands; after a jump, from there.

        Raises:
            FrameError: more pixels than :data:`MOST_DECODED` since it was opened.
        """
        name = _WITH_ALPHA.get(self.stream.codec_context.name, "")
        alpha = _decoder(name) if name and self.stream.metadata.get("alpha_mode") == "1" else None
        for packet in self.container.demux(self.stream):
            decoded = packet.decode() if alpha is None else alpha.decode(packet)
            while decoded:  # nothing is held here while the next is decoded: frames may be large
                yield self._counted(decoded.pop(0))

    def _counted(self, frame: VideoFrame) -> VideoFrame:
        self._left -= frame.width * frame.height
        if self._left < 0:
            raise FrameError(
                f"{self.path}: more than {MOST_DECODED:,} pixels would have to be decoded to get "
                "at its frames"
            )
        return frame


def _decoder(name: str) -> Any:
    import av

    decoder: Any = av.CodecContext.create(name, "r")
    _limit(decoder)
    return decoder


def _limit(decoder: Any) -> None:
    from av.codec.context import Flags

    decoder.flags |= Flags.unaligned  # else a crop at the left is cut only to a multiple of 64
    decoder.thread_count = 1  # clips are decoded beside one another
    decoder.options = {"max_pixels": str(MOST_FRAME_PIXELS)}


@contextmanager
def opened(path: Path) -> Iterator[Track]:
    """Open a video for reading.

    Raises:
        FrameError: not there, empty, no video file, no picture track, more pixels a frame than may
            be; also whatever FFmpeg meets inside the block.
    """
    import av
    from av.stream import Disposition

    try:
        # Whatever is no regular file would be waited for, or read without end.
        with open_regular(path) as stream:
            if not stream.read(1):
                raise FrameError(f"{path}: the file is empty (0 bytes)")
        # The prefix keeps a name such as "http:a.mp4" from being read as an address.
        with av.open(f"file:{path}", options=OPEN_OPTIONS, metadata_errors="replace") as container:
            tracks = [
                stream
                for stream in container.streams.video
                if not stream.disposition & Disposition.attached_pic
            ]
            if not tracks:
                kinds = {
                    "covers (attached pictures)" if stream.type == "video" else stream.type
                    for stream in container.streams
                }
                there = f"only {' and '.join(sorted(kinds))}" if kinds else "nothing"
                raise FrameError(f"{path}: no picture track; there is {there}")
            decoder: Any = tracks[0].codec_context
            if decoder is None:
                raise FrameError(f"{path}: its pictures are coded in a way that FFmpeg cannot read")
            if decoder.width * decoder.height > MOST_FRAME_PIXELS:
                raise FrameError(
                    f"{path}: {decoder.width} x {decoder.height} are "
                    f"{decoder.width * decoder.height:,} pixels, more than the "
                    f"{MOST_FRAME_PIXELS:,} that a frame may have; it is not decoded"
                )
            _limit(decoder)
            yield Track(path, container, tracks[0])
    except av.FFmpegError as error:
        reason = _REASONS.get(type(error).__name__) or error.strerror or str(error)
        raise FrameError(f"{path}: broken, cut off or no video: {reason}") from None
    except IndexError:
        # PyAV 18 trips over tracks that only appear late in a damaged stream.
        raise FrameError(f"{path}: broken, cut off or no video: tracks come and go") from None
    except IsADirectoryError:
        raise FrameError(f"{path}: is a folder") from None
    except FileNotFoundError:
        raise FrameError(f"{path}: no such video") from None
    except OSError as error:
        raise FrameError(f"{path}: cannot be read: {refusal(error)}") from None


def read_timeline(path: Path) -> Timeline | None:
    """Times of all frames, from the packets.

    Returns:
        None where the packets do not say (no time stamps, or one twice): then only decoding tells.

    Raises:
        FrameError: the file cannot be read, is cut off, or holds no frame.
    """
    with opened(path) as track:
        stream = track.stream
        packets, end = _packets(track)
        if not packets:
            raise FrameError(f"{path}: the picture track holds no frame")
        stated = _stated_seconds(track.container, stream)
        if end < stated * (1 - _SLACK_SHARE) - _SLACK_SECONDS:
            raise FrameError(
                f"{path}: cut off: it ends after {end:.1f} s of the {stated:.1f} s that its header "
                "states"
            )
        shown = [packet for packet in packets if not packet.discarded]
        stamps = sorted({packet.pts for packet in shown if packet.pts is not None})
        if len(stamps) < len(shown) or not stamps or stream.time_base is None:
            return None
        keys = sorted(p.pts for p in packets if p.key and p.pts is not None)
        lengths = {packet.pts: packet.duration for packet in shown}
        return Timeline(
            tuple(stamps), tuple(keys), stream.time_base, _last(stamps, lengths[stamps[-1]], stream)
        )


def _stated_seconds(container: InputContainer, stream: VideoStream) -> float:
    """The length that the header states, 0 where none is stated and a cut ends in an error."""
    if "matroska" in container.format.name:
        return (container.duration or 0) / 1_000_000
    if container.format.name == "avi" and stream.average_rate:
        return float(stream.frames / stream.average_rate)
    return 0.0


class _Packet(NamedTuple):
    """What is kept of a packet: without its data, which are as large as the file."""

    pts: int | None
    duration: int | None
    key: bool
    discarded: bool


def _packets(track: Track) -> tuple[list[_Packet], float]:
    """Packets of the picture track, and the second at which the last packet of any track ends."""
    found: list[_Packet] = []
    end = 0.0
    for packet in track.container.demux():
        if packet.pts is not None and packet.time_base:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if packet.stream_index == track.stream.index and packet.size:
            found.append(
                _Packet(packet.pts, packet.duration, packet.is_keyframe, packet.is_discard)
            )
    return found, end


def _last(stamps: Sequence[int], stated: int | None, stream: VideoStream) -> int:
    """How long the last frame stays: as stated, as the one before it, or by the rate."""
    if stated:
        return stated
    if len(stamps) > 1:
        return stamps[-1] - stamps[-2]
    rate = stream.average_rate or stream.guessed_rate
    return max(1, round(1 / (rate * stream.time_base))) if rate and stream.time_base else 1
