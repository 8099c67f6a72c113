"""Tampered sets: every problem is found and told with file, line and item."""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handeye.errors import DataError
from handeye.premise.scenes.generation import generate
from handeye.premise.scenes.verification import verify
from handeye.sets.checks import Verified

ROWS = "premise_test.jsonl"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sets") / "good"
    return generate(out, seed=5, families=2, media="picture+sound", kinds="colour,pitch,beeps")


@pytest.fixture
def bad(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "bad"))


def rows(folder: Path) -> list[Row]:
    return [json.loads(line) for line in (folder / ROWS).read_text().splitlines()]


def write(folder: Path, found: list[Row]) -> None:
    (folder / ROWS).write_text("".join(json.dumps(row) + "\n" for row in found))


def edited(folder: Path, number: int, **changes: Any) -> Verified:
    found = rows(folder)
    found[number] |= changes
    write(folder, found)
    result = verify(folder, workers=1)
    assert not result.ok
    return result


def told(result: Verified, words: str) -> bool:
    return any(words in problem for problem in result.problems)


def test_a_good_set_has_no_problem(good: Path) -> None:
    calls: list[tuple[int, int]] = []
    result = verify(good, workers=2, progress=lambda *at: calls.append(at))
    assert result.problems == ()
    assert result.counts == {
        "items": 38,
        "about two details": 6,
        "prompts": 10,
        "clips": 8,
        "families": 2,
        "answered by the oracle": 38,
    }
    assert calls[-1] == (2, 2)


def test_videos_are_looked_at_whole(tmp_path: Path) -> None:
    made = generate(tmp_path / "set", seed=2, families=1, kinds="direction,side")
    assert verify(made, workers=1).problems == ()
    found = rows(made)
    here, there = found[0], next(row for row in found if row["clip_id"] != found[0]["clip_id"])
    shutil.copy(made / there["video"], made / here["video"])
    result = verify(made, workers=1)
    assert told(result, f"{here['video']} was changed since the set was made")
    assert told(result, f"clip {here['clip_id']}: does not show what was drawn")
    (made / here["video"]).write_bytes(b"no film")
    assert told(verify(made, workers=1), f"clip {here['clip_id']}: {made / here['video']}")


FIELDS: dict[str, tuple[Callable[[Row], Row], str]] = {
    "question": (lambda row: {"question": row["question"] + " "}, "has other bytes in item"),
    "gold": (lambda row: {"gold": (row["gold"] + 1) % 4}, "asks for has several answers"),
    "order": (lambda row: {"order": row["order"][::-1]}, "has other bytes in item"),
    "no order": (lambda row: {"order": [0, 1, 2, 3, 4, 4]}, "not each of the roles 0 to 5 once"),
    "premise": (lambda row: {"premise": "misleading"}, "but of a misleading vision item it is 4"),
    "truth": (
        lambda row: {"premise": "misleading", "gold": 4},
        "prompts about vision are not true as often as false",
    ),
    "options": (lambda row: {"options": ["x", *row["options"][1:]]}, "made again, its options is"),
    "kind": (lambda row: {"kind": "size"}, "made again, its kind is another: 'colour'"),
    "twice": (lambda row: {"options": ["a", "a", "b", "c"]}, "four different texts"),
    "path": (lambda row: {"picture": "../x.png"}, "picture '../x.png' must be a path inside"),
    "missing": (lambda row: {"picture": "pictures/x.png"}, "another picture than its clip has"),
    "hash": (lambda row: {"sha256": {row["picture"]: "00"}}, "sha256 of"),
    "meta": (lambda row: {"meta": {}}, "made again, its meta is another"),
    "split": (lambda row: {"split": "dev"}, "its split is 'dev', but the file is for 'test'"),
    "id": (lambda row: {"item_id": "x"}, "item x: the set was made without it"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_row_that_was_changed_is_told_with_its_place(bad: Path, case: str) -> None:
    change, words = FIELDS[case]
    number = next(n for n, row in enumerate(rows(bad)) if row["premise"] == "standard")
    result = edited(bad, number, **change(rows(bad)[number]))
    assert told(result, words), result.problems
    assert told(result, f"{bad / ROWS}:")


def test_rows_that_are_gone_or_twice(bad: Path) -> None:
    found = rows(bad)
    write(bad, found[1:])
    result = verify(bad, workers=1)
    assert told(result, f"no row for {found[0]['item_id']}")
    assert told(result, "are not true as often as false")
    write(bad, [found[0], *found])
    result = verify(bad, workers=1)
    assert told(result, f"{bad / ROWS}:2: item {found[0]['item_id']} was already in {bad / ROWS}:1")


def test_a_line_that_is_no_row(bad: Path) -> None:
    lines = (bad / ROWS).read_bytes().splitlines()
    for line in (b"{", b"[]", b'{"item_id": 3}', b"\xff"):
        (bad / ROWS).write_bytes(b"\n".join([*lines[:3], line, *lines[4:]]))
        assert told(verify(bad, workers=1), f"{bad / ROWS}:4: not an item row")


def test_files_that_are_gone_broken_or_others(bad: Path) -> None:
    row = rows(bad)[0]
    picture, sound = bad / row["picture"], bad / row["sound"]
    kept = picture.read_bytes(), sound.read_bytes()
    picture.unlink()
    assert told(verify(bad, workers=1), f"{row['picture']} is missing")
    picture.write_bytes(kept[0][:-20])
    assert told(verify(bad, workers=1), f"{row['picture']}")
    Image.fromarray(np.zeros((224, 224, 3), np.uint8)).save(picture)
    assert told(verify(bad, workers=1), "does not show what was drawn: tiles differ by")
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(picture)
    assert told(verify(bad, workers=1), "has frames of (1, 64, 64, 3)")
    picture.write_bytes(kept[0])
    sound.write_bytes(kept[1][:1000])
    assert told(verify(bad, workers=1), "cut off")
    with wave.open(str(sound), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.ones((64_000, 2), np.int16).tobytes())
    assert told(verify(bad, workers=1), "does not sound as it was made")


def test_an_unfinished_set_and_a_record_that_lies(bad: Path) -> None:
    record = json.loads((bad / "generation.json").read_text())
    options = record["options"]
    for changes, words in (
        ({"complete": False}, "the set is unfinished"),
        ({"options": options | {"families": 3}}, "no row for test-0002-00-v0"),
        ({"options": options | {"families": "many"}}, "its options make no set"),
        ({"options": {}}, "its options make no set"),
        ({"metadata_sha256": {ROWS: "00"}}, "changed since the set was made"),
    ):
        (bad / "generation.json").write_text(json.dumps(record | changes))
        assert told(verify(bad, workers=1), words), changes


def test_a_set_of_another_generator_is_still_looked_through(bad: Path) -> None:
    record = json.loads((bad / "generation.json").read_text())
    (bad / "generation.json").write_text(json.dumps(record | {"generator": 99}))
    result = verify(bad, workers=1)
    assert result.ok
    assert "answered by the oracle" not in result.counts
    sound = bad / rows(bad)[0]["sound"]
    sound.write_bytes(b"RIFF")
    assert told(verify(bad, workers=1), rows(bad)[0]["sound"])


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such set"):
        verify(tmp_path / "nowhere")
    (tmp_path / ROWS).write_text("")
    assert told(verify(tmp_path), "the file is empty")
