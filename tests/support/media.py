"""Pictures and videos of every kind that is seen otherwise than plainly decoded.

And what others make of them: a browser's pixels, and FFmpeg's by a chain of its filters.
"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

Bytes = NDArray[np.uint8]
SIZE = (64, 40)  # width, height
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)


def ramps(size: tuple[int, int] = SIZE) -> Bytes:
    """Three ramps, alike in no turn or mirror."""
    x, y = np.meshgrid(*map(np.arange, size))
    return np.stack([x * 4 % 256, y * 6 % 256, (x + y) * 3 % 256], -1).astype(np.uint8)


def apart(one: Bytes, other: Bytes) -> int:
    """The largest difference of two pictures of the same size, of 255."""
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other.astype(int)).max())


# Pictures


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(
    size: tuple[int, int],
    depth: int,
    colour: int,
    rows: Sequence[bytes],
    before: Sequence[tuple[bytes, bytes]] = (),
    after: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG of any depth and colour type (2 RGB, 0 grey), with chunks around its pixels."""
    head = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", head), *before, (b"IDAT", pixels), *after, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def rgb_png(**chunks: Any) -> bytes:
    """The ramps in 8 bits, with chunks."""
    return png(SIZE, 8, 2, [row.tobytes() for row in ramps()], **chunks)


def exif(orientation: int, order: str = "<") -> bytes:
    """EXIF data with an orientation, without the head that JPEG puts before them."""
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(f"{order}HHIHH", 0x112, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}HIH", 42, 8, 1) + entry + bytes(4)


def gif(screen: tuple[int, int], box: tuple[int, int, int, int], clear: int | None = None) -> bytes:
    """A GIF whose one frame (left, top, width, height) need not cover its screen."""
    colours = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 40, 40, 40])
    codes = [4]  # three bits each; clearing the table after every second keeps them so
    for number in range(box[2] * box[3]):
        codes += [number % 3, *([4] if number % 2 else [])]
    bits = sum(code << 3 * place for place, code in enumerate([*codes, 5]))
    data = bits.to_bytes(3 * (len(codes) + 1) // 8 + 1, "little")
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    control = b"" if clear is None else b"\x21\xf9\x04\x01\0\0" + bytes([clear, 0])
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", *screen, 0x81, 2, 0)
        + colours
        + control
        + b"\x2c"
        + struct.pack("<HHHHB", *box, 0)
        + b"\x02"
        + b"".join(bytes([len(block)]) + block for block in blocks)
        + b"\0;"
    )


def icc(space: str, gamma: float, primaries: Sequence[float] = SRGB) -> bytes:
    """An ICC profile, version 2: ``RGB`` with primaries (white, red, green, blue) or ``GRAY``."""
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"x" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"x\0\0\0",
        b"wtpt": _xyz((0.9642, 1, 0.8249)),
    }
    if space == "GRAY":
        tags[b"kTRC"] = curve
    else:
        columns = _columns(primaries)
        tags |= {b"%cXYZ" % one: _xyz(columns[:, at]) for at, one in enumerate(b"rgb")}
        tags |= {b"%cTRC" % one: curve for one in b"rgb"}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4xI", start + len(body), 0x02400000)
    head += b"mntr" + space.ljust(4).encode() + b"XYZ " + struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    head += b"acsp" + bytes(24) + struct.pack(">I", 1) + _xyz((0.9642, 1, 0.8249))[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(values: Sequence[float] | NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _columns(primaries: Sequence[float]) -> NDArray[np.float64]:
    """Red, green and blue in XYZ, moved from their white to D50 by plain scaling."""
    white, *rest = (
        np.array([x / y, 1, (1 - x - y) / y])
        for x, y in zip(primaries[::2], primaries[1::2], strict=True)
    )
    columns = np.stack(rest, 1)
    columns = columns * np.linalg.solve(columns, white)
    found: NDArray[np.float64] = columns * (np.array([0.9642, 1, 0.8249]) / white)[:, None]
    return found


# Videos


def scene(size: tuple[int, int] = (96, 64)) -> Bytes:
    """Soft colours, and a corner of its own at three of the four corners."""
    x, y = np.meshgrid(*map(np.arange, size))
    waves = [np.sin(x / 17), np.cos(y / 13), np.sin((x + y) / 23)]
    out = (128 + 60 * np.stack(waves, -1)).astype(np.uint8)
    high, wide = size[1] // 4, size[0] // 4
    out[:high, :wide], out[:high, -wide:], out[-high:, :wide] = (
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
    )
    return out


def film(
    path: Path,
    *,
    codec: str = "libx264",
    fmt: str = "yuv420p",
    picture: Bytes | None = None,
    frames: int = 3,
    aspect: Fraction | None = None,
    rotation: tuple[float, bool, bool] | None = None,
    bits: str = "",
    options: dict[str, str] | None = None,
    colours: tuple[int, int] | None = None,
) -> Path:
    """Write a short video of one picture.

    Args:
        path: its ending tells the container.
        codec: of FFmpeg.
        fmt: pixel format.
        picture: (height, width, 3 or 4); the scene by default.
        frames: how many.
        aspect: width of a pixel over its height.
        rotation: degrees counter-clockwise, mirrored horizontally, vertically; in the container.
        bits: a bit stream filter of FFmpeg, between encoder and file.
        options: of the encoder.
        colours: matrix and range, by FFmpeg's numbers.
    """
    picture = scene() if picture is None else picture
    high, wide, channels = picture.shape
    quality = {"libx264": {"crf": "4"}, "libvpx-vp9": {"crf": "4", "deadline": "realtime"}}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            codec, rate=10, options={**quality.get(codec, {}), **(options or {})}
        )
        stream.width, stream.height, stream.pix_fmt = wide, high, fmt
        stream.bit_rate = 8_000_000
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation is not None:
            stream.set_display_rotation(*rotation)
        if colours is not None:
            stream.codec_context.colorspace, stream.codec_context.color_range = colours
        between = BitStreamFilterContext(bits, stream) if bits else None

        def write(packets: Sequence[Any]) -> None:
            for packet in packets:
                container.mux(between.filter(packet) if between else packet)

        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba" if channels == 4 else "rgb24")
            if colours is not None:
                space, span = colours
                frame = frame.reformat(format=fmt, dst_colorspace=space, dst_color_range=span)
                frame.colorspace, frame.color_range = space, span
            frame.pts, frame.time_base = number, Fraction(1, 10)
            write(stream.encode(frame))
        write(stream.encode())
        if between:
            container.mux(between.filter(None))
    return path


def rewrapped(source: Path, path: Path) -> Path:
    """The same packets in another container."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        track = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = track
                new.mux(packet)
    return path


def with_clean_aperture(
    source: Path, path: Path, size: tuple[int, int], off: tuple[int, int]
) -> Path:
    """An MP4 with a ``clap`` box: what is to be seen, how far its middle lies off the whole's."""
    data = bytearray(source.read_bytes())
    box = struct.pack(">I4s8i", 40, b"clap", size[0], 1, size[1], 1, off[0], 1, off[1], 1)
    inside, start, end = [], 0, len(data)
    for wanted in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", None):
        start += 8 if wanted is None else 0  # the table's own head
        while wanted is not None and data[start + 4 : start + 8] != wanted:
            start += int.from_bytes(data[start : start + 4], "big")
        inside.append(start)
        end = start + int.from_bytes(data[start : start + 4], "big")
        start += 8
    data[end:end] = box
    for at in inside:
        data[at : at + 4] = (int.from_bytes(data[at : at + 4], "big") + len(box)).to_bytes(4, "big")
    path.write_bytes(data)
    return path


def with_pixel_aspect(path: Path, wide: int, high: int) -> Path:
    """An MP4 whose ``pasp`` box says otherwise than its codec does; written over."""
    data = path.read_bytes()
    at = data.index(b"pasp") + 4
    path.write_bytes(data[:at] + struct.pack(">II", wide, high) + data[at + 8 :])
    return path


# What others make of them


def filtered(path: Path, *steps: tuple[str, str | None], fmt: str = "rgb24") -> Bytes:
    """The first frame after filters of FFmpeg, which say what it does with the file by itself."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        chain = [graph.add_buffer(template=stream)]
        chain += [graph.add(name, args) for name, args in (*steps, ("format", f"pix_fmts={fmt}"))]
        graph.link_nodes(*chain, graph.add("buffersink")).configure()
        for frame in container.decode(stream):
            graph.push(frame)
            return np.asarray(graph.pull().to_ndarray(), np.uint8)
    raise AssertionError(f"{path} has no frame")


_PIXELS = """(c) => {
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let s = '';
  for (let k = 0; k < d.length; k += 8192) s += String.fromCharCode(...d.subarray(k, k + 8192));
  return [c.width, c.height, btoa(s)];
}"""
_ON_WHITE = """(what, wide, high) => {
  const c = document.createElement('canvas'); c.width = wide; c.height = high;
  const x = c.getContext('2d');
  x.fillStyle = 'white'; x.fillRect(0, 0, wide, high); x.drawImage(what, 0, 0, wide, high);
  return c;
}"""
_IMAGE = f"""async (url) => {{
  const i = new Image(); i.src = url; await i.decode();
  return ({_PIXELS})(({_ON_WHITE})(i, i.naturalWidth, i.naturalHeight));
}}"""
_VIDEO = f"""async (url) => {{
  const v = document.createElement('video'); v.muted = true; v.src = url;
  const played = await new Promise((done) => {{
    v.onloadeddata = () => done(true); v.onerror = () => done(false);
  }});
  if (!played) return null;
  await new Promise((done) => {{
    v.requestVideoFrameCallback(done); v.currentTime = 0.01; setTimeout(done, 1000);
  }});
  return ({_PIXELS})(({_ON_WHITE})(v, v.videoWidth, v.videoHeight));
}}"""


def browser_eyes(page: Page) -> Callable[[bytes, str], Bytes | None]:
    """What a browser shows of a file on a white page; None of a video that it cannot play."""

    def see(data: bytes, kind: str) -> Bytes | None:
        url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        found = page.evaluate(_VIDEO if kind.startswith("video") else _IMAGE, url)
        if found is None:
            return None
        wide, high, pixels = found
        rgba = np.frombuffer(base64.b64decode(pixels), np.uint8)
        return rgba.reshape(high, wide, 4)[..., :3]

    return see
