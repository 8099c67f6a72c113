"""What is sent of a clip, by which route, and what a route cannot carry."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest
from inspect_ai.model import Content
from PIL import Image

from handeye.errors import DataError, OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.media.sound import sound_of
from handeye.premise.asking.clips import swaps
from handeye.premise.asking.questions import Asking, frames_of
from handeye.premise.asking.route import carried, left_out
from handeye.premise.loader import load
from handeye.run.questions import Question, by_scene
from tests.premise.asking.conftest import Writer

OURS, GOOGLE, OTHERS = "handeye/simulated", "google/gemini", "openai-api/x/y"


def questions(data: Path, model: str, **how: Any) -> list[Question]:
    items = load(data)
    return list(Asking(**how).of_set(items).fitted(model).questions(items))


def contents(question: Question) -> list[Content]:
    (message,) = question.write().messages
    assert not isinstance(message.content, str)
    return list(message.content)


def kinds(question: Question) -> list[str]:
    return [part.type for part in contents(question)]


def data_of(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


@pytest.mark.parametrize(
    ("model", "wanted", "route", "sent"),
    [
        (OURS, "auto", "native", {"video": 1}),
        (GOOGLE, "auto", "native", {"video": 1}),
        (GOOGLE, "frames+audio", "frames+audio", {"image": 8, "audio": 1}),
        (OTHERS, "auto", "frames+audio", {"image": 8, "audio": 1}),
        ("handeye/hf", "auto", "frames+audio", {"image": 8, "audio": 1}),
        ("handeye/hf", "native", "native", {"video": 1}),
        (OTHERS, "frames", "frames", {"image": 8}),
        (OTHERS, "audio", "audio", {"audio": 1}),
        ("anthropic/claude", "frames", "frames", {"image": 8}),
        ("openai/gpt-audio", "auto", "frames+audio", {"image": 8, "audio": 1}),
    ],
)
def test_media_go_out_as_the_provider_takes_them(
    videos: Path, model: str, wanted: str, route: str, sent: dict[str, int]
) -> None:
    first = questions(videos, model, media_input=wanted)[0]
    found = kinds(first)
    assert {kind: found.count(kind) for kind in set(found) - {"text"}} == sent
    note = first.write().note
    assert note is not None
    assert (note["input"], found[-1]) == (route, "text")
    assert note["media_sha256"] == first.media[0].sha256


@pytest.mark.parametrize(
    ("model", "how", "told"),
    [
        (OTHERS, {"media_input": "native"}, "openai-api is not known to take videos"),
        ("anthropic/claude", {}, "not known to take sound: give --media-input frames"),
        ("openai/gpt-5.5", {}, "not known to take sound"),
        ("anthropic/claude", {"media_input": "audio"}, "not known to take sound"),
        (GOOGLE, {"media_input": "native", "ablation": "blank-vision"}, "with blank vision"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_asked(
    videos: Path, model: str, how: dict[str, Any], told: str
) -> None:
    with pytest.raises(OptionError, match=told):
        questions(videos, model, **how)


def test_what_need_not_be_sent_is_not_refused(writer: Writer, tmp_path: Path) -> None:
    pictures = writer(tmp_path / "pictures", 1, "picture")
    for how in ({}, {"media_input": "native"}):
        assert {tuple(kinds(one)) for one in questions(pictures, "anthropic/claude", **how)} == {
            ("text", "image", "text")
        }
    sounds = writer(tmp_path / "sounds", 1, "sound")
    assert kinds(questions(sounds, OTHERS)[0]) == ["text", "audio", "text"]
    assert Asking().of_set(load(sounds)).fitted(OTHERS).sends == {"audio"}


def test_fitting_twice_changes_nothing(videos: Path) -> None:
    for model in (OURS, GOOGLE, OTHERS):
        once = Asking().of_set(load(videos)).fitted(model)
        assert once.fitted(model) == once


@pytest.mark.parametrize("name", ["variant", "media_input", "option_order", "ablation"])
def test_unknown_values_are_refused_by_name(name: str) -> None:
    with pytest.raises(OptionError, match="nonsense"):
        Asking(**{name: "nonsense"})  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="bmp"):
        Asking(image_format="bmp")  # type: ignore[arg-type]


def test_one_sample_is_a_clip_and_its_questions_share_their_media(stills: Path) -> None:
    found = by_scene(questions(stills, OURS))
    items = load(stills)
    assert set(found) == {item.clip_id for item in items}
    for asked in found.values():
        leads = [contents(question)[:-1] for question in asked]
        assert all(lead == leads[0] for lead in leads)
        assert len({contents(question)[-1].text for question in asked}) == len(asked)  # type: ignore[union-attr]


def test_stills_and_sounds_go_out_as_they_are(stills: Path) -> None:
    items = load(stills)
    for question in questions(stills, OURS)[:3]:
        parts = {part.type: part for part in contents(question)}
        item = items[question.item_id]
        assert data_of(parts["image"].image) == (stills / item.picture).read_bytes()  # type: ignore[union-attr]
        assert data_of(parts["audio"].audio) == (stills / item.sound).read_bytes()  # type: ignore[union-attr]


def test_a_sound_track_goes_out_beside_frames(videos: Path) -> None:
    question = questions(videos, OTHERS)[0]
    (sound,) = [part for part in contents(question) if part.type == "audio"]
    samples = sound_of(data_of(sound.audio))
    assert samples.shape == (1600, 2)
    assert (samples[:, 0] == samples[:, 1]).all(), "one channel, where two are not kept apart"
    frames = questions(videos, OTHERS, frames=FrameChoice(count=2))[0]
    assert kinds(frames).count("image") == 2


def test_left_and_right_are_asked_only_where_they_are_kept_apart(
    writer: Writer, tmp_path: Path
) -> None:
    data = writer(tmp_path, 1, meta={"needs": ["stereo"], "query": "vision x"}, kind="side")
    assert len(questions(data, OURS)) == len(questions(data, "python/f")) == 19
    items = load(data)
    how = Asking().of_set(items).fitted(OTHERS).as_dict()
    assert left_out(items, how) == {"side: left and right are not known to be heard apart": 19}
    with pytest.raises(OptionError, match="carries none of its 19 questions"):
        carried(items, how)


def test_a_route_leaves_the_other_senses_questions_out(videos: Path) -> None:
    items = load(videos)
    for route, sense in (("frames", "vision"), ("audio", "audio")):
        how = Asking(media_input=route).of_set(items).fitted(OTHERS).as_dict()
        kept = carried(items, how)
        assert {item.modality for item in kept} == {sense}
        assert len(kept) == 16
        assert sum(left_out(items, how).values()) == 38 - 16
        assert len(questions(videos, OTHERS, media_input=route)) == 16
    assert carried(items, {}) is items
    one = Asking(frames=FrameChoice(count=1)).of_set(items).fitted(OTHERS).as_dict()
    moved = msgspec.structs.replace(items[0], kind="speed", meta={"needs": ["motion"]})
    assert left_out([moved], one) == {"speed: one frame shows no motion": 1}
    assert left_out([moved], how | {"media_input": "native"}) == {}


@pytest.mark.parametrize(
    ("frames", "enough"),
    [
        ("1", False),
        ("fps:0.1", False),
        ("fps:2", True),
        ("indices:0,0", False),
        ("indices:3,3,3", False),
        ("indices:0,3", True),
        ("seconds:1,1.01", False),
        ("seconds:1,2", True),
    ],
)
def test_what_lies_in_motion_is_not_asked_of_one_frame(
    videos: Path, frames: str, enough: bool
) -> None:
    """However the frame is chosen."""
    items = load(videos)
    how = Asking(frames=frames_of(frames)).of_set(items).fitted(OTHERS).as_dict()
    known = {"needs": ["motion"], "frames": 48, "fps": 12}
    moved = msgspec.structs.replace(items[0], kind="speed", meta=known)
    wanted = {} if enough else {"speed: one frame shows no motion": 1}
    assert left_out([moved], how) == wanted
    if frames.startswith("indices"):
        unknown = msgspec.structs.replace(moved, meta={"needs": ["motion"]})
        assert left_out([unknown], how) == wanted


def test_frames_that_no_clip_has_are_refused_before_anything_is_asked(videos: Path) -> None:
    items = load(videos)
    item = msgspec.structs.replace(items[0], meta={"frames": 48, "fps": 12})
    how = Asking(frames=frames_of("seconds:99")).of_set(items).fitted(OTHERS).as_dict()
    with pytest.raises(DataError, match=r"no second 99; the video is 4\.000 s long"):
        left_out([item], how)


@pytest.mark.parametrize("sense", ["vision", "audio"])
def test_a_sense_that_is_left_out_is_not_sent_and_all_is_asked(videos: Path, sense: str) -> None:
    found = questions(videos, OURS, ablation=f"without-{sense}")
    assert len(found) == 38
    sent = {"vision": {"text", "audio"}, "audio": {"text", "image"}}[sense]
    assert set(kinds(found[0])) == sent
    note = found[0].write().note
    assert note is not None
    assert note["ablation"] == f"without-{sense}"
    deaf = Asking(ablation="without-audio").of_set(load(videos)).fitted("anthropic/claude")
    assert deaf.sends == {"image"}


@pytest.mark.parametrize("data", ["videos", "stills"])
@pytest.mark.parametrize("what", ["vision", "audio", "both"])
def test_blank_media_are_as_large_and_as_long(
    data: str, what: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(data)
    blank = contents(questions(folder, OURS, ablation=f"blank-{what}")[0])
    whole = contents(questions(folder, OURS, media_input="frames+audio")[0])
    assert [part.type for part in blank] == [part.type for part in whole]
    for one, other in zip(blank, whole, strict=True):
        if one.type == "image" and other.type == "image":
            black, seen = (Image.open(io.BytesIO(data_of(x.image))) for x in (one, other))
            assert black.size == seen.size
            assert (np.asarray(black).max() < 9) == (what in ("vision", "both"))
        if one.type == "audio" and other.type == "audio":
            silence, heard = (sound_of(data_of(x.audio)) for x in (one, other))
            assert silence.shape == heard.shape
            assert (not silence.any()) == (what in ("audio", "both"))


def test_a_swapped_clip_is_another_familys_with_other_kinds(writer: Writer, tmp_path: Path) -> None:
    data = writer(tmp_path, 4)
    items = load(data)
    found = swaps(items)
    assert set(found) == {item.clip_id for item in items}
    kinds_of: dict[str, set[str]] = {}
    for item in items:
        kinds_of.setdefault(item.scene_id, set()).update(
            {f"{item.modality} {item.kind}"} if item.modality != "both" else ()
        )
    for clip, other in found.items():
        family = clip.rsplit("-", 1)[0]
        assert other.scene_id != family
        assert not kinds_of[family] & kinds_of[other.scene_id]
    assert len({one.clip_id for one in found.values()}) == len(found), "clip for clip"
    question = questions(data, OURS, ablation="swap")[0]
    parts = {part.type: part for part in contents(question)}
    shown = found[question.scene_id]
    assert data_of(parts["image"].image) == (data / shown.picture).read_bytes()  # type: ignore[union-attr]
    assert (question.write().note or {})["clip"] == shown.clip_id
    alone = writer(tmp_path / "alone", 1)
    with pytest.raises(DataError, match="no other family than"):
        questions(alone, OURS, ablation="swap")


def test_what_is_asked_otherwise_is_another_request(stills: Path) -> None:
    ways: list[dict[str, Any]] = [
        *({"variant": name} for name in ("six", "check-first", "true-false", "free")),
        *({"ablation": name} for name in ("blank-both", "without-audio")),
        {"option_order": "shuffle:1"},
        {"media_input": "frames+audio", "letters": True},
    ]
    keys = {questions(stills, OTHERS, **how)[0].key("m", {}) for how in ways}
    assert len(keys) == len(ways)
    again = questions(stills, OTHERS)[0].key("m", {})
    assert again == questions(stills, OTHERS)[0].key("m", {}) in keys


@pytest.mark.parametrize(
    ("model", "letters", "asked"),
    [
        ("openai/gpt-audio", None, True),
        ("vllm/x", None, True),
        ("handeye/hf", None, True),
        (OTHERS, None, False),
        (OTHERS, True, True),
        ("vllm/x", False, False),
    ],
)
def test_letters_are_asked_for_where_they_are_known_to_be_given(
    stills: Path, model: str, letters: bool | None, asked: bool
) -> None:
    for variant, wanted in {"six": "ABCDEF", "true-false": ("TRUE", "FALSE"), "free": ()}.items():
        question = questions(stills, model, letters=letters, variant=variant)[0]
        assert question.letters == tuple(wanted)
        config = question.config
        told = None if config is None else (config.logprobs, config.top_logprobs)
        assert told == ((True, 20) if asked and wanted else None)


def test_a_changed_or_broken_file_is_an_error_of_its_questions(
    writer: Writer, tmp_path: Path
) -> None:
    data = writer(tmp_path, 1)
    item = load(data)[0]
    (data / item.sound).write_bytes(b"RIFF no sound")
    first = questions(data, OURS)[0]
    with pytest.raises(DataError, match=r"SHA-256 is .*the row says .*changed or damaged"):
        first.write()
    bare = writer(tmp_path / "bare", 1)
    rows = [
        msgspec.json.decode(line) for line in next(bare.glob("*.jsonl")).read_bytes().splitlines()
    ]
    text = b"\n".join(msgspec.json.encode(row | {"sha256": {}}) for row in rows)
    next(bare.glob("*.jsonl")).write_bytes(text)
    (bare / item.sound).write_bytes(b"RIFF no sound")
    with pytest.raises(DataError, match=r"cut off"):
        questions(bare, OURS)[0].write()


def test_a_dry_run_counts_frames_and_sound(videos: Path) -> None:
    (media_seen, media_heard) = questions(videos, OTHERS)[0].media
    assert media_seen.pictures is not None
    assert media_heard.pictures is not None
    assert [load.width for load in media_seen.pictures()] == [32] * 8
    (sound,) = media_heard.pictures()
    assert (sound.width, sound.n_bytes) == (0, 44 + 2 * 1600)
    (whole,) = questions(videos, OURS)[0].media
    assert whole.pictures is not None
    assert whole.kind == "video"
    assert len(whole.pictures()) == 8


def test_the_tiny_video_is_one(videos: Path) -> None:
    with av.open(str(videos / load(videos)[0].video)) as container:
        assert (len(container.streams.video), len(container.streams.audio)) == (1, 1)
