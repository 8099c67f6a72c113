"""Measured values with their resamples, and the intervals read off them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bounds = tuple[float | None, float | None]
LEVEL = 0.95
# Resampled sums are float32, whose last digits depend on the machine; what is shown does not.
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Samples:
    """A quantity: ``values[0]`` as measured, ``values[1:]`` in the resamples (NaN: undefined).

    ``n`` counts the items behind the measured value. ``trials`` counts the independent scenes
    behind a share, a mean of shares or a difference of two such, however often each scene was
    asked about, for :func:`estimates`; None for other quantities. ``terms`` are what a difference
    was made of. ``parts`` are what a mean was made of, kept where no resample of some of them
    varies, each with two resamples that vary as much as all; ``weights`` what each adds to the
    mean if each is about scenes of its own (strata), empty if all are about the same (templates).
    ``sizes`` are the scenes of each stratum that resamples are drawn in, empty where they are not
    known.
    """

    values: Floats
    n: int
    trials: float | None = None
    terms: tuple[Samples, Samples] | None = None
    parts: tuple[Samples, ...] = ()
    weights: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()


def rate(
    numerator: Floats, denominator: Floats, clusters: int | Sequence[int] | None = None
) -> Samples:
    """Quotient of two sums, undefined where nothing was counted; n is the denominator.

    Args:
        numerator: (1 + resamples,), measured total first.
        denominator: the same shape.
        clusters: that the items come from, for a quantity within 0..1, or those of each stratum;
            where they are not known one by one, the most it can be.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(denominator > 0, numerator / denominator, np.nan)
    n = int(denominator[0])
    if clusters is None:
        return Samples(values, n)
    each = (clusters,) if isinstance(clusters, int) else clusters
    trials = min(n, sum(each))
    sizes = (trials,) if len(each) == 1 else tuple(each)
    return Samples(values, n, trials, sizes=tuple(size for size in sizes if size))


def mean(parts: Sequence[Samples], *, shared: bool = False) -> Samples:
    """Unweighted mean over the parts that are defined (macro average); n adds up.

    Args:
        parts: figures to average.
        shared: the parts are about the same clusters (templates over the same scenes), not each
            about its own (subsets). Then ``trials`` are the fewest of a part: the same scenes
            asked five times are no more scenes. Else they are those of one sample whose mean
            would vary as much.
    """
    if len(parts) == 1:
        return parts[0]  # which knows what it is made of
    total = np.zeros(len(parts[0].values)) if parts else np.full(1, np.nan)
    count = np.zeros_like(total)
    for part in parts:
        defined = ~np.isnan(part.values)
        total = total + np.where(defined, part.values, 0.0)
        count = count + defined
    with np.errstate(invalid="ignore"):
        values = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    counted = [part for part in parts if part.n]
    found = Samples(
        values,
        sum(part.n for part in parts),
        _together(counted, shared),
        sizes=_drawn_in(counted, shared),
    )
    return made_of(found, counted, () if shared else [1 / max(len(counted), 1)] * len(counted))


def crossed(table: Sequence[Sequence[Samples]]) -> Samples:
    """Mean over the rows (templates) of their means over the columns (strata); n adds up.

    All rows are about the same clusters, so what a stratum says is the mean of its column: where
    that varies in no resample, it hides as much as in a mean over strata of one row.

    Args:
        table: a share of each row in each stratum; undefined ones count in no mean.
    """
    found = mean([mean(row) for row in table], shared=True)
    measured_in = [sum(part.n > 0 for part in row) for row in table]
    rows = sum(count > 0 for count in measured_in)
    if rows < 2 or _constant(found):
        return found
    strata = []
    for column in zip(*table, strict=True):
        own = [
            (1 / (rows * count), part)
            for count, part in zip(measured_in, column, strict=True)
            if part.n
        ]
        if not own:
            continue
        counts = np.sum([weight * ~np.isnan(part.values) for weight, part in own], axis=0)
        added = np.sum([weight * np.nan_to_num(part.values) for weight, part in own], axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(counts > 0, added / counts, np.nan)
        parts = [part for _, part in own]
        of_stratum = Samples(values, sum(part.n for part in parts), _together(parts, True))
        strata.append((sum(weight for weight, _ in own), of_stratum))
    return made_of(found, [part for _, part in strata], [weight for weight, _ in strata])


def made_of(whole: Samples, parts: Sequence[Samples], weights: Sequence[float] = ()) -> Samples:
    """A mean that knows its parts, where these are shares and some do not vary in resamples.

    Args:
        whole: the mean of the parts.
        parts: shares, each measured.
        weights: what each adds to the mean if each is about scenes of its own; empty if all are
            about the same scenes.
    """
    known = len(parts) > 1 and all(part.trials and part.terms is None for part in parts)
    if not known or not (any if weights else all)(map(_constant, parts)):
        return whole
    return replace(whole, parts=tuple(map(_light, parts)), weights=tuple(weights))


def with_values(part: Samples, values: Floats) -> Samples:
    """Another quantity about the same scenes; what ``part`` was a mean of is not what it is of."""
    return replace(part, values=values, parts=(), weights=())


def variance(values: NDArray[Any]) -> float:
    """Of what is defined; nan, without a word of numpy's, where nothing is."""
    return float(np.nanvar(values)) if not np.isnan(values).all() else np.nan


def _light(part: Samples) -> Samples:
    value, spread = part.values[0], float(np.sqrt(variance(part.values[1:])))
    return replace(part, values=np.array([value, value - spread, value + spread]))


def _together(parts: Sequence[Samples], shared: bool) -> float | None:
    """Independent trials behind a mean of shares; None where those of a part are not known."""
    known = [part.trials for part in parts if part.trials and part.terms is None]
    if not known or len(known) < len(parts):
        return None
    return min(known) if shared else len(known) ** 2 / sum(1 / trials for trials in known)


def _drawn_in(parts: Sequence[Samples], shared: bool) -> tuple[int, ...]:
    """Scenes by stratum behind a mean; those of the part that has fewest if all share them."""
    if not all(part.sizes for part in parts):
        return ()
    if shared:
        return min((part.sizes for part in parts), key=sum, default=())
    return tuple(size for part in parts for size in part.sizes)


def within_strata(whole: Samples, strata: Callable[[], Sequence[Samples]]) -> Samples:
    """A share of all items that knows those of the strata, where it does not vary in resamples.

    Args:
        whole: over the items of all strata.
        strata: makes the same share of each stratum's items; called only where it is asked for.
    """
    if not 0 < whole.values[0] < 1 or not _constant(whole):
        return whole
    parts = [part for part in strata() if part.n]
    n = sum(part.n for part in parts)
    return made_of(whole, parts, [part.n / n for part in parts])


def difference(first: Samples, second: Samples) -> Samples:
    """``first - second`` within each resample, so that what they share cancels; n adds up."""
    n = first.n + second.n if first.n and second.n else 0
    trials = min(first.trials, second.trials) if first.trials and second.trials else None
    sizes = _drawn_in((first, second), shared=True)
    return Samples(first.values - second.values, n, trials, (first, second), sizes=sizes)


def of_chances(part: Samples) -> Samples:
    """A share made of chances to pass, or a difference of such, as sure as if it had been drawn.

    Chances vary less over scenes than what is drawn with them: resamples are set apart as far as
    those of outcomes of ``trials`` scenes would lie.
    """
    if part.terms is not None:
        return difference(*map(of_chances, part.terms))
    value, apart = float(part.values[0]), part.values[1:] - part.values[0]
    if not part.trials or not 0 < value < 1 or not len(apart):
        return part
    least, found = value * (1 - value) / part.trials, variance(apart)
    if found >= least:
        return part
    apart = (
        apart * (least / found) ** 0.5
        if found > 0
        else least**0.5 * np.resize([-1.0, 1.0], len(apart))
    )
    values = np.concatenate([part.values[:1], np.clip(value + apart, 0.0, 1.0)])
    return with_values(part, values)


def complement(part: Samples) -> Samples:
    """``1 - part``."""
    parts = tuple(map(complement, part.parts))
    return replace(part, values=1 - part.values, terms=None, parts=parts)


def estimates(tree: Any, level: float = LEVEL) -> Any:
    """Replace every :class:`Samples` in nested dicts by ``{"value", "low", "high", "n"}``.

    A share (``trials``, no ``terms``) gets Wilson's score interval (Wilson 1927, JASA 22:209) at
    the number of independent trials whose variance is that of the resamples: percentiles are too
    short near 0 and 1 (docs/statistics.md has the coverage of both). Where some strata of a mean do
    not vary, it reaches at least as far as the bounds of its strata do together: Wilson's of those
    that vary, and what the others can hide. Anything else gets percentiles over the resamples in
    which it is defined. Where one term of a difference does not vary, or some strata of it do not,
    what these can hide is added to them as another variance. Either is as much longer as resamples
    of so few scenes are too short (:func:`stretch`); where too many scenes stand alone in their
    stratum for them to tell, it is as long as that of the most that so many scenes can vary. Where
    the resamples do not vary, every scene (of a stratum) says the same, and they cannot tell how
    sure the value is. Bounds then come from the scenes that might do otherwise: none of N did, so
    less than ``r = 1 - ((1 - level) / 2) ** (1 / N)`` of all do (Clopper and Pearson 1934), each of
    which moves a quantity to the end of its range at most:

    - a share, N its ``trials``: ``v (1 - r)`` to ``v + (1 - v) r``, exact for 0 and 1;
    - a mean of such shares of strata that all are v: likewise with the r that is the most that
      the strata together can hide at that level, however it is divided among them;
    - a mean of such shares of strata that differ: on either side the further of two bounds.
      Clopper's and Pearson's of v at ``trials``, which holds however the strata differ where they
      are equally large (Hoeffding 1956, Ann. Math. Stat. 27:713), and that of variances recovered
      from the bounds of the strata, ``v - sqrt(sum (w_k (v_k - low_k)) ** 2)`` (Zou and Donner
      2008, Stat. Med. 27:1693), which holds where they are not;
    - a mean over the same scenes (templates): the mean of the bounds of its parts (conservative);
    - a difference of two of these: the extremes of their bounds (conservative);
    - a difference whose terms vary together, N its ``trials``: as a share, from -1 to 1.

    Anything else gets no interval. All three are None where nothing was measured, ``low`` and
    ``high`` where there are no resamples.
    """
    leaves: list[Samples] = []
    _collect(tree, leaves)
    scores = [_score(leaf, level) for leaf in leaves]
    rest = [leaf.values[1:] for leaf, score in zip(leaves, scores, strict=True) if score is None]
    found = iter(_percentiles(rest, level))
    bounds = [
        _longer(leaf, next(found), level) if score is None else score
        for leaf, score in zip(leaves, scores, strict=True)
    ]
    checked = [_vary(*pair, level) for pair in zip(leaves, bounds, strict=True)]
    return _replace(tree, iter(zip(leaves, checked, strict=True)))


def _score(leaf: Samples, level: float) -> Bounds | None:
    """Wilson's interval of a share that varies; None for anything else."""
    value = float(leaf.values[0])
    drawn = leaf.values[1:]
    if leaf.trials is None or leaf.terms or not 0 < value < 1 or np.isnan(drawn).all():
        return None
    found = variance(drawn)
    if found <= 0:
        return None
    longer = stretch(leaf.sizes, level)
    if longer is None:
        found, longer = max(found, value * (1 - value) / leaf.trials), 1.0
    mixed = bool(leaf.weights) and not _constant(leaf)
    if mixed:
        # Where a stratum is not defined in some resamples, the whole varies by more than its parts.
        parts = zip(leaf.weights, leaf.parts, strict=True)
        found = max(found, sum(w**2 * float(np.var(part.values[1:])) for w, part in parts))
    # z**2 / trials, the only thing that Wilson's formula asks of them.
    z = NormalDist().inv_cdf(0.5 + level / 2) * longer
    weight = z**2 * found / (value * (1 - value))
    middle = (value + weight / 2) / (1 + weight)
    reach = (weight * (value * (1 - value) + weight / 4)) ** 0.5 / (1 + weight)
    low, high = middle - reach, middle + reach
    if mixed:
        below, above = _recovered(leaf, level)
        low, high = min(low, value - below), max(high, value + above)
    return round(max(low, 0.0), DECIMALS), round(min(high, 1.0), DECIMALS)


@lru_cache(maxsize=4096)
def stretch(sizes: tuple[int, ...], level: float = LEVEL) -> float | None:
    """How much longer than its resamples say an interval must be, for scenes being few.

    n scenes drawn again vary by ``(n - 1) / n`` of what they should, and what they show of the
    spread is read off Student's t (Hesterberg 2015, Am. Stat. 69:371).

    Args:
        sizes: scenes of each stratum; none where they are not known, which changes nothing.
        level: of the interval.

    Returns:
        A factor of at least 1; None where too many scenes stand alone (:func:`short`).
    """
    from scipy.special import stdtrit

    if not sizes:
        return 1.0
    if not (few := short(sizes)):
        return None
    tail = 0.5 + level / 2
    free = sum(sizes) - len(sizes)
    return float(few**0.5 * stdtrit(free, tail) / NormalDist().inv_cdf(tail))


def short(sizes: Sequence[int]) -> float:
    """By how much resamples of so many scenes a stratum vary too little; 0: nobody can tell.

    A stratum of one scene never varies; where more than a tenth of the scenes stand alone, what is
    seen of the spread is no measure of it.
    """
    found = np.asarray(sizes, np.float64)
    if 10 * (found < 2).sum() >= found.sum():
        return 0.0
    return float((found**2 / np.maximum(found - 1, 0.5)).sum() / found.sum())


def _longer(leaf: Samples, bounds: Bounds, level: float) -> Bounds:
    """Percentiles of a quantity that varies, as long as its scenes are few."""
    low, high = bounds
    value = float(leaf.values[0])
    if low is None or high is None or high <= low or np.isnan(value):
        return bounds
    below, above = max(value - low, 0.0), max(high - value, 0.0)
    longer = stretch(leaf.sizes, level)
    least, most = _range(leaf)
    if longer is None and leaf.trials:
        # No quantity within bounds varies more than one that is at either of them.
        spread = max((value - least) * (most - value), 0.0) / leaf.trials
        reach = NormalDist().inv_cdf(0.5 + level / 2) * spread**0.5
        below, above = max(below, reach), max(above, reach)
    elif longer is not None:
        below, above = below * longer, above * longer
    if leaf.terms is not None:
        below, above = np.hypot((below, above), _hides(leaf, level)).tolist()
    low, high = value - below, value + above
    if leaf.trials:
        low, high = max(low, least), min(high, most)
    return round(low, DECIMALS), round(high, DECIMALS)


def _hides(leaf: Samples, level: float) -> tuple[float, float]:
    """How far below and above its value a quantity may lie by what no resample of it shows."""
    if _constant(leaf):
        value, (low, high) = float(leaf.values[0]), _unseen(leaf, level)
        return (0.0, 0.0) if low is None or high is None else (value - low, high - value)
    if leaf.terms is not None:
        (down, up), (other_down, other_up) = (_hides(term, level) for term in leaf.terms)
        return float(np.hypot(down, other_up)), float(np.hypot(up, other_down))
    # Parts without weights are about the same scenes: they vary together.
    known = zip(leaf.weights, leaf.parts, strict=True) if leaf.weights else ()
    still = [(weight, part) for weight, part in known if _constant(part)]
    if not still:
        return 0.0, 0.0
    weights = np.array([weight for weight, _ in still])
    trials = np.array([part.trials for _, part in still], np.float64)
    values = np.array([part.values[0] for _, part in still])
    reach = [0.0, 0.0]
    for side, share in enumerate((values, 1 - values)):
        some = share > 0
        if some.any():
            reach[side] = _hidden((weights * share)[some], trials[some], (1 - level) / 2)
    return reach[0], reach[1]


def _recovered(leaf: Samples, level: float) -> tuple[float, float]:
    """How far below and above a mean over strata may lie, some of which vary.

    Variances are recovered from the bounds of those that vary and of what the others can hide.
    """
    squares = np.square(_hides(leaf, level))
    for weight, part in zip(leaf.weights, leaf.parts, strict=True):
        if _constant(part):
            continue
        value = float(part.values[0])
        own = replace(part, values=np.array([value, *_wider(part)]), parts=(), weights=(), sizes=())
        low, high = (end or 0.0 for end in _score(own, level) or (value, value))
        squares += (weight * (value - low)) ** 2, (weight * (high - value)) ** 2
    below, above = np.sqrt(squares).tolist()
    return below, above


def _wider(part: Samples) -> Floats:
    """Resamples of a stratum that vary as its scenes do: drawn again, n vary by (n - 1) / n."""
    n = part.trials or 1.0
    apart = part.values[1:] - part.values[0]
    return np.asarray(part.values[0] + apart * (n / max(n - 1, 1.0)) ** 0.5)


def _vary(leaf: Samples, bounds: Bounds, level: float) -> Bounds:
    """Mend an interval of no width; see :func:`estimates`."""
    low, high = bounds
    if low is None or high is None or high > low:
        return bounds
    if leaf.terms is not None and all(map(_constant, leaf.terms)):
        first, second = (_vary(term, (0.0, 0.0), level) for term in leaf.terms)
        return _minus(first[0], second[1]), _minus(first[1], second[0])
    return _unseen(leaf, level)


def _constant(leaf: Samples) -> bool:
    """Whether no resample differs from another by more than is shown."""
    drawn = leaf.values[1:]
    known = drawn[~np.isnan(drawn)]
    return len(known) > 0 and not float(known.max() - known.min()) > 10.0**-DECIMALS


def _unseen(leaf: Samples, level: float) -> Bounds:
    """Bounds of what is the same in every scene."""
    if not leaf.trials:
        return None, None
    if leaf.parts:
        bounds = np.array([_unseen(part, level) for part in leaf.parts], np.float64)
        if not leaf.weights:
            low, high = bounds.mean(axis=0).tolist()
            return low, high
        return _of_strata(leaf, bounds, level)
    value, (least, most) = float(leaf.values[0]), _range(leaf)
    # No other scene in m: (1 - p) ** m = (1 - level) / 2 at the bound.
    reach = 1 - ((1 - level) / 2) ** (1 / leaf.trials)
    return value - (value - least) * reach, value + (most - value) * reach


def _of_strata(leaf: Samples, bounds: Floats, level: float) -> tuple[float, float]:
    """Bounds of a mean over strata in none of which anything varies; see :func:`estimates`."""
    from scipy.special import betaincinv

    value, weights = float(leaf.values[0]), np.array(leaf.weights)
    each = np.array([part.values[0] for part in leaf.parts])
    trials = np.array([part.trials for part in leaf.parts], np.float64)
    tail = (1 - level) / 2
    if np.ptp(each) <= 10.0**-DECIMALS:
        reach = _hidden(weights, trials, tail)
        return value * (1 - reach), value + (1 - value) * reach
    apart = np.sqrt(np.sum((weights[:, None] * (bounds - each[:, None])) ** 2, axis=0)).tolist()
    n = float(1 / np.sum(weights**2 / trials))
    low = float(betaincinv(n * value, n * (1 - value) + 1, tail))
    high = float(betaincinv(n * value + 1, n * (1 - value), 1 - tail))
    return max(min(low, value - apart[0]), 0.0), min(max(high, value + apart[1]), 1.0)


def _hidden(weights: Floats, trials: Floats, tail: float) -> float:
    """Most that shares q of strata come to, ``sum w q``, if none of the scenes drawn shows one.

    All q with ``prod (1 - q) ** trials >= tail`` are likely enough. At the most, ``1 - q`` is
    ``min(1, c trials / weights)`` for one c (Lagrange), found by halving.
    """
    worth = trials / weights
    low, high = 0.0, float(1 / worth.min())
    for _ in range(100):
        c = (low + high) / 2
        seen = np.minimum(1.0, c * worth)
        low, high = (low, c) if np.sum(trials * np.log(seen)) > np.log(tail) else (c, high)
    return float(np.sum(weights * (1 - np.minimum(1.0, high * worth))))


def _range(leaf: Samples) -> tuple[float, float]:
    """Least and most that a share, or a difference of such, can be."""
    if leaf.terms is None:
        return 0.0, 1.0
    (low, high), (least, most) = map(_range, leaf.terms)
    return low - most, high - least


def _minus(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return None
    return round(first - second, DECIMALS)


def measured(tree: Any) -> Any:
    """Replace every :class:`Samples` in nested dicts by its measured value or None."""
    if isinstance(tree, dict):
        return {key: measured(value) for key, value in tree.items()}
    return _number(tree.values[0]) if isinstance(tree, Samples) else tree


def _collect(tree: Any, leaves: list[Samples]) -> None:
    if isinstance(tree, Samples):
        leaves.append(tree)
    elif isinstance(tree, dict):
        for value in tree.values():
            _collect(value, leaves)


def _replace(tree: Any, found: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _replace(value, found) for key, value in tree.items()}
    if not isinstance(tree, Samples):
        return tree
    leaf, (low, high) = next(found)
    value = _number(leaf.values[0])
    if value is not None and leaf.terms is not None and abs(value) < 1e-12:
        value = 0.0  # equal terms, whatever rounding leaves
    if value is None:
        low = high = None
    return {"value": value, "low": low, "high": high, "n": leaf.n}


def _percentiles(rows: Sequence[Floats], level: float) -> list[tuple[float | None, float | None]]:
    """Percentiles of many samples; whole rows in one sort, rows with gaps one by one."""
    out: list[Bounds] = [(None, None)] * len(rows)
    marks = [50 * (1 - level), 50 * (1 + level)]
    whole = [i for i, row in enumerate(rows) if len(row) and not np.isnan(row).any()]
    for start in range(0, len(whole), 512):
        chosen = whole[start : start + 512]
        lows, highs = np.percentile(np.stack([rows[i] for i in chosen]), marks, axis=1)
        for i, low, high in zip(chosen, lows.tolist(), highs.tolist(), strict=True):
            out[i] = (round(low, DECIMALS), round(high, DECIMALS))
    for i in set(range(len(rows))) - set(whole):
        defined = rows[i][~np.isnan(rows[i])]
        if len(defined):
            low, high = np.percentile(defined, marks).tolist()
            out[i] = (round(low, DECIMALS), round(high, DECIMALS))
    return out


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
