"""Logistic curves that were fitted, and what can be read off them: slope, threshold, distance.

A curve is ``logit P(pass) = a + b x``. Thresholds come with Fieller's interval, distances between
thresholds with limits recovered from those of the two. What the data cannot tell is not told: every
absent figure has a :data:`Reason`. Made by :func:`handeye.stats.logistic.fit_curves`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scale = Callable[[float], float]

Reason = Literal["none", "few", "all_right", "all_wrong", "constant", "separated", "flat", "fit"]
"""Why a figure is absent: nothing measured; too few passes, failures or clusters; everything passes
or fails; x does not vary; passes and failures do not overlap along x, so that no finite curve fits;
the slope cannot be told from 0; the regression did not converge."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A figure with its interval; absent ends are None and ``reason`` says why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: Reason | None = None

    def to_dict(self) -> dict[str, float | str | None]:
        """Plain values for JSON."""
        return {"value": self.value, "low": self.low, "high": self.high, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves fitted together.

    ``reasons[c]`` is None where curve c was fitted. ``points`` (k, 2) holds intercept and slope of
    each, at ``x - centre``, NaN where there is none; ``covariance`` (k, 2, k, 2) belongs to it.
    ``strata`` are those that the curves rest on, ``quantile`` the t quantile of the level.
    ``effects`` (k, s) are the intercepts of the strata.
    """

    n_items: tuple[int, ...]
    n_clusters: tuple[int, ...]
    reasons: tuple[Reason | None, ...]
    strata: tuple[int, ...]
    centre: float
    quantile: float
    points: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    effects: Floats = field(repr=False)

    def intercept(self, curve: int) -> float | None:
        """Log odds of passing at x = 0 in the average stratum."""
        if self.reasons[curve] is not None:
            return None
        a, b = self.points[curve]
        return float(a - b * self.centre)

    def slope(self, curve: int) -> Bounded:
        """Change of the log odds per unit of x, with its Wald interval."""
        if self.reasons[curve] is not None:
            return Bounded(None, reason=self.reasons[curve])
        b = float(self.points[curve, 1])
        reach = self.quantile * float(np.sqrt(self.covariance[curve, 1, curve, 1]))
        return Bounded(b, b - reach, b + reach)

    def threshold(self, curve: int) -> Bounded:
        """Where the curve crosses one half: ``-a / b``, with Fieller's interval.

        The interval holds every x at which a log odds of 0 is not refuted,
        ``(a + b x)**2 <= q**2 var(a + b x)`` (Fieller 1954, J. R. Stat. Soc. B 16:175). It is
        bounded only where the slope differs from 0 at the same level; else there is no figure
        (reason ``flat``).
        """
        if self.reasons[curve] is not None:
            return Bounded(None, reason=self.reasons[curve])
        a, b = self.points[curve]
        v = self.covariance[curve, :, curve, :]
        q2 = self.quantile**2
        square = b * b - q2 * v[1, 1]
        if square <= 0:
            return Bounded(None, reason="flat")
        middle = (q2 * v[0, 1] - a * b) / square
        reach = np.sqrt(max(middle * middle - (a * a - q2 * v[0, 0]) / square, 0.0))
        low, high = middle - reach + self.centre, middle + reach + self.centre
        return Bounded(float(self.centre - a / b), float(low), float(high))

    def distance(self, first: int, second: int, scale: Scale = float) -> Bounded:
        """Threshold of ``first`` minus threshold of ``second``.

        From the two Fieller intervals and the correlation of the two thresholds (delta method) by
        the recovery of variances from limits (Zou and Donner 2008, Stat. Med. 27:1693).

        Args:
            first: number of a curve.
            second: number of a curve.
            scale: increasing; brings x into the unit in which the distance is wanted.
        """
        one, two = self.threshold(first), self.threshold(second)
        if one.value is None or two.value is None:
            return Bounded(None, reason=one.reason or two.reason)
        t1, l1, u1 = (scale(x) for x in (one.value, one.low, one.high) if x is not None)
        t2, l2, u2 = (scale(x) for x in (two.value, two.low, two.high) if x is not None)
        r = self._correlation(first, second)
        apart = t1 - t2
        low = apart - _reach(t1 - l1, u2 - t2, r)
        return Bounded(apart, low, apart + _reach(u1 - t1, t2 - l2, r))

    def shares(self, curve: int, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Share that passes at each x in the average stratum, and its pointwise interval.

        Raises:
            ValueError: the curve was not fitted.
        """
        if self.reasons[curve] is not None:
            raise ValueError(f"curve {curve} was not fitted ({self.reasons[curve]})")
        u = np.stack([np.ones_like(x), x - self.centre], axis=1)
        odds = u @ self.points[curve]
        spread = np.sqrt(np.einsum("ni,ij,nj->n", u, self.covariance[curve, :, curve, :], u))
        reach = self.quantile * spread
        return logistic(odds), logistic(odds - reach), logistic(odds + reach)

    def standardised(
        self, curve: int, x: Floats, stratum: NDArray[np.int64], at: float, share: float
    ) -> float:
        """Share that the average stratum would have at one x, from the share of a bin of items.

        Bins hold strata in different amounts, so their raw shares do not lie around the curve of
        the average stratum. The log odds by which the items of the bin do better than the fit are
        added to that curve (indirect standardisation).

        Args:
            curve: number of a fitted curve.
            x: (m,) of the items in the bin.
            stratum: (m,) of the items, each in :attr:`strata`.
            at: the x that stands for the bin.
            share: of the bin, measured, or an end of its interval.
        """
        if share <= 0 or share >= 1:
            return float(np.clip(share, 0, 1))
        a, b = self.points[curve]
        fitted = self.effects[curve, np.searchsorted(self.strata, stratum)] + b * (x - self.centre)
        low, high = -40.0 - float(fitted.max()), 40.0 - float(fitted.min())
        for _ in range(50):  # bisection; the mean grows with the shift
            shift = (low + high) / 2
            if float(logistic(fitted + shift).mean()) < share:
                low = shift
            else:
                high = shift
        return float(logistic(np.array(a + b * (at - self.centre) + low)))

    def _correlation(self, first: int, second: int) -> float:
        """Correlation of two thresholds by the delta method."""
        a, b = self.points[[first, second]].T
        slopes = np.stack([-1 / b, a / b**2], axis=1)
        found = np.empty((2, 2))
        for i, one in enumerate((first, second)):
            for j, two in enumerate((first, second)):
                found[i, j] = slopes[i] @ self.covariance[one, :, two, :] @ slopes[j]
        return float(np.clip(found[0, 1] / np.sqrt(found[0, 0] * found[1, 1]), -1, 1))


def _reach(down: float, up: float, correlation: float) -> float:
    return float(np.sqrt(max(down * down - 2 * correlation * down * up + up * up, 0.0)))


def logistic(odds: Floats) -> Floats:
    """Share for log odds, without overflow."""
    out: Floats = 0.5 * (1 + np.tanh(0.5 * odds))
    return out
