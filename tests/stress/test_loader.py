"""Sets are read strictly: what is wrong is told with file, line and id."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye import stress
from handeye.errors import DataError, HandeyeError, OptionError
from handeye.stress.loader import load, recognizes

ITEMS, PICTURES = "stress_test.jsonl", "pictures_test.jsonl"


@pytest.fixture
def copy(dealt: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(dealt, tmp_path / "copy"))


def change(file: Path, number: int, how: Callable[[dict[str, Any]], None]) -> None:
    lines = file.read_text().splitlines()
    row = json.loads(lines[number])
    how(row)
    lines[number] = json.dumps(row)
    file.write_text("\n".join(lines) + "\n")


def test_a_set_is_loaded_whole_and_in_part(dealt: Path) -> None:
    items = load(dealt)
    assert len(items) == 240
    assert len(items.pictures) == len({item.picture_id for item in items})
    assert len(load(dealt / ITEMS)) == len(load(dealt, split="all")) == 240
    assert {item.family for item in load(dealt, families="count,odd")} == {"count", "odd"}
    hints = load(dealt, cues="hint")
    assert {item.cue for item in hints} == {"", "hint"}
    assert len(load(dealt, groups=3)) == 30
    first = items[0]
    assert items[first.item_id] == first
    assert len(items[:10]) == 10
    assert set(items[:10].pictures) == {item.picture_id for item in items[:10]}
    assert items.path(first).is_file()
    assert "240 items" in repr(items)
    assert recognizes(str(dealt))
    assert recognizes(str(dealt / ITEMS))
    assert not recognizes(str(dealt.parent))
    assert stress.load(dealt) == items


WRONG: dict[str, tuple[str, Callable[[dict[str, Any]], None], str]] = {
    "family": (ITEMS, lambda r: r.update(family="colour"), "family 'colour' is none"),
    "cue": (ITEMS, lambda r: r.update(cue="shout"), "cue 'shout' is none"),
    "values": (ITEMS, lambda r: r.update(values=["red", "Red "]), "two different texts"),
    "truth": (ITEMS, lambda r: r.update(truth="mauve"), "truth 'mauve' is neither value"),
    "gold": (ITEMS, lambda r: r.update(gold="no such"), "gold 'no such' is not its truth"),
    "said": (ITEMS, lambda r: r.update(cue_value="red"), "does not go with cue ''"),
    "span": (ITEMS, lambda r: r.update(cue_span=[3, 999]), "lies outside the question"),
    "order": (ITEMS, lambda r: r.update(order=[0, 0, 1, 2]), "is not each place of the options"),
    "options": (ITEMS, lambda r: r.update(options=["x", "y"]), "options are not different texts"),
    "split": (ITEMS, lambda r: r.update(split="dev"), "its split is 'dev'"),
    "path": (ITEMS, lambda r: r.update(picture="/etc/passwd"), "a path inside the set"),
    "id": (ITEMS, lambda r: r.update(item_id="a\nb"), "item_id is empty or has several lines"),
    "physical": (ITEMS, lambda r: r.update(physical=-1), "physical is no number"),
    "type": (ITEMS, lambda r: r.update(values=["red"]), "not an item row"),
    "picture": (ITEMS, lambda r: r.update(picture_id="else"), "no row for its picture else"),
    "box": (PICTURES, lambda r: r.update(evidence=[9, 9, 5, 5]), "lies outside the picture"),
    "size": (PICTURES, lambda r: r.update(width=0), "is none of a picture"),
    "relation": (PICTURES, lambda r: r.update(relations=[[0, "x", 99]]), "objects that are not"),
    "hash": (PICTURES, lambda r: r.update(sha256={"x": "0"}), "is none of a file that it names"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_row_that_is_not_as_it_should_be_is_refused(copy: Path, case: str) -> None:
    file, how, said = WRONG[case]
    change(copy / file, 0, how)
    with pytest.raises(DataError) as error:
        load(copy)
    assert said in str(error.value)
    assert f"{copy / file}:1" in str(error.value) or case == "picture"


def test_ids_that_are_there_twice_are_refused(copy: Path) -> None:
    lines = (copy / ITEMS).read_text().splitlines()
    (copy / ITEMS).write_text("\n".join([*lines, lines[0]]))
    with pytest.raises(DataError, match=f"{ITEMS}:241: item .* was already in .*{ITEMS}:1"):
        load(copy)


def test_missing_pictures_are_told(copy: Path) -> None:
    shutil.rmtree(copy / "pictures")
    with pytest.raises(DataError, match="is the set complete"):
        load(copy)
    assert len(load(copy, media=False)) == 240


def test_maps_of_another_size_are_refused(copy: Path) -> None:
    items = load(copy)
    first = items.picture(items[0])
    shutil.copy(copy / first.picture, copy / first.masks)
    with pytest.raises(DataError, match="names object"):
        items.masks(first)
    (copy / first.masks).write_bytes(b"no picture")
    with pytest.raises(HandeyeError):
        items.masks(first)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"split": "dev"}, "no split 'dev'"),
        ({"families": "counts"}, "none are 'counts' there"),
        ({"cues": "shout"}, "none are 'shout' there"),
        ({"groups": 0}, "groups must be"),
    ],
)
def test_a_choice_that_is_not_there_is_refused(
    dealt: Path, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        load(dealt, **given)


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="handeye stress generate"):
        load(tmp_path)
    with pytest.raises(DataError):
        load(tmp_path / "none")
