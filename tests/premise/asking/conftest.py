"""Small sets with media of a few hundred bytes, each clip's of its own."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from PIL import Image

from handeye.media.sound import RATE, encode_wav
from handeye.premise.items import Item, items_name
from tests.support.premise import families

Writer = Callable[..., Path]


def picture(number: int) -> bytes:
    """A PNG of one grey, with a mark that tells clips apart."""
    pixels = np.full((32, 32, 3), 120, np.uint8)
    pixels[number % 8 * 4 : number % 8 * 4 + 4, number // 8 * 4] = 255
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def samples(number: int) -> np.ndarray:
    """A tenth of a second, another pitch at the left for every clip."""
    time = np.arange(RATE // 10) / RATE
    left = 6000 * np.sin(2 * np.pi * (300 + 20 * number) * time)
    return np.stack([left, left / 2], 1).astype(np.int16)


def video(number: int) -> bytes:
    """Eight frames and a tenth of a second of sound."""
    out = io.BytesIO()
    shade = np.asarray(Image.open(io.BytesIO(picture(number))))
    with av.open(out, "w", format="mp4") as container:
        seen = container.add_stream("libx264", rate=12)
        seen.width = seen.height = 32
        seen.pix_fmt = "yuv420p"
        heard = container.add_stream("aac", rate=RATE, layout="stereo")
        for _ in range(8):
            container.mux(seen.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
        container.mux(seen.encode())
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples(number)).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts = RATE, 0
        container.mux(heard.encode(frame))
        container.mux(heard.encode())
    return out.getvalue()


def write_set(folder: Path, n: int = 2, media: str = "picture+sound", **changes: object) -> Path:
    """A set of so many families; ``media`` as the generator names them.

    Args:
        folder: where; made if absent.
        n: families.
        media: ``video``, ``picture+sound``, ``picture`` or ``sound``.
        changes: fields of every item.
    """
    numbers: dict[str, int] = {}
    lines = []
    for item in families(n):
        number = numbers.setdefault(item.clip_id, len(numbers))
        senses = {"picture": "vision", "sound": "audio"}
        if media in senses and item.modality != senses[media]:
            continue
        files: dict[str, tuple[str, bytes]] = {}
        if media == "video":
            files["video"] = (f"videos/{item.clip_id}.mp4", video(number))
        if "picture" in media:
            files["picture"] = (f"pictures/{item.clip_id}.png", picture(number))
        if "sound" in media:
            files["sound"] = (f"sounds/{item.clip_id}.wav", encode_wav(samples(number)))
        for name, data in files.values():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(data)
        paths = {medium: files[medium][0] if medium in files else ""
                 for medium in ("video", "picture", "sound")}  # fmt: skip
        sums = {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name, _ in files.values()
        }
        row: Item = msgspec.structs.replace(item, **paths, sha256=sums, **changes)
        lines.append(msgspec.json.encode(row))
    (folder / items_name("test")).write_bytes(b"\n".join(lines) + b"\n")
    return folder


@pytest.fixture(scope="session")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two families of pictures with sounds: 38 questions about 8 clips."""
    return write_set(tmp_path_factory.mktemp("stills"))


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two families of videos."""
    return write_set(tmp_path_factory.mktemp("videos"), media="video")


@pytest.fixture
def writer() -> Writer:
    """Writes further sets."""
    return write_set
