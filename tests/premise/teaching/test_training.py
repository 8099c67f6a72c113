"""`handeye train premise` end to end on its tiny preset."""

import json

import pytest

for name in ("torch", "transformers", "accelerate"):
    pytest.importorskip(name, reason="needs handeye[train]")

from typer.testing import CliRunner

from handeye.cli import app
from handeye.premise.scenes.plan import KINDS
from handeye.premise.teaching.evaluation import examine
from handeye.premise.teaching.lesson import PremiseLesson
from handeye.premise.teaching.recipe import RECIPES
from handeye.premise.teaching.scenes import examined_clip
from handeye.training.architecture import build
from handeye.training.training_run import CARD, steps_done, train


def test_premise_trains_and_is_examined(tmp_path):
    out = tmp_path / "model"
    command = ["train", "premise", "--out", str(out), "--seed", "1", "--preset", "tiny"]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    card = json.loads((out / "run-card.json").read_text())
    assert (card["suite"], card["recipe"]["false_share"]) == ("premise", 0.5)
    found = json.loads((out / "examination.json").read_text())
    assert {mark["form"] for mark in found["marks"]} == {"true-false", "six", "content", "two"}
    assert "deaf" in result.output
    other = CliRunner().invoke(app, [*command, "--false-share", "0.2"])
    assert "another seed or recipe" in str(other.exception)
    again = CliRunner().invoke(app, ["train", "examine", str(out), "--scenes", "1"])
    assert again.exit_code == 0, again.output
    refused = CliRunner().invoke(app, ["train", "premise", "--out", str(tmp_path / "no"),
                                       "--seed", "1", "--false-share", "2"])  # fmt: skip
    assert "false_share must lie in 0..1" in str(refused.exception)
    assert not (tmp_path / "no").exists()


def test_a_training_that_was_stopped_comes_to_the_same_weights(tmp_path):
    class StopError(Exception):
        pass

    def stop(step, steps, losses):
        if step == 6:
            raise StopError

    lesson, whole, broken = PremiseLesson(), tmp_path / "whole", tmp_path / "broken"
    train(lesson, whole, RECIPES["tiny"], 4)
    with pytest.raises(StopError):
        train(lesson, broken, RECIPES["tiny"], 4, stop)
    assert steps_done(broken) == 4
    train(lesson, broken, RECIPES["tiny"], 4)
    one, other = ((out / "model.safetensors").read_bytes() for out in (whole, broken))
    assert one == other
    assert json.loads((broken / CARD).read_text())["resumed"] is True


def test_who_looks_and_listens_is_told_from_copies_that_do_not(monkeypatch):
    """An oracle of the tile: right where it is shown the half that is asked about."""
    clips = {
        clip.questions[0].text: clip
        for clip in (examined_clip(5, split, n) for n in range(12) for split in ("seen", "unseen"))
    }

    def oracle(model, processor, pixels, questions):
        seen, heard = (not (half == 255).all() for half in (pixels[:, :64], pixels[:, 64:]))
        assert questions[0].text in clips
        told = {"vision": seen, "audio": heard, "both": seen and heard}
        return [q.answer if told[q.sense] else "TRUE" for q in questions]

    monkeypatch.setattr("handeye.premise.teaching.evaluation.answers", oracle)
    model, processor = build("tile-tiny", 1)
    marks = examine(model, processor, 5, 12, {sense: list(names) for sense, names in KINDS.items()})
    assert all(mark.right == 1 for mark in marks)
    for mark in marks:
        expected = 0.5 if mark.form == "true-false" else 0.0
        if mark.sense == "vision":
            assert (mark.blind, mark.deaf) == (expected, 1)
        elif mark.sense == "audio":
            assert (mark.blind, mark.deaf) == (1, expected)
    kinds = {(mark.sense, mark.kind) for mark in marks if mark.sense != "both"}
    assert kinds == {(sense, name) for sense, names in KINDS.items() for name in names}
