"""Sets that were changed: every problem is told with its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handeye.errors import DataError
from handeye.stress.scenes.generation import generate
from handeye.stress.scenes.verification import REMADE, SOLVED, verify

ITEMS, PICTURES = "stress_test.jsonl", "pictures_test.jsonl"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verified") / "set"
    return generate(out, seed=3, groups=3, families="size,depth,grid", level=1, workers=1)


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "copy"))


def test_a_set_as_it_was_made_has_no_problem(dealt: Path) -> None:
    found = verify(dealt, workers=1)
    assert found.problems == ()
    assert found.counts["items"] == 240
    assert found.counts["groups"] == 24
    assert found.counts[SOLVED] >= 0.95 * 240


def test_what_is_made_on_request_has_none_either(requested: Path) -> None:
    found = verify(requested, workers=1)
    assert found.problems == ()
    # Two things and a mark at whole pixels: all is told by who looks.
    assert found.counts[SOLVED] == found.counts["items"] == 3 * 42
    assert found.counts["groups"] == found.counts[REMADE] == 3


def test_with_any_number_of_workers_the_same_is_found(copy: Path) -> None:
    change(copy / ITEMS, 0, lambda row: row.update(level=2))
    assert verify(copy, workers=1) == verify(copy, workers=2)


def change(file: Path, number: int, how: Callable[[dict[str, Any]], None]) -> None:
    lines = file.read_text().splitlines()
    row = json.loads(lines[number])
    how(row)
    lines[number] = json.dumps(row)
    file.write_text("\n".join(lines) + "\n")


def told(folder: Path) -> str:
    return "\n".join(verify(folder, workers=1).problems)


CHANGES: dict[str, tuple[str, Callable[[dict[str, Any]], None], str]] = {
    "gold": (ITEMS, lambda r: r.update(gold=r["values"][1]), "gold"),
    "both": (
        ITEMS,
        lambda r: r.update(truth=r["values"][1], gold=r["values"][1]),
        "the same answer is right in both",
    ),
    "question": (ITEMS, lambda r: r.update(question="Which?"), "another question"),
    "cue": (ITEMS, lambda r: r.update(cue="label"), "does not go with cue"),
    "level": (ITEMS, lambda r: r.update(level=2), "made again, it has another level"),
    "box": (
        PICTURES,
        lambda r: r["objects"][0]["box"].__setitem__(0, 1),
        "object 1: its box is",
    ),
    "area": (PICTURES, lambda r: r["objects"][0].update(area=1), "object 1: its area is 1, not"),
    "evidence": (PICTURES, lambda r: r.update(evidence=[0, 0, 9, 9]), "its evidence is"),
    "control": (PICTURES, lambda r: r.update(control=r["evidence"]), "holds a part of the edit"),
    "objects": (PICTURES, lambda r: r.update(objects=r["objects"][:-1]), "its masks show object"),
    "order": (
        PICTURES,
        lambda r: [o.update(depth=-o["depth"]) for o in r["objects"]],
        "another order than its objects",
    ),
    "outside": (PICTURES, lambda r: r.update(depth="../x.png"), "must be a path inside the set"),
    "truth": (PICTURES, lambda r: r.update(truth="mauve"), "of its picture"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_changed_row_is_told(copy: Path, case: str) -> None:
    file, how, said = CHANGES[case]
    change(copy / file, 0, how)
    problems = told(copy)
    assert said in problems, problems
    assert f"{file}:1" in problems
    assert f"{copy / file}: changed since the set was made" in problems


@pytest.mark.parametrize("kind", ["pictures", "masks", "depth"])
def test_a_changed_pixel_is_told(copy: Path, kind: str) -> None:
    path = sorted((copy / kind).iterdir())[0]
    pixels = np.array(Image.open(path))
    pixels[300, 300] = 7
    Image.fromarray(pixels).save(path)
    problems = told(copy)
    assert f"{kind}/{path.name} was changed since the set was made" in problems
    assert "drawn again, its" in problems


def test_lost_files_rows_and_groups_are_told(copy: Path) -> None:
    (lost, *_) = sorted((copy / "pictures").iterdir())
    lost.unlink()
    lines = (copy / ITEMS).read_text().splitlines()
    (copy / ITEMS).write_text("\n".join([*lines[1:20], "{", '{"item_id": 3}']))
    problems = told(copy)
    assert f"pictures/{lost.name} is missing" in problems
    assert "is asked in 1 item, not of two pictures" in problems
    assert f"{ITEMS}:20: not an item row" in problems
    assert f"{ITEMS}:21: not an item row" in problems
    assert "no row for" in problems


def test_a_blank_picture_is_not_answered(copy: Path) -> None:
    for path in (copy / "pictures").iterdir():
        Image.fromarray(np.full((336, 336, 3), 240, np.uint8)).save(path)
    (copy / "generation.json").unlink()  # a set of nobody: its files are held to its rows
    problems = told(copy)
    assert "the oracle, who looks, does not come to its answer" in problems
    assert "is the same as" in problems


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for path in (tmp_path / "x", tmp_path / "none"):
        with pytest.raises(DataError, match="no set of this suite"):
            verify(path)
