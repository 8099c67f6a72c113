"""The published dataset (and whatever looks like it) -> clips, and what was taken for what.

Its field names are not documented, so columns are told by name
(:mod:`handeye.visualact.foreign.aliases`) and every decision is kept as a :class:`MappedField`.
Nothing is guessed from values, and nothing is left out silently: a value that cannot be read is an
error with its place. Only a list of actions that is there and empty makes an idle clip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from handeye.errors import DataError, first_ten
from handeye.sets.columns import MappedField
from handeye.sets.file_index import VIDEOS, FileIndex
from handeye.sets.folder import RECORD
from handeye.visualact.foreign.drafts import MISSING, Draft, drafts_of, lacks
from handeye.visualact.foreign.field_map import FieldMap, find_fields
from handeye.visualact.foreign.gold_values import (
    ALLOWED_LEVELS,
    ALLOWED_SCENARIOS,
    ALLOWED_TYPES,
    read_apl,
    read_scenario,
    read_type,
)
from handeye.visualact.foreign.layout_rows import read_rows
from handeye.visualact.foreign.taking import taken_lines
from handeye.visualact.own_sets import PlacedClip
from handeye.visualact.records import Action, Clip

_SHOWN_PROBLEMS = 5
# What lies beside data sets and holds no clips.
_OTHER_FILES = (RECORD, "dataset_infos.json", "dataset_info.json", "config.json")


def read_published(
    path: Path, mapping: Mapping[str, str] | None = None, root: Path | None = None
) -> tuple[Path, list[PlacedClip], tuple[MappedField, ...]]:
    """Read a foreign file.

    Args:
        path: the JSON (one document, or one object a line).
        mapping: field to column, where names do not tell.
        root: folder of the set; by default that of the file, or the one above it if only that has
            the folder ``videos``.

    Returns:
        The root, the clips with their places, and what was taken for what.

    Raises:
        DataError: no rows, fields that cannot be told, values that cannot be read, videos that
            are not there, ids that are there twice.
        OptionError: the mapping does not fit.
    """
    root = root or _root_of(path)
    rows = read_rows(path)
    fields = find_fields(rows, mapping, path)
    problems: list[str] = []
    drafts = drafts_of(rows, fields, problems)
    index = FileIndex(root)
    found = [clip for draft in drafts if (clip := _clip(draft, fields, index, problems))]
    if not problems:
        _refuse_doubles(found, problems)
    if problems:
        shown = "; ".join(problems[:_SHOWN_PROBLEMS])
        more = len(problems) - _SHOWN_PROBLEMS
        raise DataError(f"{path}: {shown}" + (f"; and {more} more" if more > 0 else ""))
    placed = [PlacedClip(clip, f"{path}: {clip.meta['place']}") for clip in found]
    return root, placed, taken_lines(rows, fields, drafts, found)


def published_file(folder: Path) -> Path:
    """The one JSON file of a folder (or of a folder in it) that can hold clips.

    Raises:
        DataError: there is none, or more than one.
    """
    for pattern in ("*", "*/*"):
        found = sorted(
            file
            for file in folder.glob(pattern)
            if file.suffix.lower() in (".json", ".jsonl")
            and file.name not in _OTHER_FILES
            and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        )
        if len(found) == 1:
            return found[0]
        if found:
            names = first_ten([file.relative_to(folder).as_posix() for file in found])
            raise DataError(f"{folder}: which file holds the clips? Give its path: {names}")
    if (folder / RECORD).is_file():
        raise DataError(
            f"{folder}: the set is not finished; run 'handeye visualact generate' with the same "
            "options to complete it"
        )
    raise DataError(
        f"{folder}: no clips_*.jsonl and no other JSON there; is it a set made by "
        "'handeye visualact generate' or the VisualActBench release?"
    )


def _root_of(path: Path) -> Path:
    above = path.absolute().parent.parent  # a file of the Hub's cache is a link to one elsewhere
    return (
        above if not (path.parent / VIDEOS).is_dir() and (above / VIDEOS).is_dir() else path.parent
    )


def _clip(draft: Draft, fields: FieldMap, index: FileIndex, problems: list[str]) -> Clip | None:
    before = len(problems)
    name = draft.fields.get("video")
    named = isinstance(name, str | int) and not isinstance(name, bool) and str(name).strip() != ""
    video = index.find(str(name)) if named else None
    if video is None:
        problems.append(
            f"{draft.place}: video {name!r} is not in {index.root} ({len(index)} videos there)"
            if named
            else f"{draft.place}: {lacks('video', fields.full_path('video'), name, 'a file name')}"
        )
    raw = draft.fields.get("scenario", MISSING)
    scenario = read_scenario(raw)
    if scenario is None:
        words = lacks("scenario", fields.full_path("scenario"), raw, ALLOWED_SCENARIOS)
        problems.append(f"{draft.place}: {words}")
    actions = [_action(place, labels, fields, problems) for place, labels in draft.actions]
    if len(problems) > before or video is None or scenario is None:
        return None
    given = draft.fields.get("id")
    own = fields.columns.get("id") not in (None, fields.columns["video"])
    split = draft.fields.get("split")
    meta: dict[str, Any] = {"place": draft.place}
    return Clip(
        clip_id=str(given).strip()
        if own and given not in (None, "")
        else PurePosixPath(video).stem,
        video=video,
        scenario=scenario,
        actions=tuple(action for action in actions if action),
        split=str(split) if split not in (None, "") else "test",
        meta=meta | ({"columns": draft.rest} if draft.rest else {}),
    )


def _action(
    place: str, labels: Mapping[str, Any], fields: FieldMap, problems: list[str]
) -> Action | None:
    found: list[Any] = []
    readers: tuple[tuple[str, Callable[[Any], Any], str], ...] = (
        ("text", _text, "words"),
        ("apl", read_apl, ALLOWED_LEVELS),
        ("type", lambda value: read_type(value, fields.true_means), ALLOWED_TYPES),
    )
    for name, read, allowed in readers:
        raw = labels[name]
        found.append(None if raw is MISSING else read(raw))
        if found[-1] is None:
            problems.append(f"{place}: {lacks(name, fields.full_path(name), raw, allowed)}")
    return None if None in found else Action(*found)


def _text(value: Any) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _refuse_doubles(clips: list[Clip], problems: list[str]) -> None:
    """Give clips of videos with one name in several folders their folders; refuse other doubles."""
    counts = Counter(clip.clip_id for clip in clips)
    for place, clip in enumerate(clips):
        if counts[clip.clip_id] > 1 and clip.clip_id == PurePosixPath(clip.video).stem:
            longer = str(PurePosixPath(clip.video).with_suffix("")).removeprefix(f"{VIDEOS}/")
            clips[place] = _renamed(clip, longer)
    seen: dict[str, Clip] = {}
    for clip in clips:
        first = seen.setdefault(clip.clip_id, clip)
        if first is not clip:
            problems.append(
                f"{clip.meta['place']}: clip {clip.clip_id} was already in {first.meta['place']}"
            )


def _renamed(clip: Clip, clip_id: str) -> Clip:
    return Clip(clip_id, clip.video, clip.scenario, clip.actions, clip.split, "", clip.meta)
