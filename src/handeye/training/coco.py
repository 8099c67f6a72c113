"""Truths from a file in the form of COCO, so that anybody's pictures can be learned from.

The format is that of https://cocodataset.org/#format-data: images, annotations with ``bbox`` (x, y,
width, height in pixels from the upper left corner), ``segmentation`` (polygons, or run lengths
column by column) and ``keypoints`` (x, y, visibility by name of the category). Three keys of ours
may stand beside them: ``attributes`` of an annotation (texts by name; others are left alone),
``scene`` of an image (pictures of one scene are about the same), and ``depth_file`` of an image (a
grey picture, nearer is brighter).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.media.view import read_view
from handeye.reading import read_json
from handeye.sets.folder import inside
from handeye.training.targets import UNTOLD, PictureTruth, Thing, checked, within

Shown = NDArray[np.bool_]


class _Runs(msgspec.Struct):
    size: tuple[int, int]
    counts: list[int] | str


class _Image(msgspec.Struct):
    id: int | str
    file_name: str
    width: int
    height: int
    scene: int | str | None = None
    depth_file: str = ""


class _Category(msgspec.Struct):
    id: int
    name: str
    keypoints: list[str] = []


class _Annotation(msgspec.Struct):
    image_id: int | str
    category_id: int
    bbox: tuple[float, float, float, float] | None = None
    id: int | str | None = None
    segmentation: list[list[float]] | _Runs | None = None
    keypoints: list[float] = []
    iscrowd: int = 0
    attributes: dict[str, Any] = {}


class _File(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


def coco(file: Path, root: Path | None = None) -> Iterator[PictureTruth]:
    """The truths of a file, image by image; those without annotations show nothing but ground.

    What lies in front is not said, so smaller things are taken to hide larger ones. Of a crowd
    (``iscrowd``) nothing is told.

    Args:
        file: JSON.
        root: folder that ``file_name`` and ``depth_file`` start from; None: the file's own.

    Raises:
        DataError: it is no such file, something is not what it should be (the annotation's or
            image's id is named), or a picture is missing or of another size.
    """
    told = read_json(file, _File)
    categories: dict[int, _Category] = {}
    for category in told.categories:
        if category.id in categories:
            raise DataError(f"{file}: two categories have id {category.id}")
        if len(set(category.keypoints)) < len(category.keypoints):
            raise DataError(f"{file}: category {category.name!r}: two keypoints have one name")
        categories[category.id] = category
    by_image: dict[int | str, list[_Annotation]] = defaultdict(list)
    for place, one in enumerate(told.annotations):
        if one.category_id not in categories:
            raise DataError(f"{_where(file, one, place)}: no category has id {one.category_id}")
        by_image[one.image_id].append(one)
    known = {one.id for one in told.images}
    lost = [one for image_id, ones in by_image.items() if image_id not in known for one in ones]
    if lost:
        raise DataError(f"{_where(file, lost[0])}: no image has id {lost[0].image_id!r}")
    folder = file.parent if root is None else root
    for image in told.images:
        yield _truth(file, folder, image, by_image.get(image.id, []), categories)


def _where(file: Path, one: _Annotation, place: int | None = None) -> str:
    name = one.id if one.id is not None or place is None else f"number {place + 1}"
    return f"{file}: annotation {name} of image {one.image_id}"


def _truth(
    file: Path,
    folder: Path,
    image: _Image,
    annotations: Sequence[_Annotation],
    categories: dict[int, _Category],
) -> PictureTruth:
    where = f"{file}: image {image.id}"
    if min(image.width, image.height) < 1:
        raise DataError(f"{where}: {image.width} x {image.height} pixels are no picture")
    shape = image.height, image.width
    found = read_view(inside(folder, image.file_name, where)).size
    if found != (image.width, image.height):
        raise DataError(
            f"{where}: {image.file_name} has {found[0]} x {found[1]} pixels, the file says "
            f"{image.width} x {image.height}"
        )

    def area(one: _Annotation) -> Shown:
        return _area(one, shape, _where(file, one))

    # Made twice, not kept: those of a crowded photograph would fill the memory.
    order = sorted(annotations, key=lambda one: -int(area(one).sum()))
    mask = np.zeros(shape, np.uint8 if len(order) < 256 else np.uint32)
    for number, one in enumerate(order, 1):
        mask[area(one)] = number
    things = [_thing(one, categories[one.category_id], _where(file, one)) for one in order]
    depth = None
    if image.depth_file:
        grey = np.asarray(read_view(inside(folder, image.depth_file, where)).image())[..., 0]
        depth = grey.astype(np.float32) / np.float32(255)
    scene = str(image.id if image.scene is None else image.scene)
    try:
        return checked(PictureTruth(image.file_name, scene, tuple(things), mask, depth))
    except DataError as error:
        raise DataError(f"{where}: {error}") from None


def _thing(one: _Annotation, category: _Category, where: str) -> Thing:
    if one.iscrowd:
        return Thing(UNTOLD)
    told = {name: value for name, value in one.attributes.items() if isinstance(value, str)}
    names, flat = category.keypoints, one.keypoints
    if not flat:
        # Of a category that has some it is not told where they are.
        return Thing(category.name, told, None if names else {})
    if len(flat) != 3 * len(names):
        raise DataError(
            f"{where}: keypoints are {len(flat)} numbers; category {category.name!r} has "
            f"{len(names)}, three numbers each"
        )
    points = {
        name: (flat[3 * at], flat[3 * at + 1])
        for at, name in enumerate(names)
        if flat[3 * at + 2] > 0
    }
    return Thing(category.name, told, points)


# ---- where an annotation is


def _area(one: _Annotation, shape: tuple[int, int], where: str) -> Shown:
    if isinstance(one.segmentation, _Runs):
        return _of_runs(one.segmentation, shape, where)
    if one.segmentation:
        return _of_polygons(one.segmentation, shape, where)
    if one.bbox is None:
        raise DataError(f"{where}: it has neither bbox nor segmentation")
    x, y, wide, high = one.bbox
    left, right = (within(at, shape[1], f"{where}: bbox") for at in (x, x + wide))
    top, bottom = (within(at, shape[0], f"{where}: bbox") for at in (y, y + high))
    if wide <= 0 or high <= 0:
        raise DataError(f"{where}: bbox {one.bbox} covers nothing")
    if max(right, bottom) <= 1 < min(shape):
        raise DataError(
            f"{where}: bbox {one.bbox} looks like shares of the picture; it must be in pixels"
        )
    shown = np.zeros(shape, np.bool_)
    rows, columns = (
        slice(int(low), max(int(low) + 1, round(high)))
        for low, high in ((top, bottom), (left, right))
    )
    shown[rows, columns] = True
    return shown


def _of_polygons(polygons: Sequence[Sequence[float]], shape: tuple[int, int], where: str) -> Shown:
    from PIL import Image, ImageDraw

    canvas = Image.new("1", (shape[1], shape[0]))
    for flat in polygons:
        if len(flat) < 6 or len(flat) % 2:
            raise DataError(f"{where}: a polygon of {len(flat)} numbers; x and y of three corners")
        corners = [
            (
                within(x, shape[1], f"{where}: segmentation"),
                within(y, shape[0], f"{where}: segmentation"),
            )
            for x, y in zip(flat[::2], flat[1::2], strict=True)
        ]
        if max(map(max, corners)) <= 1 < min(shape):
            raise DataError(
                f"{where}: segmentation looks like shares of the picture; it must be in pixels"
            )
        ImageDraw.Draw(canvas).polygon(corners, fill=1)
    return np.asarray(canvas)


def _of_runs(runs: _Runs, shape: tuple[int, int], where: str) -> Shown:
    counts = _unpacked(runs.counts, where) if isinstance(runs.counts, str) else runs.counts
    if runs.size != shape:
        raise DataError(
            f"{where}: segmentation has size {list(runs.size)}, its image {list(shape)} (height "
            "and width)"
        )
    if min(counts, default=0) < 0:
        raise DataError(f"{where}: segmentation has a count below 0")
    if sum(counts) != shape[0] * shape[1]:
        raise DataError(
            f"{where}: segmentation's counts make {sum(counts)} pixels of {shape[0] * shape[1]}"
        )
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return np.ascontiguousarray(flat.reshape(shape, order="F"))


def _unpacked(text: str, where: str) -> list[int]:
    """Compressed run lengths: five bits a sign from ``0`` on, a sixth says that more follow.

    From the fourth on they are differences to the last but one (rleFrString in maskApi.c of the
    COCO API, https://github.com/cocodataset/cocoapi).
    """
    out: list[int] = []
    value = shift = 0
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise DataError(f"{where}: segmentation's counts are no run lengths")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        out.append(value + (out[-2] if len(out) > 2 else 0))
        value = shift = 0
    if shift:
        raise DataError(f"{where}: segmentation's counts break off")
    return out
