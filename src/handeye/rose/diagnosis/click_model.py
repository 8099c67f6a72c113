"""How the clicks of one model come about: a mixture over conventions, fitted by EM.

With weight ``v_0`` an answer is written as asked, with weight ``v_k`` in convention ``k``, and with
weight ``u`` it is *blurred*: it hits targets by chance only and tells nothing about the convention.
Every click, translated from its convention, is independently

    a target of the region          (uniform over them)
    a target outside the region     (uniform over them)
    beside a target                 (uniform over the region's targets, or the grid's where it
                                    has none, then over the 8 cells around one)
    any cell                        (uniform)

with one set of shares for all answers that are not blurred, and another, without the first two
parts, for those that are. Where an item has no such cell, that part is uniform over any cell.
Weights and shares come from the EM algorithm (Dempster, Laird and Rubin 1977).

Without blurred answers, an answer of five wild clicks that hits one target when read in some
convention would count for that convention. Cells beside a target keep unsteady pointing from being
read as counting from 0: pointing that misses in every direction explains the misses up left,
counting from 0 explains only those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from handeye.rose.diagnosis.evidence import Evidence
from handeye.rose.scene import Cell

# ---- ways to write coordinates besides the one that is asked for

# One coordinate, or those of many clicks.
N = TypeVar("N", int, NDArray[np.int64])


@dataclass(frozen=True, slots=True)
class Convention:
    """A way to write coordinates; ``reason`` is the reason of items that fail by it."""

    key: str
    label: str
    reason: str
    swapped: bool = False
    zero_based: bool = False
    from_below: bool = False
    from_right: bool = False

    def translate(self, row: N, col: N, rows: N, cols: N) -> tuple[N, N]:
        """Row and column that are meant by those written, in a grid of ``rows`` x ``cols``."""
        if self.swapped:
            row, col = col, row
        if self.zero_based:
            row, col = row + 1, col + 1
        if self.from_below:
            row = rows + 1 - row
        if self.from_right:
            col = cols + 1 - col
        return row, col


CONVENTIONS: tuple[Convention, ...] = (
    Convention("zero_based", "rows and columns counted from 0", "zero_based", zero_based=True),
    Convention("swapped", "row and column swapped", "swapped", swapped=True),
    Convention(
        "swapped_zero_based",
        "row and column swapped, counted from 0",
        "swapped",
        swapped=True,
        zero_based=True,
    ),
    Convention("flipped_rows", "rows counted from below", "flipped", from_below=True),
    Convention("flipped_cols", "columns counted from the right", "flipped", from_right=True),
    Convention(
        "flipped_both",
        "rows counted from below, columns from the right",
        "flipped",
        from_below=True,
        from_right=True,
    ),
)
"""Conventions that are looked for."""

AS_ASKED = Convention("asked", "as asked", "")


# ---- how answers of each kind look


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PARTS = 4
_ANY = 3
# Coordinates further off say no more than these, and keep codes of cells within 64 bits.
_FURTHEST = 10**5
# EM ends when a round gains less log-likelihood than this, far below what a test looks at.
_STOP = 1e-5
_ROUNDS = 300
# EM never leaves a share of 0, and never reaches a weight of 0: it starts from at least the first
# two, and weights of less than a hundredth of an answer are none.
_TINY = 1e-12
_FLOOR = 0.001
_NONE = 0.01


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted mixture; classes are as asked, blurred, then the conventions.

    ``likelihood`` (n, classes) of each answer in each class, in logs; ``posterior`` likewise;
    ``pull`` (n, classes): how much each answer moves each weight.
    """

    total: float
    weights: Floats
    shares: Floats
    likelihood: Floats
    posterior: Floats
    pull: Floats


class ClickModel:
    """The densities of one model's clicks, ready for EM; every item has a click."""

    def __init__(self, items: Sequence[Evidence]) -> None:
        clicks = [list(dict.fromkeys(found.reading.clicks)) for found in items if found.reading]
        self.n = len(items)
        self.item = np.repeat(np.arange(self.n), [len(cells) for cells in clicks])
        ways = (AS_ASKED, *CONVENTIONS)
        # (ways, clicks, parts)
        self.densities = _densities(items, clicks, self.item, ways)
        self.starts = np.concatenate(([0], np.flatnonzero(np.diff(self.item)) + 1))

    def fit(self, allowed: NDArray[np.bool_], start: Fit | None = None) -> Fit:
        """Weights and shares of highest likelihood, classes that are not allowed left out."""
        if start is None:
            weights = np.full(len(allowed), 0.02)
            weights[:2] = 1.0, 0.2
            shares = np.array([[0.85, 0.05, 0.05, 0.05], [0.0, 0.0, 0.4, 0.6]])
        else:
            weights, shares = start.weights + _FLOOR, start.shares
        weights = np.where(allowed, weights, 0.0)
        weights /= weights.sum()
        before = -np.inf
        for _ in range(_ROUNDS):
            likelihood, mixed = self._likelihood(shares)
            total, posterior = _weigh(likelihood, weights)
            if total - before < _STOP:
                break
            before = total
            weights, shares = posterior.mean(0), self._shares(shares, posterior, mixed)
        weights = np.where(weights * self.n < _NONE, 0.0, weights)
        pull = _pull(likelihood, weights, posterior)
        return Fit(total, weights, shares, likelihood, posterior, pull)

    def cost(self, fit: Fit, left_out: int) -> float:
        """Log-likelihood lost without a class; 0 where it is not used."""
        if fit.weights[left_out] * self.n < 0.5:
            return 0.0
        allowed = np.ones(len(fit.weights), bool)
        allowed[left_out] = False
        # The poorer model is started twice, lest a poor optimum makes the ratio too large.
        others = max(self.fit(allowed).total, self.fit(allowed, fit).total)
        return max(0.0, fit.total - others)

    def _likelihood(self, shares: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
        """Log-likelihood (n, classes), and the density of every click by class."""
        sharp = self.densities @ shares[0]
        blurred = self.densities[0] @ shares[1]
        logs = np.log(np.concatenate([sharp[:1], blurred[None], sharp[1:]]))
        summed = np.add.reduceat(logs, self.starts, axis=1)
        return np.asarray(summed.T), (sharp, blurred)

    def _shares(self, shares: Floats, posterior: Floats, mixed: tuple[Floats, Floats]) -> Floats:
        """M-step: what part the clicks come from, sharp and blurred."""
        sharp, blurred = mixed
        chosen = np.concatenate([posterior[:, :1], posterior[:, 2:]], axis=1)[self.item].T
        one = np.einsum("wc,wcp->p", chosen / sharp, self.densities) * shares[0]
        two = np.einsum("c,cp->p", posterior[self.item, 1] / blurred, self.densities[0])
        found = np.stack([one, two * shares[1]]) + _TINY * (shares > 0)
        return np.asarray(found / found.sum(1, keepdims=True))


def _weigh(likelihood: Floats, weights: Floats) -> tuple[float, Floats]:
    """Log-likelihood of all answers, and each one's posterior over the classes."""
    with np.errstate(divide="ignore"):
        joint = likelihood + np.log(weights)
    top = joint.max(1, keepdims=True)
    parts = np.exp(joint - top)
    total = parts.sum(1, keepdims=True)
    return float((top + np.log(total)).sum()), parts / total


def _pull(likelihood: Floats, weights: Floats, posterior: Floats) -> Floats:
    """First-order change of each weight by each answer (influence, divided by n).

    One Newton step of the weights under the side condition that they add up to 1, classes of no
    weight kept out; the shares of the clicks are held.
    """
    n = len(likelihood)
    active = weights > 0
    score = posterior[:, active] / weights[active]  # d log f / d weight
    inverse = np.linalg.pinv(score.T @ score / n, hermitian=True)
    ones = np.ones(len(inverse))
    step = inverse - np.outer(inverse @ ones, ones @ inverse) / (ones @ inverse @ ones)
    pull = np.zeros(posterior.shape)
    pull[:, active] = score @ step / n
    return np.asarray(pull - pull.mean(0))


def _densities(
    items: Sequence[Evidence],
    clicks: Sequence[Sequence[Cell]],
    item: Ints,
    ways: Sequence[Convention],
) -> Floats:
    """Density of every click in every part, for every way of writing: (ways, clicks, parts)."""
    rows = np.array([found.grid.rows for found in items])
    cols = np.array([found.grid.cols for found in items])
    written = np.array([_near(cell) for cells in clicks for cell in cells], np.int64)
    gold = _Marks([found.gold for found in items])
    beyond = _Marks([found.targets - found.gold for found in items])
    asked = _Marks([found.gold or found.targets for found in items])
    uniform = 1.0 / (np.maximum(rows, cols) + 2.0) ** 2
    out = np.empty((len(ways), len(item), _PARTS))
    out[:, :, _ANY] = uniform[item]
    for way, convention in enumerate(ways):
        row, col = convention.translate(written[:, 0], written[:, 1], rows[item], cols[item])
        for part, marks in enumerate((gold, beyond)):
            out[way, :, part] = marks.density(item, row, col, uniform)
        out[way, :, 2] = asked.around(item, row, col, uniform)
    return out


def _near(cell: Cell) -> tuple[int, int]:
    return min(cell.row, _FURTHEST), min(cell.col, _FURTHEST)


class _Marks:
    """Some marked cells of every item, found by one sorted search."""

    def __init__(self, cells: Sequence[frozenset[Cell]]) -> None:
        self.count = np.array([len(marked) for marked in cells])
        item = np.repeat(np.arange(len(cells)), self.count)
        flat = np.array([cell for marked in cells for cell in marked], np.int64).reshape(-1, 2)
        self._codes = np.sort(_code(item, flat[:, 0], flat[:, 1]))

    def density(self, item: Ints, row: Ints, col: Ints, uniform: Floats) -> Floats:
        """Uniform over an item's marked cells; ``uniform`` where it has none."""
        count = self.count[item]
        found = self._hit(item, row, col) / np.maximum(count, 1)
        return np.asarray(np.where(count > 0, found, uniform[item]))

    def around(self, item: Ints, row: Ints, col: Ints, uniform: Floats) -> Floats:
        """Uniform over the 8 cells around a marked cell chosen at random."""
        steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]
        beside = sum(self._hit(item, row + r, col + c) for r, c in steps)
        count = self.count[item]
        found = beside / (8.0 * np.maximum(count, 1))
        return np.asarray(np.where(count > 0, found, uniform[item]))

    def _hit(self, item: Ints, row: Ints, col: Ints) -> Floats:
        codes = _code(item, row, col)
        if not len(self._codes):
            return np.zeros(len(codes))
        at = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return np.asarray(self._codes[at] == codes, np.float64)


def _code(item: Ints, row: Ints, col: Ints) -> Ints:
    """One number per cell of an item; coordinates lie within a few of 0..:data:`_FURTHEST`."""
    width = 2 * _FURTHEST + 8
    return np.asarray((item * width + row + _FURTHEST + 4) * width + col + _FURTHEST + 4)
