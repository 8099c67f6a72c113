"""A suite of another package, joined by its entry point, is a suite like every other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handeye.cli import app
from handeye.suites import TAKEN, all_suites

TOY = Path(__file__).parent / "support" / "toy"


def handeye(*words: object, path: Path = TOY, code: int = 0) -> str:
    paths = os.pathsep.join(filter(None, [str(path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "handeye", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "80"},
    )
    assert done.returncode == code, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_it_stands_in_every_list() -> None:
    assert "Sums of two numbers" in handeye("suites")
    assert "sums" in handeye("--help")
    assert "sums" in handeye("run", "--help")


def test_it_goes_the_whole_way(tmp_path: Path) -> None:
    data = tmp_path / "set"
    handeye("sums", "generate", data, "--seed", "3")
    for name, wrong in (("right", 0), ("half", 0.5)):
        words = ["--model", "handeye/adder", "--data", data, "--wrong", wrong]
        said = handeye("run", "sums", *words, "--out", tmp_path / name)
        assert "right: 1.00" in said if not wrong else "right: 1.00" not in said
    record = json.loads((tmp_path / "right" / "run.json").read_text())
    assert record["suite"] == "sums"
    assert (tmp_path / "right" / "tables" / "right.csv").exists()
    scored = tmp_path / "right" / "predictions.jsonl"
    assert "1.00" in handeye("sums", "score", scored, "--data", data, "--out", tmp_path / "again")
    found = tmp_path / "found.json"
    said = handeye("compare", tmp_path / "right", tmp_path / "half", "--json", found)
    row = json.loads(found.read_text())["pairs"][0]["families"][0]["rows"][0]
    assert row["difference"]["value"] < 0
    assert row["verdict"] == "first_better"
    assert max(len(line) for line in said.splitlines() if line[:1] in "│┃") <= 80
    # What it has no commands for, it has from the frame.
    assert "first number" in handeye("sums", "describe", data)
    assert "20 items: nothing wrong" in handeye("sums", "verify", data)
    assert "right" in handeye("sums", "scenes", tmp_path / "half", "--points", "5")
    handeye("report", tmp_path / "right", tmp_path / "half", "--out", tmp_path / "report.html")
    assert "1.00" in (tmp_path / "report.html").read_text()


def test_inspect_asks_the_same(tmp_path: Path) -> None:
    handeye("sums", "generate", tmp_path / "set", "--seed", "3")
    words = ["--model", "handeye/adder", "--data", tmp_path / "set", "--out", tmp_path / "run"]
    handeye("run", "sums", *words)
    code = (
        "import sys, inspect_ai; from pathlib import Path; from handeye.suites import get\n"
        "task = get('sums').task(sys.argv[1], sys.argv[2])\n"
        "log = inspect_ai.eval(task, model='handeye/adder', display='none', log_dir=sys.argv[3])\n"
        "assert log[0].status == 'success', log[0].error"
    )
    journal = tmp_path / "answers.jsonl"
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "set", journal, tmp_path / "logs"],
        check=True,
        env={**os.environ, "PYTHONPATH": str(TOY)},
    )

    def keys(path: Path) -> set[str]:
        return {json.loads(line)["request"] for line in path.read_bytes().splitlines()}

    assert keys(journal) == keys(tmp_path / "run" / "answers.jsonl")


def test_a_suite_that_is_not_installed_any_more_is_named(tmp_path: Path) -> None:
    handeye("sums", "generate", tmp_path / "set", "--seed", "3")
    words = ["--model", "handeye/adder", "--data", tmp_path / "set", "--out", tmp_path / "run"]
    handeye("run", "sums", *words)
    out = tmp_path / "report.html"
    said = handeye("report", tmp_path / "run", "--out", out, path=tmp_path, code=2)
    assert "no suite is called 'sums'" in said


WORKING = "from dataclasses import replace\nfrom handeye.suite import Part\nimport toy_suite\n"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise ValueError('not today')", "ValueError: not today"),
        ("SUITE = 1", "broken_suite:SUITE is no handeye.suite.Suite"),
        *(
            (f"SUITE = replace(toy_suite.SUITE, name={name!r})", f"the name {name!r} is taken")
            for name in ("report", "rose", "", "../x")
        ),
        *(
            (
                f"SUITE = replace(toy_suite.SUITE, name='own', {part}=Part('toy_suite:nothing'))",
                "module 'toy_suite' has no attribute 'nothing'",
            )
            for part in ("commands", "run_command")
        ),
    ],
)
def test_a_broken_plugin_is_told_and_left_out(code: str, told: str, tmp_path: Path) -> None:
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[handeye.suites]\nbroken = broken_suite:SUITE\n")
    (tmp_path / "broken_suite.py").write_text(f"{WORKING}{code}\n")
    (tmp_path / "toy_suite.py").write_text((TOY / "toy_suite.py").read_text("utf-8"), "utf-8")
    said = handeye("suites", path=tmp_path)
    assert "the suite broken is left out: " in said
    assert told in said
    assert "rose" in said


def test_no_suite_takes_the_name_of_a_command() -> None:
    named = [group.name for group in app.registered_groups]
    named += [command.name for command in app.registered_commands]
    assert set(TAKEN) == set(named) - {suite.name for suite in all_suites()}
