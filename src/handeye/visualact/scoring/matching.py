"""Which predicted action stands for which true one: similarity, then the best assignment.

Similarities are cosines rounded to six decimals, beyond which they depend on the machine. Ties are
broken by rule, or the order in which a model lists its actions would matter: among assignments of
equal total similarity the one with more matches, then the one whose matched levels are closer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.visualact.records import LARGEST_LEVEL
from handeye.visualact.scoring.options import Options

Floats = NDArray[np.float64]

DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """A predicted and a true action that were assigned to each other.

    ``predicted`` and ``truth`` are 0-based places in the two lists; ``matched`` is whether the
    similarity passes the threshold.
    """

    predicted: int
    truth: int
    similarity: float
    matched: bool


def cosine(predicted: NDArray[np.float32], truth: NDArray[np.float32]) -> Floats:
    """Cosines of unit rows.

    Args:
        predicted: (p, d).
        truth: (t, d).

    Returns:
        (p, t) float64 within -1..1, rounded to six decimals.
    """
    product = predicted.astype(np.float64) @ truth.astype(np.float64).T
    return np.asarray(np.clip(np.round(product, DECIMALS), -1.0, 1.0))


def nearest_wording(similarity: Floats, owners: Sequence[int], actions: int) -> Floats:
    """Best similarity over the wordings of each action.

    Args:
        similarity: (p, wordings).
        owners: (wordings,) action that each wording belongs to; each action has at least one.
        actions: number of actions.

    Returns:
        (p, actions).
    """
    best = np.full((len(similarity), actions), -1.0)
    for column, owner in enumerate(owners):
        np.maximum(best[:, owner], similarity[:, column], out=best[:, owner])
    return best


def closeness(predicted: Sequence[int | None], truth: Sequence[int]) -> NDArray[np.int64]:
    """4 minus the distance of the levels, 0 where none was stated: (p, t)."""
    rows = [[LARGEST_LEVEL - abs(p - t) if p is not None else 0 for t in truth] for p in predicted]
    return np.array(rows, np.int64).reshape(len(predicted), len(truth))


def passes(similarity: Floats, options: Options) -> NDArray[np.bool_]:
    """Where a similarity is enough for a match."""
    limit = round(options.threshold, DECIMALS)
    found = similarity >= limit if options.comparison == ">=" else similarity > limit
    return np.asarray(found)


def match(similarity: Floats, close: NDArray[np.int64], options: Options) -> list[Pair]:
    """Assign predicted to true actions, one to one, with the largest total similarity.

    Args:
        similarity: (p, t), rounded as :func:`cosine` does.
        close: (p, t), from :func:`closeness`; decides between assignments of equal similarity.
        options: threshold, comparison, assignment.

    Returns:
        The assigned pairs by predicted place: min(p, t) of them for ``assign-then-filter``, the
        matches alone for ``mask-then-assign``.
    """
    from scipy.optimize import linear_sum_assignment

    if similarity.size == 0:
        return []
    enough = passes(similarity, options)
    # Three sums in one whole number: float64 holds it exactly up to 2**53, some 700 actions a side.
    base = LARGEST_LEVEL * min(similarity.shape) + 1
    value = np.round(similarity * 10**DECIMALS) * base**2 + enough * (base + close)
    masked = options.assignment == "mask-then-assign"
    rows, columns = linear_sum_assignment(np.where(enough, value, 0) if masked else value, True)
    return [
        Pair(int(i), int(j), float(similarity[i, j]), bool(enough[i, j]))
        for i, j in zip(rows, columns, strict=True)
        if enough[i, j] or not masked
    ]


def from_decisions(decided: Sequence[tuple[int, int]], shape: tuple[int, int]) -> list[Pair]:
    """One-to-one pairs from a judge's decisions, as many as possible.

    Args:
        decided: (predicted, truth) places the judge holds for the same action; a judge may give one
            action several counterparts.
        shape: numbers of predicted and true actions.

    Returns:
        Matched pairs with similarity 1, by predicted place.

    Raises:
        DataError: a place outside the lists.
    """
    from scipy.optimize import linear_sum_assignment

    value = np.zeros(shape)
    for i, j in decided:
        if not (0 <= i < shape[0] and 0 <= j < shape[1]):
            raise DataError(
                f"a judge matched predicted action {i} with true action {j}; there are {shape[0]} "
                f"and {shape[1]}, counted from 0"
            )
        value[i, j] = 1
    if not decided:
        return []
    rows, columns = linear_sum_assignment(value, True)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return [Pair(i, j, 1.0, True) for i, j in chosen if value[i, j]]
