"""What a detector finds in a picture, and how that is told in words.

The one of handeye is an oracle: its boxes are those that the set knows to be true. Any function of
a picture can stand in its place. Where it does not, no pixel is looked at here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from PIL import Image

from handeye.errors import DataError, HandeyeError, RunError
from handeye.media.view import read_view
from handeye.printing import one_line
from handeye.stress.item_set import ItemSet
from handeye.stress.items import Item

ORACLE = "oracle"
"""What the detector is called whose boxes are the set's."""


class Found(NamedTuple):
    """A thing that was found: its name, its box (x0, y0, x1, y1) in pixels, and how sure that is.

    ``score`` is None where the detector tells none.
    """

    name: str
    box: tuple[float, float, float, float]
    score: float | None = None


Detector = Callable[[Image.Image], Iterable[Any]]
"""A function of a picture that gives what it finds: :class:`Found`, or such tuples without it."""


def name_of(detector: Detector | None) -> str:
    """What runs call a detector; None is the oracle."""
    if detector is None:
        return ORACLE
    named = getattr(detector, "__qualname__", type(detector).__qualname__)
    return f"{getattr(detector, '__module__', '')}.{named}".strip(".")


class Detections:
    """What is found in the pictures of a set, each looked at once.

    Args:
        items: the set.
        detector: a function; None takes the boxes that the set knows.
    """

    def __init__(self, items: ItemSet, detector: Detector | None = None) -> None:
        self._items, self._detector = items, detector
        self._known: dict[str, tuple[str, float | None]] = {}

    def of(self, item: Item) -> tuple[str, float | None]:
        """What is found in an item's picture, in words, and the seconds that it took.

        The seconds are None of the oracle, which does not look.

        Raises:
            DataError: the set does not know its boxes, or the picture cannot be read.
            RunError: the detector fails, or gives something else than names and boxes.
        """
        name = item.picture_id
        if name not in self._known:
            self._known[name] = self._seen(item) if self._detector else (self._true(item), None)
        return self._known[name]

    def _true(self, item: Item) -> str:
        picture = self._items.pictures.get(item.picture_id)
        if picture is None:
            raise DataError(
                f"item {item.item_id}: the set does not know what its picture shows, so there are "
                "no boxes to tell; give a detector, or ask in another way"
            )
        seen = [Found(one["name"], tuple(one["box"])) for one in picture.objects if one["box"]]
        # Not from back to front: what is asked about is painted last.
        return words(
            sorted(seen, key=lambda one: (*one.box, one.name)), picture.width, picture.height
        )

    def _seen(self, item: Item) -> tuple[str, float]:
        assert self._detector is not None
        image = read_view(self._items.path(item)).image()
        where = f"picture {item.picture_id}: the detector {name_of(self._detector)}"
        start = time.perf_counter()
        try:
            given = list(self._detector(image))
        except HandeyeError:
            raise
        except Exception as error:  # it is somebody's own
            raise RunError(f"{where} failed: {type(error).__name__}: {error}") from error
        took = time.perf_counter() - start
        return words([_checked(one, where) for one in given], *image.size), took


def _checked(given: Any, where: str) -> Found:
    try:
        found = Found(*given)
        box = tuple(float(side) for side in found.box)
        score = None if found.score is None else float(found.score)
        whole = len(box) == 4 and isinstance(found.name, str)
    except (TypeError, ValueError):
        whole, box, score = False, (), None
    if not whole or not all(map(math.isfinite, (*box, score or 0.0))):
        raise RunError(
            f"{where} gave {one_line(repr(given))[:120]}; it has to give a name, a box (x0, y0, "
            "x1, y1) in pixels and, if it likes, a score for each thing"
        )
    return Found(one_line(found.name), box, score)  # type: ignore[arg-type]


def words(found: Iterable[Found], width: int, height: int) -> str:
    """What is told of things that were found in a picture of that size.

    Lines stand one below another: a blank one ends a part of a prompt.
    """
    head = f"An object detector was run on the picture, which is {width} x {height} pixels. "
    lines = []
    for one in found:
        score = "" if one.score is None else f", score {one.score:.2f}"
        lines.append(f"- {one.name}: [{', '.join(f'{side:g}' for side in one.box)}]{score}")
    if not lines:
        return f"{head}It found nothing."
    about = "It found these things, each with its box [left, top, right, bottom] in pixels:"
    return "\n".join([head + about, *lines])
