"""Differences of pairs that are few, such as trainings of the same seeds: what they surely tell.

Knows numbers alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy.stats import t as student

from handeye.stats.intervals import LEVEL

MOST = 20
"""Pairs of which all signs are tried."""
_POWER = 0.8


class Flips(msgspec.Struct, frozen=True):
    """What the differences of pairs come to.

    Attributes:
        n: pairs.
        mean: of the differences; None where there is no pair.
        low: of its 95 % interval by Student's t; None of fewer than two pairs.
        high: likewise.
        p: share of all ways to turn the signs of the differences whose mean is as far from 0, or
            farther (Fisher 1935, The Design of Experiments, section 21); None without pairs, or of
            more than :data:`MOST`.
        least: the smallest p that so many pairs can have.
        visible: the smallest true mean that a t-test at 5 % sees in four of five such
            experiments, with the deviation of these: (t(.975) + t(.8)) * deviation / sqrt(n).
    """

    n: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    least: float | None = None
    visible: float | None = None


def flips(differences: Sequence[float]) -> Flips:
    """What some differences of pairs, which are independent of each other, come to."""
    found = np.asarray(differences, float)
    n = len(found)
    if not n:
        return Flips(0)
    mean = float(found.mean())
    low = high = visible = p = least = None
    if n > 1:
        error = float(found.std(ddof=1)) / n**0.5
        wide = float(student.ppf((1 + LEVEL) / 2, n - 1))
        low, high = mean - wide * error, mean + wide * error
        visible = (wide + float(student.ppf(_POWER, n - 1))) * error
    if n <= MOST:
        sums = np.zeros(1)
        for one in found:
            sums = np.concatenate([sums + one, sums - one])
        # Sums that differ by rounding alone are equal.
        slack = 1e-9 * float(np.abs(found).sum())
        p = float((np.abs(sums) >= abs(float(found.sum())) - slack).mean())
        least = min(1.0, 2.0 ** (1 - n))
    return Flips(n, mean, low, high, p, least, visible)
