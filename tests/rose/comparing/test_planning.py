"""How many scenes: the numbers follow from the spread, and more is asked of a difference."""

import json

import polars as pl
import pytest

from handeye.errors import DataError, OptionError
from handeye.rose import generate, load, score_files
from handeye.rose.questions import BY_KEY, MAIN_KEYS
from handeye.rose.respondents.simulated import simulate_predictions
from handeye.rose.scoring.run_folder import read_run
from handeye.rose.suite import SUITE
from handeye.scores import planning

MAIN = [BY_KEY[key].id for key in MAIN_KEYS]


def scenes_needed(points, *runs, **options):
    return planning.scenes_needed(SUITE, points, runs, **options)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("size")
    generate(root / "set", seed=2, scenes=60, workers=1)
    items = list(load(root / "set"))
    for seed, name in enumerate(("a", "b")):
        lines = [json.dumps(r) for r in simulate_predictions(items, {"miscount": 0.4}, seed)]
        (root / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        score_files(root / f"{name}.jsonl", root / "set", root / name)
    (root / "c.jsonl").write_text("\n".join(lines[:-1]), encoding="utf-8")
    score_files(root / "c.jsonl", root / "set", root / "c", allow_missing=True)
    return {"set": root / "set", **{name: read_run(root / name) for name in "abc"}}


def test_half_the_width_needs_four_times_the_scenes(runs):
    wide, narrow = (scenes_needed(points, runs["a"]) for points in (0.06, 0.03))
    assert [row.label for row in wide][:3] == ["Counting Avg.", "Action Avg.", "Gap"]
    for one, four in zip(wide, narrow, strict=True):
        assert 4 * one.scenes - 4 < four.scenes <= 4 * one.scenes


def test_one_binary_item_a_scene_is_the_textbook_case(runs):
    row = next(row for row in scenes_needed(0.05, runs["a"]) if row.label == "G-Cnt")
    assert row.scenes == pytest.approx(1.96**2 * row.pilot.variance / 0.05**2, abs=1)
    assert row.pilot.variance == pytest.approx(0.24, abs=0.06)


def test_a_difference_of_two_runs_needs_more(runs):
    alone = scenes_needed(0.05, runs["a"])
    paired = scenes_needed(0.05, runs["a"], runs["b"])
    for one, two in zip(alone, paired, strict=True):
        assert two.scenes > one.scenes
    surer = scenes_needed(0.05, runs["a"], runs["b"], power=0.95)
    assert all(two.scenes < more.scenes for two, more in zip(paired, surer, strict=True))


def test_the_gap_of_two_averages_is_the_textbook_contrast(runs):
    """Its variance, computed here from means of the scenes: one item of a template each."""
    rows = {row.label: row for row in scenes_needed(0.05, runs["a"])}
    scores = runs["a"].scores().filter(pl.col("task_template").is_in(MAIN))
    weight = {t: 1 / 2 if k < 2 else -1 / 3 for k, t in enumerate(MAIN)}
    found = (
        scores.with_columns(pl.col("task_template").replace_strict(weight).alias("w"))
        .group_by("rose_subset", "scene_id")
        .agg((pl.col("w") * pl.col("pass")).sum().alias("gap"))
        .group_by("rose_subset")
        .agg(pl.col("gap").var().alias("v"), pl.len().alias("n"))
    )
    variance = (found["v"] / found["n"]).sum() / len(found) ** 2 * found["n"].sum()
    assert rows["Gap"].pilot.variance == pytest.approx(variance)
    assert rows["Gap"].scenes == pytest.approx(1.96**2 * variance / 0.05**2, abs=1)
    assert rows["Avg. PASS"].scenes < rows["Counting Avg."].scenes < rows["Gap"].scenes


def test_a_run_that_does_not_vary_plans_nothing(runs, tmp_path):
    lines = [json.dumps({"item_id": item.item_id, "raw_text": ""}) for item in load(runs["set"])]
    (tmp_path / "p.jsonl").write_text("\n".join(lines), encoding="utf-8")
    score_files(tmp_path / "p.jsonl", runs["set"], tmp_path / "run")
    silent = read_run(tmp_path / "run")
    for rows in (scenes_needed(0.05, silent), scenes_needed(0.05, silent, silent)):
        assert {row.scenes for row in rows} == {None}
        assert all(row.pilot.variance == 0 for row in rows)


def test_what_cannot_be_answered(runs):
    with pytest.raises(OptionError, match="between 0 and 100"):
        scenes_needed(0, runs["a"])
    with pytest.raises(DataError, match="1 item"):
        scenes_needed(0.05, runs["a"], runs["c"])
