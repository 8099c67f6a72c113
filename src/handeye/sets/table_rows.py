"""Rows of a foreign table: JSON, JSON lines, CSV, TSV or Parquet, each with its place.

JSON is a list of objects, lists of them by split (whatever else stands beside them), or an object
of objects; JSON lines may be called so, too. What is nested in a row has a dotted path. Bytes in
Parquet (media that are embedded) are left out unread; :mod:`handeye.sets.embedded` takes them out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import DataError
from handeye.hashing import open_regular
from handeye.reading import UNREADABLE, read_bytes, why
from handeye.sets.columns import example_of
from handeye.sets.jsonl import numbered_lines

SUFFIXES = (".json", ".jsonl", ".csv", ".tsv", ".parquet")
# Characters of a field: pictures are embedded as text.
_LONGEST = 2**30
GROUP, KEY = "@group", "@key"
"""What the rows have no name for: the key of the list that a row stands in, and its own."""


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """One object of a file: its place, the file's name, dotted path to value, its number from 1."""

    where: str
    file: Path
    values: dict[str, Any]
    number: int = 0


def read_rows(path: Path) -> Iterator[ForeignRow]:
    """Read a file.

    Raises:
        DataError: it cannot be read, is none of the kinds in :data:`SUFFIXES`, or its rows are no
            objects; with file, line and row.
    """
    suffix = path.suffix.lower()
    readers: dict[str, Callable[[Path], _Placed]] = {
        ".json": _json,
        ".jsonl": _jsonl,
        ".csv": partial(_csv, ","),
        ".tsv": partial(_csv, "\t"),
        ".parquet": _parquet,
    }
    read = readers.get(suffix)
    if read is None:
        raise DataError(f"{path}: not one of {', '.join(SUFFIXES)}")
    for number, (place, values) in enumerate(read(path), 1):
        yield ForeignRow(f"{path}{place}", path, _opened(values), number)


_Placed = Iterator[tuple[str, Mapping[str, Any]]]


def _json(path: Path) -> _Placed:
    data = read_bytes(path)
    try:
        document = _split(data)
    except UNREADABLE as error:
        if _begins_with_a_row(data):
            yield from _jsonl(path)
            return
        raise DataError(f"{path}: no JSON: {why(error)}") from None
    for place, more, row in _listed(document, path, ""):
        try:
            yield place, more | msgspec.json.decode(row)
        except UNREADABLE as error:
            raise DataError(f"{path}{place}: no JSON: {why(error)}") from None


def _split(data: bytes | msgspec.Raw) -> Any:
    """A list or an object with its parts as they are written.

    A large file has many, and as objects of Python they take ten times their length.
    """
    first = bytes(memoryview(data)[:1]) if isinstance(data, msgspec.Raw) else data.lstrip()[:1]
    kind = {b"[": list[msgspec.Raw], b"{": dict[str, msgspec.Raw]}.get(first, Any)
    return msgspec.json.decode(data, type=kind)


def _begins_with_a_row(data: bytes) -> bool:
    """Whether the first line is an object of its own: some JSON lines are called ``.json``."""
    try:
        return isinstance(msgspec.json.decode(data.partition(b"\n")[0]), dict)
    except UNREADABLE:
        return False


_Row = tuple[str, dict[str, Any], msgspec.Raw]
"""Where a row stands, what it has no name for, and the object as it is written."""


def _listed(document: Any, path: Path, before: str) -> Iterator[_Row]:
    if isinstance(document, list):
        for number, row in enumerate(document, 1):
            if not _is(row, b"{"):
                told = example_of(msgspec.json.decode(row))
                raise DataError(f"{path}:{before} row {number} is {told}, not an object")
            yield f":{before} row {number}", {}, row
        return
    parts = document if isinstance(document, dict) else {}
    lists = {name: part for name, part in parts.items() if _is(part, b"[")}
    if lists:
        for name, part in lists.items():
            for place, _, row in _listed(_split(part), path, f" {name},"):
                yield place, {GROUP: name}, row
    elif parts and all(_is(part, b"{") for part in parts.values()):
        for name, part in parts.items():
            yield f": {name}", {KEY: name}, part
    else:
        held = {name: msgspec.json.decode(part) for name, part in parts.items()} or document
        raise DataError(f"{path}: holds {example_of(held)}, not a list of questions")


def _is(part: msgspec.Raw, sign: bytes) -> bool:
    return memoryview(part)[:1] == sign


def _jsonl(path: Path) -> _Placed:
    for number, line in numbered_lines(path):
        try:
            row = msgspec.json.decode(line)
        except UNREADABLE as error:
            raise DataError(f"{path}:{number}: no JSON: {why(error)}") from None
        if not isinstance(row, dict):
            raise DataError(f"{path}:{number}: {example_of(row)}, not an object")
        yield f":{number}", row


def _csv(delimiter: str, path: Path) -> _Placed:
    csv.field_size_limit(_LONGEST)
    try:
        text = read_bytes(path).decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        for row in rows:
            if None in row or None in row.values():
                raise DataError(f"{path}:{rows.line_num}: not as many values as the header names")
            yield f":{rows.line_num}", row
    except (UnicodeError, csv.Error) as error:
        raise DataError(f"{path}: no CSV: {why(error)}") from None


def _parquet(path: Path) -> _Placed:
    import polars as pl

    try:
        with open_regular(path) as stream:
            schema = pl.read_parquet_schema(stream)
        # Embedded media would be read into memory; their names are enough.
        kept = [name for name, kind in schema.items() if kind != pl.Binary]
        frame = pl.scan_parquet(path).select(
            pl.col(name).struct.field(*_told(schema[name])).name.prefix(f"{name}.")
            if isinstance(schema[name], pl.Struct)
            else pl.col(name)
            for name in kept
        )
        rows = frame.collect().iter_rows(named=True)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {why(error)}") from None
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise DataError(f"{path}: no Parquet: {str(error).splitlines()[0]}") from None
    for number, row in enumerate(rows, 1):
        yield f": row {number}", row


def _told(struct: Any) -> list[str]:
    """The parts of a Parquet struct that are no bytes."""
    import polars as pl

    return [part.name for part in struct.fields if part.dtype != pl.Binary]


def _opened(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Values by dotted path."""
    out: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and value:
            out |= _opened(value, f"{before}{key}.")
        else:
            out[f"{before}{key}"] = value
    return out
