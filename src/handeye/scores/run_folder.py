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

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import msgspec

from handeye.errors import DataError, OptionError, RunError, first_ten
from handeye.hashing import file_sha256, open_regular
from handeye.printing import tell
from handeye.reading import read_json, why
from handeye.run.plan import PLAN
from handeye.scores.estimate import figure_rows
from handeye.scores.looks import LOOKS, Looks
from handeye.scores.summary import Summary, adjusted_words
from handeye.shown import Shown, Words

if TYPE_CHECKING:
    import polars as pl
    from polars._typing import ParquetCompression

RECORD = "run.json"
SCORING = ".scoring"
"""Folder, inside the run, of what is scored until all of it is there."""
ABLATION = "ablation.json"
"""What names the runs of a folder that holds several, one for each value of what was varied."""
LARGEST = 2**63 - 1
_LARGEST_FLOAT = 10**300
# Columns that are checked at once: each look at a file opens it anew.
_TOGETHER = 8
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
        allowed: columns to the texts, or to the least and the largest number, that they may hold.
        unique: the column in which no value stands twice; empty if there is none.
    """

    def __init__(
        self,
        row: type[msgspec.Struct],
        floats: Iterable[str] = (),
        *,
        allowed: Mapping[str, Collection[str] | tuple[int, int]] | None = None,
        unique: str = "",
    ) -> None:
        fields = msgspec.structs.fields(row)
        self.names = tuple(field.encode_name for field in fields)
        self._kinds = {field.encode_name: _kind(field.type) for field in fields}
        self.needed = frozenset(f.encode_name for f in fields if type(None) not in get_args(f.type))
        self._floats = frozenset(floats)
        self._allowed, self._unique = allowed or {}, unique
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

    def problem(self, frame: pl.DataFrame) -> str:
        """What makes rows, or some of their columns, others than this suite writes; else empty."""
        import polars as pl

        for name, column in zip(frame.columns, frame.get_columns(), strict=True):
            if column.dtype != self.schema[name]:
                return f"column {name} holds {column.dtype}, not {self.schema[name]}"
            if name in self.needed and column.null_count():
                return f"column {name} is empty in {column.null_count()} rows"
            if isinstance(column.dtype, pl.Float64) and not column.is_finite().all():
                return f"column {name} holds numbers that are not finite"
            allowed = self._allowed.get(name)
            if isinstance(allowed, tuple) and isinstance(allowed[0], int):
                wrong = column.filter(~column.is_between(*allowed))
            else:
                wrong = column.filter(~column.is_in(list(allowed))) if allowed else column.head(0)
            if len(wrong):
                return f"column {name} holds {first_ten(list(map(repr, wrong.unique())))}"
            if name == self._unique and column.n_unique() < len(column):
                twice = column.filter(column.is_duplicated()).unique(maintain_order=True)
                return f"column {name} holds twice: {first_ten(twice.to_list())}"
        return ""

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


class DataEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that a run was scored against, as run.json names it.

    ``relative`` is the path from the run folder, so that a set and its runs can be moved together.
    """

    path: str
    relative: str = ""
    sha256: str = ""
    revision: str = ""


Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
"""How many, in run.json."""


class _Source(msgspec.Struct):
    path: str
    sha256: str


class RunInfo(msgspec.Struct):
    """What readers take from run.json, for a check of their types; what else is there is told.

    Suites add what is theirs.
    """

    format: Any = None
    suite: str | None = None
    model: str | None = None
    created: str | None = None
    versions: dict[str, str | None] | None = None
    engine: dict[str, str | None] | None = None
    data: list[DataEntry] | None = None
    predictions: _Source | None = None
    seeds: dict[str, int] | None = None
    n_items: Count | None = None
    n_scenes: Count | None = None
    n_expected: Count | None = None
    partial: bool | None = None
    states: dict[str, Count] | None = None
    cost: Annotated[float, msgspec.Meta(ge=0, le=1e300)] | str | None = None
    scoring: dict[str, Any] | None = None
    selection: dict[str, Any] | None = None
    generation: dict[str, Any] | None = None


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
        info: what readers take from its run.json.
        stale: files made from an earlier run's scores, which must not stay beside new ones.
    """

    suite: str
    number: int
    rows: Mapping[str, Columns]
    record: tuple[str, ...]
    packages: tuple[str, ...]
    summary: type[Summary]
    tables: Callable[[Any], Mapping[str, str]]
    info: type[RunInfo] = RunInfo
    stale: tuple[str, ...] = ()


# ---- a run read back


class AtPath(Shown):
    """What lies in a folder: wherever a path is taken, it is that folder."""

    __slots__ = ()
    path: Path
    summary: Summary
    info: Mapping[str, Any]

    def __fspath__(self) -> str:
        return str(self.path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def __eq__(self, other: object) -> bool:
        return self.path == Path(other) if isinstance(other, PathLike) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.path)

    def to_dict(self) -> dict[str, Any]:
        """run.json and summary.json as plain values."""
        return {"run": dict(self.info), "summary": dict(self.summary.data)}

    def _words(self) -> Words:
        title, figures, note = self.summary._words()
        return Words(f"Run {self.path}: {title}", figures, note)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RunSummary(AtPath):
    """A run just written: its folder, its summary, and the contents of run.json."""

    path: Path
    summary: Summary
    info: Mapping[str, Any]

    def _rows(self) -> Iterator[dict[str, Any]]:
        return figure_rows(self.summary.data)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScoredRun(AtPath):
    """A run read back from its folder; ``info`` is run.json. Suites add their further rows."""

    path: Path
    info: Mapping[str, Any]
    summary: Summary
    form: RunFormat

    def _rows(self) -> pl.DataFrame:
        return self.scores()

    def predictions_path(self) -> Path:
        """The answers that were scored."""
        return self.path / "predictions.jsonl"

    def scan(self, rows: str = "scores") -> pl.LazyFrame:
        """Rows of a kind, read when collected."""
        import polars as pl

        # Absolute: Polars takes a first ~ for the home folder.
        return pl.scan_parquet(self.path.absolute() / f"{rows}.parquet", **AS_NAMED)

    def frame(self, rows: str = "scores", names: Sequence[str] = ()) -> pl.DataFrame:
        """Rows of a kind, or some of their columns.

        Raises:
            DataError: the file cannot be read, or holds what this suite does not write.
        """
        import polars as pl

        path, columns = self.path / f"{rows}.parquet", self.form.rows[rows]
        try:
            found = self.scan(rows).select(names or columns.names).collect()
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise DataError(f"{path}: cannot be read: {_first_line(error)}") from None
        if problem := columns.problem(found):
            raise DataError(f"{path}: {problem}; score the run again")
        return found

    def scores(self) -> pl.DataFrame:
        """The score rows; raises as :meth:`frame`."""
        return self.frame()

    def check(self) -> None:
        """Read every row, a few columns at a time, and keep none; raises as :meth:`frame`."""
        for rows, columns in self.form.rows.items():
            for start in range(0, len(columns.names), _TOGETHER):
                self.frame(rows, columns.names[start : start + _TOGETHER])

    def looks(self) -> Looks | None:
        """What is known of sight and chance; None for a run scored before that was told.

        Raises:
            DataError: it cannot be read.
        """
        path = self.path / LOOKS
        if not path.exists():
            return None
        looks = read_json(path, Looks)
        if problem := looks.problem():
            raise DataError(f"{path}: {problem}; score the run again")
        return looks

    def data_entries(self) -> tuple[DataEntry, ...]:
        """What run.json says of the set; empty where it says nothing."""
        return tuple(msgspec.convert(self.info.get("data") or (), list[DataEntry]))

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
            raise DataError(f"{error.filename}: cannot be read: {why(error)}") from None
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
# A folder may be called [2026], a*b or year=2026: names, not patterns and no columns.
AS_NAMED: Mapping[str, Any] = {"glob": False, "hive_partitioning": False}


def open_run(path: str | PathLike[str], form: RunFormat, kind: type[AnyRun]) -> AnyRun:
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
        raise RunError(
            f"{folder}: is a run of {info['suite']}, not of {form.suite}; type: handeye "
            f"{info['suite']} in place of handeye {form.suite}"
        )
    if type(info.get("format")) is not int or info["format"] != form.number:
        raise RunError(
            f"{folder}: run format {info.get('format')!r}; this version of handeye reads format "
            f"{form.number}: score predictions.jsonl again with 'handeye {form.suite} score'"
        )
    try:
        msgspec.convert(info, form.info)
    except msgspec.ValidationError as error:
        raise DataError(f"{folder / RECORD}: cannot be read: {error}") from None
    for name, columns in form.rows.items():
        _check_columns(folder / f"{name}.parquet", columns)
    _check_count(folder / "scores.parquet", form, info)
    summary = read_json(folder / "summary.json", form.summary)
    if words := adjusted_words(info):  # summaries of before do not say it
        summary = msgspec.structs.replace(summary, adjusted=summary.adjusted or words)
    return kind(folder, info, summary, form)


def reader(form: RunFormat, kind: type[AnyRun]) -> Callable[[str | PathLike[str]], AnyRun]:
    """What a suite reads its run folders with.

    Args:
        form: of its runs.
        kind: what to make of one.
    """

    def read_run(path: str | PathLike[str]) -> AnyRun:
        """Read a run folder.

        Raises:
            RunError: no such folder, not a run, not scored yet, or of another suite or format.
            DataError: a file of the run is missing, cannot be read, or lacks columns.
        """
        return open_run(path, form, kind)

    return read_run


def _no_run(folder: Path, suite: str) -> RunError:
    if not folder.is_dir():
        said = "is a file; give a run folder" if folder.exists() else "no such run folder"
        return RunError(f"{folder}: {said}")
    if (folder / ABLATION).is_file():
        runs = ", ".join(str(run) for run in expand(folder))
        return RunError(f"{folder}: holds several runs; name one of them: {runs}")
    if (folder / PLAN).exists():
        hint = "the run is not finished; start the same 'handeye run' again"
    elif (folder / SCORING).exists():
        hint = "it was not scored to its end; start the same command again"
    else:
        hint = f"make one with 'handeye {suite} score' or 'handeye run'"
    return RunError(f"{folder}: holds no {RECORD}: {hint}")


def _check_count(path: Path, form: RunFormat, info: Mapping[str, Any]) -> None:
    """Refuse rows that are more or fewer than the run's record counts: figures are of all."""
    import polars as pl

    counted = next((name for name in form.record if name.startswith("n_")), "")
    expected = info.get(counted)
    if expected is None or path.stem not in form.rows:
        return
    with open_regular(path) as stream:
        found = pl.scan_parquet(stream).select(pl.len()).collect().item()
    if found != expected:
        raise DataError(
            f"{path}: holds {found} rows, {RECORD} counts {expected} {counted.removeprefix('n_')}; "
            "score the run again"
        )


def _check_columns(path: Path, columns: Columns) -> None:
    import polars as pl

    try:
        with open_regular(path) as stream:
            lacking = sorted(set(columns.names) - set(pl.read_parquet_schema(stream)))
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{path}: cannot be read: {_first_line(error)}") from None
    if lacking:
        raise DataError(f"{path}: lacks the columns {', '.join(lacking)}; score the run again")


def as_parquet(frame: pl.DataFrame, compression: ParquetCompression = "zstd") -> bytes:
    """A frame as the bytes of a Parquet file.

    To be written by whoever wants them: a full disk Polars tells in words of its own.
    """
    out = io.BytesIO()
    frame.write_parquet(out, compression=compression)
    return out.getvalue()


def _first_line(error: BaseException) -> str:
    return (why(error).strip() or type(error).__name__).splitlines()[0]


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
            found = read_json(folder / name, _Named).suite
        except DataError:
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
        read_json(folders[0] / RECORD, _Named)  # what cannot be read is told as that
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


def same_number(runs: Sequence[ScoredRun], labels: Sequence[str] = ()) -> str | None:
    """A warning where runs asked different numbers of items.

    Args:
        runs: of one suite.
        labels: as in :func:`same_set`.

    Returns:
        None where all asked as many, whatever came back.
    """
    groups: dict[int, list[str]] = {}
    for run, label in zip(runs, labels or [str(run.path) for run in runs], strict=True):
        n = run.info.get("n_expected") or run.info.get("n_items")
        if n:
            groups.setdefault(int(n), []).append(label)
    if len(groups) < 2:
        return None
    told = "; ".join(f"{', '.join(names)}: {n:,}" for n, names in groups.items())
    return (
        f"the runs asked different numbers of items ({told}): a difference between their figures "
        "may be one of the items"
    )


def expand(folders: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[Path]:
    """Run folders, with its runs in place of a folder that holds several (:data:`ABLATION`).

    Args:
        folders: one path stands for a list of one.

    Raises:
        DataError: an ablation.json that cannot be read or names no runs.
        OptionError: one is no path.
    """
    out: list[Path] = []
    given = [folders] if isinstance(folders, str | PathLike) else list(folders)
    for one in given:
        if not isinstance(one, str | PathLike):
            raise OptionError(f"a run is a folder, a text or a path; got {type(one).__name__}")
    for folder in map(Path, given):
        if not (folder / ABLATION).is_file():
            out.append(folder)
            continue
        runs = read_json(folder / ABLATION, _Series).runs
        if not runs:
            raise DataError(f"{folder / ABLATION}: names no runs; start the ablation again")
        out += [folder / run.folder for run in runs]
    places = [folder.resolve() for folder in out]
    for place, folder in dict(zip(places, out, strict=True)).items():
        if (times := places.count(place)) > 1:
            tell(f"warning: {folder} is given {times} times; a run differs in nothing from itself")
    return out


def indented_json(value: Any) -> bytes:
    """JSON for people, with a line end; what JSON does not know is written as its text."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=1) + b"\n"
