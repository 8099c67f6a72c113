"""Random draws that give the same values with every NumPy version, on every machine.

NumPy promises stable streams for ``SeedSequence`` and for the raw output of its bit generators,
but not for the methods of ``Generator`` (NEP 19). Sets must not change with an upgrade, so the few
draws needed are made here from raw 64-bit words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Draw:
    """A stream of draws keyed by a seed and any number of names or numbers.

    ``Draw(7, "glyph", 12, "regions")`` is independent of ``Draw(7, "glyph", 12, "grid")`` and of
    how many draws were taken from any other stream.
    """

    def __init__(self, seed: int, *key: str | int) -> None:
        number = hashlib.sha256(repr((int(seed), *key)).encode()).digest()
        # The number as NumPy would take it apart, least word first and none that says nothing at
        # the end, in a third of the time.
        words = np.frombuffer(number[::-1], "<u4")
        sequence = np.random.SeedSequence(words if words[-1] else int.from_bytes(number, "big"))
        self._bits = np.random.PCG64(sequence)
        self._words: list[int] = []

    def _word(self) -> int:
        if not self._words:
            self._words = self._bits.random_raw(64).tolist()[::-1]
        return self._words.pop()

    def below(self, n: int) -> int:
        """Uniform integer in ``0..n-1`` (exact, by rejection)."""
        limit = (1 << 64) - (1 << 64) % n
        while (word := self._word()) >= limit:
            pass
        return word % n

    def integer(self, low: int, high: int) -> int:
        """Uniform integer in ``low..high``, both included."""
        return low + self.below(high - low + 1)

    def unit(self) -> float:
        """Uniform float in ``[0, 1)`` with 53 bits."""
        return (self._word() >> 11) * 2.0**-53

    def units(self, n: int) -> NDArray[np.float64]:
        """``n`` uniform floats in ``[0, 1)`` with 53 bits, at once.

        Of a stream that draws nothing else: other draws take their bits in stocks.
        """
        words: NDArray[np.uint64] = self._bits.random_raw(n)
        return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def pick(self, options: Sequence[T]) -> T:
        """One of ``options``, all alike."""
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        """One of ``options`` in proportion to ``weights``."""
        mark = self.unit() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            mark -= weight
            if mark < 0:
                return option
        return options[-1]

    def sample(self, n: int, k: int) -> list[int]:
        """``k`` distinct integers of ``0..n-1`` in draw order."""
        pool: dict[int, int] = {}
        out: list[int] = []
        for i in range(k):
            j = self.integer(i, n - 1)
            out.append(pool.get(j, j))
            pool[j] = pool.get(i, i)
        return out

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """``options`` in a random order."""
        return [options[i] for i in self.sample(len(options), len(options))]
