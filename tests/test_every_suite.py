"""What every suite must hold, by the commands that people type. A new suite is one line of KITS.

A kit says how a small set is made and which faults its simulated respondent takes; the rest is the
same for all.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from ast import literal_eval
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import inspect_ai
import msgspec
import numpy as np
import pytest

from handeye.atomic import held
from handeye.cli import main
from handeye.errors import HandeyeError, OptionError, RunError
from handeye.media.view import read_view
from handeye.scores.estimate import plain
from handeye.states.targets import Target, checked, read_targets, write_targets
from handeye.suite import ABILITIES, Part, Suite
from handeye.suites import SUITES, all_suites, get, suite_of_runs, suite_of_set
from handeye.training.targets import (
    PictureTruth,
    View,
    Vocabulary,
    checked as checked_truth,
    targets_of,
)


@dataclass(frozen=True)
class Kit:
    """How a suite is tried: options of a small set, planted faults, the name of an item's id."""

    generate: tuple[str, ...]
    faults: str
    more_faults: str
    item_id: str = "item_id"
    run: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    score: tuple[str, ...] = ()
    perfect: float = 1.0
    mistakes: tuple[str, ...] = ()
    """Figures of the headline of which a right respondent has none."""
    asking: tuple[dict[str, Any], ...] = ()
    """Other ways to ask, as the suite's asking takes them."""
    seen: tuple[tuple[str, str], ...] = ()
    """Options by which a function gets pictures alone."""


KITS = {
    "rose": Kit(
        ("--scenes", "10", "--sources", "glyph,pixel-edit"),
        "miss=0.3,refuse=0.1",
        "miss=0.9,miscount=0.9",
        run=("--split", "all"),
        task=("split=all",),
        score=("--templates", "main"),
        asking=({"order": "authors"},),
    ),
    "visualact": Kit(
        ("--clips", "8"),
        "miss=0.3,refuse=0.1",
        "miss=0.9",
        item_id="clip_id",
        run=("--embedder", "test:char-ngrams"),
        task=("embedder=test:char-ngrams",),
        score=("--embedder", "test:char-ngrams"),
    ),
    "premise": Kit(
        ("--families", "4", "--media", "picture+sound"),
        "accept=0.4,refuse=0.1",
        "accept=0.9,wrong_content=0.9",
        asking=({"variant": "true-false"}, {"option_order": "shuffle:3"}, {"variant": "free"}),
        seen=(("media_input", "frames"),),
    ),
    "stress": Kit(
        ("--groups", "12", "--family", "existence,count,position"),
        "follow=0.4,refuse=0.05",
        "follow=0.9,wrong=0.9",
        mistakes=("follow", "outside"),
        asking=(
            {"form": "letters"},
            {"state_first": True},
            {"cue_order": "behind"},
            {"way": "agent"},
            {"way": "written"},
        ),
    ),
    "contexts": Kit(
        ("--scenes", "12"),
        "default=0.4,other_context=0.3,refuse=0.1",
        "other_context=0.9,wrong=0.9",
        mistakes=("context_blind", "picture_blind", "harmful", "cannot"),
        asking=({"option_order": "set"},),
    ),
}
# Of all files this one takes longest: it is begun with, or one worker would end with it alone.
pytestmark = pytest.mark.slow
HOSTILE = "<script>alert('m')</script>[bold]\x1b[31m"


def handeye(*words: object, code: int = 0) -> str:
    """What a command prints on both streams, 80 columns wide; its exit code is checked."""
    said, given = io.StringIO(), ["handeye", *map(str, words)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setenv("COLUMNS", "80")
        patch.setattr(sys, "argv", given)
        ended: object = 0
        try:
            main()
        except SystemExit as end:
            ended = end.code or 0
    assert ended == code, f"{words}\n{said.getvalue()}"
    return said.getvalue()


@dataclass(frozen=True)
class Case:
    """A suite with a set and three runs over it: right, faulty, and without any answer."""

    suite: Suite
    kit: Kit
    root: Path

    @property
    def set(self) -> Path:
        return self.root / "set"

    def run(self, name: str) -> Path:
        return self.root / name

    def ask(self, out: Path, faults: str = "", data: Path | None = None, *more: str) -> str:
        arguments = ["--model-arg", f"faults={faults}"] if faults else []
        words = ["--model", "handeye/simulated", "--data", data or self.set, "--out", out]
        return handeye("run", self.suite.name, *words, *arguments, *self.kit.run, *more, "--quiet")

    def score(self, predictions: Path, out: Path, *more: str, code: int = 0) -> str:
        words = ["--data", self.set, "--out", out, *self.kit.score, *more]
        return handeye(self.suite.name, "score", predictions, *words, code=code)


@pytest.fixture(scope="session", params=KITS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    name = request.param
    made = Case(get(name), KITS[name], tmp_path_factory.mktemp(name))
    handeye(name, "generate", made.set, "--seed", "7", *made.kit.generate)
    made.ask(made.run("right"))
    made.ask(made.run("faulty"), made.kit.faults)
    rows = predictions_of(made.run("right"))
    silent = [row | {"raw_text": None, "error": "no answer", "state": "error"} for row in rows]
    made.score(written(made.root / "silent.jsonl", silent), made.run("silent"))
    return made


@pytest.fixture(scope="session")
def other_set(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As its set, by another seed; to be read, not changed."""
    out = tmp_path_factory.mktemp("other") / "set"
    handeye(case.suite.name, "generate", out, "--seed", "8", *case.kit.generate)
    return out


@pytest.fixture(scope="session")
def begun(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A faulty run of a part of the set; to be copied, not changed."""
    out = tmp_path_factory.mktemp("begun") / "run"
    case.ask(out, case.kit.faults, None, *smaller(case))
    return out


@pytest.fixture(scope="session")
def page(case: Case, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of the faulty run."""
    out = tmp_path_factory.mktemp("page") / "report.html"
    handeye("report", case.run("faulty"), "--out", out)
    return out.read_text()


def predictions_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "predictions.jsonl").read_text().splitlines()]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def json_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a set, but for the record of how it was made."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "generation.json"
    }


def leaves(tree: Any) -> Iterator[float | None]:
    """Every measured value of a summary."""
    if isinstance(tree, dict):
        if {"value", "low", "high"} <= set(tree):
            yield tree["value"]
        else:
            for part in tree.values():
                yield from leaves(part)


# ---- the contract


def test_every_suite_is_tried_here() -> None:
    assert set(KITS) == set(SUITES)


@pytest.mark.parametrize("suite", all_suites(), ids=lambda suite: suite.name)
def test_every_part_is_there(suite: Suite) -> None:
    parts = [getattr(suite, name) for name in suite.__dataclass_fields__]
    parts += [kind.make for kind in suite.respondents.values()]
    assert all(kind.about for kind in suite.respondents.values())
    for part in parts:
        if isinstance(part, Part):
            assert part.get() is not None, part


def test_the_matrix_says_what_suites_can_do() -> None:
    needed = [
        "generate",
        "describe",
        "verify",
        "run",
        "score",
        "summarize",
        "compare",
        "report",
        "scenes",
        "diagnose",
    ]
    for name in SUITES:
        assert all(get(name).abilities()[ability] for ability in needed), name
    assert get("rose").abilities()["study"]
    assert get("premise").abilities()["study"]
    assert not get("visualact").abilities()["study"]
    assert [s.name for s in all_suites() if s.abilities()["probe"]] == ["rose", "premise", "stress"]
    assert [s.name for s in all_suites() if s.abilities()["reward"]] == ["rose", "stress"]
    assert [s.name for s in all_suites() if s.abilities()["perceive"]] == ["rose", "stress"]
    printed = handeye("suites")
    for ability in ABILITIES:
        rows = [line for line in printed.splitlines() if re.search(rf"│ {ability} ", line)]
        if not any(suite.abilities()[ability] for suite in all_suites()):
            assert not rows, "what no suite can do is not listed"
            continue
        (row,) = rows
        cells = [cell.strip() for cell in row.strip("│").split("│")][1:]
        assert cells == ["yes" if s.abilities()[ability] else "-" for s in all_suites()]


# ---- sets


def test_the_same_seed_gives_the_same_set_with_any_number_of_workers(
    case: Case, other_set: Path, tmp_path: Path
) -> None:
    for workers in ("1", "2"):
        again = tmp_path / workers
        words = ["--seed", "7", *case.kit.generate, "--workers", workers]
        handeye(case.suite.name, "generate", again, *words)
        assert hashes(again) == hashes(case.set)
    assert hashes(other_set) != hashes(case.set)


def test_a_killed_generation_goes_on_to_the_same_set(case: Case, tmp_path: Path) -> None:
    out = tmp_path / "set"
    words = [case.suite.name, "generate", str(out), "--seed", "7", *case.kit.generate]
    process = subprocess.Popen(
        [sys.executable, "-m", "handeye", *words, "--workers", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not list(out.glob(".unfinished/*.jsonl")) and time.monotonic() < deadline:
        if process.poll() is not None:
            break
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
    process.wait()
    handeye(*words)
    assert hashes(out) == hashes(case.set)


def test_the_suite_stands_in_what_is_made_as_a_label(case: Case, tmp_path: Path) -> None:
    record = case.set / "generation.json"
    assert json_of(record)["suite"] == case.suite.name
    for name in ("right", "faulty", "silent"):
        assert json_of(case.run(name) / "run.json")["suite"] == case.suite.name
    assert suite_of_set(case.set).name == case.suite.name
    # Made before the label: recognized by content, and the same set still.
    # A record without a generator is of the first.
    old = {
        key: value
        for key, value in json_of(record).items()
        if (key, value) not in (("suite", case.suite.name), ("generator", 1))
    }
    text = record.read_text()
    try:
        record.write_text(json.dumps(old))
        assert suite_of_set(case.set).name == case.suite.name
        handeye(case.suite.name, "generate", case.set, "--seed", "7", *case.kit.generate)
    finally:
        record.write_text(text)


def test_describe_and_verify(case: Case) -> None:
    assert "statistic" in handeye(case.suite.name, "describe", case.set)
    handeye(case.suite.name, "verify", case.set)


# ---- what hidden states are asked


def probed(case: Case) -> tuple[list[Any], list[Target]]:
    if case.suite.probed is None:
        pytest.skip("asks nothing of hidden states")
    items = case.suite.load(case.set)
    rows = case.suite.probed().targets(items)
    return list(items), checked((f"row {n}", row) for n, row in enumerate(rows, 1))


def test_targets_are_about_items_of_the_set_and_tell_two_classes(case: Case) -> None:
    items, targets = probed(case)
    known = {item.item_id for item in items}
    groups = {one.item_id: one.group for one in targets}
    labels: dict[str, set[int]] = {}
    for one in targets:
        labels.setdefault(one.target.partition(":")[0], set()).add(one.label)
        assert {one.item_id, *one.siblings.values()} <= known
        # Folds split groups, so siblings are always on one side.
        assert all(groups[other] == one.group for other in one.siblings.values())
    assert all(both == {0, 1} for name, both in labels.items() if not name.startswith("count"))
    assert set(groups) == known


def test_targets_say_what_is_really_asked(case: Case) -> None:
    """Control texts are those of the requests, however the set is asked."""
    probed(case)
    assert case.suite.probed is not None
    items = case.suite.load(case.set)
    for asking in (None, case.suite.asking(), *(case.suite.asking(**o) for o in case.kit.asking)):
        asked = (asking or case.suite.asking()).questions(items)
        parts = {one.item_id: [p for p in one.identity["parts"] if p] for one in asked}
        rows = list(case.suite.probed().targets(items, asking))
        assert {"\n".join(parts[one.item_id]) for one in rows} == {
            one.texts["prompt"] for one in rows if "prompt" in one.texts
        }
        for one in rows:
            prompt = one.texts.get("prompt", "")
            assert prompt in ("", "\n".join(parts[one.item_id]))
            assert all(span in prompt for span in one.spans.values())


def test_targets_are_the_same_every_time_and_on_disk(case: Case, tmp_path: Path) -> None:
    _, targets = probed(case)
    assert probed(case)[1] == targets
    # Of thousands about cells some: what a file does to a row it does to all.
    targets = targets[:: len(targets) // 300 + 1]
    for ending in ("jsonl", "parquet"):
        write_targets(tmp_path / f"t.{ending}", targets)
        assert read_targets(tmp_path / f"t.{ending}") == targets


# ---- what encoders are trained on


def perceived(case: Case) -> tuple[Any, list[PictureTruth]]:
    if case.suite.perceived is None:
        pytest.skip("does not say what its pictures show")
    items = case.suite.load(case.set)
    return items, list(case.suite.perceived(items))


def test_truths_are_of_the_pictures_of_the_set(case: Case) -> None:
    items, truths = perceived(case)
    names = [one.picture for one in truths]
    assert len(set(names)) == len(names) > 1
    assert {one.scene for one in truths} == {item.scene_id for item in items}
    for one in truths:
        assert read_view(items.root / one.picture).size == one.size
        for whole, part in zip(one.things, checked_truth(one).things, strict=True):
            assert whole == part, "places lie in the picture"


def test_truths_become_targets_that_tell_things_apart(case: Case) -> None:
    """What a token is told to show lies there, and nearly every thing is told."""
    _, truths = perceived(case)
    words = Vocabulary.of(truths)
    assert len(words.labels) > 1
    assert words.keypoints
    shown = told = 0
    for one in truths[:20]:
        width, height = one.size
        targets = targets_of(one, View.stretched(one.size, (24, 24)), words)
        owners = {int(owner) for owner in targets.owner} - {0, -1}
        things = set(np.unique(one.mask).tolist()) - {0}
        shown, told = shown + len(things), told + len(owners & things)
        for owner, (x, y) in zip(targets.owner, targets.view.places(), strict=True):
            half = [side / 48 + 1 for side in (height, width)]
            rows, columns = (
                slice(max(0, int(at - reach)), int(at + reach) + 1)
                for at, reach in zip((y, x), half, strict=True)
            )
            assert owner <= 0 or (one.mask[rows, columns] == owner).any()
    assert told >= 0.8 * shown > 0


# ---- scores


def test_a_right_respondent_scores_one(case: Case) -> None:
    head = json_of(case.run("right") / "summary.json")["bases"]["all"]["headline"]
    shares = [one["value"] for name, one in head.items() if name not in ("gap", *case.kit.mistakes)]
    assert shares
    assert min(shares) == case.kit.perfect


def test_a_silent_respondent_scores_nothing_and_is_counted_as_unanswered(case: Case) -> None:
    summary = json_of(case.run("silent") / "summary.json")
    head = summary["bases"]["all"]["headline"]
    assert {one["value"] for one in head.values()} <= {0.0, None}
    assert summary["states"]["error"] == len(predictions_of(case.run("silent")))
    assert not summary["states"].get("answered")
    assert "error" in handeye(
        case.suite.name, "score", case.root / "silent.jsonl", "--data", case.set,
        "--out", case.root / "silent-again", *case.kit.score,
    )  # fmt: skip


def test_the_order_of_the_answers_does_not_matter(case: Case, tmp_path: Path) -> None:
    rows = predictions_of(case.run("faulty"))
    random.Random(3).shuffle(rows)
    case.score(written(tmp_path / "shuffled.jsonl", rows), tmp_path / "run")
    found = json_of(tmp_path / "run" / "summary.json")
    wanted = json_of(case.run("faulty") / "summary.json")
    assert found["bases"] == wanted["bases"]


def test_missing_answers_are_refused_or_make_a_partial_run(case: Case, tmp_path: Path) -> None:
    rows = predictions_of(case.run("faulty"))[1:]
    file = written(tmp_path / "part.jsonl", rows)
    assert "no prediction" in case.score(file, tmp_path / "no", code=2)
    assert not (tmp_path / "no").exists()
    case.score(file, tmp_path / "part", "--allow-missing")
    assert json_of(tmp_path / "part" / "run.json")["partial"]


def test_what_was_not_asked_is_not_missing(case: Case, begun: Path, tmp_path: Path) -> None:
    """A run's own file is scored as far as the run asked; were a line gone, it would be missing."""
    shutil.copytree(begun, run := tmp_path / "run")
    expected = json_of(run / "run.json")["n_expected"]
    for number, given in enumerate((run, run / "predictions.jsonl")):
        out = tmp_path / str(number)
        handeye(case.suite.name, "score", given, "--data", case.set, "--out", out, *of_all(case))
        scored = json_of(out / "run.json")
        assert (scored["n_expected"], scored["partial"]) == (expected, False)
    written(run / "predictions.jsonl", predictions_of(run)[1:])
    words = ["score", run, "--data", case.set, "--out", tmp_path / "no", *of_all(case)]
    assert "no prediction" in handeye(case.suite.name, *words, code=2)
    assert not (tmp_path / "no").exists()


def of_all(case: Case) -> tuple[str, ...]:
    """How answers are scored, nothing said of which."""
    return () if "--templates" in case.kit.score else case.kit.score


def test_task_and_run_ask_the_same(case: Case, tmp_path: Path) -> None:
    """Inspect's own command and function fill a journal with the keys of ``handeye run``."""
    journal, logs, task = tmp_path / "answers.jsonl", str(tmp_path / "logs"), case.suite.name
    given = [f"data={case.set}", f"journal={journal}", *case.kit.task]
    if case.suite.name == "rose":  # in a process, which takes ten times as long
        words = [f"handeye/{task}", "--model", "handeye/simulated", "-M", f"data={case.set}"]
        words += [*(word for option in given for word in ("-T", option)), "--log-dir", logs]
        command = [sys.executable, "-m", "inspect_ai", "eval", *words, "--display", "none"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        (log,) = inspect_ai.eval(
            f"handeye/{task}", model="handeye/simulated", model_args={"data": str(case.set)},
            task_args=dict(option.split("=", 1) for option in given), log_dir=logs, display="none",
        )  # fmt: skip
        assert log.status == "success"
    assert keys(journal) == keys(case.run("right") / "answers.jsonl")
    (file,) = (tmp_path / "logs").glob("*.eval")
    scored_to = ["--data", case.set, "--out", tmp_path / "scored", *of_all(case)]
    handeye(case.suite.name, "score", file, *scored_to)
    expected, scored = (
        json_of(run / "run.json") for run in (case.run("right"), tmp_path / "scored")
    )
    assert scored["n_expected"] == expected["n_expected"]


def keys(journal: Path) -> set[tuple[str, str]]:
    rows = [msgspec.json.decode(line) for line in journal.read_bytes().splitlines()]
    return {(row["item_id"], row["request"]) for row in rows if "request" in row}


# ---- what people read


def test_every_command_fits_80_columns(case: Case) -> None:
    said = [
        handeye(case.suite.name, "describe", case.set),
        case.score(case.root / "silent.jsonl", case.root / "silent-80"),
        handeye("compare", case.run("right"), case.run("faulty"), "--all"),
        handeye(
            "compare", case.run("right"), case.run("faulty"), case.run("silent"), "--all-pairs"
        ),
        handeye(case.suite.name, "diagnose", case.run("faulty")),
        handeye(case.suite.name, "scenes", case.run("faulty")),
        handeye("suites"),
    ]
    for text in said:
        tables = [line for line in text.splitlines() if line[:1] in "┏┃┡│├└┌"]
        assert tables
        assert max(map(len, tables)) <= 80, text


def test_tables_say_the_same_in_csv_latex_and_html(case: Case, page: str) -> None:
    run = case.run("faulty")
    summary = json_of(run / "summary.json")
    known = {round(value, 9) for value in leaves(summary) if value is not None}
    files = sorted((run / "tables").iterdir())
    assert {file.suffix for file in files} == {".csv", ".tex"}
    # The best constant answer is no run: its row has a file of its own.
    for file in (file for file in files if file.suffix == ".csv" and file.stem != "chance"):
        with file.open() as stream:
            rows = list(csv.DictReader(stream))
        values = {round(float(row["value"]), 9) for row in rows if row["low"]}
        assert values <= known, file
    shown = {f"{100 * value:.1f}" for value in known}
    for file in (file for file in files if file.suffix == ".tex"):
        found = re.findall(r"(?<![\d.\[])\d+\.\d(?![\d\]])", _first_row(file.read_text()))
        assert set(found) <= shown, file
    cells = _Cells(page)
    head = [one["value"] for one in summary["bases"]["all"]["headline"].values()]
    for value in head:
        if value is not None and value >= 0:
            assert any(text.startswith(f"{100 * value:.1f}") for text in cells.found), value


def _first_row(text: str) -> str:
    return next(line for line in text.splitlines() if line and not line.startswith("%"))


class _Cells(HTMLParser):
    """The texts of all cells of a page's tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] = (self.found[-1] + data).strip()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_report_of_so_many_runs(case: Case, page: str, tmp_path: Path, count: int) -> None:
    runs = [case.run(("faulty", "right", "silent")[k % 3]) for k in range(count)]
    if count > 1:
        handeye("report", *runs, "--out", tmp_path / "report.html")
        page = (tmp_path / "report.html").read_text()
    assert page.count("<html") == 1
    assert case.suite.title in page
    assert case.suite.respondents["simulated"].about in page


def test_hostile_names_stay_text(case: Case, tmp_path: Path) -> None:
    rows = [row | {"model": HOSTILE} for row in predictions_of(case.run("faulty"))]
    run = tmp_path / "hostile"
    said = case.score(written(tmp_path / "hostile.jsonl", rows), run)
    out = tmp_path / "page.html"
    said += handeye("report", run, "--out", out)
    said += handeye("compare", run, case.run("right"), "--out", tmp_path / "compare.html")
    assert "\x1b" not in said
    for page in (out, tmp_path / "compare.html"):
        assert "<script>alert" not in page.read_text()


# ---- does the answer depend on what is shown?


def test_the_best_constant_answer_stands_beside_the_run(
    case: Case, page: str, tmp_path: Path
) -> None:
    """In terminals and pages a row; in files ``chance.csv`` and no row of the official tables."""
    run = case.run("faulty")
    with (run / "tables" / "chance.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    shares = [float(row["value"]) for row in rows if "gap" not in row["figure"] and row["low"]]
    assert shares
    assert all(0 <= share <= 1 for share in shares)
    assert "best constant answer" in rows[0]["note"]
    for file in (run / "tables").iterdir():
        assert file.name == "chance.csv" or "best constant" not in file.read_text()
    assert "best constant answer" not in (run / "summary.json").read_text()
    said = case.score(run / "predictions.jsonl", tmp_path / "again")
    assert "best constant" in said
    assert page.count("best constant answer") >= 3


@pytest.mark.parametrize("step", [9, 49])
def test_a_few_items_are_scored_and_shown(case: Case, tmp_path: Path, step: int) -> None:
    """However few: the best constant answer then has some of the figures, or none."""
    predictions = case.run("faulty") / "predictions.jsonl"
    chosen = [row[case.kit.item_id] for row in predictions_of(case.run("faulty"))[::step]]
    (tmp_path / "few.txt").write_text("\n".join(chosen))
    said = case.score(predictions, tmp_path / "few", "--items", str(tmp_path / "few.txt"))
    assert f"{len(chosen)} " in said
    assert (tmp_path / "few" / "summary.json").is_file()
    handeye("report", tmp_path / "few", "--out", tmp_path / "few.html")


def test_one_answer_to_all_is_called_so_and_a_seeing_respondent_is_not(
    case: Case, tmp_path: Path
) -> None:
    for name in ("right", "faulty", "silent"):
        groups = json_of(case.run(name) / "looks.json")["groups"]
        assert {one["said"] for one in groups.values()} == {""}, name
    rows = predictions_of(case.run("right"))
    kind = Counter(map(_form, rows)).keys()
    same = {form: next(row["raw_text"] for row in rows if _form(row) == form) for form in kind}
    file = written(tmp_path / "same.jsonl", [row | {"raw_text": same[_form(row)]} for row in rows])
    case.score(file, tmp_path / "same")
    found = json_of(tmp_path / "same" / "looks.json")["groups"][""]
    assert found["said"] == "constant", found
    assert found["same"]["value"] == 1
    said = handeye(case.suite.name, "diagnose", tmp_path / "same")
    assert "one and the same answer" in " ".join(said.split())


def _form(row: dict[str, Any]) -> str:
    """What an answer looks like but for what it says: the kind of its question."""
    text = str(row["raw_text"])
    return "count" if "COUNT" in text else "submit" if "SUBMIT" in text else "other"


# ---- several runs


def test_runs_of_one_model_have_names_of_their_own(case: Case, tmp_path: Path) -> None:
    for parent in ("a", "b"):
        shutil.copytree(case.run("right"), tmp_path / parent / "run")
    runs = [tmp_path / "a" / "run", tmp_path / "b" / "run"]
    found = tmp_path / "found.json"
    handeye("compare", *runs, "--json", found, "--out", tmp_path / "compare.html")
    labels = [run["label"] for run in json_of(found)["runs"]]
    assert len(set(labels)) == 2
    handeye("report", *runs, "--out", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert all(label in page for label in labels)


def test_an_adjusted_model_is_told_from_the_model_itself(case: Case, tmp_path: Path) -> None:
    raw, out = case.run("right"), tmp_path / "adjusted"
    shutil.copytree(raw, out)
    told = {"sha256": "0" * 64, "alpha": 0.05, "level": 0.95, "shut": False}
    plan, record = json_of(out / "plan.json"), json_of(out / "run.json")
    plan["model_args"]["adjuster"] = f"sha256:{told['sha256']}"
    plan["scoring"] = {**plan.get("scoring", {}), "adjuster": told}
    (out / "plan.json").write_text(json.dumps(plan))
    # A run of before: its record has nothing but the argument.
    record["model_args"]["adjuster"] = "adjuster.json"
    (out / "run.json").write_text(json.dumps(record))
    found = tmp_path / "found.json"
    handeye("compare", raw, out, "--json", found)
    assert json_of(found)["runs"][1]["label"] == "handeye/simulated (adjusted)"
    case.score(out / "predictions.jsonl", out)
    name = "handeye/simulated (adjusted, alpha .05)"
    assert json_of(out / "summary.json")["adjusted"] == "adjusted, alpha .05"
    assert name in " ".join(handeye(case.suite.name, "diagnose", out).split())
    said = " ".join(handeye("compare", raw, out).split())
    assert f"B {name}" in said
    assert "B is the model of A, asked in the same way, with an adjuster" in said
    handeye("report", raw, out, "--out", tmp_path / "r.html")
    assert f"<dd>{name}" in (tmp_path / "r.html").read_text()


def test_a_run_compared_with_itself_shows_no_difference(case: Case, tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    handeye("compare", case.run("faulty"), case.run("faulty"), "--json", found)
    rows = _rows(json_of(found))
    assert rows
    assert {row["verdict"] for row in rows} <= {"none", "unknown"}
    assert {row["difference"]["value"] for row in rows} <= {0.0, None}
    run, again = case.run("right"), case.run("right") / ".." / "right"
    for words in (["compare", run, again], ["report", run, again, "--out", tmp_path / "r.html"]):
        _, said = _streams(*words)
        assert f"warning: {again} is given 2 times" in said.replace("\n", " ")
        assert "next: handeye compare" not in said


def test_differences_are_the_second_run_minus_the_first(case: Case, tmp_path: Path) -> None:
    case.ask(tmp_path / "worse", case.kit.more_faults)
    found = tmp_path / "found.json"
    handeye("compare", case.run("right"), tmp_path / "worse", "--json", found)
    rows = _rows(json_of(found))
    measured = [row for row in rows if row["difference"]["value"] is not None]
    for row in measured:
        wanted = row["second"]["value"] - row["first"]["value"]
        assert row["difference"]["value"] == pytest.approx(wanted, abs=1e-6)
    passes = [row for row in measured if row["sense"] == "pass"]
    assert min(row["difference"]["value"] for row in passes) < 0
    assert max(row["difference"]["value"] for row in passes) <= 0


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for pair in found["pairs"] for family in pair["families"] for row in family["rows"]]


def test_a_folder_of_two_runs_plans_their_difference(case: Case, tmp_path: Path) -> None:
    runs = [case.run("right"), case.run("faulty")]
    named = {"suite": case.suite.name, "runs": [{"folder": str(run)} for run in runs]}
    (tmp_path / "ablation.json").write_text(json.dumps(named))
    together, apart = (handeye(case.suite.name, "scenes", *given) for given in ([tmp_path], runs))
    assert "to see a difference of 3 points" in together
    assert together == apart
    assert "intervals of ±3 points" in handeye(case.suite.name, "scenes", runs[1])


def test_runs_of_two_suites_are_refused_in_one_way(tmp_path: Path, case: Case) -> None:
    other = next(suite.name for suite in all_suites() if suite.name != case.suite.name)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    record = json_of(case.run("right") / "run.json") | {"suite": other}
    (stranger / "run.json").write_text(json.dumps(record))
    said = {
        handeye("compare", case.run("right"), stranger, code=2),
        handeye("report", case.run("right"), stranger, "--out", tmp_path / "no.html", code=2),
    }
    assert len(said) == 1
    (refusal,) = said
    assert all(word in refusal for word in (case.suite.name, other, "stranger"))
    assert not (tmp_path / "no.html").exists()
    assert suite_of_runs([case.run("right")]).name == case.suite.name


def test_a_run_that_names_no_suite_is_known_by_its_content(case: Case, tmp_path: Path) -> None:
    run = tmp_path / "old"
    shutil.copytree(case.run("right"), run)
    (run / "plan.json").unlink()
    record = json_of(run / "run.json")
    del record["suite"]
    (run / "run.json").write_text(json.dumps(record))
    assert suite_of_runs([run]).name == case.suite.name
    handeye("report", run, "--out", tmp_path / "report.html")


def test_runs_over_different_sets_are_told_apart(
    case: Case, other_set: Path, tmp_path: Path
) -> None:
    case.ask(tmp_path / "run", "", other_set)
    said = handeye("report", case.run("right"), tmp_path / "run", "--out", tmp_path / "r.html")
    assert "warning: the runs were scored against" in said
    assert "<b>Different sets.</b>" in (tmp_path / "r.html").read_text()
    said = handeye("compare", case.run("right"), tmp_path / "run", code=2)
    assert "set" in said


def test_a_simulated_run_goes_on_after_its_set_has_moved(case: Case, tmp_path: Path) -> None:
    first = tmp_path / "first"
    shutil.copytree(case.set, first)
    case.ask(tmp_path / "run", "", first)
    journal = tmp_path / "run" / "answers.jsonl"
    kept = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(kept[: len(kept) // 2]))
    (tmp_path / "run" / "run.json").unlink()
    first.rename(tmp_path / "second")
    case.ask(tmp_path / "run", "", tmp_path / "second")
    assert keys(journal) == keys(case.run("right") / "answers.jsonl")
    assert journal.read_bytes().startswith(b"".join(kept[: len(kept) // 2]))


def test_a_diagnosis_gives_each_failed_item_one_reason(case: Case) -> None:
    import polars as pl

    handeye(case.suite.name, "diagnose", case.run("faulty"))
    reasons = pl.read_parquet(case.run("faulty") / "reasons.parquet")
    assert case.kit.item_id in reasons.columns
    failed = reasons.filter(~pl.col("passed"))
    assert failed.height > 0
    assert failed["reason"].null_count() == 0
    assert reasons.filter("passed")["reason"].drop_nulls().is_empty()


def test_a_run_that_has_lost_rows_is_no_run(case: Case, tmp_path: Path) -> None:
    import polars as pl

    run = tmp_path / "run"
    shutil.copytree(case.run("faulty"), run)
    rows = pl.read_parquet(run / "scores.parquet")
    rows.head(rows.height - 1).write_parquet(run / "scores.parquet")
    said = " ".join(handeye(case.suite.name, "diagnose", run, code=2).split())
    assert f"holds {rows.height - 1} rows, run.json counts {rows.height}" in said


def test_two_runs_of_one_model_are_diagnosed_under_names_of_their_own(case: Case) -> None:
    said = handeye(case.suite.name, "diagnose", case.run("right"), case.run("faulty"))
    lines = said.splitlines()
    assert "handeye/simulated (right)" in lines
    assert "handeye/simulated (faulty)" in lines


def test_scores_of_a_run_made_anew_forget_nothing_of_it(case: Case, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(case.run("faulty"), run)
    handeye(case.suite.name, "diagnose", run)
    before, kept = json_of(run / "run.json"), hashes(run)
    case.score(run / "predictions.jsonl", run)
    after = json_of(run / "run.json")
    for record in (before, after):
        for name in ("created", "predictions", "scoring", "data", "allow_missing", "mapping"):
            record.pop(name, None)
    assert after == before
    assert {"generation", "engine", "tokens", "selection"} <= set(after)
    changed = {name for name, digest in hashes(run).items() if kept.get(name) != digest}
    assert changed == {"run.json"}
    assert {"diagnosis.json", "reasons.parquet"} <= set(hashes(run))
    rows = predictions_of(run)
    written(run / "predictions.jsonl", [rows[0] | {"raw_text": "nothing"}, *rows[1:]])
    case.score(run / "predictions.jsonl", run)
    assert "generation" in json_of(run / "run.json")
    assert not (run / "diagnosis.json").exists(), "it was of other scores"


# ---- from Python


def python(case: Case) -> Any:
    return import_module(f"handeye.{case.suite.name}")


def ask(case: Case, function: Any, out: Path | None = None, **more: Any) -> Any:
    options = dict(zip(case.kit.run[::2], case.kit.run[1::2], strict=True))
    given = {name.removeprefix("--"): value for name, value in options.items()}
    given |= dict(case.kit.seen)
    return python(case).run(function, case.set, out, progress=False, **given, **more)


def test_the_names_are_the_same_and_listed_without_an_import(case: Case) -> None:
    names = ["compare", "describe", "diagnose", "generate", "load", "read_run", "report", "run"]
    names += ["score", "score_files", "summarize", "verify"]
    code = f"import sys; from handeye import {case.suite.name} as suite; before = set(sys.modules)"
    code += "; print(dir(suite)); print(set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    listed, imported = done.stdout.splitlines()
    assert set(names) <= set(literal_eval(listed))
    assert literal_eval(listed) == sorted(python(case).__all__)
    assert imported == "set()"


def few(case: Case) -> dict[str, Any]:
    """The part of the set that a smaller run asks, as Python is told."""
    option, number = smaller(case)
    return {option.removeprefix("--"): int(number)}


def test_a_function_is_asked_as_any_model_is(case: Case, tmp_path: Path) -> None:
    seen: list[tuple[Any, str]] = []
    broken = True

    def answer(pictures: Any, prompt: str) -> str | None:
        seen.append((pictures, prompt))
        if len(seen) == 2:
            return None
        if len(seen) == 3 and broken:
            raise ValueError("no such luck")
        return "DONE"

    out = tmp_path / "run"
    run = ask(case, answer, out, name="mine", **few(case))
    assert run == out, "wherever a path is taken, it is one"
    assert run.plot.glance, "it is what read_run gives"
    assert all(p.mode == "RGB" for pictures, _ in seen for p in pictures)
    for pictures, prompt in seen:
        places = [prompt.index(f"<picture {k}>") for k in range(1, len(pictures) + 1)]
        assert places == sorted(places)
        assert len(places) > 0
    states = {row["state"]: row for row in predictions_of(out)}
    assert (states["empty"]["raw_text"], states["answered"]["raw_text"]) == ("", "DONE")
    assert "ValueError: no such luck" in states["error"]["error"]
    plan = json_of(out / "plan.json")
    assert plan["model"] == "python/mine"
    assert {row["model"] for row in journal_of(out)} == {"python/mine"}
    assert list((out / "logs").glob("*.eval"))
    asked, broken = len(seen), False
    again = ask(case, answer, out, name="mine", **few(case))
    assert len(seen) == asked + 1, "only the failure was asked again"
    assert not again.info["states"]["error"]
    with pytest.raises(RunError, match="holds another run"):
        ask(case, answer, out, name="another", **few(case))
    with pytest.raises(RunError, match="give name="):
        ask(case, answer, out, **few(case))
    assert len(seen) == asked + 1


def test_a_function_without_a_name_owns_no_folder(case: Case, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ask(case, lambda pictures, prompt: "DONE", out, **few(case))
    assert "<lambda>" in json_of(out / "plan.json")["model"]
    kept = hashes(out)
    for name in (None, json_of(out / "plan.json")["model"].removeprefix("python/")):
        with pytest.raises(RunError, match=r"give name=|holds another run"):
            ask(case, lambda pictures, prompt: "NO", out, name=name, **few(case))
    assert hashes(out) == kept


def test_lists_and_coroutines(case: Case) -> None:
    sizes: list[int] = []

    def many(prompt: list[str], pictures: list[Any]) -> list[str]:
        sizes.append(len(prompt))
        assert len(pictures) == len(prompt)
        return [f"{len(one)}" for one in prompt]

    async def one(pictures: Any, prompt: str) -> str:
        return f"{len(prompt)}"

    texts = [
        [row["raw_text"] for row in predictions_of(ask(case, function, **more, **few(case)))]
        for function, more in ((many, {"batch": 3}), (one, {}))
    ]
    assert texts[0] == texts[1]
    assert sum(sizes) == len(texts[0])
    assert 1 < max(sizes) <= 3


def test_results_say_themselves(case: Case, tmp_path: Path) -> None:
    suite = python(case)
    run, other = (suite.read_run(case.run(name)) for name in ("right", "faulty"))
    items = suite.load(case.set)
    results = [items, run, run.summary, suite.diagnose(other), suite.describe(case.set)]
    results += [suite.compare([run, other], resamples=100), suite.verify(case.set, workers=1)]
    for result in results:
        assert len(repr(result)) < 6000
        assert " at 0x" not in repr(result)
        assert result._repr_html_().startswith("<div>")
        assert isinstance(result.to_dict(), dict)
        json.dumps(result.to_dict())
        assert result.to_pandas() is not None
    refused = other.summary["states"]["refused"]
    assert f"not answered: {refused} refused" in repr(other)
    assert "not answered" not in repr(run)
    assert len(run.to_pandas()) == run.summary[f"n_{case.suite.unit}"]
    first = items[0]
    identity = getattr(first, case.kit.item_id)
    assert items[identity] == first
    assert list(items[1:3]) == list(items)[1:3]
    assert len(items[:2]) == 2
    with pytest.raises(KeyError):
        items["nobody"]
    assert suite.report(run, tmp_path / "page.html") == tmp_path / "page.html"


def test_levels_that_are_compared_stand_beside_the_best_constant_answer(
    case: Case, tmp_path: Path
) -> None:
    runs = [case.run("right"), case.run("faulty")]
    page, file = tmp_path / "page.html", tmp_path / "compare.json"
    said = handeye("compare", *runs, "--all", "--out", page, "--json", file)
    opened = [case.suite.open_run(run) for run in runs]
    places = {
        (family.key, one.key): one.chance
        for family, one in case.suite.quantities(opened, reasons=False).each()
        if one.chance
    }
    (pair,) = json.loads(file.read_text())["pairs"]
    rows = {(f["key"], row["key"]): row for f in pair["families"] for row in f["rows"]}
    own = {
        (table.key, "/".join(filter(None, row.path)), column.key): cell
        for table in case.suite.tables(opened[0].summary)
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
    }
    looks = opened[0].looks()
    assert looks is not None
    beside = {key: place for key, place in places.items() if "chance" in rows[key]}
    assert len(beside) >= 5
    for key, (table, row, column) in beside.items():
        assert rows[key]["chance"] == plain(looks.chance[table][row][column])
        # The same figure as the one it stands beside.
        assert rows[key]["first"]["value"] == pytest.approx(own[table, row, column].value)
    families = {family for family, _ in beside}
    assert said.count("best constant answer: ") == len(families)
    columns = re.findall(r'title="best constant answer[^"]*">constant<', page.read_text())
    assert len(columns) == len(families)


def charts_of(plots: Any) -> Iterator[Any]:
    for name in plots:
        with suppress(OptionError):  # too little was run for this one
            yield getattr(plots, name)


def test_charts_stand_alone(case: Case, tmp_path: Path) -> None:
    suite = python(case)
    run = suite.read_run(case.run("faulty"))
    found = suite.diagnose(run, resamples=0)
    drawn = [run.plot, suite.compare([case.run("right"), run], resamples=100).plot, found.plot]
    assert next(iter(run.plot)) == "glance"
    assert "best constant answer" in run.plot.glance
    names = [re.findall(r">([a-z][a-z ]+)</text>", p.reasons) for p in (run.plot, found.plot)]
    assert names[0] == names[1]
    assert names[0], "reasons have names"
    for plots in drawn:
        assert dir(plots) == sorted(plots)
        for chart in charts_of(plots):
            root = ElementTree.fromstring(chart._repr_svg_())
            assert root.tag.endswith("svg")
            assert not re.search(r"var\(|class=", chart)
            assert chart.save(tmp_path / "x.svg").read_text("utf-8") == chart == chart()
    assert all(list(charts_of(plots)) for plots in drawn)
    assert any(len(list(plots)) > 2 for plots in drawn)
    with pytest.raises(AttributeError, match="no chart 'nothing'"):
        drawn[0].nothing  # noqa: B018


def test_scores_of_python_are_summarized(case: Case) -> None:
    suite = python(case)
    answers = {row[case.kit.item_id]: row["raw_text"] for row in predictions_of(case.run("right"))}
    more = {"embedder": case.kit.run[1]} if "--embedder" in case.kit.run else {}
    scores = suite.score(answers, case.set, allow_missing=True, **more)
    head = suite.summarize(scores)["bases"]["all"]["headline"]
    left_out = ("gap", *case.kit.mistakes)
    assert min(one["value"] for name, one in head.items() if name not in left_out) == (
        case.kit.perfect
    )


def test_wrong_kinds_of_arguments_are_named(case: Case, tmp_path: Path) -> None:
    suite, out = python(case), tmp_path / "no"
    for call, words in (
        (lambda: suite.run("handeye/simulated", 7, out), "run: data must be a text or a path"),
        (lambda: suite.run("handeye/simulated", case.set, out, sceens=1), "no 'sceens'"),
        (lambda: suite.run("a/b", case.set, out, max_connections="1"), "max_connections must be"),
        (lambda: suite.run(lambda pictures: "", case.set, out), "must take pictures and prompt"),
        (lambda: suite.run(3, case.set, out), "model must be a name"),
        (lambda: suite.run("a/b", case.set, out, name="x"), "name= is for a function"),
        (lambda: suite.generate(out, seed="7"), "generate: seed must be a whole number, got '7'"),
        (lambda: suite.load(""), "load: data is empty: '' is no file and no folder"),
        (lambda: suite.run("handeye/simulated", case.set, ""), "run: out is empty"),
        (lambda: suite.generate(out, sed=7), "generate: no argument 'sed'; did you mean seed?"),
        (lambda: suite.describe(case.set, zzz=7), "describe: no argument 'zzz'; it takes data"),
        (lambda: suite.report(case.run("right")), "report: out is missing"),
        (lambda: suite.diagnose(), "diagnose: run is missing"),
        (
            lambda: suite.run("handeye/simulated", case.set, out, model_args={"faults": "mis=1"}),
            "unknown fault 'mis'; allowed: ",
        ),
        (lambda: suite.load(None), "load: data must be a text or a path"),
        (lambda: suite.score(3, case.set), "score: predictions must be"),
        (lambda: suite.summarize(3), "scores must be"),
        (lambda: suite.diagnose(3), "diagnose: run must be"),
        (lambda: suite.compare([case.run("right"), 3]), "a run is a folder"),
        (lambda: suite.report(case.run("right"), 3), "report: out must be"),
        (lambda: suite.verify(case.set, workers="2"), "verify: workers must be a whole number"),
    ):
        with pytest.raises(HandeyeError, match=re.escape(words)) as caught:
            call()
        assert "\n" not in str(caught.value)
    assert not out.exists()


# ---- first use


_FEWER = {
    "rose": (["--scenes", "4"], ["--scenes", "8"]),
    "visualact": (["--clips", "3"], ["--clips", "6"]),
    "premise": (["--families", "2"], ["--families", "3"]),
    "stress": (["--groups", "2"], ["--groups", "4"]),
    "contexts": (["--scenes", "3"], ["--scenes", "6"]),
}


def smaller(case: Case) -> list[str]:
    return _FEWER[case.suite.name][0]


def larger(case: Case) -> list[str]:
    return _FEWER[case.suite.name][1]


def journal_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "answers.jsonl").read_text().splitlines()]


def test_a_run_grows_and_never_shrinks(case: Case, begun: Path, tmp_path: Path) -> None:
    shutil.copytree(begun, out := tmp_path / "run")
    before, plan = journal_of(out), json_of(out / "plan.json")
    case.ask(out, case.kit.faults, None, *larger(case))
    after = journal_of(out)
    assert after[: len(before)] == before, "nothing of the old is touched"
    answered = {row["request"] for row in before if row["state"] != "error"}
    assert not answered & {row["request"] for row in after[len(before) :]}, "nor asked again"
    grown = json_of(out / "plan.json")
    assert grown["items"] > plan["items"]
    assert json_of(out / "run.json")["n_expected"] == grown["items"]
    case.ask(whole := tmp_path / "whole", case.kit.faults, None, *larger(case))
    told = [[row["raw_text"] for row in predictions_of(run)] for run in (out, whole)]
    assert told[0] == told[1], "as if it had been asked at once"
    kept = hashes(out)
    words = ["--model", "handeye/simulated", "--data", case.set, "--out", out]
    faults = ["--model-arg", f"faults={case.kit.faults}"]
    said = handeye(
        *("run", case.suite.name, *words, *faults, *case.kit.run, *smaller(case)), code=2
    )
    gone = grown["items"] - plan["items"]
    assert f"{gone} of the old ones are not selected" in " ".join(said.split())
    assert hashes(out) == kept, "nothing was changed"


def test_other_rows_do_not_grow(case: Case, other_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    data = ["--model-arg", f"data={case.set}"]
    case.ask(out, "", None, *smaller(case), *data)
    kept = hashes(out)
    words = ["--model", "handeye/simulated", "--data", other_set, "--out", out, *data]
    said = handeye("run", case.suite.name, *words, *case.kit.run, *larger(case), code=2)
    assert "the rows are not those it was started with" in " ".join(said.split())
    assert hashes(out) == kept


def test_a_kill_while_a_run_grows_leaves_one_of_the_two(
    case: Case, begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(begun, out := tmp_path / "run")
    journal = (out / "answers.jsonl").read_bytes()
    renamed = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if Path(target).name == "plan.json":
            raise KeyboardInterrupt
        return renamed(self, target)

    plan = (out / "plan.json").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises((AssertionError, KeyboardInterrupt)):
            case.ask(out, case.kit.faults, None, *larger(case))
    assert (out / "plan.json").read_bytes() == plan
    assert (out / "answers.jsonl").read_bytes() == journal
    shutil.copytree(out, other := tmp_path / "other")
    case.ask(out, case.kit.faults, None, *smaller(case))
    assert json_of(out / "run.json")["n_expected"] == json.loads(plan)["items"]
    case.ask(other, case.kit.faults, None, *larger(case))
    assert json_of(other / "run.json")["n_expected"] > json.loads(plan)["items"]


@pytest.fixture
def stopped(case: Case, tmp_path: Path) -> Path:
    """A run of which the first half is answered, held as a process at work holds it."""
    shutil.copytree(case.run("faulty"), out := tmp_path / "stopped")
    lines = (out / "answers.jsonl").read_bytes().splitlines(keepends=True)
    for one in list(out.iterdir()):
        if one.name not in ("plan.json", "answers.jsonl"):
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    torn = lines[len(lines) // 2][:20]
    (out / "answers.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]) + torn)
    return out


def so_far(stopped: Path) -> str:
    answered = {
        row["item_id"]
        for line in (stopped / "answers.jsonl").read_bytes().split(b"\n")[:-1]
        if (row := json.loads(line))["state"] != "error"
    }
    return f"{len(answered)} of {json_of(stopped / 'plan.json')['items']}"


def test_an_unfinished_run_can_be_looked_at(case: Case, stopped: Path, tmp_path: Path) -> None:
    kept, counts, name = hashes(stopped), so_far(stopped), case.suite.name
    words = f"so far: {counts} {case.suite.unit} answered"
    with held(stopped):  # whoever looks neither waits nor writes
        said = " ".join(handeye(name, "score", stopped).split())
        assert said.count(words) >= 2, "at the head and beneath the figures"
        assert "written to" not in said
        assert not ("all items" in said and "answered items" in said), "the same figures twice"
        handeye(name, "score", stopped, "--out", tmp_path / "aside")
        handeye("report", stopped, case.run("right"), "--out", tmp_path / "r.html")
        out = ["--common", "--json", tmp_path / "c.json", "--out", tmp_path / "c.html"]
        compared = handeye("compare", case.run("right"), stopped, *out)
        diagnosed = handeye(name, "diagnose", stopped)
        told = handeye(name, "diagnose", stopped, "--json")
        if name == "rose":
            looked = handeye("rose", "bridge", stopped, code=2)
            assert f"{stopped.resolve()}: holds no bridge items" in looked
        if name == "visualact":
            looked = handeye(name, "rank", case.run("right"), stopped, "--common")
            assert words in " ".join(looked.split())
        refused = handeye(name, "score", stopped, "--out", stopped, code=2)
    assert hashes(stopped) == kept, "nothing of the run was touched"
    assert "not finished" in refused
    summary = json_of(tmp_path / "aside" / "summary.json")
    assert (summary["so_far"], summary["partial"]) == (True, True)
    assert summary["note"].startswith(words)
    assert json_of(tmp_path / "aside" / "run.json")["so_far"]["run"] == str(stopped.resolve())
    for table in (tmp_path / "aside" / "tables").glob("*.csv"):
        rows = list(csv.DictReader(io.StringIO(table.read_text())))
        assert all(words in row["note"] for row in rows), table.name
    for table in (tmp_path / "aside" / "tables").glob("*.tex"):
        assert f"so far, {counts}" in table.read_text(), table.name
    for page in ("r.html", "c.html"):
        assert f"so far: {counts}" in (tmp_path / page).read_text()
    assert "every figure is over those" in (tmp_path / "r.html").read_text()
    runs = json_of(tmp_path / "c.json")["runs"]
    assert [run.get("so_far", "") for run in runs] == ["", summary["note"]]
    assert runs[1]["path"] == str(stopped.resolve())
    for text in (compared, diagnosed):
        assert words in " ".join(text.split()), text
    assert json.loads(told[told.index("{") :])["note"].startswith(words)


def test_csv_is_not_read_and_a_row_is_shown(case: Case, tmp_path: Path) -> None:
    name, unit = case.suite.name, case.suite.unit.removesuffix("s")
    (tmp_path / "p.csv").write_text(f"{unit}_id,raw_text\na,b\n")
    told = " ".join(case.score(tmp_path / "p.csv", tmp_path / "x", code=2).split())
    assert "CSV is not read; a row is a line of JSON like" in told
    assert f'{{"{unit}_id": "...", "raw_text": "..."}}' in told
    assert "polars.read_csv(" in told
    (tmp_path / "p.tsv").write_text(f"{unit}_id\traw_text\na\tb\n")
    (tmp_path / "p.parquet").write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    (tmp_path / "p.json").write_text('[{"a": 1}]')
    for file, kind in (("p.tsv", "TSV"), ("p.parquet", "Parquet"), ("p.json", "JSON")):
        told = " ".join(case.score(tmp_path / file, tmp_path / "x", code=2).split())
        assert f"{kind} is not read; a row is a line of JSON like" in told
    told = " ".join(case.score(tmp_path, tmp_path / "x", code=2).split())
    assert "is a folder; give the JSONL file" in told
    assert not (tmp_path / "x").exists()
    (tmp_path / "p.jsonl").write_text("COUNT(1)\n")
    told = " ".join(case.score(tmp_path / "p.jsonl", tmp_path / "x", code=2).split())
    assert f'"{unit}_id": "..."' in told
    assert "CSV" not in told
    assert f"{unit}_id and raw_text" in " ".join(
        handeye(name, "score", "--help").replace("│", " ").split()
    )


def test_all_answered_but_not_scored_is_said_so(case: Case, tmp_path: Path) -> None:
    shutil.copytree(case.run("right"), out := tmp_path / "answered")
    asked = json_of(out / "run.json")
    for one in list(out.iterdir()):
        if one.name not in ("plan.json", "answers.jsonl"):
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    handeye("report", out, "--out", tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    n = json_of(out / "plan.json")["items"]
    assert f"all {n} {case.suite.unit} are answered, but not scored yet as a whole" in page
    assert "will change" not in page
    handeye(case.suite.name, "score", out, "--out", tmp_path / "aside")
    looked = json_of(tmp_path / "aside" / "run.json")
    for name in json_of(out / "plan.json").get("asked", {}):
        assert looked[name] == asked[name], name
    assert "not recorded in run.json" not in page


def test_what_is_looked_at_goes_on_and_is_whole(case: Case, stopped: Path) -> None:
    handeye(case.suite.name, "score", stopped)
    case.ask(stopped, case.kit.faults)
    assert json_of(stopped / "summary.json").get("so_far") is None
    runs = (stopped, case.run("faulty"))
    texts = [[row["raw_text"] for row in predictions_of(run)] for run in runs]
    assert texts[0] == texts[1]


def test_without_an_answer_there_is_nothing_to_look_at(case: Case, stopped: Path) -> None:
    (stopped / "answers.jsonl").write_bytes(b"")
    for command in ("report", "compare"):
        more = ["--out", "x.html"] if command == "report" else [case.run("right")]
        assert "nothing is answered so far" in " ".join(
            handeye(command, stopped, *more, code=2).split()
        )


def test_what_small_was_not_made_for_is_said(case: Case, tmp_path: Path) -> None:
    words = ["--data", case.set, "--out", tmp_path / "x", *case.kit.run, "--dry-run"]
    said = " ".join(handeye("run", case.suite.name, "--model", "handeye/small", *words).split())
    assert "handeye/small was not made for" in said


# ---- commands read alike


def _streams(*words: object, code: int = 0) -> tuple[str, str]:
    """What a command says on stdout and on stderr, 80 columns wide."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", "80")
        patch.setattr(sys, "argv", ["handeye", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert (ended.value.code or 0) == code, f"{words}\n{out.getvalue()}\n{err.getvalue()}"
    return out.getvalue(), err.getvalue()


def test_each_step_says_the_next_one_up_to_the_page(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words: list[str] = [case.suite.name, "generate", "my set", "--seed", "7", *case.kit.generate]
    went = []
    for _ in range(9):
        went.append(words[1] if words[0] == case.suite.name else words[0])
        extra = case.kit.run if words[0] == "run" else ()
        out, told = _streams(*words, *extra)
        assert "next: " not in out
        (step,) = re.findall("^next: (.+)$", told, re.MULTILINE)
        if step.startswith("open "):
            break
        first, *words = shlex.split(step)
        assert first == "handeye"
    assert went == ["generate", "verify", "run", "diagnose", "report"]
    assert step == "open report.html in a browser"
    assert (tmp_path / "report.html").is_file()


def test_quiet_leaves_no_word_beside_what_was_found(case: Case, tmp_path: Path) -> None:
    name, run = case.suite.name, case.run("right")
    scored = ("--data", case.set, "--out", tmp_path / "s", *case.kit.score)
    for words in (
        (name, "generate", tmp_path / "set", "--seed", "7", *case.kit.generate),
        (name, "describe", case.set),
        (name, "verify", case.set),
        (name, "score", run / "predictions.jsonl", *scored),
        (name, "diagnose", run),
        (name, "scenes", case.run("faulty")),
        (name, "cost", run, case.run("faulty")),
        ("compare", run, case.run("faulty")),
    ):
        out, told = _streams(*words, "--quiet")
        assert out, words
        assert not told, words
    _, told = _streams("compare", run, case.run("faulty"))
    step = ["compare", run, case.run("faulty"), "--out", "compare.html"]
    assert told.splitlines()[-1] == f"next: handeye {shlex.join(map(str, step))}"


def test_json_on_the_screen_is_alone_and_is_that_of_the_file(case: Case, tmp_path: Path) -> None:
    name, run, faulty = case.suite.name, case.run("right"), case.run("faulty")
    scored = ("--data", case.set, "--out", tmp_path / "s", *case.kit.score)
    asked = ("--model", "handeye/simulated", "--data", case.set, "--out", run, *case.kit.run)
    for words in (
        (name, "describe", case.set),
        (name, "verify", case.set),
        ("run", name, *asked),
        ("run", name, *asked[:4], "--out", tmp_path / "dry", *case.kit.run, "--dry-run"),
        (name, "score", run / "predictions.jsonl", *scored),
        (name, "diagnose", faulty),
        (name, "scenes", faulty),
        (name, "cost", faulty),
        ("compare", run, faulty),
        ("suites",),
        ("models",),
    ):
        shown, told = _streams(*words, "--json")
        assert "next: " not in told, words
        found = json.loads(shown)
        if "--dry-run" in words or words[1:2] == ("score",):
            continue
        file = tmp_path / f"{words[1] if len(words) > 1 else words[0]}-{len(words)}.json"
        out, _ = _streams(*words, "--json", file)
        assert f"written to {file}" in out, words
        assert len(out.splitlines()) > 1, words
        assert json_of(file) == found, words


def test_what_is_printed_fits_a_screen(case: Case) -> None:
    name = case.suite.name
    for words in ((case.set,), (case.set, case.set)):
        shown = handeye(name, "describe", *words, "--quiet").splitlines()
        assert 24 <= len(shown) <= 40
        assert max(map(len, shown)) <= 80
        assert "--all shows" in "".join(shown)
        whole = handeye(name, "describe", *words, "--all", "--quiet").splitlines()
        assert len(whole) > 2 * len(shown)
        assert "…" not in "".join(whole)
