"""Exact McNemar test: do two runs differ on the same items, each right or wrong?

Takes the pairs for independent. That holds for one template, which has one item a scene; where
several items of a scene enter, use :mod:`handeye.stats.paired_bootstrap`.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from handeye.errors import DataError
from handeye.stats.intervals import LEVEL


@dataclass(frozen=True, slots=True)
class McNemar:
    """Paired outcomes of two runs.

    ``difference`` is the rate of the first run minus that of the second, with its interval; None
    without pairs. ``p_value`` is 1 where the runs never differ.
    """

    n: int
    both: int
    only_first: int
    only_second: int
    neither: int
    p_value: float
    difference: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, float | int | None]:
        """Plain values for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def mcnemar(first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> McNemar:
    """Compare two runs on the same items.

    Under equal rates, each item on which the runs differ is as likely to speak for one as for the
    other: two-sided binomial test of ``only_first`` among the items that differ (McNemar 1947,
    Psychometrika 12:153, in its exact form). The interval of the difference is the adjusted Wald
    interval of Bonett and Price (2012, J. Educ. Behav. Stat. 37:479): one is added to both counts
    of differing pairs and two to n. Test and interval can disagree close to the level.

    Args:
        first: (n,) 0 or 1, or False or True.
        second: (n,) outcomes of the same items in the same order.
        level: of the interval.

    Raises:
        DataError: the two differ in length, or a value is not 0 or 1.
    """
    a, b = (np.asarray(values, dtype=np.float64) for values in (first, second))
    if a.shape != b.shape or a.ndim != 1:
        raise DataError(f"paired outcomes need two lists of one length: {a.shape} and {b.shape}")
    if not np.isin(a, (0, 1)).all() or not np.isin(b, (0, 1)).all():
        raise DataError("paired outcomes must be 0 or 1")
    n, both = len(a), int((a * b).sum())
    x, y = int(a.sum()) - both, int(b.sum()) - both
    p_value = _binomial(x, x + y) if x + y else 1.0
    if n == 0:
        return McNemar(0, 0, 0, 0, 0, 1.0, None, None, None)
    p, q = (x + 1) / (n + 2), (y + 1) / (n + 2)
    reach = NormalDist().inv_cdf(0.5 + level / 2) * ((p + q - (p - q) ** 2) / (n + 2)) ** 0.5
    return McNemar(
        n=n,
        both=both,
        only_first=x,
        only_second=y,
        neither=n - both - x - y,
        p_value=p_value,
        difference=(x - y) / n,
        low=max(p - q - reach, -1.0),
        high=min(p - q + reach, 1.0),
    )


def _binomial(x: int, n: int) -> float:
    """Two-sided p-value of ``x`` in ``n`` fair throws: twice the lesser tail, which is both."""
    # What binomtest of scipy.stats comes to, which takes a second to import.
    from scipy.special import bdtr

    return min(1.0, 2.0 * float(bdtr(min(x, n - x), n, 0.5)))
