"""Checks a set: rows, prompts, hashes, maps, boxes, and every picture by who looks at it.

Every problem is found and told with file, line and id, not only the first. What rows say of
pictures is held to the files: boxes and areas to masks, the evidence to the pixels that differ. Of
a set that this generator made, all is made again and has to be the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError, first_ten
from handeye.hashing import file_sha256, is_regular
from handeye.media.view import read_view
from handeye.sets.checks import Verified, check_pieces
from handeye.sets.folder import RECORD, inside, read_record, record_problems
from handeye.stress.foreign.layouts import TITLES
from handeye.stress.foreign.published_layout import read_published
from handeye.stress.items import Item, Picture, items_name
from handeye.stress.loader import PlacedItem, PlacedPicture, items_files, read_rows
from handeye.stress.scenes.generation import GENERATOR, group_of, made_again
from handeye.stress.scenes.groups import (
    Group,
    Order,
    difference,
    prompt_problems,
    scene_name,
)
from handeye.stress.scenes.looking import Sight, answered
from handeye.stress.scenes.plan import SetOptions, plan_groups
from handeye.stress.scenes.wording import missing, read

SOLVED = "answered by the oracle"
"""What the count of items is called that the oracle answers right from decoded pictures."""
REMADE = "groups made again"
"""What the count of groups is called that were made again and compared; 0 where the set does not
say how it was made, or another version of the generator made it."""
EASY = (1, 2)
"""Levels at which the oracle has to be right about everything, from :data:`EASY_SIZE` pixels on."""
EASY_SIZE = 224
_GROUPS_A_JOB = 4


def verify(
    data: str | Path,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check a set.

    Args:
        data: a set folder or items file.
        workers: processes (default: as many as it is worth).
        progress: called with (groups done, groups in all).

    Returns:
        Counts of ``items``, ``prompts``, ``pictures``, ``groups``, ``groups made again`` and items
        ``answered by the oracle``; and every problem with file, line and id. That the oracle is
        wrong is a problem at levels 1 and 2 alone, and not of pictures below 224 pixels: harder
        ones are there to be missed.

    Raises:
        DataError: the set cannot be read at all.
        OptionError: workers below 1.
    """
    path = Path(data)
    files = items_files(path, None) if path.exists() else ()
    if not files:
        raise DataError(_no_set(path))
    root = files[0].parent
    problems: list[str] = []
    placed, shown = read_rows(files, problems.append)
    problems += record_problems(root)
    options, orders, wrong = _planned(read_record(root), placed, root)
    problems += wrong
    items: dict[str, list[PlacedItem]] = defaultdict(list)
    pictures: dict[str, list[PlacedPicture]] = defaultdict(list)
    for one in placed:
        items[one.item.scene_id].append(one)
    for row in shown.values():
        pictures[row.picture.scene_id].append(row)
    pieces = [
        (orders.get(name), tuple(items.get(name, ())), tuple(pictures.get(name, ())))
        for name in dict.fromkeys((*items, *pictures))
    ]
    found = check_pieces(
        partial(_check_group, root=root, options=options),
        pieces,
        block=_GROUPS_A_JOB,
        workers=workers,
        progress=progress,
    )
    counts = {
        "items": len(placed),
        "prompts": len({one.item.prompt_id for one in placed}),
        "pictures": len({one.item.picture_id for one in placed}),
        "groups": len(items),
        REMADE: sum(order is not None for order, *_ in pieces) if options is not None else 0,
        SOLVED: found.counts.get(SOLVED, 0),
    }
    return Verified(counts, (*problems, *found.problems))


def _no_set(path: Path) -> str:
    """What is there in place of a set of the suite."""
    with suppress(DataError):
        name = read_published(path, media=False).taken[0].item.meta["set"]
        return f"{path}: this is {TITLES[name]}; verify is for sets of the suite"
    return f"{path}: no set of this suite: expected {items_name('SPLIT')}"


def _planned(
    record: Mapping[str, Any] | None, placed: Sequence[PlacedItem], root: Path
) -> tuple[SetOptions | None, dict[str, Order], list[str]]:
    """Options and groups of a set that this generator made, and groups that are not there."""
    if record is None or record.get("generator", 1) != GENERATOR or not record.get("complete"):
        return None, {}, []
    try:
        options = made_again(record)
    except (OptionError, LookupError, TypeError, AttributeError) as error:
        return None, {}, [f"{root / RECORD}: its options make no set: {error}"]
    orders = {
        scene_name(options.split, order.family, order.number): order
        for order in plan_groups(options)
    }
    there = {one.item.scene_id: one.where for one in placed}
    wrong = []
    if lost := [name for name in orders if name not in there]:
        wrong.append(f"{root}: no row for {first_ten(lost)}")
    strange = sorted(there.keys() - orders.keys())
    wrong += [f"{there[name]}: group {name}: the set was made without it" for name in strange]
    return options, orders, wrong


# ---- one group

_Piece = tuple[Order | None, tuple[PlacedItem, ...], tuple[PlacedPicture, ...]]


class _Shown(NamedTuple):
    """A picture's row, decoded, and where it stands."""

    picture: Picture
    where: str


def _check_group(piece: _Piece, *, root: Path, options: SetOptions | None) -> Verified:
    """Check the rows and files of one group."""
    order, placed, lines = piece
    shown = [_Shown(one.picture, one.where) for one in lines]
    found = [
        f"{placed[0].where}: {problem}" for problem in prompt_problems(one.item for one in placed)
    ]
    found += [
        f"{where}: item {item.item_id}: {item.family} is not asked under {item.cue}: {why}"
        for item, where in placed
        if item.family and item.cue and (why := missing(item.family, item.cue))  # type: ignore[arg-type]
    ]
    files: dict[str, dict[str, NDArray[np.uint8]]] = {}
    for row, where in shown:
        files[row.picture_id] = _opened(row, where, root, found)
        found += _map_problems(row, where, files[row.picture_id])
    for item, where in placed:
        if item.picture_id not in files:  # a set without rows of pictures
            digest = {item.picture: item.sha256} if item.sha256 else {}
            files[item.picture_id] = _decoded({"picture": item.picture}, digest, where, root, found)
    found += _edit_problems(shown, files)
    if options is not None and order is not None:
        found += _remade_problems(placed, shown, group_of(options, order), files)
    return Verified(*_looked_at(placed, files, found))


def _opened(row: Picture, where: str, root: Path, found: list[str]) -> dict[str, NDArray[np.uint8]]:
    names = {which: getattr(row, which) for which in ("picture", "masks", "depth")}
    before = f"{where}: picture {row.picture_id}"
    media = _decoded(names, row.sha256, before, root, found)
    for which, pixels in list(media.items()):
        if pixels.shape[:2] != (row.height, row.width):
            found.append(f"{before}: {names[which]} is not {row.width} x {row.height} pixels")
            del media[which]
    return media


def _decoded(
    names: Mapping[str, str],
    digests: Mapping[str, str],
    before: str,
    root: Path,
    found: list[str],
) -> dict[str, NDArray[np.uint8]]:
    """Pixels of the files that can be read, (height, width, 3) each; what is wrong is told."""
    media = {}
    for which, name in names.items():
        try:
            path = inside(root, name, f"{before}: {which}")
            if not is_regular(path):
                raise DataError(f"{before}: {name} is missing")
            if name in digests and file_sha256(path) != digests[name]:
                found.append(
                    f"{before}: {name} was changed since the set was made (SHA-256 differs)"
                )
            media[which] = np.asarray(read_view(path).image())
        except DataError as error:
            found.append(str(error) if str(error).startswith(before) else f"{before}: {error}")
    return media


def _map_problems(
    row: Picture, where: str, media: Mapping[str, NDArray[np.uint8]]
) -> Iterator[str]:
    """What of boxes, areas and depths is not what the maps show."""
    from scipy import ndimage

    before = f"{where}: picture {row.picture_id}"
    if "masks" not in media:
        return
    masks = media["masks"][..., 0]
    if int(masks.max()) > len(row.objects):
        yield f"{before}: its masks show object {int(masks.max())} of {len(row.objects)}"
        return
    areas = np.bincount(masks.ravel(), minlength=len(row.objects) + 1).tolist()
    for number, box in enumerate(_seen_boxes(masks, len(row.objects)), 1):
        told = row.objects[number - 1]
        if list(box or ()) != list(told.get("box") or ()):
            yield f"{before}: object {number}: its box is {told.get('box')}, its mask's {box}"
        if areas[number] != told.get("area"):
            yield f"{before}: object {number}: its area is {told.get('area')}, not {areas[number]}"
    if "depth" in media:
        depth = media["depth"][..., 0]
        seen = [number for number, area in enumerate(areas) if area]
        nearest = dict(zip(seen, ndimage.maximum(depth, masks, seen), strict=True))
        if nearest != dict(zip(seen, ndimage.minimum(depth, masks, seen), strict=True)) or (
            nearest.get(0)
        ):
            yield f"{before}: its depth differs within a thing, or from 0 on the ground"
        order = [row.objects[number - 1].get("depth") for number in seen if number]
        ranks = [nearest[number] for number in seen if number]
        if sorted(ranks) != [rank for _, rank in sorted(zip(order, ranks, strict=True))]:
            yield f"{before}: its depth map has another order than its objects"


def _seen_boxes(masks: NDArray[np.uint8], number: int) -> list[tuple[int, int, int, int] | None]:
    """The box of the pixels of each of ``number`` things; None for one that no pixel shows."""
    from scipy import ndimage

    found = ndimage.find_objects(masks, max_label=number) if number else []
    return [
        None if where is None else (where[1].start, where[0].start, where[1].stop, where[0].stop)
        for where in found
    ]


def _edit_problems(
    shown: Sequence[_Shown], files: Mapping[str, Mapping[str, NDArray[np.uint8]]]
) -> Iterator[str]:
    """Pictures of two truths that differ elsewhere than in the evidence, or a control that does."""
    rows = {one.picture.picture_id: one for one in shown}
    for name, (row, where) in rows.items():
        stem = name.removeprefix(f"{row.scene_id}-")
        twin = rows.get(f"{row.scene_id}-b{stem[1:]}")
        if stem[:1] != "a" or twin is None:
            continue
        pair = [files[one].get("picture") for one in (name, twin.picture.picture_id)]
        if pair[0] is None or pair[1] is None or pair[0].shape != pair[1].shape:
            continue
        before = f"{where}: picture {name}"
        if (pair[0] == pair[1]).all():
            yield f"{before}: is the same as {twin.picture.picture_id}"
            continue
        box = difference(pair[0], pair[1])
        for one in (row, twin.picture):
            if tuple(one.evidence) != box:
                yield f"{before}: its evidence is {list(one.evidence)}, what differs {list(box)}"
        if row.control is not None:
            x0, y0, x1, y1 = row.control
            if (pair[0][y0:y1, x0:x1] != pair[1][y0:y1, x0:x1]).any():
                yield f"{before}: its control box holds a part of the edit"


def _remade_problems(
    placed: Sequence[PlacedItem],
    shown: Sequence[_Shown],
    group: Group,
    files: Mapping[str, Mapping[str, NDArray[np.uint8]]],
) -> Iterator[str]:
    """What is not as this generator makes it."""
    first = placed[0].where if placed else shown[0].where
    rows: dict[str, Item | Picture] = {row.picture_id: row for row in group.pictures()}
    rows |= {f"item {row.item_id}": row for row in group.items()}
    there: dict[str, tuple[Item | Picture, str]] = {
        **{one.picture.picture_id: (one.picture, one.where) for one in shown},
        **{f"item {one.item.item_id}": (one.item, one.where) for one in placed},
    }
    if lost := [name for name in rows if name not in there]:
        yield f"{first}: group {group.name}: no row for {first_ten(lost)}"
    for name, (row, where) in there.items():
        if name not in rows:
            yield f"{where}: {name}: the set was made without it"
            continue
        one, two = msgspec.to_builtins(row), msgspec.to_builtins(rows[name])
        other = [part for part in one if part != "sha256" and one[part] != two[part]]
        if other:
            yield f"{where}: {name}: made again, it has another {', '.join(other)}"
    for view, painted in group.painted.items():
        media = files.get(f"{group.name}-{view}", {})
        drawn = {"picture": painted.pixels, "masks": painted.masks, "depth": painted.depth}
        for which, pixels in drawn.items():
            seen = media.get(which)
            plain = pixels if pixels.ndim == 3 else pixels[..., None]
            if seen is not None and (seen.shape[:2] != pixels.shape[:2] or (seen != plain).any()):
                where = there.get(f"{group.name}-{view}", (None, first))[1]
                yield f"{where}: picture {group.name}-{view}: drawn again, its {which} differs"


def _looked_at(
    placed: Sequence[PlacedItem],
    files: Mapping[str, Mapping[str, NDArray[np.uint8]]],
    found: list[str],
) -> tuple[dict[str, int], tuple[str, ...]]:
    """What the oracle answers of pictures as they are, counted by level."""
    solved = 0
    sights: dict[str, Sight] = {}
    for item, where in placed:
        picture, asked = files.get(item.picture_id, {}).get("picture"), read(item.question)
        if picture is None or asked is None:
            continue
        if item.picture_id not in sights:
            sights[item.picture_id] = Sight(picture)
        right = answered(asked, sights[item.picture_id]) == item.gold
        solved += right
        easy = item.level in EASY and picture.shape[0] >= EASY_SIZE
        if easy and not right:
            found.append(
                f"{where}: item {item.item_id}: the oracle, who looks, does not come to its answer"
            )
    return {SOLVED: solved}, tuple(found)
