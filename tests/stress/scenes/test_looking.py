"""The oracle sees what is asked: all of it where it is easy, and less the harder it gets."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from handeye.stress.items import FAMILIES, Cue, Family
from handeye.stress.scenes.families import N_LEVELS
from handeye.stress.scenes.groups import Group, Order
from handeye.stress.scenes.looking import Sight, answer, answered
from handeye.stress.scenes.wording import kinds_of, read

EASY = (1, 2)
DRAWN: tuple[Cue, ...] = ("label", "companion", "other")


def resized(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    if side == picture.shape[0]:
        return picture
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


@cache
def group(family: Family, number: int, level: int) -> Group:
    cues = tuple(cue for cue in DRAWN if cue in kinds_of(family)) if number % 2 else ()
    return Group(2027, "test", Order(family, number, level, cues), 336)


def rights(family: Family, level: int, numbers: range, side: int) -> list[bool]:
    out = []
    for number in numbers:
        one = group(family, number, level)
        sights = {
            f"{one.name}-{name}": Sight(resized(painted.pixels, side))
            for name, painted in one.painted.items()
        }
        for item in one.items():
            asked = read(item.question)
            assert asked is not None
            out.append(answered(asked, sights[item.picture_id]) == item.gold)
    return out


@pytest.mark.parametrize("side", [336, 448, 224])
@pytest.mark.parametrize("family", FAMILIES)
def test_who_looks_answers_all_that_is_easy_at_any_size(family: Family, side: int) -> None:
    for level in EASY:
        assert all(rights(family, level, range(3), side))


def fitted(shares: list[float]) -> list[float]:
    """The nearest shares that do not rise (pool adjacent violators, equal weights)."""
    blocks: list[list[float]] = []
    for share in shares:
        blocks.append([share, 1])
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            (one, m), (two, n) = blocks[-2:]
            blocks[-2:] = [[(one * m + two * n) / (m + n), m + n]]
    return [share for share, many in blocks for _ in range(int(many))]


def test_a_curve_that_rises_is_not_fitted() -> None:
    assert fitted([1, 0.5, 0.75, 0]) == [1, 0.625, 0.625, 0]


RULED = ("position", "relation", "size", "odd", "reference")
"""Families whose levels are differences of places, widths and tilts: a ruler measures them all."""


def test_the_harder_the_fewer_where_pictures_are_small() -> None:
    """By family, accuracy falls with the level and is near to a curve that never rises."""
    whole = []
    for family in FAMILIES:
        shares = []
        for level in range(1, N_LEVELS + 1):
            found = rights(family, level, range(0, 6, 2), 84)
            shares.append(sum(found) / len(found))
        whole.append(shares)
        off = max(abs(one - two) for one, two in zip(shares, fitted(shares), strict=True))
        assert (shares[0] > 0.8, off < 0.15) == (True, True), (family, shares)
        assert (shares[-1] > 0.7) == (family in RULED), (family, shares)
    pooled = [sum(level) / len(level) for level in zip(*whole, strict=True)]
    assert pooled == fitted(pooled)
    assert pooled[-1] < pooled[0] - 0.4


def test_it_reads_pictures_and_questions_alone() -> None:
    one = group("attribute", 0, 1)
    item = next(one.items())
    picture = one.painted["a"].pixels
    assert answer(item.question, picture) == item.gold
    assert answer(item.question, one.painted["b"].pixels) == item.values[1]
    assert answer("Is it raining?", picture) is None
    for family in FAMILIES:
        first = next(group(family, 0, 1).items())
        answer(first.question, np.full((64, 64, 3), 250, np.uint8))  # nothing to be seen
