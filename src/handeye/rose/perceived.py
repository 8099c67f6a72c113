"""What is true of the pictures of a set, cell by cell: what encoders are trained on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from handeye.errors import DataError
from handeye.media.view import read_view
from handeye.rose.items import Item, ItemSet
from handeye.rose.scene import Cell
from handeye.training.targets import PictureTruth, Thing, checked


def perceived(items: ItemSet) -> Iterator[PictureTruth]:
    """The pictures of a set, each once; a thing is a cell.

    Of a cell there are told its ``row`` and ``column``, by which answers call it, and yes or no:
    ``exception`` and, in pictures with a region highlighted, ``highlighted``. Its keypoint is its
    ``middle``. There is no depth.

    Raises:
        DataError: a picture is missing, broken, or no grid of its rows and columns.
    """
    shown: set[str] = set()
    for item in items:
        if item.image not in shown:
            shown.add(item.image)
            yield _truth(item, items)


def _truth(item: Item, items: ItemSet) -> PictureTruth:
    rows, cols = item.grid
    width, height = read_view(items.image_path(item)).size
    high, rest = divmod(height, rows)
    wide, more = divmod(width, cols)
    if rest or more or not high or not wide:
        raise DataError(
            f"item {item.item_id}: its picture of {width} x {height} pixels is no grid of {rows} "
            f"rows and {cols} columns"
        )
    targets = set(item.targets)
    lit = item.region if item.region_type == "VISUAL_REGION" else None

    def thing(cell: Cell) -> Thing:
        told = {"row": str(cell.row), "column": str(cell.col)}
        told["exception"] = "yes" if cell in targets else "no"
        if lit is not None:
            told["highlighted"] = "yes" if cell in lit else "no"
        middle = ((cell.col - 0.5) * wide, (cell.row - 0.5) * high)
        return Thing("cell", told, {"middle": middle})

    numbers = np.arange(1, rows * cols + 1).reshape(rows, cols)
    mask = numbers.astype(np.uint8 if rows * cols < 256 else np.uint32)
    mask = mask.repeat(high, 0).repeat(wide, 1)
    things = tuple(thing(cell) for cell in item.grid.cells())
    return checked(PictureTruth(item.image, item.scene_id, things, mask))
