"""The human row: mean PASS over people, with an interval over scenes and over people.

Two things are drawn by chance and crossed, the scenes and the people, so the variance of the mean
has a part of each and one of what is left (Brennan 2001, Generalizability Theory, chapter 2: the
p x i design). A resample weighs the answer of a person on a scene by a weight of the person times
one of the scene, drawn independently of each other (Owen 2007, Ann. Appl. Stat. 1:386, the
pigeonhole bootstrap; Owen and Eckles 2012, Ann. Appl. Stat. 6:895, for other weights than counts).
What is left is then counted more than once, never less: the interval errs on the wide side.

Scenes are drawn again within their group; where one has items in several groups, all together, so
that what these share is kept. People are too few for that: two of them, drawn again, vary by half
of what they should, in three steps. Person p weighs ``1 + f (g_p - mean g)`` instead, g standard
normal and f what :func:`handeye.stats.intervals.stretch` says of n people: ``n / (n - 1)`` in the
variance, and Student's t at n - 1 degrees of freedom for the normal. Where nobody ever fails (or
passes), the bound is that of n people of whom none did, however many scenes they saw.

With one person only scenes are drawn: the interval is about that person and says nothing of others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.stats.bootstrap import resample_weights
from handeye.stats.intervals import Samples, stretch

Floats = NDArray[np.float64]

_PEOPLE_STREAM = 0
_TOGETHER = "all scenes"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether one person passed one item; ``group`` is not empty. A scene may have several."""

    person: int
    scene_id: str
    group: str
    column: str
    passed: bool


@dataclass(frozen=True, slots=True)
class HumanRow:
    """PASS by column: the mean over people, and each person's own.

    Within a person, PASS is the unweighted mean over groups, as in the tables of models. Of several
    people ``trials`` of a column are at most those that were asked.
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
    drawn = _normal(resamples, len(people), seed) if len(people) > 1 else None
    strata = _strata(outcomes, groups)
    scenes = {
        name: _SceneDraws([o for o in outcomes if strata[o.group] == name], name, resamples, seed)
        for name in strata.values()
    }
    out: dict[str, Samples] = {}
    own: dict[int, dict[str, float | None]] = {person: {} for person in people}
    for column in columns:
        of = [one for one in outcomes if one.column == column]
        if not of:
            continue
        rates = _macro(
            [scenes[strata[g]].rates([o for o in of if o.group == g], people) for g in groups]
        )
        for place, person in enumerate(people):
            value = float(rates[0, place])
            own[person][column] = None if np.isnan(value) else value
        asked = {one.scene_id: strata[one.group] for one in of}
        sizes = Counter(asked.values())
        trials = len(asked)
        if drawn is not None:
            trials = min(trials, len({one.person for one in of}))
        values = _over_people(rates, drawn)
        out[column] = Samples(values, len(of), trials, sizes=tuple(sizes.values()))
    return HumanRow(out, own)


def _strata(outcomes: Sequence[Outcome], groups: Sequence[str]) -> dict[str, str]:
    """What the scenes of each group are drawn in: the group, if no scene is in two."""
    scenes = {one.scene_id for one in outcomes}
    apart = len({(one.scene_id, one.group) for one in outcomes}) == len(scenes)
    return {group: group if apart else _TOGETHER for group in groups}


class _SceneDraws:
    """The scenes of some outcomes and how often each is drawn; row 0 is as measured."""

    def __init__(self, outcomes: Sequence[Outcome], name: str, resamples: int, seed: int) -> None:
        found = dict.fromkeys(one.scene_id for one in outcomes)
        self._places = {scene: place for place, scene in enumerate(found)}
        stream = int.from_bytes(name.encode(), "big")
        drawn = resample_weights(len(found), resamples, seed, stream)
        measured = np.ones((1, len(found)))
        self._weights = np.concatenate([measured, *(chunk.astype(float) for chunk in drawn)])

    def rates(self, outcomes: Sequence[Outcome], people: Sequence[int]) -> Floats:
        """PASS of every person in every resample: (1 + resamples, people); NaN: no item drawn."""
        passed = np.zeros((len(self._places), len(people)))
        asked = np.zeros_like(passed)
        places = {person: place for place, person in enumerate(people)}
        for one in outcomes:
            where = self._places[one.scene_id], places[one.person]
            passed[where] += one.passed
            asked[where] += 1
        numbers = self._weights @ asked
        with np.errstate(invalid="ignore", divide="ignore"):
            out: Floats = np.where(numbers > 0, (self._weights @ passed) / numbers, np.nan)
        return out


def _normal(resamples: int, people: int, seed: int) -> Floats:
    """Standard normal numbers, the same with every NumPy: (resamples, people)."""
    from scipy.special import ndtri

    bits = np.random.PCG64(np.random.SeedSequence([seed, _PEOPLE_STREAM]))
    words = bits.random_raw(resamples * people) >> np.uint64(11)
    out: Floats = ndtri((words + 0.5) * 2.0**-53).reshape(resamples, people)
    return out


def _macro(parts: Sequence[Floats]) -> Floats:
    """Mean over the groups that are defined, person by person."""
    stacked = np.stack(parts)
    defined = ~np.isnan(stacked)
    count = defined.sum(axis=0)
    total = np.where(defined, stacked, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        out: Floats = np.where(count > 0, total / count, np.nan)
    return out


def _over_people(rates: Floats, drawn: Floats | None) -> Floats:
    """Mean over the people with a rate: (1 + resamples,).

    Args:
        rates: (1 + resamples, people), NaN: not asked; their mean varies with the scenes alone.
        drawn: (resamples, people), by which it varies with the people; None: of one person.
    """
    defined = ~np.isnan(rates)
    count = defined.sum(axis=1)
    with np.errstate(invalid="ignore"):
        out: Floats = np.where(defined, rates, 0.0).sum(axis=1) / count
    if drawn is None:
        return out
    apart = np.where(defined, rates - out[:, None], 0.0)[1:]
    few = int(count[0])
    if few == 1:
        # Nobody to compare with: as if there were a second one, as far away as can be.
        apart, few = defined[1:] * 1.0, 2
    out[1:] += (stretch((few,)) or 1.0) * (drawn * apart).sum(axis=1) / few
    return out
