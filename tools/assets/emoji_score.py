"""The colour score by which the official EmojiContent pairs were found, recovered from them.

Their `similarity` field follows the cosine of two colour histograms (12 bins per channel, joint) of
the Twemoji drawings on white. A curve through the official pairs puts ours on the same scale. The
few pairs whose drawing has changed since (large residuals) are left out of the fit.
"""

from __future__ import annotations

import numpy as np

from handeye.rose.sources.raster import on_white, svg_body

BINS = 12
SIZE = 96


def histogram(body: str, side: int) -> np.ndarray:
    """Unit-length joint colour histogram, ``(BINS ** 3,)``."""
    levels = on_white(svg_body(body, side, SIZE)).reshape(-1, 3).astype(np.int64) * BINS // 256
    codes = (levels[:, 0] * BINS + levels[:, 1]) * BINS + levels[:, 2]
    counts = np.bincount(codes, minlength=BINS**3).astype(float)
    return counts / np.linalg.norm(counts)


def calibrate(cosines: np.ndarray, official: np.ndarray) -> tuple[float, float]:
    """``(p, q)`` of ``score = 1 - p d - q d**2`` with ``d = 1 - cosine``, without outliers.

    The curve is held at (1, 1): equal histograms have the score 1 in the official rows.
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


def score(cosine: float, p: float, q: float) -> float:
    """The official score of two histograms with this cosine.

    Below a cosine of .75 there is nothing to fit to (official scores end at .92, cosines at .83), so
    the curve is held level there, under the cut.
    """
    apart = min(0.25, max(0.0, 1 - cosine))
    return 1 - p * apart - q * apart**2
