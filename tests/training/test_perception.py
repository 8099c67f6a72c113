"""Stage 1 end to end: pictures, a training that is killed and goes on, probes, the command line."""

import json
import os
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs handeye[train]")
for name in ("transformers", "accelerate"):
    pytest.importorskip(name, reason="needs handeye[train]")

from handeye.cli import app
from handeye.errors import DataError, HandeyeError, OptionError, RunError
from handeye.respondents.local.identity import CARD
from handeye.stress.scenes.generation import generate
from handeye.training.backbones import Backbone, backbone, stretching
from handeye.training.perception import dry_run, told, train_perception
from handeye.training.pictures import Pictures, held_out_scenes
from handeye.training.recipes import Recipe, read_recipe, shipped
from handeye.training.targets import NAME
from tests.support.perceived import planted

RECIPE = """
model: {name: scene-tiny}
data: {held_out: 0.25}
perception:
  steps: 12
  batch: 6
  learning_rate: 3e-3
  warmup: 2
  checkpoint_every: 4
  log_every: 2
"""
# Killed by itself at a step that no checkpoint has: what came after the last one is lost.
KILLED = """
import os, signal, sys
from pathlib import Path
from handeye.training.perception import train_perception
from handeye.training.recipes import read_recipe
from tests.support.perceived import planted

def kill(step, steps, losses):
    if step == 6:
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
truths = planted(folder / "pictures", 24)
train_perception(
    read_recipe(folder / "recipe.yaml"), folder / "pictures", truths, folder / "out", 7,
    progress=kill,
)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("perception")
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def recipe(place):
    return read_recipe(place / "recipe.yaml")


@pytest.fixture(scope="module")
def truths(place):
    return planted(place / "pictures", 24)


@pytest.fixture(scope="module")
def unbroken(place, recipe, truths):
    lines = []
    card = train_perception(
        recipe, place / "pictures", truths, place / "unbroken", 7,
        progress=lambda *line: lines.append(line),
    )  # fmt: skip
    return place / "unbroken", card, lines


def test_a_training_leaves_all_it_promises(unbroken):
    out, card, lines = unbroken
    assert [(step, steps) for step, steps, _ in lines] == [(n, 12) for n in range(2, 13, 2)]
    assert {one.name for one in out.iterdir()} == {
        "training.json", "learning-curve.json", "learning-curve.svg", "encoder", "head.json",
        "head.safetensors", CARD,
    }  # fmt: skip
    assert json.loads((out / CARD).read_text()) == card
    assert card["data"] == {
        "pictures": 18, "scenes": 9, "held out": 6, "shown": 72, "fitted on": 18, "tried on": 6,
    }  # fmt: skip
    assert card["grid"] == [8, 8]
    assert card["random"]
    assert card["operations"] > 72 * 1e6
    assert card["vocabulary"]["labels"][NAME] == ["(ground)", "box", "disc"]
    figures = {one.what: one for one in told(card)}
    assert {"thing", "name", "colour", "keypoints", "depth"} <= set(figures)
    assert all(one.scenes == 3 for one in figures.values())
    curve = json.loads((out / "learning-curve.json").read_text())
    assert curve[-1]["patch_loss"] < curve[0]["patch_loss"]
    assert (out / "learning-curve.svg").read_text().count('stroke-width="1.8"') == 5


def test_the_encoder_and_the_head_are_loaded_again(unbroken):
    from safetensors.torch import load_file

    from handeye.training.heads import PerceptualHead
    from handeye.training.targets import Vocabulary

    out, card, _ = unbroken
    encoder = backbone(str(out / "encoder"))
    assert encoder.trained
    assert encoder.layer == -1
    fresh = backbone("scene-tiny", seed=7)
    parts = zip(encoder.module.parameters(), fresh.module.parameters(), strict=True)
    assert any(not torch.equal(one, other) for one, other in parts)
    made = json.loads((out / "head.json").read_text())
    head = PerceptualHead(
        made["width"], Vocabulary(**made["vocabulary"]), projected=made["projected"]
    )
    head.load_state_dict(load_file(out / "head.safetensors"))
    assert made["vocabulary"] == card["vocabulary"]


def test_a_killed_training_goes_on_to_the_same_curve_weights_and_figures(
    unbroken, recipe, tmp_path
):
    out, card, _ = unbroken
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert (tmp_path / "out" / "checkpoints" / "checkpoint-4").is_dir()
    again = train_perception(
        recipe, tmp_path / "pictures", planted(tmp_path / "pictures", 24), tmp_path / "out", 7
    )
    assert again["resumed"]
    assert again["figures"] == card["figures"]
    for name in ("learning-curve.json", "encoder/model.safetensors", "head.safetensors"):
        assert (tmp_path / "out" / name).read_bytes() == (out / name).read_bytes(), name


def test_one_that_was_stopped_when_all_was_trained_is_finished(
    unbroken, place, recipe, truths, tmp_path, monkeypatch
):
    def stop(*given):
        raise KeyboardInterrupt

    given = recipe, place / "pictures", truths, tmp_path, 7
    with monkeypatch.context() as patch:
        patch.setattr("handeye.training.perception._finish", stop)
        with pytest.raises(KeyboardInterrupt):
            train_perception(*given)
    assert (tmp_path / "checkpoints" / "checkpoint-12").is_dir()
    out, card, _ = unbroken
    assert train_perception(*given)["figures"] == card["figures"]
    for name in ("learning-curve.json", "encoder/model.safetensors", "head.safetensors"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


TWO = """
import os, sys
from pathlib import Path
from handeye.training.perception import train_perception
from handeye.training.recipes import read_recipe
from tests.support.perceived import planted

folder = Path(sys.argv[1])
# One would read what the other is writing.
pictures = folder / f"pictures-{os.environ['RANK']}"
truths = planted(pictures, 24)
card = train_perception(read_recipe(folder / "recipe.yaml"), pictures, truths, folder / "out", 7)
"""


def test_two_processes_train_one_encoder(unbroken, truths, place, tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("steps: 12", "steps: 4"))
    (tmp_path / "two.py").write_text(TWO)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc_per_node", "2", tmp_path / "two.py", tmp_path),
        ],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr.decode()
    card = json.loads((tmp_path / "out" / CARD).read_text())
    assert card["processes"] == 2
    _, alone, _ = unbroken
    both = zip(card["figures"], alone["figures"], strict=True)
    assert all(one["before"] == other["before"] for one, other in both)
    curve = json.loads((tmp_path / "out" / "learning-curve.json").read_text())
    assert curve[-1]["patch_loss"] < curve[0]["patch_loss"]


def test_a_finished_training_is_left_alone_and_another_refused(unbroken, place, recipe, truths):
    out, card, _ = unbroken
    before = {one: one.stat().st_mtime_ns for one in out.rglob("*")}
    assert train_perception(recipe, place / "pictures", truths, out, 7) == card
    assert before == {one: one.stat().st_mtime_ns for one in out.rglob("*")}
    with pytest.raises(RunError, match="another seed or recipe"):
        train_perception(recipe, place / "pictures", truths, out, 8)


def test_an_encoder_of_ones_own(place, recipe, truths, tmp_path):
    class Map(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Conv2d(3, 6, 8, 8)
            self.unused = torch.nn.Linear(2, 2)

        def forward(self, pixels):
            return self.layer(pixels)

    encoder = Backbone(Map(), stretching(64), about="map of mine")
    card = train_perception(
        recipe, place / "pictures", truths, tmp_path / "out", 1, encoder=encoder
    )
    assert card["encoder"] == "map of mine"
    assert card["grid"] == [8, 8]
    assert card["parameters"] - card["trained"] == 6, "what tokens do not depend on is left alone"
    assert (tmp_path / "out" / "encoder" / "model.safetensors").is_file()


# ---- pictures


@pytest.fixture(scope="module")
def pictures(place, truths):
    encoder = backbone("scene-tiny")
    return Pictures(
        place / "pictures", truths, encoder.view, encoder.shown, memory=3 * 128 * 128 * 5
    )


def test_held_out_scenes_depend_on_their_names_alone(pictures):
    shown, back = pictures.split(0.25)
    scenes = {pictures.targets[at].scene for at in back}
    assert scenes == held_out_scenes(reversed([*pictures.scenes]), 0.25)
    assert len(scenes) == 3
    assert not scenes & {pictures.targets[at].scene for at in shown}
    assert sorted([*shown, *back]) == list(range(24))
    assert pictures.split(0) == (list(range(24)), [])
    with pytest.raises(OptionError, match="leaves none to learn from"):
        pictures.split(1)


def test_two_pictures_of_a_scene_meet_and_every_scene_comes_before_one_comes_again(pictures):
    shown, _ = pictures.split(0.25)
    order = pictures.order(shown, 40, 3)
    assert set(order) == set(shown)
    scenes = [pictures.targets[at].scene for at in order]
    assert scenes[::2] == scenes[1::2]
    assert len(set(scenes[:18])) == 9
    assert order == pictures.order(shown, 40, 3)
    assert order[:10] == pictures.order(shown, 10, 3)
    assert order != pictures.order(shown, 40, 4)


def test_levels_are_kept_as_far_as_there_is_room(pictures):
    for _ in range(2):
        for at in range(24):
            assert pictures.levels(at).shape == (3, 128, 128)
    assert len(pictures._kept) == 5


def test_what_is_wrong_with_pictures_is_told(place, truths):
    from dataclasses import replace

    encoder = backbone("scene-tiny")

    def made(truths):
        return Pictures(place / "pictures", truths, encoder.view, encoder.shown)

    with pytest.raises(DataError, match=r"0\.png is there twice"):
        made([truths[0], truths[0]])
    with pytest.raises(DataError, match="no picture shows a thing"):
        made([replace(truths[0], things=(), mask=truths[0].mask * 0)])
    for name, words in (("none.png", "none.png"), ("../recipe.yaml", "recipe.yaml")):
        with pytest.raises(HandeyeError, match=words):
            made([replace(truths[0], picture=name)]).levels(0)


# ---- dry runs and the command line


@pytest.mark.parametrize("name", [one for one in shipped() if read_recipe(one).perception])
def test_every_recipe_that_ships_tries_its_shapes(name):
    if "parts" in name:
        pytest.importorskip("efficientnet_lite_pytorch", reason="needs its packages")
    found = dry_run(read_recipe(name), None, ())
    rows, columns = found["grid"]
    assert rows * columns > 1
    assert set(found["losses"]) == {"loss", "patch", "contrast", "keypoints", "depth", "named"}
    assert "random weights" in found["encoder"]


def run(*words, code=0):
    result = CliRunner().invoke(app, ["train", "perception", *map(str, words)])
    if code == 0 and result.exception:
        raise result.exception
    assert result.exit_code == code or result.exception
    return result


def test_the_command_trains_on_a_set_and_on_a_file_of_coco(tmp_path):
    from handeye.stress.loader import load
    from handeye.stress.scenes.exports import write_coco

    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.replace("steps: 12", "steps: 4"))
    data = generate(
        tmp_path / "set", seed=3, groups=8, families="count,attribute", size=112, workers=1
    )
    result = run("--config", recipe, "--data", data, "--out", tmp_path / "a", "--seed", 2)
    assert "step 4 of 4" in result.stderr
    assert "held out" in result.stdout
    assert "balanced accuracy" in result.stdout
    assert "next: handeye train joint" in result.stderr
    again = run("--config", recipe, "--data", data, "--out", tmp_path / "a", "--seed", 2)
    assert "trained already" in again.stderr
    assert again.stdout == result.stdout
    write_coco(load(data), tmp_path / "coco.json")
    text = recipe.read_text().replace("held_out: 0.25", f"held_out: 0.25, pictures: {data}")
    recipe.write_text(text)
    result = run(
        "--config", recipe, "--data", tmp_path / "coco.json", "--out", tmp_path / "b", "--json"
    )
    card = json.loads(result.stdout)
    assert card["data"]["pictures"] + card["data"]["held out"] > 8
    assert "centre" in card["vocabulary"]["keypoints"]
    found = run("--config", recipe, "--data", data, "--dry-run", "--json")
    assert json.loads(found.stdout)["labels"]["colour"] > 1


def test_bad_options_are_refused_before_anything_is_written(tmp_path, place):
    out = tmp_path / "out"
    recipe = place / "recipe.yaml"
    for words, said in (
        (["--config", "tiny", "--out", out], "names no pictures"),
        (["--config", recipe], "names no pictures|--out"),
        (["--config", "huge", "--out", out], "one that ships"),
        (["--config", "3b-lora", "--out", out], "no section 'perception'"),
        (["--config", recipe, "--out", out, "--data", tmp_path], "is a set of none of"),
        (["--config", recipe, "--out", out, "--data", tmp_path / "x.json"], r"x\.json"),
    ):
        with pytest.raises(HandeyeError, match=said):
            run(*words)
        assert not out.exists()


def test_a_batch_that_processes_do_not_divide_is_told(place, recipe, truths, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(OptionError, match="4 processes of 1 rows at once do not divide"):
        train_perception(recipe, place / "pictures", truths, tmp_path / "out", 1)


def test_a_recipe_without_the_stage_is_told(tmp_path):
    from handeye.training.recipes import Model

    with pytest.raises(OptionError, match="no section 'perception'"):
        train_perception(Recipe(model=Model(name="tiny")), tmp_path, (), tmp_path / "out", 0)
