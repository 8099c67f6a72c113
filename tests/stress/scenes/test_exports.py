"""COCO, read back by a reader of its format: masks, boxes and keypoints are those of the set."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from handeye.stress.loader import load
from handeye.stress.scenes.exports import run_lengths, write_coco


def decoded(segmentation: dict[str, Any]) -> NDArray[np.bool_]:
    """A mask of COCO: lengths of runs by columns, the first of pixels that are not set."""
    height, width = segmentation["size"]
    flat = np.concatenate(
        [np.full(n, value) for n, value in zip(segmentation["counts"], cycle([0, 1]), strict=False)]
    )
    assert flat.size == height * width
    return flat.reshape(width, height).T.astype(bool)


@given(arrays(bool, (5, 7)))
def test_run_lengths_are_read_back(mask: NDArray[np.bool_]) -> None:
    counts = run_lengths(mask)
    assert np.array_equal(decoded({"size": [5, 7], "counts": counts}), mask)
    assert all(count > 0 for count in counts[1:])


def test_an_export_is_what_the_set_says(whole: Path, tmp_path: Path) -> None:
    items = load(whole)[:60]
    out = tmp_path / "coco.json"
    counts = write_coco(items, out)
    coco = json.loads(out.read_text())
    assert counts == {"images": len(coco["images"]), "annotations": len(coco["annotations"])}
    categories = {one["id"]: one for one in coco["categories"]}
    images = {one["id"]: one for one in coco["images"]}
    assert sorted(one["id"] for one in coco["annotations"]) == list(
        range(1, len(coco["annotations"]) + 1)
    )
    rows = {picture.picture: picture for picture in items.pictures.values()}
    assert {one["file_name"] for one in images.values()} == set(rows)
    seen: dict[int, int] = {}
    for one in coco["annotations"]:
        image, category = images[one["image_id"]], categories[one["category_id"]]
        row = rows[image["file_name"]]
        number = seen[one["image_id"]] = seen.get(one["image_id"], 0) + 1
        thing = row.objects[number - 1]
        assert category["name"] == thing["name"]
        mask = decoded(one["segmentation"])
        assert mask.shape == (image["height"], image["width"])
        assert np.array_equal(mask, items.masks(row) == number)
        x, y, width, height = one["bbox"]
        assert [x, y, x + width, y + height] == thing["box"]
        assert one["area"] == mask.sum()
        assert one["iscrowd"] == 0
        points = np.reshape(one["keypoints"], (-1, 3))
        assert len(points) == len(category["keypoints"]) == one["num_keypoints"] == 5
        assert points[:, :2].tolist() == list(thing["keypoints"].values())
        assert set(points[:, 2]) <= {1, 2}


@pytest.mark.parametrize("name", ["circle", "ring"])
def test_a_keypoint_is_seen_where_the_thing_is(whole: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "coco.json"
    write_coco(load(whole), out)
    coco = json.loads(out.read_text())
    (number,) = (one["id"] for one in coco["categories"] if one["name"] == name)
    found = {one["keypoints"][2] for one in coco["annotations"] if one["category_id"] == number}
    assert found == ({2} if name == "circle" else {1})
