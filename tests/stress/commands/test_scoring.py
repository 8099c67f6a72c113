"""``handeye stress score`` on files of others, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handeye.errors import DataError
from handeye.stress.commands import app
from handeye.stress.scoring.file_scoring import score
from tests.support.stress import published as made


def said(*words: object) -> str:
    done = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "120"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_answers_to_a_published_file_are_scored(tmp_path: Path) -> None:
    file = made.pope(tmp_path / "set") / "coco_pope_popular.json"
    answers = tmp_path / "answers.jsonl"
    made.lines(answers, [{"item_id": f"popular-{n}", "raw_text": "yes"} for n in range(1, 13)])
    shown = said("score", answers, "--data", file, "--out", tmp_path / "run")
    assert "POPE" in shown
    assert "precision" in shown
    words = ("score", answers, "--data", file, "--out", tmp_path / "again", "--json", "-")
    told = json.loads(said(*words))
    assert told["published"]["figures"]["strict"]["popular"]["yes_ratio"]["value"] == 1.0
    csv = (tmp_path / "run" / "tables" / "published.csv").read_text().splitlines()
    assert csv[0].startswith("reading,questions,figure,value,low,high,n")
    assert "strict,popular,precision,0.5," in "\n".join(csv)


def test_a_wrong_file_leaves_what_was_there(tmp_path: Path) -> None:
    file = made.pope(tmp_path / "set") / "coco_pope_popular.json"
    answers = tmp_path / "answers.jsonl"
    made.lines(answers, [{"item_id": f"popular-{n}", "raw_text": "yes"} for n in range(1, 13)])
    said("score", answers, "--data", file, "--out", tmp_path / "run")
    before = (tmp_path / "run" / "summary.json").read_bytes()
    file.write_text(file.read_text().replace('"yes"', '"perhaps"', 1))
    with pytest.raises(DataError, match=r"popular\.json:1: label is 'perhaps'"):
        said("score", answers, "--data", file, "--out", tmp_path / "run")
    assert (tmp_path / "run" / "summary.json").read_bytes() == before


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 2, 3, 4, 5, 6, 7]])
def test_an_order_of_other_options_is_refused_with_its_line(
    tmp_path: Path, order: list[int]
) -> None:
    folder = tmp_path / "set"
    said("generate", folder, "--seed", 7, "--groups", 1, "--cues", "none", "--family", "attribute")
    rows = list(map(json.loads, (folder / "stress_test.jsonl").read_text().splitlines()))
    told = [{"item_id": row["item_id"], "raw_text": "A", "form": "letters"} for row in rows]
    told[1]["order"] = order
    answers = tmp_path / "answers.jsonl"
    made.lines(answers, told)
    with pytest.raises(DataError, match=rf"answers\.jsonl:2: order is of {len(order)} options"):
        said("score", answers, "--data", folder, "--out", tmp_path / "run")
    with pytest.raises(DataError, match=r"prediction 2: order is of"):
        score(told, folder)
    assert not (tmp_path / "run" / "summary.json").exists()
