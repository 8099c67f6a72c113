"""Whether answers hang on what was shown: scenes are exchanged, never single items.

Two questions about the answers to the items of a scene. Do they score better on their own scene
than on others of its stratum? And do they vary with what is true of the scene at all, rightly or
wrongly? Both are permutation tests over scenes within strata, with the observed order counted as
one of the permutations (p = (1 + as extreme) / (1 + drawn); Phipson and Smyth 2010).

Where the question itself tells something of its scene (which rows it is about), answers may go with
the truth though nothing was seen. There the same question is asked of other scenes: a scene may
take the place of another only where both questions could have been asked so, and orders are drawn
as likely as the questions would have been asked in them (a chain of swaps that starts where the
observed order could have ended; Besag and Clifford 1989, section 2: exact however long it is).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

PERMUTATIONS = 1999
# Of a power that is looked at: so many respondents are made, each tested with fewer permutations.
_TRIALS, _FEWER = 20, 399
# Rounds of swaps, each of half as many pairs as there are scenes.
_ROUNDS = 60
# Weights of constant answers below this are none.
_NEGLIGIBLE = 1e-3


@dataclass(frozen=True, slots=True)
class Advantage:
    """Mean score on own scenes and on the others of the stratum.

    ``low`` and ``high`` are the 95 % ends of the difference, over scenes; ``p_value`` is one-sided;
    ``n`` items can be scored on another scene.
    """

    own: float
    other: float
    low: float
    high: float
    p_value: float
    n: int

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


class Fits:
    """Which scenes may stand in the place of which, and orders in which every scene fits.

    Args:
        chances: (n, n): how likely the question about scene s would have been asked of scene t, up
            to a factor for each scene; 0 where it could not, more than 0 on the diagonal.
        seed: of the orders.
        stream: what they are for.

    Attributes:
        table: (n, n), whether it could.
        orders: (:data:`PERMUTATIONS`, n), drawn as often as their scenes' chances multiplied say.
    """

    def __init__(self, chances: Floats, seed: int, stream: str) -> None:
        self.table = chances > 0
        self.orders = _fitting(chances.tobytes(), len(chances), seed, stream)


# Runs over one set exchange the same scenes: where several are looked at, drawn once.
@lru_cache(maxsize=64)
def _fitting(chances: bytes, count: int, seed: int, stream: str) -> Places:
    """Orders in which every scene fits, not to be written into; see :class:`Fits`."""
    with np.errstate(divide="ignore"):
        log = np.log(np.frombuffer(chances))
    half = count // 2
    rounds = permutations(count, _ROUNDS, seed, f"pairs {stream}")
    name = int.from_bytes(f"swaps {stream}".encode(), "big")
    words = np.random.PCG64(np.random.SeedSequence([seed, name]))

    def swapped(orders: Places, pairs: Places) -> Places:
        """Orders as columns, so that a scene of all of them is one piece of memory."""
        first, second = pairs[:half], pairs[half : 2 * half]
        left, right = orders[first], orders[second]
        raw = words.random_raw(left.size).reshape(left.shape[::-1]).T.copy()
        drawn = (raw >> np.uint64(11)) * 2.0**-53
        of_first, of_second = first[:, None] * count, second[:, None] * count
        gain = log.take(of_first + right) + log.take(of_second + left)
        gain = gain - log.take(of_first + left) - log.take(of_second + right)
        # A swap is offered half of the time, so that no chain goes to and fro.
        may = 2 * drawn < np.exp(np.minimum(gain, 0.0))
        orders[first] = np.where(may, right, left)
        orders[second] = np.where(may, left, right)
        return orders

    start = np.arange(count, dtype=np.int64)[:, None]
    for pairs in rounds[::-1]:
        start = swapped(start, pairs)
    orders = np.repeat(start, PERMUTATIONS, axis=1)
    for pairs in rounds:
        orders = swapped(orders, pairs)
    found = np.ascontiguousarray(orders.T)
    found.flags.writeable = False
    return found


def _orders(
    fits: Mapping[str, Fits], stratum: str, size: int, drawn: int, seed: int, purpose: str
) -> Places:
    if stratum in fits:
        return fits[stratum].orders[:drawn]
    return permutations(size, drawn, seed, f"{purpose} {stratum}")


def advantage(
    scores: Mapping[str, Floats],
    items: Mapping[str, Floats],
    seed: int,
    fits: Mapping[str, Fits] | None = None,
) -> Advantage:
    """How much better answers score on their own scenes than on others of the stratum.

    Scenes that no other can be scored for are left out.

    Args:
        scores: stratum to (n, n) sums of scores, 0..1 an item: row s has the answers given to
            scene s, column t is the scene that they are scored on.
        items: likewise how many items each sum is over.
        seed: of the permutations.
        fits: of the strata whose questions tell of their scenes; ``items`` is 0 where one does not
            fit.
    """
    apart: list[Floats] = []
    own = other = weight = 0.0
    for name, table in scores.items():
        size = len(table)
        held = items[name].diagonal()
        beside = table.sum(axis=1) - table.diagonal()
        asked = items[name].sum(axis=1) - held
        rate = np.divide(beside, asked, out=np.zeros(size), where=asked > 0)
        usable = (asked > 0) & (held > 0)
        own += float(table.diagonal()[usable].sum())
        other += float((rate * held)[usable].sum())
        weight += float(held[usable].sum())
        apart.append((table.diagonal() - rate * held)[usable])
    p_value = any_shows([exchanged(scores, items, seed, fits)])
    mean, found = other / max(weight, 1.0), own / max(weight, 1.0)
    each = np.concatenate(apart) if apart else np.zeros(0)
    clusters = len(each)
    per_scene = weight / max(clusters, 1)
    spread = float(each.std(ddof=1)) if clusters > 1 else 0.0
    z = NormalDist().inv_cdf(0.975)
    reach = z * spread / max(clusters, 1) ** 0.5 / max(per_scene, 1e-9)
    if spread == 0.0:
        # What no scene shows may yet be in some: (1 - p) ** n = 0.025 at the bound.
        reach = 1 - 0.025 ** (1 / max(clusters, 1))
    difference = found - mean
    return Advantage(found, mean, difference - reach, difference + reach, p_value, round(weight))


def advantage_power(
    scores: Mapping[str, Floats],
    true: Mapping[str, Floats],
    items: Mapping[str, Floats],
    share: float,
    seed: int,
    level: float,
    fits: Mapping[str, Fits] | None = None,
) -> float:
    """How often an advantage would show if so many scenes were looked at (:data:`_TRIALS` trials).

    Args:
        scores: as in :func:`advantage`.
        true: likewise of the true answers, which those of looked-at scenes are replaced by.
        items: as in :func:`advantage`.
        share: of scenes that are looked at.
        seed: of the permutations.
        level: of the test.
        fits: as in :func:`advantage`.
    """
    found = 0
    for k in range(_TRIALS):
        planted = {name: table.copy() for name, table in scores.items()}
        for name, table in planted.items():
            seen = _seen(len(table), share, seed + 1 + k, name)
            table[seen] = true[name][seen]
        rates = exchanged(planted, items, seed + 1 + k, fits, _FEWER)
        found += any_shows([rates]) <= level
    return found / _TRIALS


def exchanged(
    scores: Mapping[str, Floats],
    items: Mapping[str, Floats],
    seed: int,
    fits: Mapping[str, Fits] | None = None,
    drawn: int = PERMUTATIONS,
) -> Floats:
    """Mean scores with scenes in their own order, and in ``drawn`` others, (1 + drawn,).

    Args:
        scores: as in :func:`advantage`, and so all the others.
        items: how many items each sum is over.
        seed: of the permutations.
        fits: of strata whose questions tell of their scenes.
        drawn: how many permutations.
    """
    summed, counted = np.zeros(1 + drawn), np.zeros(1 + drawn)
    for name, table in scores.items():
        rows = np.arange(len(table))
        order = _orders(fits or {}, name, len(table), drawn, seed, "own")
        order = np.vstack([rows, order])
        summed += table[rows, order].sum(axis=1)
        counted += items[name][rows, order].sum(axis=1)
    return np.divide(summed, counted, out=np.zeros(1 + drawn), where=counted > 0)


def any_shows(tests: Sequence[Floats]) -> float:
    """How often the most striking of some statistics, or their sum, is so in another order.

    One p-value for all of them, at its level whatever they have in common (the largest statistic,
    permuted; Westfall and Young 1993, section 2.5), which costs less than Bonferroni where they
    are alike. Sums of squares and small shares lean to the right; their cube roots hardly do
    (Wilson and Hilferty 1931), so that each has about the same chance to be the largest.

    Args:
        tests: (1 + drawn,) each, 0 or more: the observed one first, then in every other order.
    """
    if len(tests) == 1:
        (largest,) = tests
    else:
        each = _standard(np.cbrt(np.maximum(np.stack(tests), 0.0)))
        # What shows a little in all of them shows in their sum.
        largest = np.vstack([each, _standard(each.sum(axis=0, keepdims=True))]).max(axis=0)
    least = largest[0] - 1e-9 * max(abs(float(largest[0])), 1e-3)
    return int((largest >= least).sum()) / len(largest)


def _standard(rows: Floats) -> Floats:
    """Rows of mean 0 and standard deviation 1; of 0 where they do not vary."""
    spread = rows.std(axis=1, keepdims=True)
    apart = rows - rows.mean(axis=1, keepdims=True)
    out: Floats = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 1e-12)
    return out


def _seen(size: int, share: float, seed: int, stratum: str) -> Places:
    """Some of the scenes of a stratum."""
    order: Places = permutations(size, 1, seed, f"seen {stratum}")[0]
    return order[: round(share * size)]


class Dependence:
    """Whether answers vary with their scenes: summed squared correlations of traits, permuted.

    A trait is a number that an answer has (how many cells, where they lie). Those of the answers
    and those of the true answers are correlated each with each, so an answer that is wrong in a
    constant way (counted from 0, rows for columns) still shows that the scene was looked at. Where
    a question tells of its scene, what its true answers over all scenes that fit it have in common
    is taken out of both. Traits are ranked: no answer is an outlier.

    Args:
        strata: (n,) stratum of each row.
        kinds: (n,) kind of question of each row; traits are compared within stratum and kind.
        scenes: (n,) what is permuted within strata.
        answers: (n, d) traits of the answers.
        truths: (n, e) traits of the true answers.
        fits: of the strata whose questions tell of their scenes; such a one has one kind.
        elsewhere: of these strata (m, m, e): traits of the true answer to the question about scene
            s, were it asked of t; anything where t does not fit.
    """

    def __init__(
        self,
        strata: Sequence[str],
        kinds: Sequence[str],
        scenes: Sequence[str],
        answers: Floats,
        truths: Floats,
        fits: Mapping[str, Fits] | None = None,
        elsewhere: Mapping[str, Floats] | None = None,
    ) -> None:
        self._fits = fits or {}
        rows: dict[str, dict[str, dict[str, int]]] = {}
        for place, (stratum, kind, scene) in enumerate(zip(strata, kinds, scenes, strict=True)):
            rows.setdefault(stratum, {}).setdefault(kind, {}).setdefault(scene, place)
        of_kind: dict[str, list[int]] = {}
        for place, kind in enumerate(kinds):
            of_kind.setdefault(kind, []).append(place)
        first, second = (np.zeros_like(table) for table in (answers, truths))
        usual = np.zeros_like(truths)
        moved: dict[str, Floats] = {}
        for kind, chosen in of_kind.items():
            second[chosen] = _ranked(truths[chosen])
            for stratum in dict.fromkeys(strata[place] for place in chosen):
                if stratum in self._fits:
                    held = list(rows[stratum][kind].values())
                    there = _placed((elsewhere or {})[stratum], truths[chosen])
                    weight = self._fits[stratum].table[:, :, None] + 0.0
                    usual[held] = (there * weight).sum(axis=1) / weight.sum(axis=1)
                    moved[stratum] = (there - usual[held][:, None]) * weight
            first[chosen] = _rest(_ranked(answers[chosen]), usual[chosen])
        self._blocks: list[tuple[str, Places, list[tuple[Floats, Floats]]]] = []
        for stratum, by_kind in rows.items():
            known = list(dict.fromkeys(scene for found in by_kind.values() for scene in found))
            place_of = {scene: place for place, scene in enumerate(known)}
            pairs = []
            for found in by_kind.values():
                own, true = (np.zeros((len(known), t.shape[1])) for t in (first, second))
                at = [place_of[scene] for scene in found]
                chosen_rows = list(found.values())
                own[at] = _scaled(first[chosen_rows])
                if stratum in moved:
                    true = _scaled(moved[stratum], centred=True)
                else:
                    true[at] = _scaled(second[chosen_rows])
                pairs.append((own, true))
            self._blocks.append((stratum, np.arange(len(known)), pairs))

    def p_value(self, seed: int, drawn: int = PERMUTATIONS, planted: float = 0.0) -> float:
        """How often scenes in another order go as well with the answers (:meth:`exchanged`)."""
        return any_shows([self.exchanged(seed, drawn, planted)])

    def exchanged(self, seed: int, drawn: int = PERMUTATIONS, planted: float = 0.0) -> Floats:
        """How well scenes go with the answers in their own order, and in others, (1 + drawn,).

        Args:
            seed: of the permutations.
            drawn: how many.
            planted: share of scenes whose answers are replaced by the true ones.
        """
        total = np.zeros(1 + drawn)
        for stratum, places, pairs in self._blocks:
            size = len(places)
            order = _orders(self._fits, stratum, size, drawn, seed, "with")
            seen = _seen(size, planted, seed, stratum)
            for own, true in pairs:
                given = own
                if planted:
                    # Of another number of traits than the answers, in the general case.
                    width = min(own.shape[1], true.shape[-1])
                    given = own.copy()
                    right = true if true.ndim == 2 else true[places, places]
                    given[seen, :width] = right[seen, :width]
                    given = _scaled(given)
                total += _exchanged(given, true, np.vstack([places, order]))
        return total


def dependence_power(tests: Sequence[Dependence], share: float, seed: int, level: float) -> float:
    """How often any of some tests would show that so many scenes were looked at.

    Args:
        tests: of which one p-value is made (:func:`any_shows`).
        share: of scenes whose answers are replaced by the true ones (:data:`_TRIALS` trials).
        seed: of the permutations.
        level: of the p-value.
    """
    found = 0
    for k in range(_TRIALS):
        planted = [one.exchanged(seed + 1 + k, _FEWER, share) for one in tests]
        found += any_shows(planted) <= level
    return found / _TRIALS


def _exchanged(own: Floats, true: Floats, order: Places) -> Floats:
    """Summed squares of ``own.T @ true`` with the scenes of the second in each order."""
    size, traits = own.shape
    if true.ndim == 3:
        there = true[np.arange(size), order]
        both: Floats = np.square(np.einsum("sd,pse->pde", own, there)).sum(axis=(1, 2))
        return both
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


def _placed(values: Floats, among: Floats) -> Floats:
    """Mean ranks of further values among those of a table, column by column, from 0 to 1."""
    out = np.empty(values.shape)
    for column in range(values.shape[-1]):
        known = np.sort(among[:, column])
        ends = [np.searchsorted(known, values[..., column], side) for side in ("left", "right")]
        out[..., column] = (ends[0] + ends[1] - 1) / 2 / max(len(known) - 1, 1)
    return out


def _rest(table: Floats, usual: Floats) -> Floats:
    """What a straight line in what is usual leaves; all of it where there are few rows."""
    columns = [c for c in usual.T if c.std() > 1e-12]
    if not columns or len(table) < 10 * len(columns):
        centred: Floats = table - table.mean(axis=0)
        return centred
    design = np.column_stack([np.ones(len(table)), *columns])
    rest: Floats = table - design @ np.linalg.lstsq(design, table, rcond=None)[0]
    return rest


def _scaled(table: Floats, *, centred: bool = False) -> Floats:
    """Columns of mean 0; those that vary weigh the same, and all of them 1 together."""
    axes = tuple(range(table.ndim - 1))
    table = table if centred else table - table.mean(axis=0)
    spread = np.sqrt(np.square(table).mean(axis=axes))
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
