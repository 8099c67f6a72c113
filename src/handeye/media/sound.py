"""Samples of a sound file, or of a video's sound track.

Whatever the file has, one form comes out: 16-bit integers at one rate on one or two channels, which
is what the models that hear take. Everything that can be wrong with a file is raised as
:class:`SoundError` with the file and the reason, and no file takes more memory than
:data:`MOST_SECONDS` of sound.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, refusal
from handeye.hashing import open_regular
from handeye.media.timeline import OPEN_OPTIONS

if TYPE_CHECKING:
    from av.container import InputContainer

RATE = 16_000
"""Samples a second, where nothing else is asked for."""
MOST_SECONDS = 1_800
"""The longest sound that is decoded, in seconds: 115 MB on two channels at :data:`RATE`."""
# A lower rate would be blown up to thousands of samples for each, a higher one nobody records.
_RATES = range(1_000, 768_001)
_MOST_CHANNELS = 16
# A file that ends this much before the length its header states was cut off.
_SLACK_SECONDS, _SLACK_SHARE = 0.1, 0.05
_FULL = 32_768
# A RIFF header's length where whoever wrote it could not know it.
_UNKNOWN_LENGTH = 0x7FFF_0000


class SoundError(DataError):
    """A file whose sound cannot be taken: the file and the reason."""


def read_sound(path: Path, *, rate: int = RATE, channels: int = 2) -> NDArray[np.int16]:
    """The samples of a sound file or of a video's sound track, from the first on.

    Args:
        path: WAV, FLAC, MP3, or whatever FFmpeg can open as a video.
        rate: samples a second that come out.
        channels: 2, where a single channel is heard on both; or 1, the mean of all.

    Returns:
        (samples, channels), int16; of a file that has them so already exactly its samples.

    Raises:
        SoundError: not there, no regular file, empty, nothing to be heard in it, cut off, longer
            than :data:`MOST_SECONDS`, or samples that are no numbers.
    """
    try:
        with open_regular(path) as stream:
            return _decoded(stream, str(path), rate, channels)
    except IsADirectoryError:
        raise SoundError(f"{path}: is a folder") from None
    except FileNotFoundError:
        raise SoundError(f"{path}: no such sound") from None
    except OSError as error:
        raise SoundError(f"{path}: cannot be read: {refusal(error)}") from None


def sound_of(
    data: bytes, name: str = "it", *, rate: int = RATE, channels: int = 2
) -> NDArray[np.int16]:
    """The samples in the bytes of a file; ``name`` is what an error calls it.

    Raises:
        SoundError: as :func:`read_sound`.
    """
    return _decoded(io.BytesIO(data), name, rate, channels)


def is_silent(data: bytes, name: str = "it") -> bool:
    """Whether the bytes are those of a video without a sound track.

    Raises:
        SoundError: no file that FFmpeg can read.
    """
    with _opened(io.BytesIO(data), name) as container:
        return bool(container.streams.video) and not container.streams.audio


def encode_wav(samples: NDArray[np.int16], rate: int = RATE) -> bytes:
    """Samples (n, channels) as a WAV file of 16 bits."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def _decoded(stream: BinaryIO, name: str, rate: int, channels: int) -> NDArray[np.int16]:
    _refuse_short(stream, name)
    with _opened(stream, name) as container:
        if not container.streams.audio:
            kinds = " and ".join(sorted({one.type for one in container.streams}))
            raise SoundError(f"{name}: has no sound track; there is only {kinds or 'nothing'}")
        parts = list(_parts(container, name, rate))
    if not parts:
        raise SoundError(f"{name}: its sound track holds no sample")
    samples = np.concatenate(parts)
    if channels == 1 and samples.shape[1] > 1:
        samples = np.rint(samples.mean(axis=1, keepdims=True, dtype=np.float64)).astype(np.int16)
    return samples if samples.shape[1] == channels else np.repeat(samples, channels, axis=1)


def _refuse_short(stream: BinaryIO, name: str) -> None:
    """Refuse an empty file, and a RIFF file (WAV) that is shorter than it says, as FFmpeg does not.

    Raises:
        SoundError: it is.
    """
    head = stream.read(8)
    if not head:
        raise SoundError(f"{name}: the file is empty (0 bytes)")
    there = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    stated = int.from_bytes(head[4:], "little") + len(head)
    if head.startswith(b"RIFF") and there < stated < _UNKNOWN_LENGTH:
        raise SoundError(
            f"{name}: cut off: {there:,} bytes of the {stated:,} that its header states"
        )


@contextmanager
def _opened(stream: BinaryIO, name: str) -> Iterator[InputContainer]:
    """Open a file for reading; whatever FFmpeg meets inside the block is told as ours.

    Raises:
        SoundError: no file that FFmpeg can read.
    """
    import av

    try:
        with av.open(stream, "r", options=OPEN_OPTIONS, metadata_errors="replace") as container:
            yield container
    except (av.FFmpegError, ValueError, IndexError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SoundError(f"{name}: broken, cut off or no sound: {reason}") from None


def _parts(container: InputContainer, name: str, rate: int) -> Iterator[NDArray[np.int16]]:
    """The samples piece by piece, on as many channels as the file has, at most two."""
    import av

    track = container.streams.audio[0]
    codec: Any = track.codec_context
    if codec is None:
        raise SoundError(f"{name}: its sound is coded in a way that FFmpeg cannot read")
    codec.thread_count = 1
    if track.rate not in _RATES or not 1 <= track.channels <= _MOST_CHANNELS:
        raise SoundError(
            f"{name}: {track.rate} samples a second on {track.channels} channels; allowed are "
            f"{_RATES.start} to {_RATES.stop - 1} on at most {_MOST_CHANNELS}"
        )
    resampler = av.AudioResampler("flt", "mono" if track.channels == 1 else "stereo", rate)
    stated = max(0.0, float((track.duration or 0) * (track.time_base or 0)))
    # Coders fill the last block up with silence; MP4 says where the sound ends.
    left = round(stated * rate) if stated and "mp4" in container.format.name else None
    heard = 0
    for frame in _with_end(container.decode(track)):
        heard += 0 if frame is None else frame.samples
        if heard > MOST_SECONDS * track.rate:
            raise SoundError(f"{name}: is longer than the {MOST_SECONDS} s that are decoded")
        for part in resampler.resample(frame):
            found = part.to_ndarray().reshape(-1, part.layout.nb_channels)[:left]
            if not np.isfinite(found).all():
                raise SoundError(f"{name}: holds samples that are no numbers")
            left = None if left is None else left - len(found)
            whole = np.rint(found * np.float32(_FULL)).clip(-_FULL, _FULL - 1)
            yield whole.astype(np.int16)
    if heard / track.rate < stated * (1 - _SLACK_SHARE) - _SLACK_SECONDS:
        raise SoundError(
            f"{name}: cut off: it ends after {heard / track.rate:.1f} s of the {stated:.1f} s that "
            "its header states"
        )


def _with_end(frames: Iterator[Any]) -> Iterator[Any]:
    yield from frames
    yield None  # what is left in the resampler
