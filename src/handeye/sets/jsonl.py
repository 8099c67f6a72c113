"""Lines of JSONL files, told apart and counted; what a row means is the reader's business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from handeye.errors import DataError
from handeye.hashing import open_regular

# Some editors put it in front of UTF-8 text; it is no part of the first row.
_BOM = b"\xef\xbb\xbf"


def placed_lines(stream: Iterable[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Number (from 1), offset in bytes, and bytes of every line that is not blank.

    Args:
        stream: lines with their ends, from the beginning of a file.
    """
    offset = 0
    for number, line in enumerate(stream, 1):
        start, offset = offset, offset + len(line)
        if number == 1 and line.startswith(_BOM):
            start, line = start + len(_BOM), line[len(_BOM) :]
        if line and not line.isspace():
            yield number, start, line


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of every line that is not blank.

    Raises:
        DataError: the file cannot be read, or holds no row at all.
    """
    empty = True
    try:
        with open_regular(path) as stream:
            for number, _, line in placed_lines(stream):
                empty = False
                yield number, line
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if empty:
        raise DataError(f"{path}: the file is empty; expected one JSON object a line")
