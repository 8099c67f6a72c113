"""Forms cover what they should, and lie where they are put."""

from __future__ import annotations

import math

import pytest

from handeye.stress.scenes.drawing import (
    FINE,
    FULL,
    STAGE,
    Disc,
    Together,
    blank,
    cover,
    fine,
    rectangle,
    rotated,
    stroke,
)
from handeye.stress.scenes.things import BEAD, SHAPES, letters, shape


@pytest.mark.parametrize("right", [0, 13, 63])
def test_a_form_covers_its_area_wherever_it_lies(right: int) -> None:
    for form, area in (
        (rectangle(10, 7.5), 75.0),
        (Disc(fine(9)), math.pi * 81),
        (Disc(fine(9), fine(4)), math.pi * (81 - 16)),
        (rotated(rectangle(20, 10), 30), 200.0),
        (stroke([(0, 0), (fine(30), 0)], fine(6)), 180 + math.pi * 9),
    ):
        share, left, top = cover(form, STAGE, right, 7)
        assert share.sum() / FULL == pytest.approx(area, rel=0.01)
        assert share.max() <= FULL
        assert left <= 0 or isinstance(form, Together)
        assert top <= 0


@pytest.mark.parametrize("name", [*SHAPES, BEAD])
def test_a_shape_is_as_large_as_it_says(name: str) -> None:
    for size in (6, 20, 64):
        share, left, top = cover(shape(name, size), STAGE, 0, 0)
        seen = (share > FULL // 10).nonzero()
        tall, wide = (int(axis.max() - axis.min()) + 1 for axis in seen)
        assert max(tall, wide) == pytest.approx(size, abs=1)
        assert -left - share.shape[1] / 2 == pytest.approx(0, abs=1)
        assert -top - share.shape[0] / 2 == pytest.approx(0, abs=1)


def test_letters_are_as_high_as_they_say() -> None:
    form, wide = letters("HOUR", 40)
    share, _, _ = cover(form, STAGE, 0, 0)
    assert share.shape[0] == pytest.approx(40, abs=1)
    assert share.shape[1] == pytest.approx(wide, abs=1)


def test_what_is_painted_last_is_seen_and_nothing_leaves_the_picture() -> None:
    canvas = blank(STAGE, (255, 255, 255))
    assert canvas.paint(rectangle(20, 20), fine(50), fine(60), (10, 20, 30), 1) == (40, 50, 60, 70)
    canvas.paint(rectangle(20, 20), fine(60), fine(60), (200, 0, 0), 2)
    assert canvas.pixels[60, 45].tolist() == [10, 20, 30]
    assert canvas.pixels[60, 55].tolist() == [200, 0, 0]
    assert (canvas.masks[60, 45], canvas.masks[60, 55], canvas.masks[0, 0]) == (1, 2, 0)
    canvas.paint(rectangle(1, 1), fine(100) + FINE // 4, fine(100), (0, 0, 0), 3)
    assert 0 < canvas.pixels[100, 100, 0] < 255  # half a pixel is half mixed
    with pytest.raises(ValueError, match="leaves the picture"):
        canvas.paint(rectangle(20, 20), fine(5), fine(60), (0, 0, 0), 1)
