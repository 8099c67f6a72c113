"""What a picture file says of itself, read before any of its pixels are.

Four formats are opened and no other: PNG, JPEG (MPO too), GIF and WebP. How large a picture is
stands in its first bytes and is read there: some decoders take memory for it when they are opened.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from handeye.errors import DataError

MOST_PIXELS = 2**26
"""The most that a picture or a frame may have: 64 Mi, as 8192 x 8192."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SIGNATURES = ((_PNG, "image/png"), (_JPEG, "image/jpeg"), (b"GIF8", "image/gif"))
# In the compressed part of a JPEG the next byte after 0xFF tells a marker from data.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
# A progressive JPEG of few bytes can ask for all of its pixels to be gone over any number of times.
_MOST_SCANS = 128
# Markers, chunks and blocks are gone through one by one: real files have some hundreds, and a few
# megabytes beside their pixels. Pieces of EXIF data are put together anew with each.
_MOST_PIECES = 10_000
_MOST_BESIDE = 2**25
_EXIF_WEIGHS = 100
# Only pieces of pixels that are shorter than any encoder writes them are counted.
_SHORT_CHUNK, _SHORT_BLOCK = 1024, 128
# Markers that have no length, or that no decoder knows: what follows is looked through for another.
_ALONE = frozenset({0x01, 0xC8, 0xD8, _END, *range(0xF0, 0xFE)})
# Pillow's own limit lies above ours and would be told on stderr; ours is told in the error.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class PictureError(DataError):
    """A picture that cannot be shown: which, and why."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself.

    Attributes:
        media_type: ``image/png``, ``image/jpeg``, ``image/gif`` or ``image/webp``.
        stored: width and height as they are stored.
        mode: Pillow's.
        orientation: EXIF, 1..8.
        frame: number of the one that is shown.
        animated: whether there are others.
        clear: whether pixels may be transparent.
        box: of a GIF, what its first frame covers: left, top, right, bottom.
        depth: bits a channel, of a PNG.
        chunks: of a PNG, without pixels.
        profile: ICC, empty without.
    """

    media_type: str
    stored: tuple[int, int]
    mode: str
    orientation: int
    frame: int
    animated: bool
    clear: bool
    box: tuple[int, int, int, int] | None
    depth: int
    chunks: Mapping[bytes, bytes]
    profile: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as they are seen."""
        width, height = self.stored
        return (width, height) if self.orientation < 5 else (height, width)

    @property
    def key(self) -> tuple[int, ...]:
        """Of a grey or RGB PNG the one value that is transparent, channel by channel."""
        channels = 3 if self.mode == "RGB" else 1 if self.mode[0] in "1LI" else 0
        found = self.chunks.get(b"tRNS", b"")
        fits = channels and len(found) == 2 * channels and self.mode != "LA"
        return struct.unpack(f">{channels}H", found) if fits else ()


def media_type(data: bytes) -> str | None:
    """The type of a picture by its first bytes; None for none of the four."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def read_header(data: bytes, what: str, most: int | None = None) -> Header:
    """Read what a picture file says of itself.

    Args:
        data: the file.
        what: names it in an error.
        most: pixels that it may have, where that is fewer than :data:`MOST_PIXELS`.

    Raises:
        PictureError: none of the formats, broken, without pixels, or with too many.
    """
    kind = media_type(data)
    if kind is None:
        raise PictureError(f"{what}: not a PNG, JPEG, GIF or WebP file")
    most = min(most or MOST_PIXELS, MOST_PIXELS)
    try:
        _refuse_size(_stored_size(data, kind, what), what, most)
    except struct.error:
        raise PictureError(f"{what}: the picture is cut off in its header") from None
    chunks = dict(_chunks(data, what)) if data.startswith(_PNG) else {}
    if kind == "image/gif":
        _refuse_blocks(data, what)
    with opened(data, what) as image:
        _refuse_size(image.size, what, most)
        info: Mapping[Any, Any] = image.info
        box = _box(image) if kind == "image/gif" else None
        return Header(
            media_type=kind,
            stored=image.size,
            mode=image.mode,
            orientation=_orientation(chunks.get(b"eXIf") or info.get("exif") or b""),
            # An APNG may hold a picture for those that show no animation, and is no part of it.
            frame=int(bool(getattr(image, "default_image", False))),
            animated=image.format != "MPO" and bool(getattr(image, "is_animated", False)),
            clear=(
                image.mode in ("RGBA", "LA", "PA")
                or "transparency" in info
                or b"tRNS" in chunks
                or box not in (None, (0, 0, *image.size))
            ),
            box=box,
            depth=chunks[b"IHDR"][8] if len(chunks.get(b"IHDR", b"")) == 13 else 8,
            chunks=chunks,
            profile=info.get("icc_profile") or b"",
        )


@contextmanager
def opened(data: bytes, what: str) -> Iterator[Image.Image]:
    """Open a picture with Pillow; whatever that trips over in the block is a :class:`PictureError`.

    A damaged file can make it raise anything.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            yield image
    except DataError:
        raise
    except UnidentifiedImageError:
        raise PictureError(f"{what}: the picture is broken: its header cannot be read") from None
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PictureError(f"{what}: the picture is broken: {reason}") from None


def _refuse_size(size: tuple[int, int], what: str, most: int) -> None:
    width, height = size
    if not (width and height):
        raise PictureError(f"{what}: a picture of {width} x {height} pixels")
    if width * height > most:
        raise PictureError(
            f"{what}: {width} x {height} are {width * height:,} pixels, more than the {most:,} "
            "that it may have; it is not decoded"
        )


def _refuse_pieces(pieces: int, beside: int, what: str) -> None:
    if pieces > _MOST_PIECES:
        raise PictureError(
            f"{what}: more than {_MOST_PIECES:,} pieces beside the pixels; it is not decoded"
        )
    if beside > _MOST_BESIDE:
        raise PictureError(
            f"{what}: more than {_MOST_BESIDE >> 20} MiB beside the pixels; it is not decoded"
        )


def _stored_size(data: bytes, kind: str, what: str) -> tuple[int, int]:
    if kind == "image/png":
        return struct.unpack(">II", data[16:24])
    if kind == "image/gif":
        return struct.unpack("<HH", data[6:10])
    if kind == "image/jpeg":
        return _jpeg_size(data, what)
    if data[12:16] == b"VP8X":
        low_wide, top_wide, low_high, top_high = struct.unpack("<HBHB", data[24:30])
        return (top_wide << 16 | low_wide) + 1, (top_high << 16 | low_high) + 1
    if data[12:16] == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    wide, high = struct.unpack("<HH", data[26:30])
    return wide & 0x3FFF, high & 0x3FFF


def _jpeg_size(data: bytes, what: str) -> tuple[int, int]:
    """The size of the first picture of a JPEG.

    Raises:
        struct.error: it ends before that.
        PictureError: it has more scans, or more beside them, than any picture needs.
    """
    at, scans, size = 2, 0, (0, 0)
    pieces = beside = 0
    while found := _MARKER.search(data, at):
        # Between two markers whoever reads goes from byte to byte; in a scan, where bytes are
        # filled up with 0xFF.
        between = found.start() - at if not scans else data.count(b"\xff\xff", at, found.end())
        pieces += 1 + between
        _refuse_pieces(pieces, beside, what)
        at, marker = found.end(), data[found.end() - 1]
        if marker == _END and scans:
            break
        if marker in _ALONE:
            continue
        if marker in _FRAMES:
            high, wide = struct.unpack(">HH", data[at + 3 : at + 7])
            size = (wide, high)
        scans += marker == _SCAN
        if scans > _MOST_SCANS:
            raise PictureError(
                f"{what}: more than {_MOST_SCANS} scans in one JPEG; it is not decoded"
            )
        length = struct.unpack(">H", data[at : at + 2])[0]
        pieces += _EXIF_WEIGHS * (marker == 0xE1 and data[at + 2 : at + 8] == b"Exif\0\0")
        at, beside = at + length, beside + length
    else:
        _refuse_pieces(pieces + data.count(b"\xff\xff", at), beside, what)
    if not scans:
        raise struct.error
    return size


def _chunks(png: bytes, what: str) -> Iterator[tuple[bytes, bytes]]:
    """Types and contents of a PNG's chunks, without pixels, as far as they go.

    Raises:
        PictureError: more than any picture needs.
    """
    at, pieces = len(_PNG), 0
    while at + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        pixels = kind in (b"IDAT", b"fdAT")
        pieces += not pixels or length < _SHORT_CHUNK
        _refuse_pieces(pieces, 0, what)
        if not pixels:
            yield kind, png[at + 8 : at + 8 + length]
        at += length + 12


def _refuse_blocks(gif: bytes, what: str) -> None:
    """Go through a GIF's blocks as far as its second picture, as whoever opens it does.

    Raises:
        PictureError: more than any picture needs.
    """
    at, pieces, pictures = 13 + _palette(gif[10:11]), 0, 0
    while at < len(gif) and (kind := gif[at]) != 0x3B and pictures < 2:
        at, pieces = at + 1, pieces + 1
        _refuse_pieces(pieces, 0, what)
        if kind == 0x2C:
            pictures += 1
            at += 10 + _palette(gif[at + 8 : at + 9])
        elif kind == 0x21:
            at += 1
        else:
            continue
        while length := gif[at] if at < len(gif) else 0:
            pieces += kind == 0x21 or length < _SHORT_BLOCK
            _refuse_pieces(pieces, 0, what)
            at += 1 + length
        at += 1


def _palette(flags: bytes) -> int:
    """Bytes of a GIF's palette, by the flags before it."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _box(gif: Image.Image) -> tuple[int, int, int, int]:
    tiles: Any = gif.tile  # type: ignore[attr-defined]  # what is there to be decoded, and where
    left, top, right, bottom = tiles[0][1] or (0, 0, *gif.size)
    return left, top, right, bottom


def _orientation(exif: bytes) -> int:
    """The orientation in EXIF data; 1 where it is not told, or wrongly."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack(f"{order}I", exif[4:8])
        (count,) = struct.unpack(f"{order}H", exif[at : at + 2])
        for entry in range(at + 2, min(at + 2 + 12 * count, len(exif)), 12):
            tag, kind, number, value = struct.unpack(f"{order}HHIH", exif[entry : entry + 10])
            if (tag, kind, number) == (0x0112, 3, 1):
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
