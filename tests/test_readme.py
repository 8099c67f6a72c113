"""The README's commands and page, as they stand there; its Python is tried in test_python.py."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from handeye.cli import main

TEXT = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_commands_of_the_first_screen_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    block = re.search(r"\*\*Commands\*\*.*\n\n((?: {4}handeye .*\n)+)", TEXT)
    page = re.search(r"`(handeye report [^`]*)`", TEXT)
    assert block is not None
    assert page is not None
    lines = [shlex.split(line, comments=True) for line in [*block[1].splitlines(), page[1]]]
    assert len(lines) == 6
    monkeypatch.chdir(tmp_path)
    for words in lines:
        few = ["--workers", "1"] if "generate" in words else []
        monkeypatch.setattr(sys, "argv", ["8" if word == "40" else word for word in words] + few)
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, (words, capsys.readouterr())
    for name in ("compare.html", "report.html"):
        assert (tmp_path / name).stat().st_size > 10_000


def test_every_page_that_the_readme_names_is_there() -> None:
    root = Path(__file__).parents[1]
    named = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert len(named) > 20
    assert not [name for name in named if not (root / name).exists()]
