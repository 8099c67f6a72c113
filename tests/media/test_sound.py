"""Samples of sound files and of sound tracks; files that are none."""

from __future__ import annotations

import io
import os
import random
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from handeye.media.sound import MOST_SECONDS, RATE, SoundError, encode_wav, read_sound, sound_of


def tones(seconds: float = 0.5, rate: int = RATE) -> NDArray[np.int16]:
    """Two tones, 440 Hz at the left and 660 Hz at the right."""
    time = np.arange(round(seconds * rate)) / rate
    both = np.sin(2 * np.pi * np.array([440, 660])[None] * time[:, None])
    return np.asarray(np.rint(8000 * both), np.int16)


def video(samples: NDArray[np.int16] | None) -> bytes:
    """A small MP4, with a sound track where there are samples."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        seen = container.add_stream("libx264", rate=10)
        seen.width = seen.height = 32
        seen.pix_fmt = "yuv420p"
        heard = None if samples is None else container.add_stream("aac", rate=RATE, layout="stereo")
        for _ in range(5):
            picture = np.zeros((32, 32, 3), np.uint8)
            container.mux(seen.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(seen.encode())
        if heard is not None and samples is not None:
            frame = av.AudioFrame.from_ndarray(
                samples.reshape(1, -1), format="s16", layout="stereo"
            )
            frame.sample_rate, frame.pts = RATE, 0
            container.mux(heard.encode(frame))
            container.mux(heard.encode())
    return out.getvalue()


def wav(body: bytes, *, kind: int, rate: int, bits: int, channels: int = 1) -> bytes:
    """A WAV file of any kind: 1 for integers, 3 for floats."""
    width = bits // 8 * channels
    form = struct.pack("<IHHIIHH", 16, kind, channels, rate, rate * width, width, bits)
    data = b"WAVEfmt " + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(data)) + data


def test_samples_of_a_wav_are_what_was_written(tmp_path: Path) -> None:
    path, samples = tmp_path / "a.wav", tones()
    path.write_bytes(encode_wav(samples))
    found = read_sound(path)
    assert found.dtype == np.int16
    assert (found == samples).all()
    assert (sound_of(path.read_bytes()) == samples).all()
    mean = samples.mean(axis=1, keepdims=True)
    assert (abs(read_sound(path, channels=1) - mean) <= 0.5).all()


def test_a_single_channel_is_heard_on_both(tmp_path: Path) -> None:
    path, one = tmp_path / "a.wav", tones()[:, :1]
    path.write_bytes(encode_wav(one))
    assert (read_sound(path) == one).all()
    assert read_sound(path).shape == (len(one), 2)
    assert (read_sound(path, channels=1) == one).all()


def test_other_rates_come_out_at_ours() -> None:
    found = sound_of(encode_wav(tones(rate=48_000), 48_000))
    assert abs(len(found) - len(tones())) <= 32  # the filter's ends
    crossings = (np.diff(np.signbit(found[:, 0])) != 0).sum()
    assert abs(crossings - 440) <= 10


@pytest.mark.parametrize(("kind", "bits"), [(3, 32), (1, 32), (1, 24)])
def test_other_forms_of_samples_are_rounded(kind: int, bits: int) -> None:
    samples = tones()[:, 0]
    body = (
        (samples / 32768).astype("<f4").tobytes()
        if kind == 3
        else b"".join((int(s) << (bits - 16)).to_bytes(bits // 8, "little", signed=True)
                      for s in samples)
    )  # fmt: skip
    assert (sound_of(wav(body, kind=kind, rate=RATE, bits=bits))[:, 0] == samples).all()


def test_a_sound_track_is_as_long_as_it_was(tmp_path: Path) -> None:
    path, samples = tmp_path / "a.mp4", tones(1.0)
    path.write_bytes(video(samples))
    found = read_sound(path)
    assert found.shape == samples.shape
    wrong = found[500:-500].astype(float) - samples[500:-500]
    assert np.sqrt((wrong**2).mean()) < 0.05 * np.sqrt((samples.astype(float) ** 2).mean())


HOSTILE = {
    "empty": (b"", "empty"),
    "a text": (b"hello world " * 50, "broken"),
    "cut off": (encode_wav(tones())[:9000], "cut off: 9,000 bytes of the 32,044"),
    "only a header": (wav(b"", kind=1, rate=RATE, bits=16), "holds no sample|broken"),
    "no numbers": (wav(np.full(900, np.nan, "<f4").tobytes(), kind=3, rate=RATE, bits=32), "num"),
    "a rate of 1": (wav(b"\0" * 1000, kind=1, rate=1, bits=16), "1 samples a second"),
    "30 channels": (wav(b"\0" * 6000, kind=1, rate=RATE, bits=16, channels=30), "30 channels"),
    "hours of silence": (
        wav(b"\0" * (MOST_SECONDS + 1) * 1000, kind=1, rate=1000, bits=8),
        "longer than the 1800 s",
    ),
    "a silent video": (video(None), "has no sound track; there is only video"),
    "a list of other files": (b"#EXTM3U\n/etc/passwd\n", "broken"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_a_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.wav"
    data, told = HOSTILE[name]
    path.write_bytes(data)
    with pytest.raises(SoundError, match=told) as refused:
        read_sound(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, told in {
        tmp_path / "pipe": "pipe or device",
        tmp_path: "is a folder",
        tmp_path / "none": "no such sound",
        Path("/dev/zero"): "pipe or device",
    }.items():
        with pytest.raises(SoundError, match=told):
            read_sound(path)


@pytest.mark.parametrize("data", [encode_wav(tones(0.1)), video(tones(0.1))], ids=["wav", "mp4"])
def test_damage_is_told_or_heard_and_nothing_else(data: bytes) -> None:
    draw = random.Random(7)
    for _ in range(60):
        damaged = bytearray(
            data[: draw.randrange(1, len(data) + 1)] if draw.random() < 0.3 else data
        )
        for _ in range(draw.randrange(6)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            found = sound_of(bytes(damaged))
        except SoundError:
            continue
        assert found.ndim == 2
        assert found.shape[1] == 2
