"""Workers: their results and errors, and that they end with whoever began them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handeye.errors import DataError, OptionError, RunError
from handeye.sets.processes import MOST_WORKERS, as_finished, worker_count


def square(number: int) -> int:
    return number * number


class OddError(Exception):
    """One that cannot be built again from what it says."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def trouble(number: int) -> int:
    if number == 3:
        raise DataError("the third is broken")
    if number == 13:
        raise OddError("odd", "number")
    if number == 23:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 33:
        os._exit(7)
    return number


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_job_is_done_once(workers):
    assert sorted(as_finished(square, range(12), workers)) == [n * n for n in range(12)]
    assert list(as_finished(square, [], workers)) == []


def test_errors_come_back_as_they_are():
    with pytest.raises(DataError, match="the third is broken") as caught:
        list(as_finished(trouble, range(8), 2))
    assert any("in trouble" in note for note in caught.value.__notes__), "where it was raised"
    with pytest.raises(RuntimeError, match="OddError: odd number"):
        list(as_finished(trouble, [12, 13], 2))


def test_a_worker_that_is_killed_is_told():
    with pytest.raises(RunError, match="a worker process was killed, as the system does when mem"):
        list(as_finished(trouble, [23, 1], 2))
    with pytest.raises(RunError, match=r"a worker process ended \(exit code 7\)"):
        list(as_finished(trouble, [33, 1], 2))


def test_how_many():
    assert worker_count(None) == os.cpu_count()
    assert worker_count(3) == 3
    for number in (0, -1, MOST_WORKERS + 1, 10**9):
        with pytest.raises(OptionError, match="workers must be at"):
            worker_count(number)


# ---- the command


def generating(out: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "handeye", "rose", "generate", str(out), "--seed", "1",
         "--scenes", "3000", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    while not list((out / ".unfinished").glob("0*.jsonl")):
        assert process.poll() is None
        time.sleep(0.02)
    return process


def running(group: int) -> list[str]:
    """Command lines of what runs in a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its = stat.read_text().rpartition(")")[2].split()[:3]
            if int(its) == group and state != "Z":
                found.append((stat.parent / "cmdline").read_text().replace("\0", " "))
        except (OSError, ValueError):
            continue
    return found


def ends(group: int) -> bool:
    for _ in range(200):
        if not running(group):
            return True
        time.sleep(0.02)
    return False


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@linux
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_everything_at_once(tmp_path, times):
    process = generating(tmp_path / "set")
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert ends(process.pid)


@linux
def test_workers_end_with_a_parent_that_is_killed_and_the_set_goes_on(tmp_path):
    process = generating(tmp_path / "set")
    assert len(running(process.pid)) >= 3
    process.kill()
    process.communicate()
    assert ends(process.pid)
    again = generating(tmp_path / "set")
    # What lies there is the first one's: only a word of its own tells that it is at work, and
    # it stays at work while it is stopped.
    assert again.stdout is not None
    assert "scenes: " in again.stdout.readline()
    again.send_signal(signal.SIGSTOP)
    second = subprocess.run(
        [sys.executable, "-m", "handeye", "rose", "generate", str(tmp_path / "set"), "--seed", "1",
         "--scenes", "3000"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert second.returncode == 2
    assert "another process of handeye is at work there" in second.stderr
    again.kill()
    again.communicate()


@linux
def test_a_worker_killed_for_its_memory_is_one_line(tmp_path):
    process = generating(tmp_path / "set")
    workers = [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if stat.read_text().rpartition(")")[2].split()[2] == str(process.pid)
        and "spawn_main" in (stat.parent / "cmdline").read_text()
    ]
    os.kill(workers[0], signal.SIGKILL)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 2
    assert said.splitlines()[-1].startswith("error: a worker process was killed")
    assert "Traceback" not in said
    assert ends(process.pid)
