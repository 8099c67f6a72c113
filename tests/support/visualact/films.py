"""Films of the catalogue as the frames that a model would be sent."""

from __future__ import annotations

import io
from pathlib import Path

import av
from PIL import Image

from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.film import Film


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
