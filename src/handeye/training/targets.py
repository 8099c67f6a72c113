"""What is true of a picture, and what each token of a model that looks at it should tell of it.

A truth is of pixels: which thing each of them shows, where its keypoints lie, how near it is. A
model cuts pictures into a grid of tokens after stretching, cropping or padding them; a
:class:`View` says which part of a picture a grid covers, and :func:`targets_of` reads off what
every token shows. Knows no torch, and nothing of where truths come from: suites make them
(:attr:`handeye.suite.Suite.perceived`), and :mod:`handeye.training.coco` reads them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.training.lesson import IGNORED

NAME, GROUND = "name", "(ground)"
"""The label that every thing has, and what tokens tell of it that show none."""
UNTOLD = "(untold)"
"""What a thing is called of which nothing is told: a crowd, a place that is to be left out."""
COVERED = 0.25
"""A token shows a thing from this share of its pixels on, or if it has most of the thing."""
SPREAD = 0.7
"""Standard deviation of a keypoint's heat, in tokens: neighbours feel it, so that where within a
token it lies is told too."""
_SAMPLES = 16
"""Places that are looked at along a side of a token, at most; of smaller ones every pixel is."""
_SLACK = 2.0
"""Pixels by which a place may lie outside of its picture, as files of others have it; it is moved
to the edge."""


# ---- truths


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in a picture.

    Attributes:
        name: what it is.
        attributes: what is so about it, by name: ``colour``: ``red``; none is called ``name``.
        keypoints: (x, y) in pixels from the upper left corner, by name; None: not told.
    """

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    keypoints: Mapping[str, tuple[float, float]] | None = None


@dataclass(frozen=True, slots=True)
class PictureTruth:
    """What is true of a picture.

    Attributes:
        picture: path within the folder that the truths are of.
        scene: pictures of one are about the same with something changed: each other's hard
            negatives, and never in two parts of a split.
        things: in the order in which the mask counts them.
        mask: (height, width), whole numbers: which thing each pixel shows, 1 for the first, 0 for
            the ground.
        depth: (height, width) float, 0 (farthest) to 1 (nearest), nan where it is not known; None:
            nothing is known of it.
    """

    picture: str
    scene: str
    things: tuple[Thing, ...]
    mask: NDArray[Any]
    depth: NDArray[np.float32] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.mask.shape
        return width, height

    def named(self, name: str, **attributes: str) -> tuple[int, ...]:
        """Places in :attr:`things` of those of a name and with some attributes."""
        return tuple(
            place
            for place, thing in enumerate(self.things)
            if thing.name == name and attributes.items() <= dict(thing.attributes).items()
        )


def checked(truth: PictureTruth) -> PictureTruth:
    """A truth whose parts fit each other, its keypoints within the picture.

    Raises:
        DataError: a mask that is no map or names a thing that is not there, a depth of another size
            or outside 0..1, a keypoint more than :data:`_SLACK` pixels outside, a thing without a
            name; the picture is named.
    """

    def wrong(what: str) -> DataError:
        return DataError(f"picture {truth.picture}: {what}")

    mask, depth = truth.mask, truth.depth
    if mask.ndim != 2 or not mask.size or mask.dtype.kind not in "ui":
        raise wrong(f"its mask is no map of whole numbers: {mask.shape}, {mask.dtype}")
    if int(mask.min()) < 0 or int(mask.max()) > len(truth.things):
        raise wrong(f"its mask names thing {int(mask.max())} of {len(truth.things)}")
    if depth is not None:
        if depth.shape != mask.shape:
            raise wrong(f"its depth is {depth.shape}, its mask {mask.shape}")
        known = np.nan_to_num(depth)
        low, high = float(known.min()), float(known.max())
        if low < 0 or high > 1:
            raise wrong(f"its depth lies in {low:g}..{high:g}; it must lie in 0..1")
    things = []
    for number, thing in enumerate(truth.things, 1):
        if not thing.name or thing.name == GROUND or NAME in thing.attributes:
            raise wrong(f"thing {number}: it has no name, or an attribute {NAME!r}")
        if thing.keypoints is None:
            things.append(thing)
            continue
        kept = {}
        for name, point in thing.keypoints.items():
            where = f"picture {truth.picture}: thing {number} ({thing.name}): keypoint {name!r}"
            x, y = (within(at, side, where) for at, side in zip(point, truth.size, strict=True))
            kept[name] = (x, y)
        things.append(Thing(thing.name, thing.attributes, kept))
    return PictureTruth(truth.picture, truth.scene, tuple(things), mask, depth)


def within(at: float, side: int, where: str) -> float:
    """A place along a side of a picture in pixels, moved to the edge where it lies just outside.

    Raises:
        DataError: it lies more than :data:`_SLACK` pixels outside, or is no number.
    """
    if not -_SLACK <= at <= side + _SLACK:
        raise DataError(f"{where}: {at:g} lies outside of 0..{side}; places are in pixels")
    return min(max(float(at), 0.0), float(side))


class Vocabulary(msgspec.Struct, frozen=True):
    """What tokens can tell: a fixed order of labels, of their choices and of keypoints.

    Attributes:
        labels: choices by label; :data:`NAME` comes first, and first of its choices
            :data:`GROUND`; the others are attributes.
        keypoints: names.
    """

    labels: dict[str, tuple[str, ...]]
    keypoints: tuple[str, ...] = ()

    @classmethod
    def of(cls, truths: Iterable[PictureTruth | Seen]) -> Vocabulary:
        """All that some truths tell, in the order of the alphabet.

        Attributes that have one value everywhere tell nothing and are left out.
        """
        found: dict[str, set[str]] = {}
        points: set[str] = set()
        for truth in truths:
            for thing in truth.things:
                if thing.name == UNTOLD:
                    continue
                found.setdefault(NAME, set()).add(thing.name)
                points |= set(thing.keypoints or ())
                for name, value in thing.attributes.items():
                    found.setdefault(name, set()).add(value)
        names = tuple(sorted(found.pop(NAME, ())))
        told = {name: tuple(sorted(found[name])) for name in sorted(found) if len(found[name]) > 1}
        return cls({NAME: (GROUND, *names), **told}, tuple(sorted(points)))


# ---- views


@dataclass(frozen=True, slots=True)
class View:
    """Which part of a picture the tokens of a model show.

    Attributes:
        grid: rows and columns of tokens, in the order of reading.
        box: left, top, right and bottom of what the whole grid covers, in pixels of the picture;
            outside of it where the picture was padded.
    """

    grid: tuple[int, int]
    box: tuple[float, float, float, float]

    @classmethod
    def stretched(cls, size: tuple[int, int], grid: tuple[int, int]) -> View:
        """All of a picture of some width and height."""
        return cls(grid, (0.0, 0.0, float(size[0]), float(size[1])))

    def places(self) -> NDArray[np.float64]:
        """Middles of the tokens in pixels of the picture, (tokens, 2): x and y."""
        x, y = (_middles(*part) for part in self._sides())
        return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)

    @property
    def token(self) -> tuple[float, float]:
        """Width and height of a token, in pixels of the picture."""
        (low_x, high_x, columns), (low_y, high_y, rows) = self._sides()
        return (high_x - low_x) / columns, (high_y - low_y) / rows

    def _sides(self) -> tuple[tuple[float, float, int], tuple[float, float, int]]:
        left, top, right, bottom = self.box
        return (left, right, self.grid[1]), (top, bottom, self.grid[0])


def _middles(low: float, high: float, parts: int) -> NDArray[np.float64]:
    return np.asarray(low + (np.arange(parts) + 0.5) * ((high - low) / parts), np.float64)


def view_of(
    images: Any, size: tuple[int, int], grid: Callable[[int, int], tuple[int, int]]
) -> View:
    """What an image processor of Transformers shows of pictures of a size, whatever it does.

    It is given a picture that grows brighter to the right in red and downwards in green, and is
    white in blue where it is: what comes out says where it came from. So stretching, cropping and
    padding need not be known.

    Args:
        images: the processor; called with a picture and ``return_tensors="np"``.
        size: width and height of the pictures.
        grid: gives the rows and columns of tokens for the height and width in pixels of what the
            model is given. Not asked of processors that say their own grid (``image_grid_thw``,
            the Qwen families), which stretch.

    Raises:
        DataError: it cuts pictures into several, or gives no pixels in a form that is known.
    """
    width, height = size
    kind = type(images).__name__

    def shown(levels: NDArray[np.uint8]) -> Mapping[str, Any]:
        from PIL import Image

        out: Mapping[str, Any] = images(Image.fromarray(levels), return_tensors="np")
        return out

    # Pictures have 256 levels, and places are to be finer: from band to band they round otherwise.
    ramp = np.full((height, width, 3), 255, np.uint8)
    across, down = np.arange(width), np.arange(height)
    ramp[..., 0] = 255 * (across + 0.5) / width + _lifts(height)[:, None]
    ramp[..., 1] = (255 * (down + 0.5) / height)[:, None] + _lifts(width)
    told = shown(ramp)
    if "image_grid_thw" in told:
        merged = int(getattr(images, "merge_size", 1))
        rows, columns = (int(side) // merged for side in np.asarray(told["image_grid_thw"])[0][1:])
        return View.stretched(size, (rows, columns))
    white, black = (
        np.asarray(shown(np.full_like(ramp, level))["pixel_values"], np.float64)
        for level in (255, 0)
    )
    pixels = np.asarray(told["pixel_values"], np.float64)
    if pixels.ndim != 4 or len(pixels) != 1 or pixels.shape[1] != 3:
        raise DataError(
            f"{kind} gives {pixels.shape} for a picture of {width} x {height}; only processors "
            "that make one picture of it, (1, 3, height, width), can be used"
        )
    bounds = []
    there = (white - black)[0]
    levels = (pixels - black)[0] / np.where(there, there, np.nan)
    for channel, side, axis in ((0, width, 0), (1, height, 1)):
        # Padding is the same for white and for black; edges of it are mixed.
        inside = np.where(levels[2] > 0.999, levels[channel], np.nan)
        known = np.asarray(~np.isnan(inside).all(axis))
        line = np.full(len(known), np.nan)
        line[known] = np.nanmean(inside.compress(known, 1 - axis), axis)
        at = np.flatnonzero(known & (line > 0.02) & (line < 0.98))
        if len(at) < 2:
            raise DataError(f"{kind} shows next to nothing of a picture of {width} x {height}")
        slope, start = np.polyfit(at + 0.5, line[at] * side, 1)
        bounds.append((float(start), float(start + slope * len(line))))
    (left, right), (top, bottom) = bounds
    return View(grid(*pixels.shape[2:]), (left, top, right, bottom))


def _lifts(side: int) -> NDArray[np.float64]:
    """What is added before levels are cut off, 0..1, in 32 bands along a side."""
    band = np.arange(side) * 32 // side
    return (7 * band % 16 + 0.5) / 16


# ---- targets


@dataclass(frozen=True)
class Targets:
    """What the tokens of a view tell; small, to be kept for every picture of a training.

    Attributes:
        scene: of the picture.
        view: of it.
        classes: (tokens, labels) int16: the choice of each label of the vocabulary, or
            :data:`handeye.training.lesson.IGNORED` where nothing is told: attributes of the ground,
            tokens of which a thing covers a corner, padding, words that the vocabulary has not.
        owner: (tokens,) int16: which thing each token shows, 1 for the first, 0 for the ground, -1
            where nothing is told.
        keypoints: (tokens, keypoints) float16: heat 0..1, a Gaussian about each (of several things
            the most); nan where it is not told.
        depth: (tokens,) float16: mean over what is known of it, 0..1; nan where nothing is.
        regions: (things, tokens) float16: the share of each token that a thing covers.
        points: (things, keypoints, 2) float32: x and y in pixels of the picture; nan: not told.
    """

    scene: str
    view: View
    classes: NDArray[np.int16]
    owner: NDArray[np.int16]
    keypoints: NDArray[np.float16]
    depth: NDArray[np.float16]
    regions: NDArray[np.float16]
    points: NDArray[np.float32]

    @cached_property
    def cells(self) -> NDArray[np.int16]:
        """The cell of a :data:`CELLS` x :data:`CELLS` board that each token lies in, (tokens,)."""
        rows, columns = self.view.grid
        row, column = (np.arange(side) * CELLS // side for side in (rows, columns))
        cells: NDArray[np.int16] = (row[:, None] * CELLS + column).ravel().astype(np.int16)
        return cells


CELLS = 8
"""Grids of different sizes are compared on a board of so many cells along a side."""


def targets_of(truth: PictureTruth, view: View, vocabulary: Vocabulary) -> Targets:
    """What every token should tell of a picture.

    A token shows the thing that covers most of it, from :data:`COVERED` of it on, or from half of
    the thing on (what is small is told, too); the ground where it shows no thing at all.

    Args:
        truth: of the picture, as :func:`checked` gives it.
        view: how it is looked at.
        vocabulary: what can be told.
    """
    return Seen.of(truth, view).told(vocabulary)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the tokens of a view show, before it is settled in which words it is told.

    So truths need not be gone through twice, once for their words; small, unlike a truth.

    Attributes:
        picture, scene, things: of the truth.
        view: of it.
        owner, depth, regions: as in :class:`Targets`.
    """

    picture: str
    scene: str
    things: tuple[Thing, ...]
    view: View
    owner: NDArray[np.int16]
    depth: NDArray[np.float16]
    regions: NDArray[np.float16]

    @classmethod
    def of(cls, truth: PictureTruth, view: View) -> Seen:
        """What is seen of a truth."""
        counts, depth = _counted(truth, view)
        shares = counts / counts.sum(1, keepdims=True)
        things, outside = shares[:, 1:-1], shares[:, -1]
        owner = np.full(len(shares), -1, np.int16)
        owner[(things.sum(1) == 0) & (outside <= 0.5)] = 0
        if things.shape[1]:
            most = things.argmax(1)
            share = np.take_along_axis(things, most[:, None], 1)[:, 0]
            whole = things.sum(0)[most]
            clear = (share >= COVERED) | ((share > 0) & (share >= 0.5 * whole))
            owner = np.where(clear & (outside <= 0.5), most.astype(np.int16) + 1, owner)
        return cls(
            picture=truth.picture,
            scene=truth.scene,
            things=truth.things,
            view=view,
            owner=owner,
            depth=np.where(outside <= 0.5, depth, np.nan).astype(np.float16),
            regions=np.ascontiguousarray(things.T).astype(np.float16),
        )

    def told(self, vocabulary: Vocabulary) -> Targets:
        """The targets in the words of a vocabulary."""
        points = self._points(vocabulary)
        return Targets(
            scene=self.scene,
            view=self.view,
            classes=self._classes(vocabulary),
            owner=self.owner,
            keypoints=self._heat(points),
            depth=self.depth,
            regions=self.regions,
            points=points,
        )

    def _classes(self, vocabulary: Vocabulary) -> NDArray[np.int16]:
        # Rows: nothing told, the ground, each thing.
        told = np.full((len(self.things) + 2, len(vocabulary.labels)), IGNORED, np.int16)
        told[1, 0] = 0
        for place, (label, choices) in enumerate(vocabulary.labels.items()):
            number = {choice: at for at, choice in enumerate(choices)}
            for row, thing in enumerate(self.things, 2):
                value = thing.name if label == NAME else thing.attributes.get(label, "")
                told[row, place] = number.get(value, IGNORED)
        return told[self.owner + 1]

    def _points(self, vocabulary: Vocabulary) -> NDArray[np.float32]:
        out = np.full((len(self.things), len(vocabulary.keypoints), 2), np.nan, np.float32)
        for row, thing in zip(out, self.things, strict=True):
            for place, name in enumerate(vocabulary.keypoints):
                if thing.keypoints and name in thing.keypoints:
                    row[place] = thing.keypoints[name]
        return out

    def _heat(self, points: NDArray[np.float32]) -> NDArray[np.float16]:
        if len(points):
            far = (points[:, None] - self.view.places()[None, :, None]) / np.array(self.view.token)
            one = np.exp(-(far**2).sum(-1) / (2 * SPREAD**2))
            heat = np.nan_to_num(one).max(0)
        else:
            heat = np.zeros((len(self.owner), points.shape[1]))
        untold = [-1, *(at for at, one in enumerate(self.things, 1) if one.keypoints is None)]
        heat[np.isin(self.owner, untold)] = np.nan
        return np.asarray(heat, np.float16)


def _counted(truth: PictureTruth, view: View) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Samples by token of the ground, of each thing and of what is outside; mean depth by token."""
    places, inside, tokens = [], [], []
    for (low, high, parts), side in zip(view._sides(), truth.size, strict=True):
        each = min(_SAMPLES, max(4, math.ceil((high - low) / parts - 1e-6)))
        at = np.floor(_middles(low, high, parts * each)).astype(np.int64)
        places.append(at.clip(0, side - 1))
        inside.append((at >= 0) & (at < side))
        tokens.append(np.arange(parts * each) // each)
    rows, columns = view.grid
    token = (tokens[1][:, None] * columns + tokens[0]).ravel()
    look = np.ix_(places[1], places[0])
    there = inside[1][:, None] & inside[0]
    kinds = len(truth.things) + 2
    seen = np.where(there, truth.mask[look], kinds - 1).ravel()
    n = rows * columns
    counts = np.bincount(token * kinds + seen, minlength=n * kinds).reshape(n, kinds)
    if truth.depth is None:
        return counts, np.full(n, np.nan)
    depth = np.where(there, truth.depth[look], np.nan).ravel()
    known = ~np.isnan(depth)
    total = np.bincount(token[known], depth[known], n)
    number = np.bincount(token[known], minlength=n)
    return counts, np.where(number > 0, total / np.maximum(number, 1), np.nan)
