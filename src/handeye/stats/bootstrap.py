"""Bootstrap over clusters of sums: one resample gives every rate of every table at once.

Items that share a scene are not independent, so scenes are drawn, not items (cluster bootstrap,
Efron and Tibshirani 1993, chapter 8), separately within each stratum because the paper's averages
weigh subsets equally. All rates are quotients of sums over scenes; a resample of a sum is
``weights @ sums`` with multinomial weights, so the items are read once, whatever the number of
resamples.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from handeye.errors import LARGEST_SEED, within

Floats = NDArray[np.float64]

# Bounds the draws held at once: 2**21 words of 8 bytes and their copies, some 80 MB.
_CHUNK_CELLS = 2**21


def resample_weights(
    clusters: int, resamples: int, seed: int, stream: int
) -> Iterator[NDArray[np.float32]]:
    """How often each cluster is drawn, in chunks of resamples.

    The same (seed, stream, clusters) gives the same weights with every NumPy version: drawn from
    raw PCG64 words, because methods of ``Generator`` may change (NEP 19). A word's top 32 bits
    times ``clusters`` pick the cluster; the bias is below ``clusters / 2**32``.

    Yields:
        float32 arrays (b, clusters); each row sums to ``clusters``; the b add up to ``resamples``.

    Raises:
        OptionError: the seed is not in 0..2^63-1.
    """
    within("seed", seed, 0, LARGEST_SEED)
    bits = np.random.PCG64(np.random.SeedSequence([seed, stream]))
    step = max(1, min(resamples, _CHUNK_CELLS // max(1, clusters)))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        words = bits.random_raw(count * clusters) >> np.uint64(32)
        picks = ((words * np.uint64(clusters)) >> np.uint64(32)).astype(np.int64)
        picks += np.repeat(np.arange(count, dtype=np.int64) * clusters, clusters)
        weights = np.bincount(picks, minlength=count * clusters)
        yield weights.reshape(count, clusters).astype(np.float32)


def resample_sums(
    sums: NDArray[np.float32], totals: Floats, resamples: int, seed: int, stream: int
) -> Floats:
    """Column totals as measured and in every resample.

    Args:
        sums: (clusters, k), one row per cluster.
        totals: (k,), the measured column totals in full precision.
        resamples: number of resamples, 0 for the measured totals alone.
        seed: of the bootstrap.
        stream: keeps strata independent.

    Returns:
        (1 + resamples, k); row 0 is ``totals``, the others are resampled (products in float32:
        exact for counts up to 2**24, relative error below 1e-5 else).
    """
    clusters, width = sums.shape
    out = np.empty((1 + resamples, width))
    out[0] = totals
    row = 1
    for weights in resample_weights(clusters, resamples, seed, stream):
        out[row : row + len(weights)] = weights @ sums
        row += len(weights)
    return out
