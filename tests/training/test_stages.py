"""Stages in folders: going on after a kill, models that plain libraries read, several processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs handeye[train]")
for library in ("trl", "peft", "datasets"):
    pytest.importorskip(library, reason="needs handeye[train]")

from accelerate.commands.config.config_args import load_config_from_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from handeye.cli import app
from handeye.errors import DataError, OptionError, RunError
from handeye.respondents.local.identity import CARD
from handeye.stress.scenes.generation import generate
from handeye.training import joint, reinforcement
from handeye.training.checkpoints import keep, kept_head, open_model
from handeye.training.recipes import (
    Adapter,
    Data,
    Joint,
    Machine,
    Model,
    Recipe,
    Rewarded,
    launchers,
    read_recipe,
    shipped,
)
from handeye.training.rows import Material, phrases_of
from handeye.training.small import made_up
from handeye.training.stages import carry_out, dry_run

TRAINERS = {"joint": joint.trainer_of, "reward": reinforcement.trainer_of}
COURSE = {"steps": 6, "batch": 4, "checkpoint_every": 2, "log_every": 1, "examined": 2}
RECIPE = Recipe(
    model=Model(name="scene-tiny"),
    data=Data(held_out=0.25),
    joint=Joint(**COURSE, learning_rate=2e-3, warmup=2, at_once=2),
    # A model that knows nothing is paid for being short at least.
    reward=Rewarded(
        **COURSE,
        learning_rate=1e-3,
        generations=2,
        tokens=8,
        at_once=2,
        rewards={"length": 1.0, "budget": 60},
    ),
)
# Killed by itself at a step that no checkpoint has, or trained as one of several processes.
APART = """
import os, signal, sys
from pathlib import Path
from tests.training.test_stages import RECIPE, TRAINERS, weights_of
from handeye.training.small import made_up
from handeye.training.stages import carry_out

stage, folder, kill = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

def tell(step, steps, line):
    if step == kill:
        os.kill(os.getpid(), signal.SIGKILL)

# Of several processes one would read what the other is writing.
pictures = folder / f"pictures-{os.environ.get('RANK', 0)}"
pictures.mkdir()
card = carry_out(stage, TRAINERS[stage], RECIPE, made_up(pictures), folder / "out", 7, tell)
"""


def weights_of(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def curve(folder: Path) -> list[dict[str, float]]:
    return json.loads((folder / "learning-curve.json").read_text())


def apart(stage: str, folder: Path, kill: int = 0, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", APART, stage, str(folder), str(kill)],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return made_up(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def unbroken(material: Material, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """By stage its folder, and what was told while it was carried out."""
    out = {}
    for stage, trainer_of in TRAINERS.items():
        folder, told = tmp_path_factory.mktemp(stage) / "out", []
        carry_out(
            stage, trainer_of, RECIPE, material, folder, 7, lambda *line, to=told: to.append(line)
        )
        out[stage] = folder, told
    return out


# ---- folders


@pytest.mark.trl
@pytest.mark.parametrize("stage", TRAINERS)
def test_a_stage_leaves_a_model_a_curve_and_a_card(unbroken: dict[str, Any], stage: str) -> None:
    folder, told = unbroken[stage]
    assert [step for step, _, _ in told] == [1, 2, 3, 4, 5, 6]
    assert any(line["grad_norm"] > 0 for _, _, line in told)
    card = json.loads((folder / CARD).read_text())
    assert (card["stage"], card["seed"], card["resumed"], card["processes"]) == (stage, 7, False, 1)
    assert card["recipe"][stage]["steps"] == 6
    assert card["data"]["held out"] == {
        "scenes": 1, "rows": 4, "text-only rows": 8, "pictures": 2, "pictures with truth": 2,
    }  # fmt: skip
    figures = card["figures"]
    assert figures["before"]["pictures"]["tokens"] == figures["after"]["pictures"]["tokens"] > 0
    assert figures["before"]["answers"]["completions"] == 2
    assert figures["after"]["text"]["perplexity"]["n"] == figures["after"]["text"]["tokens"]
    factor = (
        figures["after"]["text"]["perplexity"]["value"]
        / figures["before"]["text"]["perplexity"]["value"]
    )
    assert figures["change"]["text"]["value"] == pytest.approx(factor)
    assert "<svg" in (folder / "learning-curve.svg").read_text()
    lines = (folder / "held-out.jsonl").read_text().splitlines()
    assert len(lines) == 2
    assert not (folder / "checkpoints").exists()


def test_answers_that_are_learned_surprise_less(unbroken: dict[str, Any]) -> None:
    folder, _ = unbroken["joint"]
    figures = json.loads((folder / CARD).read_text())["figures"]
    assert figures["change"]["pictures"]["value"] < 0.8


def test_what_was_answered_can_be_looked_through(unbroken: dict[str, Any], tmp_path: Path) -> None:
    folder, _ = unbroken["joint"]
    figures = tmp_path / "figures.json"
    command = ["rewards", "check", str(folder / "held-out.jsonl"), "--json", str(figures)]
    assert CliRunner().invoke(app, command, catch_exceptions=False).exit_code == 0
    told = json.loads((folder / CARD).read_text())["figures"]["after"]["answers"]
    assert json.loads(figures.read_text())["rates"] == told["rates"]


@pytest.mark.trl
@pytest.mark.slow
@pytest.mark.parametrize("stage", TRAINERS)
def test_a_stage_that_was_killed_goes_on_to_the_same_curve_and_weights(
    unbroken: dict[str, Any], material: Material, tmp_path: Path, stage: str
) -> None:
    killed = apart(stage, tmp_path, kill=3)
    said, _ = killed.communicate(timeout=300)
    assert killed.returncode == -signal.SIGKILL, said.decode()
    out = tmp_path / "out"
    assert not (out / CARD).exists()
    assert (out / "checkpoints" / "checkpoint-2").is_dir()
    card = carry_out(stage, TRAINERS[stage], RECIPE, material, out, 7)
    whole, _ = unbroken[stage]
    assert card["resumed"]
    assert curve(out) == curve(whole)
    assert weights_of(out) == weights_of(whole)
    assert card["figures"] == json.loads((whole / CARD).read_text())["figures"]


@pytest.mark.parametrize("stage", TRAINERS)
def test_one_that_was_stopped_when_all_was_trained_is_finished(
    unbroken: dict[str, Any],
    material: Material,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
) -> None:
    def stop(*given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("handeye.training.stages.keep", stop)
        with pytest.raises(KeyboardInterrupt):
            carry_out(stage, TRAINERS[stage], RECIPE, material, tmp_path, 7)
    assert not (tmp_path / CARD).exists()
    card = carry_out(stage, TRAINERS[stage], RECIPE, material, tmp_path, 7)
    whole, _ = unbroken[stage]
    assert weights_of(tmp_path) == weights_of(whole)
    assert curve(tmp_path) == curve(whole)
    assert card["figures"] == json.loads((whole / CARD).read_text())["figures"]


@pytest.mark.parametrize("stage", TRAINERS)
def test_processes_that_prepare_batches_change_nothing(
    unbroken: dict[str, Any], material: Material, tmp_path: Path, stage: str
) -> None:
    machine = Machine(loaders=1)
    recipe = msgspec.structs.replace(RECIPE, machine=machine)
    carry_out(stage, TRAINERS[stage], recipe, material, tmp_path / "out", 7)
    assert weights_of(tmp_path / "out") == weights_of(unbroken[stage][0])


def test_a_finished_stage_is_left_alone(unbroken: dict[str, Any], material: Material) -> None:
    folder, _ = unbroken["joint"]
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    card = carry_out("joint", TRAINERS["joint"], RECIPE, material, folder, 7)
    assert card == json.loads((folder / CARD).read_text())
    assert before == {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}


def test_another_training_is_not_mixed_with_it(
    unbroken: dict[str, Any], material: Material, tmp_path: Path
) -> None:
    folder, _ = unbroken["joint"]
    for recipe, rows, seed in (
        (RECIPE, material, 8),
        (msgspec.structs.replace(RECIPE, data=Data(held_out=0.5)), material, 7),
        (RECIPE, material.only(material.rows[:-1]), 7),
    ):
        with pytest.raises(RunError, match="holds a training with another seed or recipe"):
            carry_out("joint", TRAINERS["joint"], recipe, rows, folder, seed)
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RunError, match="is not empty and holds no training"):
        carry_out("joint", TRAINERS["joint"], RECIPE, material, tmp_path, 7)
    with pytest.raises(OptionError, match="seed must lie in"):
        carry_out("joint", TRAINERS["joint"], RECIPE, material, tmp_path / "new", -1)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_fails_before_anything_is_kept_leaves_the_folder_to_a_corrected_one(
    unbroken: dict[str, Any], material: Material, tmp_path: Path
) -> None:
    wrong = msgspec.structs.replace(RECIPE, model=Model(name="parts:eye+mouth"))
    for there in (False, True):
        out = tmp_path / "deep" / str(there)
        if there:
            out.mkdir(parents=True)
        with pytest.raises(OptionError, match="'eye' is no part"):
            carry_out("joint", TRAINERS["joint"], wrong, material, out, 7)
        assert out.exists() == there
    assert list(out.iterdir()) == []
    carry_out("joint", TRAINERS["joint"], RECIPE, material, out, 7)
    assert weights_of(out) == weights_of(unbroken["joint"][0])
    out.joinpath("a.txt").write_text("precious")
    with pytest.raises(RunError, match=r"a\.txt is no folder"):
        carry_out("joint", TRAINERS["joint"], RECIPE, material, out / "a.txt", 7)


@pytest.mark.parametrize("part", ["prompt", "completion"])
def test_words_that_stand_for_a_picture_are_refused(
    material: Material, tmp_path: Path, part: str
) -> None:
    first, *rest = material.rows
    said = "<image> Which?"
    words = {"prompt": ({"role": "user", "content": said},), "completion": said}
    some = material.only([replace(first, **{part: words[part]}), *rest])
    with pytest.raises(DataError, match=rf"item {first.item_id}: '<image>' in its words"):
        carry_out("joint", TRAINERS["joint"], RECIPE, some, tmp_path / "out", 7)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [("wanndb", "wanndb is not supported"), ("clearml", "requires .?clearml.? to be installed")],
)
def test_trackers_that_are_not_there_are_told(
    material: Material, tmp_path: Path, name: str, told: str
) -> None:
    recipe = msgspec.structs.replace(RECIPE, machine=Machine(report_to=(name,)))
    with pytest.raises(OptionError, match=rf"machine.report_to: .*{told}"):
        joint.trainer_of(recipe, open_model(RECIPE.model, 1), material, tmp_path, 1)


def test_trackers_are_told_what_is_logged(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import TrainerCallback
    from transformers.integrations import integration_utils

    told: list[dict[str, float]] = []

    class Tracker(TrainerCallback):
        def on_log(
            self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any
        ) -> None:
            told.append(dict(logs))

    monkeypatch.setitem(integration_utils.INTEGRATION_TO_CALLBACK, "tensorboard", Tracker)
    course = Joint(**{**COURSE, "steps": 2}, learning_rate=1e-3)
    recipe = msgspec.structs.replace(
        RECIPE, joint=course, machine=Machine(report_to=("tensorboard",), run="first try")
    )
    carry_out("joint", TRAINERS["joint"], recipe, material, tmp_path, 7)
    assert "perceptual/gradient_ratio" in told[0]
    trainer, _ = joint.trainer_of(recipe, open_model(recipe.model, 1), material, tmp_path / "b", 1)
    assert trainer.args.run_name == "first try"


# ---- models


def answer_of(model: Any, processor: Any) -> Any:
    given = processor(text=["Which colour has the box?"], return_tensors="pt")
    with torch.no_grad():
        return model.eval()(**given).logits


def test_a_model_with_its_head_is_read_by_plain_transformers(
    unbroken: dict[str, Any], material: Material
) -> None:
    folder, _ = unbroken["joint"]
    plain = AutoModelForImageTextToText.from_pretrained(folder)
    assert not hasattr(plain, "perception")
    ours = open_model(Model(name=str(folder)), 1)
    processor = AutoProcessor.from_pretrained(folder)
    assert torch.equal(answer_of(plain, processor), answer_of(ours.model, ours.processor))
    head = kept_head(folder)
    assert head is not None
    # Going on from it begins with the head that it was kept with.
    trainer, _ = joint.trainer_of(RECIPE, ours, material, folder / "unused", 9)
    again = trainer.model.perception.state_dict()
    assert all(torch.equal(one, again[name]) for name, one in head.state_dict().items())
    assert sum(map(torch.Tensor.numel, again.values())) > 0


@pytest.fixture(scope="module")
def base(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    one = open_model(Model(name="scene-tiny"), 3, phrases_of(material.rows))
    keep(one.model, one.processor, folder)
    return folder


@pytest.mark.trl
@pytest.mark.parametrize("stage", TRAINERS)
def test_an_adapter_is_read_by_plain_peft_and_merged_beside(
    material: Material, base: Path, tmp_path: Path, stage: str
) -> None:
    from peft import PeftModel

    adapter = Adapter(rank=2, alpha=4, whole=("multi_modal_projector",))
    recipe = msgspec.structs.replace(RECIPE, model=Model(name=str(base), adapter=adapter))
    before = weights_of(base)
    card = carry_out(stage, TRAINERS[stage], recipe, material, tmp_path / "out", 7)
    assert 0 < card["trained"] < card["parameters"] / 2
    assert weights_of(base) == before
    processor = AutoProcessor.from_pretrained(tmp_path / "out")
    merged = AutoModelForImageTextToText.from_pretrained(tmp_path / "out")
    plain = AutoModelForImageTextToText.from_pretrained(base)
    untrained = answer_of(plain, processor)
    laid_on = PeftModel.from_pretrained(plain, tmp_path / "out" / "adapter")
    found = answer_of(laid_on, processor)
    assert torch.allclose(found, answer_of(merged, processor), atol=1e-4)
    assert not torch.allclose(found, untrained, atol=1e-5)
    head = kept_head(tmp_path / "out")
    assert (head is not None) == (stage == "joint")
    if head is not None:
        fresh = open_model(Model(name=str(base)), 7)
        trainer, _ = joint.trainer_of(RECIPE, fresh, material, tmp_path / "unused", 7)
        assert not torch.equal(head.tell.weight, trainer.model.perception.tell.weight)


def test_a_trained_encoder_takes_the_place_of_the_tower(material: Material, tmp_path: Path) -> None:
    from handeye.training.backbones import backbone

    backbone("scene-tiny", seed=5).save(tmp_path / "encoder")
    phrases = phrases_of(material.rows)
    for folder in (tmp_path, tmp_path / "encoder"):
        one = open_model(Model(name="scene-tiny", tower=str(folder)), 1, phrases)
        other = open_model(Model(name="scene-tiny"), 5, phrases)
        towers = [found.model.model.vision_tower.state_dict() for found in (one, other)]
        assert all(torch.equal(value, towers[1][name]) for name, value in towers[0].items())
    with pytest.raises(RunError, match="holds no trained encoder"):
        open_model(Model(name="scene-tiny", tower=str(tmp_path / "gone")), 1)


# ---- several processes


@pytest.mark.slow
def test_two_processes_train_one_model(unbroken: dict[str, Any], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    env = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    both = [
        apart("joint", tmp_path, RANK=str(rank), LOCAL_RANK=str(rank), **env) for rank in range(2)
    ]
    said = [one.communicate(timeout=300)[0].decode() for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    card = json.loads((tmp_path / "out" / CARD).read_text())
    assert card["processes"] == 2
    alone, together = curve(unbroken["joint"][0]), curve(tmp_path / "out")
    assert len(together) == 6
    # The same rows a step; only negatives are more: those of both processes.
    for name in ("answers", "perceptual/patch", "perceptual/keypoints", "perceptual/region"):
        assert together[0][name] == pytest.approx(alone[0][name], rel=1e-4)
        assert together[-1][name] == pytest.approx(alone[-1][name], rel=0.1)
    assert together[0]["perceptual/contrast"] > alone[0]["perceptual/contrast"]


def test_a_step_that_processes_do_not_divide_is_refused(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(OptionError, match="which 3 processes of 2 rows at once do not divide"):
        joint.trainer_of(RECIPE, open_model(RECIPE.model, 1), material, tmp_path, 1)


@pytest.mark.parametrize("name", launchers())
def test_configurations_to_launch_are_read_by_accelerate(name: str) -> None:
    assert load_config_from_file(str(launchers()[name])).num_processes == 8


# ---- dry runs


TRIED = [
    (name, stage) for name in shipped() for stage in TRAINERS if getattr(read_recipe(name), stage)
]


@pytest.mark.parametrize(("name", "stage"), TRIED)
def test_every_recipe_that_ships_dry_runs(name: str, stage: str) -> None:
    found = dry_run(stage, TRAINERS[stage], read_recipe(name))
    assert 0 < found["trained"] <= found["parameters"]
    assert found["logged"]["loss"] == pytest.approx(found["logged"]["loss"])
    if stage == "joint":
        assert found["pictures"]
        assert found["logged"]["perceptual/gradient_ratio"] > 0


def test_a_dry_run_of_what_cannot_be_made_small_says_so() -> None:
    recipe = msgspec.structs.replace(RECIPE, model=Model(name="OWNER/NAME", family="gpt2"))
    with pytest.raises(OptionError, match=r"model.family is 'gpt2'; .*qwen2_5_vl"):
        dry_run("joint", TRAINERS["joint"], recipe)


# ---- the command line


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set") / "set"
    return generate(folder, seed=1, groups=4, families="count,size", level=1, size=128, workers=1)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    whole = msgspec.to_builtins(RECIPE)
    path.write_bytes(msgspec.yaml.encode(whole))
    return path


def handeye(*words: object) -> Any:
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


def test_stages_follow_each_other_from_the_command_line(
    pictures: Path, config: Path, tmp_path: Path
) -> None:
    given = ("--config", config, "--data", pictures, "--seed", 1)
    figures = tmp_path / "figures.json"
    first = handeye("train", "joint", *given, "--out", tmp_path / "a", "--json", figures)
    assert json.loads(figures.read_text())["stage"] == "joint"
    assert "step 6 of 6: answers" in first.stderr
    assert "next: handeye train reward" in first.stderr
    last = handeye("train", "reward", *given, "--model", tmp_path / "a", "--out", tmp_path / "b")
    assert last.exit_code == 0
    assert "Chance" in last.stdout
    assert "2 questions about 1 scenes held out" in " ".join(last.stdout.split())
    assert "next: handeye run stress" in last.stderr


def test_weights_are_laid_side_by_side(pictures: Path, config: Path, tmp_path: Path) -> None:
    words = ("train", "joint", "--config", config, "--data", pictures, "--out", tmp_path / "s")
    found = json.loads(handeye(*words, "--weights", "0,.5", "--json").stdout)
    assert list(found) == ["0", "0.5"]
    assert found["0"]["supervision"] == "answers"
    assert (tmp_path / "s" / "weight-0.5" / "perception.json").exists()
    table = handeye(*words, "--weights", "0,.5").stdout
    assert "2 weights of the perceptual loss" in table
    with pytest.raises(RunError, match="is the folder of a single training"):
        handeye(*words[:-1], tmp_path / "s" / "weight-0", "--weights", "0,.5")
    for bad in ("a", "-1", "0,0"):
        with pytest.raises(OptionError, match="--weights"):
            handeye(*words, "--weights", bad)


def test_recipes_are_printed_to_be_changed(tmp_path: Path) -> None:
    assert "tiny: " in handeye("train", "recipe").stdout
    path = tmp_path / "mine.yaml"
    path.write_text(handeye("train", "recipe", "tiny").stdout)
    assert read_recipe(path) == read_recipe("tiny")
    assert "fsdp_version: 2" in handeye("train", "recipe", "fsdp2").stdout
    with pytest.raises(OptionError, match="did you mean tiny"):
        handeye("train", "recipe", "tinny")


def test_what_is_missing_is_told_before_anything_is_trained(config: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="give the model a folder with --out"):
        handeye("train", "joint", "--config", config)
    with pytest.raises(OptionError, match="names no rows"):
        handeye("train", "joint", "--config", config, "--out", tmp_path / "out")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "?", "completion": "!", "images": ["gone.png"]}\n')
    recipe = read_recipe(config)
    told = msgspec.structs.replace(recipe, data=Data(rows=str(rows)))
    config.write_bytes(msgspec.yaml.encode(msgspec.to_builtins(told)))
    with pytest.raises(DataError, match=r"gone.png is not in"):
        handeye("train", "joint", "--config", config, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
