"""Frames of videos: which, when, how large, and what is said of files that have none."""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from hypothesis import given, settings, strategies as st
from PIL import Image

from handeye.errors import DataError, OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import FrameError, encode_frame, take_frames
from handeye.media.timeline import Timeline, read_timeline
from tests.support.visualact.videos import (
    SIZE,
    all_frames,
    make_audio,
    make_video,
    number_in,
    picture,
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """48 frames at 12 a second, key frames every 10, B-frames."""
    return make_video(tmp_path_factory.mktemp("videos") / "plain.mp4")


def indices(footage):
    return [frame.index for frame in footage.frames]


def test_eight_uniform_frames_stand_in_the_middles_of_eight_parts(plain):
    footage = take_frames(plain)
    # Parts of 6 frames: the middles lie where frames 3, 9, 15 ... begin.
    assert indices(footage) == [3, 9, 15, 21, 27, 33, 39, 45]
    assert [frame.seconds for frame in footage.frames] == pytest.approx(
        [0.25 + 0.5 * part for part in range(8)]
    )
    assert (footage.duration, footage.fps, footage.total) == (4.0, 12.0, 48)
    assert (footage.width, footage.height) == SIZE
    for frame in footage.frames:
        assert frame.rgb.shape == (SIZE[1], SIZE[0], 3)
        assert frame.rgb.dtype == np.uint8
        assert number_in(frame.rgb) == frame.index


@pytest.mark.parametrize(
    ("count", "wanted"),
    [(1, [24]), (2, [12, 36]), (48, list(range(48))), (200, list(range(48)))],
)
def test_uniform_counts(plain, count, wanted):
    assert indices(take_frames(plain, FrameChoice(count=count))) == wanted


def test_fewer_frames_than_asked_for_come_once_each(tmp_path):
    short = make_video(tmp_path / "short.mp4", 3)
    assert indices(take_frames(short)) == [0, 1, 2]


def test_a_single_frame(tmp_path):
    one = make_video(tmp_path / "one.mp4", 1)
    footage = take_frames(one)
    assert indices(footage) == [0]
    assert footage.duration == pytest.approx(1 / 12, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "codec", "fmt"),
    [
        ("a.mp4", "libx264", None),
        ("a.mkv", "libx264", None),
        ("a.ts", "libx264", None),
        ("a.webm", "libvpx", None),
        ("a.avi", "mpeg4", None),
        ("b.avi", "libx264", None),  # time stamps of B-frames are wrong in this container
        ("a.h264", "libx264", "h264"),  # no time stamps at all
    ],
)
def test_frames_are_those_that_decoding_everything_gives(tmp_path, name, codec, fmt):
    path = make_video(tmp_path / name, codec=codec, fmt=fmt)
    wanted = (0, 1, 9, 10, 11, 30, 47)
    footage = take_frames(path, FrameChoice("indices", indices=wanted))
    assert footage.total == 48
    assert tuple(indices(footage)) == wanted
    assert [number_in(frame.rgb) for frame in footage.frames] == list(wanted)
    if name not in ("b.avi", "a.h264"):
        assert read_timeline(path) is not None
        for frame, (seconds, rgb) in zip(
            footage.frames, [all_frames(path)[i] for i in wanted], strict=True
        ):
            assert frame.seconds == pytest.approx(seconds, abs=1e-6)
            assert np.array_equal(frame.rgb, rgb)


def test_every_frame_can_be_taken_alone(plain):
    for index, (_, rgb) in enumerate(all_frames(plain)):
        footage = take_frames(plain, FrameChoice("indices", indices=(index,)))
        assert np.array_equal(footage.frames[0].rgb, rgb)


def test_a_variable_frame_rate_counts_time_not_frames(tmp_path):
    # 40 frames in the first second, 8 in the next four.
    stamps = [25 * i for i in range(40)] + [1000 + 500 * i for i in range(8)]
    path = make_video(tmp_path / "v.mp4", stamps=stamps)
    footage = take_frames(path, FrameChoice("seconds", seconds=(0.0, 0.5, 0.51, 1.0, 2.9, 4.55)))
    assert indices(footage) == [0, 20, 40, 43, 47]
    assert [number_in(frame.rgb) for frame in footage.frames] == [0, 20, 40, 43, 47]
    assert footage.frames[-1].seconds == pytest.approx(4.5)
    uniform = take_frames(path, FrameChoice(count=4))
    parts = footage.duration / 4
    times = [seconds for seconds, _ in all_frames(path)]
    middles = [parts * (part + 0.5) for part in range(4)]
    assert indices(uniform) == [sum(t <= m + 1e-6 for t in times) - 1 for m in middles]


def test_the_clock_starts_with_the_first_frame(tmp_path):
    path = make_video(tmp_path / "late.mkv", first=24)
    footage = take_frames(path, FrameChoice("seconds", seconds=(0, 1)))
    assert indices(footage) == [0, 12]
    assert footage.duration == pytest.approx(4, abs=0.01)


def test_a_fixed_rate(plain):
    footage = take_frames(plain, FrameChoice("fps", fps=2))
    assert indices(footage) == [0, 6, 12, 18, 24, 30, 36, 42]
    assert indices(take_frames(plain, FrameChoice("fps", fps=12))) == list(range(48))
    # A rate above the video's own shows no frame twice.
    assert indices(take_frames(plain, FrameChoice("fps", fps=15))) == list(range(48))


def test_rounded_stamps_lose_no_frame(tmp_path):
    """12 a second is 83.33 ms, which a file in milliseconds cannot say."""
    path = make_video(tmp_path / "a.webm", codec="libvpx")
    assert indices(take_frames(path, FrameChoice("fps", fps=12))) == list(range(48))


def test_seconds_that_were_given_out_give_the_same_frames(plain):
    first = take_frames(plain, FrameChoice(count=7))
    seconds = tuple(frame.seconds for frame in first.frames)
    again = take_frames(plain, FrameChoice("seconds", seconds=seconds))
    assert indices(again) == indices(first)


def test_too_many_frames_are_refused_not_cut(plain):
    with pytest.raises(FrameError, match=r"20 frames a second over 4.0 s are 80 frames.*=64"):
        take_frames(plain, FrameChoice("fps", fps=20))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (FrameChoice("indices", indices=(0, 48)), "no frame 48; the video has 48 frames"),
        (FrameChoice("seconds", seconds=(4.01,)), r"no second 4.01; the video is 4.000 s long"),
    ],
)
def test_what_lies_beyond_the_end_is_refused(plain, choice, words):
    with pytest.raises(FrameError, match=words):
        take_frames(plain, choice)


def test_the_longest_side(tmp_path):
    path = make_video(tmp_path / "wide.mp4", 2, size=(320, 180))
    footage = take_frames(path, FrameChoice(longest_side=100))
    assert footage.frames[0].rgb.shape == (56, 100, 3)  # 56.25, to the nearest even number
    assert (footage.width, footage.height) == (320, 180)
    assert take_frames(path, FrameChoice(longest_side=320)).frames[0].rgb.shape == (180, 320, 3)
    assert take_frames(path, FrameChoice(longest_side=2000)).frames[0].rgb.shape == (180, 320, 3)
    assert take_frames(path, FrameChoice(longest_side=None)).frames[0].rgb.shape == (180, 320, 3)


def test_reducing_takes_every_pixel_into_account(tmp_path):
    """Stripes of one pixel become grey; taking every eighth pixel would give black or white."""
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = 255
    path = make_video(tmp_path / "s.mp4", 2, size=(128, 128), show=lambda _: stripes)
    small = take_frames(path, FrameChoice(longest_side=16)).frames[0].rgb
    assert small.shape == (16, 16, 3)
    assert abs(small[4:12, 4:12].astype(int) - 128).max() < 25


@pytest.mark.parametrize(
    ("rotation", "corner"), [(0, (0, 0)), (90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1))]
)
def test_rotated_videos_are_shown_upright(tmp_path, rotation, corner):
    """Degrees turn counter-clockwise: a quarter turn brings the top left corner to the bottom."""
    path = make_video(tmp_path / "r.mp4", 2, rotation=rotation)
    footage = take_frames(path)
    rgb = footage.frames[0].rgb
    upright = SIZE if rotation in (0, 180) else SIZE[::-1]
    assert (footage.width, footage.height) == upright
    assert rgb.shape == (upright[1], upright[0], 3)
    red = {
        (y, x): int(rgb[y * 3, x * 3, 0]) > 200 > 60 > int(rgb[y * 3, x * 3, 1])
        for y in (0, -1)
        for x in (0, -1)
    }
    assert [place for place, found in red.items() if found] == [corner]


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(2), (192, 64)), (Fraction(1, 2), (96, 128))]
)
def test_pixels_that_are_not_square(tmp_path, aspect, size):
    path = make_video(tmp_path / "a.mp4", 2, aspect=aspect)
    footage = take_frames(path)
    assert (footage.width, footage.height) == size
    assert footage.frames[0].rgb.shape == (size[1], size[0], 3)


# Files without frames


def cut(path, share, name):
    data = path.read_bytes()
    out = path.with_name(name)
    out.write_bytes(data[: int(len(data) * share)])
    return out


def test_missing_empty_and_foreign_files(tmp_path):
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(bytes(i * i % 251 for i in range(5000)))
    words = tmp_path / "words.mp4"
    words.write_text("no video at all\n" * 50, "utf-8")
    for path, reason in [
        (tmp_path / "none.mp4", "no such video"),
        (tmp_path, "is a folder"),
        (empty, "the file is empty"),
        (noise, "broken, cut off or no video"),
        (words, "broken, cut off or no video"),
    ]:
        with pytest.raises(FrameError, match=reason) as caught:
            take_frames(path)
        assert str(path) in str(caught.value)
        assert isinstance(caught.value, DataError)


def test_sound_without_pictures(tmp_path):
    with pytest.raises(FrameError, match="no picture track; there is only audio"):
        take_frames(make_audio(tmp_path / "sound.mp4"))


def test_covers_are_no_film(tmp_path):
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
        stream.disposition = Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))
        picture.pts = 0
        container.mux([*stream.encode(picture), *stream.encode()])
    with pytest.raises(FrameError, match=r"there is only covers \(attached pictures\)"):
        take_frames(tmp_path / "film.mp4")


@pytest.mark.parametrize("name", ["zero.mp4", "zero.avi", "zero.mkv"])
def test_no_frame_at_all(tmp_path, name):
    path = make_video(
        tmp_path / name, 0, codec="mpeg4", options={"movflags": "empty_moov"} if "4" in name else {}
    )
    with pytest.raises(FrameError, match=r"holds no frame|before the first frame"):
        take_frames(path)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("end.mp4", "libx264", {}),  # the index stands at the end and is lost
        ("start.mp4", "libx264", {"movflags": "faststart"}),  # the index is there, frames are not
        ("a.mkv", "libx264", {}),
        ("a.webm", "libvpx", {}),
        ("a.avi", "mpeg4", {}),
    ],
)
def test_files_that_were_cut_off(tmp_path, name, codec, options):
    path = make_video(tmp_path / name, codec=codec, options=options)
    assert len(take_frames(path).frames) == 8
    with pytest.raises(FrameError, match="cut off"):
        take_frames(cut(path, 0.5, f"cut-{name}"))


def test_an_unknown_coding(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz9"))
    with pytest.raises(FrameError, match="coded in a way that FFmpeg cannot read"):
        take_frames(path)


def test_remarks_that_are_not_utf8(tmp_path):
    """A title in another encoding is no fault of the pictures."""
    path = make_video(tmp_path / "a.mp4", title="abcdefgh")
    path.write_bytes(path.read_bytes().replace(b"abcdefgh", b"\xcd\xea\xffdefgh"))
    assert len(take_frames(path).frames) == 8


@settings(max_examples=40)
@given(st.data())
def test_any_damage_gives_frames_or_a_frame_error(data):
    with tempfile.TemporaryDirectory() as folder:
        name, codec = data.draw(
            st.sampled_from([("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.avi", "mpeg4")])
        )
        path = make_video(Path(folder) / name, 12, codec=codec)
        content = bytearray(path.read_bytes())
        places = st.integers(0, len(content) - 1)
        for place in data.draw(st.lists(places, max_size=30)):
            content[place] ^= 0x5A
        path.write_bytes(
            bytes(content[: data.draw(places)] if data.draw(st.booleans()) else content)
        )
        try:
            frames = take_frames(path).frames
        except FrameError:
            return
        assert frames


def test_damage_in_the_middle(tmp_path):
    path = make_video(tmp_path / "a.mp4", options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    middle = len(data) * 6 // 10
    data[middle : middle + 1500] = bytes(i * 7919 % 256 for i in range(1500))
    path.write_bytes(bytes(data))
    with pytest.raises(FrameError, match="broken"):
        take_frames(path, FrameChoice(count=48))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{0}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {0}\n",
    ],
)
def test_a_play_list_opens_no_other_file(tmp_path, text):
    real = make_video(tmp_path / "real.ts", 4)
    path = tmp_path / "list.mp4"
    path.write_text(text.format(real), "utf-8")
    with pytest.raises(FrameError):
        take_frames(path)


def test_a_name_is_a_file_not_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_video(tmp_path / "real.mp4", 2).rename(tmp_path / "http:x.mp4")
    assert len(take_frames("http:x.mp4").frames) == 2


def test_nothing_is_printed(tmp_path, capfd):
    path = make_video(tmp_path / "a.mp4", options={"movflags": "faststart"})
    capfd.readouterr()  # x264 may have said something
    take_frames(path)
    for bad in (cut(path, 0.5, "cut.mp4"), tmp_path / "none.mp4"):
        with pytest.raises(FrameError):
            take_frames(bad)
    assert capfd.readouterr() == ("", "")


# Timelines


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(1, 40))
def test_uniform_frames_of_any_timeline(steps, count):
    stamps = [sum(steps[:i]) for i in range(len(steps))]
    line = Timeline(tuple(stamps), (0,), Fraction(1, 1000), steps[-1])
    found = line.chosen(FrameChoice(count=count), path=None)
    assert found == sorted(set(found))
    assert all(0 <= index < len(steps) for index in found)
    if len(steps) <= count:
        assert found == list(range(len(steps)))
    elif len(set(steps)) == 1:
        assert len(found) == count
        gaps = np.diff([*found])
        assert count == 1 or gaps.max() - gaps.min() <= 1


# Choices


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("8", FrameChoice()),
        (4, FrameChoice(count=4)),
        ("uniform:16", FrameChoice(count=16)),
        ("fps:2", FrameChoice("fps", fps=2)),
        ("fps=0.5", FrameChoice("fps", fps=0.5)),
        ("seconds:0.5, 1.5", FrameChoice("seconds", seconds=(0.5, 1.5))),
        ("indices:0,10,20", FrameChoice("indices", indices=(0, 10, 20))),
    ],
)
def test_choices_are_read_and_written(text, wanted):
    choice = FrameChoice.parse(text)
    assert choice == wanted
    assert FrameChoice.of(json.loads(json.dumps(choice.as_dict()))) == choice
    assert choice.words()


@pytest.mark.parametrize(
    "text",
    ["", "0", "-3", "many", "fps:0", "fps:nan", "fps:x", "seconds:", "seconds:-1", "indices:1.5",
     "indices:-1", "fps:inf", "uniform:2.5", "8,16"],
)  # fmt: skip
def test_choices_that_cannot_be_met(text):
    with pytest.raises(OptionError, match="frames"):
        FrameChoice.parse(text)


@pytest.mark.parametrize(
    "values",
    [{"method": "best"}, {"longest_side": 4}, {"count": True}, {"max_frames": 0},
     {"method": "fps"}, {"side": 3}],
)  # fmt: skip
def test_entries_that_cannot_be_met(values):
    with pytest.raises(OptionError, match="frames"):
        FrameChoice.of(values)


def test_digests_tell_choices_apart():
    choices = [
        FrameChoice(),
        FrameChoice(count=4),
        FrameChoice(longest_side=None),
        FrameChoice("fps", fps=2),
        FrameChoice("fps", fps=2, max_frames=9),
        FrameChoice("seconds", seconds=(1,)),
        FrameChoice("indices", indices=(1,)),
    ]
    assert len({choice.digest() for choice in choices}) == len(choices)
    assert len({choice.words() for choice in choices}) == len(choices)
    assert FrameChoice(count=4).digest() == FrameChoice(count=4, max_frames=9).digest()


# Encoding


def test_png_loses_nothing_and_jpeg_little():
    rgb = picture(20)
    png = Image.open(BytesIO(encode_frame(rgb, "png")))
    assert (png.format, np.array_equal(np.asarray(png), rgb)) == ("PNG", True)
    jpeg = Image.open(BytesIO(encode_frame(rgb)))
    assert jpeg.format == "JPEG"
    assert np.abs(np.asarray(jpeg).astype(int) - rgb).mean() < 3
    assert len(encode_frame(rgb, "jpeg", 30)) < len(encode_frame(rgb, "jpeg", 95))


@pytest.mark.parametrize(
    ("image_format", "quality"), [("gif", 90), ("jpeg", 0), ("jpeg", 101), ("jpeg", 90.5)]
)
def test_encodings_that_are_refused(image_format, quality):
    with pytest.raises(OptionError, match=r"format|quality"):
        encode_frame(picture(0), image_format, quality)
