"""Folds: no group on both sides, alike in what they hold, the same wherever the rows stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import OptionError
from handeye.states.folds import grouped_folds, nested_folds

GROUPS = st.lists(st.integers(0, 30), min_size=12, max_size=120).filter(
    lambda drawn: len(set(drawn)) >= 12
)


@settings(max_examples=60, deadline=None)
@given(GROUPS, st.integers(2, 5), st.integers(2, 4), st.integers(0, 2**63 - 1))
def test_siblings_never_cross_folds_outer_or_inner(
    drawn: list[int], outer: int, inner: int, seed: int
) -> None:
    groups = [f"family-{number}" for number in drawn]
    first, second = nested_folds(groups, outer, inner, seed=seed)
    for group in set(groups):
        rows = [row for row, name in enumerate(groups) if name == group]
        assert len(set(first[rows])) == 1
        for fold in range(outer):
            assert len(set(second[fold, rows])) == 1
    assert set(first) == set(range(outer))
    for fold in range(outer):
        assert ((second[fold] == -1) == (first == fold)).all()
        assert set(second[fold]) == {-1, *range(inner)}


def test_the_order_of_rows_changes_no_fold() -> None:
    groups = [f"g{number % 17}" for number in range(100)]
    order = np.random.default_rng(0).permutation(100)
    straight = grouped_folds(groups, 5, seed=3)
    moved = grouped_folds([groups[row] for row in order], 5, seed=3)
    assert (straight[order] == moved).all()
    assert (straight != grouped_folds(groups, 5, seed=4)).any()


def test_folds_hold_rows_and_labels_alike() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 9, 80)
    groups = np.repeat([f"g{number}" for number in range(80)], sizes)
    labels = np.repeat(rng.random(80) < 0.2, sizes)
    fold = grouped_folds(list(groups), 5, seed=0, balance=[str(label) for label in labels])
    held = np.bincount(fold)
    positive = np.bincount(fold, weights=labels)
    assert held.max() - held.min() <= 12
    assert positive.max() - positive.min() <= 9


def test_too_few_groups_are_refused_with_both_numbers() -> None:
    with pytest.raises(OptionError, match=r"5 folds need 5 groups .* there are 3"):
        grouped_folds(["a", "b", "c", "a"], 5, seed=0)
