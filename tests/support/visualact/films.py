"""Films of the catalogue as the frames that a model would be sent."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
from PIL import Image

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.film import Film, Kind

# None of the seeds that anything was fitted on or that a published set uses.
TEST_SEED = 4711
DIRECTIONS = [
    (k, b) for k in catalogue.KINDS for b in ((False, True) if k.reversible else (False,))
]
TWINS = [kind for kind in catalogue.KINDS if kind.reversible]


def film_of(kind: Kind, backward: bool = False, number: int = 0) -> Film:
    return kind.make(Draw(TEST_SEED, kind.name, number), backward)


def texts_of(film: Film) -> set[str]:
    return {action.text for action in film.actions}


def random_frames(seed: int, count: int) -> list[Image.Image]:
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (count, 6, 8, 3), dtype=np.uint8)
    return [Image.fromarray(block).resize((384, 288)) for block in blocks]


def painted(film: Film, count: int, *, backward: bool = False) -> list[Image.Image]:
    """Frames at equal distances, in the order in which they are shown."""
    base = Canvas()
    film.backdrop(base)
    frames = []
    for number in range(count):
        canvas = base.copy()
        film.paint(canvas, film.seconds * (number + 0.5) / count)
        frames.append(canvas.finished())
    return frames[::-1] if backward else frames


def jpegs(frames: list[Image.Image], quality: int = 90) -> list[bytes]:
    """Frames as JPEG files."""
    out = []
    for frame in frames:
        data = io.BytesIO()
        frame.save(data, "JPEG", quality=quality)
        out.append(data.getvalue())
    return out


def encoded_video(frames: list[Image.Image], path: Path, fps: int = 12) -> bytes:
    """Frames as an MP4 file."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())
    return path.read_bytes()
