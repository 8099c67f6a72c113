"""Writes a run folder: as a whole or not at all, in memory that does not grow with the rows."""

from __future__ import annotations

import errno
import glob
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec

from handeye import __version__
from handeye.atomic import entries, held
from handeye.errors import DataError, RunError
from handeye.hashing import file_sha256
from handeye.reading import read_json, why
from handeye.run.logs import adjuster_of
from handeye.run.plan import PLAN
from handeye.scores.looks import CHANCE, LOOKS, Looks, chance_file
from handeye.scores.run_folder import (
    AS_NAMED,
    RECORD,
    SCORING,
    Columns,
    DataEntry,
    RunFormat,
    RunInfo,
    RunSummary,
    as_parquet,
    indented_json,
)
from handeye.scores.summary import Summary, adjusted_words
from handeye.sets.folder import revision_of

if TYPE_CHECKING:
    import polars as pl

# Rows held as frames before they go to disk: some 50 MB.
ROWS_PER_PART = 50_000


class RunWriter:
    """Collects the files of a run in a hidden folder inside ``out``; use as a context manager.

    No other file of ``out`` changes before :meth:`finish`; on any error the hidden folder goes, and
    what was made for it. An earlier run at ``out`` is replaced, its other files are kept. A process
    that is killed leaves the hidden folder, which the next scoring clears; while there is no
    run.json, it is the mark that the folder is a run's.

    Args:
        out: the run folder; held against other processes in the meantime.
        form: what the suite's run folders hold.

    Raises:
        RunError: ``out`` is a file, a folder with files that are no run of handeye's, one that
            another process is at work in, or it cannot be written.
    """

    def __init__(self, out: Path, form: RunFormat) -> None:
        self.out, self.form = out, form

    def __enter__(self) -> RunWriter:
        check_free(self.out)
        with ExitStack() as stack:
            try:
                stack.enter_context(held(self.out))
                self._folder = stack.enter_context(_scoring_in(self.out))
            except OSError as error:
                raise RunError(f"{self.out}: cannot be written: {why(error)}") from None
            self._rows = {
                name: stack.enter_context(_Rows(self._folder / name, columns))
                for name, columns in self.form.rows.items()
            }
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        errors = [value]
        try:
            self._open.close()
        except OSError as error:  # what was held back until now
            errors.append(error)
            raise
        finally:
            for one in errors:  # a full disk is told by a write, which knows no name
                if isinstance(one, OSError) and one.filename is None and one.errno is not None:
                    one.filename = str(self.out)

    def add(self, name: str, rows: Sequence[msgspec.Struct]) -> None:
        """Append a chunk of rows to those of a kind (a name in the format's ``rows``)."""
        self._rows[name].add(rows)

    def scan(self, name: str) -> pl.LazyFrame:
        """All rows of a kind; none can be added afterwards."""
        import polars as pl

        return pl.scan_parquet(self._rows[name].finish(), **AS_NAMED)

    def finish(
        self,
        summary: Summary,
        *,
        predictions: Path,
        info: Mapping[str, Any],
        source: Path | None = None,
        looks: Looks | None = None,
    ) -> RunSummary:
        """Write summary, tables and record, and move everything to its place.

        Args:
            summary: of the rows; has ``model`` and ``interval.seed`` beside what the format's
                record names.
            predictions: the file that was scored; copied.
            source: what it was made from, where that is another file; named by the record.
            info: further entries of run.json; what is measured wins over what is told here.
            looks: whether the answers depend on what was shown, and what chance scores.

        Raises:
            RunError: ``out`` holds another run, or scores of another suite or model.
        """
        refuse_another(self.out, self.form.suite, summary["model"], source or predictions)
        told = {
            **adjuster_of(source or predictions),
            **_how_it_was_asked(self.out, info),
            **info,
        }
        if words := adjusted_words({**told, "model": summary["model"]}):
            summary = msgspec.structs.replace(summary, adjusted=words)
        folder = self._folder
        for rows in self._rows.values():
            rows.finish()
        (folder / "summary.json").write_bytes(summary.to_json())
        (folder / "tables").mkdir()
        for name, text in self.form.tables(summary).items():
            (folder / "tables" / name).write_text(text, encoding="utf-8")
        if looks is not None:
            looks.chosen = looks.chosen.replace("scenes", summary.scenes_are)
            (folder / LOOKS).write_bytes(looks.to_json())
            text = chance_file(looks, summary["interval"]["words"], summary["note"])
            (folder / "tables" / CHANCE).write_text(text, encoding="utf-8")
        shutil.copyfile(predictions, folder / "predictions.jsonl")
        record = self._record(summary, source or predictions, told)
        (folder / RECORD).write_bytes(indented_json(record))
        same = [f"{name}.jsonl" for name in self.form.rows] + ["summary.json", LOOKS]
        stale = () if _same_files(folder, self.out, same) else self.form.stale
        _publish(folder, self.out, (*stale, LOOKS))
        return RunSummary(self.out, summary, record)

    def _record(
        self, summary: Summary, predictions: Path, info: Mapping[str, Any]
    ) -> dict[str, Any]:
        form = self.form
        head = {
            "format": form.number,
            "suite": form.suite,
            "model": summary["model"],
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": {name: version(name) for name in form.packages} | {"handeye": __version__},
        }
        measured = dict(summary.data) | {
            "predictions": {"path": str(predictions.resolve()), "sha256": file_sha256(predictions)},
            "seeds": {"bootstrap": summary["interval"]["seed"]},
        }
        known = head | {name: measured.get(name, info.get(name)) for name in form.record}
        return known | {name: value for name, value in info.items() if name not in known}


class _Rows:
    """The two files of one kind of rows; chunks go to disk, so that memory holds few of them."""

    def __init__(self, base: Path, columns: Columns) -> None:
        self._columns = columns
        self._path = base.with_suffix(".parquet").absolute()  # Polars takes a first ~ for home
        self._folder = base.with_suffix(".parts").absolute()
        self._jsonl = base.with_suffix(".jsonl").open("wb")
        self._parts: list[Path] = []
        self._frames: list[pl.DataFrame] = []
        self._held = 0

    def __enter__(self) -> _Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._jsonl.close()

    def add(self, rows: Sequence[msgspec.Struct]) -> None:
        self._jsonl.write(self._columns.encode(rows))
        self._frames.append(self._columns.frame(rows))
        self._held += len(rows)
        if self._held >= ROWS_PER_PART:
            self._write_part()

    def finish(self) -> Path:
        """The Parquet file with all rows, written when first asked for."""
        import polars as pl

        if self._jsonl.closed:
            return self._path
        self._jsonl.close()
        if not self._parts:
            whole = pl.concat(self._frames or [self._columns.frame(())])
            self._path.write_bytes(as_parquet(whole))
            self._frames = []
            return self._path
        if self._frames:
            self._write_part()
        # More than one part goes through the disk, not memory.
        try:
            pl.scan_parquet(self._parts, **AS_NAMED).sink_parquet(self._path, compression="zstd")
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            # Polars has words of its own for a full disk; another write says it as the system does.
            with self._path.open("ab") as stream:
                stream.write(bytes(1 << 16))
            raise OSError(errno.EIO, str(error).splitlines()[0], str(self._path)) from None
        shutil.rmtree(self._folder)
        return self._path

    def _write_part(self) -> None:
        import polars as pl

        self._folder.mkdir(exist_ok=True)
        part = self._folder / f"{len(self._parts):06d}.parquet"
        part.write_bytes(as_parquet(pl.concat(self._frames), "lz4"))
        self._parts.append(part)
        self._frames, self._held = [], 0


def data_entries(files: Iterable[Path], out: Path) -> list[dict[str, str]]:
    """What run.json says of the files a run was scored against (:class:`DataEntry`).

    Args:
        files: of the set.
        out: the run folder.
    """
    return [msgspec.to_builtins(_data_entry(file, out)) for file in files]


def _data_entry(file: Path, out: Path) -> DataEntry:
    # By its own name: in the Hub's cache that is a link to a file without one.
    place = file.parent.resolve() / file.name
    return DataEntry(
        path=str(place),
        relative=os.path.relpath(place, out.resolve()),
        sha256=file_sha256(file),
        revision=revision_of(place.parent) or revision_of(place.parent.parent),
    )


def check_free(out: Path) -> None:
    """Refuse a place that holds something else than a run of handeye, finished or begun.

    Raises:
        RunError: ``out`` is a file, or a folder with files and no mark of a run, or it cannot be
            looked into.
    """
    try:
        if out.exists() and not out.is_dir():
            raise RunError(f"{out}: is a file; give a folder for the run")
        found = [entry.name for entry in entries(out)] if out.exists() else []
    except OSError as error:
        raise RunError(f"{out}: cannot be written: {why(error)}") from None
    if found and not {RECORD, PLAN, SCORING}.intersection(found):
        raise RunError(
            f"{out}: is not empty and holds no run of handeye ({', '.join(found[:5])}); nothing "
            "was written: choose another folder"
        )


def refuse_another(out: Path, suite: str, model: str | None, scored: Path) -> None:
    """Refuse to put scores in the place of those of something else.

    A run keeps its own answers' scores; what was scored from files gives way to what is the same
    model's of the same suite.

    Args:
        out: folder of the result.
        suite: of the scores.
        model: whose answers were scored, if that is known.
        scored: the file of answers.

    Raises:
        RunError: as said; nothing in ``out`` was changed.
    """
    if (out / PLAN).exists() and scored.resolve().parent != out.resolve():
        raise RunError(f"{out}: holds a run and its answers; give the scores another folder")
    if not (out / RECORD).is_file():
        return
    try:
        known = read_json(out / RECORD, RunInfo)
    except DataError:  # edited, or of another version: its own answers can be scored again
        return
    for name, before, now in (("suite", known.suite, suite), ("model", known.model, model)):
        if None not in (before, now) and before != now:
            raise RunError(
                f"{out}: holds scores of the {name} {before}, not of {now}; give another folder"
            )


# What run.json says of the scores, and nobody knows of new ones.
_OF_SCORES = frozenset({"strip_thoughts", "marks", "scoring", "mapping", "data"})


def _how_it_was_asked(out: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """What run.json of a run says of how its answers came to be, where it is scored by itself."""
    if "engine" in told or not (out / PLAN).exists():  # the run says all of it
        return {}
    try:
        known = read_json(out / RECORD, dict[str, Any])
    except (OSError, DataError):
        return {}
    return {name: value for name, value in known.items() if name not in _OF_SCORES}


def _same_files(one: Path, other: Path, names: Iterable[str]) -> bool:
    """Whether two folders hold the same files of these names; of one that neither has, too."""
    for name in names:
        places = one / name, other / name
        there = [place.is_file() for place in places]
        if any(there) and not (all(there) and len(set(map(file_sha256, places))) == 1):
            return False
    return True


@contextmanager
def _scoring_in(out: Path) -> Iterator[Path]:
    """A new hidden folder in ``out``; gone afterwards, unless its files were being put in place."""
    folder = out / SCORING
    # What killed processes left; those of versions up to 0.1 stand beside the folder.
    beside = out.parent.glob(f".{glob.escape(out.name)}{SCORING}.*")
    for left in (folder, *beside):
        if left.is_dir():
            shutil.rmtree(left)
    folder.mkdir()
    try:
        yield folder
    finally:
        # Stopped while its files were put in place, a run without a record needs its mark.
        if (out / RECORD).exists() or not (folder / RECORD).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _publish(folder: Path, out: Path, stale: Iterable[str]) -> None:
    """Put the files of ``folder`` in place in ``out``.

    Args:
        folder: a whole run, run.json among its files, inside ``out``.
        out: the run folder; files that ``folder`` does not have are kept.
        stale: names of files made from an earlier run's scores, which must not stay beside these.
    """
    # run.json goes first and comes last, so that a half-moved run never looks whole.
    for name in (RECORD, *stale):
        (out / name).unlink(missing_ok=True)
    for entry in sorted(folder.iterdir(), key=lambda entry: (entry.name == RECORD, entry.name)):
        target = out / entry.name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        entry.replace(target)
