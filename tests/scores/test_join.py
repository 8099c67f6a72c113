"""Joining predictions to items: what is refused; a file in any order gives what memory does."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from handeye.errors import DataError, OptionError
from handeye.scores.join import Join, LineReader, PredictionFile, Predictions, Words

WORDS = Words("puzzle", "box", "give --allow-missing")


class Row(msgspec.Struct, frozen=True):
    puzzle_id: str
    raw_text: str | None = None
    model: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Puzzle:
    puzzle_id: str


read = LineReader(Row, ("answered", "error"))


def rows(names: str) -> list[Row]:
    return [Row(name, name * 2) for name in names]


def joined(names: str, items: str, **options) -> list[tuple[str, str | None]]:
    pairs = Join(Predictions(rows(names), WORDS), **options).pairs(map(Puzzle, items))
    return [(item.puzzle_id, row.raw_text) for item, row in pairs]


def test_pairs_come_in_the_order_of_the_items():
    assert joined("cab", "abc") == [("a", "aa"), ("b", "bb"), ("c", "cc")]


def test_what_was_not_chosen_is_neither_missing_nor_unknown():
    chosen = {"wanted": lambda item: item.puzzle_id != "b", "selection": "not b"}
    assert joined("ab", "ab", **chosen) == [("a", "aa")]
    assert joined("ab", "abcd", item_ids=["a"]) == [("a", "aa")]
    assert joined("a", "abc", allow_missing=True) == [("a", "aa")]
    # With another selection a named item may just not have been chosen by it.
    assert joined("ab", "ab", item_ids=["a", "b"], **chosen) == [("a", "aa")]


@pytest.mark.parametrize(
    ("names", "items", "options", "message"),
    [
        ("ab", "aab", {}, "there are 1 puzzle ids more than once: a; give each set once"),
        ("a", "abb", {"allow_missing": True}, "1 puzzle ids more than once: b"),
        ("axy", "a", {}, "the predictions: 2 puzzle ids are not in the box: x, y; is it the set"),
        ("ax", "ab", {}, "1 puzzle ids are not in the box: x; .* Ids there are like 'b'"),
        ("a", "abc", {}, "2 of 3 puzzles have no prediction: b, c; give --allow-missing"),
        ("", "ab", {"allow_missing": True}, "no prediction for any puzzle"),
        ("", "", {}, "no prediction for any puzzle"),
        ("ab", "ab", {"item_ids": "az"}, "1 of the chosen puzzle ids are not in the box: z"),
    ],
)
def test_what_is_refused(names, items, options, message):
    with pytest.raises(DataError, match=message):
        joined(names, items, **options)


def test_a_selection_that_leaves_nothing():
    with pytest.raises(OptionError, match=r"no puzzle is left by the selection \(none\)"):
        joined("ab", "ab", wanted=lambda item: False, selection="none")


def test_what_is_counted():
    join = Join(Predictions(rows("ab"), WORDS), allow_missing=True, item_ids="abc")
    assert len(list(join.pairs(map(Puzzle, "abcd")))) == 2
    assert (join.expected, join.answered) == (3, 2)


def test_predictions_in_memory():
    found = Predictions([Row("a", model="m"), Row("b"), Row("c", model="m")], WORDS)
    assert (len(found), found.model(), list(found.ids())) == (3, "m", ["a", "b", "c"])
    assert found.get("x") is None
    with pytest.raises(DataError, match="the predictions: 1 duplicate puzzle ids: a"):
        Predictions(rows("aba"), WORDS)
    with pytest.raises(DataError, match=r"answers of 2 models \(m, n\)"):
        Predictions([Row("a", model="m"), Row("b", model="n")], WORDS).model()


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines))
    return path


@given(st.permutations("abcdef"))
def test_a_file_gives_what_memory_gives(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("p") / "p.jsonl"
    write(path, [msgspec.json.encode(row) for row in rows("".join(names))])
    with PredictionFile(path, read, WORDS) as file:
        assert list(file) == list(Predictions.of_file(path, read, WORDS)) == rows("".join(names))
        pairs = list(Join(file).pairs(map(Puzzle, "abcdef")))
    assert [row for _, row in pairs] == rows("abcdef")


@pytest.mark.parametrize("open_", [PredictionFile, Predictions.of_file])
def test_files_that_are_refused(tmp_path, open_):
    def refused(lines: list[bytes], message: str) -> None:
        with pytest.raises(DataError, match=message):
            open_(write(tmp_path / "p.jsonl", lines), read, WORDS)

    refused([], "the file is empty")
    refused([b"", b" "], "the file is empty")
    refused([b"{"], "p.jsonl:1: not a prediction row")
    refused([b'{"puzzle_id": "a"}', b'{"id": "b"}'], "p.jsonl:2: .*puzzle_id")
    refused([b'{"puzzle_id": "\xff"}'], "p.jsonl:1: not UTF-8")
    refused([b'{"puzzle_id": "a", "state": "lost"}'], "'lost' is not known; allowed: answered, err")
    refused([b'{"puzzle_id": "a"}'] * 2, "p.jsonl: 1 duplicate puzzle ids: a")
    with pytest.raises(DataError, match="is a folder"):
        open_(tmp_path, read, WORDS)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        open_(tmp_path / "no", read, WORDS)


def test_what_json_modules_write_beyond_the_standard(tmp_path):
    lines = [b'{"puzzle_id": "a", "raw_text": NaN}', b'{"puzzle_id": "b", "raw_text": "\\ud83d"}']
    found = Predictions.of_file(write(tmp_path / "p.jsonl", lines), read, WORDS)
    assert [row.raw_text for row in found] == [None, "\ufffd"]


def test_a_file_is_not_held_in_memory(tmp_path):
    names = [f"n{k}" for k in range(2_000)]
    random.Random(1).shuffle(names)
    lines = [json.dumps({"puzzle_id": n, "raw_text": n, "more": "x" * 200}).encode() for n in names]
    with PredictionFile(write(tmp_path / "p.jsonl", lines), read, WORDS) as file:
        assert all(file.get(name).raw_text == name for name in sorted(names))
    assert len(file) == 0
