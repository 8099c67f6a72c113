"""Drawing given scenes again: every row is tried before a folder is claimed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from handeye import rose
from handeye.errors import DataError
from handeye.rose.scenes.rerendering import rerender


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The main rows of two scenes of glyphs and one of sprites, of our own."""
    folder = tmp_path_factory.mktemp("set")
    rose.generate(folder / "set", seed=3, scenes=3, sources="glyph,pixel-edit", workers=1)
    return [json.loads(line) for line in (folder / "set/metadata_test.jsonl").open()]


def again(rows: list[dict[str, Any]], folder: Path) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rerender([file], folder / "out", workers=1)


BAD: list[tuple[dict[str, Any], str]] = [
    *(({"cell_size": size}, "cell size is") for size in (0, -1, 10**6)),
    *(({"font_size": size}, "font_size must lie within the cell") for size in (0, -5, 10**6, "x")),
    *(({"background_char": c}, "background_char must be a text") for c in ("", " ", 5, None)),
    ({"background_char": "\0"}, "has no picture for"),
    ({"source_pair": 5}, "its content cannot be read"),
    *(({"image_id": name}, "leaves the folder of the set") for name in ("../x", "/x")),
    ({"image_id": "a\0"}, "holds a zero byte"),
    *(({"scene_id": name}, "needs scene_id like") for name in ("x", "A_0", "A_-1")),
    *(({"target_cells": cells}, "target_cells that are its") for cells in ([], [[0, 0]], "x")),
    ({"primitive_type": "CLOUDS"}, "unknown primitive_type"),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_a_row_that_cannot_be_drawn_is_named_and_nothing_is_begun(rows, tmp_path, change, words):
    spoilt = [row | change if row["scene_id"] == rows[-6]["scene_id"] else row for row in rows]
    number = next(n for n, (a, b) in enumerate(zip(rows, spoilt, strict=True), 1) if a != b)
    with pytest.raises(DataError, match=words) as caught:
        again(spoilt, tmp_path)
    assert f"rows.jsonl:{number}: " in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]
    # The same command goes on once the row is mended.
    assert (again(rows, tmp_path) / "metadata_test.jsonl").is_file()


def test_two_scenes_of_one_number_would_have_one_picture(rows, tmp_path):
    other = rows[0]["scene_id"].replace("CHSCENE", "XSCENE")
    doubled = [
        *rows,
        *(row | {"scene_id": other, "item_id": f"X{row['item_id']}"} for row in rows[:5]),
    ]
    with pytest.raises(
        DataError, match=r"rows.jsonl:16: its scene has the same number as the one in"
    ):
        again(doubled, tmp_path)
