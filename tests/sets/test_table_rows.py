"""Rows of foreign tables: JSON is split into rows, and what is wrong is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye.errors import DataError
from handeye.sets.table_rows import GROUP, KEY, read_rows


def _rows(tmp_path: Path, text: bytes) -> list[tuple[str, dict[str, object]]]:
    path = tmp_path / "rows.json"
    path.write_bytes(text)
    return [(row.where.removeprefix(str(path)), row.values) for row in read_rows(path)]


def test_lists_splits_and_objects_of_objects_are_rows(tmp_path: Path) -> None:
    assert _rows(tmp_path, b' [{"a": {"b": 1}}, {"a": []}]') == [
        (": row 1", {"a.b": 1}),
        (": row 2", {"a": []}),
    ]
    assert _rows(tmp_path, b'{"info": {}, "dev": [{"a": 1}], "n": 2}') == [
        (": dev, row 1", {GROUP: "dev", "a": 1})
    ]
    assert _rows(tmp_path, b'{"x": {"a": 1}, "y": {"a": 2}}') == [
        (": x", {KEY: "x", "a": 1}),
        (": y", {KEY: "y", "a": 2}),
    ]
    assert _rows(tmp_path, b'{"a": 1}\n{"a": 2}\n') == [(":1", {"a": 1}), (":2", {"a": 2})]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'[{"a": 1}, {"a": "\xff"}]', ": row 2: no JSON: Invalid UTF-8"),
        (b'[{"a": 1}, 3]', ": row 2 is 3, not an object"),
        (b'{"dev": [7]}', ": dev, row 1 is 7, not an object"),
        (b'{"a": 1, "b": {}}', ", not a list of questions"),
        (b'"words"', ": holds 'words', not a list of questions"),
        (b'[{"a": 1}', ": no JSON: Input data was truncated"),
        (b"", ": no JSON: Input data was truncated"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: bytes, told: str) -> None:
    with pytest.raises(DataError) as refused:
        _rows(tmp_path, text)
    assert told in str(refused.value)
