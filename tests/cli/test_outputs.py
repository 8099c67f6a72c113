"""Where commands write: full disks, links, several files at once, folders that must stay."""

from __future__ import annotations

import errno
import lzma
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from handeye.atomic import check_places, write_all, write_outputs
from handeye.errors import OptionError, lost_link, refusal
from handeye.study.export import export
from tests.support.command import handeye

DEMO = Path(__file__).parents[2] / "tools" / "demo.sh"
PAGE = b'<meta name="generator" content="handeye 1">'


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device .the disk is full.; make room"),
        (errno.EFBIG, "File too large .for this disk, or"),
        (errno.EACCES, "Permission denied"),
    ],
)
def test_what_the_system_refuses_is_told_in_words(number: int, words: str) -> None:
    assert re.search(words, refusal(OSError(number, os.strerror(number), "x")))


def test_links_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("gone/x")
    (tmp_path / "b").symlink_to("c")
    (tmp_path / "c").symlink_to("b")
    (tmp_path / "good").symlink_to(tmp_path)
    assert lost_link(tmp_path / "a") == "it is a link to gone/x, which is not there"
    assert lost_link(tmp_path / "b") == "it is a link to c, which leads back to itself"
    assert lost_link(tmp_path / "a" / "y") == (
        f"{tmp_path / 'a'} is a link to gone/x, which is not there"
    )
    for path in (tmp_path / "good", tmp_path / "good" / "new", tmp_path / "new", "a\0b"):
        assert lost_link(path) == ""


def test_files_that_belong_together_are_written_all_or_none(tmp_path: Path) -> None:
    old, taken = tmp_path / "page.html", tmp_path / "todo.txt"
    old.write_bytes(PAGE)
    taken.write_text("mine")
    (tmp_path / "folder").mkdir()
    for other in (taken, tmp_path / "folder", taken / "x"):
        for order in ((old, other), (other, old)):
            with pytest.raises(OptionError, match=other.name):
                write_outputs(dict.fromkeys(order, PAGE + b"new"))
    with pytest.raises(OSError, match="too long"):
        write_all({old: b"new", tmp_path / "sub" / "a": b"1", tmp_path / ("x" * 300): b"2"})
    assert (old.read_bytes(), taken.read_text()) == (PAGE, "mine")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "page.html", "todo.txt"]
    write_outputs({old: PAGE + b"new", tmp_path / "sub" / "a": b"{}"})
    assert old.read_bytes() == PAGE + b"new"


def test_places_are_checked_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "lost").symlink_to("gone")
    (tmp_path / "file").write_text("")
    check_places(tmp_path / "a.html", None, tmp_path / "new" / "b.json", tmp_path / "file")
    for path, words in (
        (tmp_path, "is a folder"),
        (tmp_path / "lost", "it is a link to gone, which is not there"),
        (tmp_path / "lost" / "x", "is a link to gone, which is not there"),
        (tmp_path / "file" / "x", "is no folder"),
        (Path("-"), "- is no file: a page is not written to the screen"),
    ):
        with pytest.raises(OptionError, match=words):
            check_places(tmp_path / "a.html", path)
    with pytest.raises(OptionError, match="two files at once"):
        check_places(tmp_path / "a", tmp_path / "new" / ".." / "a")


LIMITED = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)\n"
    "sys.argv[1:] = sys.argv[2:]\nfrom handeye.__main__ import main; main()"
)


def _limited(most: int, *words: object) -> subprocess.CompletedProcess[str]:
    """A command that may write no file of more bytes."""
    code = [sys.executable, "-c", LIMITED, str(most)]
    return subprocess.run([*code, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A small run of a simulated respondent."""
    data = tmp_path / "set"
    made = ("generate", data, "--seed", "3", "--scenes", "2", "--workers", "1")
    assert not handeye("rose", *made).returncode
    asked = ("--model", "handeye/simulated", "--data", data, "-M", "faults=miss=0.5")
    done = handeye("run", "rose", *asked, "--quiet", "--out", tmp_path / "run")
    assert not done.returncode, done.stderr
    return tmp_path / "run"


@pytest.mark.skipif(sys.platform == "win32", reason="limits sizes of files")
def test_without_room_nothing_is_lost_and_the_same_command_goes_on(
    run: Path, tmp_path: Path
) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        found = (p for p in folder.rglob("*") if p.is_file())
        return {str(p.relative_to(folder)): p.read_bytes() for p in found}

    before = files(run)
    diagnose = ("rose", "diagnose", run, "--workers", "1")
    for most in (100, 20_000):  # enough for reasons.parquet alone: it is not left behind
        done = _limited(most, *diagnose)
        assert done.returncode == 2
        *_, line = done.stderr.splitlines()
        assert line.startswith(f"error: {run}: cannot be written: File too large")
        assert "Why" in done.stdout, "what was found is shown"
        assert files(run) == before
    assert not handeye(*diagnose).returncode
    assert files(run).keys() - before.keys() == {"diagnosis.json", "reasons.parquet"}

    new = tmp_path / "new"
    asked = ("run", "rose", "--model", "handeye/simulated", "--data", tmp_path / "set")
    again = (*asked, "--quiet", "--out", new, "-M", "faults=miss=0.5")
    done = _limited(2000, *again)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {new}")
    assert "File too large" in line
    assert not handeye(*again).returncode
    assert files(new)["scores.jsonl"] == before["scores.jsonl"]


def test_an_export_is_written_whole(tmp_path: Path) -> None:
    file = tmp_path / "study.sqlite"
    packed = Path(__file__).parents[1] / "study" / "begun" / "study.sqlite.xz"
    file.write_bytes(lzma.decompress(packed.read_bytes()))
    out = tmp_path / "out"
    (out / "times.csv").mkdir(parents=True)
    with pytest.raises(Exception, match="cannot be written"):
        export(file, out)
    assert [p.name for p in out.iterdir()] == ["times.csv"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="is a shell script")
def test_the_demo_removes_only_what_it_made(tmp_path: Path) -> None:
    handeye = tmp_path / "bin" / "handeye"
    handeye.parent.mkdir()
    for name in ("handeye", "python"):
        (handeye.parent / name).write_text(
            "#!/bin/sh\nexit 1\n" if name == "python" else "#!/bin/sh\n"
        )
        (handeye.parent / name).chmod(0o755)

    def demo(*words: object) -> int:
        return subprocess.run(["bash", str(DEMO), *map(str, words)], capture_output=True).returncode

    other, link, new = tmp_path / "other", tmp_path / "link", tmp_path / "it's new"
    (other / "set").mkdir(parents=True)
    link.symlink_to(other)
    for place in (other, link, "", "/", handeye):
        assert demo(handeye, place) == 2
        assert demo("--clean", place) == 0
    assert (other / "set").is_dir()
    assert demo(handeye, new) == 0
    (new / "set").mkdir()
    (new / "mine.txt").write_text("mine")
    assert demo(handeye, new) == 0
    assert sorted(p.name for p in new.iterdir()) == [".handeye-demo", "mine.txt"]
    assert demo("--clean", new) == 0
    assert [p.name for p in new.iterdir()] == ["mine.txt"]
