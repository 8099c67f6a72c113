"""The suite's public names are the same whatever was imported before, and cost nothing unused."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from handeye import visualact


def run_code(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", visualact.__all__)
def test_every_public_name_resolves(name):
    assert callable(getattr(visualact, name))


def test_every_name_has_a_home():
    assert sorted(visualact.__all__) == sorted(visualact._HOMES)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = visualact.nothing


def test_no_submodule_takes_the_name_of_a_function():
    modules = {module.name for module in pkgutil.iter_modules(visualact.__path__)}
    assert not modules & set(visualact.__all__)


def test_functions_stay_functions_after_their_modules_were_imported():
    homes = sorted(set(visualact._HOMES.values()))
    run_code(
        "import importlib\n"
        f"[importlib.import_module(m) for m in {homes}]\n"
        "from handeye import visualact\n"
        "assert all(callable(getattr(visualact, n)) for n in visualact.__all__)"
    )


def test_importing_the_suite_and_the_command_line_pulls_in_nothing_heavy():
    run_code(
        "import sys, handeye.visualact, handeye.cli, handeye.visualact.commands.scoring\n"
        "heavy = {'numpy', 'polars', 'scipy', 'inspect_ai', 'av', 'PIL', 'tokenizers'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )


def test_scoring_needs_no_engine_no_video_and_no_torch():
    names = [
        "scoring.score",
        "scoring.file_scoring",
        "comparing.sensitivity",
        "judge.matcher",
        "judge.runs",
        "scoring.published",
        "scoring.run_folder",
    ]
    run_code(
        "import importlib, sys\n"
        f"[importlib.import_module('handeye.visualact.' + m) for m in {names}]\n"
        "found = {'inspect_ai', 'openai', 'av', 'PIL', 'torch'} & set(sys.modules)\n"
        "assert not found, found"
    )


def test_suites_do_not_import_each_other():
    folder = Path(visualact.__file__).parent
    for file in folder.rglob("*.py"):
        assert "handeye.rose" not in file.read_text(encoding="utf-8"), file
    for file in (folder.parent / "rose").rglob("*.py"):
        assert "handeye.visualact" not in file.read_text(encoding="utf-8"), file
