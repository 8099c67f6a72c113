"""Properties of the likeness score that every band relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.rose.scenes.sources.similarity import lab, similarity

Color = tuple[int, int, int]
seeds = st.integers(0, 2**32 - 1)
colors = st.tuples(*[st.integers(0, 255)] * 3)


def picture(seed: int, background: Color, side: int = 32) -> np.ndarray:
    """A flat ground with a few coloured boxes."""
    random = np.random.default_rng(seed)
    tile = np.full((side, side, 3), background, np.uint8)
    for _ in range(random.integers(1, 5)):
        top, left = random.integers(0, side - 4, 2)
        high, wide = random.integers(2, 14, 2)
        tile[top : top + high, left : left + wide] = random.integers(0, 256, 3)
    return tile


@given(seeds, seeds, colors)
@settings(max_examples=60)
def test_lies_between_0_and_1_and_is_symmetric(a: int, b: int, ground: Color) -> None:
    first, second = picture(a, ground), picture(b, ground)
    score = similarity(first, second, ground)
    assert 0.0 <= score <= 1.0
    assert score == similarity(second, first, ground)


@given(seeds, colors)
@settings(max_examples=30)
def test_is_1_for_the_same_picture_and_less_for_another(seed: int, ground: Color) -> None:
    tile = picture(seed, ground)
    assert similarity(tile, tile.copy(), ground) == 1.0
    other = tile.copy()
    other[10, 10] = 255 - other[10, 10]
    if not np.array_equal(tile, other):
        assert similarity(tile, other, ground) < 1.0


@given(seeds, seeds)
@settings(max_examples=30)
def test_turning_both_pictures_changes_nothing(a: int, b: int) -> None:
    white = (255, 255, 255)
    first, second = picture(a, white), picture(b, white)
    score = similarity(first, second)
    assert similarity(first[:, ::-1], second[:, ::-1]) == pytest.approx(score, abs=1e-12)
    assert similarity(np.rot90(first), np.rot90(second)) == pytest.approx(score, abs=1e-12)


@given(seeds, seeds, st.integers(1, 4))
@settings(max_examples=30)
def test_common_ink_elsewhere_makes_pictures_more_alike(a: int, b: int, size: int) -> None:
    ground = (255, 255, 255)
    first, second = (np.full((64, 32, 3), 255, np.uint8) for _ in range(2))
    first[:32], second[:32] = picture(a, ground), picture(b, ground)
    before = similarity(first, second)
    for tile in (first, second):
        tile[50 : 50 + size, 10 : 10 + 3 * size] = (20, 60, 120)
    assert similarity(first, second) >= before


def test_ink_that_never_meets_scores_0() -> None:
    first, second = (np.full((64, 64, 3), 255, np.uint8) for _ in range(2))
    first[4:12, 4:12] = 0
    second[40:48, 40:48] = 0
    assert similarity(first, second) == pytest.approx(0.0, abs=1e-12)


def test_half_the_ink_in_common_scores_a_half() -> None:
    first, second = (np.full((64, 64, 3), 255, np.uint8) for _ in range(2))
    for tile, own in ((first, 4), (second, 48)):
        tile[4:12, 24:32] = 0
        tile[30:38, own : own + 8] = 0
    # 1 - 2 k / (2 k + 2 k) with k the ink of one square
    assert similarity(first, second) == pytest.approx(0.5, abs=1e-9)


def test_a_smaller_shift_is_more_alike() -> None:
    tile = np.full((64, 64, 3), 255, np.uint8)
    tile[20:44, 20:44] = (200, 30, 30)
    scores = [similarity(tile, np.roll(tile, shift, axis=1)) for shift in (1, 2, 4, 8, 16)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.9


def test_empty_pictures_are_the_same() -> None:
    blank = np.full((64, 64, 3), 255, np.uint8)
    assert similarity(blank, blank.copy()) == 1.0


def test_refuses_pictures_of_two_sizes() -> None:
    with pytest.raises(ValueError, match="one size"):
        similarity(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8))


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [  # CIELAB (D65) of the sRGB primaries, as colour science tables give them
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colours(rgb: Color, expected: tuple[float, float, float]) -> None:
    assert lab(np.array(rgb, np.uint8)) == pytest.approx(expected, abs=0.02)
