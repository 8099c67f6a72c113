"""Many L2 logistic regressions on one matrix at once: every fold, C and permutation is a column.

For column j, with ``X_j`` the rows standardised by the mean and deviation of the column's own
training rows, it minimises what scikit-learn's ``StandardScaler`` + ``LogisticRegression`` does:
``|v|^2 / 2 + C_j sum_i w_ij loss(y_ij, x_ij v + b + offset_ij)``, the intercept b free.

Rows are never standardised column by column: ``x_ij v = (x_i - mean_j) (v / deviation_j)``, so that
one product of ``X`` with a matrix serves all columns. The descent is L-BFGS (Nocedal and Wright
2006, algorithm 7.4) with histories and steps of a column's own, all columns side by side. It starts
from the curvature that the columns nearly share, ``0.2 X'X / n + 1 / (C n)`` (the bound of Böhning
and Lindsay 1988 is 0.25), factored once for each C; where there are fewer rows than columns of
``X``, by way of ``X X'`` (Woodbury). A step is halved until the loss has fallen enough (Armijo),
which costs no product, as the logits of the direction are known.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve

from handeye.errors import DataError, OptionError

Array: TypeAlias = NDArray[Any]
Bools: TypeAlias = NDArray[np.bool_]

# At 1e-5 a weak penalty on 1,024 features leaves held-out probabilities .004 from the optimum, at
# 3e-6 .0014; either costs about the same.
TOLERANCE = 2e-6
_CURVATURE = 0.2
_HISTORY = 8
_ITERATIONS = 500
_HALVINGS = 20
# Cells of a block of columns (some 40 numbers per row or feature), and of what is kept in the
# processor's cache while a loss is added up.
_CELLS, _CACHED = 2**26, 2**15
# Cells of a matrix that is held in float32, and of a part of a larger one, held in float16.
_HELD, _PART = 2**27, 2**22
# A feature whose deviation in the training rows is below this part of its deviation in all rows
# says nothing there.
_CONSTANT = 1e-4


@dataclass(frozen=True, slots=True)
class Fit:
    """The columns' solutions.

    Attributes:
        weights: (d, m) of the features about ``centre`` in units of ``spread``.
        bias: (m,) the logit at ``centre``.
        centre: (d,) mean of the features over all rows.
        spread: (d,) their deviation.
        gradient: (m,) largest element of the mean loss's gradient where the column ended.
        tolerance: below which a column was done.
        steps: taken by the column that took most.
    """

    weights: Array
    bias: Array
    centre: Array
    spread: Array
    gradient: Array
    tolerance: float
    steps: int

    @property
    def coef(self) -> Array:
        """(d, m) coefficients of the features in their own units."""
        return np.asarray(self.weights / self.spread[:, None])

    @property
    def intercept(self) -> Array:
        """(m,) logits where every feature is 0, in float64."""
        return np.asarray(self.bias - self.centre.astype(np.float64) @ self.coef)

    @property
    def converged(self) -> Bools:
        """(m,) whether the column came below the tolerance."""
        return self.gradient <= self.tolerance

    def logits(self, x: ArrayLike) -> Array:
        """(n, m) logits of rows ``x`` (n, d); an offset is the caller's to add."""
        rows = (np.asarray(x).astype(self.weights.dtype) - self.centre) / self.spread
        return np.asarray(rows @ self.weights + self.bias)


def fit(
    x: ArrayLike,
    y: ArrayLike,
    weights: ArrayLike,
    c: ArrayLike,
    *,
    offset: ArrayLike | None = None,
    tolerance: float = TOLERANCE,
    start: Fit | None = None,
) -> Fit:
    """Fit all columns on one matrix; see :class:`Design` to fit on it again.

    Args:
        x: (n, d) finite; float64 is computed in float64, anything else in float32.
        y: (n, m) of 0 and 1.
        weights: (n, m), 0 or more; 0 keeps a row out of a column's training rows.
        c: (m,) or one number: inverse strengths of the penalty, as in scikit-learn.
        offset: (n, m) logits added to what is fitted; none if None.
        tolerance: largest element of the gradient of the loss, divided by the column's sum of
            weights, at which a column is done: the rule of scikit-learn's ``tol``.
        start: m solutions to start from, of the same features.

    Returns:
        The solutions of all columns.

    Raises:
        DataError: something is not finite, or a column has no training rows.
        OptionError: shapes do not fit, or c, weights or tolerance are out of range.
    """
    return Design(x).fit(y, weights, c, offset=offset, tolerance=tolerance, start=start)


class Design:
    """A matrix that columns are fitted on, as often as wanted.

    Args:
        x: (n, d) finite; or a function that gives its rows in parts (n_i, d), the same ones each
            time, for a matrix that is not to be held as it comes. Of more than 2**27 cells,
            standardised rows are held in float16 (a relative error of 2**-11, that of states which
            were stored so).
        standardise: each feature by the column's training rows; else features stay as they are
            and the penalty is on their own units (for unit rows such as TF-IDF).

    Raises:
        DataError: x is not a finite matrix.
    """

    def __init__(
        self, x: ArrayLike | Callable[[], Iterable[Array]], *, standardise: bool = True
    ) -> None:
        self.standardise = standardise
        self.kind: np.dtype[Any] = np.dtype(np.float32)
        parts: Callable[[], Iterable[Array]]
        if callable(x):
            parts = x
        else:
            whole = np.asarray(x)
            if whole.ndim != 2 or not whole.shape[0]:
                raise DataError(
                    f"states to fit on must be a matrix (rows, width), got {whole.shape}"
                )
            parts = partial(_slices, whole)
            if whole.dtype == np.float64:
                self.kind = whole.dtype
        n = self._moments(parts)
        large = self.kind == np.float32 and n * len(self.centre) > _HELD
        self._x = np.empty((n, len(self.centre)), np.float16 if large else self.kind)
        start = 0
        for part in parts():
            self._x[start : start + len(part)] = self._scaled(part)
            start += len(part)
        self._gram: Array | None = None
        self._factors: OrderedDict[float, Any] = OrderedDict()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and features."""
        return self._x.shape[0], self._x.shape[1]

    def _moments(self, parts: Callable[[], Iterable[Array]]) -> int:
        """Find centre and spread; returns the number of rows."""
        n, shift = 0, None
        with np.errstate(invalid="ignore", over="ignore"):
            for part in parts():
                if shift is None:
                    # A feature may lie far from 0 and vary little.
                    shift = part.mean(axis=0, dtype=np.float64)
                    total, square = np.zeros_like(shift), np.zeros_like(shift)
                about = part - shift
                total += about.sum(axis=0)
                square += np.einsum("ij,ij->j", about, about)
                n += len(part)
            if shift is None:
                raise DataError("states to fit on have no rows")
            centre = shift + total / n
            spread = np.sqrt(np.maximum(square / n - (total / n) ** 2, 0))
        if not np.isfinite(spread).all():
            place = int(np.flatnonzero(~np.isfinite(spread))[0])
            raise DataError(f"states to fit on are not finite in dimension {place}")
        # What rounding leaves of a constant is no spread.
        spread = np.where(spread > 1e-7 * np.abs(centre), spread, 1.0)
        self.centre = centre.astype(self.kind)
        self.spread = (spread if self.standardise else np.ones_like(spread)).astype(self.kind)
        return n

    def _scaled(self, part: Array) -> Array:
        return np.asarray((part.astype(self.kind) - self.centre) / self.spread)

    def parts(self) -> Iterator[tuple[slice, Array]]:
        """Rows about the centre in units of the spread, in the precision of the products."""
        n, d = self.shape
        step = n if self._x.dtype == self.kind else max(1, _PART // d)
        for start in range(0, n, step):
            own = slice(start, min(start + step, n))
            yield own, self._x[own].astype(self.kind, copy=False)

    def times(self, u: Array) -> Array:
        """(k, n) products of the rows with (k, d)."""
        out = np.empty((len(u), self.shape[0]), self.kind)
        for own, part in self.parts():
            out[:, own] = u @ part.T
        return out

    def sums(self, r: Array, power: int = 1) -> Array:
        """(k, d) sums of the rows, or of their squares, weighted by (k, n)."""
        out = np.zeros((len(r), self.shape[1]), self.kind)
        for own, part in self.parts():
            out += r[:, own] @ (part if power == 1 else part * part)
        return out

    def logits(self, found: Fit) -> Array:
        """(n, m) logits of the rows by fits on this matrix, without their offset."""
        return np.asarray(self.times(found.weights.T).T + found.bias)

    def fit(
        self,
        y: ArrayLike,
        weights: ArrayLike,
        c: ArrayLike,
        *,
        offset: ArrayLike | None = None,
        tolerance: float = TOLERANCE,
        start: Fit | None = None,
    ) -> Fit:
        """As :func:`fit`."""
        n, d = self.shape
        truth, weight = np.asarray(y), np.asarray(weights)
        if truth.ndim != 2 or truth.shape != weight.shape or len(truth) != n:
            raise OptionError(
                f"y and weights must both be (rows, columns) with {n} rows, got {truth.shape} "
                f"and {weight.shape}"
            )
        m = truth.shape[1]
        strength = np.broadcast_to(np.asarray(c, np.float64), (m,))
        added = None if offset is None else np.asarray(offset)
        _check(truth, weight, strength, added, tolerance)
        if start is not None and start.weights.shape != (d, m):
            raise OptionError(f"start holds {start.weights.shape} weights, expected {(d, m)}")
        found, bias, gradient = np.empty((d, m), self.kind), np.empty(m, self.kind), np.empty(m)
        steps = 0
        for block in self._blocks(strength):
            solved = _Block(self, truth, weight, strength, added, block)
            if start is not None:
                solved.start_from(start, block)
            steps = max(steps, solved.descend(tolerance))
            u = solved.v * solved.inverse
            found[:, block] = u.T
            bias[block] = solved.b - np.einsum("kd,kd->k", solved.mean, u)
            gradient[block] = solved.gradient
        return Fit(found, bias, self.centre, self.spread, gradient, tolerance, steps)

    def _blocks(self, strength: Array) -> list[NDArray[np.int64]]:
        """Columns solved side by side: as many as memory holds, few Cs where factors are large."""
        n, d = self.shape
        most = max(16, _CELLS // (9 * n + 30 * d))
        self._kept = max(1, _CELLS // min(n, d) ** 2)
        blocks: list[NDArray[np.int64]] = []
        values, place = np.unique(strength, return_inverse=True)
        for first in range(0, len(values), self._kept):
            own = np.flatnonzero((place >= first) & (place < first + self._kept))
            blocks += np.array_split(own, -(-len(own) // most))
        return blocks

    def conditioned(self, gradient: Array, c: Array, rows: float) -> Array:
        """(k, d) gradients times the inverse of the shared curvature at each column's C."""
        out = np.empty_like(gradient)
        for value in np.unique(c):
            own = c == value
            out[own] = self._solve(gradient[own], float(value), rows)
        return out

    def _solve(self, gradient: Array, c: float, rows: float) -> Array:
        n, d = self.shape
        ridge = 1.0 / (c * rows)
        if self._gram is None:
            self._gram = self._products() * (_CURVATURE / n)
        if c not in self._factors:
            while len(self._factors) >= self._kept:
                self._factors.popitem(last=False)
            bound = self._gram + np.eye(len(self._gram), dtype=self.kind) * ridge
            self._factors[c] = (ridge, cho_factor(bound, lower=True, check_finite=False))
        ridge, factor = self._factors[c]
        if d <= n:
            return np.asarray(cho_solve(factor, gradient.T, check_finite=False).T)
        inside = cho_solve(factor, self.times(gradient).T, check_finite=False)
        return np.asarray((gradient - (_CURVATURE / n) * self.sums(inside.T)) / ridge)

    def _products(self) -> Array:
        """``X'X``, where there are very many rows of every so many of them, or else ``X X'``."""
        n, d = self.shape
        out = np.zeros((min(n, d), min(n, d)), self.kind)
        for own, part in self.parts():
            if d > n:
                out[own] = self.times(part)
            else:
                some = part[:: max(1, n // (8 * d))]
                out += (some.T @ some) * (len(part) / len(some))
        return out


class _Block:
    """Columns that descend side by side; arrays are (columns, rows) and (columns, features).

    ``v`` are the coefficients of standardised features, ``b`` the intercepts, ``z`` the logits.
    """

    def __init__(
        self,
        design: Design,
        truth: Array,
        weight: Array,
        strength: Array,
        offset: Array | None,
        block: NDArray[np.int64],
    ) -> None:
        self.design, kind = design, design.kind
        self.c = strength[block]
        self.y = np.ascontiguousarray(truth[:, block].T, dtype=kind)
        own = np.ascontiguousarray(weight[:, block].T, dtype=np.float64)
        sums = own.sum(axis=1)
        own /= sums[:, None]
        self.t = own.astype(kind)
        self.ridge = (1.0 / (self.c * sums)).astype(kind)
        self.rows = float(sums.mean())
        self.offset = None if offset is None else offset[:, block].T.astype(kind)
        self.mean, self.inverse = self._moments()
        self.v = np.zeros((len(block), design.shape[1]), kind)
        share = np.clip(np.einsum("kn,kn->k", self.t, self.y), 1e-4, 1 - 1e-4)
        base = np.log(share / (1 - share)) if offset is None else np.zeros(len(block))
        self.b = base.astype(kind)
        self.gradient = np.full(len(block), np.inf)

    def _moments(self) -> tuple[Array, Array]:
        """(k, d) means and inverse deviations over each column's training rows."""
        distinct: dict[bytes, int] = {}
        place = np.array([distinct.setdefault(row.tobytes(), len(distinct)) for row in self.t])
        _, first = np.unique(place, return_index=True)
        own = self.t[first]
        if not self.design.standardise:
            flat = np.zeros((len(place), self.design.shape[1]), self.design.kind)
            return flat, flat + 1
        mean = self.design.sums(own)
        deviation = np.sqrt(np.maximum(self.design.sums(own, power=2) - mean * mean, 0))
        deviation = np.where(deviation > _CONSTANT, deviation, 1).astype(self.design.kind)
        return mean[place], (1 / deviation)[place]

    def start_from(self, start: Fit, block: NDArray[np.int64]) -> None:
        """Start from solutions of some matrix of the same features."""
        scale = (self.design.spread / start.spread)[:, None]
        u = (start.weights[:, block] * scale).T
        moved = (self.design.centre - start.centre) / start.spread
        self.v = np.ascontiguousarray(u / self.inverse, dtype=self.v.dtype)
        self.b = (
            start.bias[block]
            + moved @ start.weights[:, block]
            + np.einsum("kd,kd->k", self.mean, u)
        ).astype(self.v.dtype)

    def logits(self, v: Array, b: Array) -> Array:
        """(k, n) logits of coefficients (k, d) and intercepts (k,), without the offset."""
        u = v * self.inverse
        out = self.design.times(u)
        out += (b - np.einsum("kd,kd->k", self.mean, u))[:, None]
        return np.asarray(out)

    def slopes(self, residual: Array, v: Array) -> tuple[Array, Array]:
        """Gradients of the mean loss by v (k, d) and by b (k,)."""
        of_b = residual.sum(axis=1)
        of_v = self.design.sums(residual)
        of_v -= self.mean * of_b[:, None]
        of_v *= self.inverse
        of_v += self.ridge[:, None] * v
        return np.asarray(of_v), np.asarray(of_b)

    def losses(self, z: Array, v: Array) -> tuple[Array, Array]:
        """(k,) mean losses with their penalty, and (k, n) their derivatives by the logits."""
        loss, residual = np.empty(len(z), np.float64), np.empty_like(z)
        step = max(1, _CACHED // z.shape[1])
        for start in range(0, len(z), step):
            own = slice(start, start + step)
            part, y, t = z[own], self.y[own], self.t[own]
            tail = np.exp(-np.abs(part))
            whole = tail + 1
            loss[own] = np.einsum(
                "kn,kn->k", np.maximum(part, 0) - y * part + np.log(whole), t, dtype=np.float64
            )
            residual[own] = (np.where(part >= 0, 1, tail) / whole - y) * t
        return loss + self.ridge * np.einsum("kd,kd->k", v, v) / 2, residual

    def descend(self, tolerance: float) -> int:
        """Minimise: leaves v, b and gradient of all columns, and says the steps taken."""
        whole = self.v.copy(), self.b.copy(), self.mean, self.inverse
        alive, stuck, step = np.arange(len(self.v)), np.zeros(len(self.v), bool), 0
        z = self.logits(self.v, self.b)
        if self.offset is not None:
            z += self.offset
        loss, residual = self.losses(z, self.v)
        g, gb = self.slopes(residual, self.v)
        past: list[tuple[Array, ...]] = []
        while True:
            size = np.maximum(np.abs(g).max(axis=1, initial=0), np.abs(gb))
            self.gradient[alive] = size
            ended = (size <= tolerance) | stuck | (step == _ITERATIONS)
            if ended.any():
                whole[0][alive[ended]], whole[1][alive[ended]] = self.v[ended], self.b[ended]
                if ended.all():
                    break
                kept = ~ended
                for name in ("c", "y", "t", "ridge", "mean", "inverse", "v", "b"):
                    setattr(self, name, getattr(self, name)[kept])
                alive, z, loss, g, gb = (one[kept] for one in (alive, z, loss, g, gb))
                past = [tuple(one[kept] for one in pair) for pair in past]
            p, pb = self._direction(g, gb, past)
            slope = np.einsum("kd,kd->k", p, g) + pb * gb
            reach = self.logits(p, pb)
            length, z, loss, residual = self._search(z, loss, reach, p, slope)
            stuck = length == 0
            p *= length[:, None]
            pb *= length
            self.v, self.b = self.v + p, self.b + pb
            before, before_b = g, gb
            g, gb = self.slopes(residual, self.v)
            turn, turn_b = g - before, gb - before_b
            bend = np.einsum("kd,kd->k", p, turn) + pb * turn_b
            inverse = np.divide(1, bend, out=np.zeros_like(bend), where=bend > 0)
            past = [*past[1 - _HISTORY :], (p, pb, turn, turn_b, inverse)]
            step += 1
        self.v, self.b, self.mean, self.inverse = whole
        return step

    def _direction(self, g: Array, gb: Array, past: list[tuple[Array, ...]]) -> tuple[Array, Array]:
        """Downhill by each column's own history (two-loop recursion)."""
        q, qb, parts = g.copy(), gb.copy(), []
        for move, move_b, turn, turn_b, inverse in reversed(past):
            part = inverse * (np.einsum("kd,kd->k", move, q) + move_b * qb)
            parts.append(part)
            q -= part[:, None] * turn
            qb -= part * turn_b
        q, qb = self.design.conditioned(q, self.c, self.rows), qb / _CURVATURE
        for (move, move_b, turn, turn_b, inverse), part in zip(past, reversed(parts), strict=True):
            rest = part - inverse * (np.einsum("kd,kd->k", turn, q) + turn_b * qb)
            q += rest[:, None] * move
            qb += rest * move_b
        return -q, -qb

    def _search(
        self, z: Array, loss: Array, reach: Array, p: Array, slope: Array
    ) -> tuple[Array, Array, Array, Array]:
        """How far each column goes (0: rounding allows no step), and where that leads."""
        length = np.ones(len(z), z.dtype)
        slack = 4 * np.finfo(z.dtype).eps
        for _ in range(_HALVINGS):
            there = z + length[:, None] * reach
            fallen, residual = self.losses(there, self.v + length[:, None] * p)
            far = fallen > loss + 1e-4 * length * slope + slack
            if not far.any():
                return length, there, fallen, residual
            length[far] /= 2
        length[far] = 0
        there = z + length[:, None] * reach
        return length, there, *self.losses(there, self.v + length[:, None] * p)


def _slices(whole: Array) -> Iterator[Array]:
    step = max(1, _PART // max(1, whole.shape[1]))
    for start in range(0, len(whole), step):
        yield whole[start : start + step]


def _check(
    truth: Array, weight: Array, strength: Array, offset: Array | None, tolerance: float
) -> None:
    if offset is not None and offset.shape != truth.shape:
        raise OptionError(f"offset must be of the shape of y, {truth.shape}, got {offset.shape}")
    if not ((strength > 0) & np.isfinite(strength)).all():
        raise OptionError("every c must be a positive number")
    if not tolerance > 0:
        raise OptionError(f"tolerance must be positive, got {tolerance}")
    if not ((truth == 0) | (truth == 1)).all():
        raise DataError("y must hold nothing but 0 and 1")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise DataError("weights must be finite and not negative")
    if offset is not None and not np.isfinite(offset).all():
        raise DataError("offset must be finite")
    empty = np.flatnonzero(weight.sum(axis=0) == 0)
    if len(empty):
        raise DataError(f"column {int(empty[0])} has no training rows: all its weights are 0")
