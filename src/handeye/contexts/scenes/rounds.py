"""Draws that come round evenly: of every eight pictures of a world each fact is shown as often."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

from handeye.sets.draw import Draw

T = TypeVar("T")
ROUND = 8
"""Pictures of a world over which its facts are balanced."""


class Rounds:
    """What one picture is drawn from: a pure function of seed, split, world and number.

    Attributes:
        number: of the picture within its world, from 0.
    """

    def __init__(self, seed: int, split: str, world: str, number: int) -> None:
        self._key = ("contexts", split, world)
        self._seed, self.number = seed, number

    @cached_property
    def own(self) -> Draw:
        """Draws for this picture alone."""
        return Draw(self._seed, *self._key, "picture", self.number)

    def of(self, fact: str, values: Sequence[T]) -> T:
        """A value of a fact; over a round each as often.

        Args:
            fact: its name.
            values: 2, 4 or 8 of them.
        """
        return self._cycled(fact, values, ROUND)

    def half(self, fact: str, values: Sequence[T]) -> T:
        """A value of a fact; over each half of a round each as often. 2 or 4 values."""
        return self._cycled(fact, values, ROUND // 2)

    def same_in_half(self, fact: str) -> Draw:
        """Draws that are the same over each half of a round."""
        return Draw(self._seed, *self._key, fact, self.number // (ROUND // 2))

    def same_in_round(self, fact: str) -> Draw:
        """Draws that are the same over a round."""
        return Draw(self._seed, *self._key, fact, "all", self.number // ROUND)

    def unlike_before(self, fact: str, values: Sequence[T]) -> T:
        """A value of a fact, each once before the first comes again."""
        turn, place = divmod(self.number, len(values))
        return Draw(self._seed, *self._key, fact, "all", turn).shuffled(values)[place]

    def _cycled(self, fact: str, values: Sequence[T], length: int) -> T:
        turn, place = divmod(self.number, length)
        order = Draw(self._seed, *self._key, fact, "round", turn).shuffled(range(length))
        return values[order[place] % len(values)]
