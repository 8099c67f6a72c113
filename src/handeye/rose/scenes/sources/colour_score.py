"""The colour score of two emoji drawings, on the scale of the release's ``similarity`` field.

The official EmojiContent pairs carry a score that follows the cosine of two joint colour histograms
of the drawings on white (12 bins per channel). A curve fitted to the 221 official pairs, drawn in
Twemoji, gives its scale: r .985, residual sd .004 (``tools/assets/build_emoji.py`` fits it again).
It says how alike the colours are, not the shapes; for likeness of pictures see
:mod:`handeye.rose.scenes.sources.similarity`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scenes.sources.base import Tile

BINS = 12
SIZE = 96
"""Side in pixels at which a drawing is scored, without a margin."""
CURVE = (0.5830, -0.6363)
"""``(p, q)`` of ``1 - p d - q d**2`` with ``d = 1 - cosine``, fitted to ROSE v0.1."""
# Official scores end at .92, cosines at .83: below a cosine of .75 there is nothing to fit to and
# the curve is held level, under every official score.
_FARTHEST = 0.25


def histogram(tile: Tile) -> NDArray[np.float64]:
    """Unit-length joint colour histogram of an RGB tile, ``(BINS ** 3,)``."""
    levels = tile.reshape(-1, 3).astype(np.int64) * BINS // 256
    codes = (levels[:, 0] * BINS + levels[:, 1]) * BINS + levels[:, 2]
    counts = np.bincount(codes, minlength=BINS**3).astype(np.float64)
    unit: NDArray[np.float64] = counts / np.linalg.norm(counts)
    return unit


def colour_score(
    a: NDArray[np.float64], b: NDArray[np.float64], curve: tuple[float, float] = CURVE
) -> float:
    """Score of two histograms, in about .89..1 (1 = the same colours in the same amounts)."""
    apart = min(_FARTHEST, max(0.0, 1.0 - float(a @ b)))
    return 1.0 - curve[0] * apart - curve[1] * apart**2
