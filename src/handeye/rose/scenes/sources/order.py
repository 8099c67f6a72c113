"""Which table entry a scene gets: a seeded order in which nothing repeats before all were used.

A table entry has *variants* (direction, font, providers). Scene ``index`` takes the entry at place
``index mod n`` of the order of its round ``index div n``; each round has its own order, and an
entry met again takes its next variant. So the choice is a pure function of the arguments, and two
scenes of one seed share a picture pair only when every variant of the entry has been used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Protocol, TypeVar

from handeye.errors import OptionError
from handeye.rose.scenes.sources.base import Band
from handeye.sets.draw import Draw


class Scored(Protocol):
    """A variant of a table entry with its similarity."""

    @property
    def similarity(self) -> float:
        """In 0..1."""
        ...


V = TypeVar("V")
S = TypeVar("S", bound=Scored)


@lru_cache(maxsize=64)
def _order(seed: int, name: str, count: int, lap: int) -> tuple[int, ...]:
    return tuple(Draw(seed, name, "order", lap).sample(count, count))


def choose(seed: int, name: str, index: int, entries: Mapping[str, Sequence[V]]) -> V:
    """The variant that scene ``index`` shows.

    Args:
        seed: the set's seed.
        name: the source's name; part of the key of every draw.
        index: scene number from 0.
        entries: the variants of each table entry (none empty) by a stable key, by which they are
            shuffled.
    """
    lap, place = divmod(index, len(entries))
    at = _order(seed, name, len(entries), lap)[place]
    key, variants = next(islice(entries.items(), at, None))
    order = Draw(seed, name, "variants", key).sample(len(variants), len(variants))
    return variants[order[lap % len(variants)]]


def within(band: Band | None, entries: Mapping[str, Sequence[S]], name: str) -> dict[str, list[S]]:
    """The variants in a band, without entries that have none there.

    Raises:
        OptionError: nothing lies in the band; the message names what the source reaches.
    """
    kept = {
        key: inside
        for key, variants in entries.items()
        if (
            inside := [v for v in variants if band is None or band.low <= v.similarity <= band.high]
        )
    }
    if not kept:
        scores = [v.similarity for variants in entries.values() for v in variants]
        if band is None or not scores:
            raise OptionError(f"{name}: the art given holds no two different pictures to pair")
        raise no_pair(name, band, min(scores), max(scores))
    return kept


def no_pair(name: str, band: Band, low: float, high: float) -> OptionError:
    """The error for a band that holds no pair, naming what can be reached."""
    return OptionError(
        f"{name}: no pair has a similarity in {band.low:g}:{band.high:g}; "
        f"this source reaches {low:.3f}:{high:.3f}, choose a band that overlaps it"
    )
