"""Pictures that stand in the rows of a foreign table, written where they can be opened.

Data sets are published as Parquet with the bytes of their pictures, or as TSV with base64. Each is
written once into the user's cache, into a folder of its file; another file of that name, size and
time of change gets another folder. What is there can be deleted at any time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from handeye.atomic import cache_folder, write_bytes
from handeye.errors import DataError, RunError, refusal
from handeye.hashing import is_regular, open_regular
from handeye.reading import why

_AT_ONCE = 64
_ENDS = re.compile(r"\.(png|jpe?g|webp|gif|bmp|tiff?)", re.IGNORECASE)


class Embedded(NamedTuple):
    """A picture in a row.

    Attributes:
        file: the table.
        where: the row, for messages.
        number: of the row, from 1.
        column: that holds it, in Parquet.
        text: base64; empty in Parquet.
    """

    file: Path
    where: str
    number: int
    column: str = ""
    text: str = ""


@lru_cache(maxsize=1024)
def embedding_columns(file: Path) -> tuple[str, ...]:
    """The columns of a Parquet file that hold bytes, alone or as ``bytes`` beside a ``path``.

    Raises:
        DataError: it cannot be read.
    """
    import polars as pl

    if file.suffix.lower() != ".parquet":
        return ()
    try:
        with open_regular(file) as stream:
            schema = pl.read_parquet_schema(stream)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{file}: cannot be read: {str(error).splitlines()[0]}") from None
    return tuple(
        name
        for name, kind in schema.items()
        if kind == pl.Binary
        or (
            isinstance(kind, pl.Struct)
            and any(part.name == "bytes" and part.dtype == pl.Binary for part in kind.fields)
        )
    )


def name_of(picture: str, like: str = "") -> str:
    """The name of the file of an embedded picture.

    Args:
        picture: what it is known by.
        like: a file name whose ending it gets.
    """
    end = Path(like).suffix.lower()
    told = re.sub(r"[^A-Za-z0-9-]+", "_", picture)[-60:]
    digest = hashlib.sha256(picture.encode()).hexdigest()[:8]
    return f"{told}-{digest}{end if _ENDS.fullmatch(end) else '.png'}"


def folder_of(files: Iterable[Path]) -> Path:
    """The folder in the cache for the pictures of some files; it need not be there."""
    told = hashlib.sha256()
    for file in files:
        try:
            known = file.resolve().stat()
            told.update(f"{file.resolve()}\0{known.st_size}\0{known.st_mtime_ns}\0".encode())
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {why(error)}") from None
    return cache_folder() / "pictures" / told.hexdigest()[:24]


def write_pictures(folder: Path, pictures: Mapping[str, Embedded]) -> None:
    """Write pictures that are not there yet.

    Args:
        folder: of :func:`folder_of`.
        pictures: file name to the picture.

    Raises:
        DataError: a row holds none, or no base64.
        RunError: the folder cannot be written.
    """
    parquet: dict[tuple[Path, str], list[tuple[int, str, Embedded]]] = defaultdict(list)
    for name, one in pictures.items():
        if is_regular(folder / name):
            continue
        if one.column:
            parquet[one.file, one.column].append((one.number, name, one))
            continue
        try:
            _write(folder / name, base64.b64decode(one.text, validate=True))
        except (binascii.Error, ValueError):
            raise DataError(f"{one.where}: the picture is no base64") from None
    for (file, column), wanted in parquet.items():
        _take(folder, file, column, sorted(wanted, key=lambda found: found[0]))


def _take(folder: Path, file: Path, column: str, wanted: list[tuple[int, str, Embedded]]) -> None:
    """Write pictures of one column; few rows lie in memory at a time."""
    import polars as pl

    kind = pl.read_parquet_schema(file)[column]
    value = pl.col(column) if kind == pl.Binary else pl.col(column).struct.field("bytes")
    rows = pl.scan_parquet(file).select(value.alias("bytes"))
    while wanted:
        first = wanted[0][0] - 1
        part = rows.slice(first, _AT_ONCE).collect()["bytes"]
        while wanted and wanted[0][0] - 1 < first + _AT_ONCE:
            number, name, one = wanted.pop(0)
            data = part[number - 1 - first]
            if not data:
                raise DataError(f"{one.where}: no picture in {column}")
            _write(folder / name, data)


def _write(path: Path, data: bytes) -> None:
    try:
        write_bytes(path, data)
    except OSError as error:
        raise RunError(
            f"{path}: pictures of the set cannot be kept there: {refusal(error)}; HANDEYE_CACHE "
            "names another folder"
        ) from None
