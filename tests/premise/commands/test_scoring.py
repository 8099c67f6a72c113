"""``handeye premise score`` and ``diagnose``: what they print, choose and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handeye.cli.given import commands_of
from handeye.errors import OptionError
from handeye.suites import get
from tests.premise.conftest import MakeRun

app = commands_of(get("premise"))


def said(*words: object) -> str:
    done = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "80"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_score_and_diagnose_print_what_was_found(
    six: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    made = make_run(tmp_path / "made", "handeye/simulated", accept=0.6)
    answers = made / "predictions.jsonl"
    told = said("score", answers, "--data", six, "--out", tmp_path / "run", "--questions", "single")
    assert "96 items" in told
    assert "always reject" in told
    assert json.loads((tmp_path / "run" / "run.json").read_text())["n_items"] == 96
    told = said("diagnose", tmp_path / "run")
    assert told.count("handeye/simulated") == 1
    assert "6 families, too few to say much" in told
    assert "of 96 items failed" in told
    assert (tmp_path / "run" / "reasons.parquet").is_file()
    found = json.loads((tmp_path / "run" / "diagnosis.json").read_text())
    assert found["reasons"]["all"]["n_items"] == 96
    with pytest.raises(OptionError, match="questions is 'tow'; allowed: single, two, all"):
        said("score", answers, "--data", six, "--out", tmp_path / "no", "--questions", "tow")
    assert not (tmp_path / "no").exists()
