"""What is shown of videos of every kind: as FFmpeg does, and a browser where it does the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handeye.media import display, frames, timeline
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import FrameError, take_frames
from handeye.media.view import on_white, view_of
from tests.support.media import (
    apart,
    browser_eyes,
    exif,
    film,
    filtered,
    ramps,
    rewrapped,
    saved,
    scene,
    with_clean_aperture,
    with_pixel_aspect,
)

FIRST = FrameChoice("indices", indices=(0,), longest_side=None)
# What ffmpeg 8 does with a display matrix: degrees counter-clockwise and mirrors, its filters.
TURNS: dict[str, tuple[tuple[float, bool, bool], list[tuple[str, str | None]]]] = {
    "upright": ((0, False, False), []),
    "vertically": ((0, False, True), [("vflip", None)]),
    "horizontally": ((0, True, False), [("hflip", None)]),
    "both": ((0, True, True), [("hflip", None), ("vflip", None)]),
    "left": ((90, False, False), [("transpose", "cclock")]),
    "left mirrored": ((90, True, False), [("transpose", "clock_flip")]),
    "over": ((180, False, False), [("hflip", None), ("vflip", None)]),
    "over mirrored": ((180, True, False), [("vflip", None)]),
    "right": ((270, False, False), [("transpose", "clock")]),
    "right mirrored": ((270, True, False), [("transpose", "cclock_flip")]),
}
ALPHA = np.broadcast_to(np.linspace(0, 255, 96).astype(np.uint8), (64, 96))
GLASS = np.dstack([scene(), ALPHA])


@pytest.fixture(scope="module")
def eyes(chromium) -> Iterator[Callable[[Path, str], np.ndarray]]:
    page = chromium.new_page()
    see = browser_eyes(page)

    def watch(path: Path, kind: str) -> np.ndarray:
        found = see(path.read_bytes(), kind)
        if found is None:
            pytest.skip(f"this browser does not play {path.name}")
        return found

    yield watch
    page.close()


def shown(path: Path, choice: FrameChoice = FIRST) -> np.ndarray:
    footage = take_frames(path, choice)
    rgb = footage.frames[0].rgb
    if choice.longest_side is None:
        assert (footage.width, footage.height) == rgb.shape[1::-1]
    return rgb


@pytest.mark.browser
@pytest.mark.parametrize("name", TURNS)
def test_turns_and_mirrors(tmp_path, name, eyes):
    rotation, steps = TURNS[name]
    path = film(tmp_path / "a.mp4", rotation=rotation)
    seen = shown(path)
    assert np.array_equal(seen, filtered(path, *steps))
    assert apart(seen, eyes(path, "video/mp4")) <= 3
    assert bool(take_frames(path).changes) == (name != "upright")


@pytest.mark.parametrize("degrees", [1, 30, -45, 200])
def test_other_angles_turn_the_picture_within_its_size(tmp_path, degrees):
    path = film(tmp_path / "a.mp4", rotation=(degrees, False, False))
    assert np.array_equal(shown(path), filtered(path, ("rotate", f"{-degrees % 360}*PI/180")))
    assert take_frames(path).changes == (f"turned by {-degrees % 360} degrees",)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(2), (192, 64)),
        (Fraction(1, 2), (96, 128)),
        (Fraction(64, 45), (137, 64)),
        (Fraction(8, 9), (96, 72)),
    ],
)
def test_pixels_are_made_square_as_in_a_browser(tmp_path, aspect, size, eyes):
    for name, kind in (("a.mp4", "video/mp4"), ("a.mkv", "video/x-matroska")):
        path = film(tmp_path / name, aspect=aspect)
        assert shown(path).shape[1::-1] == size == eyes(path, kind).shape[1::-1]
    turned = film(tmp_path / "b.mp4", aspect=aspect, rotation=(90, False, False))
    assert shown(turned).shape[:2] == size == eyes(turned, "video/mp4").shape[:2]


def test_pixel_aspect_told_by_the_codec(tmp_path):
    told = "h264_metadata=sample_aspect_ratio=3/2"
    path = rewrapped(film(tmp_path / "a.ts", bits=told), tmp_path / "a.mp4")
    assert shown(path).shape == (64, 144, 3)


@pytest.mark.browser
def test_the_container_s_pixel_aspect_goes_before_the_codec_s(tmp_path, eyes):
    path = with_pixel_aspect(film(tmp_path / "a.mp4", aspect=Fraction(2)), 3, 2)
    assert shown(path).shape == (64, 144, 3) == eyes(path, "video/mp4").shape


def test_an_aspect_beyond_reason(tmp_path):
    path = with_pixel_aspect(film(tmp_path / "a.mp4", aspect=Fraction(2)), 20_000, 1)
    with pytest.raises(FrameError, match="would be shown as"):
        take_frames(path, FIRST)
    with pytest.raises(FrameError, match="1920000 x 64, more than the 37,748,736 pixels"):
        take_frames(path, FrameChoice(count=1))  # reduced to 768 at the most, it would be small
    assert shown(with_pixel_aspect(path, 6000, 1), FrameChoice(count=1)).shape == (2, 768, 3)


@pytest.mark.browser
def test_crop_of_the_codec(tmp_path, eyes):
    for top in (4, 0):
        cropped = f"h264_metadata=crop_right=16:crop_top={top}:crop_bottom=6"
        path = rewrapped(film(tmp_path / "a.ts", bits=cropped), tmp_path / "a.mp4")
        seen = shown(path)
        assert seen.shape == (58 - top, 80, 3)
        assert np.array_equal(seen, filtered(path))
        assert take_frames(path).changes == ()
    # Chromium cuts off at the right and below whatever the codec says.
    assert apart(seen, eyes(path, "video/mp4")) <= 3


@pytest.mark.parametrize(
    "crop", [(2, 0, 0, 0), (16, 8, 10, 6), (32, 0, 0, 2), (64, 4, 0, 0), (66, 0, 12, 40)]
)
def test_crop_of_the_codec_at_every_side(tmp_path, crop):
    """The pixels of the whole frame, as far as they are to be seen."""
    left, top, right, bottom = crop
    told = f"h264_metadata=crop_left={left}:crop_top={top}:crop_right={right}:crop_bottom={bottom}"
    picture = scene((160, 120))
    whole = shown(rewrapped(film(tmp_path / "w.ts", picture=picture), tmp_path / "w.mp4"))
    raw = film(tmp_path / "a.ts", picture=picture, bits=told)
    for path in (raw, rewrapped(raw, tmp_path / "a.mp4"), rewrapped(raw, tmp_path / "a.mkv")):
        # The bit stream's own crop, of 120 coded as 128 lines, is replaced by what is told.
        seen = shown(path)
        assert seen.shape == (128 - top - bottom, 160 - left - right, 3)
        high = min(120, 128 - bottom) - top
        assert np.array_equal(seen[:high], whole[top : top + high, left : 160 - right])


@pytest.mark.parametrize(
    ("size", "off", "crop"),
    [
        ((64, 48), (8, 4), "iw-24-8:ih-12-4:24:12"),
        ((48, 64), (-10, 0), "iw-14-34:ih-0-0:14:0"),
        ((96, 40), (0, -12), "iw-0-0:ih-0-24:0:0"),
    ],
)
def test_crop_of_the_container(tmp_path, size, off, crop):
    clean = with_clean_aperture(film(tmp_path / "a.mp4"), tmp_path / "b.mp4", size, off)
    wanted = filtered(clean, ("crop", crop))
    assert wanted.shape[1::-1] == size
    for path in (clean, rewrapped(clean, tmp_path / "b.mkv")):
        assert np.array_equal(shown(path), wanted)
        assert take_frames(path).changes == ("cropped",)


def test_crop_turn_and_aspect_together(tmp_path):
    whole = film(tmp_path / "a.mp4", aspect=Fraction(2), rotation=(270, False, False))
    path = with_clean_aperture(whole, tmp_path / "b.mp4", (64, 48), (8, 4))
    seen = shown(path)
    assert seen.shape == (128, 48, 3)
    crop = filtered(path, ("crop", "iw-24-8:ih-12-4:24:12"), ("transpose", "clock"))
    plain = Image.fromarray(crop).resize((48, 128), Image.Resampling.LANCZOS)
    assert apart(seen, np.asarray(plain)) <= 3


def test_orientation_told_by_the_codec(tmp_path):
    told = "h264_metadata=rotate=90:flip=horizontal:display_orientation=insert"
    path = rewrapped(film(tmp_path / "a.ts", bits=told), tmp_path / "a.mp4")
    assert np.array_equal(shown(path), filtered(path, ("transpose", "cclock_flip")))


@pytest.mark.parametrize("number", range(1, 9))
def test_a_picture_with_exif_data_as_a_video(tmp_path, number):
    """PyAV has no name for what lies beside such a frame."""
    path = tmp_path / "a.jpg"
    tag = b"Exif\0\0" + exif(number)
    data = saved(Image.fromarray(ramps()), "JPEG", quality=100, subsampling=0, exif=tag)
    path.write_bytes(data)
    assert apart(shown(path), np.asarray(view_of(data).image())) <= 3


@pytest.mark.browser
def test_fields_are_shown_woven(tmp_path, eyes):
    comb = scene()
    comb[::2] = 255 - comb[::2]
    fields = {"crf": "1", "x264-params": "tff=1:interlaced=1"}
    path = film(tmp_path / "a.mp4", picture=comb, options=fields)
    seen = shown(path)
    assert np.array_equal(seen, filtered(path))
    assert apart(seen, eyes(path, "video/mp4")) <= 3


@pytest.mark.parametrize(
    ("name", "codec", "fmt"),
    [
        ("a.mp4", "libx264", "yuv420p10le"),
        ("a.mp4", "libx264", "yuv422p10le"),
        ("a.mkv", "ffv1", "yuv444p16le"),
        ("a.mkv", "ffv1", "gray16le"),
        ("a.mkv", "ffv1", "gray10le"),
        ("a.mov", "png", "rgb48be"),
    ],
)
def test_more_than_8_bits(tmp_path, name, codec, fmt):
    path = film(tmp_path / name, codec=codec, fmt=fmt)
    assert np.array_equal(shown(path), filtered(path))


@pytest.mark.parametrize("colours", [(1, 1), (1, 2), (5, 1), (5, 2), (9, 1)])
def test_matrix_and_range(tmp_path, colours):
    """BT.709, BT.601 and BT.2020, narrow and full."""
    path = film(tmp_path / "a.mp4", colours=colours)
    seen = shown(path)
    assert np.array_equal(seen, filtered(path))
    middle = np.s_[20:44, 30:60]
    assert apart(seen[middle], scene()[middle]) <= 6


@pytest.mark.parametrize(
    ("codec", "fmt"),
    [
        *[("ffv1", fmt) for fmt in ("yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p")],
        *[("rawvideo", fmt) for fmt in ("nv12", "uyvy422", "yuv440p", "bgr24")],
        ("mjpeg", "yuvj420p"),
    ],
)
def test_any_coding_and_size_is_converted_as_by_ffmpeg(tmp_path, codec, fmt):
    for size in ((96, 64), (97, 64), (96, 65), (97, 65)):
        picture = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8)
        path = film(tmp_path / "a.nut", codec=codec, fmt=fmt, picture=picture, frames=1)
        assert np.array_equal(shown(path), filtered(path)), size


@pytest.mark.browser
def test_untold_colours_are_those_of_a_browser(tmp_path, eyes):
    path = film(tmp_path / "a.mp4")
    assert apart(shown(path), eyes(path, "video/mp4")) <= 3


@pytest.mark.browser
def test_transparency_of_webm(tmp_path, eyes):
    path = film(tmp_path / "a.webm", codec="libvpx-vp9", fmt="yuva420p", picture=GLASS)
    seen = shown(path)
    assert apart(seen, eyes(path, "video/webm")) <= 3
    assert take_frames(path).changes == ("transparency on white",)
    assert seen[32, 1].min() > 245


@pytest.mark.parametrize(
    ("name", "codec", "fmt"),
    [
        ("a.mov", "qtrle", "argb"),
        ("a.mov", "png", "rgba"),
        ("a.mov", "prores_ks", "yuva444p10le"),
        ("a.mkv", "ffv1", "yuva420p"),
        ("a.apng", "apng", "rgba"),
    ],
)
def test_transparency_lies_on_white(tmp_path, name, codec, fmt):
    path = film(tmp_path / name, codec=codec, fmt=fmt, picture=GLASS)
    seen = shown(path)
    assert np.array_equal(seen, on_white(filtered(path, fmt="rgba")))
    assert seen[32, 0].min() == 255


def test_avi_has_no_transparency(tmp_path):
    clear = np.dstack([scene(), np.zeros_like(ALPHA)])
    path = film(tmp_path / "a.avi", codec="rawvideo", fmt="bgra", picture=clear)
    assert np.array_equal(shown(path), scene())


def test_a_clear_gif_lies_on_white(tmp_path):
    image = Image.fromarray(scene()).quantize(16)
    path = tmp_path / "a.gif"
    other = Image.new("P", image.size)
    image.save(path, save_all=True, append_images=[other], duration=100, transparency=3, disposal=2)
    seen = shown(path)
    assert np.array_equal(seen, np.asarray(view_of(path.read_bytes()).image()))


# Limits


def test_a_frame_may_not_have_too_many_pixels(tmp_path, monkeypatch):
    path = film(tmp_path / "a.mp4")
    monkeypatch.setattr(timeline, "MOST_FRAME_PIXELS", 96 * 64 - 1)
    with pytest.raises(FrameError, match=r"96 x 64 are 6,144 pixels, more than the 6,143"):
        take_frames(path)


def test_a_decoder_may_not_find_more_than_the_container_told(tmp_path, monkeypatch):
    small, large = film(tmp_path / "a.ts", frames=1), tmp_path / "b.ts"
    big = film(tmp_path / "c.ts", picture=scene((192, 128)), frames=1)
    large.write_bytes(small.read_bytes() + big.read_bytes())
    monkeypatch.setattr(timeline, "MOST_FRAME_PIXELS", 96 * 64)
    with pytest.raises(FrameError, match=str(large)):
        take_frames(large, FrameChoice("indices", indices=(0, 1)))


def test_a_gif_of_billions_of_pixels(tmp_path):
    data = bytearray(saved(Image.fromarray(scene()).quantize(16), "GIF"))
    data[6:10] = b"\xff\xff\xff\xff"
    path = tmp_path / "a.gif"
    path.write_bytes(data)
    start = time.monotonic()
    with pytest.raises(FrameError, match=str(path)):
        take_frames(path)
    assert time.monotonic() - start < 5


def test_so_many_pixels_are_decoded_and_no_more(tmp_path, monkeypatch):
    path = film(tmp_path / "a.mp4", frames=30, options={"g": "300"})
    last = FrameChoice("indices", indices=(29,))
    monkeypatch.setattr(timeline, "MOST_DECODED", 30 * 96 * 64)
    assert take_frames(path, last).frames[0].index == 29
    monkeypatch.setattr(timeline, "MOST_DECODED", 29 * 96 * 64)
    with pytest.raises(FrameError, match="pixels would have to be decoded"):
        take_frames(path, last)


def test_chosen_frames_may_not_be_too_large_together(tmp_path, monkeypatch):
    path = film(tmp_path / "a.mp4")
    monkeypatch.setattr(frames, "MOST_KEPT", 3 * 96 * 64)
    assert len(take_frames(path, FrameChoice(count=3)).frames) == 3
    monkeypatch.setattr(frames, "MOST_KEPT", 3 * 96 * 64 - 1)
    with pytest.raises(FrameError, match="take fewer"):
        take_frames(path, FrameChoice(count=3))


def test_pipes_devices_and_overlong_names(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "zero.mp4").symlink_to("/dev/zero")
    for name, words in (
        ("pipe.mp4", "no regular file"),
        ("zero.mp4", "no regular file"),
        ("x" * 300 + ".mp4", "too long"),
        ("a\0b.mp4", "null"),
    ):
        with pytest.raises(FrameError, match=words):
            take_frames(tmp_path / name)


def test_what_cannot_be_put_into_matroska_has_no_crop(tmp_path):
    path = film(tmp_path / "a.apng", codec="apng", fmt="rgb24")
    with timeline.opened(path) as track:
        assert display.Display(track).shown(next(track.frames())).shape == (64, 96, 3)
