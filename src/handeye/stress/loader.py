"""Loading sets: those of the suite, read strictly; published ones of others; from here or the Hub.

What has no ``stress_{split}.jsonl`` is taken for a set of others
(:mod:`handeye.stress.foreign.published_layout`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from handeye.errors import DataError, OptionError, allowed, first_ten, refuse_twice, within
from handeye.hashing import is_regular
from handeye.printing import is_one_line
from handeye.reading import UNREADABLE, why
from handeye.run.plan import Plan
from handeye.sets.blocks import MOST
from handeye.sets.embedded import write_pictures
from handeye.sets.folder import inside, named_inside
from handeye.sets.hub import HUB, find_set
from handeye.sets.jsonl import numbered_lines
from handeye.sets.table_rows import SUFFIXES
from handeye.stress.foreign.published_layout import read_published, recognizes as is_published
from handeye.stress.item_set import ItemSet, PictureRows
from handeye.stress.items import (
    CUES,
    DRAWN,
    FAMILIES,
    NO_SUCH,
    WORDED,
    Item,
    Picture,
    items_name,
    pictures_name,
)

_BEFORE, _AFTER = items_name("\0").split("\0")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_item = msgspec.json.Decoder(Item).decode
_picture = msgspec.json.Decoder(Picture).decode


class PlacedItem(NamedTuple):
    """An item, and where it stands: file and line."""

    item: Item
    where: str


class PlacedPicture(NamedTuple):
    """The line of a picture's row, and where it stands: file and line.

    A row takes ten times the memory of its line, and few are asked for at a time.
    """

    line: bytes
    where: str

    @property
    def picture(self) -> Picture:
        """The row, decoded anew."""
        return _picture(self.line)


class _Named(msgspec.Struct):
    """What rows of pictures are told apart and held to their items by."""

    picture_id: str
    scene_id: str
    picture: str
    truth: str


def load(
    data: str | Path,
    *,
    split: str | None = "test",
    families: Sequence[str] | str | None = None,
    cues: Sequence[str] | str | None = None,
    groups: int | None = None,
    media: bool = True,
) -> ItemSet:
    """Load the questions of a set.

    Args:
        data: a set folder, one of its files, or ``hf:OWNER/NAME[@REVISION]`` (downloaded once by
            huggingface_hub into its cache); or a published set of others (docs/stress-foreign.md).
        split: ``test`` or another name; None, empty or ``all`` takes all there are. Of a published
            set without a ``test``, that is all of them.
        families: keep items of these families.
        cues: keep items without a cue and those under these kinds.
        groups: keep those of the first so many groups.
        media: refuse items whose picture is not there.

    Returns:
        The items in file order.

    Raises:
        DataError: nothing there, a row that is not as it should be (file, line, id), duplicate
            ids, missing pictures.
        OptionError: a split, family or cue that is not there, a selection that leaves nothing.
    """
    name, path = find_set(data, "stress", "an items file")
    split = None if split in ("", "all") else split
    files = items_files(path, split)
    if not files:
        return _load_foreign(path, name, split, (families, cues, groups), media)
    root = files[0].parent
    placed, shown = read_rows(files)
    kept = _select(placed, families, cues, groups, name)
    if media:
        _check_media(root, kept)
    asked = {one.item.picture_id for one in kept}
    lines = {name: one.line for name, one in shown.items() if name in asked}
    return ItemSet(root, tuple(one.item for one in kept), PictureRows(lines), files, name)


def _load_foreign(
    path: Path, name: str, split: str | None, chosen: tuple[Any, Any, int | None], media: bool
) -> ItemSet:
    """The items of a published set; of its pictures those that are embedded are written out."""
    found = read_published(path, media=media)
    splits = dict.fromkeys(one.item.split for one in found.taken)
    if split is not None and split not in splits and split != "test":
        raise OptionError(f"{path}: no split {split!r} there; it has: {', '.join(splits)}")
    taken = [one for one in found.taken if split not in splits or one.item.split == split]
    there: dict[str, str] = {}
    for one in taken:
        if there.setdefault(one.item.item_id, one.where) != one.where:
            raise DataError(
                f"{one.where}: item {one.item.item_id} was already in "
                f"{there[one.item.item_id]}; ask one split at a time: {', '.join(splits)}"
            )
    kept = _select([PlacedItem(one.item, one.where) for one in taken], *chosen, name)
    if media:
        wanted = {one.item.picture for one in kept}
        write_pictures(
            found.root,
            {
                one.item.picture: one.embedded
                for one in reversed(taken)  # the first of those that hold it
                if one.embedded and one.item.picture in wanted
            },
        )
    return ItemSet(found.root, tuple(one.item for one in kept), {}, found.files, name)


def selected(plan: Plan, data: str | Path) -> ItemSet:
    """The items of a set that the plan of a run selects; pictures are not looked for.

    The plan's ``templates`` are families, its ``subsets`` kinds of cues.

    Args:
        plan: of the run.
        data: as :func:`load` takes it.

    Raises:
        DataError, OptionError: as there.
    """
    return load(
        data,
        split=plan.split,
        families=plan.templates,
        cues=plan.subsets,
        groups=plan.max_scenes,
        media=False,
    )


def recognizes(data: str) -> bool:
    """Whether a folder, file or ``hf:`` name is a set of this suite, by its name and files.

    Of published sets only the name is looked at.
    """
    if data.startswith(HUB):
        return "stress" in data.lower() or is_published(data)
    path = Path(data)
    if path.is_dir():
        return any(path.glob(items_name("*"))) or is_published(path.name)
    return path.match(items_name("*")) or (
        path.suffix.lower() in SUFFIXES and is_published(path.name)
    )


def items_files(path: Path, split: str | None) -> tuple[Path, ...]:
    """The items files of a set folder, or the file itself; empty if ``path`` is no set of ours.

    Raises:
        OptionError: the set has no such split.
    """
    if path.is_file():
        return (path,) if split_of(path) else ()
    files = {split_of(file): file for file in sorted(path.glob(items_name("*")))}
    if split is None or not files:
        return tuple(files.values())
    if split not in files:
        raise OptionError(f"{path}: no split {split!r} there; it has: {', '.join(files)}")
    return (files[split],)


def split_of(file: Path) -> str:
    """The split in the name of an items file; empty if it is none."""
    name = file.name
    fits = name.startswith(_BEFORE) and name.endswith(_AFTER)
    return name[len(_BEFORE) : -len(_AFTER)] if fits else ""


# ---- rows


def read_rows(
    files: Sequence[Path], tell: Callable[[str], None] | None = None
) -> tuple[list[PlacedItem], dict[str, PlacedPicture]]:
    """Read items files, and the pictures files beside them, and check every row.

    Args:
        files: of items.
        tell: is told everything that is wrong; None: the first is raised.

    Returns:
        The items, and the pictures by id.

    Raises:
        DataError: an unreadable file, an empty one, a row that is not as it should be.
    """

    def wrong(problem: str) -> None:
        if tell is None:
            raise DataError(problem)
        tell(problem)

    items: list[PlacedItem] = []
    pictures: list[tuple[_Named, PlacedPicture]] = []
    same: dict[Any, Any] = {}
    for file in files:
        split = split_of(file)
        beside = file.with_name(pictures_name(split))
        for path in (file, *((beside,) if is_regular(beside) else ())):
            try:
                for number, line in numbered_lines(path):
                    where = f"{path}:{number}"
                    if path is file:
                        if (item := _checked(_item, line, where, wrong)) is not None:
                            items.append(PlacedItem(_shared(item, same), where))
                    elif (row := _checked(_picture, line, where, wrong)) is not None:
                        named = _Named(row.picture_id, row.scene_id, row.picture, row.truth)
                        pictures.append((_shared(named, same), PlacedPicture(line, where)))
            except DataError as error:
                if tell is None:
                    raise
                tell(str(error))
        for one in items:
            if one.where.startswith(f"{file}:") and one.item.split != split:
                wrong(
                    f"{one.where}: item {one.item.item_id}: its split is {one.item.split!r}, but "
                    f"the file is for {split!r}"
                )
    for problem in _together_problems(items, pictures):
        wrong(problem)
    known: dict[str, PlacedPicture] = {}
    for row, placed in pictures:
        known.setdefault(row.picture_id, placed)
    return items, known


def _checked(
    decode: Callable[[bytes], Any], line: bytes, where: str, wrong: Callable[[str], None]
) -> Any:
    """A row whose problems are told; None where the line is none."""
    noun = "an item" if decode is _item else "a picture"
    try:
        row = decode(line)
    except UNREADABLE as error:
        wrong(f"{where}: not {noun} row: {why(error)}")
        return None
    item = isinstance(row, Item)
    name = row.item_id if item else row.picture_id
    for problem in item_problems(row) if item else picture_problems(row):
        wrong(f"{where}: {noun.split()[1]} {name or '-'}: {problem}")
    return row


def _shared(row: Any, same: dict[Any, Any]) -> Any:
    """The row, whose parts are those of rows before it where they are equal.

    Ten questions about two pictures say nearly all things again.
    """
    for name in row.__struct_fields__:
        value = getattr(row, name)
        key = str(value) if isinstance(value, dict) else value
        msgspec.structs.force_setattr(row, name, same.setdefault((name, key), value))
    return row


def item_problems(item: Item) -> list[str]:
    """Everything about an item that is not as it should be, in words; no file is touched."""
    out = [
        f"{name} is empty or has several lines or control characters"
        for name in ("item_id", "scene_id", "picture_id", "split", "prompt_id")
        if not is_one_line(getattr(item, name))
    ]
    if item.family not in FAMILIES:
        out.append(f"family {item.family!r} is none{allowed(item.family, FAMILIES)}")
    if item.cue not in CUES:
        out.append(f"cue {item.cue!r} is none{allowed(item.cue, CUES)}")
    if not item.question.strip():
        out.append("it has no question")
    values = [_plain(value) for value in item.values]
    if values[0] == values[1] or not all(map(is_one_line, item.values)):
        out.append("values are not two different texts")
    if item.truth not in item.values:
        out.append(f"truth {item.truth!r} is neither value")
    if item.gold != item.truth and (item.gold != NO_SUCH or item.cue != "other"):
        out.append(f"gold {item.gold!r} is not its truth {item.truth!r}")
    speaks = item.cue in (*WORDED, *DRAWN)
    if item.cue_value not in (item.values if speaks else ("",)):
        out.append(f"cue_value {item.cue_value!r} does not go with cue {item.cue!r}")
    if item.cue_span is not None:
        start, end = item.cue_span
        if not 0 <= start < end <= len(item.question):
            out.append(f"cue_span {list(item.cue_span)} lies outside the question")
    if item.answer == "choice" and not item.options:
        out.append("its answer is a choice, and it has no options")
    if item.options:
        texts = {_plain(text) for text in item.options}
        if len(texts) < len(item.options) or not {*item.values, item.gold} <= {*item.options}:
            out.append("options are not different texts, the two values and the gold among them")
        if sorted(item.order) != list(range(len(item.options))):
            out.append(f"order {list(item.order)} is not each place of the options once")
    if item.physical is not None and not (math.isfinite(item.physical) and item.physical >= 0):
        out.append("physical is no number of at least 0")
    if item.side not in (-1, 0, 1):
        out.append(f"side is {item.side}, not -1, 0 or 1")
    out += _name_problems({"picture": item.picture})
    if item.sha256 and not _SHA256.fullmatch(item.sha256):
        out.append("sha256 is no SHA-256")
    return out


def picture_problems(picture: Picture) -> list[str]:
    """Everything about a picture row that is not as it should be; no file is touched."""
    out = [
        f"{name} is empty or has several lines or control characters"
        for name in ("picture_id", "scene_id")
        if not is_one_line(getattr(picture, name))
    ]
    names = {which: getattr(picture, which) for which in ("picture", "masks", "depth")}
    out += _name_problems(names)
    for name, digest in picture.sha256.items():
        if name not in names.values() or not _SHA256.fullmatch(digest):
            out.append(f"sha256 of {name[:80]!r} is none of a file that it names")
    if not (1 <= picture.width <= 65_535 and 1 <= picture.height <= 65_535):
        out.append(f"its size {picture.width} x {picture.height} is none of a picture")
    for what, box in (("evidence", picture.evidence), ("control", picture.control)):
        if box is not None and not (
            0 <= box[0] < box[2] <= picture.width and 0 <= box[1] < box[3] <= picture.height
        ):
            out.append(f"{what} {list(box)} lies outside the picture")
    many = len(picture.objects)
    if any(not (0 <= one < many and 0 <= two < many) for one, _, two in picture.relations):
        out.append("relations name objects that are not there")
    return out


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _name_problems(names: dict[str, str]) -> list[str]:
    out = []
    for which, name in names.items():
        try:
            named_inside(name, which)
        except DataError:
            out.append(f"{which} {name[:80]!r} must be a path inside the set")
    return out


def _together_problems(
    items: Iterable[PlacedItem], pictures: Iterable[tuple[_Named, PlacedPicture]]
) -> Iterable[str]:
    """Ids that are there twice, and items that do not go with their picture's row."""
    known: dict[str, tuple[_Named, str]] = {}
    for row, (_, where) in pictures:
        first = known.setdefault(row.picture_id, (row, where))
        if first[1] != where:
            yield f"{where}: picture {row.picture_id} was already in {first[1]}"
    there: dict[str, str] = {}
    files: dict[str, PlacedItem] = {}
    for placed in items:
        item, where = placed
        if (before := there.setdefault(item.item_id, where)) != where:
            yield f"{where}: item {item.item_id} was already in {before}"
        same = files.setdefault(item.picture_id, placed).item
        for name in ("picture", "sha256", "scene_id", "truth", "values", "family"):
            if getattr(item, name) != getattr(same, name):
                yield f"{where}: item {item.item_id}: another {name} than its picture has before"
        if not known:
            continue
        if (found := known.get(item.picture_id)) is None:
            yield f"{where}: item {item.item_id}: no row for its picture {item.picture_id}"
        elif (found[0].picture, found[0].scene_id) != (item.picture, item.scene_id) or (
            found[0].truth != item.truth
        ):
            yield f"{where}: item {item.item_id}: not what {found[1]} says of its picture"


# ---- selection


def _select(
    placed: Sequence[PlacedItem],
    families: Sequence[str] | str | None,
    cues: Sequence[str] | str | None,
    groups: int | None,
    name: str,
) -> list[PlacedItem]:
    kept = list(placed)
    if wanted := _names("families", families, sorted({one.item.family for one in kept}), name):
        kept = [one for one in kept if one.item.family in wanted]
    there = sorted({one.item.cue for one in kept if one.item.cue})
    if (chosen := _names("cues", cues, there, name)) is not None:
        kept = [one for one in kept if one.item.cue in ("", *chosen)]
    if not kept:
        raise OptionError(f"{name}: no item is left by families={families}, cues={cues}")
    if groups is None:
        return kept
    within("groups", groups, 1, MOST)
    first = set(list(dict.fromkeys(one.item.scene_id for one in kept))[:groups])
    return [one for one in kept if one.item.scene_id in first]


def _names(
    what: str, given: Sequence[str] | str | None, there: Sequence[str], name: str
) -> list[str] | None:
    if given is None:
        return None
    words = given.split(",") if isinstance(given, str) else given
    wanted = [word for one in words if (word := one.strip())]
    refuse_twice(what, wanted)
    for word in wanted:
        if word not in there:
            raise OptionError(f"{name}: {what}: none are {word!r} there{allowed(word, there)}")
    return wanted


def _check_media(root: Path, placed: Sequence[PlacedItem]) -> None:
    """Refuse items whose picture is missing, or lies outside the set."""
    asked = {one.item.picture: one for one in placed}
    missing = [
        name
        for name, one in asked.items()
        if not is_regular(inside(root, name, f"{one.where}: picture"))
    ]
    if missing:
        first = asked[missing[0]]
        raise DataError(
            f"{first.where}: item {first.item.item_id}: not in {root}: {first_ten(missing)}; is "
            "the set complete?"
        )
