"""The eyes of the oracle: answers from pixels and the words of a question, and nothing else.

A picture may have any size, as after a processor's resize. What stands out from the ground falls
into blobs; each has a colour, a shape by the template that it is most like, and the share that it
covers of each pixel. Places, sizes and tilts are measured in whole pixels: what differs by less
is not seen. Knows how things are drawn, and where labels stand, but no row of any set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.stress.items import NO_SUCH
from handeye.stress.scenes.drawing import FULL, STAGE, cover
from handeye.stress.scenes.families import DIGITS, ODD_NUMBER, WORDS
from handeye.stress.scenes.sketching import MIDDLE
from handeye.stress.scenes.things import BEAD, COLOURS, SHAPES, letters, shape
from handeye.stress.scenes.wording import Asked, read

Floats = NDArray[np.float32]
_LEAST = 30.0
"""Least difference from the ground, in the channel that differs most, of what is seen at all."""
_PALETTE = np.array(list(COLOURS.values()), np.float32)
_NAMES = tuple(COLOURS)


@dataclass(frozen=True, eq=False)
class Blob:
    """What hangs together.

    Attributes:
        x: of the middle of its box, in units of the stage.
        y: likewise.
        box: rows and columns of the picture.
        share: how much of each pixel of the box it covers, 0 to 1.
        colour: name of its colour.
        wide: from edge to edge, in units.
        tall: likewise.
        unit: pixels to a unit.
    """

    x: float
    y: float
    box: tuple[slice, slice]
    share: Floats
    colour: str
    wide: float
    tall: float
    unit: float

    @cached_property
    def cut(self) -> Floats:
        """It alone, 16 x 16."""
        return _squared(self.share, _edges(self.share))

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """The pixels that it covers by at least half."""
        covered: NDArray[np.bool_] = self.share >= 0.5
        return covered

    def likeness(self, name: str) -> float:
        """How unlike a named shape it is; 0 is the same."""
        template, aspect = _template(name, max(3, round(max(self.wide, self.tall) * self.unit)))
        apart = float(np.abs(self.cut - template).mean())
        return apart + 0.4 * abs(float(np.log(self.wide / self.tall / aspect)))

    @cached_property
    def name(self) -> str:
        """The named shape that it is most like."""
        return min((*SHAPES, BEAD), key=self.likeness)


class Sight:
    """A picture that was looked at.

    Args:
        picture: RGB, (height, width, 3).
    """

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        self.unit = picture.shape[0] / STAGE
        # The ground is what most pixels show; every seventh is enough to tell.
        some = picture.reshape(-1, 3)[::7].astype(np.int64) @ np.array([65536, 256, 1])
        shades, counts = np.unique(some, return_counts=True)
        most = int(shades[counts.argmax()])
        self.ground = np.array([most >> 16, most >> 8 & 255, most & 255], np.float32)
        self.pixels = picture.astype(np.float32)
        red, green, blue = np.abs(np.moveaxis(self.pixels - self.ground, -1, 0))
        self.off: Floats = np.maximum(np.maximum(red, green), blue)

    @cached_property
    def blobs(self) -> list[Blob]:
        """All but labels."""
        return self.apart(_LEAST)

    def apart(self, least: float) -> list[Blob]:
        """Blobs of what differs from the ground by ``least``."""
        from scipy import ndimage

        numbers, _ = ndimage.label(self.off > least, np.ones((3, 3)))
        found = []
        for number, box in enumerate(ndimage.find_objects(numbers), 1):
            own = numbers[box] == number
            off = np.where(own, self.off[box], 0)
            found.append(self._blob(box, own, off.astype(np.float32)))
        labels = [blob for blob in found if _is_label(blob)]
        # Its letters, too, which white parts from its edge.
        return [blob for blob in found if not any(_within(blob, label) for label in labels)]

    def _blob(self, box: tuple[slice, slice], own: NDArray[np.bool_], off: Floats) -> Blob:
        ink = np.median(self.pixels[box][own & (off >= 0.92 * off.max())], 0)
        share = np.where(own, self._share(box, ink), np.float32(0))
        rows, columns = box
        left, top, right, bottom = _edges(share)
        return Blob(
            x=(columns.start + (left + right) / 2) / self.unit,
            y=(rows.start + (top + bottom) / 2) / self.unit,
            box=box,
            share=share,
            colour=self._name(ink),
            wide=(right - left) / self.unit,
            tall=(bottom - top) / self.unit,
            unit=self.unit,
        )

    def _share(self, box: tuple[slice, slice], ink: Floats) -> Floats:
        """How far each pixel is on the way from the ground to an ink, by what differs most."""
        far = int(np.abs(ink - self.ground).argmax())
        way = float(ink[far] - self.ground[far]) or 1.0
        share: Floats = ((self.pixels[box][..., far] - self.ground[far]) / way).clip(0, 1)
        return share

    def inside(self, blob: Blob) -> Floats:
        """How much of each pixel of a blob's box has its colour, whatever hangs together."""
        return self._share(blob.box, np.array(COLOURS[blob.colour], np.float32))

    def _name(self, ink: Floats) -> str:
        """The colour that an ink is, or is on its way to from the ground."""
        apart = np.sqrt(((_PALETTE - ink) ** 2).sum(-1))
        if apart.min() < 40:
            return _NAMES[int(apart.argmin())]
        way = _PALETTE - self.ground
        share = (((ink - self.ground) * way).sum(-1) / (way**2).sum(-1)).clip(0.1, 1)
        apart = np.sqrt(((self.ground + share[:, None] * way - ink) ** 2).sum(-1))
        return _NAMES[int(apart.argmin())]

    def inks(self, blob: Blob) -> NDArray[np.int8]:
        """Of each pixel of a blob's box which colour it has, -1 for none of the palette."""
        apart = np.sqrt(((self.pixels[blob.box][..., None, :] - _PALETTE) ** 2).sum(-1))
        return np.where(apart.min(-1) < 60, apart.argmin(-1), -1).astype(np.int8)

    def like(self, name: str) -> list[Blob]:
        """Blobs of a named shape; where there is none, the one that is most like it."""
        found = [blob for blob in self.blobs if blob.name == name]
        rest = [blob for blob in self.blobs if blob.name != BEAD]
        return found or sorted(rest, key=lambda blob: blob.likeness(name))[:1]


def _is_label(blob: Blob) -> bool:
    """Whether it stands where labels do and is as high; nothing else so high has room there."""
    strip = min(abs(blob.y - 20), abs(blob.y - (STAGE - 20))) < 3
    return strip and abs(blob.x - MIDDLE) < 3 and blob.tall > 24 and blob.colour == "black"


def _within(blob: Blob, other: Blob) -> bool:
    return abs(blob.x - other.x) <= other.wide / 2 and abs(blob.y - other.y) <= other.tall / 2


@lru_cache(maxsize=512)
def _template(name: str, size: int) -> tuple[Floats, float]:
    share, _, _ = cover(shape(name, size), STAGE, 0, 0)
    picture = (share / FULL).astype(np.float32)
    left, top, right, bottom = edges = _edges(picture)
    return _squared(picture, edges), (right - left) / (bottom - top)


def _edges(share: Floats) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what shares cover, to parts of a pixel."""
    out = []
    for most in (share.max(0), share.max(1)):
        there = (most > 0.5).nonzero()[0]
        first, last = (int(there[0]), int(there[-1])) if len(there) else (0, len(most) - 1)
        before, behind = most[:first].sum(), most[last + 1 :].sum()
        out.append((first - float(before), last + 1 + float(behind)))
    (left, right), (top, bottom) = out
    high, wide = share.shape
    return max(0, left), max(0, top), min(wide, right), min(high, bottom)


def _squared(
    share: Floats,
    box: tuple[float, float, float, float] | None = None,
    wide: int = 16,
    tall: int = 16,
) -> Floats:
    image = Image.fromarray(np.ascontiguousarray(share))
    return np.asarray(image.resize((wide, tall), Image.Resampling.BILINEAR, box))


# ---- answers


def answer(question: str, picture: NDArray[np.uint8]) -> str | None:
    """What a picture says to a question.

    Args:
        question: all words that are asked, a cue among them or not; of a form of ours.
        picture: RGB, (height, width, 3), of any size.

    Returns:
        A value or :data:`NO_SUCH`; None where the question is of no form that it knows, or what is
        asked about is not found.
    """
    asked = read(question)
    return None if asked is None else answered(asked, Sight(picture))


def answered(asked: Asked, sight: Sight) -> str | None:
    """As :func:`answer`, of a question that was read and a picture that was looked at."""
    kind, words = asked
    return _EYES[kind.split()[0]](sight, kind, words) if sight.blobs else _nothing(kind)


def _nothing(kind: str) -> str | None:
    return {"existence": "no", "count": "0"}.get(kind)


def _fits(blob: Blob, words: Mapping[str, str]) -> bool:
    """Whether a blob has the colour and the place that a question gives it."""
    halves = ("left" if blob.x < MIDDLE else "right", "upper" if blob.y < MIDDLE else "lower")
    return words.get("colour", blob.colour) == blob.colour and (
        "place" not in words or words["place"] in halves
    )


def _attribute(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    target = sight.like(words["thing"])[0]
    return target.colour if _fits(target, words) else NO_SUCH


def _existence(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    found = [blob for blob in sight.blobs if blob.name == words["thing"]]
    return "yes" if any(_fits(blob, words) for blob in found) else "no"


def _count(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    return str(sum(blob.name == words["thing"] for blob in sight.blobs))


def _position(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    target = sight.like(words["thing"])[0]
    if not _fits(target, words):
        return NO_SUCH
    x, y = _middle(target, sight)
    if "left" in (words["one"], words["two"]):
        return "left" if x < MIDDLE else "right"
    return "upper" if y < MIDDLE else "lower"


def _relation(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    target, mark = sight.like(words["thing"])[0], sight.like(words["mark"])[0]
    if not _fits(target, words):
        return NO_SUCH
    way = "xy".index(kind[-1])
    before, behind = (("left", "right"), ("above", "below"))[way]
    return before if _middle(target, sight)[way] < _middle(mark, sight)[way] else behind


def _reference(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    mark = sight.like(words["mark"])[0]
    if words.get("mark_colour", mark.colour) != mark.colour:
        return NO_SUCH
    middle = _middle(mark, sight)
    nearest = min(sight.like(words["thing"]), key=lambda b: math.dist(_middle(b, sight), middle))
    return nearest.colour


def _middle(blob: Blob, sight: Sight) -> tuple[float, float]:
    """The middle of the whole pixels that it covers; things that are asked about lie even."""
    rows, columns = np.flatnonzero(blob.whole.any(1)), np.flatnonzero(blob.whole.any(0))
    if not len(rows):
        return blob.x, blob.y
    return (
        (blob.box[1].start + (columns[0] + columns[-1] + 1) / 2) / sight.unit,
        (blob.box[0].start + (rows[0] + rows[-1] + 1) / 2) / sight.unit,
    )


def _span(blob: Blob) -> int:
    """How many whole pixels it is wide and high, together."""
    return int(blob.whole.any(1).sum() + blob.whole.any(0).sum())


def _size(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    found = [
        blob
        for blob in sorted(sight.blobs, key=lambda blob: blob.likeness(words["thing"]))
        if blob.colour in (words["one"], words["two"])
    ][:2]
    if len(found) < 2:
        return None
    if not all(_fits(blob, words) for blob in found):
        return NO_SUCH
    return max(found, key=_span).colour


def _depth(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    pair = [_NAMES.index(words[name]) for name in ("one", "two")]
    best: tuple[int, Blob, NDArray[np.int8]] | None = None
    for blob in sight.blobs:
        inks = sight.inks(blob)
        least = min(int((inks == ink).sum()) for ink in pair)
        if least and (best is None or least > best[0]):
            best = least, blob, inks
    if best is None:
        return None
    _, blob, inks = best
    if not _fits(blob, {"place": words["place"]} if "place" in words else {}):
        return NO_SUCH
    # Who is behind lacks a piece: it fills less of the square about its longer side.
    filled = []
    for ink in pair:
        rows, columns = (inks == ink).any(1).nonzero()[0], (inks == ink).any(0).nonzero()[0]
        side = max(np.ptp(rows), np.ptp(columns)) + 1
        filled.append(int((inks == ink).sum()) / float(side**2))
    return words["one"] if filled[0] > filled[1] else words["two"]


def _text(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    from scipy import ndimage

    signs: list[tuple[float, Blob, Floats]] = []
    for blob in sight.blobs:
        tall, wide = blob.share.shape
        solid = ndimage.binary_fill_holes(blob.share > 0.3)
        inner = blob.share[tall // 6 : tall - tall // 6, wide // 8 : wide - wide // 8]
        light = 1 - float(inner.mean()) if inner.size else 0.0
        if solid.mean() > 0.9 and light > 0.05:
            signs.append((light, blob, sight.inside(blob)))
    if not signs:
        return None
    _, sign, share = max(signs, key=lambda one: one[0])
    if not _fits(sign, words):
        return NO_SUCH
    edge = max(1, round(2 * sight.unit))
    white = (1 - share)[edge:-edge, edge:-edge]
    return _read(white, "word" if kind == "text word" else "number")


_FRAME = (72, 18)


def _read(white: Floats, what: str) -> str | None:
    """The known word or number that a line of letters is most like."""
    if white.size == 0 or white.max() < 0.2:
        return None
    flat, aspect = _line(white / white.max())
    texts, templates, aspects = _lines(what)
    off = np.abs(np.log(aspect / aspects))
    return texts[int((templates @ flat - 0.5 * off).argmax())]


def _line(white: Floats) -> tuple[Floats, float]:
    """Letters from edge to edge in a frame of one size, evened out, and their width to height."""
    left, top, right, bottom = edges = _edges(white)
    flat = _squared(white, edges, *_FRAME).ravel()
    flat = flat - flat.mean()
    return flat / (np.sqrt((flat**2).sum()) or 1), (right - left) / max(1e-6, bottom - top)


@cache
def _lines(what: str) -> tuple[tuple[str, ...], Floats, Floats]:
    texts = (
        tuple(word for pair in WORDS for word in pair)
        if what == "word"
        else tuple(map("".join, product(DIGITS, repeat=3)))
    )
    shares = [cover(letters(text, 14)[0], STAGE, 0, 0)[0] / FULL for text in texts]
    lines = [_line(share.astype(np.float32)) for share in shares]
    return texts, np.stack([flat for flat, _ in lines]), np.array([aspect for _, aspect in lines])


def _contact(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    # Half of the way to any ink: what a gap of a pixel leaves between two lines is below that.
    lines = [blob for blob in sight.apart(100) if _is_line(blob)]
    inks = np.concatenate([sight.inks(line).ravel() for line in lines]) if lines else np.empty(0)
    counts = {name: int((inks == number).sum()) for number, name in enumerate(_NAMES)}
    two = sorted(counts, key=lambda name: -counts[name])[:2]
    if words.get("colour", two[0]) not in two:
        return NO_SUCH
    return "yes" if len(lines) == 1 else "no"


def _is_line(blob: Blob) -> bool:
    """Whether it is long and thin, however it is turned; stars of that length have more area."""
    long = float(np.hypot(blob.wide, blob.tall))
    return long > 50 and float(blob.share.sum()) / blob.unit**2 < 8.3 * long


def _grid(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    from scipy import ndimage

    holes = [int(ndimage.label(blob.share < 0.5)[1]) for blob in sight.blobs]
    grid = sight.blobs[int(np.argmax(holes))]
    if not _fits(grid, words):
        return NO_SUCH
    lines = grid.share.mean(1 if kind == "grid rows" else 0)
    return str(_runs(lines > (lines.max() + lines.min()) / 2) - 1)


def _runs(flags: NDArray[np.bool_]) -> int:
    return int(np.diff(np.concatenate([[0], flags.astype(np.int8)])).clip(0).sum())


def _odd(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    row = _row(sight.blobs)
    if len(row) != ODD_NUMBER:
        return None
    if not _fits(row[0], {"colour": words["colour"]} if "colour" in words else {}):
        return NO_SUCH
    if kind == "odd size":
        spans = np.array([_span(blob) for blob in row])
        return str(int(np.abs(spans - np.median(spans)).argmax()) + 1)
    fold = {"triangle": 3, "square": 4, "cross": 4}[words["thing"]]
    turns = np.array([_turn(blob.whole, fold) for blob in row])
    # Turns are circles: each one's distance from all others together.
    apart = np.abs(np.angle(np.exp(1j * (turns[:, None] - turns)))).sum(1)
    return str(int(apart.argmax()) + 1)


def _row(blobs: Sequence[Blob]) -> list[Blob]:
    """Five blobs of one colour at one height, from left to right; else nothing."""
    for colour in COLOURS:
        own = [blob for blob in blobs if blob.colour == colour]
        level = [blob for blob in own if sum(abs(blob.y - one.y) < 8 for one in own) >= ODD_NUMBER]
        if len(level) == ODD_NUMBER:
            return sorted(level, key=lambda blob: blob.x)
    return []


def _turn(share: NDArray[np.bool_], fold: int) -> float:
    """The phase of the ``fold``-fold symmetry of a form about its centre of mass."""
    y, x = np.indices(share.shape)
    total = max(1, share.sum())
    z = (x - (x * share).sum() / total) + 1j * (y - (y * share).sum() / total)
    return float(np.angle((share * z**fold).sum()))


_SCANS = {"comb": 0.67, "crown": 0.35, "ladder": 0.5}
"""Where across a thing its parts are counted, from its top."""


def _part(sight: Sight, kind: str, words: Mapping[str, str]) -> str | None:
    thing = max(sight.blobs, key=lambda blob: blob.wide)
    if not _fits(thing, words):
        return NO_SUCH
    line = thing.share[int(_SCANS[words["thing"]] * thing.share.shape[0])]
    return str(_runs(line > max(0.3, (float(line.max()) + float(line.min())) / 2)))


_EYES: dict[str, Callable[[Sight, str, Mapping[str, str]], str | None]] = {
    "attribute": _attribute,
    "existence": _existence,
    "count": _count,
    "position": _position,
    "relation": _relation,
    "size": _size,
    "depth": _depth,
    "text": _text,
    "contact": _contact,
    "grid": _grid,
    "odd": _odd,
    "part": _part,
    "reference": _reference,
}
