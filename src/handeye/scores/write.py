"""Writes a run folder: as a whole or not at all, in memory that does not grow with the rows."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec

from handeye import __version__
from handeye.errors import RunError
from handeye.hashing import file_sha256
from handeye.run.plan import PLAN
from handeye.scores.looks import CHANCE, LOOKS, Looks, chance_file
from handeye.scores.run_folder import (
    RECORD,
    Columns,
    DataEntry,
    RunFormat,
    RunSummary,
    indented_json,
)
from handeye.scores.summary import Summary

if TYPE_CHECKING:
    import polars as pl

# Rows held as frames before they go to disk: some 50 MB.
ROWS_PER_PART = 50_000


class RunWriter:
    """Collects the files of a run in a hidden folder beside ``out``; use as a context manager.

    Nothing appears under ``out`` before :meth:`finish`; on any error the hidden folder goes. An
    earlier run at ``out`` is replaced, its other files are kept.

    Args:
        out: the run folder.
        form: what the suite's run folders hold.

    Raises:
        RunError: ``out`` is a file, a folder with files that are no run of handeye's, or cannot be
            written.
    """

    def __init__(self, out: Path, form: RunFormat) -> None:
        self.out, self.form = out, form

    def __enter__(self) -> RunWriter:
        check_free(self.out)
        with ExitStack() as stack:
            self._folder = stack.enter_context(_folder_beside(self.out))
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
        self._open.close()

    def add(self, name: str, rows: Sequence[msgspec.Struct]) -> None:
        """Append a chunk of rows to those of a kind (a name in the format's ``rows``)."""
        self._rows[name].add(rows)

    def scan(self, name: str) -> pl.LazyFrame:
        """All rows of a kind; none can be added afterwards."""
        import polars as pl

        return pl.scan_parquet(self._rows[name].finish())

    def finish(
        self,
        summary: Summary,
        *,
        predictions: Path,
        info: Mapping[str, Any],
        looks: Looks | None = None,
    ) -> RunSummary:
        """Write summary, tables and record, and move everything to its place.

        Args:
            summary: of the rows; has ``model`` and ``interval.seed`` beside what the format's
                record names.
            predictions: the file that was scored; copied.
            info: further entries of run.json; what is measured wins over what is told here.
            looks: whether the answers depend on what was shown, and what chance scores.
        """
        folder = self._folder
        for rows in self._rows.values():
            rows.finish()
        (folder / "summary.json").write_bytes(summary.to_json())
        (folder / "tables").mkdir()
        for name, text in self.form.tables(summary).items():
            (folder / "tables" / name).write_text(text, encoding="utf-8")
        if looks is not None:
            (folder / LOOKS).write_bytes(looks.to_json())
            text = chance_file(looks, summary["interval"]["words"], summary["note"])
            (folder / "tables" / CHANCE).write_text(text, encoding="utf-8")
        shutil.copyfile(predictions, folder / "predictions.jsonl")
        record = self._record(summary, predictions, info)
        (folder / RECORD).write_bytes(indented_json(record))
        _publish(folder, self.out, (*self.form.stale, LOOKS))
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
        self._path = base.with_suffix(".parquet")
        self._folder = base.with_suffix(".parts")
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
            whole.write_parquet(self._path, compression="zstd")
            self._frames = []
            return self._path
        if self._frames:
            self._write_part()
        # More than one part goes through the disk, not memory.
        pl.scan_parquet(self._parts).sink_parquet(self._path, compression="zstd")
        shutil.rmtree(self._folder)
        return self._path

    def _write_part(self) -> None:
        import polars as pl

        self._folder.mkdir(exist_ok=True)
        part = self._folder / f"{len(self._parts):06d}.parquet"
        pl.concat(self._frames).write_parquet(part, compression="lz4")
        self._parts.append(part)
        self._frames, self._held = [], 0


def data_entries(files: Iterable[Path], out: Path) -> list[dict[str, str]]:
    """What run.json says of the files a run was scored against (:class:`DataEntry`).

    Args:
        files: of the set.
        out: the run folder.
    """
    entries = [
        DataEntry(
            path=str(file.resolve()),
            relative=os.path.relpath(file.resolve(), out.resolve()),
            sha256=file_sha256(file),
        )
        for file in files
    ]
    return [msgspec.structs.asdict(entry) for entry in entries]


def check_free(out: Path) -> None:
    """Refuse a place that holds something else than a run of handeye, finished or begun.

    Raises:
        RunError: ``out`` is a file, or a folder with files and no mark of a run.
    """
    if out.exists() and not out.is_dir():
        raise RunError(f"{out}: is a file; give a folder for the run")
    marks = (RECORD, PLAN)
    if not out.exists() or not any(out.iterdir()) or any((out / m).exists() for m in marks):
        return
    found = sorted(entry.name for entry in out.iterdir())[:5]
    raise RunError(
        f"{out}: is not empty and holds no run of handeye ({', '.join(found)}); nothing was "
        "written: choose another folder"
    )


@contextmanager
def _folder_beside(out: Path) -> Iterator[Path]:
    """A hidden folder beside ``out``, gone afterwards with the parents that were made for it.

    Raises:
        RunError: it cannot be made.
    """
    made = [folder for folder in (out.parent, *out.parent.parents) if not folder.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.scoring.", dir=out.parent))
    except OSError as error:
        raise RunError(f"{out}: cannot be written: {error.strerror}") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for parent in made:
            with suppress(OSError):  # not empty: the run lies there now
                parent.rmdir()


def _publish(folder: Path, out: Path, stale: Iterable[str]) -> None:
    """Put ``folder`` in place of ``out``, or its files into a folder that has others.

    Args:
        folder: a whole run, run.json among its files, on the file system of ``out``.
        out: the run folder; files that ``folder`` does not have are kept.
        stale: names of files made from an earlier run's scores, which must not stay beside these.
    """
    if not out.exists():
        # mkdtemp makes private folders; a run folder is one like any other.
        folder.chmod(0o777 & ~_umask())
        folder.rename(out)
        return
    # run.json goes first and comes last, so that a half-moved run never looks whole.
    for name in (RECORD, *stale):
        (out / name).unlink(missing_ok=True)
    for entry in sorted(folder.iterdir(), key=lambda entry: (entry.name == RECORD, entry.name)):
        target = out / entry.name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        entry.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
