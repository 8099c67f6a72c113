"""By which way of writing the answers of a run are right, where it is not the one asked for.

A model may count rows from 0, or give places in thousandths where pixels were asked for. One answer
does not show that: a wrong one is right by chance in one way or another. Many do. Each answer is a
draw from a mixture: it is right in one of the ways, or it is whatever it is. How often answers that
mean nothing of the kind are right in a way is taken from the answers themselves, each held to what
other questions wanted; so who names one place whatever is shown, and is right in some way now and
then, tells nothing. Nor does who means what was asked for and is not exact: a way has to be right
more often than places that are as far from the one asked for, in other directions. A way is in use
where leaving it out costs more likelihood than chance allows: twice the log-ratio against half a
chi-square with one degree of freedom, because a weight of 0 lies on the border (Self and Liang
1987, JASA 82:605). Where two ways would do, neither is said.

Knows neither what a place is nor how it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Way = TypeVar("Way", bound=Hashable)
Floats = NDArray[np.float64]

LEVEL = 0.001
"""A way is in use at a p-value below this, divided by the number of ways."""
FEWEST = 4
"""Scenes with an answer that is right in a way, and not in the one asked for."""
TURNS = ((0, 1), (-1, 0), (0, -1))
"""Cosine and sine of a quarter, a half and three quarters of a turn."""
# Other questions that an answer is held to, evenly spread over the run.
_OTHERS = 32
# Answers whose places are turned about the one asked for, evenly spread.
_LOOKED_AT = 300
# What misses in every way is taken to be written as this share of the others is.
_NEARLY_ALL = 0.95
_ROUNDS, _SETTLED = 400, 1e-7


@dataclass(frozen=True, slots=True)
class Kept(Generic[Way]):
    """What the answers of a run keep to.

    Attributes:
        used: ways besides the one asked for that are in use, the most used first.
        unsure: ways of which surely one is in use, and it cannot be told which.
        of: of each answer the way that it is written in; None where that cannot be told.
        weights: of each way the share (0..1) of answers that are right by it and not by chance.
        p_values: of each way but the one asked for, before they are divided by their number.
    """

    used: tuple[Way, ...]
    unsure: tuple[Way, ...]
    of: tuple[Way | None, ...]
    weights: dict[Way, float]
    p_values: dict[Way, float]


def find(
    ways: Sequence[Way],
    scenes: Sequence[Hashable],
    right: Callable[[Way, int, int], bool],
    beside: Callable[[Way, int], float],
) -> Kept[Way]:
    """Tell which ways the answers of a run keep to.

    Args:
        ways: the one asked for first.
        scenes: of each answer what it is about; answers about one thing are held to others only.
        right: whether an answer (by its place), read in a way, is what a question (by the place of
            its own answer) wanted. Equal answers about one scene should be given once.
        beside: of an answer the share (0..1) of places turned about the one that is meant as asked,
            each as far from it as the one that is meant in a way, that would be right.
    """
    count = len(scenes)
    hits = np.array([[right(way, at, at) for way in ways] for at in range(count)], dtype=bool)
    hits = hits.reshape(count, len(ways))
    # Half a hit more (Jeffreys), here and below: none in a few says little.
    some = range(0, count, max(1, count // _LOOKED_AT))
    blurred = [
        (sum(beside(way, at) for at in some) + 0.5) / (len(some) + 1) if place else 0.0
        for place, way in enumerate(ways)
    ]
    ratio = np.zeros(hits.shape)
    for at, way in np.argwhere(hits).tolist():
        others = [one for one in _spread(at, count) if scenes[one] != scenes[at]]
        by_chance = sum(right(ways[way], at, one) for one in others)
        ratio[at, way] = 1 / max((by_chance + 0.5) / (len(others) + 1), blurred[way])
    weights, whole = _fitted(ratio, list(range(len(ways))))
    p_values = {
        way: _p_value(whole - _fitted(ratio, [k for k in range(len(ways)) if k != place])[1])
        for place, way in enumerate(ways)
        if place
    }
    moved = hits & ~hits[:, :1]
    enough = [
        len({scenes[at] for at in np.flatnonzero(moved[:, k]).tolist()}) for k in range(len(ways))
    ]
    tests = max(len(ways) - 1, 1)
    told = [
        place
        for place, way in enumerate(ways)
        if place and p_values[way] * tests < LEVEL and enough[place] >= FEWEST
    ]
    told.sort(key=lambda place: -weights[place])
    unsure: list[int] = []
    if not told and _p_value(whole - _fitted(ratio, [0])[1]) * tests < LEVEL:
        unsure = [k for k in range(1, len(ways)) if enough[k] >= FEWEST and _alone(ratio, k, whole)]
    return Kept(
        used=tuple(ways[place] for place in told),
        unsure=tuple(ways[place] for place in unsure),
        of=_assigned(ways, told, hits, ratio, weights),
        weights={way: float(weights[place]) for place, way in enumerate(ways)},
        p_values=p_values,
    )


def _spread(at: int, count: int) -> list[int]:
    """Places of other answers, evenly from the next one on."""
    step = max(1, (count - 1) // _OTHERS)
    return [(at + k) % count for k in range(1, count, step)][:_OTHERS]


def _fitted(ratio: Floats, among: Sequence[int]) -> tuple[Floats, float]:
    """The weights of highest likelihood of some ways, and its logarithm against chance alone.

    The likelihood is concave in the weights, so that steps of expectation and maximization end at
    its top.
    """
    weights = np.zeros(ratio.shape[1])
    if not len(ratio) or not among:
        return weights, 0.0
    held = ratio[:, among]
    share = np.full(len(among), 0.5 / len(among))
    before = -np.inf
    for _ in range(_ROUNDS):
        density = 1 - share.sum() + held @ share
        found = float(np.log(density).sum())
        if found - before < _SETTLED:
            break
        before = found
        share = (held * share / density[:, None]).mean(axis=0)
        # Some answers are always whatever they are: the density stays above 0.
        share *= min(1.0, (1 - 1e-6) / max(share.sum(), 1e-12))
    weights[list(among)] = share
    return weights, found


def _alone(ratio: Floats, place: int, whole: float) -> bool:
    """Whether a way explains, with the one asked for, about as much as all ways do."""
    return _p_value(whole - _fitted(ratio, [0, place])[1]) > LEVEL


def _p_value(ratio: float) -> float:
    """Of a log-ratio of likelihoods, for one more weight that is 0 or above."""
    return 1.0 if ratio <= 0 else 0.5 * erfc(sqrt(ratio))


def _assigned(
    ways: Sequence[Way],
    told: Sequence[int],
    hits: NDArray[np.bool_],
    ratio: Floats,
    weights: Floats,
) -> tuple[Way | None, ...]:
    """The way of each answer: as asked where that is right, else the likeliest of those in use."""
    in_use = [0, *told]
    first = max(in_use, key=lambda place: weights[place])
    surely = not told or weights[first] >= _NEARLY_ALL * weights[in_use].sum()
    out: list[Way | None] = []
    for row, chances in zip(hits, ratio * weights, strict=True):
        if row[0]:
            place: int | None = 0
        elif any(row[k] for k in told):
            place = max((k for k in told if row[k]), key=lambda k: float(chances[k]))
        else:
            place = first if surely else None
        out.append(None if place is None else ways[place])
    return tuple(out)
