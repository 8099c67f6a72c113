"""How the clicks of one model come about: a mixture over conventions, fitted by EM.

With weight ``v_0`` an answer is written as asked, with weight ``v_k`` in convention ``k``, and with
weight ``u`` it is *blurred*: it hits targets by chance only and tells nothing about the convention.
Every click, translated from its convention, is independently

    a target of the region          (uniform over them)
    a target outside the region     (uniform over them)
    beside a target of the region   (uniform over them, then over the 8 cells around one)
    any cell of the region          (uniform)
    any cell                        (uniform)

with one set of shares for all answers that are not blurred, and another, without the first two
parts, for those that are. Blurred answers know the region in every convention: theirs is one part
for each. Where an item has no target outside, that part is uniform over any cell. Regions without
targets tell nothing: no answer about them is right in any convention. Weights and shares come from
the EM algorithm (Dempster, Laird and Rubin 1977).

Without blurred answers, an answer of five wild clicks that hits one target when read in some
convention would count for that convention. Who keeps to the region and guesses there hits targets
more often than a guess over the grid would, however the clicks are read: so it needs the region, as
asked and translated. Cells beside a target keep unsteady pointing from being read as counting from
0: pointing that misses in every direction explains the misses up left, counting from 0 explains
only those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, pdtrc

from handeye.answer_kinds.coordinates import AS_ASKED, CONVENTIONS, Convention
from handeye.rose.diagnosis.evidence import Evidence, exists
from handeye.rose.scene import Cell

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLD, _BEYOND, _BESIDE, _REGION, _ANY = range(5)
# Shares of answers that are not blurred, and of blurred ones (beside, any, then the regions), at
# first.
_SHARP = (0.84, 0.05, 0.05, 0.03, 0.03)
_BLURRED = (0.3, 0.3, 0.4)
# So many clicks of an answer tell how it is written; who clicks every cell shall not fill memory.
_MOST_CLICKS = 12
# A convention that could win less log-likelihood than this is not looked at further: to be told it
# needs more.
_PROMISING = 4.0
# Level of the test that a convention fits more answers than its neighbours do.
_OUTDONE = 0.05
# Rows or columns tell which clicks are moved if less than this share of the doubt is left; each one
# costs so much log-likelihood, three times what it wins by chance.
_TOLD_BY_PLACE, _EACH_PLACE = 1 / 3, 1.5
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
    """The densities of one model's clicks, ready for EM; every item has a click and a target."""

    def __init__(self, items: Sequence[Evidence]) -> None:
        """Look at the answers in every convention, and keep those that could explain some better.

        Args:
            items: answers with clicks about regions with targets.
        """
        clicks = [
            list(dict.fromkeys(found.reading.clicks))[:_MOST_CLICKS]
            for found in items
            if found.reading
        ]
        self.n = len(items)
        self.item = np.repeat(np.arange(self.n), [len(cells) for cells in clicks])
        self.starts = np.concatenate(([0], np.flatnonzero(np.diff(self.item)) + 1))
        places = self._places = _Places(items, clicks, self.item)
        asked = places.densities(AS_ASKED)
        self.conventions: tuple[Convention, ...] = ()
        # (ways, clicks, parts)
        self.sharp = asked[None]
        # (clicks, parts): beside, any, the region as asked and in each convention
        self.blurred = asked[:, [_BESIDE, _ANY, _REGION]]
        alone = self.fit()
        with np.errstate(divide="ignore"):
            without = np.logaddexp.reduce(alone.likelihood + np.log(alone.weights), axis=1)
        found: dict[Convention, Floats] = {}
        for one in CONVENTIONS:
            densities = places.densities(one)
            if _gain(self._sums(densities @ _SHARP) - without) > _PROMISING:
                found[one] = densities
        self.conventions = places.outstanding(found)
        used = [found[one] for one in self.conventions]
        self.sharp = np.stack([asked, *used])
        regions = [one[:, [_REGION]] for one in used]
        self.blurred = np.concatenate([self.blurred, *regions], axis=1)

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
        weights = weights / weights.sum()
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

    def each_alone(self, fit: Fit, kind: int) -> tuple[float, float]:
        """What if clicks are written so one by one, and not whole answers?

        A hand that drifts moves some clicks of an answer by a cell and not others; who counts from
        0 moves all. The class is replaced by one in which every click is written in the convention
        with some chance, else as asked; the shares of the clicks are held.

        Args:
            fit: of all classes.
            kind: of the convention, among those of the model.

        Returns:
            The log-likelihood won, and that chance; whole answers alone would have the chance 1.
        """
        asked, meant = (self.sharp[way] @ fit.shares[0] for way in (0, 1 + kind))
        likelihood, weights = fit.likelihood.copy(), fit.weights.copy()
        chance = weights[2 + kind] / (weights[0] + weights[2 + kind])
        # Most of what was as asked may now be clicks of such answers.
        moved = 0.9 * weights[0]
        weights[[0, 2 + kind]] += -moved, moved
        before = -np.inf
        for _ in range(_ROUNDS):
            density = (1 - chance) * asked + chance * meant
            likelihood[:, 2 + kind] = self._sums(density)
            total, posterior = _weigh(likelihood, weights)
            if total - before < _STOP:
                break
            before, weights = total, posterior.mean(0)
            chosen = posterior[self.item, 2 + kind]
            chance = float((chosen * chance * meant / density).sum() / max(chosen.sum(), _TINY))
        return total - fit.total, chance

    def of_places(self, posterior: Floats, kind: int) -> bool:
        """Do rows, or columns, decide which clicks are written in a convention?

        Who rounds rows to even ones moves the targets in odd rows and no others, who says no number
        above 7 those in row 8; who counts from 0 moves all targets of an answer, wherever. So two
        ways to tell which answers are written so are compared, of those that hit targets: once for
        each answer, and once for each row, or column, that is hit.

        Args:
            posterior: (n, classes) of each answer.
            kind: of the convention, among those of the model.

        Returns:
            Whether the place tells most of it, and is the likelier way.
        """
        convention = self.conventions[kind]
        chosen = [posterior[:, 0] > 0.5, posterior[:, 2 + kind] > 0.5]
        found = [
            (self._places.hit(way), answers)
            for way, answers in zip((AS_ASKED, convention), chosen, strict=True)
        ]
        whole = _entropy(np.array([[float(answers.sum()) for answers in chosen]]))
        for axis in (0, 1):
            sizes = 1 + max((int(hit[1 + axis].max(initial=0)) for hit, _ in found), default=0)
            table = np.stack(
                [
                    np.bincount(hit[1 + axis][answers[hit[0]]], minlength=sizes)
                    for hit, answers in found
                ],
                axis=1,
            ).astype(np.float64)
            taken = float((table.sum(axis=1) > 0).sum())
            alone, placed = _entropy(table.sum(axis=0, keepdims=True)), _entropy(table)
            if placed < _TOLD_BY_PLACE * alone and placed + _EACH_PLACE * (taken - 1) < whole:
                return True
        return False

    def by_chance(self, kind: int) -> float:
        """How likely so many targets are hit in a convention, were they elsewhere: the p-value.

        Targets that are clicked as written stay; the others are put anywhere on their side of the
        region, or anywhere in their row, or in their column, and the largest p-value counts. Who
        clicks one place whatever the scene, or knows one axis only, hits them there as often: equal
        answers are no evidence for each other. A target that several answers about its scene hit is
        hit once, and the mean is as much smaller; such hits are independent by chance, and less
        variable than a Poisson number.

        Args:
            kind: of the convention, among those of the model.
        """
        hits, distinct, means = self._places.hits_by_chance(self.conventions[kind])
        alike = distinct / max(hits, 1)
        return max(float(pdtrc(distinct - 1, mean * alike)) for mean in means) if hits else 1.0

    def _sums(self, density: Floats) -> Floats:
        """Log-likelihood of every answer from the density of its clicks: (n, ...)."""
        return np.asarray(np.add.reduceat(np.log(density), self.starts, axis=0))

    def _shares(
        self, shares: tuple[Floats, Floats], posterior: Floats, sharp: Floats, blurred: Floats
    ) -> tuple[Floats, Floats]:
        """M-step: what part the clicks come from, sharp and blurred."""
        chosen = np.concatenate([posterior[:, :1], posterior[:, 2:]], axis=1)[self.item].T
        one = (chosen / sharp).ravel() @ self.sharp.reshape(-1, len(shares[0])) * shares[0] + _TINY
        two = (posterior[self.item, 1] / blurred) @ self.blurred * shares[1] + _TINY
        return one / one.sum(), two / two.sum()


def _weigh(likelihood: Floats, weights: Floats) -> tuple[float, Floats]:
    """Log-likelihood of all answers, and each one's posterior over the classes."""
    with np.errstate(divide="ignore"):
        joint = likelihood + np.log(weights)
    each = np.logaddexp.reduce(joint, axis=1)
    return float(each.sum()), np.exp(joint - each[:, None])


def _entropy(table: Floats) -> float:
    """Log-likelihood that is lacking if each row of counts is told by its own shares, in nats."""
    rows = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, rows, out=np.ones_like(table), where=table > 0)
    return float(-(table * np.log(shares)).sum())


def _gain(ratio: Floats) -> float:
    """Log-likelihood won by one more class of the best weight, all others held.

    Args:
        ratio: (n,) log-likelihood of each answer in that class, less that without it.
    """
    more = np.expm1(np.minimum(ratio, 500.0))
    low, high = 0.0, 1.0
    if more.sum() <= 0:
        return 0.0
    for _ in range(30):  # the likelihood is concave in the weight: halve towards its top
        weight = (low + high) / 2
        rises = float((more / (1 + weight * more)).sum()) > 0
        low, high = (weight, high) if rises else (low, weight)
    return float(np.log1p(low * more).sum())


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
        self._items, self._item, self._n = items, item, len(items)
        self._written = np.array([_near(cell) for cells in clicks for cell in cells], np.int64)
        self._rows, self._cols = np.array([found.grid for found in items]).T[:, item]
        self._uniform = 1.0 / (np.maximum(self._rows, self._cols) + 2.0) ** 2
        regions = [found.region for found in items]
        bounds = np.array([(r.r1, r.r2, r.c1, r.c2) for r in regions])
        self._bounds = bounds.T[:, item]
        self._outside = np.array([region.type == "EXCLUSION" for region in regions])[item]
        sizes = [
            region.cell_count(found.grid) for region, found in zip(regions, items, strict=True)
        ]
        self._sizes = np.array(sizes, np.float64)[item]
        self._mark(items)

    def _mark(self, items: Sequence[Evidence]) -> None:
        """The cells with and beside targets of all items, found by one sorted search."""
        cells, density = [], []
        lacking = np.array([found.targets == found.gold for found in items])
        for place, found in enumerate(items):
            for part, marked in enumerate((found.gold, found.targets - found.gold)):
                cells += [(place, row, col) for row, col in marked]
                density += [(part, 1 / len(marked)) for _ in marked]
            cells += [(place, row + r, col + c) for row, col in found.gold for r, c in _AROUND]
            density += [(_BESIDE, 1 / (8 * len(found.gold))) for _ in found.gold for _ in _AROUND]
        codes = _code(*np.array(cells, np.int64).reshape(-1, 3).T)
        self._codes, at = np.unique(codes, return_inverse=True)
        self._near = np.zeros((len(self._codes) + 1, 3))
        for (part, share), code in zip(density, at.tolist(), strict=True):
            self._near[code, part] += share
        # Where an item has no target outside, that part is uniform over any cell.
        self._instead = np.where(lacking[self._item], self._uniform, 0.0)

    def outstanding(self, conventions: Iterable[Convention]) -> tuple[Convention, ...]:
        """The conventions that fit more answers than the same one a cell beside it, or mirrored.

        Pointing that misses, a row that is known without its column, a hand that drifts: each hits
        targets in some convention more often than chance, and one cell further just as often. An
        answer fits if it hits more targets than as it is written, or in a convention that was taken
        before; taken is the sign test, at :data:`_OUTDONE`, against the best of the eight places
        around, and of counting from 2 where it is counted from 0.
        """
        rest = list(conventions)
        taken: list[Convention] = []
        best = self._hits(AS_ASKED)
        while rest:
            fitting = {one: self._fitting(one, best) for one in rest}
            passed = [
                one
                for one, (own, rival) in fitting.items()
                if own and float(bdtrc(own - 1, own + rival, 0.5)) < _OUTDONE
            ]
            if not passed:
                break
            first = max(passed, key=lambda one: fitting[one][0])
            taken.append(first)
            rest.remove(first)
            best = np.maximum(best, self._hits(first))
        return tuple(taken)

    def _fitting(self, convention: Convention, best: Floats) -> tuple[int, int]:
        """Answers that hit more than ``best``: in a convention, and in the best of its rivals."""
        mirrored = convention.mirrored
        found = [self._hits(convention, shift) for shift in ((0, 0), *_AROUND)]
        found += [self._hits(mirrored)] if mirrored != convention else []
        own, *others = (int((hits > best).sum()) for hits in found)
        return own, max(others)

    def hit(self, convention: Convention) -> tuple[Ints, Ints, Ints]:
        """Answer, row and column of every click that hits a target of the grid."""
        row, col = self._meant(convention)
        hits = self._near[self._found(row, col), : _BEYOND + 1].any(1)
        return self._item[hits], row[hits], col[hits]

    def hits_by_chance(self, convention: Convention) -> tuple[int, int, Floats]:
        """Targets not clicked as written that are hit in a convention, and how many by chance.

        First all hits, then those of a target of a scene once. The means (3,) of all hits are for
        targets anywhere on their side of the region, in their row, or in their column.
        """
        meant = np.stack(self._meant(convention), axis=1)
        ends = np.append(np.flatnonzero(np.diff(self._item)) + 1, len(meant)).tolist()
        hits, distinct, means, start = 0, set[tuple[str, str, Cell]](), np.zeros(3), 0
        for found, end in zip(self._items, ends, strict=True):
            written = {Cell(int(r), int(c)) for r, c in self._written[start:end]}
            other = {Cell(int(r), int(c)) for r, c in meant[start:end]} - written
            start = end
            hits += len(found.targets & other)
            distinct.update((found.subset, found.scene_id, one) for one in found.targets & other)
            for target in found.targets - written:
                means += _chances(found, target, written, other)
        return hits, len(distinct), means

    def _hits(self, convention: Convention, shift: tuple[int, int] = (0, 0)) -> Floats:
        """Targets of the grid among the cells that each answer means, shifted: (items,)."""
        row, col = self._meant(convention)
        at = self._found(row + shift[0], col + shift[1])
        hits = self._near[at, : _BEYOND + 1].any(1)
        return np.bincount(self._item, hits, self._n).astype(np.float64)

    def _meant(self, convention: Convention) -> tuple[Ints, Ints]:
        """Row and column of every click, read in a convention."""
        return convention.translate(
            self._written[:, 0], self._written[:, 1], self._rows, self._cols
        )

    def _found(self, row: Ints, col: Ints) -> Ints:
        """Rows of the table of marked cells; the last, empty one for a cell that is not in it."""
        codes = _code(self._item, row, col)
        at = np.searchsorted(self._codes, codes)
        at[np.append(self._codes, -1)[at] != codes] = len(self._codes)
        return at

    def densities(self, convention: Convention) -> Floats:
        """Density of every click in every part, read in a convention: (clicks, parts)."""
        row, col = self._meant(convention)
        at = self._found(row, col)
        r1, r2, c1, c2 = self._bounds
        bounded = (r1 <= row) & (row <= r2) & (c1 <= col) & (col <= c2)
        exists = (row >= 1) & (row <= self._rows) & (col >= 1) & (col <= self._cols)
        out = np.empty((len(row), 5))
        out[:, : _BESIDE + 1] = self._near[at]
        out[:, _BEYOND] += self._instead
        out[:, _REGION] = (exists & (bounded != self._outside)) / self._sizes
        out[:, _ANY] = self._uniform
        return out


def _chances(
    found: Evidence, target: Cell, written: AbstractSet[Cell], meant: AbstractSet[Cell]
) -> tuple[float, float, float]:
    """How likely a target elsewhere is among the cells meant: anywhere, in its row, in its column.

    Elsewhere is on its side of the region, and not clicked as written.
    """
    grid, inside = found.grid, target in found.region
    side = found.region.cell_count(grid)
    size = side if inside else grid.rows * grid.cols - side

    def alike(cells: Iterable[Cell]) -> list[Cell]:
        return [one for one in cells if exists(one, grid) and (one in found.region) == inside]

    hit = alike(meant)
    row = alike(Cell(target.row, col) for col in range(1, grid.cols + 1))
    column = alike(Cell(row, target.col) for row in range(1, grid.rows + 1))
    return (
        len(hit) / (size - len(alike(written))),
        sum(cell.row == target.row for cell in hit) / sum(one not in written for one in row),
        sum(cell.col == target.col for cell in hit) / sum(one not in written for one in column),
    )


_AROUND = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]


def _near(cell: Cell) -> tuple[int, int]:
    return min(cell.row, _FURTHEST), min(cell.col, _FURTHEST)


def _code(item: Ints, row: Ints, col: Ints) -> Ints:
    """One number per cell of an item; coordinates lie within a few of 0..:data:`_FURTHEST`."""
    width = 2 * _FURTHEST + 16
    return np.asarray((item * width + row + _FURTHEST + 8) * width + col + _FURTHEST + 8)
