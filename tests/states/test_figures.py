"""Areas under the curve, of columns and within parts, against the definition."""

from __future__ import annotations

import warnings

import numpy as np
from hypothesis import given, strategies as st
from scipy.stats import rankdata

from handeye.states.figures import areas, areas_within, lengthened, rounded
from handeye.stats.intervals import Samples

ROWS = st.lists(
    st.tuples(st.sampled_from([-1.0, 0.0, 0.5, 2.0, 3.0]), st.booleans(), st.integers(0, 2)),
    min_size=1,
    max_size=30,
)


def plain(score: list[float], positive: list[bool]) -> float:
    """The share of pairs, one row of either class, in which the positive one scores higher."""
    pairs = [
        (one > other) + (one == other) / 2
        for one, here in zip(score, positive, strict=True)
        for other, there in zip(score, positive, strict=True)
        if here and not there
    ]
    return sum(pairs) / len(pairs) if pairs else float("nan")


@given(ROWS)
def test_areas_are_shares_of_pairs_however_many_are_tied(
    rows: list[tuple[float, bool, int]],
) -> None:
    score, positive, part = (np.array(one) for one in zip(*rows, strict=True))
    expected = plain(score.tolist(), positive.tolist())
    columns = np.stack([score, -score, 1e6 * score + 1e3], axis=1)
    found = areas(columns, positive[:, None])
    assert np.allclose(found, [expected, 1 - expected, expected], equal_nan=True)
    # What rounding leaves of a tie is one, in either of the two.
    noisy = score * (1 + 1e-9 * np.arange(len(score)))
    assert np.allclose(areas(noisy, positive), expected, equal_nan=True)
    each = areas_within(noisy, positive, part, 4)
    own = [part == number for number in range(4)]
    expected_of = [plain(score[one].tolist(), positive[one].tolist()) for one in own]
    assert np.allclose(each, expected_of, equal_nan=True)


@given(
    st.lists(
        st.tuples(st.floats(-1e30, 1e30), st.sampled_from([1.0, 2.0, np.nan]), st.booleans()),
        min_size=2,
        max_size=12,
    )
)
def test_areas_are_those_of_ranks_of_whole_steps(rows: list[tuple[float, float, bool]]) -> None:
    wild, gap, positive = (np.array(one) for one in zip(*rows, strict=True))
    # Of numbers of any size; much wider than its deviation; with one that is none.
    columns = np.stack([wild, 1e4 + gap / 50, gap, np.round(wild / 1e30)], axis=1)
    ranks = rankdata(rounded(columns), axis=0)
    ones = positive.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (ranks[positive].sum(axis=0) - ones * (ones + 1) / 2) / (
            np.float64(ones) * (len(rows) - ones)
        )
    assert np.array_equal(areas(columns, positive[:, None]), expected, equal_nan=True)


def test_of_nothing_there_is_no_area_and_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(areas(np.empty((0, 3)), np.empty((0, 1), bool))).tolist() == [True] * 3
        nothing = Samples(np.array([0.5, np.nan, np.nan]), 2)
        assert lengthened(nothing, np.array([0.4, 0.6, 0.5])) == 1.0
