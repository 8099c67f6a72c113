"""What is seen of pictures of every kind: as in a browser, and by the rules of the docs."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from handeye.errors import DataError
from handeye.media.header import MOST_PIXELS, read_header
from handeye.media.view import PictureError, on_white, read_picture, read_view, view_of
from tests.support.media import (
    P3,
    SIZE,
    SRGB,
    apart,
    browser_eyes,
    exif,
    gif,
    icc,
    png,
    ramps,
    rgb_png,
    saved,
)

RGB = ramps()
IMAGE = Image.fromarray(RGB)
PALETTE = IMAGE.quantize(16)
ALPHA = np.arange(SIZE[0], dtype=np.uint8) * 4
RGBA = Image.fromarray(np.dstack([RGB, np.broadcast_to(ALPHA, RGB.shape[:2])]))
LA = RGBA.convert("LA")
DEEP = (np.arange(RGB[..., 0].size).reshape(RGB.shape[:2]) * 17 % 65536).astype(np.uint16)
DEEP_RGB = np.stack([DEEP, DEEP[::-1], DEEP[:, ::-1]], -1)
OTHER = Image.fromarray(255 - RGB)


def rows(values: np.ndarray) -> list[bytes]:
    wide = values.astype(">u2") if values.dtype == np.uint16 else values
    return [row.tobytes() for row in wide]


def chroma(gamma: float, primaries: tuple[float, ...] | None = None) -> bytes:
    chunks = [(b"gAMA", struct.pack(">I", round(gamma * 100_000)))]
    if primaries:
        places = (round(value * 100_000) for value in primaries)
        chunks.append((b"cHRM", struct.pack(">8I", *places)))
    return rgb_png(before=chunks)


def key(*values: int) -> dict[str, list[tuple[bytes, bytes]]]:
    return {"before": [(b"tRNS", struct.pack(f">{len(values)}H", *values))]}


# Raw: the file is handed on as it lies.
RAW: dict[str, bytes] = {
    "PNG": saved(IMAGE, "PNG"),
    "palette": saved(PALETTE, "PNG"),
    "grey": saved(IMAGE.convert("L"), "PNG"),
    "1 bit": saved(IMAGE.convert("1"), "PNG"),
    "opaque RGBA": saved(IMAGE.convert("RGBA"), "PNG"),
    "opaque tRNS": saved(PALETTE, "PNG", transparency=bytes([255] * 16)),
    "JPEG": saved(IMAGE, "JPEG", quality=90),
    "progressive": saved(IMAGE, "JPEG", progressive=True),
    "grey JPEG": saved(IMAGE.convert("L"), "JPEG"),
    "RGB JPEG": saved(IMAGE, "JPEG", keep_rgb=True),
    "upright by EXIF": saved(IMAGE, "JPEG", exif=b"Exif\0\0" + exif(1)),
    "no orientation": saved(IMAGE, "JPEG", exif=b"Exif\0\0" + exif(9)),
    "broken EXIF": saved(IMAGE, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"),
    "MPO": saved(IMAGE, "MPO", save_all=True, append_images=[OTHER]),
    "GIF": saved(PALETTE, "GIF"),
    "WebP": saved(IMAGE, "WEBP"),
    "sRGB chunk": rgb_png(before=[(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))]),
    "gamma of sRGB": chroma(0.45455),
    "sRGB by cICP": rgb_png(before=[(b"cICP", bytes([1, 13, 0, 1]))]),
    "profile of another model": saved(IMAGE, "PNG", icc_profile=icc("GRAY", 1)),
    "no profile": saved(IMAGE, "PNG", icc_profile=b"nothing"),
    "oblong pixels": rgb_png(before=[(b"pHYs", struct.pack(">IIB", 1, 2, 0))]),
}
TURNED: dict[str, tuple[bytes, str]] = {
    f"{kind} {number}": (
        saved(IMAGE, kind, exif=b"Exif\0\0" + exif(number, order)),
        f"EXIF orientation {number}",
    )
    for kind, order in (("PNG", "<"), ("JPEG", ">"))
    for number in range(2, 9)
}
CHANGED: dict[str, tuple[bytes, str]] = {
    **TURNED,
    "RGBA": (saved(RGBA, "PNG"), "transparency on white"),
    "LA": (saved(LA, "PNG"), "transparency on white"),
    "RGBA WebP": (saved(RGBA, "WEBP", lossless=True, exact=True), "transparency on white"),
    "tRNS of a palette": (
        saved(PALETTE, "PNG", transparency=bytes([0, 64, 128, *[255] * 13])),
        "transparency on white",
    ),
    "one clear index": (saved(PALETTE, "PNG", transparency=2), "transparency on white"),
    "GIF": (saved(PALETTE, "GIF", transparency=3), "transparency on white"),
    "GIF beside its screen": (gif((20, 16), (4, 3, 8, 8)), "transparency on white"),
    "GIF beyond its screen": (gif((8, 8), (4, 4, 8, 8), clear=1), "transparency on white"),
    "clear RGB": (png(SIZE, 8, 2, rows(RGB), **key(*map(int, RGB[3, 3]))), "transparency on white"),
    "clear grey": (png(SIZE, 8, 0, rows(RGB[..., 0]), **key(40)), "transparency on white"),
    "clear of 4 bits": (png(SIZE, 4, 0, [b"\x5a" * 32] * 40, **key(10)), "transparency on white"),
    "clear of 2 bits": (png(SIZE, 2, 0, [b"\x1b" * 16] * 40, **key(2)), "transparency on white"),
    "clear of 1 bit": (png(SIZE, 1, 0, [b"\x5a" * 8] * 40, **key(1)), "transparency on white"),
    "grey of 16 bits": (saved(Image.fromarray(DEEP), "PNG"), "16 bits a channel"),
    "RGB of 16 bits": (png(SIZE, 16, 2, rows(DEEP_RGB)), "16 bits a channel"),
    "RGBA of 16 bits": (
        png(SIZE, 16, 6, rows(np.dstack([DEEP_RGB, DEEP]))),
        "16 bits a channel, transparency on white",
    ),
    "clear grey of 16 bits": (
        png(SIZE, 16, 0, rows(DEEP), **key(int(DEEP[3, 3]))),
        "16 bits a channel, transparency on white",
    ),
    "clear RGB of 16 bits": (
        png(SIZE, 16, 2, rows(DEEP_RGB), **key(*map(int, DEEP_RGB[3, 3]))),
        "16 bits a channel, transparency on white",
    ),
    "CMYK": (saved(IMAGE.convert("CMYK"), "JPEG", quality=95), "CMYK"),
    "YCCK": (
        saved(IMAGE.convert("CMYK"), "JPEG", quality=95).replace(
            b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2"
        ),
        "CMYK",
    ),
    "animated GIF": (
        saved(PALETTE, "GIF", save_all=True, append_images=[OTHER], duration=60_000),
        "first frame of an animation",
    ),
    "APNG": (
        saved(IMAGE, "PNG", save_all=True, append_images=[OTHER], duration=60_000),
        "first frame of an animation",
    ),
    "APNG with a picture for others": (
        saved(IMAGE, "PNG", save_all=True, append_images=[OTHER], default_image=True),
        "first frame of an animation",
    ),
    "animated WebP": (
        saved(IMAGE, "WEBP", save_all=True, append_images=[OTHER], duration=60_000, lossless=True),
        "first frame of an animation",
    ),
    "P3": (saved(IMAGE, "PNG", icc_profile=icc("RGB", 2.2, P3)), "colours as sRGB"),
    "P3 WebP": (
        saved(IMAGE, "WEBP", lossless=True, icc_profile=icc("RGB", 2.2, P3)),
        "colours as sRGB",
    ),
    "P3 palette": (saved(PALETTE, "PNG", icc_profile=icc("RGB", 2.2, P3)), "colours as sRGB"),
    "P3 RGBA": (
        saved(RGBA, "PNG", icc_profile=icc("RGB", 2.2, P3)),
        "colours as sRGB, transparency on white",
    ),
    "linear JPEG": (saved(IMAGE, "JPEG", icc_profile=icc("RGB", 1)), "colours as sRGB"),
    "linear grey": (
        saved(IMAGE.convert("L"), "PNG", icc_profile=icc("GRAY", 1)),
        "colours as sRGB",
    ),
    "grey by RGB": (
        saved(IMAGE.convert("L"), "JPEG", icc_profile=icc("RGB", 1, P3)),
        "colours as sRGB",
    ),
    "linear LA": (
        saved(LA, "PNG", icc_profile=icc("GRAY", 1)),
        "colours as sRGB, transparency on white",
    ),
    "linear by gAMA": (chroma(1), "colours as sRGB"),
    "gAMA and cHRM": (chroma(0.45455, P3), "colours as sRGB"),
    "gAMA and sRGB's cHRM": (chroma(0.55556, SRGB), "colours as sRGB"),
    "P3 by cICP": (rgb_png(before=[(b"cICP", bytes([12, 13, 0, 1]))]), "colours as sRGB"),
    "BT.709 by cICP": (rgb_png(before=[(b"cICP", bytes([1, 1, 0, 1]))]), "colours as sRGB"),
    "BT.2020 by cICP": (rgb_png(before=[(b"cICP", bytes([9, 14, 0, 1]))]), "colours as sRGB"),
    "turned and clear": (
        saved(RGBA, "PNG", exif=exif(6)),
        "EXIF orientation 6, transparency on white",
    ),
}


@pytest.fixture(scope="module")
def eyes(chromium) -> Iterator[Callable[[bytes, str], np.ndarray | None]]:
    page = chromium.new_page()
    yield browser_eyes(page)
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", RAW)
def test_raw_pictures_are_handed_on_as_they_lie(name, eyes):
    data = RAW[name]
    view = view_of(data)
    assert view.changes == ()
    assert view.sent() == (data, view.header.media_type)
    assert apart(eyes(data, view.header.media_type), np.asarray(view.image())) <= 2


@pytest.mark.browser
@pytest.mark.parametrize("name", CHANGED)
def test_others_are_handed_on_as_a_png_of_what_a_browser_shows(name, eyes):
    data, words = CHANGED[name]
    view = view_of(data)
    assert ", ".join(view.changes) == words
    seen = np.asarray(view.image())
    assert view.size == seen.shape[1::-1]
    assert apart(eyes(data, view.header.media_type), seen) <= 2
    sent, kind = view.sent()
    assert kind == "image/png"
    again = view_of(sent)
    assert again.changes == ()
    assert np.array_equal(np.asarray(again.image()), seen)


@pytest.mark.parametrize("number", range(2, 9))
def test_where_browsers_leave_the_orientation_out_it_counts_all_the_same(number):
    """In WebP, and behind the pixels of a PNG: other viewers and FFmpeg read it there."""
    upright = np.asarray(view_of(TURNED[f"PNG {number}"][0]).image())
    webp = saved(IMAGE, "WEBP", lossless=True, exif=exif(number))
    assert np.array_equal(np.asarray(view_of(webp).image()), upright)
    late = rgb_png(after=[(b"eXIf", exif(number))])
    assert np.array_equal(np.asarray(view_of(late).image()), upright)


def test_a_large_jpeg_may_be_decoded_at_a_part_of_its_size():
    data = saved(Image.fromarray(ramps((2000, 1200))), "JPEG", exif=b"Exif\0\0" + exif(8))
    view = view_of(data)
    assert view.size == (1200, 2000)
    small = view.image(draft=(200, 200))
    assert small.size == (300, 500)


def test_art_keeps_its_transparency():
    assert np.array_equal(view_of(saved(RGBA, "PNG")).rgba(), np.asarray(RGBA))
    assert view_of(RAW["JPEG"]).rgba()[..., 3].min() == 255


def test_white_is_laid_under_by_the_nearest_value():
    values = np.arange(256)
    picture = np.zeros((256, 256, 4), np.uint8)
    picture[..., :3], picture[..., 3] = values[:, None, None], values[None]
    exact = (values[:, None] * values + 255.0 * (255 - values)) / 255
    assert np.array_equal(on_white(picture)[..., 0], np.floor(exact + 0.5))


# Limits


def bomb(wide: int, high: int) -> bytes:
    """A PNG of one colour; what is decoded of it is 1,000 times as large."""
    line = zlib.compressobj(9)
    pixels = b"".join(line.compress(bytes(wide + 1)) for _ in range(high)) + line.flush()
    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    )


def large(kind: str) -> bytes:
    """A small picture whose header says 60,000 x 60,000 (WebP: 16,384 x 16,384)."""
    data = bytearray(saved(IMAGE, kind, **({"lossless": True} if kind == "WEBP" else {})))
    if kind == "GIF":
        data[6:10] = struct.pack("<HH", 60_000, 60_000)
    elif kind == "JPEG":
        at = data.index(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    elif kind == "WEBP":
        data[21:25] = struct.pack("<I", 0x0FFFFFFF)
    else:
        data[16:24] = struct.pack(">II", 60_000, 60_000)
    return bytes(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_size_beyond_the_limit_is_refused_by_the_header(kind, recwarn):
    with pytest.raises(PictureError, match=r"60000 x 60000|16384 x 16384"):
        view_of(large(kind))
    assert not recwarn.list


def test_a_bomb_costs_neither_memory_nor_time():
    data = bomb(13_000, 13_000)
    assert len(data) < 200_000
    tracemalloc.start()
    with pytest.raises(PictureError, match="169,000,000 pixels, more than the 67,108,864"):
        view_of(data)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert MOST_PIXELS == 8192**2


def test_a_smaller_limit_can_be_set():
    assert view_of(RAW["PNG"], most=64 * 40).size == SIZE
    with pytest.raises(PictureError, match="more than the 2,559 "):
        view_of(RAW["PNG"], most=64 * 40 - 1)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_bomb_of_text_is_refused(place):
    text = b"k\0\0" + zlib.compress(bytes(200_000_000), 1)
    data = rgb_png(**{place: [(b"zTXt", text)]})
    if place == "before":
        with pytest.raises(PictureError, match="broken"):
            view_of(data)
    else:
        with pytest.raises(PictureError, match="broken"):
            view_of(data).image()


def test_a_jpeg_of_endless_scans_is_refused():
    data = saved(IMAGE, "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureError, match="scans"):
        view_of(data[:-2] + scan * 200 + data[-2:])
    # What lies behind the picture (the film of a "motion photo") is no scan.
    assert view_of(data + scan * 200).changes == ()


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 255, marker, len(content) + 2) + content


CHUNK = struct.pack(">I4sI", 0, b"teXt", zlib.crc32(b"teXt"))
PIXELS = struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT"))
# Where in a file, what, how often none minds, and how often it is refused.
PIECES = {
    "markers": ("JPEG", 2, b"\xff\xfe\0\2", 5000, 10_001),
    "fill bytes": ("JPEG", 2, b"\xff", 5000, 10_001),
    "stray bytes": ("JPEG", 2 + 18, b"\0", 5000, 10_001),
    "restarts": ("JPEG", 2, b"\xff\xd0", 2000, 10_001),
    "unknown to all": ("JPEG", 2, segment(0xC8, bytes(60_000)), 0, 1),
    "fill bytes of a scan": ("JPEG", -2, b"\xff", 5000, 30_001),
    "markers of a scan": ("JPEG", -2, b"\xff\xfe\0\2", 5000, 10_001),
    "pieces of EXIF": ("JPEG", 2, segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0"), 50, 101),
    "bytes": ("JPEG", 2, segment(0xE3, bytes(60_000)), 300, 600),
    "chunks": ("PNG", 33, CHUNK, 5000, 10_001),
    "chunks behind": ("PNG", -12, CHUNK, 5000, 10_001),
    "chunks of no pixels": ("PNG", 33, PIXELS, 5000, 10_001),
    "blocks": ("GIF", 13 + 768, b"!\xfe\0", 5000, 10_001),
    "parts of a block": ("GIF", 13 + 768, b"!\xfe" + b"\1a" * 4000 + b"\0", 1, 3),
    "bytes between blocks": ("GIF", 13 + 768, b"\0", 5000, 10_001),
    "parts of pixels": ("GIF", -2, b"\1\0", 5000, 10_001),
}


@pytest.mark.parametrize("name", PIECES)
def test_endless_pieces_beside_the_pixels_are_refused(name):
    kind, place, piece, few, many = PIECES[name]
    whole = saved(IMAGE.quantize(256) if kind == "GIF" else IMAGE, kind)
    assert kind != "GIF" or whole[10] & 0x87 == 0x87
    place %= len(whole)
    assert view_of(whole[:place] + piece * few + whole[place:]).image().size == IMAGE.size
    with pytest.raises(PictureError, match="beside the pixels; it is not decoded"):
        view_of(whole[:place] + piece * many + whole[place:])


@pytest.mark.parametrize("data", [b"", b"GIF8", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM" * 50])
def test_stumps_and_other_formats_are_refused(data):
    with pytest.raises(PictureError, match=r"cut off|broken|not a PNG"):
        view_of(data)


def test_no_pixels_at_all():
    with pytest.raises(PictureError, match="0 x 0"):
        view_of(png((0, 0), 8, 2, []))


@given(data=st.data())
@settings(max_examples=150)
def test_any_damage_gives_a_picture_or_a_picture_error(data):
    whole = data.draw(st.sampled_from([*RAW.values(), *(one for one, _ in CHANGED.values())]))
    broken = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 4)) if broken else 0):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        view = view_of(bytes(broken), most=1_000_000)
        seen = view.image()
    except PictureError as error:
        told = str(error)
        assert "\n" not in told
    else:
        assert view.size == seen.size


# Files


def test_files_that_are_none(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    for name, words in (
        ("pipe.png", "no regular file"),
        ("zero.png", "no regular file"),
        (".", "directory"),
        ("absent.png", "No such file"),
        ("a\0b.png", "null"),
    ):
        with pytest.raises(DataError, match=words) as told:
            read_view(tmp_path / name)
        assert "\n" not in str(told.value)


def test_a_file_may_not_be_too_large(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as stream:
        stream.truncate(2**27 + 1)
    with pytest.raises(PictureError, match="128 MiB"):
        read_picture(path)


def test_the_header_is_enough_for_the_size(tmp_path):
    whole = saved(Image.fromarray(ramps((640, 400))), "PNG")
    assert read_header(whole[:100], "it").size == (640, 400)
    path = Path(tmp_path / "cut.png")
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PictureError, match="broken"):
        read_view(path).image()
    assert io.BytesIO(whole).getvalue() == whole
