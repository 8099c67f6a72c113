"""The study file: whole after any orderly stop, held by one server, checked before it is used."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from handeye.errors import DataError, RunError
from handeye.study.agreement import agreement
from handeye.study.export import export
from handeye.study.session import Study, open_study
from handeye.study.store import Store, StudyFileError
from tests.support.study.taking_part import ROSE, Served, go_through

DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def answered(
    practised_file: Path, study_set: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The file of a study in which two people answered everything."""
    file = tmp_path_factory.mktemp("answered") / "study.sqlite"
    shutil.copy(practised_file, file)
    study = open_study(ROSE, study_set, file)
    for number in range(2):
        key = study.join(f"p{number}")
        for place in range(len(study.practice)):
            study.store.note_practice(number, place, passed=True)
        go_through(study, key, number)
    study.store.close()
    return file


def beside(file: Path) -> set[str]:
    return {path.name for path in file.parent.iterdir() if "study" in path.name}


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_orderly_stop_leaves_one_whole_file(
    study_set: Path, tmp_path: Path, served: Callable[..., Served], number: int
) -> None:
    file = tmp_path / "study.sqlite"
    server = served(file, "--items", "20", "--split", "all", "--no-practice")
    with httpx.Client(base_url=server.link, timeout=10) as client:
        key = client.post("/api/join", json={"consent": True}).json()["key"]
        for place in range(20):
            board = client.get(f"/api/{key}/state").json()["item"]
            body = {"place": place, "clicks": [], "number": None if board["number"] is None else 1}
            assert client.post(f"/api/{key}/answer", json=body).status_code == 200
        assert (tmp_path / "study.sqlite-wal").stat().st_size, "where they would be without a stop"
        began = time.monotonic()
        server.process.send_signal(number)  # with a connection open
        server.process.wait(10)
    assert time.monotonic() - began < 2
    assert server.process.returncode == (-number if number == signal.SIGTERM else 130)
    assert beside(file) == {"study.sqlite"}
    alone = tmp_path / "copy" / "study.sqlite"
    alone.parent.mkdir()
    shutil.copy(file, alone)
    with Store(alone, read_only=True) as store:
        assert len(store.answers()) == 20


def test_it_is_whole_also_while_somebody_reads_it(study: Study, tmp_path: Path) -> None:
    go_through(study, study.join("a"), 0, upto=3)
    with Store(study.store.path, read_only=True) as reader:
        assert len(reader.answers()) == 3
        study.store.close()
        shutil.copy(study.store.path, tmp_path / "copy.sqlite")
        with Store(tmp_path / "copy.sqlite", read_only=True) as copy:
            assert len(copy.answers()) == 3


def test_one_server_a_file(study_set: Path, practised_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "study.sqlite"
    shutil.copy(practised_file, file)
    code = (
        "import sys; from pathlib import Path; from handeye.study.store import Store\n"
        "with Store(Path(sys.argv[1])): print('there', flush=True); sys.stdin.readline()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(RunError, match="another process of handeye is at work there"):
        open_study(ROSE, study_set, file)
    with Store(file, read_only=True) as reader:
        assert reader.answers() == []
    process.kill()
    process.communicate()
    open_study(ROSE, study_set, file).store.close()
    assert beside(file) == {"study.sqlite"}, "what the killed one left is gone"


def test_a_file_that_somebody_began_to_make(study_set: Path, tmp_path: Path) -> None:
    (tmp_path / ".study.sqlite.tmp").write_bytes(b"half")
    (tmp_path / ".study.sqlite.lock").touch()
    open_study(ROSE, study_set, tmp_path / "study.sqlite", items=4, split="all").store.close()
    assert beside(tmp_path / "study.sqlite") == {"study.sqlite"}


# ---- damaged files


def spoilt(answered: Path, folder: Path, query: str, *values: str) -> Path:
    file = folder / "study.sqlite"
    shutil.copy(answered, file)
    with sqlite3.connect(file) as db:
        db.execute(query, values)
    db.close()
    return file


SCHEMA = [
    *(f"DROP TABLE {name}" for name in ("answers", "items", "people", "practice", "study")),
    "ALTER TABLE people DROP nickname",
    "UPDATE questions SET item_id = 'nobody' WHERE place = 3",
    "UPDATE answers SET person = 7 WHERE person = 1 AND place = 2",
    "DELETE FROM items",
    "PRAGMA user_version = 5",
]
VALUES = ["", "{", DEEP, "[1]", "null", '{"a": 1}']


@pytest.mark.parametrize("query", SCHEMA)
def test_files_that_lack_something(answered, study_set, tmp_path, query):
    file = spoilt(answered, tmp_path, query)
    before = file.read_bytes()
    for use in (
        lambda: open_study(ROSE, study_set, file),
        lambda: export(file, tmp_path / "out"),
        lambda: agreement(ROSE, file, study_set, resamples=0),
    ):
        with pytest.raises(DataError, match=r"study.sqlite: (is damaged|study format 5)"):
            use()
    assert file.read_bytes() == before
    assert beside(file) == {"study.sqlite"}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", ["items", "set_sha256", "overlap"])
def test_settings_that_are_none(answered, study_set, tmp_path, name, value):
    file = spoilt(answered, tmp_path, "UPDATE study SET value = ? WHERE name = ?", value, name)
    for use in (
        lambda: open_study(ROSE, study_set, file),
        lambda: export(file, tmp_path / "out"),
        lambda: agreement(ROSE, file, study_set, resamples=0),
    ):
        with pytest.raises(StudyFileError, match=r"study.sqlite: is damaged: (settings|\w+: )"):
            use()


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("UPDATE answers SET response_ms = 'x'", ()),
        ("UPDATE answers SET raw_text = x'ff'", ()),
        ("UPDATE OR IGNORE people SET nickname = x'ff'", ()),
        ("UPDATE practice SET item = ?", (DEEP,)),
        ("UPDATE practice SET item = '{}'", ()),
        ("UPDATE practice SET picture = x'89504e47'", ()),
        ("DELETE FROM study WHERE name = 'seed'", ()),
    ],
)
def test_values_of_another_kind(answered, study_set, tmp_path, query, values):
    file = spoilt(answered, tmp_path, query, *values)
    use = partial(open_study, ROSE, study_set) if "practice" in query else export
    with pytest.raises(DataError, match="is damaged"):
        use(file, *([] if "practice" in query else [tmp_path / "out"]))


def test_zeroed_pages(answered, study_set, tmp_path):
    file = tmp_path / "study.sqlite"
    data = answered.read_bytes()
    for start in range(4096, len(data), 4096):
        file.write_bytes(data[:start] + bytes(4096) + data[start + 4096 :])
        with pytest.raises(DataError, match=r"study.sqlite: (is damaged|cannot be)"):
            open_study(ROSE, study_set, file).store.close()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"study.sqlite: (is damaged|cannot be)"):
        export(file, tmp_path / "out")


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "study.sqlite")
    with pytest.raises(DataError, match="is no file of a study"):
        Store(tmp_path / "study.sqlite")


def test_a_full_disk_in_mid_study_is_no_answer(study, monkeypatch):
    key = study.join("a")
    monkeypatch.setattr(study.store, "_db", _Full(study.store._db))
    with pytest.raises(
        StudyFileError, match=r"study.sqlite: cannot be used: database or disk is fu"
    ):
        go_through(study, key, 0, upto=1)
    monkeypatch.undo()
    assert study.state(key)["place"] == 0
    go_through(study, key, 0, upto=2)


class _Full:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def execute(self, query: str, *values: object) -> sqlite3.Cursor:
        if query == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._db.execute(query, *values)
