"""Columns of a foreign file: their values, what they hold, and what was taken for what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from handeye.errors import DataError, OptionError, allowed

Columns = dict[str, list[Any]]
Held = Literal["entries", "list", "value"]
HELD: dict[Held, str] = {
    "entries": "lists of objects",
    "list": "lists",
    "value": "single values",
}
"""What a column can hold, in words."""

_LONGEST_EXAMPLE = 40
_MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class MappedField:
    """One line of what the loader made of a foreign file.

    Attributes:
        field: the field of ours (``video``, ``scenario``, ``apl`` ...), empty for a column that
            was not used.
        source: the column (dotted path), or the rule that stood in for one.
        count: number of values.
        example: one of the values, as it stands in the file.
    """

    field: str
    source: str
    count: int
    example: str = ""

    def words(self) -> str:
        """The line for people."""
        example = f", e.g. {self.example}" if self.example else ""
        values = "value" if self.count == 1 else "values"
        name = self.field or "(not used)"
        return f"{name:<10} <- {self.source} ({self.count} {values}{example})"


def columns_of(rows: Iterable[Mapping[str, Any]]) -> Columns:
    """Values by column, in the order in which columns first appear."""
    columns: Columns = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return columns


def kind_of(values: Sequence[Any]) -> Held:
    """What a column holds: lists of objects (or lists), lists of plain values, or plain values.

    Most of its values decide, so that a single odd one is found to be odd in its row, instead of
    making its column vanish.
    """
    known = [value for value in values if value is not None]
    lists = [value for value in known if isinstance(value, list | dict)]
    if not lists or 2 * len(lists) < len(known):
        return "value"
    if any(isinstance(v, dict) or any(isinstance(p, dict | list) for p in v) for v in lists):
        return "entries"
    return "list"


def example_of(value: Any) -> str:
    """A value as it stands in the file, shortened."""
    text = repr(value)
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 3]}..."


def shown_columns(columns: Columns) -> str:
    """Names of columns with an example of each."""
    words = [f"{name} ({example_of(values[0])})" for name, values in columns.items()]
    more = len(words) - _MOST_SHOWN
    return ", ".join(words[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Lower case letters and digits of a column's name; what stands for none as it is."""
    return name if name.startswith("@") else re.sub(r"[^a-z0-9]+", "", name.lower())


def find_columns(
    columns: Columns,
    aliases: Mapping[str, Sequence[str]],
    mapping: Mapping[str, str],
    names: Mapping[str, str],
    path: Path,
) -> dict[str, str]:
    """Field to column, told by name: of a dotted path its last part, or the last two together.

    Args:
        columns: of all rows, by dotted path.
        aliases: field to the names it goes by (:func:`plain`), the likeliest first.
        mapping: name of a field to a column, as it was given.
        names: that a mapping may use, and the field each stands for.
        path: for messages.

    Raises:
        DataError: two columns of one name.
        OptionError: the mapping names an unknown field or column.
    """
    found: dict[str, str] = {}
    for name, column in mapping.items():
        if name not in names:
            raise OptionError(f"--map {name}={column}: no such field{allowed(name, names)}")
        if column not in columns:
            raise OptionError(
                f"--map {name}={column}: {path} has no such column{allowed(column, columns)}"
            )
        if names[name] in found:
            raise OptionError(f"--map {name}={column}: {names[name]} is mapped twice")
        found[names[name]] = column
    by_name: dict[str, list[str]] = {}
    for column in columns:
        *_, last = parts = [plain(part) for part in column.split(".")]
        for name in {last, "".join(parts[-2:])}:
            by_name.setdefault(name, []).append(column)
    for field, known in aliases.items():
        for alias in () if field in found else known:
            free = [c for c in by_name.get(alias, ()) if c not in found.values()]
            if len(free) > 1:
                raise DataError(
                    f"{path}: {field} could be {' or '.join(free)}; say which with "
                    f"--map {field}=COLUMN"
                )
            if free:
                found[field] = free[0]
                break
    return found
