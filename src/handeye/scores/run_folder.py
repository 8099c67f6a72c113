"""The folder of a run, whatever the suite: who may write there, and how files get there whole.

A suite's own run folder (what its files are, how they are read back) is its own business.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from handeye.errors import DataError, RunError
from handeye.hashing import file_sha256
from handeye.scores.summary import Summary, read

RECORD = "run.json"
# The marks of a folder that handeye may write into: a scored run, or one that is being asked.
MARKS = (RECORD, "plan.json")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run just written: its folder, its summary, and the contents of run.json."""

    path: Path
    summary: Summary
    info: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A run read back from its folder; suites add their rows."""

    path: Path
    info: Mapping[str, Any]
    summary: Summary

    def predictions_path(self) -> Path:
        """The answers that were scored."""
        return self.path / "predictions.jsonl"


AnyRun = TypeVar("AnyRun", bound=ScoredRun)


def open_run(
    path: Path | str, suite: str, run_format: int, kind: type[AnyRun], summary: type[Summary]
) -> AnyRun:
    """Read run.json and summary.json of a run folder.

    Args:
        path: the folder.
        suite: whose run it must be.
        run_format: the number in run.json that this version reads.
        kind: what to make of it.
        summary: what its summary.json holds.

    Raises:
        RunError: no such folder, not a run, not scored yet, of another suite or version.
        DataError: a file of the run is missing or cannot be read.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run folder")
    if not (folder / RECORD).exists():
        unfinished = (folder / "plan.json").exists()
        hint = (
            "the run is not finished; start the same 'handeye run' again"
            if unfinished
            else f"make one with 'handeye {suite} score' or 'handeye run'"
        )
        raise RunError(f"{folder}: holds no {RECORD}: {hint}")
    info = read_json(folder / RECORD)
    if info.get("suite") != suite:
        raise RunError(f"{folder}: run.json is of suite {info.get('suite')!r}; expected {suite!r}")
    if info.get("format") != run_format:
        raise RunError(
            f"{folder}: run format {info.get('format')!r}; this version of handeye reads format "
            f"{run_format}: score predictions.jsonl again with 'handeye {suite} score'"
        )
    return kind(folder, info, read(folder / "summary.json", summary))


def check_free(out: Path) -> None:
    """Refuse a place that holds something else than a run of handeye.

    Raises:
        RunError: ``out`` is a file, or a folder with files and none of :data:`MARKS`.
    """
    if out.exists() and not out.is_dir():
        raise RunError(f"{out}: is a file; give a folder for the run")
    if not out.exists() or not any(out.iterdir()) or any((out / m).exists() for m in MARKS):
        return
    found = sorted(entry.name for entry in out.iterdir())[:5]
    raise RunError(
        f"{out}: is not empty and holds no run of handeye ({', '.join(found)}); nothing was "
        "written: choose another folder"
    )


@contextmanager
def folder_beside(out: Path) -> Iterator[Path]:
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


def publish(folder: Path, out: Path, stale: Iterable[str] = ()) -> None:
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


def data_entries(files: Iterable[Path], out: Path) -> list[dict[str, str]]:
    """What run.json says of the files a run was scored against: path, relative path, SHA-256."""
    return [
        {
            "path": str(file.resolve()),
            # From the run folder, so that a set and its runs can be moved together.
            "relative": os.path.relpath(file.resolve(), out.resolve()),
            "sha256": file_sha256(file),
        }
        for file in files
    ]


def data_file(entry: Mapping[str, Any], run: Path) -> Path:
    """The file that an entry of :func:`data_entries` names, also where set and run were moved.

    Raises:
        DataError: it is in neither place, or is another file by now.
    """
    named = Path(str(entry["path"]))
    places = [named, run / str(entry.get("relative", named))]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise DataError(
            f"{run}: was scored against {named}, which is not there; put the set back, or score "
            "the predictions again with --data"
        )
    if file_sha256(found) != entry["sha256"]:
        raise DataError(
            f"{found}: is not the file that {run} was scored against (its SHA-256 differs); score "
            "the predictions again"
        )
    return found


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        DataError: it cannot be read or is something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def indented_json(value: Any) -> bytes:
    """JSON for people, with a line end; what JSON does not know is written as its text."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=1) + b"\n"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
