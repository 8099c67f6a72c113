"""Fit the colour score of the official EmojiContent pairs (see sources/colour_score.py)."""

from __future__ import annotations

import numpy as np


def calibrate(cosines: np.ndarray, official: np.ndarray) -> tuple[float, float]:
    """``(p, q)`` of ``score = 1 - p d - q d**2`` with ``d = 1 - cosine``, without outliers.

    The curve is held at (1, 1): equal histograms have the score 1 in the official rows. The few
    pairs whose drawing has changed since (large residuals) are left out.
    """
    apart = 1 - cosines
    keep = np.ones(len(cosines), bool)
    for _ in range(5):
        terms = np.stack([apart, apart**2], axis=1)
        (p, q), *_ = np.linalg.lstsq(terms[keep], 1 - official[keep], rcond=None)
        residual = np.abs(1 - terms @ (p, q) - official)
        keep = residual < 0.03
    r = np.corrcoef((1 - terms @ (p, q))[keep], official[keep])[0, 1]
    print(f"official score = 1 - {p:.4f} d - {q:.4f} d^2, r {r:.3f},", end=" ")
    print(f"sd {np.std(residual[keep]):.4f}, {(~keep).sum()} of {len(keep)} pairs left out")
    return float(p), float(q)
