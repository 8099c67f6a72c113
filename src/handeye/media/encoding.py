"""Frames -> MP4 (H.264); the bytes are the same wherever the encoder's version is.

One thread, every setting that matters stated, no clock. Knows frames, nothing of suites.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.container import OutputContainer

# Colours of standard definition, stated so that every player turns them back alike: BT.601 for
# matrix and primaries, limited range. Numbers are those of ITU-T H.273.
_BT601, _LIMITED = 6, 1
_X264 = "threads=1:lookahead-threads=1:sliced-threads=0"


@contextmanager
def mp4_writer(target: Any, **flags: str) -> Iterator[OutputContainer]:
    """An MP4 file without a clock's time.

    Args:
        target: path or binary file.
        flags: of FFmpeg's muxer. With ``movflags="+faststart"`` the index stands first, for the
            web; ``target`` is then a path: FFmpeg opens what it wrote a second time.
    """
    import av

    options = {"fflags": "+bitexact", **flags}
    with av.open(target, "w", format="mp4", container_options=options) as container:
        yield container


def add_pictures(
    container: OutputContainer,
    frames: Iterable[NDArray[np.uint8]],
    fps: int,
    crf: int,
    portable: bool = True,
) -> None:
    """Write frames as H.264, 4:2:0, with a keyframe every second.

    Args:
        container: open for writing.
        frames: (height, width, 3) RGB each, in order of time; at least one, all of one size.
        fps: frames a second.
        crf: x264's constant rate factor, 0 (nothing lost) to 51.
        portable: without it x264's vector instructions decide differently by processor, and, seen
            in one film of six, by where memory lies. A set that was first published without it
            keeps its bytes.
    """
    import av
    from av.codec.context import Flags

    params = f"{_X264}:cpu-independent=1" if portable else _X264
    stream: Any = None
    for rgb in frames:
        if stream is None:
            options = {"preset": "veryfast", "crf": str(crf), "x264-params": params}
            stream = container.add_stream("libx264", rate=fps, options=options)
            stream.height, stream.width = rgb.shape[:2]
            stream.pix_fmt = "yuv420p"
            codec = stream.codec_context
            codec.gop_size = fps
            codec.thread_count = 1
            codec.flags |= int(Flags.bitexact)
            codec.colorspace = codec.color_primaries = codec.color_trc = _BT601
            codec.color_range = _LIMITED
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace="ITU601")))
    container.mux(stream.encode())


def encoder_versions() -> dict[str, str]:
    """Versions of everything that turns frames into files."""
    from importlib.metadata import version

    import av

    tiny = io.BytesIO()
    with mp4_writer(tiny) as container:
        add_pictures(container, [np.zeros((16, 16, 3), np.uint8)], 1, 20)
    x264 = re.search(rb"x264 - core (\d+(?: r\d+)?)", tiny.getvalue())
    return {
        "av": version("av"),
        "ffmpeg": str(av.ffmpeg_version_info),
        "libavcodec": ".".join(map(str, av.library_versions["libavcodec"])),
        "pillow": version("pillow"),
        "x264": x264.group(1).decode() if x264 else "unknown",
    }
