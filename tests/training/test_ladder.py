"""A ladder of trainings: rungs of a few steps end to end, what is swapped, counted and compared."""

import json
from collections import Counter
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import ttest_1samp
from typer.testing import CliRunner

from handeye.cli import app
from handeye.errors import OptionError
from handeye.rewards.columns import written
from handeye.rewards.scoring import verdict_of
from handeye.scores.estimate import Estimate
from handeye.stats.flips import flips
from handeye.stress.loader import load
from handeye.stress.rewarded import rewarded
from handeye.stress.scenes.generation import generate
from handeye.stress.teaching.ladder import (
    CUES,
    FAMILIES,
    THINGS,
    figures,
    held,
    mixed,
    plan,
    with_cues,
)
from handeye.training import climbed, pilot
from handeye.training.ladder import RUNGS, Told, chosen, gathered, swapped
from handeye.training.recipes import read_recipe
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
    how = {"families": FAMILIES, "cues": CUES, "level": 1, "size": 128, "things": THINGS}
    return load(generate(out, seed=3, groups=24, workers=1, **how))


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


def test_a_family_is_asked_twice_as_often(items):
    groups = {(item.scene_id, item.family) for item in mixed(items)}
    assert Counter(family for _, family in groups) == {
        "count": 3, "size": 3, "relation": 3, "reference": 6,
    }  # fmt: skip


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


# ---- what is told of all seeds


def kept(out, seed, cues, rung, **figures):
    place = out / f"seed-{seed}" / f"cues-{cues}" / rung
    place.mkdir(parents=True, exist_ok=True)
    told = {
        name: dict(zip(("value", "low", "high", "n"), (*one, 9), strict=True))
        for name, one in figures.items()
    }
    (place / "figures.json").write_text(json.dumps(told))


def test_a_weight_of_which_one_end_is_open_is_told_as_a_bound(tmp_path):
    for seed, high in ((1, 3.0), (2, None)):
        kept(tmp_path, seed, 50, "perceptual", pst=(0.5, 0.4, 0.6), visual=(2.0, 1.5, high))
        kept(tmp_path, seed, 50, "permuted", pst=(0.1, 0.0, 0.2), visual=(1.0, 0.5, 1.5))
    _, compared, _ = climbed.keep_all(tmp_path, plan())
    text = (tmp_path / "ladder.md").read_text()
    # Of the mean of 2.0 and of what is at least 1.5.
    assert "| ≥ 1.75 |" in text
    by_figure = {one.figure: one.over_seeds for one in compared}
    assert (by_figure["visual"].n, by_figure["visual"].mean) == (1, 1.0)
    assert (by_figure["pst"].n, by_figure["pst"].mean) == (2, pytest.approx(0.4))
    # One seed alone.
    alone = [one for one in gathered(tmp_path, plan())
             if (one.seed, one.rung, one.figure) == (2, "perceptual", "visual")]  # fmt: skip
    cell = climbed._cell(alone, plan().said["visual"], plan())
    assert (cell.text("line"), cell.low, cell.high) == ("≥ 1.50", 1.5, None)


@given(
    st.lists(st.tuples(st.floats(0, 4), st.sampled_from(["", "≥", "≤"])), min_size=1, max_size=8)
)
def test_bounds_of_both_kinds_tell_nothing_together(values):
    ends = {"": (-1.0, 5.0), "≥": (-1.0, None), "≤": (None, 5.0)}
    told = [Told(at, 50, "text", "visual", value, *ends[sign])
            for at, (value, sign) in enumerate(values)]  # fmt: skip
    words = climbed._cell(told, plan().said["visual"], plan()).text("line")
    signs = {sign for _, sign in values} - {""}
    assert (words == "cannot be told") == (len(signs) == 2)
    assert not signs or len(signs) == 2 or words.startswith(*signs)


def tried(level, cues, paid, still=0.2, correlation=0.3, encoder=600, joint=500):
    return pilot.Tried(
        level=level, cues=cues, seed=0, encoder=encoder, joint=joint, groups=9,
        paid=Estimate(paid), outcome=Estimate(0.5), zero_variance=Estimate(still),
        correlation=correlation,
    )  # fmt: skip


def test_the_easiest_level_is_taken_at_which_all_shares_of_cues_will_do():
    recipe = read_recipe("ladder")
    steps = recipe.stage("joint").steps
    known = {"encoder": recipe.stage("perception").steps, "joint": steps}
    found = [tried(1, 50, 0.9, **known), tried(1, 90, 0.5, **known),
             tried(2, 50, 0.5, **known), tried(2, 90, 0.4, **known),
             tried(3, 50, 0.5, **known)]  # fmt: skip
    assert pilot.chosen(found, recipe) == 2
    assert "level 2" in pilot.verdict(found)
    for wrong in (
        {"paid": 0.2}, {"paid": 0.81}, {"paid": 0.5, "still": 0.6},
        {"paid": 0.5, "correlation": 0.9}, {"paid": 0.5, "correlation": None},
    ):  # fmt: skip
        one = tried(1, 50, **known, **wrong)
        assert len(one.missed) == 1
        assert pilot.chosen([one], recipe) is None
        assert pilot.verdict([one]).startswith("Not informative here")
    # Trainings of another length say nothing of this one.
    assert pilot.chosen([tried(1, 50, 0.5, joint=steps + 1)], recipe) is None
    assert pilot.chosen([], recipe) is None


def test_a_page_shows_contrasts_and_dots_and_what_was_tried(tmp_path):
    for seed in range(1, 9):
        for rung, value in (("permuted", 0.1), ("perceptual", 0.4 + seed / 100), ("text", 0.2)):
            kept(tmp_path, seed, 90, rung, pst=(value, value - 0.1, value + 0.1))
    place = tmp_path / "pilot" / "1-800-500" / "seed-0" / "cues-90" / "perceptual"
    place.mkdir(parents=True)
    (place / "groups.json").write_bytes(msgspec.json.encode(tried(1, 90, 0.95)))
    climbed.keep_all(tmp_path, plan())
    page = (tmp_path / "ladder.html").read_text()
    assert "perceptual − permuted, cues 90 %: +34.5 points, +32.5 to +36.5 in pairs told" in page
    assert "p 0.008 adjusted, 8 seeds" in page
    assert page.count('id="cues-90-pst-0"') <= 1
    assert "Not informative here" in page
    assert "Not informative here" in (tmp_path / "ladder.md").read_text()


# ---- end to end


def test_a_ladder_of_a_few_steps(tmp_path, items, monkeypatch):
    for name in ("torch", "transformers", "accelerate", "trl", "peft", "datasets"):
        pytest.importorskip(name, reason="needs handeye[train]")
    monkeypatch.setattr("handeye.stress.teaching.ladder.LOOKED", 3)
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
    # What states hold is told of every training, of models that are asked as they were trained.
    assert ("text", "seen") in values
    monkeypatch.undo()
    looked_into(items, place / "text" / "model")
    monkeypatch.setattr("handeye.stress.teaching.ladder.LOOKED", 3)
    # A folder that was moved goes on: its stages are known again.
    moved = tmp_path / "moved"
    out.rename(moved)
    for rung in ("permuted", "outcome"):
        (moved / "seed-1" / "cues-50" / rung / "figures.json").unlink()
    command[command.index(str(out))] = str(moved)
    result, last = climbed("1")
    assert "step" not in result.stderr
    took = ("seconds", "worked")
    assert [one for one in last["figures"] if one["figure"] not in took] == [
        one for one in both["figures"] if one["figure"] not in took
    ]
    # Levels are tried in a folder of their own; models that know nothing are not informative.
    command[command.index(str(moved))] = str(tmp_path / "tried")
    _, found = climbed("0", "--pilot", "1:1")
    assert [(one["level"], one["groups"] > 8) for one in found["pilot"]] == [(1, True)]
    assert "Not informative here" in (tmp_path / "tried" / "ladder.md").read_text()
    assert climbed("0", "--pilot", "1:1")[1] == found


def looked_into(asked, model):
    from handeye.respondents.local.options import LocalOptions
    from handeye.respondents.local.prompts import process
    from handeye.respondents.local.respondent import LocalRespondent
    from handeye.run.options import generation_config
    from handeye.stress.asking.questions import Asking
    from handeye.training.examination import prompts
    from handeye.training.rows import Material, rows_of

    respondent = LocalRespondent(LocalOptions(path=str(model), device="cpu"))
    rows = [row for row in rows_of(rewarded(asked)) if row.images]
    for row, question in list(zip(rows, Asking(way="written").questions(asked), strict=True))[::29]:
        ask, _ = respondent.prepare(question.write().messages, generation_config({}))
        loaded = respondent.engine.loaded
        trained = prompts(loaded, Material((row,), asked.root), [row])["input_ids"]
        assert process(loaded, [ask])["input_ids"].tolist() == trained.tolist()
    # Who answers rightly knows every cue, who says what cues say none; without a form nothing is
    # told but what is seen, which is the same.
    right = held(asked, model, [row.completion for row in rows])
    assert right["said"].value == 1
    assert 0 < right["seen"].value < 1
    assert all(0 <= right[name].value <= 1 for name in ("compared", "odds"))
    led = [
        f"<recognition> star </recognition> <answer> {item.cue_value or item.gold} </answer>"
        for item in asked
    ]
    assert held(asked, model, led)["said"].value == 0.5
    nothing = held(asked, model, ["red"] * len(rows))
    assert nothing["seen"] == right["seen"]
    assert {nothing[name].value for name in ("compared", "odds", "said")} == {None}


def _lines(rung: Path) -> list[dict]:
    return json.loads((rung / "model" / "learning-curve.json").read_text())


def test_options_that_cannot_be_met_are_told_before_any_work(tmp_path):
    command = ["train", "ladder", "stress", "--out", str(tmp_path / "out"), "--seed", "1"]
    for more, words in (
        (["--true-cues", "120"], "0..100"),
        (["--rungs", "none"], "rung is"),
        (["--pilot", "2"], "LOW:HIGH"),
        (["--pilot", "1:1", "--level", "1"], "levels of its own"),
    ):
        result = CliRunner().invoke(app, [*command, *more])
        assert result.exit_code != 0
        assert words in str(result.exception)
    result = CliRunner().invoke(app, ["train", "ladder", "premise", *command[3:]])
    assert "suite is 'premise'" in str(result.exception)
    assert not (tmp_path / "out").exists()
