"""The folder of a scored run, whatever the suite: what it holds, and how it is read back.

    RUN/
      run.json            what was scored, when, with what; written last: with it the run is whole
      NAME.parquet        score rows: ``scores``, and a file for every further kind of row
      NAME.jsonl          the same rows, numbers of any size
      summary.json        every table with intervals
      looks.json          whether answers depend on what was shown; the best constant answer
      tables/             CSV and LaTeX rows; chance.csv has those of the best constant answer
      predictions.jsonl   the answers that were scored

Other files in RUN (a run's logs and journal) are left alone. :mod:`handeye.scores.write` writes the
folder; what a suite's rows, tables and record are, it says in a :class:`RunFormat`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec

from handeye.errors import DataError, OptionError, RunError
from handeye.hashing import file_sha256
from handeye.run.plan import PLAN
from handeye.scores.looks import LOOKS, Looks
from handeye.scores.summary import Summary, read

if TYPE_CHECKING:
    import polars as pl

RECORD = "run.json"
ABLATION = "ablation.json"
"""What names the runs of a folder that holds several, one for each value of what was varied."""
LARGEST = 2**63 - 1
_LARGEST_FLOAT = 10**300
# Between texts of a list that are joined; a control character that no format of ours writes.
_SEPARATOR = "\x1f"


# ---- what a suite's run folders hold


class Columns:
    """Score rows of one kind as Polars frames: one named, typed column a field of their struct.

    Columns are named as the struct is encoded, in its order. Whole numbers are Int64; a number that
    is larger ends at :data:`LARGEST`, because a model may write one of any length (the JSON lines
    have it in full).

    Args:
        row: the struct; its fields are texts, numbers, truth values (each may be None) or lists of
            texts.
        floats: whole-number fields that become Float64 and end at 1e300, so that their means hold
            for any number.
    """

    def __init__(self, row: type[msgspec.Struct], floats: Iterable[str] = ()) -> None:
        fields = msgspec.structs.fields(row)
        self.names = tuple(field.encode_name for field in fields)
        self._kinds = {field.encode_name: _kind(field.type) for field in fields}
        self._floats = frozenset(floats)
        self._encoder = msgspec.json.Encoder()

    @cached_property
    def schema(self) -> dict[str, pl.DataType]:
        """Column name to type."""
        import polars as pl

        types: dict[Any, pl.DataType] = {
            str: pl.String(),
            int: pl.Int64(),
            float: pl.Float64(),
            bool: pl.Boolean(),
            list[str]: pl.List(pl.String()),
        }
        kinds = {**self._kinds, **dict.fromkeys(self._floats, float)}
        return {name: types[kinds[name]] for name in self.names}

    def encode(self, rows: Sequence[msgspec.Struct]) -> bytes:
        """The rows as JSON lines."""
        return self._encoder.encode_lines(rows)

    def frame(self, rows: Sequence[msgspec.Struct]) -> pl.DataFrame:
        """The frame of ``rows``, one row each; an empty sequence gives an empty frame."""
        import polars as pl

        columns = list(zip(*map(msgspec.structs.astuple, rows), strict=True))
        named = zip(self.schema.items(), columns or [()] * len(self.names), strict=True)
        return pl.DataFrame([self._series(name, kind, values) for (name, kind), values in named])

    def _series(self, name: str, kind: pl.DataType, values: Sequence[Any]) -> pl.Series:
        import polars as pl

        if self._kinds[name] == list[str]:
            return _texts_series(name, values)
        if name in self._floats:
            top = _LARGEST_FLOAT
            values = [None if v is None else float(max(-top, min(v, top))) for v in values]
        try:
            return pl.Series(name, values, kind)
        except (TypeError, OverflowError):
            if self._kinds[name] is not int:
                raise
            cut = [None if v is None else max(-LARGEST, min(v, LARGEST)) for v in values]
            return pl.Series(name, cut, kind)


def _kind(hint: Any) -> Any:
    """The type of a field, of ``T | None`` the ``T``."""
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return hint if hint == list[str] or not kinds else kinds[0]


def _texts_series(name: str, values: Sequence[Sequence[str]]) -> pl.Series:
    """A column of lists of texts that are not empty.

    Polars takes lists from Python one value at a time; joined and split again is 10 times as fast.
    """
    import polars as pl

    joined = pl.Series(name, [_SEPARATOR.join(texts) for texts in values], pl.String)
    found = joined.str.split(_SEPARATOR)
    empty = joined == ""
    if sum(map(len, values)) != int(found.list.len().sum()) - int(empty.sum()):
        return pl.Series(name, values, pl.List(pl.String()))  # the separator is in a text
    nothing = pl.lit([], dtype=pl.List(pl.String()))
    return pl.select(pl.when(empty).then(nothing).otherwise(found).alias(name)).to_series()


@dataclass(frozen=True, kw_only=True)
class RunFormat:
    """What the run folders of a suite hold beside what every run folder holds.

    Attributes:
        suite: as run.json names it.
        number: of the format; this version writes and reads no other.
        rows: name of a file of rows to its columns.
        record: what run.json says after ``versions``, in this order: what the writer measures
            (``predictions``, ``seeds``), entries of the summary, and what a caller told
            (``data``, ``cost``). What else a caller tells comes behind.
        packages: whose versions run.json has, beside handeye's.
        summary: what its summary.json holds.
        tables: a summary to file name and text of every table.
        stale: files made from an earlier run's scores, which must not stay beside new ones.
    """

    suite: str
    number: int
    rows: Mapping[str, Columns]
    record: tuple[str, ...]
    packages: tuple[str, ...]
    summary: type[Summary]
    tables: Callable[[Any], Mapping[str, str]]
    stale: tuple[str, ...] = ()


# ---- a run read back


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run just written: its folder, its summary, and the contents of run.json."""

    path: Path
    summary: Summary
    info: Mapping[str, Any]


class DataEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that a run was scored against, as run.json names it.

    ``relative`` is the path from the run folder, so that a set and its runs can be moved together.
    """

    path: str
    relative: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A run read back from its folder; ``info`` is run.json. Suites add their further rows."""

    path: Path
    info: Mapping[str, Any]
    summary: Summary

    def predictions_path(self) -> Path:
        """The answers that were scored."""
        return self.path / "predictions.jsonl"

    def scan(self, rows: str = "scores") -> pl.LazyFrame:
        """Rows of a kind, read when collected."""
        import polars as pl

        return pl.scan_parquet(self.path / f"{rows}.parquet")

    def scores(self) -> pl.DataFrame:
        """The score rows."""
        return self.scan().collect()

    def looks(self) -> Looks | None:
        """What is known of sight and chance; None for a run scored before that was told.

        Raises:
            DataError: it cannot be read.
        """
        path = self.path / LOOKS
        return read(path, Looks) if path.exists() else None

    def data_entries(self) -> tuple[DataEntry, ...]:
        """What run.json says of the set; empty where it says nothing that can be read."""
        try:
            return tuple(msgspec.convert(self.info.get("data") or (), list[DataEntry]))
        except msgspec.ValidationError:
            return ()

    def data_files(self) -> tuple[Path, ...]:
        """The files the run was scored against, as they were then.

        Found again where run and set were moved together.

        Raises:
            DataError: the run names none, or one is gone or was changed.
        """
        entries = self.data_entries()
        if not entries:
            raise DataError(
                f"{self.path}: run.json names no set; score the predictions again with "
                f"'handeye {self.info.get('suite')} score --data'"
            )
        return tuple(self._data_file(entry) for entry in entries)

    def _data_file(self, entry: DataEntry) -> Path:
        places = [Path(entry.path), *([self.path / entry.relative] if entry.relative else [])]
        there = [place for place in places if place.is_file()]
        try:
            same = [place for place in there if file_sha256(place) == entry.sha256]
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from None
        if same:
            return same[0]
        if there:
            raise DataError(
                f"{there[0]}: is not the file that {self.path} was scored against (its SHA-256 "
                "differs); score the predictions again"
            )
        raise DataError(
            f"{self.path}: was scored against {entry.path}, which is not there; put the set back, "
            "or score the predictions again with --data"
        )


AnyRun = TypeVar("AnyRun", bound=ScoredRun)


def open_run(path: Path | str, form: RunFormat, kind: type[AnyRun]) -> AnyRun:
    """Read a run folder; its rows stay on disk until they are asked for.

    Args:
        path: the folder.
        form: what it must be: a run of this suite, in this format, with these columns.
        kind: what to make of it.

    Raises:
        RunError: no such folder, not a run, not scored yet, of another suite or format.
        DataError: a file of the run is missing, cannot be read, or lacks columns.
    """
    folder = Path(path)
    if not (folder / RECORD).exists():
        raise _no_run(folder, form.suite)
    info = read_json(folder / RECORD)
    # A record without a suite was recognized by whoever chose this one.
    if info.get("suite", form.suite) != form.suite:
        raise RunError(f"{folder}: run.json is of suite {info['suite']!r}; expected {form.suite!r}")
    if info.get("format") != form.number:
        raise RunError(
            f"{folder}: run format {info.get('format')!r}; this version of handeye reads format "
            f"{form.number}: score predictions.jsonl again with 'handeye {form.suite} score'"
        )
    for name, columns in form.rows.items():
        _check_columns(folder / f"{name}.parquet", columns)
    return kind(folder, info, read(folder / "summary.json", form.summary))


def _no_run(folder: Path, suite: str) -> RunError:
    if not folder.is_dir():
        return RunError(f"{folder}: no such run folder")
    if (folder / ABLATION).is_file():
        runs = ", ".join(str(run) for run in expand(folder))
        return RunError(f"{folder}: holds several runs; name one of them: {runs}")
    hint = (
        "the run is not finished; start the same 'handeye run' again"
        if (folder / PLAN).exists()
        else f"make one with 'handeye {suite} score' or 'handeye run'"
    )
    return RunError(f"{folder}: holds no {RECORD}: {hint}")


def _check_columns(path: Path, columns: Columns) -> None:
    import polars as pl

    try:
        lacking = sorted(set(columns.names) - set(pl.read_parquet_schema(path)))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if lacking:
        raise DataError(f"{path}: lacks the columns {', '.join(lacking)}; score the run again")


# ---- several run folders


class _Named(msgspec.Struct):
    suite: str | None = None


class _Member(msgspec.Struct):
    folder: str


class _Series(msgspec.Struct):
    runs: list[_Member]


def suite_of(folder: Path) -> str | None:
    """The suite that a run folder names: in ablation.json, run.json or plan.json.

    Returns:
        None where no such file is there, or none that says so; whoever reads the whole folder can
        say better what is wrong with it.
    """
    for name in (ABLATION, RECORD, PLAN):
        try:
            found = msgspec.json.decode((folder / name).read_bytes(), type=_Named).suite
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if found:
            return found
    return None


def one_suite(folders: Sequence[Path], named: Callable[[Path], str | None] = suite_of) -> str:
    """The suite that all of some run folders are of.

    Args:
        folders: run folders, or folders of several runs.
        named: tells the suite of a folder; None where nobody can.

    Raises:
        OptionError: no folder, or runs of several suites.
        RunError: none of the folders is a run of a known suite.
    """
    if not folders:
        raise OptionError("no run folder was given; name at least one")
    found = {folder: named(folder) for folder in folders}
    suites = {suite: folder for folder, suite in reversed(found.items()) if suite is not None}
    if len(suites) > 1:
        told = ", ".join(f"{folder} ({suite})" for suite, folder in reversed(suites.items()))
        raise OptionError(f"runs are shown and compared within one suite, these differ: {told}")
    if not suites and (folders[0] / RECORD).exists():
        raise RunError(f"{folders[0] / RECORD}: names no suite that this handeye knows")
    if not suites:
        raise _no_run(folders[0], "SUITE")
    return next(iter(suites))


def same_set(runs: Sequence[ScoredRun], labels: Sequence[str] = ()) -> str | None:
    """A warning where runs were scored against different data; by SHA-256, whatever the paths.

    Args:
        runs: runs of one suite; those that name no data are passed over.
        labels: names of the runs in the warning; their folders by default.

    Returns:
        None where all that is known is the same.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for run, label in zip(runs, labels or [str(run.path) for run in runs], strict=True):
        if entries := run.data_entries():
            groups.setdefault(tuple(sorted(e.sha256 for e in entries)), []).append(label)
    if len(groups) < 2:
        return None
    told = "; ".join(", ".join(names) for names in groups.values())
    return (
        f"the runs were scored against data that are not the same to the byte ({told}): a "
        "difference between their figures may be one of the sets"
    )


def expand(folders: str | Path | Iterable[str | Path]) -> list[Path]:
    """Run folders, with its runs in place of a folder that holds several (:data:`ABLATION`).

    Args:
        folders: one path stands for a list of one.

    Raises:
        DataError: an ablation.json that cannot be read or names no runs.
    """
    out: list[Path] = []
    for folder in map(Path, [folders] if isinstance(folders, str | Path) else folders):
        path = folder / ABLATION
        if not path.is_file():
            out.append(folder)
            continue
        try:
            runs = msgspec.json.decode(path.read_bytes(), type=_Series).runs
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            runs = []
        if not runs:
            raise DataError(f"{path}: names no runs; start the ablation again")
        out += [folder / run.folder for run in runs]
    return out


# ---- JSON


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
