"""When a difference between two tiles counts as visible: the least that may be asked to be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A difference of this many levels in some channel, in this many pixels (or this share of the cell).
MIN_LEVELS = 32
MIN_PIXELS = 4
MIN_SHARE = 0.001


def visible_pixels(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels ``(height, width)`` in which two RGB tiles of one shape differ visibly."""
    return np.asarray(np.abs(a.astype(np.int16) - b).max(axis=-1) >= MIN_LEVELS)


def is_visible(pixels: NDArray[np.bool_]) -> bool:
    """Whether enough of a cell differs."""
    return int(pixels.sum()) >= max(MIN_PIXELS, MIN_SHARE * pixels.size)
