"""A ladder of trainings: rungs of a few steps end to end, what is swapped, counted and compared."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import ttest_1samp
from typer.testing import CliRunner

from handeye.cli import app
from handeye.errors import OptionError
from handeye.rewards.columns import written
from handeye.rewards.scoring import verdict_of
from handeye.stats.flips import flips
from handeye.stress.loader import load
from handeye.stress.rewarded import rewarded
from handeye.stress.scenes.generation import generate
from handeye.stress.teaching.ladder import CUES, FAMILIES, figures, with_cues
from handeye.training.ladder import RUNGS, chosen, swapped
from handeye.training.targets import PictureTruth

RECIPE = """
model: {name: scene-tiny}
data: {held_out: 0.1}
perception: {steps: 2, batch: 4, learning_rate: 3e-3, probed: 8, log_every: 1}
joint: {steps: 2, batch: 4, learning_rate: 3e-3, examined: 0, log_every: 1}
reward:
  {steps: 2, batch: 4, generations: 2, tokens: 12, learning_rate: 1e-4, credit: none,
   rewards: {perception: 1.0}, examined: 0, log_every: 1}
"""


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    out = tmp_path_factory.mktemp("ladder") / "set"
    generate(out, seed=3, groups=24, families=FAMILIES, cues=CUES, level=1, size=128, workers=1)
    return load(out)


# ---- what differs between rungs


def test_rungs_bring_what_they_stand_on():
    assert chosen() == tuple(RUNGS)
    assert chosen(["permuted"]) == ("permuted",)
    assert chosen(["more"]) == ("text", "perceptual", "both", "more")
    with pytest.raises(OptionError, match="perceptual"):
        chosen(["percetual"])
    with pytest.raises(OptionError, match="twice"):
        chosen(["text", "text"])


@given(st.lists(st.integers(1, 4), min_size=2, max_size=9), st.integers(0, 99))
def test_no_picture_keeps_its_truth(sizes, seed):
    mask = np.zeros((4, 4), np.uint8)
    truths = {
        path: PictureTruth(path, str(scene), (), mask + number)
        for scene, size in enumerate(sizes)
        for number in range(size)
        for path in [f"{scene}-{number}.png"]
    }
    whose = {id(one.mask): one.scene for one in truths.values()}
    found = swapped(truths, seed)
    assert [*found] == [*truths]
    givers = {}
    for path, one in found.items():
        assert (one.picture, one.scene) == (path, truths[path].scene)
        givers.setdefault(one.scene, set()).add(whose[id(one.mask)])
    # A scene takes from one other, and no two from the same.
    assert all(len(one) == 1 for one in givers.values())
    assert len({*map(min, givers.values())}) == len(sizes)
    assert all(scene not in one for scene, one in givers.items())
    assert found == swapped(truths, seed)


def test_truths_of_one_scene_are_not_swapped():
    mask = np.zeros((4, 4), np.uint8)
    with pytest.raises(OptionError, match="one scene"):
        swapped({"a": PictureTruth("a", "0", (), mask)}, 0)


@pytest.mark.parametrize("cues", [0, 50, 90, 100])
def test_so_many_cues_are_true(items, cues):
    kept = with_cues(items, cues, seed=1)
    cued = [item for item in kept if item.cue_value]
    assert len(cued) == len({(item.picture_id, item.cue) for item in cued}) == 24 * 2 * len(CUES)
    assert sum(item.cue_value == item.truth for item in cued) == round(len(cued) * cues / 100)
    assert sum(not item.cue_value for item in kept) == sum(not item.cue_value for item in items)
    assert kept == with_cues(items, cues, seed=1)
    if 0 < cues < 100:
        assert kept != with_cues(items, cues, seed=2)


def test_all_facts_of_a_picture_are_paid_like_the_needed_ones(items):
    for task in rewarded(items):
        for facts in (task.truth.needed, task.truth.facts):
            verdict = verdict_of(written(task.truth, facts), task.truth)
            assert (verdict.outcome, verdict.perception) == (1, 1), verdict.broken


def test_answers_of_a_ladder_are_scored_as_those_of_a_run(items):
    truths = [task.truth for task in rewarded(items)]
    right = figures(items, [written(one, one.needed) for one in truths])
    assert [right[name].value for name in ("pst", "uncued", "true", "misleading")] == [1, 1, 1, 1]
    # Whoever says what the cue says tells no pair.
    led = [
        f"<recognition> star </recognition> <answer> {item.cue_value or item.gold} </answer>"
        for item in items
    ]
    found = figures(items, led)
    assert [found[name].value for name in ("pst", "true", "misleading")] == [0, 1, 0]
    broken = figures(items, ["no tags at all"] * len(items))
    assert broken["uncued"].value == 0


# ---- what seeds tell together


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_signs_are_turned_in_all_ways(values):
    found = flips([one / 4 for one in values])
    means = [abs(sum(a * b for a, b in zip(values, signs, strict=True)))
             for signs in product((1, -1), repeat=len(values))]  # fmt: skip
    assert found.p == pytest.approx(np.mean([one >= abs(sum(values)) for one in means]))
    assert found.p >= found.least == min(1, 2 ** (1 - len(values)))
    assert found.mean == pytest.approx(np.mean(values) / 4)
    if len(set(values)) > 1:
        ends = ttest_1samp([one / 4 for one in values], 0).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
        assert found.visible > (found.high - found.low) / 2


def test_five_seeds_can_never_be_significant_and_eight_can():
    assert flips([1, 2, 3, 4, 5]).p == 1 / 16
    assert flips(range(1, 9)).p == 1 / 128
    assert flips([]).mean is None
    assert flips([0.0] * 21).p is None


# ---- end to end


def test_a_ladder_of_a_few_steps(tmp_path):
    for name in ("torch", "transformers", "accelerate", "trl", "peft", "datasets"):
        pytest.importorskip(name, reason="needs handeye[train]")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    out = tmp_path / "out"
    command = ["train", "ladder", "stress", "--out", str(out), "--true-cues", "50", "--scenes", "8"]
    command += ["--config", str(tmp_path / "recipe.yaml"), "--seed"]

    def climbed(*more):
        json_ = tmp_path / "found.json"
        result = CliRunner().invoke(
            app, [*command, *more, "--json", str(json_)], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return result, json.loads(json_.read_text())

    _, found = climbed("1")
    values = {(one["rung"], one["figure"]): one["value"] for one in found["figures"]}
    assert [*dict.fromkeys(rung for rung, _ in values)] == [*RUNGS, "constant"]
    assert len((out / "ladder.jsonl").read_text().splitlines()) == len(found["figures"])
    # Who does not look tells no pair, but is right now and then.
    assert values["constant", "pst"] == 0 < values["constant", "outcome"]
    pairs = {(one["first"], one["second"]) for one in found["contrasts"]}
    assert pairs == {("perceptual", "permuted"), ("both", "outcome")}
    assert "| both-permuted: " in (out / "ladder.md").read_text()
    place = out / "seed-1" / "cues-50"

    def steps(rung):
        told = json.loads((place / rung / "model" / "run-card.json").read_text())
        stage = told["stage"]
        return told["recipe"][stage]["steps"]

    # As many operations, to a step; an encoder that was trained before counts.
    a_step = values["text", "operations"] / steps("text")
    for rung, like in (("text-long", "perceptual"), ("more", "both")):
        assert steps(rung) == round(values[like, "operations"] / a_step)
    assert steps("text-long") > steps("perceptual")
    assert values["nothing", "operations"] == 0
    assert values["nothing", "text"] == values["perceptual", "text"]
    # The same first weights and order: what differs is what was told.
    assert _lines(place / "text")[0]["answers"] == pytest.approx(
        _lines(place / "text-long")[0]["answers"]
    )
    for rung in ("perceptual", "permuted"):
        assert "perceptual" in _lines(place / rung)[0]
    # A second seed joins; what is done is not made again.
    before = (place / "text" / "figures.json").stat().st_mtime_ns
    result, both = climbed("2", "--rungs", "permuted,perceptual")
    assert {one["seed"] for one in both["figures"]} == {1, 2}
    assert both["contrasts"][0]["over_seeds"]["n"] == 2
    result, again = climbed("1")
    assert again["figures"] == both["figures"]
    assert "step" not in result.stderr
    assert (place / "text" / "figures.json").stat().st_mtime_ns == before
    # Another ladder is refused, and loses nothing.
    other = CliRunner().invoke(app, [*command, "1", "--rungs", "text", "--level", "2"])
    assert other.exit_code != 0
    assert again["figures"] == both["figures"]


def _lines(rung: Path) -> list[dict]:
    return json.loads((rung / "model" / "learning-curve.json").read_text())


def test_options_that_cannot_be_met_are_told_before_any_work(tmp_path):
    command = ["train", "ladder", "stress", "--out", str(tmp_path / "out"), "--seed", "1"]
    for more, words in (
        (["--true-cues", "120"], "0..100"),
        (["--rungs", "none"], "rung is"),
    ):
        result = CliRunner().invoke(app, [*command, *more])
        assert result.exit_code != 0
        assert words in str(result.exception)
    result = CliRunner().invoke(app, ["train", "ladder", "premise", *command[3:]])
    assert "suite is 'premise'" in str(result.exception)
    assert not (tmp_path / "out").exists()
