"""Ways to write the coordinates of a cell, besides the one that is asked for.

What a model uses is decided in :mod:`handeye.rose.diagnosis.convention_findings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

# One coordinate, or those of many clicks.
N = TypeVar("N", int, NDArray[np.int64])


@dataclass(frozen=True, slots=True)
class Convention:
    """A way to write coordinates; ``reason`` is the reason of items that fail by it."""

    key: str
    label: str
    reason: str
    swapped: bool = False
    zero_based: bool = False
    from_below: bool = False
    from_right: bool = False

    def translate(self, row: N, col: N, rows: N, cols: N) -> tuple[N, N]:
        """Row and column that are meant by those written, in a grid of ``rows`` x ``cols``."""
        if self.swapped:
            row, col = col, row
        if self.zero_based:
            row, col = row + 1, col + 1
        if self.from_below:
            row = rows + 1 - row
        if self.from_right:
            col = cols + 1 - col
        return row, col


CONVENTIONS: tuple[Convention, ...] = (
    Convention("zero_based", "rows and columns counted from 0", "zero_based", zero_based=True),
    Convention("swapped", "row and column swapped", "swapped", swapped=True),
    Convention(
        "swapped_zero_based",
        "row and column swapped, counted from 0",
        "swapped",
        swapped=True,
        zero_based=True,
    ),
    Convention("flipped_rows", "rows counted from below", "flipped", from_below=True),
    Convention("flipped_cols", "columns counted from the right", "flipped", from_right=True),
    Convention(
        "flipped_both",
        "rows counted from below, columns from the right",
        "flipped",
        from_below=True,
        from_right=True,
    ),
)
"""Conventions that are looked for."""

AS_ASKED = Convention("asked", "as asked", "")
