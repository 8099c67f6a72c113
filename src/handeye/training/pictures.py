"""The pictures that an encoder is trained on: which are held out, in what order the others come.

A picture is decoded once and kept as the levels that the encoder is shown, as many as the memory
for it holds; what its tokens should tell is made once. Which scenes are held out depends on their
names alone, and the order on a seed, so trainings with other losses see the same. Knows no torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError
from handeye.media.view import read_view
from handeye.sets.draw import Draw
from handeye.sets.folder import inside
from handeye.training.targets import NAME, PictureTruth, Seen, Targets, View, Vocabulary

if TYPE_CHECKING:
    from PIL import Image

Levels = NDArray[np.uint8]
MEMORY = 2 << 30
"""Bytes of levels that are kept; of more pictures those that are left are decoded again."""


class Pictures:
    """Pictures and their targets.

    Args:
        root: folder that paths of pictures start from.
        truths: of the pictures, as :func:`handeye.training.targets.checked` gives them.
        view: tells which part of a picture of a width and height the tokens show.
        shown: makes of a picture the levels that the encoder is shown.
        memory: see :data:`MEMORY`.

    Attributes:
        vocabulary: all that the truths tell.
        targets: of every picture.

    Raises:
        DataError: there is no picture with a thing in it, or one is there twice.
    """

    def __init__(
        self,
        root: Path,
        truths: Iterable[PictureTruth],
        view: Callable[[tuple[int, int]], View],
        shown: Callable[[Image.Image], Levels],
        *,
        memory: int = MEMORY,
    ) -> None:
        view = lru_cache(maxsize=4096)(view)
        seen = [Seen.of(truth, view(truth.size)) for truth in truths]
        names = [one.picture for one in seen]
        if len(set(names)) < len(names):
            twice = next(one for one in names if names.count(one) > 1)
            raise DataError(f"{root}: picture {twice} is there twice")
        self.root, self._names, self._shown, self._memory = root, names, shown, memory
        self.vocabulary = Vocabulary.of(seen)
        if not self.vocabulary.labels[NAME][1:]:
            raise DataError(f"{root}: no picture shows a thing; there is nothing to be learned")
        self.targets: list[Targets] = []
        for one in seen:
            self.targets.append(one.told(self.vocabulary))
        self._kept: dict[int, Levels] = {}

    def __len__(self) -> int:
        return len(self._names)

    def levels(self, place: int) -> Levels:
        """A picture as the encoder is shown it, (3, height, width).

        Raises:
            DataError: it is missing or broken; with its path.
        """
        kept = self._kept.get(place)
        if kept is None:
            path = inside(self.root, self._names[place], "picture")
            kept = self._shown(read_view(path).image())
            if (len(self._kept) + 1) * kept.nbytes <= self._memory:
                self._kept[place] = kept
        return kept

    @cached_property
    def scenes(self) -> dict[str, list[int]]:
        """Places of the pictures of each scene."""
        out: dict[str, list[int]] = {}
        for place, one in enumerate(self.targets):
            out.setdefault(one.scene, []).append(place)
        return out

    def split(self, share: float) -> tuple[list[int], list[int]]:
        """Places of the pictures to learn from, and of those of scenes that are held out.

        Raises:
            OptionError: nothing is left to learn from.
        """
        back = held_out_scenes(self.scenes, share)
        both: tuple[list[int], list[int]] = ([], [])
        for scene, places in self.scenes.items():
            both[scene in back].extend(places)
        return both

    def order(self, places: Iterable[int], number: int, seed: int) -> list[int]:
        """In what order pictures are shown: so many, two of a scene behind each other.

        Every scene comes before one comes again; which two of its pictures, is drawn anew. So two
        pictures of one scene, which differ in little, meet in a batch of an even size.

        Args:
            places: of the pictures to learn from.
            number: of pictures in all.
            seed: of the order.
        """
        allowed = set(places)
        scenes = [[at for at in one if at in allowed] for one in self.scenes.values()]
        scenes = [one for one in scenes if one]
        out: list[int] = []
        turn = 0
        while len(out) < number:
            draw = Draw(seed, "pictures", turn)
            for at in draw.sample(len(scenes), len(scenes)):
                one = scenes[at]
                out += [one[k] for k in draw.sample(len(one), min(2, len(one)))]
            turn += 1
        return out[:number]


def held_out_scenes(scenes: Iterable[str], share: float) -> set[str]:
    """A share of the scenes, always the same whatever the seed and the order.

    At least one of them, if any is to be.

    Raises:
        OptionError: none is left to learn from.
    """

    def drawn(scene: str) -> bytes:
        return hashlib.sha256(f"held out\0{scene}".encode()).digest()

    names = sorted(set(scenes), key=drawn)
    last = min(len(names), max(1, round(share * len(names)))) if share else 0
    if last == len(names):
        raise OptionError(
            f"data.held_out: {share:g} of {len(names)} scenes leaves none to learn from; make more "
            "scenes, or hold out fewer"
        )
    return set(names[:last])


def some(places: Sequence[int], number: int) -> list[int]:
    """At most so many of some places, spread evenly."""
    if len(places) <= number:
        return list(places)
    return [places[at * len(places) // number] for at in range(number)]
