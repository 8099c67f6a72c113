"""Training end to end on the tiny preset: files, the command line, going on after a kill."""

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")
pytest.importorskip("accelerate", reason="needs handeye[train]")

from handeye.errors import OptionError, RunError
from handeye.rose.teaching.lesson import RoseLesson
from handeye.rose.teaching.recipe import recipe_of
from handeye.training.training_run import (
    CARD,
    Pictures,
    claim,
    finish,
    is_done,
    last_checkpoint,
    steps_done,
    train,
    writing,
)

TINY = replace(recipe_of("tiny"), steps=12, checkpoint_every=4, log_every=2, looking_steps=3)

# Killed by itself at a step that no checkpoint has: what came after the last one is lost.
KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from handeye.rose.teaching.lesson import RoseLesson
from handeye.rose.teaching.recipe import recipe_of
from handeye.training.training_run import train

def kill(step, steps, losses):
    if step == 6:
        os.kill(os.getpid(), signal.SIGKILL)

tiny = replace(recipe_of("tiny"), steps=12, checkpoint_every=4, log_every=2, looking_steps=3)
train(RoseLesson(), Path(sys.argv[1]), tiny, 7, kill)
"""


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken")
    told = []
    train(RoseLesson(), out, TINY, 7, lambda *line: told.append(line))
    return out, told


def _curve(out):
    return [
        {key: line[key] for key in ("step", "loss", "answer_loss", "patch_loss")}
        for line in json.loads((out / "learning-curve.json").read_text())
    ]


def test_a_run_leaves_model_curve_and_card(unbroken):
    out, told = unbroken
    assert [(step, steps) for step, steps, _ in told] == [(n, 12) for n in range(2, 13, 2)]
    card = json.loads((out / CARD).read_text())
    assert card["seed"] == 7
    assert card["data"]["pictures"] == 48
    assert card["libraries"]["torch"] == torch.__version__
    assert (out / "learning-curve.svg").read_text().count('stroke-width="1.8"') == 3
    assert not (out / "checkpoints").exists()
    assert sum(f.stat().st_size for f in out.iterdir()) < 10_000_000


def test_the_answers_are_learned_at_last(unbroken):
    curve = _curve(unbroken[0])
    assert curve[0]["answer_loss"] == 0
    assert curve[-1]["answer_loss"] < curve[2]["answer_loss"]


def test_killed_runs_go_on_to_the_same_curve_and_weights(unbroken, tmp_path):
    out = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(out)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (out / CARD).exists()
    assert steps_done(out) == 4
    train(RoseLesson(), out, TINY, 7)
    assert _curve(out) == _curve(unbroken[0])
    assert json.loads((out / CARD).read_text())["resumed"] is True
    weights = [(folder / "model.safetensors").read_bytes() for folder in (out, unbroken[0])]
    assert weights[0] == weights[1]


def test_a_finished_run_is_left_alone(unbroken):
    out, _ = unbroken
    before = {f.name: f.stat().st_mtime_ns for f in out.iterdir()}
    train(RoseLesson(), out, TINY, 7)
    assert before == {f.name: f.stat().st_mtime_ns for f in out.iterdir()}


def test_another_seed_gives_another_model(unbroken, tmp_path):
    out = train(RoseLesson(), tmp_path / "other", TINY, 8)
    assert _curve(out) != _curve(unbroken[0])


def test_foreign_folders_are_refused(tmp_path):
    claim(RoseLesson(), tmp_path / "a", TINY, 1)
    with pytest.raises(RunError, match="another seed or recipe"):
        claim(RoseLesson(), tmp_path / "a", TINY, 2)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.tex").write_text("precious")
    with pytest.raises(RunError, match="not empty"):
        claim(RoseLesson(), tmp_path / "b", TINY, 1)
    assert [f.name for f in (tmp_path / "b").iterdir()] == ["thesis.tex"]


def checkpoint(folder, step):
    from safetensors.torch import save_file

    one = folder / f"checkpoint-{step}"
    one.mkdir()
    save_file({"a": torch.zeros(99)}, one / "model.safetensors")
    for name in ("optimizer.pt", "scheduler.pt", "rng_state_0.pth"):
        torch.save({"a": torch.zeros(99)}, one / name)
    (one / "trainer_state.json").write_text("{}")
    return one


def test_half_written_checkpoints_are_passed_over(tmp_path):
    whole = [checkpoint(tmp_path, step) for step in (4, 40)]
    names = [one.name for one in whole[0].iterdir()]
    for step, name in enumerate(names, 90):
        broken = checkpoint(tmp_path, step) / name
        broken.write_bytes(broken.read_bytes()[:-1])
        (checkpoint(tmp_path, step + 10) / name).unlink()
    checkpoint(tmp_path, "best")
    before = {one.name for one in tmp_path.iterdir()}
    assert last_checkpoint(tmp_path) == whole[1]
    assert {one.name for one in tmp_path.iterdir()} == before, "another process may be writing it"
    assert last_checkpoint(tmp_path, clear=True) == whole[1]
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {"checkpoint-4", "checkpoint-40", "checkpoint-best"}
    assert last_checkpoint(tmp_path / "missing") is None


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    from safetensors import SafetensorError

    reasons = (
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "No space left"),
        (RuntimeError("enforce fail at inline_container.cc:672"), "inline_container"),
    )
    for error, told in reasons:
        with pytest.raises(RunError, match=rf"a: cannot be written: .*{told}"), writing(Path("a")):
            raise error
    saves = "transformers.Trainer._save_optimizer_and_scheduler"
    monkeypatch.setattr(saves, lambda *given: (_ for _ in ()).throw(reasons[2][0]))
    with pytest.raises(RunError, match="checkpoints: cannot be written"):
        train(RoseLesson(), tmp_path, TINY, 7)


def test_a_training_that_is_lost_is_stopped_before_it_is_kept(tmp_path):
    wild = replace(TINY, learning_rate=1e9)
    with pytest.raises(
        RunError, match=r"step \d+: (loss|grad_norm) is (nan|inf): the training is lost"
    ):
        train(RoseLesson(), tmp_path, wild, 7)
    assert last_checkpoint(tmp_path / "checkpoints") is None


def test_a_training_is_done_before_its_checkpoints_go(tmp_path, monkeypatch):
    def killed(*given, **named):
        raise KeyboardInterrupt

    (tmp_path / "checkpoints" / "checkpoint-4").mkdir(parents=True)
    assert not is_done(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(tmp_path, {"seed": 1})
    assert is_done(tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == [CARD]


def test_a_blind_training_asks_the_same_about_nothing():
    blind = recipe_of("blind")
    shown, kept = (Pictures(RoseLesson(), r, 3)[5] for r in (replace(blind, sighted=True), blind))
    assert kept.questions == shown.questions
    assert kept.pixels.shape == shown.pixels.shape
    assert kept.pixels.min() == 255 > shown.pixels.min()


def test_unknown_presets_are_named():
    with pytest.raises(OptionError, match=r"huge.*tiny, small, blind"):
        recipe_of("huge")
