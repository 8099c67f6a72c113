from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from handeye.errors import DataError, OptionError
from handeye.rose.asking.prompts import Picture, check_order, prompt_parts, scene_request
from handeye.rose.release import load
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
    items = load(folder)
    request = scene_request("s00001", items.scenes()["s00001"], items, "image_first")
    names = [picture.path.name for picture in request.pictures]
    assert names == ["s00001_base.png", "s00001_cue.png"]
    asked = {q.item.item_id: request.picture_of(q).path.name for q in request.questions}
    assert {i for i, name in asked.items() if name.endswith("cue.png")} == {"s00001_T4"}


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
    rows = items.scenes()["s00000"]
    assert len(scene_request("s00000", rows, items, "image_first").pictures) == 1
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataError, match="was changed"):
        scene_request("s00000", rows, items, "image_first")
    path.write_bytes(b"<svg/>")
    with pytest.raises(DataError, match="not a PNG"):
        scene_request("s00000", rows, items, "image_first")
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        scene_request("s00000", rows, items, "image_first")


def test_an_unknown_order_names_the_allowed_ones() -> None:
    with pytest.raises(OptionError, match="image_first, authors"):
        check_order("text_first")
