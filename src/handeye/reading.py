"""Reading files that anybody may have written: what is wrong with one is told, with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, overload

import msgspec

from handeye.errors import DataError, refusal
from handeye.hashing import read_regular

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What decoding JSON raises where the text is not what it should be."""


def why(error: BaseException) -> str:
    """What is wrong, in words that fit behind the place."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, OSError):
        return refusal(error)
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 text ({error.reason} at byte {error.start})"
    return str(error)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        DataError: it is not there, is no regular file, or cannot be read.
    """
    try:
        return read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {why(error)}") from None


@overload
def read_json(path: Path) -> dict[str, Any]: ...
@overload
def read_json(path: Path, kind: type[T]) -> T: ...
def read_json(path: Path, kind: Any = dict[str, Any]) -> Any:
    """A JSON file, checked against a type.

    Args:
        path: of the file.
        kind: the struct that it is written from, or another type that msgspec knows.

    Raises:
        DataError: it cannot be read, is no JSON, or holds something else.
    """
    data = read_bytes(path)
    try:
        return msgspec.json.decode(data, type=kind)
    except UNREADABLE as error:
        raise DataError(f"{path}: cannot be read: {why(error)}") from None
