"""A loaded set: questions, the pictures that they are about, and what is true of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.media.view import read_view
from handeye.sets.folder import inside
from handeye.shown import Shown, Words, named, set_words
from handeye.stress.items import FAMILIES, Item, Picture


class PictureRows(Mapping[str, Picture]):
    """Rows of pictures by id, kept as the lines that they are and decoded when asked for.

    Args:
        lines: of JSON, each a whole row, by the id in it.
    """

    def __init__(self, lines: Mapping[str, bytes]) -> None:
        self._lines = lines

    def __getitem__(self, picture_id: str) -> Picture:
        return _decode(self._lines[picture_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


_decode = msgspec.json.Decoder(Picture).decode


@dataclass(frozen=True, slots=True, repr=False)
class ItemSet(Shown):
    """Questions of a set, in the order of its files, with their pictures.

    A number or an item's id gives an item, a slice the items in it as a set of their own.

    Attributes:
        root: the folder that paths are relative to.
        items: what was selected.
        pictures: what is known of their pictures, by id; empty where the set does not say.
        files: the files the items were read from.
        name: the name of the folder, or ``hf:OWNER/NAME[@REVISION]``.
    """

    root: Path
    items: tuple[Item, ...]
    pictures: Mapping[str, Picture]
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
            items = self.items[place]
            asked = {item.picture_id for item in items}
            pictures = {name: self.pictures[name] for name in self.pictures if name in asked}
            return replace(self, items=items, pictures=pictures)
        if isinstance(place, str):
            return named(self.items, "item_id", place)
        return self.items[place]

    def to_dict(self) -> dict[str, Any]:
        """The rows by id, as plain values."""
        return {item.item_id: msgspec.to_builtins(item) for item in self.items}

    def _words(self) -> Words:
        counts = {
            "items": len(self),
            "pictures": len({item.picture_id for item in self.items}),
            "groups": len({item.scene_id for item in self.items}),
        }
        families = {name: count for name, count in self.family_counts().items() if count}
        return set_words(self.name, counts | families, [item.item_id for item in self.items])

    def _rows(self) -> list[dict[str, Any]]:
        return list(self.to_dict().values())

    def family_counts(self) -> dict[str, int]:
        """Number of groups by family; every family of the suite is there."""
        groups = dict.fromkeys((item.scene_id, item.family) for item in self.items)
        counts = Counter(family for _, family in groups)
        return {**dict.fromkeys(FAMILIES, 0), **counts}

    def path(self, item: Item) -> Path:
        """The file of an item's picture.

        Raises:
            DataError: its path, or a link, leads out of the set.
        """
        return inside(self.root, item.picture, f"item {item.item_id}: picture")

    def picture(self, item: Item | str) -> Picture:
        """What is known of a picture, by its id or by an item about it.

        Raises:
            KeyError: nothing.
        """
        return self.pictures[item if isinstance(item, str) else item.picture_id]

    def masks(self, picture: Picture | str) -> NDArray[np.uint8]:
        """Which object each pixel shows, (height, width): 1 for the first, 0 for the ground.

        Raises:
            DataError: the file is missing, no picture, of another size, or names other objects.
        """
        return self._map(picture, "masks")

    def depth(self, picture: Picture | str) -> NDArray[np.uint8]:
        """How near each pixel is, (height, width): 0 for the ground, larger for what is nearer.

        Raises:
            DataError: the file is missing, no picture, or of another size.
        """
        return self._map(picture, "depth")

    def patch_classes(self, picture: Picture | str, patch: int) -> NDArray[np.uint8]:
        """Which object each patch of a picture shows; see :func:`patch_classes`."""
        return patch_classes(self.masks(picture), patch)

    def _map(self, picture: Picture | str, which: str) -> NDArray[np.uint8]:
        row = self.pictures[picture] if isinstance(picture, str) else picture
        where = f"picture {row.picture_id}: {which}"
        path = inside(self.root, getattr(row, which), where)
        grey: NDArray[np.uint8] = np.asarray(read_view(path).image())[..., 0]
        if grey.shape != (row.height, row.width):
            raise DataError(
                f"{where}: {grey.shape[1]} x {grey.shape[0]} pixels, not as its row says"
            )
        if which == "masks" and int(grey.max()) > len(row.objects):
            raise DataError(f"{where}: names object {int(grey.max())} of {len(row.objects)}")
        return grey


def patch_classes(masks: NDArray[np.uint8], patch: int) -> NDArray[np.uint8]:
    """Which object most of each patch shows.

    Args:
        masks: (height, width), as :meth:`ItemSet.masks` gives them.
        patch: side of a patch in pixels, at least 1; the last of a row or column may be cut off.

    Returns:
        (ceil(height / patch), ceil(width / patch)): 0 for the ground; of several that show as many
        pixels the nearest one.
    """
    counts = patch_counts(masks, patch)
    # From the back: the first of equals is then the nearest.
    found = counts.shape[-1] - 1 - counts[..., ::-1].argmax(-1)
    classes: NDArray[np.uint8] = found.astype(np.uint8)
    return classes


def patch_counts(masks: NDArray[np.uint8], patch: int) -> NDArray[np.int64]:
    """How many pixels of each object each patch shows.

    Args:
        masks: as :func:`patch_classes` takes them.
        patch: likewise.

    Returns:
        (rows, columns, 1 + the last object that is seen).
    """
    if patch < 1:
        raise ValueError(f"patch must be at least 1, got {patch}")
    rows, columns = (-(-side // patch) for side in masks.shape)
    place = (np.arange(masks.shape[0]) // patch)[:, None] * columns + (
        np.arange(masks.shape[1]) // patch
    )
    most = int(masks.max(initial=0)) + 1
    counts = np.bincount((place * most + masks).ravel(), minlength=rows * columns * most)
    return counts.reshape(rows, columns, most)
