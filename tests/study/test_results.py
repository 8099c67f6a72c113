"""From a study file to prediction files, scores, agreement and the human row."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from handeye import rose
from handeye.cli.study import app
from handeye.errors import DataError
from handeye.rose.items import Item
from handeye.rose.pages.view import read_human
from handeye.rose.questions import TEMPLATES
from handeye.rose.scoring.file_scoring import score_files
from handeye.sets.draw import Draw
from handeye.stats.intervals import estimates
from handeye.study.agreement import agreement, write_agreement
from handeye.study.console import print_agreement
from handeye.study.export import export
from handeye.study.human_row import HumanRow, Outcome, human_row
from handeye.study.session import Reply, Study
from tests.support.experiments import human_rows
from tests.support.study.expecting import expecting
from tests.support.study.taking_part import ROSE, go_through, right


def wrong(item: Item, place: int) -> Reply:
    """An answer in the right form that is not the gold one."""
    reply = right(item, place)
    if item.task_mode == "COUNT":
        return Reply(place, {"number": reply.given["number"] + 1}, visible_ms=2000)
    cells = [] if reply.given["clicks"] else [(1, 1)]
    number = None if item.task_mode == "CLICK" else len(cells)
    return Reply(place, {"clicks": cells, "number": number}, visible_ms=2000)


def answer_all(study: Study, key: str, number: int, failing: Sequence[str] = ()) -> None:
    """Rightly, but for the templates whose key is in ``failing``."""
    study.state(key)
    for place, item in enumerate(study.plan.items_of(number)):
        bad = TEMPLATES[item.task_template].key in failing
        study.answer(key, (wrong if bad else right)(item, place))


@pytest.fixture
def answered(study: Study) -> Study:
    """Anna right, Ben fails T3, another Anna stopped after three and skipped the fourth."""
    keys = [study.join(name) for name in ("Anna", "Ben / 2", "Anna", "nobody")]
    answer_all(study, keys[0], 0)
    answer_all(study, keys[1], 1, ["T3"])
    go_through(study, keys[2], 2, upto=3)
    study.answer(keys[2], Reply(3, skipped=True))
    return study


def test_export_gives_files_that_are_scored_like_a_models(
    answered: Study, study_set: Path, tmp_path: Path
) -> None:
    files = export(answered.store.path, tmp_path / "out")
    assert [file.name for file in files] == ["01-anna.jsonl", "02-ben-2.jsonl", "03-anna.jsonl"]
    rows = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
    assert [len(found) for found in rows] == [20, 20, 3]
    models = [{row["model"] for row in found} for found in rows]
    assert models == [{"human:Anna (1)"}, {"human:Ben / 2"}, {"human:Anna (3)"}]
    passed = []
    for file, found in zip(files, rows, strict=True):
        ids = file.with_suffix(".items.txt").read_text().split()
        assert ids == [row["item_id"] for row in found]
        run = score_files(file, study_set, tmp_path / "runs" / file.stem, item_ids=ids)
        assert not run.summary["partial"]
        assert run.info["model"] == found[0]["model"]
        passed.append(rose.score(file, rose.load(study_set), allow_missing=True)["pass"].sum())
    assert passed == [20, 16, 3]


def test_the_line_of_the_help_scores_a_file(
    answered: Study, study_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "people"
    run = CliRunner(env={"COLUMNS": "200"}).invoke
    told = run(app, ["export", str(answered.store.path), "--out", str(out)])
    assert told.exit_code == 0, told.output
    said = " ".join(run(app, ["export", "--help"]).output.split())
    found = re.search(r"handeye SUITE score FOLDER/01-NAME.jsonl --data SET --out RUN", said)
    assert found, said
    words = {"SUITE": "rose", "FOLDER/01-NAME.jsonl": str(out / "01-anna.jsonl")}
    words |= {"SET": str(study_set), "RUN": str(tmp_path / "run")}
    line = [words.get(word, word) for word in found[0].split()]
    done = subprocess.run(
        [sys.executable, "-m", *line], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "01-anna.items.txt" in done.stderr, "which items were scored is said"
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["n_items"], summary["partial"]) == (20, False)
    assert summary["bases"]["all"]["headline"]["counting"]["value"] == 1.0


def test_times_have_a_line_for_every_answer(answered: Study, tmp_path: Path) -> None:
    export(answered.store.path, tmp_path)
    with (tmp_path / "times.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 44
    assert [row["skipped"] for row in rows].count("1") == 1
    assert {row["response_ms"] for row in rows} == {"1234", "2000", "0"}
    assert all(row["started_at"] <= row["answered_at"] for row in rows)
    assert all(row["started_at"].endswith("Z") for row in rows)


def test_export_without_answers_is_an_error(study: Study, tmp_path: Path) -> None:
    study.join("Anna")
    with expecting(DataError, "nobody has answered"):
        export(study.store.path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_human_row_and_agreement(answered: Study, study_set: Path, tmp_path: Path) -> None:
    found = agreement(ROSE, answered.store.path, study_set, finished_only=True)
    assert found["label"] == "Human (2 people)"
    values = {name: one["value"] for name, one in found["columns"].items()}
    expected = {"G-Cnt": 1, "L-Cnt": 1, "L-Clk": 0.5, "V-Clk": 1, "Excl-CS": 1, "Avg.": 0.9}
    assert values == pytest.approx(expected)
    assert found["headline"]["gap"]["value"] == pytest.approx(1 - 2.5 / 3)
    assert [one["columns"]["L-Clk"] for one in found["people"]] == [1, 0]
    assert [one["seconds_median"] for one in found["people"]] == [1.2, 1.2]
    # Two people who never answer L-Clk the same way, and everything else always.
    assert {name: one["equal"] for name, one in found["agreement"].items()} == {
        "G-Cnt": 1,
        "L-Cnt": 1,
        "L-Clk": 0,
        "V-Clk": 1,
        "Excl-CS": 1,
    }
    assert found["agreement"]["L-Clk"]["alpha"]["value"] < 0
    assert found["agreement"]["Excl-CS"]["alpha"]["value"] == 1
    assert all(one["n_items"] == 4 for one in found["agreement"].values())
    everybody = agreement(ROSE, answered.store.path, study_set)
    assert everybody["label"] == "Human (3 people)"
    assert [one["finished"] for one in everybody["people"]] == [True, True, False]
    assert everybody["people"][2]["skipped"] == 1
    write_agreement(tmp_path / "human.json", found)
    row = read_human(tmp_path / "human.json")
    assert row.label == "Human (2 people)"
    assert row.columns["L-Clk"].value == 0.5


def test_one_person_says_nothing_of_others(
    study: Study, study_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_all(study, study.join("Anna"), 0, ["T3"])
    found = agreement(ROSE, study.store.path, study_set)
    assert (found["label"], found["intervals_over"]) == ("Human (1 person alone)", ["items"])
    print_agreement(found)
    assert "say nothing of others" in " ".join(capsys.readouterr().out.split())
    write_agreement(tmp_path / "human.json", found)
    row = read_human(tmp_path / "human.json")
    assert row.note == (
        "this person, 20 items: intervals over items alone, which say nothing of others"
    )


def test_agreement_refuses_another_set(answered: Study, tmp_path: Path) -> None:
    other = rose.generate(tmp_path / "other", seed=99, scenes=5, workers=1)
    with expecting(DataError, "not the set of this study", answered.settings.set_name):
        agreement(ROSE, answered.store.path, other)


def test_the_command_line(answered: Study, study_set: Path, tmp_path: Path) -> None:
    file, run = str(answered.store.path), CliRunner().invoke
    exported = run(app, ["export", file, "--out", str(tmp_path / "x")])
    assert exported.exit_code == 0
    assert "01-anna.jsonl" in exported.output
    assert "times.csv" in exported.output
    human = tmp_path / "human.json"
    told = run(app, ["agreement", file, "--data", str(study_set), "--out", str(human)])
    assert told.exit_code == 0
    for words in ("Human (3 people)", "L-Clk", "Krippendorff", "so far"):
        assert words in told.output
    assert json.loads(human.read_text())["columns"]["G-Cnt"]["value"] == 1


COLUMNS = ("G-Cnt", "L-Clk")


def row_of(outcomes: Sequence[Outcome], **options: int) -> HumanRow:
    groups = sorted({one.group for one in outcomes})
    return human_row(outcomes, COLUMNS, groups, **options)


def made_up(people: int, scenes: int, seed: int) -> list[Outcome]:
    """Outcomes that depend on the person, the scene and chance; some answers are missing."""
    draw = Draw(seed, "people")
    skill = [0.25 * draw.unit() for _ in range(people)]
    ease = [0.5 + 0.25 * draw.unit() for _ in range(scenes)]
    return [
        Outcome(p, f"S{s}", f"sub{s % 2}", column, draw.unit() < skill[p] + ease[s])
        for p in range(people)
        for s in range(scenes)
        for column in COLUMNS
        if draw.unit() < 0.9
    ]


def test_the_row_is_the_mean_over_people_of_means_over_groups() -> None:
    outcomes = made_up(5, 12, seed=1)
    row = row_of(outcomes, resamples=10)
    for column in COLUMNS:
        people = []
        for person in range(5):
            parts = [
                np.mean([o.passed for o in outcomes if (o.person, o.group, o.column) == key])
                for key in ((person, "sub0", column), (person, "sub1", column))
            ]
            people.append(np.mean(parts))
            assert row.people[person][column] == pytest.approx(people[-1])
        assert row.columns[column].values[0] == pytest.approx(np.mean(people))
    columns, headline = ROSE.human_row(row.columns)
    assert columns == row.columns  # L-Cnt and other templates were not asked
    assert headline == {}


def test_resamples_draw_scenes_and_people() -> None:
    """Equal people vary with the scenes only, equal scenes with the people only."""
    same_people = [
        Outcome(p, f"S{s}", "sub", "G-Cnt", s % 2 == 0) for p in range(4) for s in range(30)
    ]
    same_scenes = [
        Outcome(p, f"S{s}", "sub", "G-Cnt", p % 2 == 0) for p in range(4) for s in range(30)
    ]
    over_scenes, over_people = (
        row_of(o, resamples=4000).columns["G-Cnt"].values for o in (same_people, same_scenes)
    )
    assert over_scenes[0] == over_people[0] == 0.5
    # Binomial: 30 scenes, 4 people; the spread of 4000 resamples is known to about 1.2 %.
    assert over_scenes[1:].std() == pytest.approx((0.25 / 30) ** 0.5, rel=0.06)
    # Unbiased variance of the mean of 4, and Student's t at 3 degrees of freedom for z.
    assert over_people[1:].std() == pytest.approx((0.25 / 3) ** 0.5 * 3.182 / 1.96, rel=0.06)
    alone = row_of([o for o in same_scenes if o.person == 0], resamples=50).columns["G-Cnt"]
    found = estimates({"x": alone})["x"]
    assert (found["value"], found["high"]) == (1, 1)
    assert found["low"] == pytest.approx(0.025 ** (1 / 30))  # exact binomial over 30 scenes


def ends(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """Of the one column asked."""
    found = estimates(row_of(outcomes, resamples=400).columns)["G-Cnt"]
    return found["low"], found["high"]


def test_few_people_say_little_of_others_and_more_say_more() -> None:
    """Of people one half pass everything, the other nothing; or all pass all."""

    def of(people: int, passes: Callable[[int], bool], scenes: int = 40) -> tuple[float, float]:
        outcomes = [
            Outcome(p, f"S{s}", f"sub{s % 2}", "G-Cnt", passes(p))
            for p in range(people)
            for s in range(scenes)
        ]
        return ends(outcomes)

    for passes in (lambda p: p % 2 == 0, lambda _: True):
        widths = [high - low for low, high in (of(n, passes) for n in (2, 4, 8, 16))]
        assert widths == sorted(widths, reverse=True)
        assert widths[0] > 0.8
        assert widths[-1] < 0.6
        # More scenes tell nothing more of people.
        assert of(2, passes, scenes=400) == pytest.approx(of(2, passes), abs=0.02)


def test_a_column_that_one_of_several_answered_says_next_to_nothing() -> None:
    outcomes = [
        Outcome(p, f"S{s}", "sub", column, s % 4 != 0)
        for p, column in ((0, "G-Cnt"), (0, "L-Clk"), (1, "L-Clk"))
        for s in range(40)
    ]
    low, high = ends(outcomes)
    assert low < 0.05
    assert high > 0.95
    alone = [one for one in outcomes if one.person == 0]
    low, high = ends(alone)
    assert 0.55 < low < 0.65
    assert 0.8 < high < 0.9


def test_scenes_with_items_in_several_groups_are_drawn_together() -> None:
    """What a scene's items share is in the interval, however they are grouped."""
    outcomes = [
        Outcome(0, f"S{s}", group, "G-Cnt", s % 2 == 0) for group in "ab" for s in range(40)
    ]
    one_group = [Outcome(0, o.scene_id, "all", o.column, o.passed) for o in outcomes]
    assert ends(outcomes) == pytest.approx(ends(one_group), abs=0.02)


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    """200 studies of 8 people on 30 scenes: at least 93 % of the intervals hold the truth."""
    truth = 0.125 + 0.625
    held = 0
    for seed in range(200):
        row = row_of(made_up(8, 30, seed), resamples=200, seed=seed)
        found = estimates(row.columns)["G-Cnt"]
        held += found["low"] <= truth <= found["high"]
    assert held >= 186


@pytest.mark.parametrize("people", [1, 2, 4, 8])
@pytest.mark.parametrize("skills", [(1.0, 1.0), (0.5, 0.5), (8.0, 2.0)])
def test_intervals_hold_however_people_differ(people: int, skills: tuple[float, float]) -> None:
    """At least 93 % of 200 studies but for chance; docs/study.md has 1,000 a figure."""
    rng = np.random.default_rng(people)
    found, _ = human_rows(rng, 200, people, families=20, skills=skills, resamples=200)
    assert found.trials == 200
    assert found.hits >= 180


def test_many_kinds_of_questions_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [f"kind{number}" for number in range(12)]
    estimate = {"value": 0.5, "low": 0.2, "high": 0.8, "n": 4}
    person = {
        "answered": 24,
        "finished": True,
        "seconds_median": 1.5,
        "columns": dict.fromkeys(kinds, 0.5),
    }
    found = {
        "label": "Human (8 people)",
        "n_people": 8,
        "columns": dict.fromkeys(kinds, estimate),
        "headline": {"follow": estimate},
        "people": [{**person, "model": f"human:person{number}"} for number in range(8)],
        "agreement": {},
    }
    print_agreement(found)
    told = capsys.readouterr().out
    assert "…" not in told
    assert all(told.count(f"person{number}") == 1 for number in range(8))
    assert told.count("kind11") == 3  # of all, and of six and of two people
