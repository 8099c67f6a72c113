"""`handeye train` from the command line, with and without the extra."""

import json
import subprocess
import sys
from importlib.resources import files

import pytest
from typer.testing import CliRunner

from handeye.cli import app
from handeye.rose.scenes.generation import generate


def test_help_needs_no_torch():
    code = (
        "import sys; from handeye.cli import app; import handeye.cli.train; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert "handeye[train]" in CliRunner().invoke(app, ["train", "--help"]).output


def test_without_the_extra_the_command_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = CliRunner().invoke(app, ["train", "base", "--out", str(tmp_path / "m"), "--seed", "1"])
    assert result.exit_code != 0
    assert "pip install '.[train]'" in str(result.exception)
    assert not (tmp_path / "m").exists()


def test_base_trains_and_examines(tmp_path):
    for name in ("torch", "transformers", "accelerate"):
        pytest.importorskip(name, reason="needs handeye[train]")
    out = tmp_path / "model"
    command = ["train", "base", "--out", str(out), "--seed", "1", "--preset", "tiny"]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads((out / "examination.json").read_text())
    assert len(found["marks"]) == 14
    assert "gap" in result.output
    assert "step 40 of 40" in result.stderr
    again = CliRunner().invoke(app, command, catch_exceptions=False)
    assert "trained already" in again.stderr
    assert json.loads((out / "examination.json").read_text()) == found
    data = generate(tmp_path / "set", seed=1, scenes=2, sources="pixel-edit", grid="2:3", workers=1)
    figures = tmp_path / "figures.json"
    command = ["train", "examine", str(out), "--data", str(data), "--json", str(figures)]
    CliRunner().invoke(app, command, catch_exceptions=False)
    written = json.loads(figures.read_text())
    assert written["set"] == "set"
    assert sum(mark["items"] for mark in written["marks"]) == 14


def test_a_twin_is_trained_by_answers_alone_and_goes_on(tmp_path, monkeypatch):
    for name in ("torch", "transformers", "accelerate"):
        pytest.importorskip(name, reason="needs handeye[train]")
    from transformers import Trainer

    out = tmp_path / "twin"
    command = ["train", "base", "--out", str(out), "--seed", "1", "--preset", "tiny"]
    command += ["--supervision", "answers"]
    stopped = Trainer.log

    def stop(self, logs, *more):
        if self.state.global_step == 15:
            raise KeyboardInterrupt
        stopped(self, logs, *more)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "log", stop)
        CliRunner().invoke(app, command)
    assert (out / "checkpoints" / "checkpoint-10").is_dir()
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert "going on" in result.stderr
    assert "after step 10 of 40" in result.stderr
    assert "patches" not in result.stderr
    card = json.loads((out / "run-card.json").read_text())
    assert card["supervision"] == "answers"
    assert card["resumed"]
    assert card["recipe"] == json.loads((out / "training.json").read_text())["recipe"]
    lines = json.loads((out / "learning-curve.json").read_text())
    assert all(line["loss"] == pytest.approx(line["answer_loss"], abs=1e-3) for line in lines)
    # A training of the other kind is another training.
    again = CliRunner().invoke(app, command[:-2])
    assert "holds a training with another seed or recipe" in str(again.exception)


def test_what_nobody_asks_for_is_as_it_was(tmp_path):
    """The record of a training, by which its folder is known, has no new words."""
    pytest.importorskip("torch", reason="needs handeye[train]")
    from handeye.rose.teaching.lesson import RoseLesson
    from handeye.training.training_run import claim

    claim(RoseLesson(), tmp_path / "m", RoseLesson.recipes["small"], 1)
    record = json.loads((tmp_path / "m" / "training.json").read_text())["recipe"]
    card = json.loads(files("handeye").joinpath("data/small/run-card.json").read_text())
    assert record == card["recipe"]


def test_bad_options_are_refused_before_anything_is_written(tmp_path):
    pytest.importorskip("torch", reason="needs handeye[train]")
    for extra in (
        ["--preset", "huge", "--seed", "1"],
        ["--seed", "-1"],
        ["--seed", "1", "--supervision", "answer"],
    ):
        out = tmp_path / "model"
        result = CliRunner().invoke(app, ["train", "base", "--out", str(out), *extra])
        assert result.exit_code != 0
        assert not out.exists()
