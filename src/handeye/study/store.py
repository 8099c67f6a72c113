"""The study file: one SQLite database with everything that people answered.

An answer is acknowledged only when it is on the disk (write-ahead log, ``synchronous=FULL``), so
neither a killed server nor a power cut loses one. Beside the settings, the items' ids and the
practice items it holds for each person a nickname, the secret of the personal link, and times:
no address, no browser, nothing else. Knows nothing of the web and of what an answer means.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from handeye.atomic import TEMPORARY, held
from handeye.errors import DataError, refusal
from handeye.hashing import is_regular
from handeye.reading import UNREADABLE, why
from handeye.study.plan import stratum
from handeye.study.settings import Settings
from handeye.suite import Asked

T = TypeVar("T")

FORMAT = 1
_APPLICATION_ID = 0x68657374  # "hest"
_SCHEMA = """
CREATE TABLE study (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE items (item_id TEXT PRIMARY KEY, scene_id TEXT NOT NULL{strata});
CREATE TABLE practice (place INTEGER PRIMARY KEY, item TEXT NOT NULL, picture BLOB NOT NULL);
CREATE TABLE people (
    person INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, nickname TEXT NOT NULL,
    joined_at TEXT NOT NULL);
CREATE TABLE practised (
    person INTEGER NOT NULL REFERENCES people, place INTEGER NOT NULL REFERENCES practice,
    attempts INTEGER NOT NULL, passed INTEGER NOT NULL, PRIMARY KEY (person, place));
CREATE TABLE questions (
    person INTEGER NOT NULL REFERENCES people, place INTEGER NOT NULL,
    item_id TEXT NOT NULL REFERENCES items, shown_at TEXT,
    PRIMARY KEY (person, place), UNIQUE (person, item_id));
CREATE TABLE answers (
    person INTEGER NOT NULL, place INTEGER NOT NULL, raw_text TEXT, response_ms INTEGER NOT NULL,
    answered_at TEXT NOT NULL, PRIMARY KEY (person, place),
    FOREIGN KEY (person, place) REFERENCES questions (person, place));
"""


class StudyFileError(DataError):
    """The study file is damaged, or cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Person:
    """One participant: number from 0, nickname (may be empty), how far they are."""

    number: int
    nickname: str
    joined_at: str
    practised: int
    answered: int
    items: int


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One answer as it lies in the file; ``raw_text`` is None where the picture was skipped.

    Times are ISO 8601 in UTC; ``response_ms`` is the time the picture was visible. ``stratum`` is
    the item's value of each of :meth:`Store.strata`.
    """

    person: int
    place: int
    raw_text: str | None
    shown_at: str | None
    answered_at: str
    response_ms: int
    item_id: str
    scene_id: str
    stratum: tuple[str, ...]


def now() -> str:
    """The time in UTC to the millisecond, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def create(
    path: Path,
    settings: Mapping[str, Any],
    strata: Iterable[str],
    practice: Sequence[tuple[bytes, bytes]],
) -> None:
    """Make a new study file in one step.

    Args:
        path: of the file.
        settings: what the study is made with.
        strata: names of the strata; columns of its table of items.
        practice: items as JSON, each with the bytes of its picture, video or sound.

    Raises:
        DataError: the file is there already or cannot be written.
    """
    if path.exists():
        raise DataError(f"{path}: is there already")
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in ("", "-wal", "-shm", "-journal"):  # of a process that was killed
            temporary.with_name(temporary.name + left).unlink(missing_ok=True)
        with closing(sqlite3.connect(temporary)) as new:
            new.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            new.execute(f"PRAGMA user_version = {FORMAT}")
            columns = "".join(f', "{name}" TEXT NOT NULL' for name in strata)
            new.executescript(_SCHEMA.format(strata=columns))
            rows = [(name, json.dumps(value)) for name, value in settings.items()]
            new.executemany("INSERT INTO study VALUES (?, ?)", rows)
            for place, (item, picture) in enumerate(practice):
                row = (place, item.decode(), picture)
                new.execute("INSERT INTO practice VALUES (?, ?, ?)", row)
            new.commit()
        temporary.replace(path)
        _sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            temporary.unlink()
        said = refusal(error) if isinstance(error, OSError) else str(error)
        raise DataError(f"{path}: the study file cannot be written: {said}") from None


def _sync_folder(folder: Path) -> None:
    """Bring a new name in a folder to the disk (where folders can be opened: not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Store:
    """An open study file. One connection, used by one thread at a time.

    Every method raises :class:`StudyFileError` where the file is damaged or the disk is full.

    Args:
        path: an existing study file.
        read_only: for export and agreement; works while a server writes. Else the file is held
            against other processes until it is closed.

    Raises:
        DataError: no such file, not a study file, one of another version, or a damaged one.
        RunError: another process serves it.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        if not os.path.lexists(path):
            raise DataError(f"{path}: no such study file; `handeye study serve` makes one")
        # Not opened to find out: closing it would drop the locks of SQLite in this process.
        if not is_regular(path):
            raise StudyFileError(f"{path}: is no file of a study")
        self._lock = threading.RLock()
        with ExitStack() as stack:
            if not read_only:
                stack.enter_context(held(path, file=True))
            try:
                self._db = self._open(path, read_only)
                stack.callback(self._db.close)
                self._check()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise StudyFileError(f"{path}: cannot be read as a study file: {error}") from None
            self._to_close = stack.pop_all()
        self._writes = not read_only

    def _check(self) -> None:
        """Refuse a file that an answer could not be written to, or read from, as it should be."""
        for table, columns in _tables().items():
            if _columns(self._db, table)[: len(columns)] != columns:
                raise StudyFileError(f"{self.path}: is damaged: its table {table} is gone or other")
        others = "SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger')"
        if other := self._db.execute(others).fetchone():
            raise StudyFileError(f"{self.path}: is damaged: it holds {other[0]}, which is no table")
        told = [str(row[0]) for row in self._db.execute("PRAGMA quick_check(1)")]
        if told != ["ok"]:
            raise StudyFileError(f"{self.path}: is damaged: {told[0].splitlines()[-1]}")
        if lost := self._db.execute("PRAGMA foreign_key_check").fetchone():
            raise StudyFileError(
                f"{self.path}: is damaged: row {lost[1]} of {lost[0]} names a row of {lost[2]} "
                "that is not there"
            )

    @staticmethod
    def _open(path: Path, read_only: bool) -> sqlite3.Connection:
        address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
        db = sqlite3.connect(
            address, uri=True, check_same_thread=False, isolation_level=None, timeout=30
        )
        try:
            if db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
                raise DataError(f"{path}: not a study file of `handeye study serve`")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version != FORMAT:
                raise DataError(f"{path}: study format {version}; this handeye reads {FORMAT}")
            db.execute("PRAGMA foreign_keys = ON")
            if not read_only:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
        except BaseException:
            db.close()
            raise
        return db

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the log is folded into it, so that it is whole by itself."""
        with self._lock:
            if self._writes:
                # Also where somebody reads it at the moment, and closing alone would not.
                with suppress(sqlite3.Error):
                    self._db.execute("PRAGMA busy_timeout = 200")
                    self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    self._db.execute("PRAGMA journal_mode = DELETE")
            self._writes = False
            self._to_close.close()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: on the disk when the block ends, undone when it fails."""
        with self._lock, self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk undoes it by itself
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # told by whoever knows what it means
        except sqlite3.Error as error:
            raise StudyFileError(f"{self.path}: cannot be used: {error}") from None

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._told():
            return self._db.execute(query, values).fetchall()

    def _typed(self, kind: type[T], rows: Iterable[Sequence[Any]]) -> list[T]:
        """Rows as instances of a dataclass, its fields in order; SQLite keeps any type anywhere."""
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        try:
            found = [dict(zip(names, row, strict=True)) for row in rows]
            return msgspec.convert(found, list[kind])  # type: ignore[valid-type]
        except (ValueError, msgspec.ValidationError) as error:
            raise StudyFileError(f"{self.path}: is damaged: {error}") from None

    def settings(self) -> dict[str, Any]:
        """What the study was made with: the fields of :class:`Settings`."""
        found: dict[str, Any] = {}
        for name, value in self._rows("SELECT * FROM study"):
            try:
                found[name] = msgspec.json.decode(value)
            except (TypeError, *UNREADABLE) as error:
                raise StudyFileError(f"{self.path}: is damaged: {name}: {why(error)}") from None
        try:
            msgspec.convert(found, Settings)
        except msgspec.ValidationError as error:
            raise StudyFileError(f"{self.path}: is damaged: settings: {error}") from None
        return found

    def practice(self, kind: type[T]) -> list[tuple[T, bytes]]:
        """The practice items in order, each with its picture, video or sound.

        Args:
            kind: the struct of an item.
        """
        out = []
        for place, text, picture in self._rows("SELECT * FROM practice ORDER BY place"):
            try:
                item = msgspec.json.decode(text, type=kind)
                out.append((item, _whole(msgspec.convert(picture, bytes))))
            except (TypeError, ValueError, SyntaxError, OSError, *UNREADABLE) as error:
                raise StudyFileError(
                    f"{self.path}: is damaged: practice item {place}: {why(error)}"
                ) from None
        return out

    def item_ids(self) -> list[str]:
        """Ids of every item that somebody is asked."""
        return [str(row[0]) for row in self._rows("SELECT item_id FROM items")]

    def strata(self) -> list[str]:
        """Names of the strata of the study's items."""
        return [row[1] for row in self._rows("PRAGMA table_info(items)")[2:]]

    def next_number(self) -> int:
        """The number of the next person."""
        return int(self._rows("SELECT COALESCE(MAX(person) + 1, 0) FROM people")[0][0])

    def add_person(self, number: int, key: str, nickname: str, items: Sequence[Asked]) -> bool:
        """Add a person with their items in order; False if the number was taken meanwhile."""
        strata = self.strata()
        with self._changing() as db:
            try:
                row = (number, key, nickname, now())
                db.execute("INSERT INTO people VALUES (?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                return False
            rows = [(i.item_id, i.scene_id, *stratum(i, strata)) for i in items]
            marks = ", ".join("?" * (2 + len(strata)))
            db.executemany(f"INSERT OR IGNORE INTO items VALUES ({marks})", rows)
            order = [(number, place, item.item_id) for place, item in enumerate(items)]
            db.executemany("INSERT INTO questions VALUES (?, ?, ?, NULL)", order)
        return True

    def person(self, key: str) -> Person | None:
        """The person of a link, None if there is none."""
        found = self._typed(Person, self._rows(f"{_PEOPLE} WHERE key = ?", (key,)))
        return found[0] if found else None

    def people(self) -> list[Person]:
        """Everybody who joined, in order."""
        return self._typed(Person, self._rows(f"{_PEOPLE} ORDER BY person"))

    def item_id(self, number: int, place: int) -> str:
        """Which item stands at a place of a person's order."""
        query = "SELECT item_id FROM questions WHERE person = ? AND place = ?"
        return str(self._rows(query, (number, place))[0][0])

    def note_shown(self, number: int, place: int) -> None:
        """Remember when an item was first sent to a person."""
        query = "SELECT 1 FROM questions WHERE person = ? AND place = ? AND shown_at IS NULL"
        if self._rows(query, (number, place)):
            with self._changing() as db:
                db.execute(
                    "UPDATE questions SET shown_at = ? "
                    "WHERE person = ? AND place = ? AND shown_at IS NULL",
                    (now(), number, place),
                )

    def add_answer(self, number: int, place: int, text: str | None, response_ms: int) -> bool:
        """Write an answer; on the disk when this returns.

        Returns:
            False when the place is not the person's next one: answered before, or too early.
            What was answered first stays.
        """
        with self._changing() as db:
            query = "SELECT COUNT(*) FROM answers WHERE person = ?"
            if db.execute(query, (number,)).fetchone()[0] != place:
                return False
            row = (number, place, text, response_ms, now())
            db.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", row)
        return True

    def given_text(self, number: int, place: int) -> tuple[str | None] | None:
        """The answer that stands at a place, in a tuple; None if there is none."""
        query = "SELECT raw_text FROM answers WHERE person = ? AND place = ?"
        found = self._rows(query, (number, place))
        return (found[0][0],) if found else None

    def note_practice(self, number: int, place: int, *, passed: bool) -> None:
        """Count an attempt at a practice item."""
        with self._changing() as db:
            db.execute(
                "INSERT INTO practised VALUES (?, ?, 1, ?) ON CONFLICT (person, place) DO UPDATE "
                "SET attempts = attempts + 1, passed = MAX(passed, excluded.passed)",
                (number, place, int(passed)),
            )

    def answers(self) -> list[GivenAnswer]:
        """Every answer, by person and place."""
        rows = self._rows(
            "SELECT q.person, q.place, a.raw_text, q.shown_at, a.answered_at, a.response_ms, i.* "
            "FROM answers a JOIN questions q ON q.person = a.person AND q.place = a.place "
            "JOIN items i ON i.item_id = q.item_id ORDER BY q.person, q.place"
        )
        return self._typed(GivenAnswer, [(*row[:8], row[8:]) for row in rows])


def media_type(data: bytes) -> str:
    """What a practice item's file is: ``video/mp4``, ``audio/wav`` or, for all else, a PNG."""
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return "audio/wav" if data[:4] == b"RIFF" else "image/png"


def _whole(data: bytes) -> bytes:
    """A file, if a picture's parts are as their check sums say; else raises what Pillow does."""
    if media_type(data) == "image/png":
        from PIL import Image

        Image.open(io.BytesIO(data), formats=("PNG",)).verify()
    return data


@cache
def _tables() -> dict[str, list[str]]:
    """Every table of a study file with its columns; that of the items has the strata behind."""
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(_SCHEMA.format(strata=""))
        names = empty.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: _columns(empty, name) for (name,) in names}


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in db.execute(f"PRAGMA table_info({table})")]


_PEOPLE = (
    "SELECT person, nickname, joined_at, "
    "(SELECT COUNT(*) FROM practised p WHERE p.person = people.person), "
    "(SELECT COUNT(*) FROM answers a WHERE a.person = people.person), "
    "(SELECT COUNT(*) FROM questions q WHERE q.person = people.person) FROM people"
)
