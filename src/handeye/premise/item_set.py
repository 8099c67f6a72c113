"""A loaded set: questions, where their media lie, what of a foreign file was taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

import msgspec

from handeye.premise.items import MEDIA, MODALITIES, PREMISES, Item
from handeye.sets.columns import MappedField
from handeye.sets.folder import inside
from handeye.shown import Shown, Words, named, set_words


@dataclass(frozen=True, slots=True, repr=False)
class ItemSet(Shown):
    """Questions of a set, in the order of its files, with their media.

    A number or an item's id gives an item, a slice the items in it as a set of their own.

    Attributes:
        root: the folder that the paths of media are relative to.
        items: what was selected.
        files: the files the items were read from.
        name: the name of the folder, or ``hf:OWNER/NAME[@REVISION]``.
        taken: what was taken for what; empty for sets in handeye's own format.
    """

    root: Path
    items: tuple[Item, ...]
    files: tuple[Path, ...]
    name: str
    taken: tuple[MappedField, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    @overload
    def __getitem__(self, place: int | str) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> ItemSet: ...
    def __getitem__(self, place: int | str | slice) -> Item | ItemSet:
        if isinstance(place, slice):
            return replace(self, items=self.items[place])
        if isinstance(place, str):
            return named(self.items, "item_id", place)
        return self.items[place]

    def to_dict(self) -> dict[str, Any]:
        """The rows by id, as plain values."""
        return {item.item_id: msgspec.to_builtins(item) for item in self.items}

    def _words(self) -> Words:
        clips, scenes = ({getattr(i, name) for i in self.items} for name in ("clip_id", "scene_id"))
        counts = {"items": len(self), "clips": len(clips), "families": len(scenes)}
        cells = {name: count for name, count in self.cell_counts().items() if count}
        return set_words(self.name, counts | cells, [item.item_id for item in self.items])

    def _rows(self) -> list[dict[str, Any]]:
        return list(self.to_dict().values())

    def cell_counts(self) -> dict[str, int]:
        """Number of items by cell, ``standard vision`` and so on; every cell is there."""
        counts = Counter((item.premise, item.modality) for item in self.items)
        return {f"{p} {m}": counts[p, m] for m in MODALITIES for p in PREMISES}

    def path(self, item: Item, medium: str) -> Path | None:
        """The file of an item's ``video``, ``picture`` or ``sound``; None where it has none.

        Raises:
            DataError: its path, or a link, leads out of the set.
        """
        name: str = getattr(item, medium)
        return inside(self.root, name, f"item {item.item_id}: {medium}") if name else None

    def paths(self, item: Item) -> dict[str, Path]:
        """The files of an item by medium, those that it has.

        Raises:
            DataError: as :meth:`path`.
        """
        found = {medium: self.path(item, medium) for medium in MEDIA}
        return {medium: path for medium, path in found.items() if path is not None}
