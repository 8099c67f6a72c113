"""Folds of which none shares a group with another: what is learnt never saw the siblings.

Rows of one group (the items of a scene, the four pairings of a family) are alike beyond what is
asked of them, so a row whose sibling was learnt from is not held out (Roberts and others 2017,
Ecography 40:913).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.errors import LARGEST_SEED, OptionError, within

Ints = NDArray[np.int64]


def grouped_folds(
    groups: Sequence[str], k: int, *, seed: int, balance: Sequence[str] | None = None
) -> Ints:
    """The fold of each row; all rows of a group are in one.

    Groups are taken from the largest down, those of one size in a drawn order, and each goes to the
    fold in which what it holds is rarest so far. The same groups, wherever their rows stand, get
    the same folds on every machine (drawn from raw PCG64 words, see NEP 19).

    Args:
        groups: (n,) the group of each row.
        k: number of folds, 2 or more.
        seed: of the order among groups of one size.
        balance: (n,) what the folds should hold alike, e.g. the label; one kind if None.

    Returns:
        (n,) numbers 0..k-1; each fold holds a row.

    Raises:
        OptionError: fewer groups than folds, or fewer than two folds, or a seed out of range.
    """
    within("folds", k, 2, LARGEST_SEED)
    within("seed", seed, 0, LARGEST_SEED)
    names, group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    if len(names) < k:
        raise OptionError(
            f"{k} folds need {k} groups at least, and there are {len(names)}: "
            "ask for fewer folds, or take more of them"
        )
    kinds, kind = np.unique(
        np.asarray(["" for _ in group] if balance is None else balance, dtype=str),
        return_inverse=True,
    )
    held = np.zeros((len(names), len(kinds)))
    np.add.at(held, (group, kind), 1.0)
    words = np.random.PCG64(np.random.SeedSequence([seed, k])).random_raw(len(names))
    share = held / held.sum(axis=0)
    fold_of = np.zeros(len(names), np.int64)
    filled, rows = np.zeros((k, len(kinds))), np.zeros(k)
    for one in np.lexsort((words, -held.sum(axis=1))):
        # What the squares of the folds' shares grow by; a fold that is empty comes first anyhow.
        crowded = np.round(filled @ share[one], 12)
        chosen = int(np.lexsort((np.arange(k), rows, crowded, rows > 0))[0])
        fold_of[one] = chosen
        filled[chosen] += share[one]
        rows[chosen] += held[one].sum()
    return fold_of[group]


def nested_folds(
    groups: Sequence[str],
    outer: int,
    inner: int,
    *,
    seed: int,
    balance: Sequence[str] | None = None,
) -> tuple[Ints, Ints]:
    """Folds that report and, within what each of them leaves, folds that choose.

    Args:
        groups: (n,) the group of each row.
        outer: folds that report.
        inner: folds of the rows outside each outer fold.
        seed: of both.
        balance: as for :func:`grouped_folds`.

    Returns:
        (n,) the outer fold of each row; (outer, n) its inner fold while an outer fold is held out,
        -1 for the rows of that fold itself.

    Raises:
        OptionError: too few groups for so many folds.
    """
    first = grouped_folds(groups, outer, seed=seed, balance=balance)
    second = np.full((outer, len(first)), -1, np.int64)
    for fold, rows in enumerate(rest(first)):
        if (left := len({groups[row] for row in rows})) < inner:
            raise OptionError(
                f"of {len(set(groups))} groups {left} are left beside one of {outer} folds, and "
                f"{inner} at least are needed to choose by: take more groups"
            )
        second[fold, rows] = grouped_folds(
            [groups[row] for row in rows],
            inner,
            seed=seed,
            balance=None if balance is None else [balance[row] for row in rows],
        )
    return first, second


def teaches(label: NDArray[Any], inner: Ints) -> bool:
    """Whether rows of either label are left to learn from, whichever inner fold is held out.

    Args:
        label: (n,) 0 or 1.
        inner: (n,) inner fold of each row; -1 for rows that are not learnt from at all.
    """
    parts = [label[(inner >= 0) & (inner != fold)] for fold in range(int(inner.max()) + 1)]
    return bool(parts) and all(0 < part.sum() < len(part) for part in parts)


def too_rare(label: NDArray[Any], groups: Sequence[str]) -> str:
    """Why labels cannot be learnt where :func:`teaches` is false.

    Args:
        label: (n,) 0 or 1.
        groups: (n,) the group of each row.
    """
    pairs = set(zip(label.astype(int).tolist(), groups, strict=True))
    having = [sum(one == value for value, _ in pairs) for one in (0, 1)]
    rare = int(having[1] <= having[0])
    return (
        f"label {rare} is in {having[rare]} of {len(set(groups))} groups, "
        "and some folds leave none of them to learn it from: take more groups that have it"
    )


def rest(fold: Ints) -> Iterator[Ints]:
    """The rows outside each fold, in order."""
    for number in range(int(fold.max()) + 1):
        yield np.flatnonzero(fold != number)
