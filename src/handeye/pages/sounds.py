"""Sounds of a page: drawn as a waveform, and played, small enough to live inside it or beside it.

Each sound is kept once, however many cards play it, as MP3, which every browser knows; that of a
video that browsers know, too, and that is small, as the video itself, so that it is seen as well.
Like pictures (:mod:`handeye.pages.pictures`) they share one budget in a page that is one file, and
are files of their own in a folder.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from handeye.media.sound import RATE, SoundError, encode_wav, read_sound
from handeye.media.timeline import FrameError, opened
from handeye.pages.charts import svg

_BITS = 48_000
_COLUMNS = 240
_FULL = 32_768
_LEAST = 0.004  # a silent column keeps a line
_ALIKE = 0.03
# A video larger than this is heard only: a page has many.
_LARGEST_VIDEO = 500_000
_SEEN = ("h264", "vp8", "vp9", "av1")
_HEARD = ("aac", "mp3", "opus", "vorbis")
_ENDINGS = {"audio/mpeg": "mp3", "audio/wav": "wav", "video/mp4": "mp4", "video/webm": "webm"}


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound.

    Attributes:
        id: on the page.
        uri: data, or the name of its file, of the sound or of the video that it belongs to; empty
            where it did not fit, and is drawn alone.
        size: of the file in bytes.
        seconds: its length.
        peaks: (channels, columns), 0 to 1: the largest sample of each stretch; one channel where
            both are the same.
    """

    id: str
    uri: str
    size: int
    seconds: float
    peaks: NDArray[np.float64]

    @property
    def embedded(self) -> bool:
        """Whether it stands in the page itself."""
        return self.uri.startswith("data:")

    @property
    def tag(self) -> str:
        """The element of the page that plays it."""
        return "video" if self.uri.startswith("data:video/") else "audio"

    @property
    def source(self) -> str:
        """What a play button names: the address of a file, or of the sound in the page."""
        return f"#{self.id}" if self.embedded else self.uri

    def drawn(
        self,
        key: str,
        title: str,
        spans: Sequence[tuple[float, float, str]] = (),
        *,
        narrow: bool = False,
    ) -> Markup:
        """The waveform from left to right, channels below each other.

        Args:
            key: unique on the page.
            title: name of the picture for readers that cannot see it.
            spans: stretches that are marked: seconds from and to, and what is heard there.
            narrow: the drawing for phones.
        """
        width, lane = 280.0 if narrow else 600.0, 56.0 / len(self.peaks)
        bottom = lane * len(self.peaks)
        parts = [
            svg.element(
                "rect", svg.element("title", words), x=width * start / self.seconds, y=0.0,
                width=width * (end - start) / self.seconds, height=bottom, class_="evidence",
            )
            for start, end, words in spans
        ]  # fmt: skip
        for number, peaks in enumerate(self.peaks):
            middle, half = lane * (number + 0.5), lane * 0.46
            xs = (np.arange(len(peaks)) + 0.5) * width / len(peaks)
            up = [
                f"{svg.number(x)} {svg.number(middle - half * p)}"
                for x, p in zip(xs, peaks, strict=True)
            ]
            down = [
                f"{svg.number(x)} {svg.number(middle + half * p)}"
                for x, p in zip(xs[::-1], peaks[::-1], strict=True)
            ]
            parts.append(svg.element("path", d=f"M{'L'.join([*up, *down])}Z", class_="wave"))
            if len(self.peaks) == 2:
                parts.append(svg.text(4, middle - half + 9, ("left", "right")[number], "tick"))
        parts.append(svg.line(0.0, 0.0, 0.0, bottom, "at"))
        parts.append(svg.text(0, bottom + 13, "0 s", "tick"))
        parts.append(svg.text(width, bottom + 13, f"{self.seconds:.1f} s", "tick", "end"))
        class_ = f"waveform {'narrow' if narrow else 'wide'}-only"
        heard = "; ".join(f"{a:.1f} to {b:.1f} s: {words}" for a, b, words in spans)
        told = f"Sound of {self.seconds:.1f} seconds. {heard}".strip()
        return svg.figure(key, width, bottom + 17, title, told, *parts, class_=class_)


class Sounds:
    """Collects sounds for a page within ``budget`` bytes (before base64 adds a third)."""

    def __init__(self, budget: int, folder: Path | None = None) -> None:
        """Start empty.

        Args:
            budget: bytes for all sounds together.
            folder: of the page; sounds become files of it, of any size together.
        """
        self._left, self._folder = budget, folder
        self._known: dict[Path, Sound | None] = {}

    @property
    def embedded(self) -> list[Sound]:
        """Every sound that stands in the page itself, in order."""
        return [one for one in self._known.values() if one is not None and one.embedded]

    @property
    def size(self) -> int:
        """Bytes of those together."""
        return sum(one.size for one in self.embedded)

    def add(self, path: Path) -> Sound | None:
        """Take the sound of a file; None where it has none that can be decoded."""
        if path not in self._known:
            try:
                samples = read_sound(path)
            except SoundError:
                self._known[path] = None
            else:
                self._known[path] = self._made(path, samples)
        return self._known[path]

    def show_videos(self, left: int) -> None:
        """Put videos in the place of their sounds, in order, as far as ``left`` more bytes go.

        To be asked when all pictures of the page are taken: a card shows frames first.
        """
        for path, sound in self._known.items():
            if sound is None or not sound.embedded or (video := _video(path)) is None:
                continue
            data, kind = video
            left -= len(data) - sound.size
            if left < 0:
                return
            self._known[path] = replace(sound, uri=_data_uri(data, kind), size=len(data))

    def _made(self, path: Path, samples: NDArray[np.int16]) -> Sound:
        name, length, peaks = f"snd{len(self._known)}", len(samples) / RATE, _peaks(samples)
        if self._folder is not None:
            data, kind = _video(path) or _encoded(samples)
            file = self._folder / "sounds" / f"{name}.{_ENDINGS[kind]}"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(data)
            return Sound(name, f"sounds/{file.name}", len(data), length, peaks)
        data, kind = _encoded(samples)
        if len(data) > self._left:
            return Sound(name, "", 0, length, peaks)
        self._left -= len(data)
        return Sound(name, _data_uri(data, kind), len(data), length, peaks)


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _video(path: Path) -> tuple[bytes, str] | None:
    """Bytes and media type of a small video that browsers play; None of everything else."""
    kinds = {f".{_ENDINGS[kind]}": kind for kind in ("video/mp4", "video/webm")}
    kind = kinds.get(path.suffix.lower())
    try:
        if kind is None or path.stat().st_size > _LARGEST_VIDEO:
            return None
        with opened(path) as track:
            coded = track.stream.codec_context
            heard = [one.codec_context.name for one in track.container.streams.audio]
            if coded.name not in _SEEN or coded.pix_fmt != "yuv420p" or set(heard) - set(_HEARD):
                return None
        return path.read_bytes(), kind
    except (FrameError, OSError):
        return None


def _peaks(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    edges = np.linspace(0, len(samples), min(_COLUMNS, len(samples)) + 1).astype(np.int64)[:-1]
    size = np.abs(samples.astype(np.int32))
    out: NDArray[np.float64] = np.maximum.reduceat(size, edges, axis=0).T / _FULL
    out = np.clip(out, _LEAST, 1.0)
    # Codecs tell channels apart that nobody hears apart.
    return out[:1] if np.abs(out[0] - out[1]).max() < _ALIKE else out


def _encoded(samples: NDArray[np.int16]) -> tuple[bytes, str]:
    """Bytes and media type: MP3, or WAV where FFmpeg was built without an encoder."""
    import av

    out = io.BytesIO()
    try:
        with av.open(out, "w", format="mp3") as container:
            track: Any = container.add_stream("libmp3lame", rate=RATE, layout="stereo")
            track.bit_rate = _BITS
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="stereo"
            )
            frame.sample_rate = RATE
            resampler = av.AudioResampler(
                format=track.codec_context.format, layout="stereo", rate=RATE
            )
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(track.encode(part))
            container.mux(track.encode(None))
    except (av.FFmpegError, ValueError):
        return encode_wav(samples), "audio/wav"
    return out.getvalue(), "audio/mpeg"
