from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from handeye.errors import DataError, OptionError
from handeye.rose.asking.prompts import Asking, Picture, check_order, prompt_parts
from handeye.rose.release import load
from handeye.run.questions import by_scene
from tests.support.rose.small_set import write_set


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "set", 2)


def test_the_data_url_holds_the_bytes_of_the_file(folder: Path) -> None:
    path = folder / "images" / "s00000_base.png"
    picture = Picture.read(path)
    head, _, tail = picture.data_url().partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(tail) == path.read_bytes()
    assert picture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_type_is_told_from_the_bytes_not_the_name(folder: Path) -> None:
    from PIL import Image

    image = Image.open(folder / "images" / "s00000_base.png")
    for format_, media in (("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")):
        image.save(folder / "images" / "odd.png", format=format_)
        assert Picture.read(folder / "images" / "odd.png").media_type == media


def test_each_picture_of_a_scene_is_read_once_and_the_cue_only_asked_by_t4(folder: Path) -> None:
    asked = by_scene(Asking().questions(load(folder)))["s00001"]
    pictures = [picture for question in asked for picture in question.media]
    names = list(dict.fromkeys(picture.path.name for picture in pictures))
    assert names == ["s00001_base.png", "s00001_cue.png"]
    assert len(set(map(id, pictures))) == 2
    cued = {q.item_id for q in asked if q.media[0].path.name.endswith("cue.png")}
    assert cued == {"s00001_T4"}
    base = {id(q.write().messages[0].content[0].image) for q in asked if q.item_id not in cued}  # type: ignore[union-attr]
    assert len(base) == 1, "one picture in memory for all questions about it"


def test_the_two_orders(folder: Path) -> None:
    item = load(folder).items[0]
    assert prompt_parts(item, "image_first") == (None, item.prompt)
    assert prompt_parts(item, "authors") == (item.prompt_global, None, item.prompt_local)
    assert item.prompt.startswith(item.prompt_global)
    assert item.prompt.endswith(item.prompt_local)


def edited(folder: Path, **fields: object) -> Path:
    file = folder / "metadata_test.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(row | fields) + "\n" for row in rows))
    return folder


def test_a_row_without_a_joint_prompt_is_joined(folder: Path) -> None:
    item = load(edited(folder, prompt="")).items[0]
    assert prompt_parts(item, "image_first") == (None, f"{item.prompt_global}\n{item.prompt_local}")


def test_rows_without_prompts_are_refused(folder: Path) -> None:
    item = load(edited(folder, prompt_global="")).items[0]
    with pytest.raises(DataError, match="image_first"):
        prompt_parts(item, "authors")
    item = load(edited(folder, prompt_global="", prompt_local="", prompt="")).items[0]
    with pytest.raises(DataError, match="no prompt"):
        prompt_parts(item, "image_first")


def test_a_missing_a_changed_and_a_wrong_picture_are_named(folder: Path) -> None:
    path = folder / "images" / "s00000_base.png"
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    items = load(edited(folder, image="images/s00000_base.png", image_sha256=right))
    first, *others = Asking().questions(items)
    assert {question.media_sha256 for question in others} == {first.media_sha256} == {right}
    assert len(first.write().messages) == 1
    path.write_bytes(path.read_bytes() + b"x")
    changed = next(Asking().questions(items))
    with pytest.raises(DataError, match=f"{first.item_id} says .*; the picture was changed"):
        changed.write()
    path.write_bytes(b"<svg/>")
    with pytest.raises(DataError, match="not a PNG"):
        next(Asking().questions(items)).write()
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        next(Asking().questions(items))


def test_an_unknown_order_names_the_allowed_ones() -> None:
    with pytest.raises(OptionError, match="image_first, authors"):
        check_order("text_first")
