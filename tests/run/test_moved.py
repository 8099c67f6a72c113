"""A run whose model knows the set goes on after both have moved, also one begun before that."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handeye.errors import RunError
from handeye.rose.asking.run import run_rose
from handeye.visualact.asking.run import job, make_options
from tests.support.command import handeye
from tests.support.rose.small_set import write_set
from tests.support.visualact.written_set import clips_of, written_set

FAULTS = "faults=miss=0.3,refuse=0.1"


def words(data: Path, out: Path) -> list[str]:
    asked = ["run", "rose", "--model", "handeye/simulated", "-M", FAULTS, "--data", str(data)]
    return [*asked, "--out", str(out), "--max-connections", "2", "--quiet"]


def lines(out: Path) -> list[bytes]:
    path = out / "answers.jsonl"
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a set and its run, killed in the middle; to be moved as a copy."""
    folder = tmp_path_factory.mktemp("killed")
    data, out = write_set(folder / "set", 24), folder / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "handeye", *words(data, out)], start_new_session=True
    )
    deadline = time.monotonic() + 120
    while len(lines(out)) < 30 and time.monotonic() < deadline:
        assert process.poll() is None, "it was to be killed in the middle"
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return folder


@pytest.mark.parametrize("old", [False, True], ids=["now", "begun-with-a-path-in-the-plan"])
def test_a_run_killed_half_way_goes_on_where_it_was_moved_to(
    killed: Path, tmp_path: Path, old: bool
) -> None:
    now = tmp_path / "now" / "here"
    shutil.copytree(killed, now)
    plan = now / "run" / "plan.json"
    kept = json.loads(plan.read_text())
    assert str(killed) not in json.dumps(kept["model_args"])
    if old:
        kept["model_args"]["data"] = str(killed / "set")
        plan.write_text(json.dumps(kept))
    before = lines(now / "run")
    assert 30 <= len(before) < 120
    hidden = killed.rename(killed.with_name("elsewhere"))
    try:
        done = handeye(*words(now / "set", now / "run"))
    finally:
        hidden.rename(killed)
    assert done.returncode == 0, done.stderr
    after = lines(now / "run")
    assert after[: len(before)] == before
    assert len(after) == 120, "nothing was asked twice"
    assert json.loads((now / "run" / "run.json").read_text())["model_args"]["data"] == (
        str(now / "set")
    )


def test_a_model_that_knows_another_set_is_another_run(tmp_path: Path) -> None:
    data, other = write_set(tmp_path / "a", 2), write_set(tmp_path / "b", 2, side=64)
    out = tmp_path / "run"

    def run(known: Path, **more: object) -> None:
        arguments = {"data": str(known), **more}
        run_rose("handeye/simulated", data, out, model_args=arguments, score=False, progress=False)

    run(data)
    run(data / "metadata_test.jsonl")  # the same rows by another name
    with pytest.raises(RunError, match="-M data was"):
        run(other)
    with pytest.raises(RunError, match="-M faults was not given, now 'miss=1'"):
        run(data, faults="miss=1")
    plan = json.loads((out / "plan.json").read_text())
    plan["model_args"]["data"] = "some/place"
    (out / "plan.json").write_text(json.dumps(plan))
    run(data)
    with pytest.raises(RunError, match="-M faults was not given, now 'miss=1'"):
        run(data, faults="miss=1")


def test_a_plan_names_the_set_of_clips_whole_and_by_its_rows(tmp_path: Path) -> None:
    def named(folder: str, **options: object) -> str:
        data = written_set(tmp_path / folder, clips_of(8))
        how = {"score": False, "model_args": {"data": str(data)}, **options}
        plan = job(make_options("handeye/prior", data, tmp_path / "run", **how)).plan  # type: ignore[arg-type]
        return str(plan.model_args["data"])

    assert named("a") == named("b", clips=2)
    assert named("c").startswith("rows sha256:")
    here = written_set(tmp_path / "d", clips_of(8))
    options = make_options(
        "openai/x", here, tmp_path / "run", score=False, model_args={"data": str(here)}
    )
    assert job(options).plan.model_args == {"data": str(here)}, "of no account to other providers"
