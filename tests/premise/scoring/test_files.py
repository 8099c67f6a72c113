"""Files of answers to run folders: what fits, what is refused, what is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.errors import DataError, RunError
from handeye.premise.items import Item
from handeye.premise.scoring.file_scoring import score_files
from handeye.premise.scoring.run_folder import read_run
from handeye.run.answers import Answer
from handeye.scores.join import row_of
from tests.support import premise as made

ITEMS = made.families(10)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("set"), ITEMS)


def written(folder: Path, items: list[Item], split: str = "test") -> Path:
    lines = msgspec.json.Encoder().encode_lines(items)
    (folder / f"premise_{split}.jsonl").write_bytes(lines)
    return folder


def answers(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_run_folder_reads_back(data: Path, tmp_path: Path) -> None:
    rows = made.Sim(made.noisy(made.right, 0.2), told=2.0).rows(ITEMS)
    found = score_files(answers(tmp_path / "a.jsonl", rows), data, tmp_path / "run", bootstrap=50)
    run = read_run(tmp_path / "run")
    assert run.summary.data == found.summary.data
    assert [row.item_id for row in run.rows()] == [item.item_id for item in ITEMS]
    assert run.info["n_clips"] == 40
    assert run.info["variant"] == "six"
    (entry,) = run.data_entries()
    assert entry.path.endswith("premise_test.jsonl")
    looks = run.looks()
    assert looks is not None
    assert looks.problem() == ""
    assert 0 <= (looks.chance["cells"]["all"]["bal"].value or 0) < 0.4
    assert looks.chance["headline"]["all"]["action"].value == pytest.approx(0.5, abs=0.1)
    run.check()
    again = score_files(tmp_path / "run" / "predictions.jsonl", data, tmp_path / "2", bootstrap=50)
    assert again.summary.data == found.summary.data


def test_what_does_not_fit_is_refused_and_writes_nothing(data: Path, tmp_path: Path) -> None:
    rows = made.Sim(made.right).rows(ITEMS)
    for changed, words in (
        (rows[1:], "1 of 190 items have no prediction"),
        ([*rows, {"item_id": "nobody", "raw_text": "A"}], "1 item ids are not in the data: nobody"),
        ([*rows, rows[0]], "duplicate item ids"),
        ([{**rows[0], "ablation": "swap"}, *rows[1:]], "answers of several kinds"),
        ([{**rows[0], "model": "other"}, *rows[1:]], "answers of 2 models"),
        ([{"item_id": "x", "response": "A"}], "rename it to raw_text"),
    ):
        file = answers(tmp_path / "bad.jsonl", changed)
        with pytest.raises(DataError, match=words):
            score_files(file, data, tmp_path / "no", bootstrap=0)
        assert not (tmp_path / "no").exists()
    part = score_files(answers(tmp_path / "part.jsonl", rows[1:]), data, tmp_path / "part",
                       allow_missing=True, bootstrap=0)  # fmt: skip
    assert part.info["partial"]
    assert part.summary.note.startswith("partial run: 189 of 190 items")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no run"):
        score_files(tmp_path / "part.jsonl", data, tmp_path / "full", bootstrap=0)


def test_a_choice_of_items(data: Path, tmp_path: Path) -> None:
    file = answers(tmp_path / "a.jsonl", made.Sim(made.right).rows(ITEMS))
    for questions, n in (("single", 160), ("two", 30), ("all", 190)):
        found = score_files(file, data, tmp_path / questions, questions=questions, bootstrap=0)  # type: ignore[arg-type]
        assert (found.summary.n_items, found.summary.partial) == (n, False)
    chosen = [item.item_id for item in ITEMS[:5]]
    few = score_files(file, data, tmp_path / "few", item_ids=chosen, bootstrap=0)
    assert few.summary.n_items == few.summary.n_expected == 5


def test_chance_is_chosen_on_the_dev_split_where_there_is_one(tmp_path: Path) -> None:
    folder = written(tmp_path, ITEMS)
    dev = [made.replace_item(item, split="dev") for item in made.families(12, start=10)]
    written(folder, dev, "dev")
    file = answers(tmp_path / "a.jsonl", made.Sim(made.right).rows(ITEMS))
    score_files(file, folder, tmp_path / "run", split="test", bootstrap=0)
    looks = read_run(tmp_path / "run").looks()
    assert looks is not None
    assert looks.chosen == "chosen on the dev split"


def test_thoughts_are_stripped_where_asked(data: Path, tmp_path: Path) -> None:
    rows = made.Sim(made.right).rows(ITEMS)
    for row in rows:
        row["samples"] = [f"<think>x</think>{row['raw_text']}"] * 20
        row["raw_text"] = f"<think>It is a letter.</think>{row['raw_text']}"
    file = answers(tmp_path / "a.jsonl", rows)
    plain = score_files(file, data, tmp_path / "plain", bootstrap=0)
    stripped = score_files(file, data, tmp_path / "bare", strip_thoughts=True, bootstrap=0)
    assert plain.summary.bases["all"].headline["bal"].value == 0
    assert stripped.summary.bases["all"].headline["bal"].value == 1
    assert stripped.summary.signal == "samples"
    assert stripped.info["strip_thoughts"]


def test_a_line_says_how_it_was_asked() -> None:
    answer = Answer(
        item_id="x", model="m", request="r", state="answered", raw_text="B",
        note={"variant": "check-first", "order": [5, 4, 3, 2, 1, 0]}, letters={"B": -0.1},
        letters_bound=-8.0, media_sha256="ab",
    )  # fmt: skip
    row = row_of([answer])
    assert (row["variant"], row["order"], row["raw_text"]) == (
        "check-first",
        [5, 4, 3, 2, 1, 0],
        "B",
    )
    assert (row["letters"], row["letters_bound"], row["media_sha256"]) == ({"B": -0.1}, -8.0, "ab")
    assert not {"post_thought", "turns", "ablation"} & set(row)
