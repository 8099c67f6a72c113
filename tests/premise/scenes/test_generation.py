"""Generated sets: what a family holds, equal bytes everywhere, and who can answer."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from handeye.errors import OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import take_frames
from handeye.media.sound import read_sound
from handeye.media.view import read_view
from handeye.premise.item_set import ItemSet
from handeye.premise.items import AUDIO_FALSE, VISION_FALSE, Item
from handeye.premise.loader import load
from handeye.premise.respondents.oracle import answer
from handeye.premise.scenes.families import family_of
from handeye.premise.scenes.generation import generate
from handeye.premise.scenes.plan import MEDIA_CHOICES


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ItemSet]:
    root = tmp_path_factory.mktemp("premise")
    return {
        media: load(generate(root / media, seed=11, families=3, media=media, workers=1))
        for media in MEDIA_CHOICES
    }


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def prompt(item: Item) -> bytes:
    return msgspec.json.encode((item.question, item.options, item.order))


@pytest.mark.parametrize("media", MEDIA_CHOICES)
def test_a_family_is_asked_every_prompt_of_every_clip(sets: dict[str, ItemSet], media: str) -> None:
    items = sets[media]
    both = media in ("video", "picture+sound")
    assert len(items) == 3 * (19 if both else 4)
    assert len({item.clip_id for item in items}) == 3 * (4 if both else 2)
    by_prompt: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_prompt[item.prompt_id].append(item)
    for name, same in by_prompt.items():
        assert len({prompt(item) for item in same}) == 1, name
        premises = Counter(item.premise for item in same)
        if name.endswith("-b"):
            assert sorted(item.gold for item in same)[1:] == [VISION_FALSE, AUDIO_FALSE]
            assert premises == {"standard": 1, "misleading": 2}
        else:
            half = 2 if both else 1
            assert premises == {"standard": half, "misleading": half}
            assert len({item.gold for item in same if item.premise == "standard"}) == 1
            assert {item.gold for item in same if item.premise == "misleading"} == {
                VISION_FALSE if same[0].modality == "vision" else AUDIO_FALSE
            }


@pytest.mark.parametrize("media", MEDIA_CHOICES)
def test_prompts_of_true_and_of_false_premises_are_one_multiset(
    sets: dict[str, ItemSet], media: str
) -> None:
    for modality in ("vision", "audio"):
        cells = [
            Counter(
                prompt(i) for i in sets[media] if (i.modality, i.premise) == (modality, premise)
            )
            for premise in ("standard", "misleading")
        ]
        assert cells[0] == cells[1]


def test_clips_of_a_family_are_equally_long_and_differ_in_their_details_alone(
    sets: dict[str, ItemSet],
) -> None:
    items = sets["video"]
    for scene in dict.fromkeys(item.scene_id for item in items):
        clips = {item.clip_id: item for item in items if item.scene_id == scene}
        films = {name: take_frames(items.root / item.video) for name, item in clips.items()}
        sounds = {name: read_sound(items.root / item.video) for name, item in clips.items()}
        assert {film.total for film in films.values()} == {48}
        assert {film.duration for film in films.values()} == {4}
        assert {sound.shape for sound in sounds.values()} == {(64_000, 2)}
        frames = {
            name: np.stack([frame.rgb for frame in film.frames]) for name, film in films.items()
        }
        # The same pictures whatever is heard, and the other way round, to the last bit.
        for a, b in (("00", "01"), ("10", "11")):
            assert np.array_equal(frames[f"{scene}-{a}"], frames[f"{scene}-{b}"])
        for a, b in (("00", "10"), ("01", "11")):
            assert np.array_equal(sounds[f"{scene}-{a}"], sounds[f"{scene}-{b}"])
        family = family_of(next(iter(clips.values())))
        assert family is not None
        one, other = family.frames(0), family.frames(1)
        assert np.array_equal(one[:, 160:], other[:, 160:])
        assert not np.array_equal(one, other)
        same = family.samples(0) == family.samples(1)
        assert same[:4_000].all()
        assert same[41_600:].all()
        assert not same.all()


@pytest.mark.parametrize("media", MEDIA_CHOICES)
def test_who_looks_and_listens_answers_all_and_who_does_not_cannot(
    sets: dict[str, ItemSet], media: str
) -> None:
    items = sets[media]
    by_clip = {item.clip_id: item for item in items}
    for clip, first in by_clip.items():
        seen: dict[str, Any] = {}
        for medium, path in items.paths(first).items():
            if medium == "video":
                film = take_frames(path, FrameChoice.parse("48"))
                seen["frames"] = np.stack([frame.rgb for frame in film.frames])
            if medium == "picture":
                seen["frames"] = np.asarray(read_view(path).image())[None]
            if medium != "picture":
                seen["samples"] = read_sound(path)
        for item in (item for item in items if item.clip_id == clip):
            said = answer(item.question, item.options, item.order, **seen)
            assert said == "ABCDEF"[item.order.index(item.gold)], item.item_id
            assert answer(item.question, item.options, item.order) is None
        assert answer("Is it raining?", ("a", "b", "c", "d"), **seen) is None


def test_no_question_names_what_varies_in_the_other_sense(sets: dict[str, ItemSet]) -> None:
    for item in sets["video"]:
        family = family_of(item)
        assert family is not None
        for sense, shown in family.shown.items():
            named = [clause in item.question for clause in shown.clauses]
            wanted = 1 if item.modality in (sense, "both") else 0
            assert sum(named) == wanted
        assert item.statement.lower().removesuffix(".") in item.question.lower()


def test_the_same_arguments_give_the_same_set_with_any_number_of_workers(
    sets: dict[str, ItemSet], tmp_path: Path
) -> None:
    first = hashes(sets["video"].root)
    again = generate(tmp_path / "again", seed=11, families=3, workers=2)
    assert hashes(again) == first
    calls: list[tuple[int, int]] = []
    generate(again, seed=11, families=3, progress=lambda *at: calls.append(at))
    assert calls == [(3, 3)]
    with pytest.raises(OptionError, match="was begun with other options: seed is 11 there, 12"):
        generate(again, seed=12, families=3)
    assert hashes(again) == first


def test_a_set_goes_on_where_it_was_stopped(sets: dict[str, ItemSet], tmp_path: Path) -> None:
    whole = sets["picture+sound"].root
    out = Path(shutil.copytree(whole, tmp_path / "set"))
    record = json.loads((out / "generation.json").read_text())
    del record["metadata_sha256"]
    (out / "generation.json").write_text(json.dumps(record | {"complete": False}))
    (out / "premise_test.jsonl").unlink()
    shutil.rmtree(out / "sounds")
    generate(out, seed=11, families=3, media="picture+sound", workers=1)
    assert hashes(out) == hashes(whole)


def test_what_is_made_says_whose_it_is(sets: dict[str, ItemSet]) -> None:
    for media, items in sets.items():
        record = json.loads((items.root / "generation.json").read_text())
        assert (record["suite"], record["generator"]) == ("premise", 1)
        assert record["options"]["media"] == media
        assert "premise_test.jsonl" in (items.root / "README.md").read_text()
        assert {path.suffix for path in items.root.rglob("*.*")} >= {
            {"video": ".mp4", "picture": ".png", "sound": ".wav"}[m] for m in media.split("+")
        }


def test_what_a_medium_needs_is_told(sets: dict[str, ItemSet]) -> None:
    needs = Counter(tuple(item.meta["needs"]) for item in sets["video"])
    assert set(needs) <= {(), ("motion",), ("stereo",), ("motion", "stereo")}
    assert all(not item.meta["needs"] for item in sets["picture"])
