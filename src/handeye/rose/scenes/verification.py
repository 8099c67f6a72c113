"""Checks a set from its pixels: hashes, solvability, and every gold answer recomputed.

Knows the layout of a scene (cells of ``cell_size`` pixels without margins) and nothing of how the
set was made. Cells are compared exactly, so this is a check of the set; whether a *respondent*
that only sees the picture can solve it is the business of ``handeye/pixels``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, refusal
from handeye.hashing import read_regular
from handeye.media.view import MOST_BYTES, view_of
from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES, formal_answer
from handeye.rose.release import load
from handeye.rose.scene import Cell
from handeye.rose.scenes.sampling import region_case
from handeye.rose.scenes.visibility import is_visible, visible_pixels
from handeye.sets.checks import Verified, check_pieces
from handeye.sets.folder import inside, record_problems

Pixels = NDArray[np.uint8]


def verify(
    data: str | Path,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check every picture and item of the set in ``data``.

    Returns:
        Counts of ``scenes``, ``items`` and ``pictures``, and every problem.

    Raises:
        DataError: the set cannot be read at all.
        OptionError: workers below 1.
    """
    items = load(data, gold=False)
    found = check_pieces(
        partial(_check_scene, items.root),
        list(items.scenes().values()),
        block=8,
        workers=workers,
        progress=progress,
    )
    return Verified(found.counts, (*record_problems(items.root), *found.problems))


def _check_scene(root: Path, items: Sequence[Item]) -> Verified:
    counts = {"scenes": 1, "items": len(items), "pictures": len({item.image for item in items})}
    return Verified(counts, tuple(_scene_problems(root, items)))


def _scene_problems(root: Path, items: Sequence[Item]) -> list[str]:
    problems: list[str] = []
    pictures: dict[str, Pixels] = {}
    for item in items:
        if item.image in pictures:
            continue
        try:
            pictures[item.image] = _read_picture(root, item)
        except DataError as error:
            problems.append(str(error))
    base = next((i for i in items if i.cue_type == "NONE" and i.image in pictures), None)
    if base is None:
        return problems or [f"scene {items[0].scene_id}: no base picture to check"]
    cells = _split(pictures[base.image], base)
    try:
        targets = targets_from_pixels(cells, base)
    except DataError as error:
        return [*problems, str(error)]
    for item in items:
        problems += _item_problems(item, targets)
        if item.cue_type != "NONE" and item.image in pictures:
            problems += _cue_problems(item, cells, _split(pictures[item.image], item), targets)
    return problems


def _read_picture(root: Path, item: Item) -> Pixels:
    where = f"item {item.item_id}: {item.image}"
    path = inside(root, item.image, f"item {item.item_id}: image path")
    try:
        data = read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        raise DataError(f"{where}: missing") from None
    except OSError as error:
        raise DataError(f"{where}: cannot be read: {refusal(error)}") from None
    if item.image_sha256 and hashlib.sha256(data).hexdigest() != item.image_sha256:
        raise DataError(f"{where}: changed since the set was made (SHA-256 differs)")
    view = view_of(data, where, item.most_pixels)
    expected = (item.cols * item.cell_size, item.rows * item.cell_size)
    if view.size != expected or (item.image_width, item.image_height) != expected:
        raise DataError(
            f"{where}: {view.size[0]} x {view.size[1]} pixels, but {item.cols} x "
            f"{item.rows} cells of {item.cell_size} need {expected[0]} x {expected[1]}"
        )
    return np.asarray(view.image())


def _split(picture: Pixels, item: Item) -> Pixels:
    """``(rows, cols, size, size, 3)`` cells of a picture."""
    size = item.cell_size
    return picture.reshape(item.rows, size, item.cols, size, 3).swapaxes(1, 2)


def targets_from_pixels(cells: Pixels, item: Item) -> list[Cell]:
    """The cells that differ from the majority, read off the picture.

    Raises:
        DataError: no clear majority, more than one kind of exception, or one too faint to see.
    """
    kinds: dict[bytes, list[Cell]] = {}
    for cell in item.grid.cells():
        kinds.setdefault(cells[cell.row - 1, cell.col - 1].tobytes(), []).append(cell)
    ranked = sorted(kinds.values(), key=len, reverse=True)
    where = f"scene {item.scene_id}"
    if len(ranked) != 2:
        raise DataError(f"{where}: {len(ranked)} kinds of cells in {item.image}, expected 2")
    majority, exceptions = ranked
    if len(majority) <= len(exceptions):
        raise DataError(f"{where}: no majority in {item.image}")
    first, second = (cells[c.row - 1, c.col - 1] for c in (majority[0], exceptions[0]))
    if not is_visible(visible_pixels(first, second)):
        raise DataError(f"{where}: the exception in {item.image} is too faint to be seen")
    return sorted(exceptions)


def _item_problems(item: Item, targets: Sequence[Cell]) -> Iterator[str]:
    """Gold values of a row that differ from those recomputed from the pixels."""
    inside = [cell for cell in targets if cell in item.region]
    case = region_case(item.region, targets) if item.region_type != "GLOBAL" else "all"
    label = item.region_case
    actual = label.split("_")[1] if label.startswith("fallback_") else label
    mode = TEMPLATES[item.task_template].mode
    expected = {
        "all_target_cells": [str(cell) for cell in targets],
        "region_target_cells": [str(cell) for cell in inside],
        "ground_truth_count": len(inside),
        "ground_truth_formal_answer": formal_answer(mode, inside),
        "region_cell_count": item.region.cell_count(item.grid),
        "task_mode": mode,
    }
    for name, value in expected.items():
        if getattr(item, name) != value:
            yield f"item {item.item_id}: {name} is {getattr(item, name)}, the picture says {value}"
    if actual != case:
        yield f"item {item.item_id}: region_case is {label}, the picture says {case}"


def _cue_problems(item: Item, base: Pixels, cue: Pixels, targets: Sequence[Cell]) -> Iterator[str]:
    """A highlight that is not the region's, or that hides an exception."""
    changed = (base != cue).any(axis=(2, 3, 4))
    wanted = np.zeros_like(changed)
    region = item.region
    wanted[region.r1 - 1 : region.r2, region.c1 - 1 : region.c2] = True
    if not np.array_equal(changed, wanted):
        yield f"item {item.item_id}: the highlighted cells of {item.image} are not its region"
        return
    # The frame covers pixels of the cells at the border: enough of the difference must stay free.
    frame = cue[region.r1 - 1, region.c1 - 1, 0, 0]
    plain = base[_majority_place(base, targets)]
    for row, col in (cell for cell in targets if cell in region):
        free = (cue[row - 1, col - 1] != frame).any(axis=-1)
        if not is_visible(free & visible_pixels(plain, base[row - 1, col - 1])):
            yield f"item {item.item_id}: the cue of {item.image} hides the exception R{row},C{col}"


def _majority_place(base: Pixels, targets: Sequence[Cell]) -> tuple[int, int]:
    taken = set(targets)
    for row in range(base.shape[0]):
        for col in range(base.shape[1]):
            if (row + 1, col + 1) not in taken:
                return row, col
    raise DataError("a grid without a majority cell")
