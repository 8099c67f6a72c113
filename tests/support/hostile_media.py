"""Films and sounds that are broken, of another kind than they should be, or made to do harm.

``benchmarks/bad_inputs.py`` puts them into sets, and so do tests.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

_SIDE = 64


def film(
    frames: int = 12,
    *,
    rate: Fraction | int = 12,
    step: int = 1,
    sound: str = "stereo",
    sound_rate: int = 16_000,
    side: int = _SIDE,
) -> bytes:
    """An MP4.

    Args:
        frames: of its pictures; 0: a track without any.
        rate: frames a second.
        step: of their stamps, in units of 1 / rate.
        sound: layout of one second of sound; empty: none.
        sound_rate: samples a second.
        side: width and height.
    """
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        track = heard = None
        if frames >= 0:
            track = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
            track.width = track.height = side
            track.pix_fmt = "yuv420p"
            track.codec_context.time_base = Fraction(1, 1) / rate
        if sound:
            heard = container.add_stream("aac", rate=sound_rate, layout=sound)
        container.start_encoding()
        for number in range(frames) if track else ():
            picture = av.VideoFrame.from_ndarray(
                np.full((side, side, 3), number * 16 % 256, np.uint8)
            )
            picture.pts, picture.time_base = number * step, Fraction(1, 1) / rate
            container.mux(track.encode(picture))
        if track and frames:
            container.mux(track.encode())
        if heard:
            channels = heard.layout.nb_channels
            samples = np.zeros((channels, sound_rate), np.float32)
            part = av.AudioFrame.from_ndarray(samples, format="fltp", layout=sound)
            part.sample_rate, part.pts = sound_rate, 0
            container.mux(heard.encode(part))
            container.mux(heard.encode())
    return out.getvalue()


def wav(
    seconds: float = 1.0,
    *,
    kind: int = 1,
    bits: int = 16,
    channels: int = 2,
    rate: int = 16_000,
    body: bytes | None = None,
    stated: int | None = None,
) -> bytes:
    """A WAV file; ``kind`` is 1 for whole numbers, 3 for floats; ``stated`` its data in bytes."""
    width = bits // 8 * channels
    if body is None:
        body = bytes(int(seconds * min(rate, 48_000)) * max(width, 1))
    form = struct.pack("<IHHIIHH", 16, kind, channels, rate, rate * width & 0xFFFFFFFF, width, bits)
    size = len(body) if stated is None else stated
    data = b"WAVEfmt " + form + b"data" + struct.pack("<I", size) + body
    return b"RIFF" + struct.pack("<I", min(len(data) - len(body) + size, 0xFFFFFFFF)) + data


def _stretched(data: bytes, seconds: int) -> bytes:
    """An MP4 whose headers state another length; its frames are as they were."""
    out = bytearray(data)
    for name, at in ((b"mvhd", 12), (b"mdhd", 12), (b"tkhd", 16)):
        place = out.find(name)
        while place >= 0:
            unit_at = place + 4 + at
            unit = 1000 if name == b"tkhd" else struct.unpack(">I", out[unit_at : unit_at + 4])[0]
            length = unit_at + 4 if name != b"tkhd" else place + 4 + 20
            out[length : length + 4] = struct.pack(">I", min(seconds * unit, 2**32 - 1))
            place = out.find(name, place + 4)
    return bytes(out)


def _huge_gif() -> bytes:
    """A GIF of 65,535 x 65,535 pixels in 40 bytes."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6)
    return screen + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\2\2\x4c\1\0;"


def _huge_png() -> bytes:
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


FILMS: Mapping[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "a text": lambda: b"This is no film.\n" * 40,
    "cut off": lambda: film()[: len(film()) // 2],
    "its head alone": lambda: film()[:40],
    "bytes without sense": lambda: film()[:64] + bytes(range(256)) * 40,
    "65,535 x 65,535 pixels": _huge_gif,
    "a picture of 60,000 x 60,000": _huge_png,
    "ten hours, it says": lambda: _stretched(film(), 36_000),
    "ten hours long": lambda: film(48, rate=1, step=750, sound=""),
    "no frame": lambda: film(0, sound=""),
    "no frame, but sound": lambda: film(0),
    "one frame": lambda: film(1),
    "a frame in ten seconds": lambda: film(4, rate=Fraction(1, 10)),
    "1,000 frames a second": lambda: film(30, rate=1000),
    "pictures alone": lambda: film(sound=""),
    "sound alone": lambda: film(-1),
    "sound on one channel": lambda: film(sound="mono"),
    "sound on six channels": lambda: film(sound="5.1"),
    "sound at 8 kHz": lambda: film(sound_rate=8_000),
    "sound at 96 kHz": lambda: film(sound_rate=96_000),
    "a play list": lambda: b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\nhttp://127.0.0.1:9/x\n",
}
"""By name, what stands where a film should."""
SOUNDS: Mapping[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "a text": lambda: b"This is no sound.\n" * 40,
    "cut off": lambda: wav()[: len(wav()) // 2],
    "its head alone": lambda: wav()[:44],
    "one channel": lambda: wav(channels=1),
    "six channels": lambda: wav(channels=6),
    "200 channels": lambda: wav(0.01, channels=200),
    "no channel": lambda: wav(channels=0, body=bytes(400)),
    "8 kHz": lambda: wav(rate=8_000),
    "one sample a second": lambda: wav(rate=1, body=bytes(4_000)),
    "4 GHz": lambda: wav(0.01, rate=4_000_000_000),
    "24 bits": lambda: wav(bits=24),
    "floats": lambda: wav(kind=3, bits=32),
    "no numbers": lambda: wav(kind=3, bits=32, body=np.full(900, np.nan, "<f4").tobytes()),
    "4 GiB, it says": lambda: wav(stated=0xFFFFFF00),
    "ten hours": lambda: wav(kind=1, bits=8, channels=1, rate=1_000, body=bytes(36_000_000)),
    "a film": lambda: film(),
}
"""By name, what stands where a sound should."""


def _link(path: Path, target: str) -> None:
    path.symlink_to(target)


NO_FILES: Mapping[str, Callable[[Path], object]] = {
    "nothing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a link to nothing": lambda path: _link(path, "nowhere/x"),
    "a link to itself": lambda path: _link(path, path.name),
    "a link out of the set": lambda path: _link(path, "/etc/hostname"),
}
"""By name, how something that is no file is put at a path."""


@cache
def made(what: str, name: str) -> bytes:
    """The bytes of one of ``films`` or ``sounds``, made once."""
    return (FILMS if what == "films" else SOUNDS)[name]()


def put(path: Path, what: str, name: str) -> None:
    """Put something in the place of a file.

    Args:
        path: of the file.
        what: ``films``, ``sounds`` or ``no files``.
        name: of them.
    """
    path.unlink(missing_ok=True)
    if what == "no files":
        NO_FILES[name](path)
    else:
        path.write_bytes(made(what, name))
