"""Figures of held-out logits: areas of many fits at once, their intervals, calibration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import rankdata, t as student

from handeye.scores.estimate import Estimate
from handeye.states.folds import Ints
from handeye.states.solver import Design
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import Samples, estimates, variance, with_values
from handeye.stats.roc import Scored
from handeye.stats.shares import clustered_shares

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

RESAMPLES = 2000
# A reader that has learnt nothing errs to the right: where K folds learn one direction from each
# other, their sum is K (chi2 - 1), whose upper 97.5 % point lies 3.2 deviations of the draws above
# chance for K = 5, not 1.96. Intervals of what lies nearer are made longer for it (owing).
_NEAR = 3.2


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of neighbouring probabilities: what was said on average, what was true."""

    said: float
    true: Estimate


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Whether held-out probabilities are what they say.

    Attributes:
        error: mean distance of said and true over bins of equally many rows (ECE; Naeini, Cooper
            and Hauskrecht 2015, AAAI).
        of_calibrated: what the same rows would show on average if every probability were right,
            which is not 0 (Bröcker and Smith 2007, Weather and Forecasting 22:651).
        slope: of the logit in a logistic regression of the label on it; 1 if calibrated, less if
            too sure (Cox 1958, Biometrika 45:562). None where one logit parts the labels: then
            every steeper slope is better (Albert and Anderson 1984, Biometrika 71:1).
        intercept: of the same regression; 0 if calibrated; None likewise.
        bins: the reliability diagram.
        low, high: 95 % interval of the slope, from what groups add to the score of the regression
            (Liang and Zeger 1986, Biometrika 73:13); None of fewer than three groups.
    """

    error: float
    of_calibrated: float
    slope: float | None
    intercept: float | None
    bins: tuple[Bin, ...]
    low: float | None = None
    high: float | None = None


def mean_of(values: Floats) -> Floats:
    """Mean over the first axis of what is defined there; one half where nothing is."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        found = np.where(there, values, 0).sum(0) / there.sum(0)
    return np.where(there.any(0), found, 0.5)


def areas(score: NDArray[Any], positive: Bools) -> Floats:
    """Area under the ROC curve of each column; nan where a class is missing.

    Args:
        score: (n, ...); differences below 1e-4 of a column's deviation are rounding and count as
            ties, which count half.
        positive: (n, ...), broadcast to the same shape.

    Returns:
        (...,) areas.
    """
    steps, n = rounded(score), len(score)
    small = np.abs(steps).max(initial=0) < 2**30  # false of nan
    if not small and np.isnan(steps).any():
        there = ~np.isnan(steps).any(axis=0)
        out = np.full(steps.shape[1:], np.nan)
        if there.any():
            positive = np.broadcast_to(positive, steps.shape)
            out[there] = areas(score[:, there], positive[:, there])
        return out
    # Whole numbers in the order of the steps, the last bit of which is the label: a sort without
    # places is several times as fast as ranks. Among ties it puts the positive rows last, then
    # first; the middle of the two sums of ranks is that of ties that count half.
    twice = np.empty((*steps.shape[1:], n), np.int32 if small else np.int64)
    twice[...] = np.moveaxis(steps, 0, -1)
    twice *= 2
    own = np.moveaxis(np.broadcast_to(positive, steps.shape), 0, -1)
    sums = np.zeros(steps.shape[1:])
    for keys in (twice + own, twice - own):
        keys.sort(axis=-1)
        keys &= 1
        sums += keys @ np.arange(1.0, n + 1)
    ones = np.broadcast_to(positive.sum(axis=0), sums.shape)
    return _area(sums / 2, ones, n - ones)


def areas_within(score: Floats, positive: Bools, part: Ints, parts: int) -> Floats:
    """Area among the rows of each part; nan where a class is missing there.

    Args:
        score: (n,); ties as in :func:`areas`, by the deviation of all rows.
        positive: (n,).
        part: (n,) numbers below ``parts``.
        parts: how many.

    Returns:
        (parts,) areas.
    """
    values, place = np.unique(rounded(score), return_inverse=True)
    size = np.bincount(part, minlength=parts)
    # Ranks among all rows, part by part, less those of the parts before.
    ranks = rankdata(part * len(values) + place) - (np.cumsum(size) - size)[part]
    ones = np.bincount(part[positive], minlength=parts)
    return _area(
        np.bincount(part[positive], weights=ranks[positive], minlength=parts), ones, size - ones
    )


def _area(sums: NDArray[Any], ones: NDArray[Any], zeros: NDArray[Any]) -> Floats:
    """From the summed ranks of the positive rows (Mann and Whitney 1947)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((sums - ones * (ones + 1) / 2) / (ones * zeros))


def rounded(score: NDArray[Any]) -> Floats:
    """(n, ...) scores in whole steps, so that equal states score equally: see :func:`areas`."""
    score = np.asarray(score, np.float64)
    if not len(score):
        return score
    deviation = score.std(axis=0)
    size = np.abs(score).max(axis=0, initial=0)
    unit = 1e-4 * np.where(deviation > 1e-6 * size, deviation, np.maximum(size, 1.0))
    steps = score / unit
    return np.asarray(np.rint(steps, out=np.asarray(steps)))


def fold_area(score: Floats, positive: Bools, group: Ints, fold: Ints, seed: int) -> Samples:
    """Mean over the folds of the area on each, as measured and over resampled groups.

    Groups are drawn within their fold, the fits as they are. A 0 or 1 for a score gives the
    balanced accuracy.

    Args:
        score: (n,) held-out; of one fit within a fold.
        positive: (n,) labels.
        group: (n,) numbers of groups.
        fold: (n,) of the rows.
        seed: of the resamples; the same groups and folds get the same ones, so that figures can be
            subtracted in each.
    """
    parts = []
    for number in np.unique(fold):
        own = fold == number
        names, place = np.unique(group[own], return_inverse=True)
        scored = Scored(
            rounded(score[own]),
            positive[own],
            place,
            len(names),
            RESAMPLES,
            seed,
            f"fold {number}",
        )
        if scored.both:
            parts.append(scored.area().values)
    values = mean_of(np.stack(parts)) if parts else np.full(1 + RESAMPLES, np.nan)
    groups = len(np.unique(group))
    return Samples(values, len(score), groups, sizes=(groups,))


def gained(values: Floats, group: Ints, seed: int) -> Samples:
    """Mean of a figure of each row, as measured and over resampled groups.

    Args:
        values: (n,).
        group: (n,) numbers of groups.
        seed: of the resamples.
    """
    count = int(group.max()) + 1
    sums = np.stack(
        [np.bincount(group, weights=values, minlength=count), np.bincount(group, minlength=count)],
        axis=1,
    )
    drawn = resample_sums(sums.astype(np.float32), sums.sum(axis=0), RESAMPLES, seed, 0)
    return Samples(drawn[:, 0] / drawn[:, 1], len(values), sizes=(count,))


def blocks_of(group: Ints, fold: Ints, blocks: int, seed: int) -> Ints:
    """(n,) blocks of whole groups, each with about as many groups of every fold."""
    out = np.zeros(len(group), np.int64)
    words = np.random.PCG64(np.random.SeedSequence([seed, 4])).random_raw(int(group.max()) + 1)
    for number in range(int(fold.max()) + 1):
        own = np.unique(group[fold == number])
        for place, name in enumerate(own[np.argsort(words[own], kind="stable")]):
            # Folds begin at different blocks, so that small folds do not fill the same ones.
            out[group == name] = (place + number * len(own)) % blocks
    return out


def lengthened(found: Samples, without: Floats) -> float:
    """By how much an interval must be longer than resamples of held-out groups say.

    These take the fits as they are, but other groups would have taught otherwise, and folds share
    what they learnt from: no figure of the folds alone can tell (Bengio and Grandvalet 2004, JMLR
    5:1089). So all folds are fitted again without each of some blocks of groups, what was chosen
    being kept, and the deviation of what comes out (grouped jackknife; Shao and Wu 1989, Ann. Stat.
    17:1176), with Student's t for so few blocks, is set against that of the resamples.

    Args:
        found: the figure with its resamples.
        without: (blocks,) the figure without each block.

    Returns:
        1 or more; 1 without blocks or where the resamples do not vary.
    """
    blocks, drawn = len(without), found.values[1:]
    spread = float(np.sqrt(variance(drawn)))
    if blocks < 2 or not spread > 0:
        return 1.0
    square = (blocks - 1) / blocks * ((without - without.mean()) ** 2).sum()
    few = student.ppf(0.975, blocks - 1) / student.ppf(0.975, np.inf)
    return max(1.0, float(few * np.sqrt(square)) / spread)


def owing(
    part: Samples, by_fold: Floats, unseen: float = 0.0, *, chance: float | None = None
) -> Samples:
    """A figure whose resamples vary by what folds owe to each other, too, and by what is unseen.

    What a probe tells near chance owes as much to the folds as to the draws; of so few pairs of
    folds that is seen so roughly that half of it is added at the least.

    Args:
        part: the figure, with its resamples.
        by_fold: (folds, folds) it in a fold, of what lacks the fold of the column as well.
        unseen: variance that is added in any case.
        chance: of what a probe tells, its value where the probe has learnt nothing.
    """
    apart = part.values[1:] - part.values[0]
    if not len(apart) or not (found := variance(apart)) > 0:
        return part
    more = _owed(by_fold) + unseen
    if chance is not None and abs(part.values[0] - chance) < _NEAR * found**0.5:
        more = max(more, found / 2)
    values = np.concatenate([part.values[:1], part.values[0] + apart * (1 + more / found) ** 0.5])
    return replace(with_values(part, values), terms=part.terms)


def _owed(by_fold: Floats) -> float:
    """Variance of a cross-validated mean for what folds learn from each other.

    What fold a gains where b is among its training folds, ``D_ab = A_a - A_a without b``, is made
    by the same families as what b gains from a. Given the other folds, ``A_a`` without b and
    ``A_b`` without a do not depend on each other, so the covariance of ``A_a`` and ``A_b`` is that
    of the two gains; the mean over K folds has ``2 / K**2`` times their sum over pairs. Near chance
    gains are as large as all else; of a reader that has learnt what there is they vanish.
    (Cross-validated errors covary so: Bengio and Grandvalet 2004, J. Mach. Learn. Res. 5:1089.)

    Args:
        by_fold: (folds, folds) a figure in a fold, of what lacks the fold of the column as well.
    """
    gain = np.diag(by_fold)[:, None] - by_fold
    a, b = np.triu_indices(len(gain), 1)
    mean_gain = gain.sum() / (len(gain) * (len(gain) - 1))
    products = (gain[a, b] - mean_gain) * (gain[b, a] - mean_gain)
    return max(0.0, float(2 * products.sum()) / len(gain) ** 2)


def estimate(found: Samples, longer: float = 1.0) -> Estimate:
    """The value with its 95 % interval, so many times as long as resamples say."""
    values = found.values[0] + longer * (found.values - found.values[0])
    return Estimate(**estimates({"it": replace(found, values=values)})["it"])


def calibration(
    logits: Floats, positive: Bools, group: Ints, seed: int, bins: int = 10
) -> Calibration:
    """How far held-out probabilities are from what is true; see :class:`Calibration`.

    Args:
        logits: (n,) held-out.
        positive: (n,) labels.
        group: (n,) numbers of groups.
        seed: of the draws of labels that the probabilities are right for.
        bins: of equally many rows.
    """
    said = expit(logits)
    order = np.argsort(said, kind="stable")
    place = np.empty(len(said), np.int64)
    place[order] = np.arange(len(said)) * bins // len(said)
    used = int(place.max()) + 1
    sizes = np.bincount(place, minlength=used)
    of = np.bincount(place, weights=said, minlength=used) / np.maximum(sizes, 1)
    shares = clustered_shares(positive.astype(float), group, place, used)
    error = float((sizes * np.abs(shares.value - of)).sum() / len(said))
    words = np.random.PCG64(np.random.SeedSequence([seed, 2])).random_raw(200 * len(said))
    drawn = (words.reshape(200, -1) >> np.uint64(11)) * 2.0**-53 < said
    sums = np.stack([np.bincount(place, weights=row, minlength=used) for row in drawn])
    right = float((np.abs(sums - sizes * of).sum(axis=1) / len(said)).mean())
    slope, intercept, low, high = _line(logits, positive, group)
    return Calibration(
        error=error,
        of_calibrated=right,
        slope=slope,
        intercept=intercept,
        low=low,
        high=high,
        bins=tuple(
            Bin(said=float(a), true=Estimate(float(b), float(low), float(high), int(n)))
            for a, b, low, high, n in zip(
                of, shares.value, shares.low, shares.high, shares.n, strict=True
            )
        ),
    )


def _line(
    logits: Floats, positive: Bools, group: Ints
) -> tuple[float | None, float | None, float | None, float | None]:
    """Slope and intercept of the labels on held-out logits, and the interval of the slope."""
    ones, zeros = logits[positive], logits[~positive]
    if not len(ones) or not len(zeros) or zeros.max() <= ones.min() or ones.max() <= zeros.min():
        return None, None, None, None
    line = Design(logits[:, None]).fit(
        positive[:, None], np.ones((len(logits), 1)), 1e6, tolerance=1e-8
    )
    slope, intercept = float(line.coef[0, 0]), float(line.intercept[0])
    _, place = np.unique(group, return_inverse=True)
    count = int(place.max()) + 1
    if count < 3:
        return slope, intercept, None, None
    chance = expit(slope * logits + intercept)
    x = np.stack([logits, np.ones(len(logits))], axis=1)
    bread = np.linalg.pinv(x.T @ (x * (chance * (1 - chance))[:, None]))
    scores = np.zeros((count, 2))
    np.add.at(scores, place, x * (positive - chance)[:, None])
    square = (bread @ scores.T @ scores @ bread)[0, 0] * count / (count - 1)
    reach = float(student.ppf(0.975, count - 2) * np.sqrt(square))
    return slope, intercept, slope - reach, slope + reach
