"""What importing costs: the same names whatever came before, heavy libraries in their rooms."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import handeye
from handeye import rose, visualact
from tests.support.house import graph

every_suite = pytest.mark.parametrize("suite", [rose, visualact], ids=["rose", "visualact"])
# Rooms of the extras, whose modules may import torch and transformers.
TORCH_ROOMS = (
    "handeye.respondents.local.",
    "handeye.training.",
    "handeye.states.",
    *("handeye.rose.teaching.", "handeye.premise.teaching.", "handeye.stress.teaching."),
    "handeye.premise.respondents.small",
)
HAS_TORCH = bool(importlib.util.find_spec("torch") and importlib.util.find_spec("transformers"))
# What scoring and all that follows from it never needs.
ENGINE = ("inspect_ai", "openai", "PIL", "av", "resvg_py", "torch")
HEAVY = ("numpy", "polars", "scipy", "tokenizers", *ENGINE)


def loaded_after(code: str, names: tuple[str, ...]) -> str:
    """Which of ``names`` a fresh interpreter has loaded after ``code``."""
    told = f"print(sorted(set({names!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, importlib\n{code}\n{told}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@every_suite
def test_every_public_name_resolves(suite: ModuleType) -> None:
    assert sorted(suite.__all__) == sorted(suite._HOMES)
    for name in suite.__all__:
        assert callable(getattr(suite, name))
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = suite.nothing_of_that_name


@every_suite
def test_no_submodule_takes_the_name_of_a_function(suite: ModuleType) -> None:
    modules = {module.name for module in pkgutil.iter_modules(suite.__path__)}
    assert not modules & set(suite.__all__)


@every_suite
def test_functions_stay_functions_after_their_modules_were_imported(suite: ModuleType) -> None:
    homes = sorted({home.partition(":")[0] for home in suite._HOMES.values()})
    code = f"for home in {homes}: importlib.import_module(home)\n"
    code += f"import {suite.__name__} as suite\n"
    code += "assert all(callable(getattr(suite, name)) for name in suite.__all__)"
    loaded_after(code, ())


def test_every_module_imports() -> None:
    for module in pkgutil.walk_packages(handeye.__path__, "handeye."):
        if module.name == "handeye.__main__":
            continue
        if HAS_TORCH or not module.name.startswith(TORCH_ROOMS):
            importlib.import_module(module.name)


def test_torch_is_imported_in_its_rooms_only() -> None:
    root = Path(handeye.__file__).parent
    found = set()
    for path in root.rglob("*.py"):
        if re.search(r"^\s*(import|from) (torch|transformers)\b", path.read_text("utf-8"), re.M):
            found.add("handeye." + ".".join(path.relative_to(root).with_suffix("").parts))
    assert found
    assert all(name.startswith(TORCH_ROOMS) for name in found), found


@every_suite
def test_scoring_and_what_follows_needs_no_engine_no_drawing_and_no_torch(
    suite: ModuleType,
) -> None:
    rooms = tuple(f"{suite.__name__}.{room}" for room in ("scoring", "diagnosis", "comparing"))
    names = sorted(name for name in graph() if name.startswith(rooms))
    assert len(names) > 10
    code = f"for name in {names}: importlib.import_module(name)"
    assert loaded_after(code, ENGINE) == "[]"


def test_statistics_need_no_engine_and_no_drawing() -> None:
    names = sorted(name for name in graph() if name.startswith("handeye.stats"))
    code = f"for name in {names}: importlib.import_module(name)"
    assert loaded_after(code, ENGINE) == "[]"


def test_the_command_line_and_the_suites_pull_in_nothing_heavy() -> None:
    code = "import handeye.rose, handeye.visualact, handeye.cli, handeye.suites\n"
    code += "handeye.suites.all_suites()"
    assert loaded_after(code, HEAVY) == "[]"
