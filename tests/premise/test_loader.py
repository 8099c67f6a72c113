"""Sets of ours: read strictly, selected, and looked at from Python."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError, OptionError
from handeye.premise.items import Item
from handeye.premise.loader import load, read_row, recognizes
from handeye.premise.published_layout import PlacedItem
from handeye.premise.scenes.generation import generate

ROWS = "premise_test.jsonl"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sets") / "good"
    return generate(
        out, seed=3, families=4, media="picture+sound", kinds="colour,size,pitch,beeps", workers=1
    )


@pytest.fixture
def bad(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "bad"))


def change(folder: Path, number: int, **changes: Any) -> dict[str, Any]:
    lines = (folder / ROWS).read_text().splitlines()
    row: dict[str, Any] = json.loads(lines[number]) | changes
    lines[number] = json.dumps(row)
    (folder / ROWS).write_text("\n".join(lines))
    return row


def test_items_are_given_by_number_id_and_slice(good: Path) -> None:
    items = load(good)
    assert len(items) == 4 * 19
    assert items[items[5].item_id] is items[5]
    assert list(items[2:4]) == [items[2], items[3]]
    with pytest.raises(KeyError):
        items["nobody"]
    assert "76 items, 16 clips, 4 families" in repr(items)
    assert items._repr_html_().startswith("<div>")
    assert list(json.loads(json.dumps(items.to_dict()))) == [item.item_id for item in items]
    assert len(items.to_pandas()) == 76
    assert set(items.paths(items[0])) == {"picture", "sound"}
    assert items.path(items[0], "video") is None
    assert items.cell_counts() == {
        "standard vision": 16,
        "misleading vision": 16,
        "standard audio": 16,
        "misleading audio": 16,
        "standard both": 4,
        "misleading both": 8,
    }
    assert items.taken == ()


def test_selections(good: Path) -> None:
    assert {item.modality for item in load(good, questions="two")} == {"both"}
    assert len(load(good, questions="single")) == 64
    assert len(load(good, families=2)) == 38
    assert {item.kind for item in load(good, kinds="colour,beeps")} <= {
        "colour",
        "beeps",
        "colour+beeps",
    }
    assert len(load(good, split=None)) == len(load(good / ROWS)) == 76
    for wrong, words in (
        ({"split": "dev"}, "no split 'dev' there; it has: test"),
        ({"kinds": "colour,pitsch"}, "no item about 'pitsch'; allowed: beeps, "),
        ({"kinds": "pitch,pitch"}, "names 'pitch' twice"),
        ({"questions": "three"}, "questions must be single, two or all"),
        ({"families": 0}, "families must be at least 1"),
        ({"mapping": {"question": "q"}}, "needs no mapping"),
    ):
        with pytest.raises(OptionError, match=words):
            load(good, **wrong)  # type: ignore[arg-type]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"item_id": " "}, "item_id is empty"),
    "two lines": ({"scene_id": "a\nb"}, "scene_id is empty or has several lines"),
    "no modality": ({"modality": "smell"}, "not an item row"),
    "a field of another type": ({"gold": "A"}, "not an item row"),
    "three options": ({"options": ["a", "b", "c"]}, "not an item row"),
    "equal options": ({"options": ["a", "b", "c", "c "]}, "options must be four different texts"),
    "options that differ in case": (
        {"options": ["a star", "A  star", "c", "d"]},
        "options must be four different texts",
    ),
    "an option in two lines": (
        {"options": ["a\nB. nothing", "b", "c", "d"]},
        "an option is empty or has several lines or control characters",
    ),
    "an option that rejects": (
        {"options": ["The visual detail in the question is wrong.", "b", "c", "d"]},
        "an option says what a rejection says",
    ),
    "no rejections": ({"meta": {"rejections": ["x"]}}, "meta.rejections are not two texts"),
    "control characters": ({"clip_id": "a\x1b[31m"}, "clip_id is empty or has several lines or c"),
    "needs": ({"meta": {"needs": None}}, "meta.needs is no list of names"),
    "needs one": ({"meta": {"needs": 3}}, "meta.needs is no list of names"),
    "below nothing": ({"level": -3}, "level is no number of at least 0"),
    "gold": (
        {"premise": "standard", "gold": 5},
        "gold is 5, but of a standard vision item it is 0",
    ),
    "order": ({"order": [0, 1, 2, 3, 4]}, "order is"),
    "no question": ({"question": ""}, "it has no question"),
    "no picture": ({"picture": ""}, "it names neither a video nor a picture"),
    "out of the set": ({"sound": "/etc/passwd"}, "must be a path inside the set"),
    "up": ({"sound": "a/../../b"}, "must be a path inside the set"),
    "another split": ({"split": "dev"}, "its split is 'dev', but the file is for 'test'"),
    "no hash": ({"sha256": {"x": "0" * 64}}, "sha256 of 'x' is none of a file that it names"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_told_with_file_line_and_id(bad: Path, case: str) -> None:
    changes, words = BAD[case]
    row = change(bad, 1, **changes)
    with pytest.raises(DataError) as error:
        load(bad)
    said = str(error.value)
    assert said.startswith(f"{bad / ROWS}:2: ")
    assert words in said
    if "not an item row" not in words:
        assert f"item {row['item_id'].strip() or ' '}" in said


def test_ids_that_are_there_twice_are_refused(bad: Path) -> None:
    first = change(bad, 0)
    change(bad, 3, item_id=first["item_id"])
    with pytest.raises(DataError, match=rf"{ROWS}:4: item .* was already in .*{ROWS}:1"):
        load(bad)
    shutil.copy(bad / ROWS, bad / "premise_dev.jsonl")
    text = (bad / ROWS).read_text().replace('"split":"test"', '"split":"dev"')
    (bad / "premise_dev.jsonl").write_text(text.replace('"split": "test"', '"split": "dev"'))
    with pytest.raises(DataError, match=r"was already in"):
        load(bad, split="all")


def test_a_clip_is_one_clip_throughout(bad: Path) -> None:
    other = json.loads((bad / ROWS).read_text().splitlines()[-1])
    change(bad, 1, picture=other["picture"], sha256={})
    with pytest.raises(DataError, match=r":2: item .*: another picture than its clip has in .*:1"):
        load(bad)


def test_media_have_to_be_there_for_what_is_selected(bad: Path) -> None:
    last = json.loads((bad / ROWS).read_text().splitlines()[-1])
    (bad / last["picture"]).unlink()
    with pytest.raises(DataError, match=rf"not in {bad}: {last['picture']}; is the set complete"):
        load(bad)
    assert len(load(bad, families=1)) == 19
    assert len(load(bad, media=False)) == 76
    (bad / last["picture"]).symlink_to("/etc/passwd")
    with pytest.raises(DataError, match="leaves the folder"):
        load(bad)


def test_a_set_is_known_with_and_without_its_label(good: Path, bad: Path) -> None:
    assert recognizes(str(good))
    assert recognizes(str(good / ROWS))
    record = json.loads((bad / "generation.json").read_text()) | {"suite": "rose"}
    (bad / "generation.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match="is a set of rose, not of premise"):
        load(bad)
    with pytest.raises(DataError, match="no such set; give a folder"):
        load(bad / "nowhere")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(Item.__struct_fields__), value=JSON)
def test_whatever_stands_in_a_field_is_read_or_refused_in_words(name: str, value: Any) -> None:
    item = Item(
        item_id="a",
        scene_id="b",
        clip_id="c",
        modality="both",
        premise="standard",
        question="Is it?",
        options=("a", "b", "c", "d"),
        gold=1,
        video="x.mp4",
    )
    line = json.dumps(msgspec.to_builtins(item) | {name: value}).encode()
    found: list[PlacedItem] = []
    wrong = read_row(line, "FILE:1", "test", found)
    assert all(problem.startswith("FILE:1: ") for problem in wrong)
    assert found or wrong
