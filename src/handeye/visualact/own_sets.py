"""Sets in handeye's own format: ``clips_{split}.jsonl`` with the videos beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handeye.errors import DataError, OptionError, first_ten, lost_link, refusal
from handeye.hashing import is_regular, open_regular
from handeye.sets.folder import inside
from handeye.sets.jsonl import numbered_lines
from handeye.visualact.records import Clip, clips_name, read_clip

_BEFORE, _AFTER = clips_name("\0").split("\0")


@dataclass(frozen=True, slots=True)
class PlacedClip:
    """A clip and its place in the file (``FILE:LINE``), for messages."""

    clip: Clip
    where: str


def clips_files(path: Path, split: str | None) -> tuple[Path, ...]:
    """The clips files of a set folder, or the file itself; empty if ``path`` is no set of ours.

    Raises:
        OptionError: the set has no such split.
    """
    if path.is_file():
        return (path,) if split_of(path) else ()
    files = {split_of(file): file for file in sorted(path.glob(clips_name("*")))}
    if split is None or not files:
        return tuple(files.values())
    if split not in files:
        known = ", ".join(name for name in files if name)
        raise OptionError(f"{path}: no split {split!r} there; it has: {known}")
    return (files[split],)


def read_clips(files: Sequence[Path]) -> list[PlacedClip]:
    """Read clips files and check every row.

    Raises:
        DataError: an unreadable file, an empty one, a row that is not as it should be, a row of
            another split, ids that are there twice (in any of the files).
    """
    found: dict[str, PlacedClip] = {}
    for file in files:
        for number, line in numbered_lines(file):
            where = f"{file}:{number}"
            clip = read_clip(line, where)
            if clip.split != split_of(file):
                raise DataError(
                    f"{where}: clip {clip.clip_id}: its split is {clip.split!r}, but the file is "
                    f"for {split_of(file)!r}"
                )
            if clip.clip_id in found:
                first = found[clip.clip_id].where
                raise DataError(f"{where}: clip {clip.clip_id} was already in {first}")
            found[clip.clip_id] = PlacedClip(clip, where)
    return list(found.values())


def check_videos(root: Path, clips: Sequence[PlacedClip]) -> None:
    """Check that the videos are there.

    Raises:
        DataError: naming the first clip without its file, with file and line, and how many more;
            or one whose file lies outside the set.
    """
    missing = [
        placed
        for placed in clips
        if not is_regular(inside(root, placed.clip.video, f"{placed.where}: video"))
    ]
    if missing:
        names = first_ten([placed.clip.video for placed in missing])
        raise DataError(
            f"{missing[0].where}: clip {missing[0].clip.clip_id}: no video in {root}: {names}; "
            f"{_why_none(root / missing[0].clip.video)}"
        )


def _why_none(path: Path) -> str:
    try:
        open_regular(path).close()
    except FileNotFoundError as error:
        return lost_link(path) or f"is the set complete? ({refusal(error)})"
    except OSError as error:
        return f"it cannot be read: {refusal(error)}"
    return "is the set complete?"


def split_of(file: Path) -> str:
    """The split in the name of a clips file; empty if it is none."""
    name = file.name
    if not (name.startswith(_BEFORE) and name.endswith(_AFTER)):
        return ""
    return name[len(_BEFORE) : -len(_AFTER)]
