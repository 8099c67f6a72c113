"""Ways to write coordinates besides the one that is asked for, each with its words.

Which axis comes first, and how either is counted: all of it together is a convention. Knows nothing
of answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

# One coordinate, or those of many clicks.
N = TypeVar("N", int, NDArray[np.int64])


@dataclass(frozen=True, slots=True)
class Axis:
    """How rows, or columns, are counted: from which number, and from the near or the far end."""

    first: int = 1
    from_end: bool = False

    def meant(self, written: N, size: N) -> N:
        """The place, from 1, that a written number means on an axis of ``size`` cells."""
        place = written + 1 - self.first
        return size + 1 - place if self.from_end else place

    @property
    def key(self) -> str:
        """``flipped``, ``zero_based``, ``flipped_two_based``; empty as asked."""
        first = {0: ["zero_based"], 1: [], 2: ["two_based"]}[self.first]
        return "_".join(["flipped"] * self.from_end + first)

    def words(self, end: str) -> str:
        """``from below``, ``from 0``, ``from below and from 0``."""
        first = [f"from {self.first}"] * (self.first != 1)
        return " and ".join([f"from {end}"] * self.from_end + first)


@dataclass(frozen=True, slots=True)
class Convention:
    """A way to write coordinates: whether the column comes first, how either axis is counted."""

    swapped: bool = False
    rows: Axis = Axis()
    cols: Axis = Axis()

    def translate(self, row: N, col: N, rows: N, cols: N) -> tuple[N, N]:
        """Row and column that are meant by those written, in a grid of ``rows`` x ``cols``."""
        if self.swapped:
            row, col = col, row
        return self.rows.meant(row, rows), self.cols.meant(col, cols)

    @property
    def key(self) -> str:
        """``zero_based``, ``flipped_both``, ``swapped_zero_based_rows``; empty as asked."""
        parts = ["swapped"] * self.swapped
        if self.rows == self.cols:
            parts += [self.rows.key, "both" * self.rows.from_end]
        else:
            parts += [f"{axis.key}_{name}" for name, axis in self._axes() if axis.key]
        return "_".join(filter(None, parts))

    @property
    def does(self) -> str:
        """What who writes so does: ``swaps row and column and counts rows from 0``."""
        counts = self._counted()
        return " and ".join(
            ["swaps row and column"] * self.swapped + [f"counts {counts}"] * bool(counts)
        )

    @property
    def label(self) -> str:
        """``row and column swapped; rows counted from 0``."""
        counted = self._counted().replace(" from", " counted from", 1)
        return "; ".join(["row and column swapped"] * self.swapped + [counted] * bool(counted))

    @property
    def mirrored(self) -> Convention:
        """Each axis counted as much too far as it is too short."""
        rows, cols = (Axis(2 - axis.first, axis.from_end) for axis in (self.rows, self.cols))
        return Convention(self.swapped, rows, cols)

    @property
    def reason(self) -> str:
        """The reason of items that fail by it; none for counting from 2, which looks like slips."""
        if self.swapped:
            return "swapped"
        if self.rows.from_end or self.cols.from_end:
            return "flipped"
        return "zero_based" if self.zero_based else ""

    @property
    def zero_based(self) -> bool:
        """Whether an axis is counted from 0."""
        return 0 in (self.rows.first, self.cols.first)

    def _axes(self) -> tuple[tuple[str, Axis], tuple[str, Axis]]:
        return ("rows", self.rows), ("cols", self.cols)

    def _counted(self) -> str:
        """``rows and columns from 0``, ``rows from below and columns from the right``."""
        if self.rows == self.cols and self.rows.key and not self.rows.from_end:
            return f"rows and columns {self.rows.words('')}"
        parts = [
            f"{name} {axis.words(end)}"
            for name, axis, end in (
                ("rows", self.rows, "below"),
                ("columns", self.cols, "the right"),
            )
            if axis.key
        ]
        return " and ".join(parts)


AS_ASKED = Convention()
_AXES = [Axis(first, end) for end in (False, True) for first in (1, 0, 2)]
CONVENTIONS: tuple[Convention, ...] = tuple(
    one for one in (Convention(*way) for way in product((False, True), _AXES, _AXES)) if one.key
)
"""Conventions that are looked for: every way but the one that is asked for."""
