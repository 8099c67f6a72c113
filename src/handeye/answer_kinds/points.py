"""Places in a picture: ``(412, 220)``; several with ``;`` between them, ``none`` for none.

Strict is the brackets alone, x before y. Leniently a point is read out of the forms that models
write by themselves: JSON (``{"point_2d": [412, 220]}``, a box by its middle), tags
(``<point x="41.2" y="22.0">``, ``<point>412 220</point>``, ``<|box_start|>...``), calls
(``click(x=412, y=220)``), words around. The first of these decides that says anything: what is
announced (``Answer: (412, 220)``), tags, JSON, brackets in the text; and only where it says one
thing. Numbers are kept as they are written: what they count is a convention (:class:`Convention`),
declared in the question, and where a model keeps to another, :func:`conventions` tells it over a
run.

Thoughts are to be taken off, special tokens left: some families of models write boxes with them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from handeye.answer_kinds.conventions import TURNS, Kept, find
from handeye.answer_kinds.reading import Reading, announced, denied, folded, only, paired, plain
from handeye.answer_kinds.tolerant_json import find_values

MOST = 100
"""Points of an answer; one with more is unreadable."""
NONE = "none"
"""The word for no points at all."""
# An answer is at the end of what was written; a longer text is read from there.
_LONGEST = 20_000
_DEEPEST = 6


class Point(NamedTuple):
    """Two numbers as they are written, the first and the second."""

    x: float
    y: float


# ---- reading

_N = r"[-+]?(?:[0-9]{1,9}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})"
_STRICT = re.compile(rf"\(\s*({_N})\s*,\s*({_N})\s*\)")
_UNIT = r"\s{0,3}(?:%|px\b|pixels\b)?"
_PAIR = re.compile(
    rf"[(\[{{<]\s{{0,9}}({_N}){_UNIT}\s{{0,9}}[,;]\s{{0,9}}({_N}){_UNIT}\s{{0,9}}[)\]}}>]"
    rf"|\bx\b[\"']?\s{{0,9}}[:=]\s{{0,9}}[\"']?({_N}){_UNIT}[\"']?\s{{0,9}}(?:[,;&]|and\b)?\s{{0,9}}"
    rf"[\"']?\by\b[\"']?\s{{0,9}}[:=]\s{{0,9}}[\"']?({_N}){_UNIT}(?![0-9])",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?:[A-Za-z ]{{1,40}}:)?\W{{0,3}}({_N}){_UNIT}\s{{0,9}}[,;\s]\s{{0,9}}({_N}){_UNIT}\W{{0,3}}"
)
_NUMBER = re.compile(rf"(?<![\w.])({_N})(?![\w.])")
_ATTRIBUTES = re.compile(r"<(?:points?|click)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rf"\b([xy])([0-9]{{0,3}})\s{{0,3}}=\s{{0,3}}[\"']?\s{{0,3}}({_N})", re.IGNORECASE
)
_TAGGED = re.compile(
    r"<(points?|click|coordinates?|position|xy|box|bbox|det)>([^<>]{0,2000})</\1>"
    r"|<\|(box|det|point)(?:_start)?\|>([^<>]{0,2000})<\|/?(?:box|det|point)(?:_end)?\|>",
    re.IGNORECASE,
)
_BOXES = ("bbox", "bbox2d", "box", "box2d", "boundingbox", "startbox", "det")
_POINTS = (
    *("point", "points", "point2d", "points2d", "coordinate", "coordinates", "coords", "xy"),
    *("position", "location", "center", "centre", "click", "clicks", "answer", "result", "output"),
    *("arguments", "args", "parameters", "actioninputs", "action", "target", "targets"),
)
_BULLET = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])\s+|[^():\n]{1,60}:")
_NOTHING = re.compile(
    r"(?:none|nothing|no (?:such )?(?:points?|places?|objects?))\b[^0-9]{0,80}", re.I
)


class _UnclearError(Exception):
    """A value speaks of points, and which ones is not definite."""


def read(text: str, several: bool = False) -> Reading[tuple[Point, ...]] | None:
    """The points that an answer names, in its order.

    Args:
        text: the answer.
        several: any number was asked for, else one.

    Returns:
        One point, or at most :data:`MOST`; None where that is not definite.
    """
    if len(text) <= _LONGEST and (strict := _listed(text.strip(), several)) is not None:
        return Reading(strict, True)
    told = folded(text)[-_LONGEST:]
    try:
        for found in (
            [_in_words(line, several) for line in announced(told)],
            [_in_tags(told)],
            [_in_json(told)],
            [_in_words(told, several)],
        ):
            if lists := [tuple(one) for one in found if one]:
                named = only(_once(one) for one in lists)
                if named is None or len(named) > (MOST if several else 1):
                    return None
                return Reading(named, False)
    except _UnclearError:
        return None
    nothing = several and (_NOTHING.fullmatch(plain(told)) or plain(told) == "[]")
    return Reading((), False) if nothing else None


def _once(points: Iterable[Point]) -> tuple[Point, ...]:
    """Points without those that are said again."""
    return tuple(dict.fromkeys(points))


def _listed(text: str, several: bool) -> tuple[Point, ...] | None:
    if several and text.casefold().rstrip(".") == NONE:
        return ()
    parts = [part.strip() for part in text.split(";")] if several else [text]
    if len(parts) > 1 and not parts[-1]:
        del parts[-1]
    found = [_STRICT.fullmatch(part) for part in parts]
    if len(parts) > MOST or None in found:
        return None
    return tuple(Point(float(one[1]), float(one[2])) for one in found if one)


def _in_tags(text: str) -> list[Point]:
    """The points of all tags of a text."""
    out = []
    for tag in _ATTRIBUTES.finditer(text):
        by_number: dict[str, dict[str, float]] = {}
        for axis, number, value in _ATTRIBUTE.findall(tag[1]):
            by_number.setdefault(number, {})[axis.lower()] = float(value)
        if any(len(found) < 2 for found in by_number.values()):
            raise _UnclearError
        out += [Point(found["x"], found["y"]) for found in by_number.values()]
    for tag in _TAGGED.finditer(text):
        name, inside = (tag[1] or tag[3]).lower(), tag[2] or tag[4] or ""
        numbers = [float(one) for one in _NUMBER.findall(inside)]
        if len(numbers) == 2:
            out.append(Point(*numbers))
        elif numbers and len(numbers) % 4 == 0 and name in _BOXES:
            out += [_middle(numbers[at : at + 4]) for at in range(0, len(numbers), 4)]
        elif numbers and len(numbers) % 2 == 0 and name == "points":
            out += [Point(*numbers[at : at + 2]) for at in range(0, len(numbers), 2)]
        elif numbers:
            raise _UnclearError
    return out


def _middle(box: Sequence[float]) -> Point:
    x0, y0, x1, y1 = box
    if x1 < x0 or y1 < y0:
        raise _UnclearError
    return Point((x0 + x1) / 2, (y0 + y1) / 2)


def _in_json(text: str) -> list[Point]:
    """The points of the JSON in a text; values that differ are several points, one each."""
    lists = []
    for found in find_values(text):
        if points := _in_value(found.value, 0):
            if found.how == "cut" or found.skipped:
                raise _UnclearError
            lists.append(points)
    if len(lists) > 1 and any(len(points) > 1 for points in lists):
        if only(map(tuple, lists)) is None:
            raise _UnclearError
        return lists[0]
    return [point for points in lists for point in points]


def _in_value(value: Any, depth: int) -> list[Point]:
    """The points of a value; none where it speaks of other things."""
    if depth > _DEEPEST:
        raise _UnclearError
    if isinstance(value, str):
        return list(_pairs(value)) or _bare(value)
    if isinstance(value, list):
        numbers = _numbers(value)
        if numbers is not None and len(numbers) == 2:
            return [Point(*numbers)]
        return [point for one in value for point in _in_value(one, depth + 1)]
    return _of_object(value, depth) if isinstance(value, Mapping) else []


def _of_object(value: Mapping[Any, Any], depth: int) -> list[Point]:
    held = {re.sub(r"[^a-z0-9]+", "", str(key).lower()): one for key, one in value.items()}
    if "x" in held and "y" in held:
        xs, ys = (one if isinstance(one, list) else [one] for one in (held["x"], held["y"]))
        across, down = _numbers(xs), _numbers(ys)
        if across is None or down is None or len(across) != len(down):
            raise _UnclearError
        return [Point(x, y) for x, y in zip(across, down, strict=True)]
    for name in _POINTS:
        if name in held and (points := _in_value(held[name], depth + 1)):
            return points
    for name in _BOXES:
        box = held.get(name)
        numbers = _numbers(box) if isinstance(box, list) else None
        if numbers is not None and len(numbers) == 4:
            return [_middle(numbers)]
        if points := _in_value(box, depth + 1):
            return points
    nested = [one for one in held.values() if isinstance(one, Mapping)]
    return [point for one in nested for point in _in_value(one, depth + 1)]


def _numbers(values: Sequence[Any]) -> list[float] | None:
    """Values as numbers, of which texts may be; None where one is none."""
    out = []
    for one in values:
        if isinstance(one, str) and re.fullmatch(_N, one.strip()):
            one = float(one)
        if isinstance(one, bool) or not isinstance(one, int | float) or not abs(one) < 1e12:
            return None
        out.append(float(one))
    return out


def _in_words(text: str, several: bool) -> list[Point]:
    """The points that stand in brackets in a text, of one line, or of one each as in a list."""
    points = list(_pairs(text))
    if not points:
        parts = [part for part in re.split(r"[;\n]", text) if part.strip()]
        bare = [point for part in parts for point in _bare(part)]
        # Of one point the last line is the answer, of several all lines are.
        whole = len(bare) == len(parts) if several else bool(parts and _bare(parts[-1]))
        return bare if whole else []
    by_line = [(line, list(_pairs(line))) for line in text.splitlines()]
    said = [(line, found) for line, found in by_line if found]
    lists = [found for _, found in said]
    if len(lists) == 1 or not several:
        return points
    if all(_BULLET.match(line) or _PAIR.fullmatch(line.strip()) for line, _ in said):
        return points
    if only(_once(found) for found in lists) is None:
        raise _UnclearError
    return lists[0]


def _pairs(text: str) -> Iterator[Point]:
    for found in _PAIR.finditer(text):
        if not denied(text, found.start()):
            x, y = (found[1], found[2]) if found[1] else (found[3], found[4])
            yield Point(float(x), float(y))


def _bare(text: str) -> list[Point]:
    found = _BARE.fullmatch(text.strip())
    return [Point(float(found[1]), float(found[2]))] if found else []


# ---- what is right


class Region(Protocol):
    """A part of a picture, in its pixels; the corner above on the left is (0, 0)."""

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is in it; its border is."""


@dataclass(frozen=True, slots=True)
class Box:
    """From the corner above on the left to the one below on the right."""

    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is in it; its border is."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


@dataclass(frozen=True, slots=True)
class Polygon:
    """Corners in their order, at least three; what its line goes round an odd number of times."""

    corners: tuple[tuple[float, float], ...]

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is in it; its border is."""
        inside = False
        for (ax, ay), (bx, by) in zip(
            self.corners, self.corners[1:] + self.corners[:1], strict=True
        ):
            turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            within = min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)
            if turn == 0 and within:
                return True
            if (ay > y) != (by > y) and (turn > 0) == (by > ay):
                inside = not inside
        return inside


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Pixels of the whole picture; ``inside`` is true (or not 0) for those of it, rows first."""

    inside: NDArray[Any]

    def holds(self, x: float, y: float) -> bool:
        """Whether the pixel at a place is of it; the picture's right and lower border is in it."""
        height, width = self.inside.shape[:2]
        if not (0 <= x <= width and 0 <= y <= height):
            return False
        pixel = self.inside[min(math.floor(y), height - 1), min(math.floor(x), width - 1)]
        return bool(np.any(pixel))


class Picture(NamedTuple):
    """Width and height in pixels: of the file, and as the model was shown it, where it is known."""

    width: int
    height: int
    shown: tuple[int, int] | None = None


Unit = Literal["pixels", "unit", "hundred", "thousand", "shown"]


@dataclass(frozen=True, slots=True)
class Convention:
    """What written numbers count.

    Attributes:
        unit: pixels of the file; parts of the whole side (0 to 1), hundredths, thousandths;
            pixels of the picture as it was shown.
        swapped: y before x.
    """

    unit: Unit = "pixels"
    swapped: bool = False

    def place(self, written: Point, picture: Picture) -> tuple[float, float]:
        """Where a written point lies, in pixels of the file."""
        x, y = (written.y, written.x) if self.swapped else written
        wide, high = self._side(picture)
        return x * picture.width / wide, y * picture.height / high

    def written(self, x: float, y: float, picture: Picture) -> Point:
        """A place in pixels of the file, as it is written; the inverse of :meth:`place`."""
        wide, high = self._side(picture)
        x, y = x * wide / picture.width, y * high / picture.height
        return Point(y, x) if self.swapped else Point(x, y)

    def _side(self, picture: Picture) -> tuple[float, float]:
        """What the whole width, and height, is written as."""
        if self.unit in ("pixels", "shown"):
            return picture.shown if self.unit == "shown" and picture.shown else picture[:2]
        return _WHOLE[self.unit], _WHOLE[self.unit]

    @property
    def label(self) -> str:
        """``thousandths, y before x``."""
        return _LABELS[self.unit] + ", y before x" * self.swapped


_WHOLE: dict[Unit, float] = {"unit": 1.0, "hundred": 100.0, "thousand": 1000.0}
_LABELS: dict[Unit, str] = {
    "pixels": "pixels",
    "unit": "parts of 1",
    "hundred": "hundredths",
    "thousand": "thousandths",
    "shown": "pixels as shown",
}
CONVENTIONS: tuple[Convention, ...] = tuple(
    Convention(unit, swapped) for swapped in (False, True) for unit in _LABELS
)
"""Those that are known, by themselves and with y first."""


def score(
    found: Reading[tuple[Point, ...]] | None,
    gold: Sequence[Region],
    picture: Picture,
    convention: Convention = CONVENTIONS[0],
) -> float:
    """1 where every region holds one point and every point is in one; else 0.

    Args:
        found: what was read.
        gold: the regions that are to be hit, each once.
        picture: that the points are in.
        convention: what the numbers count.
    """
    return float(found is not None and _hit(found.value, gold, picture, convention))


def _hit(
    points: Sequence[Point], gold: Sequence[Region], picture: Picture, convention: Convention
) -> bool:
    return _all_in([convention.place(point, picture) for point in points], gold)


def _all_in(places: Sequence[tuple[float, float]], gold: Sequence[Region]) -> bool:
    """Whether every region holds one of some places, and there are no others."""
    if len(places) != len(gold):
        return False
    return paired([[k for k, region in enumerate(gold) if region.holds(*at)] for at in places])


class Given(NamedTuple):
    """Points of an answer, and what was wanted: by them conventions are told.

    ``scene`` is what it is about; of equal answers about one scene one counts.
    """

    points: tuple[Point, ...]
    gold: Sequence[Region]
    picture: Picture
    scene: str


def conventions(answers: Sequence[Given], asked: Convention) -> Kept[Convention]:
    """Which conventions the answers of a run keep to; nothing where that cannot be told.

    Args:
        answers: those that name points where some were wanted.
        asked: the one that was declared.
    """
    resized = any(one.picture.shown not in (None, one.picture[:2]) for one in answers)
    known = [one for one in CONVENTIONS if resized or one.unit != "shown"]
    ways = [asked, *(one for one in known if one != asked)]
    first: dict[tuple[str, tuple[Point, ...]], int] = {}
    alone: list[Given] = []
    for one in answers:
        if first.setdefault((one.scene, one.points), len(alone)) == len(alone):
            alone.append(one)

    def right(way: Convention, at: int, other: int) -> bool:
        return _hit(alone[at].points, alone[other].gold, alone[other].picture, way)

    def beside(way: Convention, at: int) -> float:
        one = alone[at]
        as_asked = [asked.place(point, one.picture) for point in one.points]
        meant = [way.place(point, one.picture) for point in one.points]
        turned = [
            [
                (x + c * (u - x) - s * (v - y), y + s * (u - x) + c * (v - y))
                for (x, y), (u, v) in zip(as_asked, meant, strict=True)
            ]
            for c, s in TURNS
        ]
        return sum(_all_in(places, one.gold) for places in turned) / len(turned)

    told = find(ways, [one.scene for one in alone], right, beside)
    return replace(told, of=tuple(told.of[first[one.scene, one.points]] for one in answers))
