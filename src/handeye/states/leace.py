"""Linear erasure: states from which no linear reader can tell a label any more, hardly changed.

LEACE (Belrose and others 2023, arXiv 2306.03819), theorems 4.2 and 4.3: of all affine maps after
which the label covaries with no direction, the one that moves states least on average is

    r(x) = x - W^+ P W (x - E[x])

with ``W = (Cov(x)^(1/2))^+`` and P the orthogonal projection onto the columns of ``W Cov(x, z)``.
The label of what is erased from is never asked for (no oracle variant).

``Cov(x)`` is drawn to a multiple of the identity as far as so few rows want it (Ledoit and Wolf
2004, J. Multivar. Anal. 88:365): in the rows themselves nothing is left whatever W is, but where
there are hardly more rows than columns the plain estimate would erase next to nothing in others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handeye.errors import DataError

Array = NDArray[Any]
# Directions that vary by less than this part of the one that varies most are taken to be none.
_NONE = 1e-10


@dataclass(frozen=True, slots=True)
class Eraser:
    """The map ``x - left @ right @ (x - mean)``.

    Attributes:
        mean: (d,) of the states that it was made from.
        left: (d, k) directions along which states are moved; k is the rank of what is erased.
        right: (k, d) how far, read off a state.
    """

    mean: Array
    left: Array
    right: Array

    def __call__(self, x: ArrayLike) -> Array:
        """States (n, d), erased."""
        rows = np.asarray(x)
        return np.asarray(rows - (rows - self.mean) @ self.right.T @ self.left.T)


class Spread:
    """How states vary: made once, then an eraser of any label costs a product.

    Attributes:
        rank: directions in which the states vary.
    """

    def __init__(self, x: ArrayLike) -> None:
        """From states (n, d).

        Raises:
            DataError: x is no finite matrix, or no two rows differ.
        """
        rows = np.asarray(x, np.float64)
        if rows.ndim != 2 or len(rows) < 2 or not np.isfinite(rows).all():
            raise DataError(f"states to erase from must be a finite matrix, got {rows.shape}")
        self._mean = rows.mean(axis=0)
        self._rows = rows - self._mean
        values, axes = np.linalg.eigh(self._rows.T @ self._rows / len(rows))
        if not values[-1] > 0:
            raise DataError("states to erase from are all the same")
        self._found = np.clip(values, 0.0, None)
        shrinkage, middle = self._shrinkage(), float(self._found.mean())
        shrunk = (1 - shrinkage) * self._found + shrinkage * middle
        kept = shrunk > _NONE * shrunk[-1]
        self.rank = int(kept.sum())
        self._found, self._variances, self._axes = self._found[kept], shrunk[kept], axes[:, kept]

    def _shrinkage(self) -> float:
        """How far the covariance is drawn to the identity, 0..1."""
        n, square = len(self._rows), float(np.sum(self._found**2))
        apart = float(np.sum((self._found - self._found.mean()) ** 2))
        fourth = float(np.sum(np.sum(self._rows**2, axis=1) ** 2))
        error = max(fourth / n - square, 0.0) / n
        return min(1.0, error / apart) if apart > 0 else 1.0

    def eraser(self, z: ArrayLike) -> Eraser:
        """LEACE of labels (n,) or (n, k), as numbers."""
        label = np.asarray(z, np.float64).reshape(len(self._rows), -1)
        covariance = self._rows.T @ (label - label.mean(axis=0)) / len(label)
        # In the axes of the states, where W divides by the deviation.
        whitened = (self._axes.T @ covariance) / np.sqrt(self._variances)[:, None]
        columns, sizes, _ = np.linalg.svd(whitened, full_matrices=False)
        return self._erasing(columns[:, sizes > 1e-9 * max(float(sizes.max(initial=0.0)), 1e-300)])

    def removed(self, eraser: Eraser) -> float:
        """Mean square of how far an eraser moves these states."""
        moved = self._rows @ eraser.right.T @ eraser.left.T
        return float(np.mean(np.sum(moved**2, axis=1)))

    def at_random(self, removed: float, count: int, words: np.random.PCG64) -> list[Eraser]:
        """Erasers of one direction drawn at random each, that move states as far as another does.

        Directions are drawn evenly over the whitened states and then tilted to axes of large or
        small variance, just so far that the mean square of what is removed is ``removed`` (or the
        nearest that a direction can have).

        Args:
            removed: as of :meth:`removed`.
            count: how many.
            words: what is drawn from.
        """
        logs = np.log(self._variances)
        out = []
        for drawn in normal(words, (count, self.rank)):
            weights = np.log(drawn**2 + 1e-300)
            low, high = -100.0, 100.0
            for _ in range(60):
                tilt = (low + high) / 2
                share = np.exp(weights + tilt * logs - (weights + tilt * logs).max())
                share /= share.sum()
                moved = float(share @ self._variances) * float(
                    share @ (self._found / self._variances)
                )
                low, high = (tilt, high) if moved < removed else (low, tilt)
            column = np.sign(drawn) * np.sqrt(share)
            out.append(self._erasing(column[:, None]))
        return out

    def _erasing(self, columns: Array) -> Eraser:
        deviation = np.sqrt(self._variances)
        left = self._axes @ (deviation[:, None] * columns)
        right = (columns / deviation[:, None]).T @ self._axes.T
        return Eraser(self._mean, left, right)


def normal(words: np.random.PCG64, shape: Sequence[int]) -> Array:
    """Standard normal numbers from raw words, the same on every machine (NEP 19; Box-Muller)."""
    n = int(np.prod(shape))
    raw = words.random_raw(2 * n).reshape(2, n) >> np.uint64(11)
    first, second = (raw.astype(np.float64) + 0.5) / 2.0**53
    drawn = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)
    return np.asarray(drawn.reshape(tuple(shape)))
