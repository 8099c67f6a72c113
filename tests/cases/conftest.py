"""What people meet in the field: servers that misbehave, on a small set, and the command line."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handeye.rose.asking.run import run_rose
from tests.support.chat_server import ChatServer, Request
from tests.support.rose.small_set import write_set

MODEL = "openai-api/handeye-test/m"
Rows = list[dict[str, Any]]


@pytest.fixture(scope="session", autouse=True)
def _quick(quick_senders: None) -> None:
    """What answers come through starts at once."""


@pytest.fixture(scope="session")
def two_scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes of five items."""
    return write_set(tmp_path_factory.mktemp("two"), 2)


@pytest.fixture(scope="session")
def gold(two_scenes: Path) -> Callable[[Request], str]:
    """The right answer to a request about ``two_scenes``."""
    rows = read_lines(two_scenes / "metadata_test.jsonl")
    known = {
        ((two_scenes / row["image"]).read_bytes(), row["prompt"]): row["ground_truth_formal_answer"]
        for row in rows
    }
    return lambda request: known[request.image, request.text]


def read_lines(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def states(out: Path) -> Counter[str]:
    """How the answers in a journal ended."""
    return Counter(row["state"] for row in read_lines(out / "answers.jsonl"))


def ask(server: ChatServer, data: Path, out: Path, **options: Any) -> Rows:
    """Run ROSE against a server; the prediction rows."""
    settings: dict[str, Any] = {"progress": False, "max_retries": 0, **options}
    run_rose(MODEL, data, out, base_url=settings.pop("base_url", server.url), **settings)
    return read_lines(out / "predictions.jsonl")


def avg(out: Path) -> dict[str, float]:
    """The headline of a scored run, in percent."""
    head = json.loads((out / "summary.json").read_text())["bases"]["all"]["headline"]
    return {name: round(100 * one["value"], 1) for name, one in head.items()}


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str


@pytest.fixture
def handeye(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """The command line in this process."""

    def command(*words: object) -> Said:
        from handeye.cli import main

        monkeypatch.setattr(sys, "argv", ["handeye", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return command
