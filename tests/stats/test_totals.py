"""Totals by stratum: what was put in comes out, and a stratum's draws follow its name alone."""

from __future__ import annotations

import numpy as np

from handeye.stats.bootstrap import resample_weights
from handeye.stats.totals import Totals


def filled(resamples: int, strata: dict[str, np.ndarray]) -> Totals[str]:
    totals: Totals[str] = Totals(resamples)
    for name, table in strata.items():
        totals.put(name, ("a", "b"), table.astype(np.float32), table.sum(axis=0), seed=3)
    return totals


ONE = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.5]])
TWO = np.array([[7.0, 1.0]])


def test_resamples_are_weighted_sums():
    totals = filled(50, {"one": ONE})
    stream = int.from_bytes(b"one", "big")
    weights = np.concatenate(list(resample_weights(3, 50, 3, stream)))
    assert totals.get("one", "a")[0] == 9
    np.testing.assert_allclose(totals.get("one", "b")[1:], weights @ ONE[:, 1])
    assert len(set(totals.get("one", "a"))) > 5


def test_strata_do_not_disturb_each_other():
    alone, both = filled(20, {"one": ONE}), filled(20, {"two": TWO, "one": ONE})
    np.testing.assert_array_equal(alone.get("one", "a"), both.get("one", "a"))
    assert both.clusters == {"two": 1, "one": 3}
    # One cluster cannot vary.
    assert set(both.get("two", "a")) == {7.0}
    np.testing.assert_array_equal(
        both.over(["one", "two"], ["a", "b"]),
        sum(both.get(stratum, column) for stratum in ("one", "two") for column in "ab"),
    )


def test_what_was_not_put_is_zero():
    totals = filled(4, {"one": ONE})
    assert totals.get("one", "c").tolist() == [0] * 5
    totals.put("none", (), np.zeros((2, 0), np.float32), np.zeros(0), seed=3)
    assert totals.get("none", "a").tolist() == [0] * 5
    assert sorted(totals.columns()) == ["a", "b"]


def test_touched_counts_the_clusters_that_hold_anything():
    some = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 3.0], *[[0.0, 0.0]] * 9, [2.0, 2.0]])
    totals = filled(3, {"one": some, "two": TWO})
    assert totals.touched(["one"], ["a"]) == 2
    assert totals.touched(["one"], ["a", "b"]) == 3
    assert totals.touched(["one", "two"], ["b", "c"]) == 3
    assert totals.touched(["one", "two"], ["c"]) == 0
