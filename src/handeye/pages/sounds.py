"""Sounds of a page: drawn as a waveform, and heard, small enough to live inside it or beside it.

Each sound is kept once, however many cards play it, as MP3, which every browser knows. Like
pictures (:mod:`handeye.pages.pictures`) they share one budget in a page that is one file, and are
files of their own in a folder.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from handeye.media.sound import RATE, SoundError, encode_wav, read_sound
from handeye.pages.charts import svg

_BITS = 48_000
_COLUMNS = 240
_FULL = 32_768
_LEAST = 0.004  # a silent column keeps a line
_ALIKE = 0.03


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound.

    Attributes:
        id: on the page.
        uri: data, or the name of its file; empty where it did not fit, and is drawn alone.
        seconds: its length.
        peaks: (channels, columns), 0 to 1: the largest sample of each stretch; one channel where
            both are the same.
    """

    id: str
    uri: str
    seconds: float
    peaks: NDArray[np.float64]

    @property
    def embedded(self) -> bool:
        """Whether it stands in the page itself."""
        return self.uri.startswith("data:")

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
        self.size = 0

    @property
    def embedded(self) -> list[Sound]:
        """Every sound that stands in the page itself, in order."""
        return [one for one in self._known.values() if one is not None and one.embedded]

    def add(self, path: Path) -> Sound | None:
        """Take the sound of a file; None where it has none that can be decoded."""
        if path not in self._known:
            try:
                samples = read_sound(path)
            except SoundError:
                self._known[path] = None
            else:
                self._known[path] = self._made(samples)
        return self._known[path]

    def _made(self, samples: NDArray[np.int16]) -> Sound:
        name, (data, kind) = f"snd{len(self._known)}", _encoded(samples)
        uri = ""
        if self._folder is not None:
            file = self._folder / "sounds" / f"{name}.{kind}"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(data)
            uri = f"sounds/{file.name}"
        elif len(data) <= self._left:
            self._left -= len(data)
            self.size += len(data)
            media_type = "audio/mpeg" if kind == "mp3" else "audio/wav"
            uri = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
        return Sound(name, uri, len(samples) / RATE, _peaks(samples))


def _peaks(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    edges = np.linspace(0, len(samples), min(_COLUMNS, len(samples)) + 1).astype(np.int64)[:-1]
    size = np.abs(samples.astype(np.int32))
    out: NDArray[np.float64] = np.maximum.reduceat(size, edges, axis=0).T / _FULL
    out = np.clip(out, _LEAST, 1.0)
    # Codecs tell channels apart that nobody hears apart.
    return out[:1] if np.abs(out[0] - out[1]).max() < _ALIKE else out


def _encoded(samples: NDArray[np.int16]) -> tuple[bytes, str]:
    """Bytes, and what they are: MP3, or WAV where FFmpeg was built without an encoder."""
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
        return encode_wav(samples), "wav"
    return out.getvalue(), "mp3"
