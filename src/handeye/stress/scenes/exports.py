"""What is true of pictures, for people who train other models: Parquet tables and COCO."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.atomic import check_places, replacing, write_bytes
from handeye.errors import OptionError, refusal
from handeye.sets.jsonl import numbered_lines
from handeye.stress.items import Item, Picture, items_name
from handeye.stress.scenes.families import PARTS
from handeye.stress.scenes.groups import KEYPOINTS
from handeye.stress.scenes.things import BEAD, SHAPES

if TYPE_CHECKING:
    import polars as pl

    from handeye.stress.item_set import ItemSet

ROWS_PER_SHARD = 20_000
"""Some 50 MB in memory."""
CATEGORIES = (*SHAPES, BEAD, "sign", "line", "grid", *PARTS, "label")
"""Of COCO, by their ids from 1."""
FORMATS = ("coco",)
# Behind the name of the set: by this an earlier export is known.
_OURS = ", made by handeye"
# What differs in shape from row to row is a JSON string: a column of Parquet has one type.
_JSON = {"aliases", "meta", "sha256", "objects", "relations"}
_LISTS = dict.fromkeys(("values", "options"), str) | dict.fromkeys(
    ("order", "cue_span", "evidence", "control"), int
)
_SCALARS = {"level": int, "physical": float, "side": int, "width": int, "height": int}


# ---- Parquet


def write_tables(items: Path, pictures: Path) -> list[Path]:
    """Both tables of a split as Parquet, in ``data/items`` and ``data/pictures``.

    Args:
        items: the JSONL of the items.
        pictures: of the pictures.

    Returns:
        What was written: ``SPLIT-00000-of-0000N.parquet``, :data:`ROWS_PER_SHARD` rows each.
    """
    from handeye.scores.run_folder import as_parquet

    out = []
    before = items_name("\0").split("\0")[0]
    split = items.name[len(before) : -len(".jsonl")]
    for name, file, kind in (("items", items, Item), ("pictures", pictures, Picture)):
        total = sum(1 for _ in numbered_lines(file))
        shards = -(-total // ROWS_PER_SHARD)
        decode = msgspec.json.Decoder(kind).decode
        rows = (decode(line) for _, line in numbered_lines(file))
        for number in range(shards):
            path = items.parent / "data" / name / f"{split}-{number:05d}-of-{shards:05d}.parquet"
            frame = _frame(kind.__struct_fields__, islice(rows, ROWS_PER_SHARD))
            write_bytes(path, as_parquet(frame))
            out.append(path)
    return out


def _frame(fields: Iterable[str], rows: Iterable[Any]) -> pl.DataFrame:
    import polars as pl

    columns: dict[str, list[Any]] = {name: [] for name in fields}
    as_json = _JSON | _LISTS.keys()
    for row in rows:
        for name, values in columns.items():
            value = getattr(row, name)
            values.append(msgspec.json.encode(value).decode() if name in as_json else value)
    kinds = {int: pl.Int64, float: pl.Float64}
    schema = {name: kinds[_SCALARS[name]] if name in _SCALARS else pl.String for name in columns}
    # Read from JSON they are columns of lists at once, in place of a column a row.
    lists = [
        pl.col(name).str.json_decode(pl.List(pl.String if _LISTS[name] is str else pl.Int64))
        for name in columns
        if name in _LISTS
    ]
    return pl.DataFrame(columns, schema=schema).with_columns(lists)


# ---- COCO


def write_coco(items: ItemSet, out: Path) -> dict[str, int]:
    """The pictures of a set in the form of COCO: boxes, masks and keypoints of every thing.

    Masks are run lengths, column by column from the upper left, counted from pixels that are not
    the thing's (``counts`` is a list: not compressed). A keypoint is 2 where the thing itself is
    seen there, 1 where not.

    Args:
        items: a loaded set.
        out: the JSON file, outside the set; an earlier export there is replaced.

    Returns:
        Number of images and of annotations.

    Raises:
        DataError: a mask is missing or unreadable.
        OptionError: ``out`` lies within the set, is something else than an earlier export, or
            cannot be written.
    """
    _refuse_place(out, [file.parent for file in items.files])
    head = {
        "info": {"description": f"{items.name}{_OURS}", "version": "1"},
        "licenses": [{"id": 1, "name": "MIT", "url": "https://opensource.org/license/mit"}],
        "categories": [
            {"id": number, "name": name, "keypoints": list(KEYPOINTS), "skeleton": []}
            for number, name in enumerate(CATEGORIES, 1)
        ],
    }
    images = [
        {
            "id": number,
            "file_name": picture.picture,
            "width": picture.width,
            "height": picture.height,
            "license": 1,
        }
        for number, picture in enumerate(items.pictures.values(), 1)
    ]
    counted = 0
    try:
        with replacing(out) as stream:
            # One annotation at a time: those of a large set would not fit in memory.
            stream.write(json.dumps(head)[:-1].encode())
            stream.write(b', "images": ' + json.dumps(images).encode() + b', "annotations": [')
            for counted, one in enumerate(_annotations(items), 1):
                between = b",\n" if counted > 1 else b"\n"
                stream.write(between + json.dumps({"id": counted, **one}).encode())
            stream.write(b"\n]}\n")
    except OSError as error:
        raise OptionError(f"{out}: cannot be written: {refusal(error)}") from None
    return {"images": len(images), "annotations": counted}


def _refuse_place(out: Path, sets: Iterable[Path]) -> None:
    check_places(out)
    for folder in sets:
        if out.resolve().is_relative_to(folder.resolve()):
            raise OptionError(
                f"{out}: lies within the set {folder}, which an export leaves as it is; give a "
                "place outside of it"
            )
    if not out.exists():
        return
    try:
        with out.open("rb") as stream:
            begin = stream.read(4096)  # an export of a large set is large
    except OSError as error:
        raise OptionError(f"{out}: cannot be written: {refusal(error)}") from None
    if begin and not (begin.startswith(b'{"info": {"description": ') and _OURS.encode() in begin):
        raise OptionError(
            f"{out}: is there and no earlier export; it was left alone, give another name"
        )


def _annotations(items: ItemSet) -> Iterator[dict[str, Any]]:
    for image, picture in enumerate(items.pictures.values(), 1):
        masks = items.masks(picture)
        for number, thing in enumerate(picture.objects, 1):
            if thing["box"] is None:
                continue
            x0, y0, x1, y1 = thing["box"]
            shown = masks == number
            points = [
                [x, y, 2 if _seen(shown, x, y) else 1] for x, y in thing["keypoints"].values()
            ]
            yield {
                "image_id": image,
                "category_id": CATEGORIES.index(thing["name"]) + 1,
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "area": thing["area"],
                "iscrowd": 0,
                "segmentation": {"size": list(masks.shape), "counts": run_lengths(shown)},
                "keypoints": list(chain.from_iterable(points)),
                "num_keypoints": len(points),
                "attributes": {"colour": thing["colour"], "depth": thing["depth"]},
            }


def _seen(shown: NDArray[np.bool_], x: float, y: float) -> bool:
    row, column = min(int(y), shown.shape[0] - 1), min(int(x), shown.shape[1] - 1)
    return bool(shown[row, column])


def run_lengths(shown: NDArray[np.bool_]) -> list[int]:
    """Lengths of runs of equal pixels, column by column, the first of pixels that are not shown."""
    flat = np.concatenate([[False], shown.ravel(order="F")])
    turns = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff(np.concatenate([[0], turns, [shown.size]])).tolist()  # type: ignore[no-any-return]
