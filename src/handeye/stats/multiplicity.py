"""P-values of a family of tests, adjusted so that the whole family errs as rarely as one test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from handeye.errors import DataError

K = TypeVar("K")


def holm(p_values: Mapping[K, float | None]) -> dict[K, float | None]:
    """Holm's adjusted p-values (Holm 1979, Scand. J. Stat. 6:65).

    The chance that any true null hypothesis of the family falls below alpha is at most alpha,
    however the tests depend on each other. The k-th smallest of m p-values is multiplied by
    ``m - k + 1``, then none may be below a smaller one's. (statsmodels has it too, but collects the
    garbage of the whole process at each call, some 50 ms, and imports pandas; tests compare.)

    Args:
        p_values: by the name of the test; None where there was nothing to test.

    Returns:
        The same names in the same order, None where None was given (it does not count).

    Raises:
        DataError: a p-value outside 0..1.
    """
    known = {name: p for name, p in p_values.items() if p is not None}
    if strange := [f"{name}: {p}" for name, p in known.items() if not 0 <= p <= 1]:
        raise DataError(f"p-values lie within 0..1, got {', '.join(strange)}")
    ordered = sorted(known, key=known.__getitem__)
    adjusted: dict[K, float | None] = dict.fromkeys(p_values)
    least = 0.0
    for place, name in enumerate(ordered):
        least = max(least, min(1.0, (len(known) - place) * known[name]))
        adjusted[name] = least
    return adjusted
