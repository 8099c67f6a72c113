"""The names a script needs are the same whatever was imported before."""

import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import handeye
import handeye.rose


def test_every_public_name_resolves():
    assert sorted(handeye.rose.__all__) == sorted(handeye.rose._HOMES)
    for name in handeye.rose.__all__:
        assert callable(getattr(handeye.rose, name))


def test_no_submodule_takes_the_name_of_a_function():
    modules = {module.name for module in pkgutil.iter_modules(handeye.rose.__path__)}
    assert not modules & set(handeye.rose.__all__)


def test_functions_stay_functions_after_their_modules_were_imported():
    homes = sorted(set(handeye.rose._HOMES.values()))
    code = "import importlib\n"
    code += f"[importlib.import_module(m) for m in {homes}]\n"
    code += "from handeye import rose\n"
    code += "assert all(callable(getattr(rose, n)) for n in rose.__all__)"
    subprocess.run([sys.executable, "-c", code], check=True)


# Rooms of the extras, whose modules may import torch and transformers.
TORCH_ROOMS = ("handeye.respondents.local.", "handeye.training.")
HAS_TORCH = bool(importlib.util.find_spec("torch") and importlib.util.find_spec("transformers"))


def test_every_module_imports():
    for module in pkgutil.walk_packages(handeye.__path__, "handeye."):
        if module.name == "handeye.__main__":
            continue
        if HAS_TORCH or not module.name.startswith(TORCH_ROOMS):
            importlib.import_module(module.name)


def test_torch_is_imported_in_its_rooms_only():
    root = Path(handeye.__file__).parent
    found = set()
    for path in root.rglob("*.py"):
        if re.search(r"^\s*(import|from) (torch|transformers)\b", path.read_text("utf-8"), re.M):
            found.add("handeye." + ".".join(path.relative_to(root).with_suffix("").parts))
    assert found
    assert all(name.startswith(TORCH_ROOMS) for name in found), found


def test_the_core_needs_no_engine_no_drawing_and_no_torch():
    names = ["scene", "release", "scenes.sampling", "scenes.description", "scoring.grammar"]
    names += ["scoring.score_item", "scoring.summary", "scoring.bridges", "scoring.file_scoring"]
    names += ["scoring.published", "scoring.join_parts", "diagnosis.diagnose", "diagnosis.verdict"]
    names += ["comparing.compare", "comparing.contamination", "comparing.sample_size"]
    code = "import importlib, sys\n"
    code += f"[importlib.import_module('handeye.rose.' + m) for m in {names}]\n"
    code += "import pkgutil, handeye.stats\n"
    code += "[importlib.import_module('handeye.stats.' + m.name) "
    code += "for m in pkgutil.iter_modules(handeye.stats.__path__)]\n"
    code += "found = {'inspect_ai', 'PIL', 'torch', 'resvg_py', 'openai'} & set(sys.modules)\n"
    code += "assert not found, found"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_statistics_know_no_suite():
    for path in (Path(handeye.__file__).parent / "stats").glob("*.py"):
        assert "handeye.rose" not in path.read_text(encoding="utf-8").replace("``", ""), path


def test_nothing_imports_the_command_line():
    for path in (Path(handeye.__file__).parent).rglob("*.py"):
        if path.parent.name != "cli" and path.name != "__main__.py":
            assert "handeye.cli" not in path.read_text(encoding="utf-8"), path
