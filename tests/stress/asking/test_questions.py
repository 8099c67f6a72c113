"""What goes out with the words: the picture, a grey one, or one of another group."""

from __future__ import annotations

import base64
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handeye.errors import DataError, OptionError
from handeye.media.view import view_of
from handeye.run.questions import Question, by_scene
from handeye.stress.asking.questions import GREY, Asking
from handeye.stress.loader import load


def questions(data: Path, model: str = "openai/x", **how: Any) -> list[Question]:
    return list(Asking(**how).fitted(model).questions(load(data)))


def sent(question: Question) -> tuple[bytes, str]:
    """The picture and the words of a question."""
    (message,) = question.write().messages
    picture, words = message.content
    return base64.b64decode(picture.image.partition(",")[2]), words.text  # type: ignore[union-attr]


def test_the_picture_comes_first_as_its_file(data: Path) -> None:
    items = load(data)
    for item, question in zip(items, questions(data), strict=True):
        picture, words = sent(question)
        assert picture == items.path(item).read_bytes()
        assert words == question.identity["parts"][1] == Asking().prompt(item)
        assert question.media_sha256 == item.sha256
        (message,) = question.write().messages
        assert message.metadata == {"item_id": item.item_id}
    groups = by_scene(questions(data))
    assert list(groups) == list(dict.fromkeys(item.scene_id for item in items))


def test_grey_has_the_size_of_the_picture_and_nothing_of_it(data: Path) -> None:
    items = load(data)
    for item, question in list(zip(items, questions(data, ablation="grey"), strict=True))[:8]:
        pixels = np.asarray(view_of(sent(question)[0]).image())
        assert (
            pixels.shape[:2] == np.asarray(view_of(items.path(item).read_bytes()).image()).shape[:2]
        )
        assert set(pixels.ravel().tolist()) == {GREY}
        note = question.write().note
        assert note is not None
        assert note["ablation"] == "grey"


def test_swapped_is_one_picture_of_another_family_for_a_whole_group(data: Path) -> None:
    """Were it another one for each truth, looking at it could tell the group's own apart."""
    items = {item.item_id: item for item in load(data)}
    shown: dict[str, set[str]] = defaultdict(set)
    for question in questions(data, ablation="swap"):
        shown[question.scene_id].add(question.media[0].path.name)
    families = {item.picture.rpartition("/")[2]: item.family for item in items.values()}
    own = {item.scene_id: item.family for item in items.values()}
    for group, names in shown.items():
        (name,) = names
        assert families[name] != own[group]
    with pytest.raises(OptionError, match="holds one group"):
        list(Asking(ablation="swap").questions(load(data, groups=1)))


def test_every_way_to_ask_is_filed_under_its_own_key(data: Path) -> None:
    ways: list[dict[str, Any]] = [
        {}, {"form": "letters"}, {"form": "letters", "option_order": "shuffle:1"},
        {"state_first": True}, {"cue_order": "behind"}, {"ablation": "grey"}, {"ablation": "swap"},
        {"form": "letters", "letters": False},
    ]  # fmt: skip
    keys = [{one.key("m", {})[2] for one in questions(data, **how)} for how in ways]
    for place, some in enumerate(keys):
        assert all(not some & others for others in keys[:place])


def test_log_probabilities_are_asked_for_where_they_are_told(data: Path) -> None:
    def settings(model: str, **how: Any) -> object:
        first = questions(data, model, **how)[0]
        return first.config.logprobs if first.config else None

    assert settings("openai/x", form="letters") is True
    assert settings("openai/x") is None
    assert settings("anthropic/x", form="letters") is None
    assert settings("anthropic/x", form="letters", letters=True) is True
    assert settings("openai/x", form="letters", letters=False) is None
    (first, *_) = questions(data, form="letters")
    assert first.letters == ("A", "B", "C", "D")


def test_a_changed_picture_is_refused_and_others_are_asked(data: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(data, tmp_path / "set")
    items = load(moved)
    other = next(item for item in items if item.picture_id != items[0].picture_id)
    shutil.copy(items.path(other), items.path(items[0]))
    asked = questions(moved)
    with pytest.raises(DataError, match="the file was changed or damaged"):
        asked[0].write()
    assert sent(next(one for one in asked if one.item_id == other.item_id))
