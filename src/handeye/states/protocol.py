"""A fixed protocol of the gap between knowing and saying: the same for every model.

A suite says how its part is made, asked and read (:class:`Fixed`, of
:class:`handeye.suite.Probed`); :class:`Analysis` is what is fixed for all. The hash of the two
stands in the files of a protocol: files with different hashes are not about the same thing. Only
how many scenes or families there are is free, and follows from the hours that are given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Literal

import msgspec

from handeye.stats.sample_size import Spread, smallest_difference

_PLANTED, _WIDTH = 100, 64
"""Families and width of the planted set whose intervals tell what a chain can show."""
_FAILING = 0.5
"""Share of the answers of a template that are taken to fail, before any is known."""


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """How a suite's part of the protocol is made, asked and read.

    Attributes:
        made: arguments of its ``generate`` beside seed and number.
        asked: options of its ``handeye run``, by their names in Python.
        sites: at which states are captured, as ``handeye states capture --sites`` takes them.
        targets: that are read, by name or how they begin.
        letters: whether questions are answered by letters, some of which reject: then there is a
            chain, and adjusting. Else answers act on cells, and failed ones are what is looked at.
        least: fewest scenes or families of which anything is said.
    """

    made: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    sites: str
    targets: tuple[str, ...]
    letters: bool
    least: int = 40


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed for all suites; the attributes are those of the functions of the room.

    Attributes:
        version: of the protocol; a change of what its figures mean is a new one.
        seed: of sets, folds, draws and resamples.
        dtype: of stored states.
        folds: outer folds.
        flips: draws of each null.
        alpha: largest share of right standard answers that adjusting may lose.
        level: how surely.
    """

    version: int = 1
    seed: int = 15_026
    dtype: str = "float16"
    folds: int = 5
    flips: int = 200
    alpha: float = 0.03
    level: float = 0.95

    def sha256(self, parts: Mapping[str, Fixed]) -> str:
        """Hexadecimal hash of all that is fixed.

        Args:
            parts: by suite.
        """
        told = msgspec.json.encode([self, dict(sorted(parts.items()))], order="deterministic")
        return sha256(told).hexdigest()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a suite's part comes to.

    Attributes:
        count: scenes or families.
        items: questions about them, as the timed ones suggest.
        seconds: of the model, for all of them.
        visible: the smallest gap, in 0..1, that so many show with a power of 80 %: of letters the
            largest such loss of a step of the chain; else the share of failed answers whose right
            cells are decodable, if half of the answers of a template fail.
    """

    count: int
    items: int
    seconds: float
    visible: float


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a record before it is gone on with."""

    protocol: Literal["gap"]
    analysis: dict[str, Any]
    parts: dict[str, Part]
    seconds_an_item: dict[str, float]
    not_applicable: dict[str, str]
    done: dict[str, dict[str, Any]]


def part(fixed: Fixed, seconds: float, rate: float, each: float, seed: int) -> Part:
    """What so much time of a model comes to.

    Args:
        fixed: of the suite.
        seconds: that there are.
        rate: seconds of the model an item.
        each: items a scene or family.
        seed: of the planted set.
    """
    count = math.floor(seconds / (rate * each))
    return counted(fixed, count, rate, each, seed)


def counted(fixed: Fixed, count: int, rate: float, each: float, seed: int) -> Part:
    """What so many scenes or families come to; see :func:`part`."""
    visible = smallest(fixed.letters, count, seed) if count else math.inf
    return Part(
        count=count, items=round(count * each), seconds=count * each * rate, visible=visible
    )


def smallest(letters: bool, count: int, seed: int) -> float:
    """The smallest gap, in 0..1, that so many scenes or families show with a power of 80 %.

    That of a chain is taken from the intervals of a planted set (``both`` of
    :data:`handeye.states.planted.PLANTED`), which are as much wider as the root of the ratio of
    families says; the intervals of a model may be wider or narrower.
    """
    if not letters:
        return smallest_difference(max(1, round(_FAILING * count)), Spread(0.25))
    from handeye.states.chain import chain
    from handeye.states.planted import plant
    from handeye.states.readers import readings

    made = plant("both", _PLANTED, width=_WIDTH, seed=seed)
    (way,) = chain(readings(made.states, made.targets, answers=made.answers, seed=seed)).ways
    worst = max(step.smallest for step in way.steps if step.smallest is not None)
    return worst * math.sqrt(_PLANTED / count)
