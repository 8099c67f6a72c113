"""Whether answers hang on what was shown: scenes are exchanged, never single items.

Two questions about the answers to the items of a scene. Do they score better on their own scene
than on others of its stratum? And do they vary with what is true of the scene at all, rightly or
wrongly? Both are permutation tests over scenes within strata, with the observed order counted as
one of the permutations (p = (1 + as extreme) / (1 + drawn); Phipson and Smyth 2010).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

PERMUTATIONS = 499
# Of a power that is looked at: so many respondents are made, each tested with fewer permutations.
_TRIALS, _FEWER = 20, 99
# Weights of constant answers below this are none.
_NEGLIGIBLE = 1e-3


@dataclass(frozen=True, slots=True)
class Advantage:
    """Mean score on own scenes and on the others of the stratum.

    ``low`` and ``high`` are the 95 % ends of the difference, over scenes; ``p_value`` is one-sided.
    """

    own: float
    other: float
    low: float
    high: float
    p_value: float

    @property
    def value(self) -> float:
        """How much better answers score on their own scenes."""
        return self.own - self.other


def permutations(count: int, drawn: int, seed: int, stream: str) -> Places:
    """Permutations of 0..count-1, (drawn, count); the same for the same arguments everywhere.

    Made by sorting raw PCG64 words, because methods of ``Generator`` may change (NEP 19).
    """
    name = int.from_bytes(stream.encode(), "big")
    words = np.random.PCG64(np.random.SeedSequence([seed, name])).random_raw(drawn * count)
    return words.reshape(drawn, count).argsort(axis=1, kind="stable").astype(np.int64)


def advantage(scores: Mapping[str, Floats], items: Mapping[str, Floats], seed: int) -> Advantage:
    """How much better answers score on their own scenes than on others of the stratum.

    Args:
        scores: stratum to (n, n) sums of scores, 0..1 an item: row s has the answers given to
            scene s, column t is the scene that they are scored on.
        items: likewise how many items each sum is over.
        seed: of the permutations.
    """
    n = sum(float(np.trace(table)) for table in items.values())
    apart: list[Floats] = []
    other = weight = 0.0
    for name, table in scores.items():
        size = len(table)
        held = items[name].diagonal()
        beside = table.sum(axis=1) - table.diagonal()
        asked = items[name].sum(axis=1) - held
        rate = np.divide(beside, asked, out=np.zeros(size), where=asked > 0)
        usable = (asked > 0) & (held > 0)
        other += float((rate * held)[usable].sum())
        weight += float(held[usable].sum())
        apart.append((table.diagonal() - rate * held)[usable])
    found, p_value = _own(scores, items, seed)
    mean = other / max(weight, 1.0)
    each = np.concatenate(apart) if apart else np.zeros(0)
    clusters = len(each)
    per_scene = n / max(clusters, 1)
    spread = float(each.std(ddof=1)) if clusters > 1 else 0.0
    z = NormalDist().inv_cdf(0.975)
    reach = z * spread / max(clusters, 1) ** 0.5 / max(per_scene, 1e-9)
    if spread == 0.0:
        # What no scene shows may yet be in some: (1 - p) ** n = 0.025 at the bound.
        reach = 1 - 0.025 ** (1 / max(clusters, 1))
    difference = found - mean
    return Advantage(found, mean, difference - reach, difference + reach, p_value)


def advantage_power(
    scores: Mapping[str, Floats],
    true: Mapping[str, Floats],
    items: Mapping[str, Floats],
    share: float,
    seed: int,
    level: float,
) -> float:
    """How often an advantage would show if so many scenes were looked at (:data:`_TRIALS` trials).

    Args:
        scores: as in :func:`advantage`.
        true: likewise of the true answers, which those of looked-at scenes are replaced by.
        items: as in :func:`advantage`.
        share: of scenes that are looked at.
        seed: of the permutations.
        level: of the test.
    """
    found = 0
    for k in range(_TRIALS):
        planted = {name: table.copy() for name, table in scores.items()}
        for name, table in planted.items():
            seen = _seen(len(table), share, seed + 1 + k, name)
            table[seen] = true[name][seen]
        found += _own(planted, items, seed + 1 + k, _FEWER)[1] <= level
    return found / _TRIALS


def _own(
    scores: Mapping[str, Floats], items: Mapping[str, Floats], seed: int, drawn: int = PERMUTATIONS
) -> tuple[float, float]:
    """Mean score on own scenes, and how often scenes in another order score as well."""
    own = sum(float(np.trace(table)) for table in scores.values())
    n = sum(float(np.trace(table)) for table in items.values())
    summed, counted = np.zeros(drawn), np.zeros(drawn)
    for name, table in scores.items():
        order = permutations(len(table), drawn, seed, f"own {name}")
        rows = np.arange(len(table))
        summed += table[rows, order].sum(axis=1)
        counted += items[name][rows, order].sum(axis=1)
    found = own / max(n, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = np.where(counted > 0, summed / counted, 0.0)
    return found, (1 + int((rates >= found - 1e-12).sum())) / (1 + drawn)


def _seen(size: int, share: float, seed: int, stratum: str) -> Places:
    """Some of the scenes of a stratum."""
    order: Places = permutations(size, 1, seed, f"seen {stratum}")[0]
    return order[: round(share * size)]


class Dependence:
    """Whether answers vary with their scenes: summed squared correlations of traits, permuted.

    A trait is a number that an answer has (how many cells, where they lie). Those of the answers
    and those of the true answers are correlated each with each, so an answer that is wrong in a
    constant way (counted from 0, rows for columns) still shows that the scene was looked at. What
    the question alone tells is regressed out of both. Traits are ranked: no answer is an outlier.

    Args:
        strata: (n,) stratum of each row.
        kinds: (n,) kind of question of each row; traits are compared within stratum and kind.
        scenes: (n,) what is permuted within strata.
        answers: (n, d) traits of the answers.
        truths: (n, e) traits of the true answers.
        told: (n, f) what the question tells.
    """

    def __init__(
        self,
        strata: Sequence[str],
        kinds: Sequence[str],
        scenes: Sequence[str],
        answers: Floats,
        truths: Floats,
        told: Floats,
    ) -> None:
        rows: dict[str, dict[str, dict[str, int]]] = {}
        for place, (stratum, kind, scene) in enumerate(zip(strata, kinds, scenes, strict=True)):
            rows.setdefault(stratum, {}).setdefault(kind, {}).setdefault(scene, place)
        of_kind = np.array(kinds)
        first, second = (np.zeros_like(table) for table in (answers, truths))
        for kind in dict.fromkeys(kinds):
            chosen = of_kind == kind
            for table, out in ((answers, first), (truths, second)):
                out[chosen] = _rest(_ranked(table[chosen]), told[chosen])
        self._blocks: list[tuple[str, Places, list[tuple[Floats, Floats]]]] = []
        for stratum, by_kind in rows.items():
            known = list(dict.fromkeys(scene for found in by_kind.values() for scene in found))
            place_of = {scene: place for place, scene in enumerate(known)}
            pairs = []
            for found in by_kind.values():
                own, true = (np.zeros((len(known), t.shape[1])) for t in (first, second))
                at = [place_of[scene] for scene in found]
                chosen_rows = list(found.values())
                own[at], true[at] = _scaled(first[chosen_rows]), _scaled(second[chosen_rows])
                pairs.append((own, true))
            self._blocks.append((stratum, np.arange(len(known)), pairs))

    @property
    def scenes(self) -> int:
        """How many there are."""
        return sum(len(places) for _, places, _ in self._blocks)

    def p_value(self, seed: int, drawn: int = PERMUTATIONS, planted: float = 0.0) -> float:
        """How often scenes in another order go as well with the answers.

        Args:
            seed: of the permutations.
            drawn: how many.
            planted: share of scenes whose answers are replaced by the true ones.
        """
        total, others = 0.0, np.zeros(drawn)
        for stratum, places, pairs in self._blocks:
            size = len(places)
            order = permutations(size, drawn, seed, f"with {stratum}")
            seen = _seen(size, planted, seed, stratum)
            for own, true in pairs:
                given = own
                if planted:
                    # Of another number of traits than the answers, in the general case.
                    width = min(own.shape[1], true.shape[1])
                    given = own.copy()
                    given[seen, :width] = true[seen, :width]
                    given = _scaled(given)
                found = _exchanged(given, true, np.vstack([places, order]))
                total, others = total + float(found[0]), others + found[1:]
        return (1 + int((others >= total - 1e-9 * max(abs(total), 1.0)).sum())) / (1 + drawn)

    def power(self, share: float, seed: int, level: float) -> float:
        """How often it would show that so many scenes were looked at (:data:`_TRIALS` trials)."""
        found = [self.p_value(seed + 1 + k, _FEWER, share) <= level for k in range(_TRIALS)]
        return sum(found) / _TRIALS


def _exchanged(own: Floats, true: Floats, order: Places) -> Floats:
    """Summed squares of ``own.T @ true`` with the scenes of the second in each order."""
    size, traits = own.shape
    out = np.empty(len(order))
    if traits * true.shape[1] > size:
        # The same sum over pairs of scenes.
        near, flat = (own @ own.T).ravel(), (true @ true.T).ravel()
        step = max(1, 2**20 // (size * size))
        for start in range(0, len(order), step):
            part = order[start : start + step]
            places = part[:, :, None] * size + part[:, None, :]
            out[start : start + step] = flat[places].reshape(len(part), -1) @ near
        return out
    found: Floats = np.square(own.T @ true[order]).sum(axis=(1, 2))
    return found


def _ranked(table: Floats) -> Floats:
    """Mean ranks of every column, from 0 to 1."""
    rows = np.arange(len(table))[:, None]
    order = table.argsort(axis=0)
    sorted_ = np.take_along_axis(table, order, axis=0)
    new = np.ones((len(table) + 1, table.shape[1]), bool)
    new[1:-1] = sorted_[1:] != sorted_[:-1]
    first = np.maximum.accumulate(np.where(new[:-1], rows, 0), axis=0)
    last = np.minimum.accumulate(np.where(new[1:], rows, len(table))[::-1], axis=0)[::-1]
    out = np.empty(table.shape)
    np.put_along_axis(out, order, (first + last) / 2 / max(len(table) - 1, 1), axis=0)
    return out


def _rest(table: Floats, told: Floats) -> Floats:
    """What a straight line in what was told leaves; all of it where there are few rows."""
    columns = [c for c in told.T if c.std() > 1e-12]
    if not columns or len(table) < 10 * len(columns):
        centred: Floats = table - table.mean(axis=0)
        return centred
    design = np.column_stack([np.ones(len(table)), *columns])
    rest: Floats = table - design @ np.linalg.lstsq(design, table, rcond=None)[0]
    return rest


def _scaled(table: Floats) -> Floats:
    """Columns of mean 0; those that vary weigh the same, and all of them 1 together."""
    table = table - table.mean(axis=0)
    spread = table.std(axis=0)
    out = np.divide(table, spread, out=np.zeros_like(table), where=spread > 1e-9)
    whole: Floats = out / max(1.0, float((spread > 1e-9).sum())) ** 0.5
    return whole


# ---- chance


@dataclass(frozen=True, slots=True)
class Constants:
    """The best constant answers to items of one kind, chosen without their own scene.

    Args:
        scores: (candidates, items) what each candidate scores on the items it is chosen by.
        scenes: (items,) whose items these are.
        holders: for each candidate the scenes that it was taken from.
        left_out: whether the items to be answered are among these.
    """

    scores: Floats
    scenes: Sequence[Hashable]
    holders: Sequence[frozenset[Hashable]]
    left_out: bool

    def chosen(self, scene: Hashable) -> dict[int, float]:
        """How much each candidate counts that one may answer an item of ``scene`` with.

        Places of candidates to weights that add up to 1, the best first; the mean over them is the
        estimate. A candidate counts the less the surer it is worse than the best, by
        ``exp(-3 d ** 2 / (a + b))`` for totals a and b that are d apart, whose difference has about
        the variance a + b: at two standard errors next to nothing. Were the best alone taken,
        leaving a scene out would point away from its own answer wherever two are nearly as common.
        """
        totals = self.scores.sum(axis=1)
        if self.left_out:
            own = np.array([other == scene for other in self.scenes], bool)
            totals = totals - self.scores[:, own].sum(axis=1)
            foreign = np.array([holders != {scene} for holders in self.holders], bool)
            totals = np.where(foreign, totals, -np.inf)
        best = float(totals.max(initial=-np.inf))
        if not np.isfinite(best):
            return {}
        weights = np.exp(-3 * (best - totals) ** 2 / np.maximum(best + totals, 1e-9))
        weights = np.where(np.isfinite(totals), weights, 0.0)
        weights = np.where(weights < _NEGLIGIBLE, 0.0, weights)
        weights = weights / weights.sum()
        order = np.argsort(-totals, kind="stable")
        return {int(k): float(weights[k]) for k in order if weights[k] > 0}
