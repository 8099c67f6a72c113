"""Linear erasure: no linear reader is left, and nothing is moved farther than it must be."""

from __future__ import annotations

import numpy as np
import pytest

from handeye.errors import DataError
from handeye.states.leace import Spread, normal


def made(n: int = 400, d: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng(seed)
    z = draws.integers(0, 2, n)
    x = draws.normal(size=(n, d)) @ draws.normal(size=(d, d)) + 5
    return x + np.outer(z, draws.normal(size=d)), z


def far(x: np.ndarray, moved: np.ndarray) -> float:
    return float(np.mean(np.sum((x - moved) ** 2, axis=1)))


@pytest.mark.parametrize("n", [400, 8])  # the second: fewer rows than columns
def test_the_label_covaries_with_nothing_afterwards(n: int) -> None:
    x, z = made(n)
    eraser = Spread(x).eraser(z)
    erased = eraser(x)
    assert np.abs((erased - erased.mean(0)).T @ (z - z.mean())).max() / n < 1e-8
    assert np.allclose(eraser(erased), erased)
    assert np.allclose(erased.mean(0), x.mean(0))


def test_it_moves_less_than_a_projection_along_the_difference_of_means() -> None:
    x, z = made()
    spread = Spread(x)
    eraser = spread.eraser(z)
    away = x[z == 1].mean(0) - x[z == 0].mean(0)
    away /= np.linalg.norm(away)
    projected = x - np.outer((x - x.mean(0)) @ away, away)
    assert far(x, eraser(x)) < 0.9 * far(x, projected)
    assert spread.removed(eraser) == pytest.approx(far(x, eraser(x)))


def test_several_labels_are_erased_together() -> None:
    x, z = made()
    both = np.stack([z, np.arange(len(z)) % 3 == 0], axis=1).astype(float)
    eraser = Spread(x).eraser(both)
    assert eraser.left.shape == (12, 2)
    erased = eraser(x)
    assert np.abs((erased - erased.mean(0)).T @ (both - both.mean(0))).max() / len(z) < 1e-8


def test_a_label_that_is_constant_erases_nothing() -> None:
    x, _ = made()
    assert np.array_equal(Spread(x).eraser(np.ones(len(x)))(x), x)


def test_erasers_at_random_move_states_as_far() -> None:
    x, z = made()
    spread = Spread(x)
    removed = spread.removed(spread.eraser(z))
    drawn = spread.at_random(removed, 20, np.random.PCG64(1))
    assert len(drawn) == 20
    for one in drawn:
        assert far(x, one(x)) == pytest.approx(removed, rel=1e-6)
    told = [np.corrcoef(one(x) @ np.linalg.lstsq(x, z, rcond=None)[0], z)[0, 1] for one in drawn]
    assert np.ptp(told) > 0.01  # they are not all one direction
    again = spread.at_random(removed, 20, np.random.PCG64(1))
    assert np.array_equal(again[7].left, drawn[7].left)


def test_normal_numbers_are_normal() -> None:
    drawn = normal(np.random.PCG64(3), (200, 100))
    assert abs(drawn.mean()) < 0.03
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert (np.abs(drawn) > 1.96).mean() == pytest.approx(0.05, abs=0.01)


def test_what_cannot_be_erased_from_is_told() -> None:
    with pytest.raises(DataError, match="all the same"):
        Spread(np.ones((4, 3)))
    with pytest.raises(DataError, match="finite matrix"):
        Spread(np.full((4, 3), np.nan))
