"""Files written in one step, and one process at a time, also after one that was killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handeye.atomic import entries, held, replacing, write_bytes, write_text
from handeye.errors import RunError


@contextmanager
def another_process(code: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """One that says a line when it is where it should be, and waits there."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    yield process
    process.communicate("\n")


HOLD = (
    "import sys; from pathlib import Path; from handeye.atomic import held\n"
    "with held(Path(sys.argv[1]), file=len(sys.argv) > 2):\n"
    "    print('there', flush=True); sys.stdin.readline()"
)
WRITE = (
    "import sys; from pathlib import Path; from handeye.atomic import replacing\n"
    "with replacing(Path(sys.argv[1])) as stream:\n"
    "    stream.write(b'half'); stream.flush()\n"
    "    print('there', flush=True); sys.stdin.readline()"
)


def test_what_a_killed_process_was_writing_is_taken_over(tmp_path):
    file = tmp_path / "deep/file.json"
    with another_process(WRITE, file) as process:
        process.kill()
    assert [path.name for path in file.parent.iterdir()] == [".file.json.tmp"]
    assert entries(file.parent) == []
    write_text(file, "whole")
    assert file.read_text() == "whole"
    assert [path.name for path in file.parent.iterdir()] == ["file.json"]


def test_two_writers_take_turns_and_an_error_leaves_nothing(tmp_path):
    file = tmp_path / "file"
    with another_process(WRITE, file) as process:
        assert process.stdin is not None
        with pytest.raises(RunError, match="another process is writing it"):
            write_bytes(file, b"mine")
    assert file.read_bytes() == b"half"
    with pytest.raises(TypeError), replacing(file) as stream:
        stream.write("no bytes")  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_bytes() == b"half"


def test_folders_made_in_vain_go_again(tmp_path):
    with pytest.raises(OSError, match="File name too long") as caught:
        write_text(tmp_path / "a/b" / ("x" * 300), "text")
    assert caught.value.filename == str(tmp_path / "a/b" / ("x" * 300))
    with pytest.raises(OSError, match="File name too long"), held(tmp_path / "a/b" / ("x" * 300)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_planted_link_is_not_followed(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / ".file.tmp").symlink_to(other)
    with pytest.raises(OSError, match="symbolic links"):
        write_text(tmp_path / "file", "mine")
    assert other.read_text() == "precious"


@pytest.mark.parametrize("file", [False, True])
def test_a_place_is_held_by_one_process(tmp_path, file):
    place = tmp_path / "deep/place"
    with (
        another_process(HOLD, place, *["file"] * file),
        pytest.raises(RunError, match=r"place: another process of handeye is at work there"),
        held(place, file=file, patience=0.1),
    ):
        pass
    with held(place, file=file), held(place, file=file):  # this process, as often as it likes
        pass
    # What was made for it is gone again.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", [False, True])
def test_a_killed_holder_holds_no_longer(tmp_path, file):
    place = tmp_path / "place"
    with another_process(HOLD, place, *["file"] * file) as process:
        process.kill()
    with held(place, file=file, patience=0.1):
        (tmp_path / "kept").touch()
    assert "kept" in {path.name for path in tmp_path.iterdir()} <= {"place", "kept"}


def test_the_place_may_be_a_folder_with_files(tmp_path):
    (tmp_path / "mine").touch()
    with held(tmp_path):
        assert [path.name for path in Path(tmp_path).iterdir()] == ["mine"]
