"""Checks of a set: problems in the order of the set, counts together."""

from __future__ import annotations

import copy
import pickle

import pytest

from handeye.errors import OptionError
from handeye.sets.checks import Verified, check_pieces


def check(piece: int) -> Verified:
    """Every third piece is wrong twice."""
    problems = (f"{piece}: one", f"{piece}: two") if piece % 3 == 0 else ()
    return Verified({"pieces": 1, "sum": piece}, problems)


@pytest.mark.parametrize("workers", [1, 2])
def test_problems_come_in_the_order_of_the_set(workers):
    calls: list[tuple[int, int]] = []
    found = check_pieces(
        check,
        range(10),
        block=3,
        size=lambda piece: 2,
        workers=workers,
        progress=lambda *at: calls.append(at),
    )
    assert found.counts == {"pieces": 10, "sum": 45}
    assert found.problems == tuple(f"{n}: {what}" for n in (0, 3, 6, 9) for what in ("one", "two"))
    assert not found.ok
    assert sorted(calls)[-1] == (20, 20)
    assert len(calls) == 4


def test_nothing_to_check_and_nothing_wrong():
    assert check_pieces(check, (), block=3) == Verified({})
    assert check_pieces(check, (1, 2), block=3).ok


def test_workers_below_one_are_refused():
    with pytest.raises(OptionError, match="workers must be at least 1"):
        check_pieces(check, (1, 2), block=3, workers=-1)


def test_counts_are_attributes_too():
    found = Verified({"scenes": 3, "pairs of twins": 1})
    assert (found.scenes, found.pairs) == (3, 1)
    assert pickle.loads(pickle.dumps(found)) == found
    assert copy.copy(found).scenes == 3
    with pytest.raises(AttributeError, match="no attribute 'items'"):
        found.items  # noqa: B018
