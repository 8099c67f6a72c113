"""Recipes: what ships can be read, and what is wrong in one is told with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye.errors import DataError, OptionError
from handeye.training.recipes import STAGES, launchers, read_recipe, shipped

MODEL = "model: {name: tiny}\n"


def recipe(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", shipped())
def test_what_ships_can_be_read_and_says_what_it_is_for(name: str) -> None:
    found = read_recipe(name)
    assert found.about
    assert any(getattr(found, stage) for stage in STAGES)


def test_what_launches_several_processes_ships() -> None:
    assert {"fsdp2", "zero2"} <= set(launchers())


def test_numbers_are_read_as_people_write_them(tmp_path: Path) -> None:
    text = "joint: {steps: 3, batch: 4, learning_rate: 1e-4}"
    assert read_recipe(recipe(tmp_path, MODEL + text)).stage("joint").learning_rate == 1e-4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("joint: {steps: 3, batch: 4, learning_rate: 1e-3, wieght: 1}",
         "joint.wieght: there is no such key; did you mean weight?"),
        ("jont: {}", "jont: there is no such key; did you mean joint?"),
        ("joint: {steps: 0, batch: 4, learning_rate: 1e-3}", "joint.steps: expected `int` >= 1"),
        ("joint: {steps: 3, batch: 4}", "joint: object missing required field `learning_rate`"),
        ("joint: {steps: 3, batch: 4, learning_rate: 1e-3, at_once: 3}", "joint.at_once: a step"),
        ("joint: {steps: 3, batch: 4, learning_rate: 1e-3, log_every: 3, checkpoint_every: 4}",
         "joint.checkpoint_every"),
        ("joint: {steps: 3, batch: 4, learning_rate: 1e-3, parts: {path: 1}}",
         "joint.parts.path: there is no such key; did you mean patch?"),
        ("reward: {steps: 3, batch: 9, learning_rate: 1e-3}", "reward.batch: 9 completions"),
        ("reward: {steps: 3, batch: 8, learning_rate: 1e-3, rewards: {outcme: 1}}",
         "reward.rewards: outcme is no weight of a reward"),
        ("reward: {steps: 3, batch: 8, learning_rate: 1e-3, rewards: {outcome: much}}",
         "reward.rewards: weights are numbers"),
        ("reward: {steps: 3, batch: 8, learning_rate: 1e-3, credit: mocca}",
         "reward.credit: invalid enum value 'mocca'"),
        ("data: {held_out: 2}", "data.held_out: expected `float` <= 1.0"),
        ("data: [1]", "data: expected `object`, got `array`"),
        ("joint: {steps: 3, batch: 4, learning_rate: .inf}", "joint.learning_rate: expected"),
        ("joint: {steps: 99999999999999999999, batch: 4, learning_rate: 1}", "joint.steps: exp"),
        ("reward: {steps: 3, batch: 8, learning_rate: 1e-3, rewards: {budget: 10.5}}",
         "reward.rewards: budget must be a whole number"),
        ("reward: {steps: 3, batch: 8, learning_rate: 1e-3, rewards: {outcome: 0, perception: 0, "
         "form: 0, length: 0, repetition: 0}}", "reward.rewards: all weights are 0"),
        ("joint: {steps: 3, batch: 4, learning_rate: 1, region: 0, parts: {patch: 0, contrast: 0, "
         "keypoints: 0, depth: 0}}", "joint.parts: all weights are 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    path = recipe(tmp_path, MODEL + text)
    with pytest.raises(DataError) as error:
        read_recipe(path)
    assert str(error.value).startswith(f"{path}: {told}")


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine\.yaml:2: not YAML: "):
        read_recipe(recipe(tmp_path, f"{MODEL}- x"))
    with pytest.raises(DataError, match=r"mine\.yaml:3: the key 'model' stands twice"):
        read_recipe(recipe(tmp_path, f"{MODEL}data: {{}}\n{MODEL}"))
    with pytest.raises(DataError, match=r"mine\.yaml:2: not YAML: .* cannot start any token"):
        read_recipe(recipe(tmp_path, f"{MODEL}\tabout: x"))
    with pytest.raises(DataError, match=r"mine\.yaml:2: the alias \*a"):
        read_recipe(recipe(tmp_path, f"{MODEL}data: &a [*a]"))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("{name: x, still: ['(']}", "model.still[0]: no regular expression"),
        ("{name: x, adapter: {targets: '('}}", "model.adapter.targets: no regular expression"),
        ("{name: x, adapter: {}, still: [a]}", "model.still: beside an adapter"),
        ("{name: ''}", "model.name: expected `str` of length >= 1"),
        ("{family: qwen2_5_vl}", "model: object missing required field `name`"),
    ],
)
def test_so_is_what_is_wrong_with_the_model(tmp_path: Path, model: str, told: str) -> None:
    with pytest.raises(DataError, match=rf"mine.yaml: {told.replace('[', '.')[:20]}"):
        read_recipe(recipe(tmp_path, f"model: {model}"))


def test_names_that_nothing_has_are_told_beside_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"tinny.*3b-lora.*did you mean tiny"):
        read_recipe("tinny")
    with pytest.raises(DataError, match=r"gone.yaml: cannot be read: No such file"):
        read_recipe(tmp_path / "gone.yaml")


def test_a_stage_that_a_recipe_has_not_is_told_with_those_that_it_has(tmp_path: Path) -> None:
    found = read_recipe(recipe(tmp_path, MODEL + "joint: {steps: 3, batch: 4, learning_rate: 1}"))
    with pytest.raises(OptionError, match="no section 'reward'; it has: joint"):
        found.stage("reward")


def test_what_a_stage_is_known_by_leaves_the_machine_out(tmp_path: Path) -> None:
    text = MODEL + "joint: {steps: 3, batch: 4, learning_rate: 1}\n"
    one = read_recipe(recipe(tmp_path, text)).record("joint")
    other = read_recipe(recipe(tmp_path, f"{text}machine: {{loaders: 3}}\n")).record("joint")
    assert one == other
    assert one["joint"]["weight"] == 0.5


def test_advantages_are_scaled_as_the_source_of_the_credit_has_it(tmp_path: Path) -> None:
    for credit, scale in (("moca", "none"), ("perceval", "group"), ("none", "group")):
        text = f"reward: {{steps: 3, batch: 8, learning_rate: 1, credit: {credit}}}"
        assert read_recipe(recipe(tmp_path, MODEL + text)).stage("reward").scaled == scale
