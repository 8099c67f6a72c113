"""A loaded set: clips, where their videos lie, and what of a foreign file was taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

import msgspec

from handeye.sets.columns import MappedField
from handeye.sets.folder import inside
from handeye.shown import Shown, Words, named, set_words
from handeye.visualact.records import SCENARIOS, Clip


@dataclass(frozen=True, slots=True, repr=False)
class ClipSet(Shown):
    """Clips of a set, in the order of its files, with their videos.

    A number or a clip's id gives a clip, a slice the clips in it as a set of their own.

    Attributes:
        root: the folder that the clips' ``video`` paths are relative to.
        clips: what was selected.
        files: the files the clips were read from.
        name: the name of the folder, or ``hf:OWNER/NAME[@REVISION]``.
        taken: what was taken for what; empty for sets in handeye's own format.
    """

    root: Path
    clips: tuple[Clip, ...]
    files: tuple[Path, ...]
    name: str
    taken: tuple[MappedField, ...] = ()

    def __len__(self) -> int:
        return len(self.clips)

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.clips)

    @overload
    def __getitem__(self, place: int | str) -> Clip: ...
    @overload
    def __getitem__(self, place: slice) -> ClipSet: ...
    def __getitem__(self, place: int | str | slice) -> Clip | ClipSet:
        if isinstance(place, slice):
            return replace(self, clips=self.clips[place])
        if isinstance(place, str):
            return named(self.clips, "clip_id", place)
        return self.clips[place]

    def to_dict(self) -> dict[str, Any]:
        """The rows by id, as plain values."""
        return {clip.clip_id: msgspec.to_builtins(clip) for clip in self.clips}

    def _words(self) -> Words:
        counts = {"clips": len(self), **{n: c for n, c in self.scenario_counts().items() if c}}
        return set_words(self.name, counts, [clip.clip_id for clip in self.clips])

    def _rows(self) -> list[dict[str, Any]]:
        return list(self.to_dict().values())

    def video_path(self, clip: Clip) -> Path:
        """The file with the clip's video.

        Raises:
            DataError: its path, or a link, leads out of the set.
        """
        return inside(self.root, clip.video, f"clip {clip.clip_id}: video")

    def scenario_counts(self) -> dict[str, int]:
        """Number of clips by scenario, in the paper's order; every scenario is there."""
        counts = Counter(clip.scenario for clip in self.clips)
        return {scenario: counts[scenario] for scenario in SCENARIOS}
