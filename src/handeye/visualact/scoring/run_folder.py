"""The run folder of a scored run: written as a whole or not at all.

    RUN/
      run.json            what was scored, when, with what; moved last: with it the run is whole
      scores.parquet      one row a clip (handeye.visualact.scoring.clip_scores.ClipScore)
      scores.jsonl        the same rows
      pairs.parquet       one row an assigned pair of actions (PairScore)
      pairs.jsonl         the same rows
      summary.json        every table with intervals (docs/visualact-scoring.md)
      tables/             CSV and LaTeX rows
      predictions.jsonl   the answers that were scored
      judge.json, judgements.jsonl
                          what a judge model decided, once one was asked
      diagnosis.json, reasons.parquet
                          what is wrong with the answers, once `diagnose` was asked

Other files in RUN (a run's logs and journal) are left alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from handeye import __version__
from handeye.errors import DataError
from handeye.hashing import file_sha256
from handeye.scores.run_folder import (
    RECORD,
    RunSummary,
    ScoredRun,
    check_free,
    data_file,
    folder_beside,
    indented_json,
    open_run,
    publish,
)
from handeye.visualact.scoring.clip_scores import ClipScore, PairScore
from handeye.visualact.scoring.score import Result
from handeye.visualact.scoring.summary import SUITE, Summary
from handeye.visualact.scoring.tables import table_files

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1
ABLATION = "ablation.json"
"""What names the runs of a folder that holds one run for each number of frames."""
JUDGED = "judge.json"
JUDGEMENTS = "judgements.jsonl"
DIAGNOSIS = "diagnosis.json"
REASONS = "reasons.parquet"


@dataclass(frozen=True, slots=True)
class Run(ScoredRun):
    """A run of this suite read back from its folder."""

    summary: Summary

    def scores(self) -> pl.DataFrame:
        """The score rows, one a clip."""
        return _read_rows(self.path / "scores.parquet")

    def pairs(self) -> pl.DataFrame:
        """The assigned pairs of actions."""
        return _read_rows(self.path / "pairs.parquet")

    def data_files(self) -> tuple[Path, ...]:
        """The files the run was scored against, as they were then.

        Raises:
            DataError: the run names none, or one is not there or was changed.
        """
        entries = self.info.get("data") or ()
        if not entries:
            raise DataError(
                f"{self.path}: run.json names no set; score the predictions again with "
                "'handeye visualact score --data'"
            )
        return tuple(data_file(entry, self.path) for entry in entries)


def write_run(
    result: Result, out: Path, *, predictions: Path, info: Mapping[str, Any]
) -> RunSummary:
    """Write a run folder; an earlier run there is replaced, its other files are kept.

    Args:
        result: what was scored.
        out: the folder.
        predictions: the file that was scored; copied.
        info: further entries of run.json; what is measured here wins.

    Raises:
        RunError: ``out`` is a file, a folder with files that are no run, or cannot be written.
    """
    check_free(out)
    record = _record(result, predictions, info)
    with folder_beside(out) as folder:
        _write_rows(folder / "scores", result.clips, ClipScore)
        _write_rows(folder / "pairs", result.pairs, PairScore)
        (folder / "summary.json").write_bytes(result.summary.to_json())
        (folder / "tables").mkdir()
        for name, text in table_files(result.summary).items():
            (folder / "tables" / name).write_text(text, encoding="utf-8")
        shutil.copyfile(predictions, folder / "predictions.jsonl")
        (folder / RECORD).write_bytes(indented_json(record))
        publish(folder, out, stale=(JUDGED, DIAGNOSIS, REASONS))
    return RunSummary(out, result.summary, record)


def read_run(path: Path | str) -> Run:
    """Read a run folder.

    Raises:
        RunError: no such folder, not a run, not scored yet, of another suite or format.
        DataError: a file of the run is missing or cannot be read.
    """
    return open_run(path, SUITE, FORMAT, Run, Summary)


def to_frame(rows: Sequence[ClipScore] | Sequence[PairScore], kind: type) -> pl.DataFrame:
    """Rows as a Polars frame with one typed column a field, also without rows."""
    import polars as pl

    types = {str: pl.String(), int: pl.Int64(), float: pl.Float64(), bool: pl.Boolean()}
    schema = {}
    for name, hint in get_type_hints(kind).items():
        kinds = [part for part in (get_args(hint) or (hint,)) if part is not type(None)]
        schema[name] = types[kinds[0]]
    columns = {name: [getattr(row, name) for row in rows] for name in schema}
    return pl.DataFrame(columns, schema=schema)


def _read_rows(path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def _write_rows(base: Path, rows: Sequence[ClipScore] | Sequence[PairScore], kind: type) -> None:
    base.with_suffix(".jsonl").write_bytes(msgspec.json.Encoder().encode_lines(rows))
    to_frame(rows, kind).write_parquet(base.with_suffix(".parquet"), compression="zstd")


def _record(result: Result, predictions: Path, info: Mapping[str, Any]) -> dict[str, Any]:
    summary = result.summary
    known = {
        "format": FORMAT,
        "suite": SUITE,
        "model": summary["model"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("numpy", "scipy", "polars", "msgspec")}
        | {"handeye": __version__},
        "predictions": {"path": str(predictions.resolve()), "sha256": file_sha256(predictions)},
        "embedder": summary["embedder"],
        "matcher": summary["matcher"],
        "options": summary["options"],
        "seeds": {"bootstrap": summary["interval"]["seed"]},
        "n_clips": summary["n_clips"],
        "n_expected": summary["n_expected"],
        "partial": summary["partial"],
        "states": summary["states"],
        "losses": summary["losses"],
        "cost": info.get("cost"),
    }
    return known | {name: value for name, value in info.items() if name not in known}
