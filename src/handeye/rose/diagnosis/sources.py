"""What a verdict says of single sources of scenes.

That one has no answers to look at is told before all else, because every other figure is a mean
over sources; that one is surely worse than the others is told after the level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

from handeye.rose.diagnosis.claims import Claim
from handeye.scores.claims import Figure, figure_of, share_of
from handeye.stats.intervals import LEVEL

Tree = Mapping[str, Any]
# A source is told that is surely worse than the others by more than this.
_WORSE = 0.1
# So many of its answers are lost where it is told that they are.
_NEARLY_ALL = 0.95


def silent_sources(diagnosis: Tree) -> list[Claim]:
    """Sources hardly any of whose answers can be used, where there are others."""
    unused: Mapping[str, Sequence[int]] = diagnosis.get("unused") or {}
    names = {name: name.removeprefix("ROSE-") for name in unused}
    lost = [
        share_of(count, n, names[name], f"{names[name]} questions")
        for name, (count, n) in unused.items()
        if n and count >= _NEARLY_ALL * n
    ]
    if not lost or len(lost) == len(unused):
        return []
    why = f"Counted: at least {_NEARLY_ALL * 100:.0f} % of these have no usable answer."
    parts = tuple(one.label for one in lost)
    return [Claim("silent_source", "silent_source", why, tuple(lost), parts=parts)]


def worst_source(diagnosis: Tree) -> list[Claim]:
    """The source that is furthest behind the others, if that is sure.

    Sources have scenes of their own, so the difference of one and the mean of the others has the
    variances recovered from their intervals (Zou and Donner 2008); it is tested once for each
    source, and the first one of Holm's order needs the level of all (Bonferroni).
    """
    subsets: Mapping[str, Tree] = diagnosis.get("subsets") or {}
    known = {
        name: one
        for name, of in subsets.items()
        if (one := figure_of(name, of)) is not None and one.low is not None
    }
    if len(known) < 2 or len(known) < len(subsets):
        return []
    tail = (1 - LEVEL) / 2
    longer = NormalDist().inv_cdf(1 - tail / len(known)) / NormalDist().inv_cdf(1 - tail)
    found = []
    for name, own in known.items():
        rest = [one for other, one in known.items() if other != name]
        value = sum(one.value for one in rest) / len(rest)
        reach = [
            sum(((one.value - end(one)) / len(rest)) ** 2 for one in rest)
            + (end(own, turned=True) - own.value) ** 2
            for end in (_low, _high)
        ]
        below, above = (longer * size**0.5 for size in reach)
        apart = value - own.value
        n = sum(one.n for one in rest)
        pooled = sum(one.value * one.n for one in rest) / max(n, 1)
        words = name.removeprefix("ROSE-")
        figures = (
            Figure(value=apart, low=max(apart - below, -1.0), high=min(apart + above, 1.0),
                   n=n + own.n, label=f"other sources less {words}", unit="points"),
            Figure(value=own.value, low=own.low, high=own.high, n=own.n, label=words,
                   of=f"{words} questions"),
            Figure(value=pooled, n=n, label="other sources", of="questions of other sources"),
        )  # fmt: skip
        found.append(figures)
    figures = max(found, key=lambda three: three[0].low or -1.0)
    if (figures[0].low or 0.0) <= _WORSE:
        return []
    name = figures[1].label
    why = (
        f"The interval of the difference, at the level of {len(known)} tests, lies above "
        f"{_WORSE * 100:.0f} points."
    )
    return [Claim("source", f"source:{name}", why, figures, _WORSE, parts=(name,))]


def _low(one: Figure, *, turned: bool = False) -> float:
    """The lower end; the upper one if turned."""
    return (one.high if turned else one.low) or 0.0


def _high(one: Figure, *, turned: bool = False) -> float:
    return _low(one, turned=not turned)
