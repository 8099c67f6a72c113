"""What was taken for what in a foreign file, line by line, for people to check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from handeye.sets.columns import Columns, MappedField, columns_of, example_of
from handeye.visualact.foreign.drafts import MISSING, Draft
from handeye.visualact.foreign.field_map import FieldMap
from handeye.visualact.foreign.layout_rows import Row, entries_of
from handeye.visualact.records import Clip

_CLIP_FIELDS = ("video", "scenario", "id", "split")


def taken_lines(
    rows: Sequence[Row], fields: FieldMap, drafts: Sequence[Draft], clips: Sequence[Clip]
) -> tuple[MappedField, ...]:
    """Lines for the fields in use, for what stood in for one, and for columns not used.

    Args:
        rows: of the file, at least one.
        fields: where its fields stand.
        drafts: raw values of the clips.
        clips: as read, at least one.
    """
    own_ids = fields.columns.get("id") != fields.columns.get("video") and any(
        draft.fields.get("id") not in (None, "") for draft in drafts
    )
    used = {name: path for name, path in fields.columns.items() if name != "id" or own_ids}
    columns = columns_of(row.values for row in rows)
    out = [_line(name, used[name], columns) for name in ("actions", *_CLIP_FIELDS) if name in used]
    for name in _CLIP_FIELDS:
        if name in fields.entries:
            values = [draft.fields[name] for draft in drafts if name in draft.fields]
            out.append(_values(name, fields.full_path(name), values))
    if not own_ids:
        out.append(_values("id", "name of the video", [clip.clip_id for clip in clips]))
    labels = columns_of(values for draft in drafts for _, values in draft.actions)
    out += [_values(name, fields.full_path(name), found) for name, found in labels.items()]
    out += _remarks(clips)
    out += [_line("", name, columns) for name in columns if name not in used.values()]
    if "actions" in used:
        inner = columns_of(
            entry for value in columns[used["actions"]] for entry in entries_of(value)
        )
        rest = [name for name in inner if name not in fields.entries.values()]
        out += [_values("", f"{used['actions']}.{name}", inner[name]) for name in rest]
    return tuple(out)


def _remarks(clips: Sequence[Clip]) -> Iterator[MappedField]:
    """What a reader of the file should know of its clips."""
    idle = [clip.clip_id for clip in clips if not clip.actions]
    if idle:
        yield _values("idle", "an empty list of actions", idle)
    twice = [
        clip.clip_id
        for clip in clips
        if len({action.text.lower() for action in clip.actions}) < len(clip.actions)
    ]
    if twice:
        yield _values("repeated", "an action twice in its clip, kept as it is", twice)


def _line(name: str, column: str, columns: Columns) -> MappedField:
    return _values(name, column, columns[column])


def _values(name: str, source: str, values: Sequence[Any]) -> MappedField:
    known = [value for value in values if value is not MISSING]
    return MappedField(name, source, len(known), example_of(known[0]) if known else "")
