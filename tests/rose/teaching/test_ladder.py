"""The ladder of grids: what is held out, what answers come to, when the gap is said to close."""

import json
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from handeye.cli import app
from handeye.media.view import read_view
from handeye.rewards.columns import written
from handeye.rewards.scoring import verdict_of
from handeye.rose.release import load
from handeye.rose.rewarded import task_of
from handeye.rose.scenes.verification import verify
from handeye.rose.teaching.ladder import (
    ACTED,
    HOME,
    PARTS,
    RUNGS,
    SIDE,
    figures,
    ground,
    is_held_out,
    part_of,
    plan,
    tables,
    verdict,
)
from handeye.rose.teaching.papers import split_of
from handeye.scores.estimate import Estimate
from handeye.stats.mcnemar import mcnemar
from handeye.training.ladder import Told, chosen

SCENES = 30
PATCH = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ladder") / "sets"


@pytest.fixture(scope="module")
def made(folder):
    return ground(folder, seed=3, scenes=SCENES, workers=1)


@pytest.fixture(scope="module")
def asked(made, folder):
    return load(folder / "test", templates="T2B,T3")


# ---- what is shown, and what is held out


def test_what_is_held_out_is_in_no_training(made, folder, asked):
    shown = load(folder / "train")
    assert {tuple(item.grid) for item in shown} == {*PARTS[HOME].grids}
    assert {split_of(item) for item in shown} == {"seen"}
    named = [item for item in shown if item.task_template[:2] in ("T2", "T3")]
    assert not any(is_held_out(item.region) for item in named)
    parts = Counter(part_of(item) for item in asked)
    # Two questions of every scene; of every part a fifth of the first one, at least two scenes.
    assert parts == {name: 2 * max(2, round(SCENES // 3 * p.share)) for name, p in PARTS.items()}
    for item in asked:
        part = PARTS[part_of(item)]
        assert tuple(item.grid) in part.grids
        assert split_of(item) == part.art
        assert is_held_out(item.region) == part.regions
    assert not {item.scene_id for item in asked} - {row.scene_id for row in made.asked.seen()}


def test_both_questions_of_a_scene_are_about_one_region(asked):
    for items in asked.scenes().values():
        counted, clicked = sorted(items, key=lambda item: item.task_mode, reverse=True)
        assert (counted.task_mode, clicked.task_mode) == ("COUNT", "CLICK")
        assert counted.region == clicked.region
        assert counted.image == clicked.image


def test_cells_cover_whole_patches_and_sets_are_sound(folder, asked):
    for item in asked:
        rows, cols = item.grid
        width, height = read_view(asked.image_path(item)).size
        assert max(width, height) == SIDE
        # The shorter side is stretched to the longer one.
        assert SIDE % (rows * PATCH) == SIDE % (cols * PATCH) == 0
        assert (width // cols, height // rows) == (SIDE // max(rows, cols),) * 2
    for name in ("train", "test"):
        assert not verify(folder / name, workers=1).problems


def test_the_first_training_counts_and_hardly_acts(made):
    modes = Counter(row.truth.gold[:5] == "COUNT" for row in made.shown.seen())
    assert modes == {True: 3 * SCENES, False: SCENES // ACTED}
    assert {row.truth.gold[:5] == "COUNT" for row in made.paid.seen()} == {False}
    assert len(made.paid.seen()) == SCENES
    assert {path for row in made.paid.seen() for path in row.images} <= {*made.shown.truths}


def test_a_set_is_the_same_whoever_makes_it(made, folder, tmp_path):
    again = ground(tmp_path / "sets", seed=3, scenes=SCENES, workers=2)
    assert again.shown.digest() == made.shown.digest()
    assert again.asked.digest() == made.asked.digest()
    first, second = (
        (root / "train" / "generation.json").read_text() for root in (folder, tmp_path / "sets")
    )
    assert json.loads(first) == json.loads(second)


def test_rungs_stand_on_the_first():
    assert chosen(["swapped"], RUNGS) == ("nothing", "swapped")
    assert chosen(["told"], RUNGS) == ("nothing", "both", "told")
    paid = {name: (rung.paid, rung.swapped) for name, rung in RUNGS.items() if rung.paid}
    assert paid == {
        "perception": (("perception",), ()),
        "action": (("outcome",), ()),
        "both": (("outcome", "perception"), ()),
        "swapped": (("outcome", "perception"), ("outcome", "perception")),
    }


# ---- what answers come to


def _said(asked, *, count=True, act=True):
    """Right answers, or such as count or act wrongly."""
    out = []
    for item in asked:
        truth = task_of(item).truth
        text = written(truth, truth.needed)
        right = count if item.task_mode == "COUNT" else act
        out.append(text if right else text.replace("COUNT(", "COUNT(9").replace("DONE", "STOP"))
    return out


def test_answers_are_scored_as_those_of_a_run(asked):
    found = figures(asked, _said(asked))
    for head in ("", *(f"{name} " for name in PARTS if name)):
        assert [found[head + one].value for one in ("counting", "action", "gap")] == [1, 1, 0]
    blunt = figures(asked, _said(asked, act=False), _said(asked))
    assert [blunt[one].value for one in ("counting", "action", "gap")] == [1, 0, 1]
    assert [blunt[f"{one} change"].value for one in ("counting", "action", "gap")] == [0, -1, 1]
    assert (blunt["seen"].value, blunt["seen change"].value) == (1, 0)
    broken = figures(asked, ["COUNT(1)"] * len(asked))
    assert broken["counting"].value == 0
    # The lower end of a change is the one-sided bound at 95 %.
    home = [item for item in asked if part_of(item) == HOME and item.task_mode == "CLICK"]
    two = mcnemar([0] * len(home), [1] * len(home), 0.9)
    assert blunt["action change"] == Estimate(two.difference, two.low, two.high, len(home))


def test_who_does_not_look_has_a_row(made, asked):
    found = figures(asked, made.constant)
    assert 0 <= found["action"].value < 1
    for text, row in zip(made.constant, made.asked.seen(), strict=True):
        assert verdict_of(text, row.truth).form == 1 or "unfounded" in str(
            verdict_of(text, row.truth)
        )


# ---- when the gap closes


def _change(low, value=None):
    return Estimate(low + 0.02 if value is None else value, low, low + 0.05)


def test_a_planted_closing_is_said():
    seed = {"action": _change(0.01), "counting": _change(-0.019, -0.005)}
    assert verdict([seed] * 3) == "closes"
    assert verdict([seed] * 4) == "closes"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"action": _change(-0.001), "counting": _change(0.0)}, "acting not surely up"),
        ({"action": _change(0.05), "counting": _change(-0.03)}, "counting perhaps worse"),
        ({"action": _change(0.05, 0.06), "counting": _change(0.05, 0.07)}, "gained as much"),
        ({"action": Estimate(None), "counting": _change(0.0)}, "acting not surely up"),
    ],
)
def test_one_seed_that_does_not_close_is_enough(changes, why):
    good = {"action": _change(0.01), "counting": _change(-0.01, -0.005)}
    said = verdict([good, changes, good])
    assert said.startswith("no: ")
    assert why in said


def test_two_seeds_say_nothing():
    good = {"action": _change(0.3), "counting": _change(0.0)}
    assert verdict([good, good]) == "open: 2 of 3 seeds"
    assert verdict([]) == "open: 0 of 3 seeds"


def _trained(draw, n, gain, loss):
    """Changes of one seed: of n scenes some are answered rightly, others wrongly, than before."""
    before = draw.random((2, n)) < 0.7
    shift = draw.random((2, n))
    after = before.copy()
    # Some scenes are answered anew whatever is trained.
    again = draw.random((2, n)) < 0.05
    after[again] = draw.random(again.sum()) < 0.7
    after[1] |= shift[1] < gain
    after[0] &= shift[0] >= loss
    both = [mcnemar(new, old, 0.9) for new, old in zip(after, before, strict=True)]
    counting, action = (Estimate(one.difference, one.low, one.high, n) for one in both)
    return {"counting": counting, "action": action}


@pytest.mark.parametrize("seed", range(8))
def test_noise_closes_nothing_and_what_is_planted_is_found(seed):
    draw = np.random.default_rng(seed)

    def said(gain, loss):
        return verdict([_trained(draw, 2000, gain, loss) for _ in range(3)])

    assert said(0.0, 0.0) != "closes"
    assert said(0.3, 0.1) != "closes"
    assert said(0.3, 0.0) == "closes"


# ---- what seeds tell together


def _told(seed, rung, **figures_):
    return [
        Told(seed, None, rung, name.replace("_", " "), value, value - 0.02, value + 0.02)
        for name, value in figures_.items()
    ]


def test_tables_tell_closing_and_transfer():
    told = []
    for seed in (1, 2, 3):
        told += _told(seed, "nothing", counting=0.8, action=0.5, art_action=0.4)
        told += _told(
            seed, "both", counting=0.8, action=0.6 + seed / 100, art_action=0.4,
            counting_change=0.01, action_change=0.1 + seed / 100, gap_change=-0.1,
        )  # fmt: skip
        told += _told(
            seed, "action", counting=0.7, action=0.6, counting_change=-0.1, action_change=0.1,
            gap_change=-0.2,
        )  # fmt: skip
    closing, action, counting, seen = tables(told)
    said = {row.label: row.cells for row in closing.rows}
    assert said["both"][-1] == "closes"
    assert said["action"][-1] == "no: counting perhaps worse"
    assert "nothing" not in said
    acting, bound = said["both"][:2]
    assert (acting.value, acting.low, acting.high) == pytest.approx((0.12, 0.11, 0.13))
    assert bound.value == pytest.approx(0.09)
    keys = [one.key for one in (action, counting, seen)]
    assert keys == ["transfer action", "transfer counting", "transfer seen"]
    cells = {row.label: row.cells for row in action.rows}
    assert cells["both"][0].value == pytest.approx(0.62)
    assert cells["both"][1].value == pytest.approx(0.4)
    assert cells["both"][2] is None
    assert [*tables([])][-1].rows == ()


# ---- end to end

RECIPE = """
model: {name: scene-tiny}
data: {held_out: 0.1}
perception: {steps: 2, batch: 4, learning_rate: 3e-3, probed: 8, log_every: 1}
joint: {steps: 2, batch: 4, learning_rate: 3e-3, examined: 0, log_every: 1}
reward:
  {steps: 2, batch: 4, generations: 2, tokens: 12, learning_rate: 1e-4, credit: none,
   rewards: {perception: 1.0}, examined: 0, log_every: 1}
"""


def test_a_ladder_of_a_few_steps(tmp_path):
    for name in ("torch", "transformers", "accelerate", "trl", "peft", "datasets"):
        pytest.importorskip(name, reason="needs handeye[train]")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    out = tmp_path / "out"
    command = ["train", "ladder", "rose", "--out", str(out), "--scenes", "20"]
    command += ["--config", str(tmp_path / "recipe.yaml"), "--seed"]

    def climbed(*more):
        told = tmp_path / "found.json"
        result = CliRunner().invoke(
            app, [*command, *more, "--json", str(told)], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return json.loads(told.read_text())["figures"]

    values = {(one["rung"], one["figure"]): one["value"] for one in climbed("1")}
    assert [*dict.fromkeys(rung for rung, _ in values)] == [*RUNGS, "constant"]
    assert ("nothing", "action change") not in values
    for rung in [*RUNGS][1:]:
        change = values[rung, "action"] - values["nothing", "action"]
        assert values[rung, "action change"] == pytest.approx(change)
    place = out / "seed-1" / "rungs"

    def card(rung):
        return json.loads((place / rung / "model" / "run-card.json").read_text())

    assert {*card("perception")["rewards"]} == {"perception", "form", "length", "repetition"}
    assert {*card("action")["rewards"]} == {"outcome", "form", "length", "repetition"}
    assert card("both")["rewards"]["perception"] == 1
    # All that are paid are asked the same, and so is who is told what is right.
    rows = {rung: json.loads((place / rung / "model" / "training.json").read_text())["rows"]
            for rung in RUNGS}  # fmt: skip
    assert len({rows[one] for one in ("perception", "action", "both", "swapped", "told")}) == 1
    assert rows["more"] == rows["nothing"] != rows["told"]
    page = (out / "ladder.md").read_text()
    assert "open: 1 of 3 seeds" in page
    assert "| swapped: " in page
    assert "cues" not in page
    before = (place / "both" / "figures.json").stat().st_mtime_ns
    climbed("1")
    assert (place / "both" / "figures.json").stat().st_mtime_ns == before


def test_options_of_other_suites_are_refused(tmp_path):
    command = ["train", "ladder", "rose", "--out", str(tmp_path / "out"), "--seed", "1"]
    for more, words in ((["--true-cues", "50"], "no cues"), (["--level", "2"], "no levels")):
        result = CliRunner().invoke(app, [*command, *more])
        assert result.exit_code != 0
        assert words in str(result.exception)
    assert not (tmp_path / "out").exists()
    assert plan().cues == ()
