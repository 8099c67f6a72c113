"""Loading sets of questions: handeye's own, the published dataset, and both from the Hub.

A folder with ``premise_{split}.jsonl`` is a set of ours and read strictly; anything else is taken
for the published layout (:mod:`handeye.premise.published_layout`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import UNSET

from handeye.errors import DataError, OptionError, allowed, first_ten, refuse_twice, within
from handeye.hashing import is_regular
from handeye.premise.item_set import ItemSet
from handeye.premise.items import (
    AUDIO_FALSE,
    MEDIA,
    PAPER_ORDER,
    VISION_FALSE,
    Item,
    items_name,
)
from handeye.premise.published_layout import PlacedItem, cell_of, published_files, read_published
from handeye.premise.scoring.reading import REJECTIONS
from handeye.printing import is_one_line
from handeye.reading import UNREADABLE, why
from handeye.run.plan import Plan
from handeye.sets.blocks import MOST
from handeye.sets.columns import MappedField
from handeye.sets.folder import inside, named_inside
from handeye.sets.hub import HUB, find_set
from handeye.sets.jsonl import numbered_lines

IMAVB = "hf:ngqtrung/IMAVB"
"""The published set, on the Hub."""
Questions = Literal["single", "two", "all"]
"""About one detail (the 2x2), about a visual and a sound detail in one string, or both."""
_BEFORE, _AFTER = items_name("\0").split("\0")
_GOLDS = {
    ("vision", "misleading"): (VISION_FALSE,),
    ("audio", "misleading"): (AUDIO_FALSE,),
    ("both", "misleading"): (VISION_FALSE, AUDIO_FALSE),
}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_decoder = msgspec.json.Decoder(Item)


def load(
    data: str | Path,
    *,
    split: str | None = "test",
    questions: Questions = "all",
    kinds: Sequence[str] | str | None = None,
    families: int | None = None,
    mapping: Mapping[str, str] | None = None,
    media: bool = True,
) -> ItemSet:
    """Load the questions of a set.

    Args:
        data: a set folder, one of its files, or ``hf:OWNER/NAME[@REVISION]`` (downloaded once by
            huggingface_hub into its cache).
        split: ``test`` or another name; None, empty or ``all`` takes all there are. A file is read
            whole, whatever its split. Splits of the published set are the cells of its 2x2; of a
            published set without a ``test``, that is all of them.
        questions: ``single`` for those about one detail, ``two`` for those that name a visual and
            a sound detail, ``all``.
        kinds: keep items about details of these kinds.
        families: keep those of the first so many families (published: videos).
        mapping: field to column of a foreign file, where it cannot be detected.
        media: refuse items whose video, picture or sound is not there.

    Returns:
        The items in file order.

    Raises:
        DataError: nothing there, a row that is not as it should be (file, line, id), duplicate
            ids, missing media, a foreign file whose fields cannot be told.
        OptionError: a split or kind that is not there, a selection that leaves nothing, a mapping
            that does not fit.
    """
    name, path = find_set(data, "premise", "an items file")
    split = None if split in ("", "all") else split
    files = items_files(path, split)
    taken: tuple[MappedField, ...] = ()
    if files:
        if mapping:
            raise OptionError(f"{path}: a set in handeye's own format needs no mapping (--map)")
        root, placed = files[0].parent, read_items(files)
    else:
        files = (path,) if path.is_file() else tuple(published_files(path))
        folder = path if path.is_dir() else None
        root, placed, taken = read_published(files, mapping, folder, media=media)
        if folder:
            placed = _of_split(placed, split, path)
    placed = select(placed, questions, kinds, families, name)
    if media:
        check_media(root, placed)
    return ItemSet(root, tuple(one.item for one in placed), files, name, taken)


def selected(
    plan: Plan, data: str | Path, mapping: Mapping[str, str] | None = None, *, media: bool = True
) -> ItemSet:
    """The items of a set that the plan of a run selects.

    The plan's ``templates`` are :data:`Questions`, its ``subsets`` kinds.

    Args:
        plan: of the run.
        data: as :func:`load` takes it.
        mapping: columns of a foreign file; by default those that the plan remembers.
        media: as there.

    Raises:
        DataError, OptionError: as there.
    """
    known = {} if plan.scoring is UNSET else plan.scoring
    return load(
        data,
        split=plan.split,
        questions=plan.templates or "all",  # type: ignore[arg-type]
        kinds=plan.subsets,
        families=plan.max_scenes,
        mapping=dict(mapping or known.get("mapping") or {}) or None,
        media=media,
    )


def recognizes(data: str) -> bool:
    """Whether a folder, file or ``hf:`` name is a set of this suite, by its name and files.

    Nothing is fetched or read to find out; the published set is known by the names of its splits.
    """
    if data.startswith(HUB):
        return any(word in data.lower() for word in ("imavb", "premise"))
    path = Path(data)
    if path.is_dir():
        return any(path.glob(items_name("*"))) or any(
            cell_of(found.name) for pattern in ("*", "*/*") for found in path.glob(pattern)
        )
    return path.match(items_name("*")) or bool(cell_of(path.name))


# ---- sets of ours


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


def read_items(files: Sequence[Path]) -> list[PlacedItem]:
    """Read items files and check every row.

    Raises:
        DataError: an unreadable file, an empty one, the first row that is not as it should be.
    """
    found: list[PlacedItem] = []
    problems: list[str] = []
    for file in files:
        for number, line in numbered_lines(file):
            problems += read_row(line, f"{file}:{number}", split_of(file), found)
            if problems:
                raise DataError(problems[0])
    if problems := set_problems(found):
        raise DataError(problems[0])
    return found


def read_row(line: bytes, where: str, split: str, found: list[PlacedItem]) -> list[str]:
    """Read one row into ``found``; returns what is wrong with it, with its place.

    Args:
        line: of a file.
        where: the file and the line.
        split: of the file.
        found: the rows before.
    """
    try:
        item = _decoder.decode(line)
    except UNREADABLE as error:
        return [f"{where}: not an item row: {why(error)}"]
    wrong = problems(item)
    if item.split != split:
        wrong.append(f"its split is {item.split!r}, but the file is for {split!r}")
    found.append(PlacedItem(item, where))
    return [f"{where}: item {item.item_id or '-'}: {what}" for what in wrong]


def problems(item: Item) -> list[str]:
    """Everything about a row that is not as it should be, in words; no file is touched."""
    out: list[str] = []
    for name in ("item_id", "scene_id", "clip_id", "split"):
        value: str = getattr(item, name)
        if not is_one_line(value):
            out.append(f"{name} is empty or has several lines or control characters")
    if not item.question.strip():
        out.append("it has no question")
    out += _option_problems(item)
    golds = _GOLDS.get((item.modality, item.premise), (0, 1, 2, 3))
    if item.gold not in golds:
        words = " or ".join(map(str, golds))
        out.append(
            f"gold is {item.gold}, but of a {item.premise} {item.modality} item it is {words}"
        )
    if sorted(item.order) != list(PAPER_ORDER):
        out.append(f"order is {list(item.order)}, not each of the roles 0 to 5 once")
    if item.level is not None and not (math.isfinite(item.level) and item.level >= 0):
        out.append("level is no number of at least 0")
    needs = item.meta.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(need, str) for need in needs):
        out.append("meta.needs is no list of names")
    return out + _media_problems(item)


def _option_problems(item: Item) -> list[str]:
    """What of the options cannot be told apart, by whoever chooses or by who reads the choice."""
    rejections = item.meta.get("rejections", list(REJECTIONS))
    texts = rejections if isinstance(rejections, list) else []
    if len(texts) != 2 or not all(isinstance(text, str) for text in texts):
        return ["meta.rejections are not two texts"]
    if not all(map(is_one_line, (*item.options, *texts))):
        return ["an option is empty or has several lines or control characters"]
    four, six = (
        {" ".join(text.split()).casefold() for text in some}
        for some in (item.options, (*item.options, *texts))
    )
    if len(four) < 4:
        return ["options must be four different texts"]
    return ["an option says what a rejection says"] if len(six) < 6 else []


def _media_problems(item: Item) -> list[str]:
    out: list[str] = []
    names = {medium: getattr(item, medium) for medium in MEDIA}
    for sense, other in (("vision", "picture"), ("audio", "sound")):
        if item.modality in (sense, "both") and not (names["video"] or names[other]):
            out.append(f"it names neither a video nor a {other}")
    for medium, name in names.items():
        try:
            if name:
                named_inside(name, medium)
        except DataError:
            out.append(f"{medium} {name[:80]!r} must be a path inside the set")
    for name, digest in item.sha256.items():
        if name not in names.values() or not _SHA256.fullmatch(digest):
            out.append(f"sha256 of {name[:80]!r} is none of a file that it names")
    return out


def set_problems(placed: Iterable[PlacedItem]) -> list[str]:
    """Ids that are there twice, and clips that are not one clip throughout."""
    out: list[str] = []
    items: dict[str, str] = {}
    clips: dict[str, PlacedItem] = {}
    for one in placed:
        item, where = one
        if (first := items.setdefault(item.item_id, where)) != where:
            out.append(f"{where}: item {item.item_id} was already in {first}")
        known = clips.setdefault(item.clip_id, one)
        out += [
            f"{where}: item {item.item_id}: another {name} than its clip has in {known.where}"
            for name in (*MEDIA, "scene_id", "sha256")
            if getattr(item, name) != getattr(known.item, name)
        ]
    return out


def check_media(root: Path, placed: Sequence[PlacedItem]) -> None:
    """Check that the files are there.

    Raises:
        DataError: naming the first item without its file, with file and line, and how many more;
            or one whose file lies outside the set.
    """
    asked = {name: one for one in placed for medium in MEDIA if (name := getattr(one.item, medium))}
    missing = [
        name for name, one in asked.items() if not is_regular(inside(root, name, f"{one.where}:"))
    ]
    if missing:
        first = asked[missing[0]]
        raise DataError(
            f"{first.where}: item {first.item.item_id}: not in {root}: {first_ten(missing)}; is "
            "the set complete?"
        )


# ---- selection


def select(
    placed: Sequence[PlacedItem],
    questions: str,
    kinds: Sequence[str] | str | None,
    families: int | None,
    name: str,
) -> list[PlacedItem]:
    """The items of a choice, in file order.

    Raises:
        OptionError: there is no such kind, or no item is left.
    """
    if questions not in ("single", "two", "all"):
        raise OptionError(f"questions must be single, two or all, got {questions!r}")
    kept = [
        one
        for one in placed
        if questions == "all" or (one.item.modality == "both") == (questions == "two")
    ]
    if kinds is not None:
        wanted = [k.strip() for k in (kinds.split(",") if isinstance(kinds, str) else kinds)]
        wanted = [kind for kind in wanted if kind]
        refuse_twice("kinds", wanted)
        there = sorted({part for one in kept for part in one.item.kind.split("+") if part})
        for kind in wanted:
            if kind not in there:
                raise OptionError(f"{name}: no item about {kind!r}{allowed(kind, there)}")
        kept = [one for one in kept if set(one.item.kind.split("+")) <= set(wanted)]
    if not kept:
        raise OptionError(f"{name}: no item is left by questions={questions}, kinds={kinds}")
    if families is None:
        return kept
    within("families", families, 1, MOST)
    scenes = list(dict.fromkeys(one.item.scene_id for one in kept))[:families]
    return [one for one in kept if one.item.scene_id in set(scenes)]


def _of_split(placed: list[PlacedItem], split: str | None, path: Path) -> list[PlacedItem]:
    splits = {one.item.split: None for one in placed}
    if split is None or (split == "test" and "test" not in splits):
        return placed
    if split not in splits:
        raise OptionError(f"{path}: no split {split!r} there; it has: {', '.join(splits)}")
    return [one for one in placed if one.item.split == split]
