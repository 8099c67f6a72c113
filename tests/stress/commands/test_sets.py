"""``handeye stress generate``, ``describe``, ``verify``, ``export`` as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handeye.errors import OptionError
from handeye.stress.commands import app


def said(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "200"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return " ".join(done.stdout.split())


def test_a_set_is_made_described_checked_and_exported(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    told = said("generate", folder, "--seed", 7, "--groups", 4, "--family", "count,text")
    assert "4 groups (count 2, text 2)" in told
    assert "40 questions" in told
    told = said("describe", folder, "--all")
    assert "both right 0 (0%)" in told
    assert "not under label: a label is itself a word to be read" in told
    figures = json.loads(said("describe", folder, "--json", "-"))[str(folder)]["all"]
    assert figures["right from text"] == {"right": 20, "wrong": 20}
    told = said("verify", folder, "--workers", 1)
    assert "40 items, 20 prompts" in told
    assert "every hash right" in told
    out = tmp_path / "set.coco.json"
    assert "annotations" in said("export", folder, "--to", "coco", "--out", out)
    assert json.loads(out.read_text())["images"]
    with pytest.raises(OptionError, match="'yolo' is not known"):
        said("export", folder, "--to", "yolo", "--out", tmp_path / "no.json")
    assert not (tmp_path / "no.json").exists()
    # What is there is replaced where it is an earlier export, and a set never is.
    said("export", folder, "--out", out)
    rows = (folder / "stress_test.jsonl").read_bytes()
    theirs = tmp_path / "mine.txt"
    theirs.write_text("mine")
    for place, why in (
        (folder / "stress_test.jsonl", "within the set"),
        (folder / "new" / "coco.json", "within the set"),
        (theirs, "no earlier export"),
    ):
        with pytest.raises(OptionError, match=why):
            said("export", folder, "--out", place)
    assert (folder / "stress_test.jsonl").read_bytes() == rows
    assert theirs.read_text() == "mine"
    assert not (folder / "new").exists()


def test_a_changed_set_is_told_with_exit_code_1(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    said("generate", folder, "--seed", 7, "--groups", 1, "--cues", "none")
    rows = folder / "stress_test.jsonl"
    rows.write_text(rows.read_text().replace('"level":', '"side":1,"level":', 1))
    told = said("verify", folder, "--workers", 1, code=1)
    assert "stress_test.jsonl: changed since the set was made" in told
    assert json.loads(said("verify", folder, "--json", "-", code=1))["ok"] is False


def test_who_made_nothing_again_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    said("generate", folder, "--seed", 7, "--groups", 1, "--cues", "none")
    told = said("verify", folder, "--workers", 1)
    assert ", 1 group made again" in told
    assert "not made again" not in told
    record = folder / "generation.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"generator": 99}))
    told = said("verify", folder, "--workers", 1)
    assert "0 groups made again" in told
    assert "groups were not made again" in told


@pytest.mark.parametrize("split", ["<b>", ".", "..", "all", " test", "a/b", "x" * 300, ""])
def test_a_split_is_a_plain_name(tmp_path: Path, split: str) -> None:
    with pytest.raises(OptionError, match="split must be a name"):
        said("generate", tmp_path / "set", "--seed", 7, "--split", split)
    assert not (tmp_path / "set").exists()
