"""A loaded set: its questions, in the order of its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import msgspec

from handeye.contexts.items import ABOUT, Item
from handeye.media.view import PictureError, read_view
from handeye.sets.folder import inside
from handeye.shown import Shown, Words, named, set_words


@dataclass(frozen=True, slots=True, repr=False)
class ItemSet(Shown):
    """Questions of a set, in the order of its file.

    A number or an item's id gives an item, a slice the items in it as a set of their own.

    Attributes:
        root: the folder that media are relative to.
        items: what was selected.
        files: the files the items were read from.
        name: the name of the folder, or ``hf:OWNER/NAME[@REVISION]``.
    """

    root: Path
    items: tuple[Item, ...]
    files: tuple[Path, ...]
    name: str

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
        about = Counter(item.about for item in self.items)
        counts: dict[str, int] = {
            "items": len(self),
            "scenes": len({item.scene_id for item in self.items}),
            "groups": len({item.group for item in self.items}),
            "contexts": len({item.name for item in self.items if item.about == "does"}),
            **{str(name): about[name] for name in ABOUT},
        }
        return set_words(self.name, counts, [item.item_id for item in self.items])

    def _rows(self) -> list[dict[str, Any]]:
        return list(self.to_dict().values())

    def scenes(self) -> dict[str, list[Item]]:
        """The items by scene, in the order of the set."""
        held: dict[str, list[Item]] = {}
        for item in self.items:
            held.setdefault(item.scene_id, []).append(item)
        return held

    def paths(self, item: Item) -> tuple[Path, ...]:
        """The files of an item's media.

        Raises:
            DataError: a path, or a link, leads out of the set.
        """
        return tuple(inside(self.root, name, f"item {item.item_id}: media") for name in item.media)

    def size(self, item: Item) -> tuple[int, int] | None:
        """Width and height of an item's picture in pixels; None where it cannot be read."""
        return _size(self.paths(item)[0])


@lru_cache(maxsize=4096)
def _size(path: Path) -> tuple[int, int] | None:
    try:
        return read_view(path).size
    except PictureError:
        return None
