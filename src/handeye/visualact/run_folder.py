"""The run folder of a scored run: written as a whole or not at all.

    RUN/
      run.json            what was scored, when, with what; moved last: with it the run is whole
      scores.parquet      one row a clip (handeye.visualact.clip_scores.ClipScore)
      scores.jsonl        the same rows
      pairs.parquet       one row an assigned pair of actions (PairScore)
      pairs.jsonl         the same rows
      summary.json        every table with intervals (docs/visualact-scoring.md)
      tables/             CSV and LaTeX rows
      predictions.jsonl   the answers that were scored

Other files in RUN (a run's logs and journal) are left alone.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from handeye import __version__
from handeye.errors import RunError
from handeye.hashing import file_sha256
from handeye.visualact.clip_scores import ClipScore, PairScore
from handeye.visualact.scoring import Result
from handeye.visualact.summary import SUITE, Summary
from handeye.visualact.table_files import csv_tables, tex_tables

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1
# The marks of a folder that handeye may write into: a scored run, or one that is being asked.
_MARKS = ("run.json", "plan.json")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run just written: its folder, its summary, and the contents of run.json."""

    path: Path
    summary: Summary
    info: Mapping[str, Any]


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
    with _folder_beside(out) as folder:
        _write_rows(folder / "scores", result.clips, ClipScore)
        _write_rows(folder / "pairs", result.pairs, PairScore)
        (folder / "summary.json").write_bytes(result.summary.to_json())
        (folder / "tables").mkdir()
        data = result.summary.data
        for name, text in {**csv_tables(data), **tex_tables(data)}.items():
            (folder / "tables" / name).write_text(text, encoding="utf-8")
        shutil.copyfile(predictions, folder / "predictions.jsonl")
        line = msgspec.json.encode(record, enc_hook=str)
        (folder / "run.json").write_bytes(msgspec.json.format(line, indent=1) + b"\n")
        _publish(folder, out)
    return RunSummary(out, result.summary, record)


def check_free(out: Path) -> None:
    """Refuse a place that holds something else than a run of handeye."""
    if out.exists() and not out.is_dir():
        raise RunError(f"{out}: is a file; give a folder for the run")
    if not out.exists() or not any(out.iterdir()) or any((out / m).exists() for m in _MARKS):
        return
    found = sorted(entry.name for entry in out.iterdir())[:5]
    raise RunError(
        f"{out}: is not empty and holds no run of handeye ({', '.join(found)}); nothing was "
        "written: choose another folder"
    )


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


@contextmanager
def _folder_beside(out: Path) -> Iterator[Path]:
    """A hidden folder beside ``out``, gone afterwards with the parents that were made for it."""
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


def _write_rows(base: Path, rows: Sequence[ClipScore] | Sequence[PairScore], kind: type) -> None:
    base.with_suffix(".jsonl").write_bytes(msgspec.json.Encoder().encode_lines(rows))
    to_frame(rows, kind).write_parquet(base.with_suffix(".parquet"), compression="zstd")


def _publish(folder: Path, out: Path) -> None:
    """Move the files of a run to ``out``: run.json goes first and comes last."""
    out.mkdir(exist_ok=True)
    (out / "run.json").unlink(missing_ok=True)
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name == "run.json"):
        target = out / entry.name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        entry.replace(target)


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
