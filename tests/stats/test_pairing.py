"""Pairs are complete or an error says what is missing."""

import pytest
from hypothesis import given, strategies as st

from handeye.errors import DataError
from handeye.stats.pairing import pair, pair_common


def test_places_of_the_same_units():
    first, second = pair(["b", "a", "c"], ["a", "b", "c"])
    assert first.tolist() == [0, 1, 2]
    assert second.tolist() == [1, 0, 2]


def test_missing_pairs_are_counted_and_named():
    here = [f"i{k}" for k in range(14)]
    with pytest.raises(DataError) as error:
        pair(here, ["i0", "x"], what="item", names=("run A", "run B"))
    text = str(error.value)
    assert "13 items of run A are missing in run B: i1, i2," in text
    assert "and 3 more" in text
    assert "1 item of run B is missing in run A: x" in text


@pytest.mark.parametrize("call", [pair, pair_common])
def test_a_unit_twice_is_an_error(call):
    with pytest.raises(DataError, match="1 scene occurs more than once in the second run: a"):
        call(["a", "b"], ["a", "a", "b"], what="scene")


def test_common_units_name_the_others():
    found = pair_common(["a", "b", "c"], ["c", "d", "a"])
    assert (found.first.tolist(), found.second.tolist()) == ([0, 2], [2, 0])
    assert (found.only_first, found.only_second) == (("b",), ("d",))
    nothing = pair_common([], ["a"])
    assert len(nothing.first) == len(nothing.second) == 0


@given(st.lists(st.text(max_size=3), unique=True, max_size=20), st.randoms())
def test_any_order_pairs(ids, random):
    other = random.sample(ids, len(ids))
    first, second = pair(ids, other)
    assert [ids[k] for k in first] == [other[k] for k in second] == ids
