"""Rows of a foreign file -> drafts: one a clip, with raw values and places, nothing read yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from handeye.sets.columns import example_of
from handeye.visualact.foreign.field_map import ACTION_FIELDS, FieldMap
from handeye.visualact.foreign.layout_rows import Row, entries_of

MISSING = object()
"""Stands for a value that is not there, which is something else than a null."""


@dataclass(slots=True)
class Draft:
    """A clip as the file has it.

    Attributes:
        place: of its (first) row.
        fields: raw values by field.
        actions: place and raw values by field of each action.
        rest: single values of columns that are no field.
    """

    place: str
    fields: dict[str, Any]
    actions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)


def drafts_of(rows: Sequence[Row], fields: FieldMap, problems: list[str]) -> list[Draft]:
    """Drafts of a file; what does not fit together is added to ``problems``."""
    if fields.form == "flat":
        return _flat(rows, fields, problems)
    return list(_clips(rows, fields, problems))


def lacks(name: str, column: str, value: Any, allowed: str) -> str:
    """In words: a value that is not there, or not one of those allowed."""
    if value is MISSING or value is None:
        return f"no {name} (column {column}); expected {allowed}"
    return f"{name} is {example_of(value)} (column {column}); expected {allowed}"


def _clips(rows: Sequence[Row], fields: FieldMap, problems: list[str]) -> Iterator[Draft]:
    """Drafts of a file with one row a clip."""
    for row in rows:
        draft = _draft(row, fields)
        if fields.form == "nested":
            column = fields.columns["actions"]
            value = row.values.get(column, MISSING)
            if not isinstance(value, list | dict):
                problems.append(f"{row.place}: {lacks('actions', column, value, 'a list')}")
                continue
            for number, entry in enumerate(entries_of(value), 1):
                values = {name: entry.get(inner, MISSING) for name, inner in fields.entries.items()}
                draft.actions.append((f"{row.place}, action {number}", values))
            _lift(draft, fields, problems)
        else:
            _add_parallel(draft, row, fields, problems)
        yield draft


def _draft(row: Row, fields: FieldMap) -> Draft:
    used = set(fields.columns.values())
    return Draft(
        row.place,
        {
            name: row.values[column]
            for name, column in fields.columns.items()
            if column in row.values
        },
        rest={
            name: value
            for name, value in row.values.items()
            if name not in used and not isinstance(value, list | dict)
        },
    )


def _lift(draft: Draft, fields: FieldMap, problems: list[str]) -> None:
    """Take what the entries say of their clip; they have to agree."""
    for name in set(fields.entries) - set(ACTION_FIELDS):
        values = [values.pop(name) for _, values in draft.actions]
        if any(value != values[0] for value in values):
            problems.append(f"{draft.place}: its actions name several values of {name}: {values}")
        elif values and values[0] is not MISSING:
            draft.fields[name] = values[0]


def _add_parallel(draft: Draft, row: Row, fields: FieldMap, problems: list[str]) -> None:
    lists: dict[str, list[Any]] = {}
    for name in ACTION_FIELDS:
        column = fields.columns[name]
        value = row.values.get(column, MISSING)
        if not isinstance(value, list):
            problems.append(f"{row.place}: {lacks(name, column, value, 'a list')}")
            return
        lists[name] = value
    lengths = {fields.columns[name]: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) > 1:
        words = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        problems.append(f"{row.place}: lists of different lengths: {words}")
        return
    for number, values in enumerate(zip(*lists.values(), strict=True), 1):
        labels = dict(zip(lists, values, strict=True))
        draft.actions.append((f"{row.place}, action {number}", labels))


def _flat(rows: Sequence[Row], fields: FieldMap, problems: list[str]) -> list[Draft]:
    """Drafts of a file with one row an action: rows of one video make a clip."""
    drafts: dict[str, Draft] = {}
    numbered = False
    for row in rows:
        one = _draft(row, fields)
        key = str(one.fields.get("video"))
        draft = drafts.setdefault(key, one)
        problems += [
            f"{row.place}: video {key!r} has {name} {one.fields.get(name)!r} here and "
            f"{draft.fields.get(name)!r} in {draft.place}"
            for name in ("scenario", "split")
            if one.fields.get(name) != draft.fields.get(name)
        ]
        numbered = numbered or one.fields.get("id") != draft.fields.get("id")
        draft.rest = {k: v for k, v in draft.rest.items() if one.rest.get(k, MISSING) == v}
        labels = {name: row.values.get(fields.columns[name], MISSING) for name in ACTION_FIELDS}
        draft.actions.append((row.place, labels))
    if numbered:  # ids that differ within a clip are those of the actions
        for draft in drafts.values():
            draft.fields.pop("id", None)
    return list(drafts.values())
