"""How much each of several things weighs in answers that are one of two, in log odds.

    P(first of the two) = l / 2 + (1 - l) logistic(b0 + z_g + w . x),    z_g normal, mean 0

``x`` is 1/2 where a thing speaks for the first answer and -1/2 where it speaks for the second, so a
weight is what the log odds change by as the thing turns round. ``z_g`` is what the answers of one
group (cluster) share, ``l`` the share of answers that are drawn by lot among the two (lapses).

Weights are conditional: of one group, not of the average over groups. The marginal ones are
smaller, by the more the more groups differ and the more answers lapse, so that a respondent whose
leanings differ from group to group would seem to see less; and only conditional ones are on the
scale of the log-probabilities of single answers (:class:`LinearWeights`). What the answers add up
to is told by plain rates; these need no model.

The figure is the maximum of the likelihood under Jeffreys' penalty of the fixed effects (Firth
1993, Biometrika 80:27; of the model without group effects, as Sterzinger and Kosmidis 2023, Stat.
Comput. 33:53), which is finite for answers that are separated. The interval holds every value that
this likelihood does not refute, all else at its best for it (Heinze and Schemper 2002, Stat. Med.
21:2409). The penalty alone refutes what is large enough; so an end is open where the likelihood
without it refutes no value on its side, however large. Who never errs has a weight of "at least so
much", and who errs seldom, by lapses or not, often has, too. The deviance is compared with
Student's t of as many groups, and shrunk by what groups vary more in their scores than the model
says (Rotnitzky and Jewell 1990, Biometrika 77:485), so that a model that is wrong about how groups
differ does not make intervals shorter.

Lapses and the spread of groups have weak penalties (:data:`LAPSES`, :data:`SPREAD`): few answers
tell little about them. The integral over ``z`` is the trapezoidal rule, whose error falls
exponentially for such integrands (Trefethen and Weideman 2014, SIAM Rev. 56:385), and whose nodes
do not move with the parameters as those of an adaptive rule do. Groups that answered alike are one
row with a count, so a fit of any number of groups takes some milliseconds.

Knows nothing of suites.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.stats.curves import logistic
from handeye.stats.intervals import LEVEL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Reason = Literal["none", "few", "constant"]
"""Why there is no figure: no answers; too few groups; what is weighed does not vary, or not apart
from something else that is."""

FEWEST = 10
"""Groups from which weights are told."""
FAR = 16.0
"""Log odds beyond which a weight is as good as infinite."""
LAPSES = 14.0
"""Lapses have the penalty of a beta distribution with parameters 1 and this: of 10, 14, 17 and
25 the one by which intervals hold both for none and for 5 % (``benchmarks/stress_weights.py``)."""
SPREAD = 3.0
"""The standard deviation of groups has the penalty of a normal one, in log odds."""
MOST_LAPSES = 0.1
"""Lapses are taken for no more than this (half of them are wrong; as narrow a bound as Wichmann and
Hill 2001, Percept. Psychophys. 63:1293, set them): with more, nearly any errors would be lapses."""
_REACH, _STEP = 5.5, 0.25
_NEAR = 2e-3  # log odds, of the ends of intervals
_STEPS, _HALVES, _LONGEST = 60, 12, 4.0
_GAIN = 1e-6  # of log likelihood, that ends the search
_FLAT, _INSIDE = 1e-6, 1e-3


@dataclass(frozen=True, slots=True)
class Weighed:
    """One figure in log odds with its interval; an end that is open is infinite.

    ``value`` is None, and ``reason`` says why, where there is none. ``n`` answers of ``clusters``
    groups are behind it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    clusters: int = 0
    reason: Reason | None = None


class _Look(NamedTuple):
    """The penalised log likelihood at some parameters.

    ``scores`` are the gradients of one group of each kind, without penalties.
    """

    value: float
    gradient: Floats
    information: Floats
    scores: Floats


class Weights:
    """The model fitted to some answers; figures are contrasts of the weights."""

    def __init__(
        self, things: Floats, first: Floats, cluster: Ints, *, level: float = LEVEL
    ) -> None:
        """Fit.

        Args:
            things: (n, k) what is weighed: 1/2 where it speaks for the first answer, -1/2 for the
                second, 0 where it is not there; products with other quantities likewise.
            first: (n,) 1 where the answer is the first of the two, 0 where it is the second.
            cluster: (n,) number of the group.
            level: of the intervals.

        Raises:
            DataError: arrays of different length, ``first`` not 0 or 1, ``things`` not finite.
        """
        things = np.asarray(things, np.float64)
        if not len(things) == len(first) == len(cluster):
            raise DataError("things, answers and groups differ in length")
        if not np.isin(first, (0, 1)).all() or not np.isfinite(things).all():
            raise DataError("answers must be 0 or 1, and what is weighed finite")
        self.n, self.clusters = len(first), len(np.unique(cluster))
        self.level = level
        self._width = things.shape[1]
        self.reason: Reason | None = "none" if not self.n else "few"
        if self.clusters < FEWEST:
            return
        self._tabulate(np.column_stack([np.ones(self.n), things]), first, cluster)
        rank = np.linalg.matrix_rank(self._design * np.sqrt(self._trials)[:, None])
        self.reason = "constant" if rank < self._width + 1 else None
        if self.reason is None:
            self._best = self._maximise(self._start())
            self._firth = self._maximise(self._best, jeffreys=True)

    def _tabulate(self, design: Floats, first: Floats, cluster: Ints) -> None:
        """Cells of equal design, and groups of equal counts in them."""
        self._design, cell = np.unique(design, axis=0, return_inverse=True)
        _, group = np.unique(cluster, return_inverse=True)
        width = len(self._design)
        place = group.reshape(-1) * width + cell.reshape(-1)
        size = self.clusters * width
        trials = np.bincount(place, minlength=size).reshape(-1, width)
        firsts = np.bincount(place, first, size).reshape(-1, width)
        both = np.column_stack([firsts, trials - firsts])
        known, times = np.unique(both, axis=0, return_counts=True)
        self._firsts, self._seconds = known[:, :width], known[:, width:]
        self._times = times.astype(np.float64)
        self._trials = trials.sum(axis=0).astype(np.float64)
        self._nodes = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
        log = -(self._nodes**2) / 2
        self._log_weights = log - np.log(np.exp(log).sum())

    # ---- the likelihood

    def _start(self) -> Floats:
        return np.array([*[0.0] * self._design.shape[1], 1.0, 0.03])

    def _look(
        self, found: Floats, design: Floats | None = None, *, jeffreys: bool = False
    ) -> _Look:
        """The penalised log likelihood and its derivatives.

        The information is that of answers and group effects together, less the covariance of their
        scores given the answers (Louis 1982, J. R. Stat. Soc. B 44:226).

        Args:
            found: coefficients, then the standard deviation of groups, then lapses.
            design: of the cells, in other coordinates.
            jeffreys: with Jeffreys' penalty.
        """
        design = self._design if design is None else design
        spread, lapses = found[-2], found[-1]
        odds = (design @ found[:-2])[:, None] + spread * self._nodes
        one, other = logistic(odds), logistic(-odds)
        first, second = (np.maximum(lapses / 2 + (1 - lapses) * s, 1e-80) for s in (one, other))
        logs = self._firsts @ np.log(first) + self._seconds @ np.log(second) + self._log_weights
        top = logs.max(axis=1, keepdims=True)
        likely = np.exp(logs - top)
        total = likely.sum(axis=1, keepdims=True)
        likely /= total
        value = float(self._times @ (top + np.log(total))[:, 0])
        # By cell and node, derivatives of the logs of both chances by log odds and by lapses.
        cross = one * other
        both = (1 - lapses) * cross
        up, down = both / first, -both / second
        up_lapses, down_lapses = (0.5 - one) / first, (0.5 - other) / second
        # All parameters at every cell and node: what moves the log odds there, and lapses.
        cells, width = design.shape
        moved = np.empty((cells, len(self._nodes), width + 1))
        moved[:, :, :-1] = design[:, None, :]
        moved[:, :, -1] = self._nodes
        slopes = [
            np.concatenate([by[:, :, None] * moved, lapse[:, :, None]], axis=2).reshape(cells, -1)
            for by, lapse in ((up, up_lapses), (down, down_lapses))
        ]
        scores = self._firsts @ slopes[0] + self._seconds @ slopes[1]
        scores = scores.reshape(len(self._times), len(self._nodes), -1)
        means = np.einsum("gq,gqk->gk", likely, scores)
        held = self._times[:, None] * likely
        flat = (np.sqrt(held)[:, :, None] * scores).reshape(-1, width + 2)
        known = flat.T @ flat - (means * self._times[:, None]).T @ means
        firsts, seconds = self._firsts.T @ held, self._seconds.T @ held
        bend = both * (1 - 2 * one)
        curve = firsts * (bend / first - up**2) - seconds * (bend / second + down**2)
        mixed = firsts * (-cross / first - up * up_lapses)
        mixed += seconds * (cross / second - down * down_lapses)
        whole = np.empty((width + 2, width + 2))
        flat = moved.reshape(-1, width + 1)
        whole[:-1, :-1] = -(flat * curve.reshape(-1, 1)).T @ flat
        whole[:-1, -1] = whole[-1, :-1] = -flat.T @ mixed.reshape(-1)
        whole[-1, -1] = float((firsts * up_lapses**2 + seconds * down_lapses**2).sum())
        information = whole - known
        gradient = self._times @ means
        value += (LAPSES - 1) * math.log1p(-lapses) - (spread / SPREAD) ** 2 / 2
        gradient[-1] -= (LAPSES - 1) / (1 - lapses)
        gradient[-2] -= spread / SPREAD**2
        information[-1, -1] += (LAPSES - 1) / (1 - lapses) ** 2
        information[-2, -2] += 1 / SPREAD**2
        if jeffreys:
            size, slope = self._jeffreys(found[:-2], design)
            value += float(size)
            gradient[:-2] += slope
            steps = 1e-4 * np.eye(width)
            around = found[:-2] + np.concatenate([steps, -steps])
            ahead, behind = np.split(self._jeffreys(around, design)[1], 2)
            information[:width, :-2] -= (ahead - behind) / 2e-4
        return _Look(value, gradient, information, means)

    def _jeffreys(self, found: Floats, design: Floats) -> tuple[Floats, Floats]:
        """Half the log determinant of the information without group effects, and its gradient.

        Args:
            found: (..., width) coefficients.
            design: of the cells.

        Returns:
            (...) and (..., width).
        """
        share = logistic(found @ design.T)
        spreads = np.maximum(self._trials * share * (1 - share), 1e-200)
        information = design.T @ (design * spreads[..., None])
        bread = np.linalg.inv(information)
        hats = spreads * ((design @ bread) * design).sum(axis=-1)
        size = np.linalg.slogdet(information)[1] / 2
        return size, (hats * (0.5 - share)) @ design

    def _maximise(
        self,
        start: Floats,
        design: Floats | None = None,
        fixed: float | None = None,
        *,
        jeffreys: bool = False,
    ) -> Floats:
        """The parameters of greatest likelihood; the second coefficient may be given.

        Newton's method; where the likelihood is not concave, its curvature is taken for what it
        would be if it were. Lapses stay within their bounds.
        """
        at = start.copy()
        if fixed is not None:
            at[1] = fixed
        here = self._look(at, design, jeffreys=jeffreys)
        for _ in range(_STEPS):
            free = np.ones(len(at), bool)
            if fixed is not None:
                free[1] = False
            outward = here.gradient[-1]
            free[-1] = not (
                (at[-1] <= 0 and outward <= 0) or (at[-1] >= MOST_LAPSES and outward >= 0)
            )
            information = here.information[np.ix_(free, free)]
            values, vectors = np.linalg.eigh((information + information.T) / 2)
            slope = vectors.T @ here.gradient[free]
            step = np.zeros(len(at))
            step[free] = vectors @ (slope / np.maximum(np.abs(values), _FLAT))
            gain = float(slope**2 @ (1 / np.maximum(np.abs(values), _FLAT))) / 2
            if gain < _GAIN:
                break
            step *= min(1.0, _LONGEST / np.abs(step).max())
            for _ in range(_HALVES):
                there = at + step
                there[-1] = min(max(there[-1], 0.0), MOST_LAPSES)
                found = self._look(there, design, jeffreys=jeffreys)
                if found.value > here.value:
                    break
                step /= 2
            else:
                break
            at, here = there, found
        at[-2] = abs(at[-2])
        return at

    # ---- figures

    @property
    def spread(self) -> float | None:
        """Standard deviation of groups, in log odds."""
        return None if self.reason else float(self._firth[-2])

    @property
    def lapses(self) -> float | None:
        """Share of answers by lot."""
        return None if self.reason else float(self._firth[-1])

    def weight(self, contrast: Floats | int) -> Weighed:
        """One weight, or a sum of weights with factors.

        Args:
            contrast: (k,) factors, or the number of a weight.
        """
        if self.reason is not None:
            return Weighed(None, n=self.n, clusters=self.clusters, reason=self.reason)
        factors = _factors(contrast, self._width)
        profile, bound = _Profile(self, factors), self._bound(factors)
        value = profile.value
        low, high = profile.end(-1, bound), profile.end(1, bound)
        return Weighed(value, min(low, value), max(high, value), self.n, self.clusters)

    def estimate(self, contrast: Floats | int) -> float:
        """The figure of a contrast alone; not a number where there is none."""
        if self.reason is not None:
            return math.nan
        return float(_factors(contrast, self._width) @ self._firth[1:-2])

    def refutes(self, contrast: Floats | int, value: float = 0.0) -> bool:
        """Whether the interval of a contrast is without ``value``."""
        if self.reason is not None:
            return False
        factors = _factors(contrast, self._width)
        profile, bound = _Profile(self, factors), self._bound(factors)
        if profile.deviance(value) <= bound:
            return False
        return not profile.is_open(1 if value > profile.value else -1, bound)

    def _bound(self, factors: Floats) -> float:
        """The deviance from which a value is refuted."""
        from scipy.special import stdtrit

        return float(stdtrit(self.clusters - 1, 0.5 + self.level / 2)) ** 2 * self._longer(factors)

    def _longer(self, factors: Floats) -> float:
        """By how much groups make a contrast vary more than the model says; at least 1."""
        model, groups = self._covariances
        held = np.concatenate([[0.0], factors, [0.0, 0.0]])
        usual, found = float(held @ model @ held), float(held @ groups @ held)
        if not usual > 0 or not math.isfinite(found / usual):
            return 1.0
        return max(1.0, found / usual)

    @cached_property
    def _covariances(self) -> tuple[Floats, Floats]:
        """Covariance by the model, and by how the scores of groups vary, at the figures."""
        at = self._firth
        here = self._look(at)
        size = len(at)
        # What stands at its bound does not vary.
        free = np.ones(size, bool)
        free[-2] = at[-2] > _INSIDE
        free[-1] = _INSIDE < at[-1] < MOST_LAPSES - _INSIDE
        bread = np.zeros((size, size))
        inside = np.ix_(free, free)
        values, vectors = np.linalg.eigh(here.information[inside])
        if values.min() <= _FLAT:
            return bread, bread
        bread[inside] = (vectors / values) @ vectors.T
        scores = here.scores - (self._times @ here.scores) / self.clusters
        meat = (scores * self._times[:, None]).T @ scores
        return bread, self.clusters / (self.clusters - 1) * bread @ meat @ bread


def _factors(contrast: Floats | int, width: int) -> Floats:
    """A contrast, or the number of a weight, as factors of all weights."""
    found = np.zeros(width)
    if isinstance(contrast, int):
        found[contrast] = 1.0
    else:
        found[:] = contrast
    return found


class _Profile:
    """How well each value of a contrast fits, all else at its best for it."""

    def __init__(self, fit: Weights, factors: Floats) -> None:
        self._fit = fit
        # Coordinates of which the one behind the intercept is the contrast.
        width = fit._width
        pivot = int(np.abs(factors).argmax())
        rows = [factors, *(row for k, row in enumerate(np.eye(width)) if k != pivot)]
        turn = np.eye(width + 1)
        turn[1:, 1:] = np.stack(rows)
        self._design = fit._design @ np.linalg.inv(turn)
        self._best, self._firth = fit._best.copy(), fit._firth.copy()
        for one in (self._best, self._firth):
            one[:-2] = turn @ one[:-2]
        self._known = self._firth
        self._top = self._of(self._firth, jeffreys=True)

    @property
    def value(self) -> float:
        """The figure."""
        return float(self._firth[1])

    def _of(self, found: Floats, jeffreys: bool) -> float:
        return self._fit._look(found, self._design, jeffreys=jeffreys).value

    def deviance(self, value: float) -> float:
        """Twice the penalised log likelihood that is lost where the contrast has a value."""
        self._known = self._fit._maximise(self._known, self._design, value, jeffreys=True)
        return 2 * (self._top - self._of(self._known, jeffreys=True))

    def is_open(self, side: int, bound: float) -> bool:
        """Whether no value on a side is refuted without Jeffreys' penalty, which refutes all."""
        found = self._fit._maximise(self._best, self._design, side * FAR)
        lost = self._of(self._best, jeffreys=False) - self._of(found, jeffreys=False)
        return 2 * lost <= bound

    def end(self, side: int, bound: float) -> float:
        """The end of the interval on a side; infinite where it is open."""
        if self.is_open(side, bound):
            return side * math.inf
        self._known = self._firth
        # Values with the square roots of their deviances, which are nearly straight.
        goal = math.sqrt(bound)
        inside, held, step = self.value, 0.0, 0.5
        while (lost := self._root(outside := inside + side * step)) <= goal:
            if abs(outside) > FAR:
                return side * math.inf
            inside, held, step = outside, lost, 2 * step
        # The deviance of one value may differ a little by where the search for it began, so both
        # sides keep the one that they were found with.
        while abs(outside - inside) > _NEAR:
            share = min(max((goal - held) / (lost - held), 0.1), 0.9)
            middle = inside + share * (outside - inside)
            if (found := self._root(middle)) <= goal:
                inside, held = middle, found
            else:
                outside, lost = middle, found
        return outside

    def _root(self, value: float) -> float:
        return math.sqrt(max(self.deviance(value), 0.0))


class LinearWeights:
    """Weights from log odds that are known of every answer, ``log P(first) - log P(second)``.

    Least squares with an effect of each group, whatever its distribution; the covariance is the
    sandwich with sums over groups (Liang and Zeger 1986, Biometrika 73:13) times ``G / (G - 1)``,
    the quantile Student's with ``G - 1`` degrees of freedom. What is the same for all answers of a
    group cannot be told from that effect and is weighed between groups, by their means.
    """

    spread = lapses = None

    def __init__(
        self, things: Floats, odds: Floats, cluster: Ints, *, level: float = LEVEL
    ) -> None:
        """Fit.

        Args:
            things: (n, k) as of :class:`Weights`.
            odds: (n,) finite.
            cluster: (n,) number of the group.
            level: of the intervals.

        Raises:
            DataError: arrays of different length, or what is not finite.
        """
        things = np.asarray(things, np.float64)
        if not len(things) == len(odds) == len(cluster):
            raise DataError("things, log odds and groups differ in length")
        if not np.isfinite(things).all() or not np.isfinite(odds).all():
            raise DataError("log odds, and what is weighed, must be finite")
        _, group = np.unique(cluster, return_inverse=True)
        group = group.reshape(-1)
        self.n, self.clusters = len(odds), int(group.max(initial=-1)) + 1
        self.level, width = level, things.shape[1]
        self._found, self._covariance = np.zeros(width), np.zeros((width, width))
        self._known = np.zeros(width, bool)
        self.reason: Reason | None = "few" if self.n else "none"
        if self.clusters < FEWEST:
            return
        count = np.bincount(group, minlength=self.clusters)
        table = np.column_stack([things, odds])
        sums = [np.bincount(group, column, self.clusters) for column in table.T]
        means = np.stack(sums, axis=1) / count[:, None]
        within = table - means[group]
        inner = np.abs(within[:, :width]).max(axis=0) > 1e-12
        between = np.column_stack([means[:, :width][:, ~inner], np.ones(self.clusters)])
        self._fit(np.flatnonzero(inner), within[:, :width][:, inner], within[:, -1], group)
        self._fit(np.flatnonzero(~inner), between, means[:, -1], np.arange(self.clusters))
        self.reason = None if self._known.all() else "constant"

    def _fit(self, columns: Ints, design: Floats, target: Floats, group: Ints) -> None:
        """Coefficients of some columns; nothing where the design does not tell them."""
        normal = design.T @ design
        if not len(columns) or np.linalg.matrix_rank(normal) < len(normal):
            return
        bread = np.linalg.inv(normal)
        found = bread @ (design.T @ target)
        off = (target - design @ found)[:, None] * design
        scores = np.stack([np.bincount(group, one, self.clusters) for one in off.T], axis=1)
        covariance = self.clusters / (self.clusters - 1) * bread @ (scores.T @ scores) @ bread
        at = np.arange(len(columns))
        self._found[columns] = found[at]
        self._covariance[np.ix_(columns, columns)] = covariance[np.ix_(at, at)]
        self._known[columns] = True

    def weight(self, contrast: Floats | int) -> Weighed:
        """One weight, or a sum of weights with factors (:meth:`Weights.weight`)."""
        factors = _factors(contrast, len(self._found))
        if self.reason is not None and not self._known[factors != 0].all():
            return Weighed(None, n=self.n, clusters=self.clusters, reason=self.reason)
        value = float(factors @ self._found)
        reach = self._reach(factors)
        return Weighed(value, value - reach, value + reach, self.n, self.clusters)

    def estimate(self, contrast: Floats | int) -> float:
        """The figure of a contrast alone (:meth:`Weights.estimate`)."""
        value = self.weight(contrast).value
        return math.nan if value is None else value

    def refutes(self, contrast: Floats | int, value: float = 0.0) -> bool:
        """Whether the interval of a contrast is without ``value``."""
        found = self.weight(contrast)
        if found.low is None or found.high is None:
            return False
        return not found.low <= value <= found.high

    def _reach(self, factors: Floats) -> float:
        from scipy.special import stdtrit

        error = math.sqrt(max(float(factors @ self._covariance @ factors), 0.0))
        return float(stdtrit(self.clusters - 1, 0.5 + self.level / 2)) * error


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where along a quantity a contrast is 0.

    ``value`` is None where it is not within the range: ``side`` is then 1 where the contrast surely
    is above 0 throughout, -1 where below, 0 where that cannot be told. ``low`` and ``high`` are the
    ends of what is not refuted; None where that goes on to the end of the range.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    side: int = 0


def crossing(
    fit: Weights | LinearWeights, contrast: Floats, slope: Floats, ends: tuple[float, float]
) -> Crossing:
    """Where ``contrast + x * slope`` is 0, for x within a range.

    The interval holds every x at which 0 is not refuted (what Fieller's is for a ratio), to a
    sixteenth of the range.

    Args:
        fit: of the weights.
        contrast: (k,) factors at x = 0.
        slope: (k,) what they change by with x.
        ends: least and largest x.
    """
    at, by = fit.estimate(contrast), fit.estimate(slope)
    if math.isnan(at) or math.isnan(by):
        return Crossing(None)
    value = -at / by if by else math.inf
    least, most = ends
    inside = least <= value <= most

    def zero(x: float) -> bool:
        return not fit.refutes(contrast + x * slope)

    def edge(refuted: float, other: float) -> float:
        for _ in range(4):
            middle = (refuted + other) / 2
            refuted, other = (refuted, middle) if zero(middle) else (middle, other)
        return refuted

    low = high = None
    if inside:
        low = None if zero(least) else edge(least, value)
        high = None if zero(most) else edge(most, value)
        return Crossing(value, low, high)
    # Beyond the end at which the contrast is nearer to 0, if it is refuted there.
    first, last = at + least * by, at + most * by
    near, far = (least, most) if abs(first) <= abs(last) else (most, least)
    if not zero(near):
        return Crossing(None, side=1 if first > 0 else -1)
    if not zero(far):
        low, high = (None, edge(far, near)) if near == least else (edge(far, near), None)
    return Crossing(None, low, high)
