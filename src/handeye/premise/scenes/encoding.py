"""Frames and samples -> files: MP4 (H.264 and AAC), PNG.

Frames and samples are the same everywhere; the bytes of a file are the same wherever the encoder
is: one thread, every setting that matters stated, no clock. Pictures and sound of a video are
encoded apart and put together, so that clips that share one share its bytes.
"""

from __future__ import annotations

import io
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.media.encoding import add_pictures, mp4_writer
from handeye.premise.scenes.kinds import FPS, N_FRAMES, RATE

CRF = 18
AAC_BITS = 128_000
"""Bits a second; the error stays some 38 dB below a noise, 70 dB below a tone."""
# The search of the other coder takes up to six times as long, and is worse at tones.
AAC_OPTIONS = {"aac_coder": "fast"}
_AAC_FRAME = 1024


def encode_pictures(frames: NDArray[np.uint8]) -> bytes:
    """Frames as an MP4 of pictures alone: H.264, 4:2:0, 12 a second.

    Args:
        frames: (48, height, width, 3), or one that stays.
    """
    target = io.BytesIO()
    with mp4_writer(target) as container:
        add_pictures(container, islice(cycle(frames), N_FRAMES), FPS, CRF)
    return target.getvalue()


def encode_sound(samples: NDArray[np.int16]) -> bytes:
    """Samples (n, 2) as an MP4 of sound alone: AAC, stereo, 16 kHz; as long as they are."""
    import av
    from av.codec.context import Flags

    target = io.BytesIO()
    with mp4_writer(target) as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo", options=AAC_OPTIONS)
        stream.bit_rate = AAC_BITS
        stream.codec_context.flags |= int(Flags.bitexact)
        packed = np.ascontiguousarray(samples).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = RATE, 0
        parts = av.AudioResampler("fltp", "stereo", RATE, frame_size=_AAC_FRAME)
        for part in (*parts.resample(frame), *parts.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode())
    return target.getvalue()


def put_together(pictures: bytes, sound: bytes) -> bytes:
    """One MP4 of both, index before the rest (for the web); nothing is encoded again."""
    import av

    # A file and not memory: to put the index first, FFmpeg opens what it wrote a second time.
    with TemporaryDirectory(prefix="handeye.") as folder:
        path = Path(folder) / "clip.mp4"
        with (
            av.open(io.BytesIO(pictures)) as seen,
            av.open(io.BytesIO(sound)) as heard,
            mp4_writer(str(path), movflags="+faststart") as container,
        ):
            packets: list[tuple[float, Any]] = []
            for source in (seen.streams.video[0], heard.streams.audio[0]):
                copy: Any = container.add_stream_from_template(source)
                holder: Any = source.container
                for packet in holder.demux(source):
                    if packet.dts is not None and packet.time_base is not None:
                        at = float(packet.dts * packet.time_base)
                        packet.stream = copy
                        packets.append((at, packet))
            for _, packet in sorted(packets, key=lambda one: one[0]):
                container.mux(packet)
        return path.read_bytes()


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """A picture (height, width, 3) as a PNG."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=6)
    return out.getvalue()
