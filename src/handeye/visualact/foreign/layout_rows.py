"""A foreign JSON file -> rows of named values, whatever shape the file has.

Read are: a list of objects; one object a line; an object keyed by video; an object with one list
inside; groups of rows by scenario or split; a table by columns. Objects inside a row are opened,
so that every value has a dotted path; lists stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from handeye.errors import DataError
from handeye.reading import read_bytes
from handeye.sets.file_index import VIDEO_ENDINGS
from handeye.visualact.foreign.aliases import ALIASES, GROUP, KEY, LIST, TEXT, rank, rank_of_key
from handeye.visualact.foreign.gold_values import read_scenario, read_type

SPLITS = ("train", "test", "dev", "val", "validation")


@dataclass(frozen=True, slots=True)
class Row:
    """One object of the file.

    Attributes:
        place: where it stands, for messages: its number from 1, or its key.
        values: dotted path to value; ``@key`` and ``@group`` are the keys it stands under.
    """

    place: str
    values: Mapping[str, Any]


def read_rows(path: Path) -> list[Row]:
    """Read a file.

    Raises:
        DataError: no JSON (line and column), a key twice in an object, a shape that holds no rows.
    """
    document = _document(path)
    rows = [Row(place, _opened(values)) for place, values in _rows(document, path)]
    if not rows:
        raise DataError(f"{path}: holds no clips")
    return rows


def entries_of(value: Any) -> list[dict[str, Any]]:
    """Entries of an actions column: named values of each, from a list or an object of entries."""
    if isinstance(value, dict):
        pairs = [
            (key, part)
            for key, parts in value.items()
            for part in (parts if isinstance(parts, list) else [parts])
        ]
        return [{KEY: key, **_entry(part)} for key, part in pairs]
    return [_entry(part) for part in value]


def holds_entries(name: str, value: Mapping[str, Any]) -> bool:
    """Whether an object stands for a list of actions: keyed by number, text or type."""
    if rank("actions", name) is None or not value:
        return not value and rank("actions", name) == 0
    if all(read_type(key) is not None for key in value):
        return all(isinstance(part, list) for part in value.values())
    return all(
        isinstance(part, dict) or (isinstance(part, str) and key.strip("_- ")[-1:].isdigit())
        for key, part in value.items()
    ) and not any(_claims(key) for key in value)


def _claims(key: str) -> bool:
    """Whether a name is that of a field (and not, for instance, a number or a video)."""
    return not _is_video(key) and any(rank_of_key(field, key) is not None for field in ALIASES)


def _is_video(key: str) -> bool:
    return PurePosixPath(key).suffix.lower() in VIDEO_ENDINGS


def _entry(part: Any) -> dict[str, Any]:
    if isinstance(part, dict):
        return _opened(part)
    if isinstance(part, list):
        return {str(place): value for place, value in enumerate(part)}
    return {TEXT: part}


def _opened(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Values by dotted path; objects are opened unless they stand for a list of actions."""
    out: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{before}{key}"
        if isinstance(value, dict) and value and not holds_entries(path, value):
            out |= _opened(value, f"{path}.")
        else:
            out[path] = value
    return out


def _document(path: Path) -> Any:
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text at byte {error.start}") from None
    if not text.strip():
        raise DataError(f"{path}: the file is empty")
    try:
        return _parse(text, path, "")
    except DataError as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not _is_row(lines[0][1]):
            raise error from None
        return [_parse(line, path, f"line {number}, ") for number, line in lines]


def _is_row(line: str) -> bool:
    """Whether a line alone is a whole object, as where a file has one a line."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _parse(text: str, path: Path, where: str) -> Any:
    def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            keys = [key for key, _ in pairs]
            double = next(key for key in keys if keys.count(key) > 1)
            raise DataError(f"{path}: {where}key {double!r} is there twice in one object")
        return values

    def refuse(word: str) -> Any:
        raise DataError(f"{path}: {where}{word} is no JSON value")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except json.JSONDecodeError as error:
        line = where or f"line {error.lineno}, "
        raise DataError(f"{path}: {line}column {error.colno}: no JSON: {error.msg}") from None
    except RecursionError:
        raise DataError(f"{path}: {where}nested too deeply to be a list of clips") from None
    except ValueError as error:  # a number of thousands of digits
        raise DataError(f"{path}: {where}no JSON that can be read: {error}") from None


Placed = tuple[str, dict[str, Any]]


def _rows(document: Any, path: Path, group: str | None = None) -> Iterator[Placed]:
    before = "" if group is None else f"group {group!r}, "
    extra = {} if group is None else {GROUP: group}
    if isinstance(document, list):
        for number, value in enumerate(document, 1):
            if not isinstance(value, dict | list):
                raise DataError(f"{path}: {before}row {number} is {value!r}, not an object")
            row = value if isinstance(value, dict) else {str(i): v for i, v in enumerate(value)}
            yield f"{before}row {number}", extra | row
    elif not isinstance(document, dict):
        raise DataError(f"{path}: holds {document!r}, not a list or an object of clips")
    elif group is None and _is_single(document):
        yield "row 1", document
    elif group is None and (columns := _columns(document)):
        yield from columns
    elif group is None and _is_grouped(document):
        for name, part in document.items():
            yield from _rows(part, path, name)
    elif _is_keyed(document, inside=group is not None):
        for key, value in document.items():
            row = value if isinstance(value, dict) else {LIST: value}
            yield f"{before}key {key!r}", extra | {KEY: key} | row
    else:
        yield from _rows(_only_part(document, path), path, group)


def _is_single(document: Mapping[str, Any]) -> bool:
    """Whether the object is itself a row: it names a video and a scenario."""
    words = [name for name, value in _opened(document).items() if isinstance(value, str)]
    return _names_video(document) and all(
        any(rank(field, name) is not None for name in words) for field in ("video", "scenario")
    )


def _columns(document: Mapping[str, Any]) -> list[Placed]:
    """Rows of a table by columns: lists of one length, or objects with the same keys."""
    if len(document) < 3 or any(_is_video(name) for name in document):
        return []
    if not any(rank_of_key("video", name) is not None for name in document):
        return []
    parts = list(document.values())
    if all(isinstance(part, list) and len(part) == len(parts[0]) for part in parts):
        numbers = range(len(parts[0]))
        return [(f"row {i + 1}", {name: document[name][i] for name in document}) for i in numbers]
    if all(isinstance(part, dict) and part and part.keys() == parts[0].keys() for part in parts):
        return [(f"row {key!r}", {n: document[n][key] for n in document}) for key in parts[0]]
    return []


def _is_grouped(document: Mapping[str, Any]) -> bool:
    """Whether the keys are scenarios or splits, or lists of rows with videos stand under them."""
    if not all(isinstance(part, list | dict) for part in document.values()):
        return False
    if all(read_scenario(key) or key.lower() in SPLITS for key in document):
        return bool(document)
    lists = [part for part in document.values() if isinstance(part, list)]
    return len(lists) == len(document) > 1 and all(
        part and all(isinstance(row, dict) and _names_video(row) for row in part) for part in lists
    )


def _names_video(row: Mapping[str, Any]) -> bool:
    return any(rank_of_key("video", name) in (0, 1) for name in row)


def _is_keyed(document: Mapping[str, Any], *, inside: bool) -> bool:
    """Whether every value is a row under its key."""
    values = list(document.values())
    if not values or not all(isinstance(value, list | dict) for value in values):
        return False
    if all(_is_video(key) for key in document):
        return True
    if len(values) == 1 and not inside:
        inner = values[0]
        return isinstance(inner, dict) and any(_claims(key) for key in inner)
    return not any(_claims(key) for key in document)


def _only_part(document: Mapping[str, Any], path: Path) -> Any:
    """What an object with one list of rows inside holds."""
    parts = {
        key: part
        for key, part in document.items()
        if isinstance(part, list | dict)
        and part
        and any(isinstance(row, dict | list) for row in _values(part))
    }
    if len(parts) != 1:
        there = ", ".join(document) if document else "nothing"
        raise DataError(
            f"{path}: {len(parts)} parts of it could be the list of clips; it holds: {there}. "
            "Give a list of clips, an object keyed by video, or an object with one such part"
        )
    return next(iter(parts.values()))


def _values(part: Any) -> list[Any]:
    return list(part.values()) if isinstance(part, dict) else part
