"""Fits logistic curves of a share against one quantity.

The model of a psychometric function without lapses: ``logit P(pass) = a_s + b x`` with one slope
``b`` per curve and one intercept per curve and stratum. Several curves are fitted in one binomial
regression whose covariance is clustered, so that curves over the same scenes are known to vary
together. Strata are averaged with equal weight: the curve reported is that of the average stratum,
``a = mean(a_s)``, and its threshold ``-a / b`` is the mean of the strata's thresholds.

The regression is our own, though statsmodels has it (``GLM``, to which the tests hold it): its
decompositions of tall matrices start threads that stand in each other's way on a busy machine, and
a run asks for some 40 fits. Here a fit of 2,000 rows takes a millisecond.

Knows nothing of suites; x is whatever the caller made of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.stats.curves import Curves, Reason, logistic
from handeye.stats.intervals import LEVEL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_EVENTS = 5
"""Fewest passes and fewest failures from which a curve is fitted, over all and in each stratum."""
MIN_CLUSTERS = 20
"""Fewest clusters for which a clustered covariance is used."""
_STEPS = 50
_NEAR = 1e-8  # log odds


def fit_curves(
    x: Floats,
    passed: Floats,
    cluster: Ints,
    curve: Ints | None = None,
    stratum: Ints | None = None,
    level: float = LEVEL,
) -> Curves:
    """Fit one or several logistic curves, with one intercept for each curve and stratum.

    Strata with fewer than :data:`MIN_EVENTS` passes or failures on any of the curves that can be
    fitted are left out of all of them, so that their thresholds rest on the same strata.

    Args:
        x: (n,) finite.
        passed: (n,) 0 or 1.
        cluster: (n,) number of the cluster (scene) of each item.
        curve: (n,) number of its curve, 0, 1, ...; None: one curve.
        stratum: (n,) number of its stratum; None: one stratum.
        level: of the intervals.

    Raises:
        DataError: arrays of different length, x not finite, ``passed`` not 0 or 1.
    """
    curve = np.zeros(len(x), np.int64) if curve is None else curve
    stratum = np.zeros(len(x), np.int64) if stratum is None else stratum
    _check(x, passed, cluster, curve, stratum)
    count = int(curve.max(initial=0)) + 1
    reasons = [_reason(x, passed, cluster, stratum, curve == c) for c in range(count)]
    fitted = [c for c in range(count) if reasons[c] is None]
    strata = _common_strata(passed, curve, stratum, fitted)
    used = np.isin(curve, fitted) & np.isin(stratum, strata)
    for c in fitted:
        left = used & (curve == c)
        reasons[c] = _reason(x, passed, cluster, stratum, left) if left.any() else "few"
    fitted = [c for c in fitted if reasons[c] is None]
    used &= np.isin(curve, fitted)
    return _fit(x, passed, cluster, curve, stratum, used, (reasons, fitted, strata), level)


def _check(x: Floats, passed: Floats, *labels: Ints) -> None:
    lengths = {len(x), len(passed), *map(len, labels)}
    if len(lengths) > 1:
        raise DataError(f"x, passed and their labels differ in length: {sorted(lengths)}")
    if not np.isfinite(x).all():
        raise DataError("x must be finite; leave out items without a value")
    if not np.isin(passed, (0, 1)).all():
        raise DataError("passed must be 0 or 1")


def _reason(
    x: Floats, passed: Floats, cluster: Ints, stratum: Ints, chosen: NDArray[np.bool_]
) -> Reason | None:
    """Why no curve can be fitted to the chosen items, None where one can."""
    y, z = passed[chosen], x[chosen]
    if not len(y):
        return "none"
    if y.all():
        return "all_right"
    if not y.any():
        return "all_wrong"
    if min(y.sum(), len(y) - y.sum()) < MIN_EVENTS:
        return "few"
    if len(np.unique(cluster[chosen])) < MIN_CLUSTERS:
        return "few"
    groups = stratum[chosen]
    if all(np.ptp(z[groups == s]) == 0 for s in np.unique(groups)):
        return "constant"
    return "separated" if _separated(z, y, groups) else None


def _separated(x: Floats, passed: Floats, stratum: Ints) -> bool:
    """Whether some slope puts all passes of each stratum on one side of its failures.

    Then the likelihood has no maximum (Albert and Anderson 1984, Biometrika 71:1), also where the
    two sides only touch.
    """
    for sign in (1, -1):
        z = sign * x
        apart = True
        for s in np.unique(stratum):
            right, wrong = z[(stratum == s) & (passed == 1)], z[(stratum == s) & (passed == 0)]
            apart &= not len(right) or not len(wrong) or right.max() <= wrong.min()
        if apart:
            return True
    return False


def _common_strata(
    passed: Floats, curve: Ints, stratum: Ints, fitted: list[int]
) -> tuple[int, ...]:
    """Strata with enough passes and failures on each of the fitted curves."""
    kept = []
    for s in np.unique(stratum):
        outcomes = [passed[(stratum == s) & (curve == c)] for c in fitted]
        if all(MIN_EVENTS <= y.sum() <= len(y) - MIN_EVENTS for y in outcomes):
            kept.append(int(s))
    return tuple(kept)


def _fit(
    x: Floats,
    passed: Floats,
    cluster: Ints,
    curve: Ints,
    stratum: Ints,
    used: NDArray[np.bool_],
    plan: tuple[list[Reason | None], list[int], tuple[int, ...]],
    level: float,
) -> Curves:
    from scipy.special import stdtrit

    reasons, fitted, strata = plan
    count, width = len(reasons), len(strata)
    centre = float(x[used].mean()) if used.any() else 0.0
    places = np.searchsorted(fitted, curve[used]), np.searchsorted(strata, stratum[used])
    points = np.full((count, 2), np.nan)
    covariance = np.full((count, 2, count, 2), np.nan)
    effects = np.full((count, width), np.nan)
    if fitted:
        shape = len(fitted), width
        found = _regress(x[used] - centre, passed[used], cluster[used], places, shape)
        if found is None:
            reasons = ["fit" if reason is None else reason for reason in reasons]
        else:
            _put(found, fitted, width, (points, covariance, effects))
    chosen = [used & (curve == c) if reasons[c] is None else curve == c for c in range(count)]
    clusters = len(np.unique(cluster[used]))
    return Curves(
        n_items=tuple(int(mask.sum()) for mask in chosen),
        n_clusters=tuple(len(np.unique(cluster[mask])) for mask in chosen),
        reasons=tuple(reasons),
        strata=strata,
        centre=centre,
        quantile=float(stdtrit(max(clusters - 1, 1), 0.5 + level / 2)),
        points=points,
        covariance=covariance,
        effects=effects,
    )


def _regress(
    x: Floats, passed: Floats, cluster: Ints, places: tuple[Ints, Ints], shape: tuple[int, int]
) -> tuple[Floats, Floats] | None:
    """Coefficients and their clustered covariance; None where the regression fails.

    The coefficients are an intercept for each curve and stratum, then a slope for each curve. The
    covariance is the sandwich with sums of scores over clusters (Liang and Zeger 1986, Biometrika
    73:13) times ``G / (G - 1) * (n - 1) / (n - k)``.
    """
    curves, strata = shape
    cell = places[0] * strata + places[1]
    # Items of one cluster at one x share their probability: one row of passes and trials.
    order = np.lexsort((x, cell, cluster))
    x, cell, cluster, passed = x[order], cell[order], cluster[order], passed[order]
    new = (np.diff(x) != 0) | (np.diff(cell) != 0) | (np.diff(cluster) != 0)
    starts = np.concatenate([[0], np.flatnonzero(new) + 1])
    passes, trials = np.add.reduceat(passed, starts), np.diff([*starts, len(x)])
    x, cell, cluster = x[starts], cell[starts], cluster[starts]
    design = np.zeros((len(x), curves * (strata + 1)))
    design[np.arange(len(x)), cell] = 1
    spread = float(np.abs(x).max())
    design[np.arange(len(x)), curves * strata + cell // strata] = x / spread
    found = _maximise(design, passes, trials)
    if found is None:
        return None
    coefficients, information = found
    off = passes - trials * logistic(design @ coefficients)
    first = np.concatenate([[0], np.flatnonzero(np.diff(cluster)) + 1])
    scores = np.add.reduceat(design * off[:, None], first, axis=0)
    few = len(first) / (len(first) - 1) * (len(passed) - 1) / (len(passed) - design.shape[1])
    bread = np.linalg.inv(information)
    scale = np.repeat([1.0, spread], [curves * strata, curves])
    covariance = few * (bread @ (scores.T @ scores) @ bread) / np.outer(scale, scale)
    return coefficients / scale, covariance


def _maximise(design: Floats, passes: Floats, trials: Ints) -> tuple[Floats, Floats] | None:
    """Coefficients of greatest likelihood and the information there, by Newton's method.

    The log likelihood is concave, so a step that lowers it was only too long and is halved.
    """
    coefficients = np.zeros(design.shape[1])
    best = _likelihood(design, passes, trials, coefficients)
    for _ in range(_STEPS):
        share = logistic(design @ coefficients)
        information = design.T @ (design * (trials * share * (1 - share))[:, None])
        try:
            step = np.linalg.solve(information, design.T @ (passes - trials * share))
        except np.linalg.LinAlgError:
            return None
        if np.abs(step).max() < _NEAR:
            return coefficients, information
        reached = _likelihood(design, passes, trials, coefficients + step)
        while reached < best - _NEAR and np.abs(step).max() > _NEAR:
            step = step / 2
            reached = _likelihood(design, passes, trials, coefficients + step)
        coefficients, best = coefficients + step, reached
    return None


def _likelihood(design: Floats, passes: Floats, trials: Ints, coefficients: Floats) -> float:
    odds = design @ coefficients
    return float(passes @ odds - trials @ np.logaddexp(0, odds))


def _put(
    found: tuple[Floats, Floats],
    fitted: list[int],
    width: int,
    out: tuple[Floats, Floats, Floats],
) -> None:
    """Average the strata's intercepts: coefficients to (intercept, slope) of each fitted curve."""
    coefficients, covariance = found
    points, spread, effects = out
    count = len(fitted)
    average = np.zeros((2 * count, len(coefficients)))
    for k in range(count):
        average[2 * k, k * width : (k + 1) * width] = 1 / width
        average[2 * k + 1, count * width + k] = 1
    points[fitted] = (average @ coefficients).reshape(count, 2)
    effects[fitted] = coefficients[: count * width].reshape(count, width)
    joint = (average @ covariance @ average.T).reshape(count, 2, count, 2)
    spread[np.ix_(fitted, [0, 1], fitted, [0, 1])] = joint
