"""Joins the units of two runs by their id; nothing is dropped without being named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, first_ten
from handeye.printing import noun

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Common:
    """Units that two runs share: ``first[i]`` and ``second[i]`` are places of the same unit.

    ``only_first`` and ``only_second`` name the units of one run alone, in their order.
    """

    first: Ints
    second: Ints
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def pair(
    first: Sequence[str],
    second: Sequence[str],
    what: str = "item",
    names: tuple[str, str] = ("the first run", "the second run"),
) -> tuple[Ints, Ints]:
    """Places of the same units in two runs, in the order of the first.

    Args:
        first: ids of the units of one run.
        second: ids of the units of the other.
        what: a unit is called in error messages.
        names: of the runs, for error messages.

    Returns:
        Two arrays (n,): ``first[a[i]] == second[b[i]]``.

    Raises:
        DataError: an id twice in a run, or in one run only; counts and the first ten are named.
    """
    found = pair_common(first, second, what, names)
    lacking = [
        f"{_counted(ids, what)} of {here} {'is' if len(ids) == 1 else 'are'} missing in {there}: "
        f"{first_ten(list(ids))}"
        for ids, here, there in (
            (found.only_first, names[0], names[1]),
            (found.only_second, names[1], names[0]),
        )
        if ids
    ]
    if lacking:
        raise DataError("cannot pair: " + "; ".join(lacking))
    return found.first, found.second


def pair_common(
    first: Sequence[str],
    second: Sequence[str],
    what: str = "item",
    names: tuple[str, str] = ("the first run", "the second run"),
) -> Common:
    """As :func:`pair` for the units that both have; the others are returned by name.

    Raises:
        DataError: an id twice in a run.
    """
    for ids, name in ((first, names[0]), (second, names[1])):
        _refuse_twice(ids, what, name)
    places = {unit: place for place, unit in enumerate(second)}
    shared = [(place, places[unit]) for place, unit in enumerate(first) if unit in places]
    known = set(first)
    both = np.array(shared, dtype=np.int64).reshape(-1, 2)
    return Common(
        first=both[:, 0],
        second=both[:, 1],
        only_first=tuple(unit for unit in first if unit not in places),
        only_second=tuple(unit for unit in second if unit not in known),
    )


def _refuse_twice(ids: Sequence[str], what: str, name: str) -> None:
    if len(set(ids)) == len(ids):
        return
    twice = [unit for unit, count in Counter(ids).items() if count > 1]
    occur = "occurs" if len(twice) == 1 else "occur"
    raise DataError(f"{_counted(twice, what)} {occur} more than once in {name}: {first_ten(twice)}")


def _counted(ids: Sequence[str], what: str) -> str:
    return f"{len(ids)} {noun(len(ids), f'{what}s')}"
