"""Files of others -> items: which set they are, their rows, and where their pictures lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from handeye.answer_kinds import number
from handeye.errors import DataError, first_ten
from handeye.printing import is_one_line
from handeye.sets.columns import shown_columns
from handeye.sets.embedded import folder_of
from handeye.sets.file_index import FileIndex
from handeye.sets.folder import RECORD
from handeye.sets.table_rows import SUFFIXES, ForeignRow, read_rows
from handeye.stress.foreign.layouts import (
    LAYOUTS,
    TITLES,
    Fields,
    Layout,
    Taken,
    holding,
    layout_of,
    names_pictures,
)

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
# What lies beside data sets and holds no questions.
_OTHER_FILES = (RECORD, "dataset_infos.json", "dataset_info.json", "config.json", "plan.json")
_WORDS = ("hallusion", "pope", "naturalbench", "mmvp", "vlms-are-biased", "vlmbias", "vqav2", "gqa")


class Published(NamedTuple):
    """A published set that was read.

    Attributes:
        root: that names of pictures are relative to.
        files: that were read.
        taken: the items with their places.
    """

    root: Path
    files: tuple[Path, ...]
    taken: list[Taken]


def recognizes(name: str) -> bool:
    """Whether the name of a file, folder or Hub repository is that of a set that can be read."""
    told = name.lower().replace("_", "-")
    return any(word in told for word in _WORDS)


def read_published(path: Path, *, media: bool) -> Published:
    """Read a file, or all of one set in a folder.

    Args:
        path: JSON, JSON lines, CSV, TSV or Parquet; or a folder with them, or with one such folder.
        media: find the file of every picture.

    Returns:
        Items in the order of the files. Two of a group that have the same words and other right
        answers have one ``prompt_id``.

    Raises:
        DataError: nothing that can be read, no known layout, files of several sets, a row that is
            not as its layout wants it, ids that are there twice, pictures that are not there.
    """
    files = _files(path) if path.is_dir() else [path]
    layouts: dict[str, Layout] = {}
    unknown: list[ForeignRow] = []
    firsts: list[ForeignRow] = []
    parts: list[Iterator[ForeignRow]] = []
    for file in files:
        rows = read_rows(file)
        first = next(rows, None)
        if first is None:
            continue
        layout = layout_of(first)
        if layout is None:
            unknown.append(first)
        else:
            layouts[layout.name] = layout
            firsts.append(first)
            parts.append(chain([first], rows))
    if len(layouts) > 1:
        named = ", ".join(TITLES[name] for name in layouts)
        raise DataError(f"{path}: holds files of several sets ({named}); give the path of one")
    if not layouts:
        raise DataError(_no_layout(path, unknown))
    (layout,) = layouts.values()
    # One row after the other: all of them would take several times the memory of the items.
    every: Iterable[ForeignRow] = chain.from_iterable(parts)
    held: dict[str, ForeignRow] = {}
    if any(map(names_pictures, firsts)):
        every = list(every)
        held = holding(every)
    taken = _prompted(layout.take(Fields(row, held) for row in every))
    return _placed(path, tuple(first.file for first in firsts), taken, media)


def _files(folder: Path) -> list[Path]:
    found = [
        file
        for pattern in ("*", "*/*")
        for file in sorted(folder.glob(pattern))
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and file.name not in _OTHER_FILES
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    if not found:
        raise DataError(_no_layout(folder, []))
    return found


def _no_layout(path: Path, rows: Sequence[ForeignRow]) -> str:
    made = "expected a set made by 'handeye stress generate', or a file of "
    known = made + ", ".join(dict.fromkeys(layout.title for layout in LAYOUTS))
    if not rows:
        return f"{path}: no set of this suite: {known}"
    first = rows[0]
    columns = shown_columns({name: [value] for name, value in first.values.items()})
    return f"{first.where}: of no known layout: {known}. Its keys: {columns}"


def _prompted(taken: list[Taken]) -> list[Taken]:
    """With prompt ids: a pair are two with the same words about pictures that differ in truth."""
    alike: dict[tuple[object, ...], list[int]] = {}
    first: dict[tuple[object, ...], int] = {}
    for place, (item, *_) in enumerate(taken):
        if item.picture:  # else there is nothing that could make another answer right
            key = (item.scene_id, item.question, item.options, item.cue, item.cue_value)
            if (before := first.setdefault(key, place)) != place:
                alike.setdefault(key, [before]).append(place)
    for places in alike.values():
        golds: dict[str, list[int]] = defaultdict(list)
        for place in places:
            golds[taken[place].item.gold].append(place)
        for pair in zip(*golds.values(), strict=False) if len(golds) == 2 else ():
            name = taken[pair[0]].item.item_id
            for place in pair:
                item = msgspec.structs.replace(taken[place].item, prompt_id=name)
                taken[place] = taken[place]._replace(item=item)
    return taken


def _placed(path: Path, files: tuple[Path, ...], taken: list[Taken], media: bool) -> Published:
    """With the files of their pictures, and no id twice."""
    first: dict[tuple[str, str], str] = {}
    for one in taken:
        _hold(one)
        key = (one.item.split, one.item.item_id)
        if first.setdefault(key, one.where) != one.where:
            raise DataError(f"{one.where}: item {one.item.item_id} was already in {first[key]}")
    if any(one.embedded for one in taken):
        return Published(folder_of(files), files, taken)
    root = path if path.is_dir() else path.parent
    if not media:
        return Published(root, files, taken)
    index = FileIndex(root, ".", _PICTURES)
    there: dict[str, str | None] = {"": ""}
    missing = []
    for place, one in enumerate(taken):
        name = one.item.picture
        if name not in there:
            there[name] = index.find(name) or _coco(index, name)
        if (found := there[name]) is None:
            missing.append(one)
        else:
            taken[place] = one._replace(item=msgspec.structs.replace(one.item, picture=found))
    if missing:
        names = first_ten(list(dict.fromkeys(one.item.picture for one in missing)))
        raise DataError(
            f"{missing[0].where}: item {missing[0].item.item_id}: not in {root}: {names}; put the "
            "pictures of the set beside its file, in any folder"
        )
    return Published(root, files, taken)


def _hold(one: Taken) -> None:
    """Hold what an item of any layout has to be.

    Raises:
        DataError: an id that is no plain line, no ground truth, two values that no answer tells
            apart.
    """
    item = one.item
    for name in ("item_id", "scene_id", "picture_id", "split"):
        if not is_one_line(getattr(item, name)):
            raise DataError(
                f"{one.where}: {name} {getattr(item, name)!r} is empty or has several lines or "
                "control characters"
            )
    if not item.gold.strip():
        raise DataError(f"{one.where}: item {item.item_id}: the ground truth is empty")
    if item.answer == "number" and item.values[1]:
        a, b = (number.read(value) for value in item.values)
        if a is not None and b is not None and a.value == b.value:
            raise DataError(
                f"{one.where}: item {item.item_id}: an answer cannot tell {item.values[0]!r} from "
                f"{item.values[1]!r}, the values that it is read by"
            )


def _coco(index: FileIndex, name: str) -> str | None:
    """A picture of COCO by its number, whatever its part is called."""
    parts = (f"COCO_{part}_{name}" for part in ("val2014", "train2014", "test2015"))
    return next((found for part in parts if (found := index.find(part))), None)
