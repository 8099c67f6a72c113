"""The run folder: what a scored run leaves on disk, written as a whole or not at all.

    RUN/
      run.json            what was scored, when, with what; written last: with it the run is whole
      scores.parquet      one row per item (handeye.rose.score_frame.SCHEMA)
      scores.jsonl        the same rows under the official names, numbers of any size
      summary.json        every table with intervals (docs/rose-summary.md)
      tables/             CSV and LaTeX rows
      predictions.jsonl   the answers that were scored
      diagnosis.json, reasons.parquet
                          where it fails and why, once `handeye rose diagnose` was asked

Other files in RUN (a run's logs and journal) are left alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import msgspec
import polars as pl

from handeye import __version__
from handeye.errors import DataError, RunError
from handeye.hashing import file_sha256
from handeye.rose.score_frame import SCHEMA, encode_rows, to_frame
from handeye.rose.scoring import ScoreRow
from handeye.rose.summary import Summary, summarize
from handeye.rose.table_files import csv_tables, tex_tables

FORMAT = 1
# Rows held as frames before they go to disk: some 50 MB.
ROWS_PER_PART = 50_000
SUITE = "rose"
# The marks of a folder that handeye may write into: a scored run, or one that is being asked.
_MARKS = ("run.json", "plan.json")
DIAGNOSIS = "diagnosis.json"
REASONS = "reasons.parquet"
_FILES = ("scores.parquet", "scores.jsonl", "summary.json", "predictions.jsonl", "tables")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run just written: its folder, its summary, and the contents of run.json."""

    path: Path
    summary: Summary
    info: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A run read back from its folder."""

    path: Path
    info: Mapping[str, Any]
    summary: Summary

    def scan(self) -> pl.LazyFrame:
        """The score rows, read when collected."""
        return pl.scan_parquet(self.path / "scores.parquet")

    def scores(self) -> pl.DataFrame:
        """The score rows."""
        return self.scan().collect()

    def predictions_path(self) -> Path:
        """The answers that were scored."""
        return self.path / "predictions.jsonl"


class RunWriter:
    """Collects the files of a run in a hidden folder beside ``out``; use as a context manager.

    Nothing appears under ``out`` before :meth:`finish`; on any error the hidden folder goes.

    Raises:
        RunError: ``out`` is a file, or a folder with files that are no run of handeye's.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._parts: list[Path] = []
        self._frames: list[pl.DataFrame] = []
        self._held = 0

    def __enter__(self) -> RunWriter:
        _check_free(self.out)
        parent = self.out.parent
        self._made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
        try:
            parent.mkdir(parents=True, exist_ok=True)
            name = f".{self.out.name}.scoring."
            self._folder = Path(tempfile.mkdtemp(prefix=name, dir=parent))
        except OSError as error:
            raise RunError(f"{self.out}: cannot be written: {error.strerror}") from None
        (self._folder / "parts").mkdir()
        self._jsonl: BinaryIO = (self._folder / "scores.jsonl").open("wb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._jsonl.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        for folder in self._made:
            with suppress(OSError):  # not empty: the run lies there now
                folder.rmdir()

    def add(self, rows: Sequence[ScoreRow]) -> None:
        """Append a chunk of score rows."""
        self._jsonl.write(encode_rows(rows))
        self._frames.append(to_frame(rows))
        self._held += len(rows)
        if self._held >= ROWS_PER_PART:
            self._write_part()

    def _write_part(self) -> None:
        part = self._folder / "parts" / f"{len(self._parts):06d}.parquet"
        pl.concat(self._frames).write_parquet(part, compression="lz4")
        self._parts.append(part)
        self._frames, self._held = [], 0

    def _write_scores(self, path: Path) -> None:
        """Write the rows of all chunks; more than one part goes through the disk, not memory."""
        if not self._parts:
            pl.concat(self._frames).write_parquet(path, compression="zstd")
            return
        if self._frames:
            self._write_part()
        pl.scan_parquet(self._parts).sink_parquet(path, compression="zstd")

    def finish(
        self,
        *,
        model: str | None,
        predictions: Path,
        metadata: Sequence[Path],
        n_expected: int,
        seed: int,
        info: Mapping[str, Any],
    ) -> RunSummary:
        """Make summary and tables and move everything to its place.

        Args:
            model: who answered, None if nobody said.
            predictions: the file that was scored; copied.
            metadata: the metadata files that were scored against.
            n_expected: items asked for, with those that have no prediction.
            seed: of the bootstrap.
            info: further entries of run.json.
        """
        self._jsonl.close()
        folder = self._folder
        scores = folder / "scores.parquet"
        self._write_scores(scores)
        shutil.rmtree(folder / "parts")
        summary = summarize(pl.scan_parquet(scores), seed=seed, n_expected=n_expected)
        if summary["model"] is None and model is not None:
            summary = Summary({**summary.data, "model": model})
        (folder / "summary.json").write_bytes(summary.to_json())
        (folder / "tables").mkdir()
        for name, text in {**csv_tables(summary.data), **tex_tables(summary.data)}.items():
            (folder / "tables" / name).write_text(text, encoding="utf-8")
        shutil.copyfile(predictions, folder / "predictions.jsonl")
        record = _record(summary, predictions, metadata, seed, info, self.out)
        line = msgspec.json.encode(record, enc_hook=str)
        (folder / "run.json").write_bytes(msgspec.json.format(line, indent=1) + b"\n")
        self._publish()
        return RunSummary(self.out, summary, record)

    def _publish(self) -> None:
        """Put the folder in place of ``out``, or its files into a folder that has others."""
        if not self.out.exists():
            # mkdtemp makes private folders; a run folder is one like any other.
            self._folder.chmod(0o777 & ~_umask())
            self._folder.rename(self.out)
            return
        # run.json goes first and comes last, so that a half-moved run never looks whole.
        # A diagnosis of other scores must not stay beside these.
        for name in ("run.json", DIAGNOSIS, REASONS):
            (self.out / name).unlink(missing_ok=True)
        for name in (*_FILES, "run.json"):
            target = self.out / name
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            (self._folder / name).replace(target)


def read_run(path: Path | str) -> Run:
    """Read a run folder.

    Raises:
        RunError: no such folder, not a run, not scored yet, or of a newer version of handeye.
        DataError: a file of the run is missing or cannot be read.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run folder")
    if not (folder / "run.json").exists():
        unfinished = (folder / "plan.json").exists()
        hint = (
            "the run is not finished; start the same 'handeye run' again"
            if unfinished
            else "make one with 'handeye rose score' or 'handeye run'"
        )
        raise RunError(f"{folder}: holds no run.json: {hint}")
    info = _read_json(folder / "run.json")
    if info.get("suite") != SUITE:
        raise RunError(f"{folder}: run.json is of suite {info.get('suite')!r}; expected {SUITE!r}")
    if info.get("format") != FORMAT:
        raise RunError(
            f"{folder}: run format {info.get('format')!r}; this version of handeye reads format "
            f"{FORMAT}: score predictions.jsonl again with 'handeye rose score'"
        )
    summary = _read_json(folder / "summary.json")
    scores = folder / "scores.parquet"
    try:
        lacking = sorted(set(SCHEMA) - set(pl.read_parquet_schema(scores)))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{scores}: cannot be read: {error}") from None
    if lacking:
        raise DataError(f"{scores}: lacks the columns {', '.join(lacking)}; score the run again")
    return Run(folder, info, Summary(summary))


def _check_free(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise RunError(f"{out}: is a file; give a folder for the run")
    if not out.exists() or not any(out.iterdir()) or any((out / m).exists() for m in _MARKS):
        return
    found = sorted(entry.name for entry in out.iterdir())[:5]
    raise RunError(
        f"{out}: is not empty and holds no run of handeye ({', '.join(found)}); nothing was "
        "written: choose another folder"
    )


def _record(
    summary: Summary,
    predictions: Path,
    metadata: Sequence[Path],
    seed: int,
    info: Mapping[str, Any],
    out: Path,
) -> dict[str, Any]:
    """The contents of run.json; what handeye measured wins over what it was told."""
    known = {
        "format": FORMAT,
        "suite": SUITE,
        "model": summary["model"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("polars", "numpy", "msgspec")}
        | {"handeye": __version__},
        "data": [
            {
                "path": str(file.resolve()),
                # From the run folder, so that a set and its runs can be moved together.
                "relative": os.path.relpath(file.resolve(), out.resolve()),
                "sha256": file_sha256(file),
            }
            for file in metadata
        ],
        "predictions": {"path": str(predictions.resolve()), "sha256": file_sha256(predictions)},
        "seeds": {"bootstrap": seed},
        "n_items": summary["n_items"],
        "n_expected": summary["n_expected"],
        "n_scenes": summary["n_scenes"],
        "partial": summary["partial"],
        "states": summary["states"],
        "cost": info.get("cost"),
    }
    return known | {name: value for name, value in info.items() if name not in known}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
