"""Choosing what a gallery shows, and the filters over what was chosen. Knows no suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter, and how many cards it leaves."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a gallery: the name of the value it looks at, its title and its choices."""

    name: str
    title: str
    options: Sequence[Option]


def options(
    counts: Counter[str], label: Callable[[str], str], order: Sequence[str]
) -> list[Option]:
    """Choices for the values that occur, in ``order``, others after them by name."""
    known = [value for value in order if value in counts]
    values = known + sorted(set(counts) - set(known))
    return [Option(value, label(value), counts[value]) for value in values]


def pick_evenly(
    piles: Mapping[K, Sequence[T]],
    limit: int,
    marginals: Callable[[K], Iterable[Hashable]],
) -> list[tuple[K, T]]:
    """Take up to ``limit`` things, always from the pile whose properties were seen least.

    Args:
        piles: things that are alike, under what they have in common; the first is taken first, and
            of piles seen equally often the one that stands first.
        limit: how many at most; 0 for none.
        marginals: the properties of a pile that are to be seen equally often.
    """
    if sum(map(len, piles.values())) <= limit:
        return [(key, one) for key, pile in piles.items() for one in pile]
    waiting = {key: list(reversed(pile[:limit])) for key, pile in piles.items() if pile}
    used: Counter[Hashable] = Counter()
    picked: list[tuple[K, T]] = []
    while waiting and len(picked) < limit:
        key = min(waiting, key=lambda k: sum(used[one] for one in marginals(k)))
        picked.append((key, waiting[key].pop()))
        used.update(marginals(key))
        if not waiting[key]:
            del waiting[key]
    return picked
