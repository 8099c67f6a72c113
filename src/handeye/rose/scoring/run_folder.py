"""The run folder: what a scored run leaves on disk, written as a whole or not at all.

    RUN/
      run.json            what was scored, when, with what; written last: with it the run is whole
      scores.parquet      one row per item (handeye.rose.scoring.score_frame.SCHEMA)
      scores.jsonl        the same rows under the official names, numbers of any size
      summary.json        every table with intervals (docs/rose-summary.md)
      tables/             CSV and LaTeX rows
      predictions.jsonl   the answers that were scored
      diagnosis.json, reasons.parquet
                          where it fails and why, once `handeye rose diagnose` was asked

Other files in RUN (a run's logs and journal) are left alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import msgspec
import polars as pl

from handeye import __version__
from handeye.errors import DataError
from handeye.hashing import file_sha256
from handeye.rose.scoring.score_frame import SCHEMA, encode_rows, to_frame
from handeye.rose.scoring.score_item import ScoreRow
from handeye.rose.scoring.summary import Summary, summarize
from handeye.rose.scoring.tables import table_files
from handeye.scores.run_folder import (
    RECORD,
    RunSummary,
    ScoredRun,
    check_free,
    data_entries,
    folder_beside,
    indented_json,
    open_run,
    publish,
)

FORMAT = 1
# Rows held as frames before they go to disk: some 50 MB.
ROWS_PER_PART = 50_000
SUITE = "rose"
DIAGNOSIS = "diagnosis.json"
REASONS = "reasons.parquet"


@dataclass(frozen=True, slots=True)
class Run(ScoredRun):
    """A run of this suite read back from its folder."""

    summary: Summary

    def scan(self) -> pl.LazyFrame:
        """The score rows, read when collected."""
        return pl.scan_parquet(self.path / "scores.parquet")

    def scores(self) -> pl.DataFrame:
        """The score rows."""
        return self.scan().collect()


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
        check_free(self.out)
        with ExitStack() as stack:
            self._folder = stack.enter_context(folder_beside(self.out))
            (self._folder / "parts").mkdir()
            self._jsonl: BinaryIO = stack.enter_context((self._folder / "scores.jsonl").open("wb"))
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

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
            summary = msgspec.structs.replace(summary, model=model)
        (folder / "summary.json").write_bytes(summary.to_json())
        (folder / "tables").mkdir()
        for name, text in table_files(summary).items():
            (folder / "tables" / name).write_text(text, encoding="utf-8")
        shutil.copyfile(predictions, folder / "predictions.jsonl")
        record = _record(summary, predictions, metadata, seed, info, self.out)
        (folder / RECORD).write_bytes(indented_json(record))
        # A diagnosis of other scores must not stay beside these.
        publish(folder, self.out, stale=(DIAGNOSIS, REASONS))
        return RunSummary(self.out, summary, record)


def read_run(path: Path | str) -> Run:
    """Read a run folder.

    Raises:
        RunError: no such folder, not a run, not scored yet, or of a newer version of handeye.
        DataError: a file of the run is missing or cannot be read.
    """
    opened = open_run(path, SUITE, FORMAT, Run, Summary)
    scores = opened.path / "scores.parquet"
    try:
        lacking = sorted(set(SCHEMA) - set(pl.read_parquet_schema(scores)))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{scores}: cannot be read: {error}") from None
    if lacking:
        raise DataError(f"{scores}: lacks the columns {', '.join(lacking)}; score the run again")
    return opened


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
        "data": data_entries(metadata, out),
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
