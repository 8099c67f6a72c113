"""How the clicks of one model come about: a mixture over conventions, fitted by EM.

With weight ``v_0`` an answer is written as asked, with weight ``v_k`` in convention ``k``, and with
weight ``u`` it is *blurred*: it hits targets by chance only and tells nothing about the convention.
Every click, translated from its convention, is independently

    a target of the region          (uniform over them)
    a target outside the region     (uniform over them)
    beside a target                 (uniform over the region's targets, or the grid's where it
                                    has none, then over the 8 cells around one)
    any cell of the region          (uniform)
    any cell                        (uniform)

with one set of shares for all answers that are not blurred, and another, without the first two
parts, for those that are. Where an item has no such cell, that part is uniform over any cell.
Blurred answers know the region in every convention: theirs is one part for each. Weights and shares
come from the EM algorithm (Dempster, Laird and Rubin 1977).

Without blurred answers, an answer of five wild clicks that hits one target when read in some
convention would count for that convention. Who keeps to the region and guesses there hits targets
more often than a guess over the grid would, however the clicks are read: so it needs the region, as
asked and translated. Cells beside a target keep unsteady pointing from being read as counting from
0: pointing that misses in every direction explains the misses up left, counting from 0 explains
only those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from handeye.rose.diagnosis.evidence import Evidence
from handeye.rose.scene import Cell

# ---- ways to write coordinates besides the one that is asked for

# One coordinate, or those of many clicks.
N = TypeVar("N", int, NDArray[np.int64])


@dataclass(frozen=True, slots=True)
class Axis:
    """How rows, or columns, are counted: from which number, and from the near or the far end."""

    first: int = 1
    from_end: bool = False

    def meant(self, written: N, size: N) -> N:
        """The place, from 1, that a written number means on an axis of ``size`` cells."""
        place = written + 1 - self.first
        return size + 1 - place if self.from_end else place

    @property
    def key(self) -> str:
        """``flipped``, ``zero_based``, ``flipped_two_based``; empty as asked."""
        first = {0: ["zero_based"], 1: [], 2: ["two_based"]}[self.first]
        return "_".join(["flipped"] * self.from_end + first)

    def words(self, end: str) -> str:
        """``from below``, ``from 0``, ``from below and from 0``."""
        first = [f"from {self.first}"] * (self.first != 1)
        return " and ".join([f"from {end}"] * self.from_end + first)


@dataclass(frozen=True, slots=True)
class Convention:
    """A way to write coordinates: whether the column comes first, how either axis is counted."""

    swapped: bool = False
    rows: Axis = Axis()
    cols: Axis = Axis()

    def translate(self, row: N, col: N, rows: N, cols: N) -> tuple[N, N]:
        """Row and column that are meant by those written, in a grid of ``rows`` x ``cols``."""
        if self.swapped:
            row, col = col, row
        return self.rows.meant(row, rows), self.cols.meant(col, cols)

    @property
    def key(self) -> str:
        """``zero_based``, ``flipped_both``, ``swapped_zero_based_rows``; empty as asked."""
        parts = ["swapped"] * self.swapped
        if self.rows == self.cols:
            parts += [self.rows.key, "both" * self.rows.from_end]
        else:
            parts += [f"{axis.key}_{name}" for name, axis in self._axes() if axis.key]
        return "_".join(filter(None, parts))

    @property
    def does(self) -> str:
        """What who writes so does: ``swaps row and column and counts rows from 0``."""
        counts = self._counted()
        return " and ".join(
            ["swaps row and column"] * self.swapped + [f"counts {counts}"] * bool(counts)
        )

    @property
    def label(self) -> str:
        """``row and column swapped; rows counted from 0``."""
        counted = self._counted().replace(" from", " counted from", 1)
        return "; ".join(["row and column swapped"] * self.swapped + [counted] * bool(counted))

    @property
    def reason(self) -> str:
        """The reason of items that fail by it; none for counting from 2, which looks like slips."""
        if self.swapped:
            return "swapped"
        if self.rows.from_end or self.cols.from_end:
            return "flipped"
        return "zero_based" if self.zero_based else ""

    @property
    def zero_based(self) -> bool:
        """Whether an axis is counted from 0."""
        return 0 in (self.rows.first, self.cols.first)

    def _axes(self) -> tuple[tuple[str, Axis], tuple[str, Axis]]:
        return ("rows", self.rows), ("cols", self.cols)

    def _counted(self) -> str:
        """``rows and columns from 0``, ``rows from below and columns from the right``."""
        if self.rows == self.cols and self.rows.key and not self.rows.from_end:
            return f"rows and columns {self.rows.words('')}"
        parts = [
            f"{name} {axis.words(end)}"
            for name, axis, end in (
                ("rows", self.rows, "below"),
                ("columns", self.cols, "the right"),
            )
            if axis.key
        ]
        return " and ".join(parts)


AS_ASKED = Convention()
_AXES = [Axis(first, end) for end in (False, True) for first in (1, 0, 2)]
CONVENTIONS: tuple[Convention, ...] = tuple(
    one for one in (Convention(*way) for way in product((False, True), _AXES, _AXES)) if one.key
)
"""Conventions that are looked for: every way but the one that is asked for."""


# ---- how answers of each kind look


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLD, _BEYOND, _BESIDE, _REGION, _ANY = range(5)
# Of answers that are not blurred, and of blurred ones (beside, any, then the regions), at first.
_SHARP = (0.84, 0.05, 0.05, 0.03, 0.03)
_BLURRED = (0.3, 0.3, 0.4)
# So many clicks of an answer tell how it is written; who clicks every cell shall not fill memory.
_MOST_CLICKS = 24
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
    ``pull`` (n, classes): how much each answer moves each weight. ``shares`` are those of the
    parts, of answers that are not blurred and of those that are.
    """

    total: float
    weights: Floats
    shares: tuple[Floats, Floats]
    likelihood: Floats
    posterior: Floats
    pull: Floats


class ClickModel:
    """The densities of one model's clicks, ready for EM; every item has a click."""

    def __init__(self, items: Sequence[Evidence], fewest: int) -> None:
        """Look at the answers in every convention.

        Args:
            items: answers with clicks.
            fewest: a convention that explains no more answers than this, better than as asked or
                by chance, is left out.
        """
        clicks = [
            list(dict.fromkeys(found.reading.clicks))[:_MOST_CLICKS]
            for found in items
            if found.reading
        ]
        self.n = len(items)
        self.item = np.repeat(np.arange(self.n), [len(cells) for cells in clicks])
        self.starts = np.concatenate(([0], np.flatnonzero(np.diff(self.item)) + 1))
        places = _Places(items, clicks, self.item)
        asked = places.densities(AS_ASKED)
        # (clicks, beside, any and one region for each way of writing)
        self.blurred = np.stack([asked[:, _BESIDE], asked[:, _ANY], asked[:, _REGION]], axis=1)
        plain = np.maximum(self._sums(asked @ _SHARP), self._sums(self.blurred @ _BLURRED))
        hits = places.hits(AS_ASKED)
        found: list[tuple[Convention, Floats]] = []
        for one in CONVENTIONS:
            # Most are ruled out by their hits, which are cheap to count.
            if int((places.hits(one) > hits).sum()) < fewest:
                continue
            densities = places.densities(one)
            if int((self._sums(densities @ _SHARP) > plain).sum()) >= fewest:
                found.append((one, densities))
        self.conventions = tuple(one for one, _ in found)
        # (ways, clicks, parts)
        self.sharp = np.stack([asked, *(densities for _, densities in found)])
        self.blurred = np.concatenate([self.blurred, self.sharp[1:, :, _REGION].T], axis=1)

    def fit(self, allowed: NDArray[np.bool_] | None = None, start: Fit | None = None) -> Fit:
        """Weights and shares of highest likelihood, classes that are not allowed left out."""
        classes = 2 + len(self.conventions)
        if start is None:
            weights = np.full(classes, 0.02)
            weights[:2] = 1.0, 0.2
            regions = self.blurred.shape[1] - 2
            known = (*_BLURRED[:2], *[_BLURRED[2] / regions] * regions)
            shares = np.array(_SHARP), np.array(known)
        else:
            weights, shares = start.weights + _FLOOR, start.shares
        weights = weights if allowed is None else np.where(allowed, weights, 0.0)
        weights = weights / weights.sum()
        before = -np.inf
        for _ in range(_ROUNDS):
            sharp, blurred = self.sharp @ shares[0], self.blurred @ shares[1]
            every = np.concatenate([sharp[:1], blurred[None], sharp[1:]])
            likelihood = self._sums(every.T)
            total, posterior = _weigh(likelihood, weights)
            if total - before < _STOP:
                break
            before = total
            weights, shares = posterior.mean(0), self._shares(shares, posterior, sharp, blurred)
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

    def _sums(self, density: Floats) -> Floats:
        """Log-likelihood of every answer from the density of its clicks: (n, ...)."""
        return np.asarray(np.add.reduceat(np.log(density), self.starts, axis=0))

    def _shares(
        self, shares: tuple[Floats, Floats], posterior: Floats, sharp: Floats, blurred: Floats
    ) -> tuple[Floats, Floats]:
        """M-step: what part the clicks come from, sharp and blurred."""
        chosen = np.concatenate([posterior[:, :1], posterior[:, 2:]], axis=1)[self.item].T
        one = np.einsum("wc,wcp->p", chosen / sharp, self.sharp) * shares[0] + _TINY
        two = (posterior[self.item, 1] / blurred) @ self.blurred * shares[1] + _TINY
        return one / one.sum(), two / two.sum()


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


class _Places:
    """Where the clicks of all items lie, as they are written and in any convention."""

    def __init__(
        self, items: Sequence[Evidence], clicks: Sequence[Sequence[Cell]], item: Ints
    ) -> None:
        self._item = item
        self._written = np.array([_near(cell) for cells in clicks for cell in cells], np.int64)
        self._rows = np.array([found.grid.rows for found in items])
        self._cols = np.array([found.grid.cols for found in items])
        self._targets = _Marks([found.targets for found in items])
        self._gold = _Marks([found.gold for found in items])
        self._beyond = _Marks([found.targets - found.gold for found in items])
        self._asked = _Marks([found.gold or found.targets for found in items])
        regions = [found.region for found in items]
        self._bounds = np.array([(r.r1, r.r2, r.c1, r.c2) for r in regions])
        self._outside = np.array([region.type == "EXCLUSION" for region in regions])
        sizes = [region.cell_count(found.grid) for region, found in zip(regions, items, strict=True)]
        self._sizes = np.array(sizes, np.float64)
        self._uniform = 1.0 / (np.maximum(self._rows, self._cols) + 2.0) ** 2

    def meant(self, convention: Convention) -> tuple[Ints, Ints]:
        """Row and column of every click, read in a convention."""
        rows, cols = self._rows[self._item], self._cols[self._item]
        return convention.translate(self._written[:, 0], self._written[:, 1], rows, cols)

    def hits(self, convention: Convention) -> Floats:
        """How many targets of the grid each answer hits, read in a convention: (items,)."""
        found = self._targets.hit(self._item, *self.meant(convention))
        return np.bincount(self._item, found, len(self._rows))

    def densities(self, convention: Convention) -> Floats:
        """Density of every click in every part, read in a convention: (clicks, parts)."""
        item, uniform = self._item, self._uniform
        rows, cols = self._rows[item], self._cols[item]
        row, col = self.meant(convention)
        out = np.empty((len(item), 5))
        out[:, _GOLD] = self._gold.density(item, row, col, uniform)
        out[:, _BEYOND] = self._beyond.density(item, row, col, uniform)
        out[:, _BESIDE] = self._asked.around(item, row, col, uniform)
        r1, r2, c1, c2 = self._bounds[item].T
        bounded = (r1 <= row) & (row <= r2) & (c1 <= col) & (col <= c2)
        exists = (row >= 1) & (row <= rows) & (col >= 1) & (col <= cols)
        inside = exists & (bounded != self._outside[item])
        out[:, _REGION] = inside / self._sizes[item]
        out[:, _ANY] = uniform[item]
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
        found = self.hit(item, row, col) / np.maximum(count, 1)
        return np.asarray(np.where(count > 0, found, uniform[item]))

    def around(self, item: Ints, row: Ints, col: Ints, uniform: Floats) -> Floats:
        """Uniform over the 8 cells around a marked cell chosen at random."""
        steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]
        beside = sum(self.hit(item, row + r, col + c) for r, c in steps)
        count = self.count[item]
        found = beside / (8.0 * np.maximum(count, 1))
        return np.asarray(np.where(count > 0, found, uniform[item]))

    def hit(self, item: Ints, row: Ints, col: Ints) -> Floats:
        """1 where a cell is marked, 0 elsewhere."""
        codes = _code(item, row, col)
        if not len(self._codes):
            return np.zeros(len(codes))
        at = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return np.asarray(self._codes[at] == codes, np.float64)


def _code(item: Ints, row: Ints, col: Ints) -> Ints:
    """One number per cell of an item; coordinates lie within a few of 0..:data:`_FURTHEST`."""
    width = 2 * _FURTHEST + 8
    return np.asarray((item * width + row + _FURTHEST + 4) * width + col + _FURTHEST + 4)
