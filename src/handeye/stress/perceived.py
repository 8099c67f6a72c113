"""What is true of the pictures of a set, pixel by pixel: what encoders are trained on.

Things have the words that facts of rewards have (:mod:`handeye.stress.rewarded`), as far as there
are few of them: a word on a sign, or the number of a comb's teeth, is told by a picture or two of a
batch and drowns the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from handeye.errors import DataError
from handeye.stress.item_set import ItemSet
from handeye.stress.items import Picture
from handeye.stress.rewarded import halves
from handeye.stress.scenes.things import COLOURS
from handeye.training.targets import PictureTruth, Thing, checked

_TWINS = {"larger than": ("larger", "smaller"), "in front of": ("front", "behind")}
"""What the two sides of a relation are to each other."""
_MOST = 9
"""Things of one name that are counted."""


def perceived(items: ItemSet) -> Iterator[PictureTruth]:
    """The pictures that a generated set asks about, each once.

    Of a thing there are told ``colour``, ``x`` and ``y`` (the halves that its centre lies in),
    ``number`` (how many of its name are seen) and ``twin`` (what it is to the other one, of things
    that are compared: larger, smaller, front, behind, odd, even).

    Raises:
        DataError: the set does not say what its pictures show, or a file of it is missing or
            broken.
    """
    if not items.pictures:
        raise DataError(
            f"{items.name}: it does not say what its pictures show; sets of "
            "'handeye stress generate' do"
        )
    for picture_id in dict.fromkeys(item.picture_id for item in items):
        picture = items.pictures.get(picture_id)
        if picture is None:
            raise DataError(f"{items.name}: it does not say what picture {picture_id} shows")
        seen = Counter(one["name"] for one in picture.objects if one["area"])
        things = tuple(
            _thing(place, one, picture, seen) for place, one in enumerate(picture.objects)
        )
        # Greys in equal steps, the nearest near white.
        depth = items.depth(picture).astype(np.float32) / np.float32(255)
        truth = PictureTruth(picture.picture, picture.scene_id, things, items.masks(picture), depth)
        yield checked(truth)


def _thing(place: int, one: dict[str, Any], picture: Picture, seen: Counter[str]) -> Thing:
    told = {"colour": one["colour"]} if one["colour"] in COLOURS else {}
    told |= halves(one, picture)
    if seen[one["name"]] <= _MOST:
        told["number"] = str(seen[one["name"]])
    for first, word, second in picture.relations:
        if word in _TWINS and place in (first, second):
            told["twin"] = _TWINS[word][place == second]
    facts = one.get("facts", {})
    if "differs" in facts:
        told["twin"] = "odd" if facts["differs"] else "even"
    points = {name: (float(x), float(y)) for name, (x, y) in one["keypoints"].items()}
    return Thing(str(one["name"]), told, points)
