"""From a training run to the package: what is copied, the model card, the tables over seeds."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")
pytest.importorskip("accelerate", reason="needs handeye[train]")

from handeye.rose.teaching.evaluation import examine, record
from handeye.rose.teaching.lesson import RoseLesson
from handeye.rose.teaching.papers import own_papers
from handeye.rose.teaching.recipe import recipe_of
from handeye.training.asking import load_model
from handeye.training.training_run import train

TOOL = Path(__file__).parents[2] / "tools" / "small_model.py"
if not TOOL.exists():
    pytest.skip("tools/ lies beside the package in a checkout only", allow_module_level=True)


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("small_model", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    brief = replace(recipe_of("tiny"), steps=2, looking_steps=1, log_every=1, examined_scenes=1)
    out = train(RoseLesson(), tmp_path_factory.mktemp("shipping") / "run", brief, 5)
    found = record(examine(*load_model(out), own_papers(0, 1)), seed=0, scenes=1)
    (out / "examination.json").write_text(json.dumps(found))
    return out


def test_what_is_shipped_loads_and_says_what_it_is(tool, run, tmp_path):
    target = tmp_path / "small"
    target.mkdir()
    (target / "old.safetensors").write_bytes(b"of the model before")
    tool.main(["ship", str(run), "--to", str(target)])
    assert sorted(file.name for file in target.iterdir()) == sorted([*tool.KEPT, "README.md"])
    shipped, trained = (load_model(folder)[0].state_dict() for folder in (target, run))
    assert all(torch.equal(shipped[name], trained[name]) for name in trained)
    card = (target / "README.md").read_text()
    assert "license: mit" in card
    assert "--seed 5" in card
    assert "ghost, ship, avatar" in card
    assert "| G-Cnt |" in card


def test_too_large_and_unfinished_runs_are_refused(tool, run, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="lacks"):
        tool.ship_run(tmp_path, tmp_path / "small")
    monkeypatch.setattr(tool, "MOST_BYTES", 1000)
    with pytest.raises(SystemExit, match="more than 1000"):
        tool.ship_run(run, tmp_path / "small")
    assert not (tmp_path / "small").exists()


def _found(passed, blind=0.1):
    mark = {"template": "T1", "column": "G-Cnt", "passed": passed, "blind": blind, "chance": 0.25}
    sides = {
        side: {"counting": passed, "acting": 0.0, "gap": passed} for side in ("seen", "unseen")
    }
    return {"marks": [{**mark, "split": side} for side in sides], "averages": sides}


def test_tables_tell_mean_and_range_over_seeds(tool, tmp_path, capsys):
    for seed, passed in ((1, 0.4), (2, 0.5)):
        (tmp_path / str(seed)).mkdir()
        (tmp_path / str(seed) / "set.json").write_text(json.dumps(_found(passed)))
    (tmp_path / "blind").mkdir()
    (tmp_path / "blind" / "set.json").write_text(json.dumps(_found(0.9, blind=0.2)))
    runs = [str(tmp_path / seed) for seed in "12"]
    tool.main(["table", *runs, "--file", "set.json", "--blind", str(tmp_path / "blind")])
    lines = capsys.readouterr().out.splitlines()
    side = "45.0 (40.0 to 50.0) | 20.0 | 25.0 |"
    assert f"| G-Cnt | {side} {side}" in lines
    assert "| **gap** | 45.0 (40.0 to 50.0) |  |  | 45.0 (40.0 to 50.0) |  |  |" in lines
    # Without a blind training, each model's own blind copy.
    tool.main(["table", *runs, "--file", "set.json"])
    assert "(40.0 to 50.0) | 10.0 |" in capsys.readouterr().out


def test_the_tool_runs_as_a_script():
    import subprocess

    done = subprocess.run([sys.executable, str(TOOL)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "table" in done.stderr
