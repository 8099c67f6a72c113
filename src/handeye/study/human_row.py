"""The human row: mean PASS over people, with an interval over scenes and over people.

Two things are drawn by chance: the scenes and the people. Both are resampled, independently of each
other (the pigeonhole bootstrap, Owen 2007, Ann. Appl. Stat. 1:386): a resample weighs the answer of
person p on scene s by (times p was drawn) x (times s was drawn). Scenes are drawn within their
group. With one person only scenes are drawn, and the interval is about that person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.stats.bootstrap import resample_weights
from handeye.stats.intervals import Samples

Floats = NDArray[np.float64]

_PEOPLE_STREAM = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether one person passed one item; ``group`` is not empty."""

    person: int
    scene_id: str
    group: str
    column: str
    passed: bool


@dataclass(frozen=True, slots=True)
class HumanRow:
    """PASS by column: the mean over people, and each person's own.

    Within a person, PASS is the unweighted mean over groups, as in the tables of models.
    """

    columns: dict[str, Samples]
    people: dict[int, dict[str, float | None]]


def human_row(
    outcomes: Sequence[Outcome],
    columns: Sequence[str],
    groups: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> HumanRow:
    """Average what people did.

    Args:
        outcomes: at least one.
        columns: in this order; those without an outcome are left out.
        groups: every group of an outcome.
        seed: of the bootstrap.
        resamples: their number.
    """
    people = sorted({one.person for one in outcomes})
    drawn = _people_weights(len(people), resamples, seed)
    scenes = [_SceneDraws(outcomes, group, resamples, seed) for group in groups]
    out: dict[str, Samples] = {}
    own: dict[int, dict[str, float | None]] = {person: {} for person in people}
    for column in columns:
        of = [one for one in outcomes if one.column == column]
        if not of:
            continue
        rates = _macro([draws.rates(of, people) for draws in scenes])
        for place, person in enumerate(people):
            value = float(rates[0, place])
            own[person][column] = None if np.isnan(value) else value
        trials = len({one.scene_id for one in of})
        out[column] = Samples(_over_people(rates, drawn), len(of), trials)
    return HumanRow(out, own)


class _SceneDraws:
    """The scenes of a group and how often each is drawn; row 0 is as measured."""

    def __init__(self, outcomes: Sequence[Outcome], group: str, resamples: int, seed: int) -> None:
        self._group = group
        found = dict.fromkeys(one.scene_id for one in outcomes if one.group == group)
        self._places = {scene: place for place, scene in enumerate(found)}
        stream = int.from_bytes(group.encode(), "big")
        self._weights = _with_measured(len(found), resamples, seed, stream)

    def rates(self, outcomes: Sequence[Outcome], people: Sequence[int]) -> Floats:
        """PASS of every person in every resample: (1 + resamples, people); NaN: no item drawn."""
        passed = np.zeros((len(self._places), len(people)))
        asked = np.zeros_like(passed)
        places = {person: place for place, person in enumerate(people)}
        for one in outcomes:
            if one.group == self._group:
                where = self._places[one.scene_id], places[one.person]
                passed[where] += one.passed
                asked[where] += 1
        numbers = self._weights @ asked
        with np.errstate(invalid="ignore", divide="ignore"):
            out: Floats = np.where(numbers > 0, (self._weights @ passed) / numbers, np.nan)
        return out


def _with_measured(count: int, resamples: int, seed: int, stream: int) -> Floats:
    """A row of ones, then the resamples' weights: (1 + resamples, count)."""
    rows = [np.ones((1, count))]
    rows += [chunk.astype(float) for chunk in resample_weights(count, resamples, seed, stream)]
    return np.concatenate(rows)


def _people_weights(count: int, resamples: int, seed: int) -> Floats:
    if count < 2:
        return np.ones((1 + resamples, count))
    return _with_measured(count, resamples, seed, _PEOPLE_STREAM)


def _macro(parts: Sequence[Floats]) -> Floats:
    """Mean over the groups that are defined, person by person."""
    stacked = np.stack(parts)
    defined = ~np.isnan(stacked)
    count = defined.sum(axis=0)
    total = np.where(defined, stacked, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        out: Floats = np.where(count > 0, total / count, np.nan)
    return out


def _over_people(rates: Floats, drawn: Floats) -> Floats:
    """Weighted mean over the people with a rate: (1 + resamples,)."""
    weights = np.where(np.isnan(rates), 0.0, drawn)
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (weights * np.nan_to_num(rates)).sum(axis=1) / total
    out: Floats = np.where(total > 0, found, np.nan)
    return out
