"""Which cells of an item are right, read from one state with the cell as a query.

The reader of a state behind the question takes the cell as a query: its logit for a cell is
``h (w_row + w_col + w_cell)``, one linear reader of the state ``h`` for every row, column and cell.
So nothing of what the cell shows comes in by way of the query, and what is read stands in the one
state. Two more readers get what the cell's own picture token tells, free of the question: alone,
and beside the state, where the reader may put together what the model itself would have to.

Readers are least squares with a penalty (all queries share one decomposition), put together and
calibrated by a logistic model on scores of inner folds. Outer folds report; inner ones choose the
layer, the penalty and the cuts. All rows of a group
are in one fold. What is found is *decodable*; what is not found is not found by this reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.sets.draw import Draw
from handeye.states.figures import Bools, Floats, areas, areas_within
from handeye.states.folds import Ints, nested_folds, teaches, too_rare
from handeye.states.solver import fit
from handeye.states.targets import Target, on_tokens
from handeye.stats.roc import best_threshold

if TYPE_CHECKING:
    from handeye.states.store import States


PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
"""Of least squares on standardised states, per row: what a direction of variance 1 is held by."""
LAST, PICTURE, BOTH = "state", "picture", "state and picture"
"""Readers: of the one state, of each cell's own token, of both."""
POSITION, SHUFFLED = "position and count", "shuffled"
CONTROLS = {
    POSITION: "where the cell lies, the size of the grid, and how many cells are right in the item",
    SHUFFLED: "the reader of the state, asked about other cells of the same item",
}
"""What a figure is held against: readers that look at nothing, or at the wrong place."""
_LEAST = 2
"""Items with a right cell that a query must have to be learnt."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Held-out readings of the cells of all items of one stratum.

    Attributes:
        target: what was asked of each cell.
        stratum: of the items.
        site: of the state.
        items: ids, in order.
        group: (items,) number of each item's group.
        item: (rows,) place in ``items`` of each cell.
        place: (rows,) of the cell in its item's grid.
        right: (rows,) whether the cell is right.
        logits: by reader, (rows,) held out.
        cuts: by reader, (items,) the logit above which a cell is called right, from inner folds:
            that of most exact items among those with a right cell.
        quiet: by reader, (items,) the logit that the highest cell of an item must exceed, or none
            is called right: where inner folds tell best whether there is one.
        chosen: layer and penalty of each outer fold, of the reader of the state.
    """

    target: str
    stratum: str
    site: str
    items: tuple[str, ...]
    group: Ints
    item: Ints
    place: Ints
    right: Bools
    logits: Mapping[str, Floats]
    cuts: Mapping[str, Floats]
    quiet: Mapping[str, Floats]
    chosen: tuple[tuple[str, float], ...]

    @property
    def some(self) -> Bools:
        """(items,) whether an item has a right cell."""
        return np.bincount(self.item[self.right], minlength=len(self.items)) > 0

    def silent(self, reader: str) -> Bools:
        """(items,) whether none of the cells is called right."""
        return _most(self.logits[reader], self.item, len(self.items)) <= self.quiet[reader]

    def exact(self, reader: str) -> Bools:
        """(items,) whether exactly the right cells lie above the cut.

        It is taken for granted that there is one; of an item without, whether it is silent.
        """
        low, high = _ends(self.logits[reader], self.right, self.item, len(self.items))
        told = (low <= self.cuts[reader]) & (self.cuts[reader] < high)
        return np.where(self.some, told, self.silent(reader))

    def ranked(self, reader: str) -> Bools:
        """(items,) whether the right cells lie above all others: exact, their number given."""
        low, high = _ends(self.logits[reader], self.right, self.item, len(self.items))
        return low < high

    def areas(self, reader: str) -> Floats:
        """(items,) AUROC among the cells of each item; NaN where all are alike."""
        return areas_within(self.logits[reader], self.right, self.item, len(self.items))


def read_cells(
    states: States,
    targets: Sequence[Target],
    site: str,
    *,
    pictures: Sequence[Target] = (),
    tokens: tuple[int, int] = (0, 0),
    layers: Sequence[str] | None = None,
    penalties: Sequence[float] = PENALTIES,
    folds: int = 5,
    inner: int = 4,
    seed: int = 0,
) -> Reading:
    """Read from one state of each item which of its cells are right.

    Args:
        states: of the items.
        targets: one name, one stratum, a row a cell; ``numbers`` have ``row`` and ``col``. A cell
            that is not among them is not asked about.
        site: of the state, not one of the cells.
        pictures: what cells show, asked once a picture (site ``grid``), one target or several: for
            the readers of the picture; without them there are none. Other groups than those of
            ``targets`` are left out.
        tokens: rows and columns of picture tokens, which cover the whole picture; needed with
            ``pictures``.
        layers: to choose from; all if None.
        penalties: to choose from.
        folds: that report.
        inner: folds that choose, within what each of these leaves.
        seed: of the folds, and of the shuffle.

    Raises:
        OptionError: too few groups for so many folds.
        DataError: rows of several targets or strata, without place, row or column, or twice the
            same cell; or nothing to be told apart, or not in all that would be learnt from.
    """
    cells = _Cells.of(targets)
    names, scene = np.unique(cells.groups, return_inverse=True)
    outer_of, inner_of = nested_folds(list(names), folds, inner, seed=seed)
    outer, within = outer_of[scene], inner_of[:, scene]
    if not all(teaches(cells.right, inner_fold[cells.item]) for inner_fold in within):
        rare = too_rare(cells.right, [row.group for row in cells.rows])
        raise DataError(f"{cells.target!r} in {cells.stratum or 'all'}: {rare}")
    chosen_layers = tuple(layers or states.layers)
    shown = {one.target: [o for o in pictures if o.target == one.target] for one in pictures}
    seen = [
        _Seen(states, cells.rows, rows, tokens, chosen_layers, penalties) for rows in shown.values()
    ]
    parts = {name: np.zeros(len(cells.item)) for name in (LAST, POSITION, SHUFFLED)}
    if seen:
        parts |= {name: np.zeros(len(cells.item)) for name in (PICTURE, BOTH)}
    cuts = {name: np.zeros(len(cells.items)) for name in parts}
    quiet = {name: np.zeros(len(cells.items)) for name in parts}
    x = {layer: states.states(layer, site, cells.items) for layer in chosen_layers}
    order = _shuffled(cells, seed)
    chosen = []
    for number in range(folds):
        test, folds_in = outer == number, within[number]
        best = _choose(cells, x, folds_in, test, penalties)
        chosen.append((best.layer, best.penalty))
        found = {LAST: best.scores, POSITION: _positions(cells)}
        if seen:
            own = np.column_stack([
                one.scores(names, scene[cells.item], outer_of == number, inner_of[number])
                for one in seen
            ])  # fmt: skip
            found |= {PICTURE: own, BOTH: np.column_stack([best.scores, own])}
        for name, scores in found.items():
            logits = _calibrated(scores, cells, ~test)
            parts[name][test[cells.item]] = logits[test[cells.item]]
            cuts[name][test] = _cut(logits, cells, ~test)
            quiet[name][test] = _quiet(logits, cells, ~test)
    parts[SHUFFLED], cuts[SHUFFLED], quiet[SHUFFLED] = parts[LAST][order], cuts[LAST], quiet[LAST]
    return Reading(
        target=cells.target,
        stratum=cells.stratum,
        site=site,
        items=tuple(cells.items),
        group=scene,
        item=cells.item,
        place=cells.place,
        right=cells.right,
        logits=parts,
        cuts=cuts,
        quiet=quiet,
        chosen=tuple(chosen),
    )


# ---- the readers


@dataclass(frozen=True, eq=False)
class _Cells:
    """The rows of a target, as arrays, sorted by item and place."""

    target: str
    stratum: str
    items: list[str]
    groups: list[str]
    item: Ints
    place: Ints
    right: Bools
    numbers: Floats
    """(rows, 5) row, column, rows, columns, and how many cells are right."""
    rows: list[Target]

    @classmethod
    def of(cls, targets: Sequence[Target]) -> _Cells:
        kinds = {(one.target, one.stratum) for one in targets}
        if len(kinds) != 1:
            raise DataError(
                f"cells of one target and one stratum can be read together, not {kinds}"
            )
        ((target, stratum),) = kinds
        lacking = next(
            (o for o in targets if o.place is None or not set(o.numbers) >= _NUMBERS), None
        )
        if lacking:
            raise DataError(
                f"item {lacking.item_id}: {target!r} is read by cells, and a row lacks its place, "
                "row or col"
            )
        rows = sorted(targets, key=lambda one: (one.item_id, one.place))
        items = list(dict.fromkeys(one.item_id for one in rows))
        at = {item_id: number for number, item_id in enumerate(items)}
        group = {one.item_id: one.group for one in rows}
        item = np.array([at[one.item_id] for one in rows])
        place = np.array([one.place for one in rows])
        if len(set(zip(item.tolist(), place.tolist(), strict=True))) < len(rows):
            raise DataError(f"{target!r} is asked twice of the same cell of an item")
        right = np.array([one.label == 1 for one in rows])
        if right.all() or not right.any():
            raise DataError(f"{target!r} in {stratum or 'all'}: all cells are alike")
        count = np.bincount(item, weights=right)[item]
        found = [[one.numbers.get(name, 0.0) for name in _USED] for one in rows]
        return cls(
            target, stratum, items, [group[name] for name in items], item, place, right,
            np.column_stack([np.array(found), count]), rows,
        )  # fmt: skip


_NUMBERS = {"row", "col"}
_USED = ("row", "col", "rows", "cols")


class _Path:
    """Least squares of many columns on standardised rows, for every penalty at once.

    For training rows Z (standardised) and centred labels Y it is
    ``z V (V'Z'Y / n) / (s + penalty)`` with ``Z'Z / n = V s V'``, by way of the smaller of Z'Z
    and ZZ'.
    """

    def __init__(self, x: NDArray[Any]) -> None:
        self._mean = x.mean(axis=0, dtype=np.float64)
        deviation = x.std(axis=0, dtype=np.float64)
        self._scale = np.where(deviation > 1e-8 * max(1.0, float(deviation.max())), deviation, 1.0)
        z = self._standard(x)
        n, d = z.shape
        if d <= n:
            self._s, self._v = np.linalg.eigh(z.T @ z / n)
        else:
            s, u = np.linalg.eigh(z @ z.T / n)
            kept = s > 1e-10 * max(float(s[-1]), 1e-300)
            self._s = s[kept]
            self._v = z.T @ (u[:, kept] / np.sqrt(n * self._s))
        self._s = np.maximum(self._s, 0.0)
        self._own = z @ self._v

    def _standard(self, x: NDArray[Any]) -> Floats:
        return np.asarray((x - self._mean) / self._scale)

    def scores(self, y: Floats, x: NDArray[Any], penalties: Sequence[float]) -> list[Floats]:
        """(rows, columns) of other rows, for each penalty; labels (training rows, columns)."""
        mean = y.mean(axis=0)
        part = self._own.T @ (y - mean) / len(y)
        moved = self._standard(x) @ self._v
        return [(moved / (self._s + penalty)) @ part + mean for penalty in penalties]


class _Queries:
    """The labels of all queries: does an item have a right cell in a row, in a column, there?"""

    def __init__(self, cells: _Cells, train: Bools) -> None:
        row, col = (cells.numbers[:, k].astype(np.int64) for k in range(2))
        self.parts: list[tuple[Floats, Ints]] = []
        for query in (row, col, row * (col.max() + 1) + col):
            _, at = np.unique(query, return_inverse=True)
            asked = np.zeros((len(cells.items), at.max() + 1), bool)
            right = np.zeros_like(asked)
            asked[cells.item, at] = True
            right[cells.item[cells.right], at[cells.right]] = True
            own = asked[train]
            base = right[train].sum(axis=0) / np.maximum(own.sum(axis=0), 1)
            # Where an item has no such row or cell it says nothing of it.
            y = np.where(asked, right, base[None, :]).astype(np.float64)
            y[:, right[train].sum(axis=0) < _LEAST] = 0.0
            self.parts.append((y, at))

    @property
    def labels(self) -> Floats:
        """(items, queries)."""
        return np.concatenate([y for y, _ in self.parts], axis=1)

    def of_cells(self, scores: Floats, cells: _Cells, own: Bools) -> Floats:
        """(rows of own items, 3) scores of each cell's row, column and self; items as in own."""
        mine = own[cells.item]
        item = (np.cumsum(own) - 1)[cells.item[mine]]
        out, start = [], 0
        for y, at in self.parts:
            out.append(scores[item, start + at[mine]])
            start += y.shape[1]
        return np.column_stack(out)


@dataclass(frozen=True, eq=False)
class _Best:
    layer: str
    penalty: float
    scores: Floats


def _choose(
    cells: _Cells,
    x: Mapping[str, NDArray[Any]],
    folds: Ints,
    test: Bools,
    penalties: Sequence[float],
) -> _Best:
    """Scores (rows, 3) at the best layer and penalty.

    Those of training items are out of fold, those of test items by the reader of all the others.
    """
    best: tuple[float, str, int, Floats] | None = None
    train = ~test
    for layer, states in x.items():
        found = [np.zeros((len(cells.item), 3)) for _ in penalties]
        for number in range(int(folds.max()) + 1):
            _read(cells, states, train & (folds != number), folds == number, penalties, found)
        for place, scores in enumerate(found):
            logits = _calibrated(scores, cells, train)
            mine = train[cells.item]
            each = areas_within(logits[mine], cells.right[mine], cells.item[mine], len(cells.items))
            mean = float(np.nanmean(each)) if np.isfinite(each).any() else 0.0
            if best is None or mean > best[0] + 1e-9:
                best = (mean, layer, place, scores)
    assert best is not None
    _, layer, place, scores = best
    _read(cells, x[layer], train, test, penalties[place : place + 1], [scores])
    return _Best(layer, penalties[place], scores)


def _read(
    cells: _Cells,
    states: NDArray[Any],
    train: Bools,
    own: Bools,
    penalties: Sequence[float],
    out: Sequence[Floats],
) -> None:
    queries = _Queries(cells, train)
    path = _Path(states[train])
    for scores, found in zip(
        path.scores(queries.labels[train], states[own], penalties), out, strict=True
    ):
        found[own[cells.item]] = queries.of_cells(scores, cells, own)


class _Seen:
    """What the cells' own tokens tell of the picture, by the same folds."""

    def __init__(
        self,
        states: States,
        targets: Sequence[Target],
        pictures: Sequence[Target],
        tokens: tuple[int, int],
        layers: Sequence[str],
        penalties: Sequence[float],
    ) -> None:
        self._penalties, self._target = penalties, pictures[0].target
        self._label = np.array([[float(one.label)] for one in pictures])
        self._groups = np.array([one.group for one in pictures])

        def at(rows: Sequence[Target]) -> dict[str, NDArray[Any]]:
            found = on_tokens(rows, *tokens)
            ids, places = [one.item_id for one in found], [one.place or 0 for one in found]
            return {layer: states.states(layer, "grid", ids, places) for layer in layers}

        self._shown, self._asked = at(pictures), at(targets)

    def scores(self, names: NDArray[Any], scene: Ints, test: Bools, folds: Ints) -> Floats:
        """(rows, 1) of the cells asked about, by readers that never saw their group's fold.

        Args:
            names: of groups, sorted.
            scene: (rows,) group of each cell.
            test: (groups,) those that are held out.
            folds: (groups,) inner fold of the others.

        Raises:
            DataError: some of the pictures that would be learnt from are all alike.
        """
        place = np.minimum(np.searchsorted(names, self._groups), len(names) - 1)
        known = (names[place] == self._groups) & ~test[place]
        fold = np.where(known, folds[place], -1)
        if not teaches(self._label[:, 0], fold):
            own = names[place] == self._groups
            rare = too_rare(self._label[own, 0], self._groups[own].tolist())
            raise DataError(f"{self._target!r} of pictures: {rare}")
        numbers = range(int(folds.max()) + 1)
        best: tuple[float, str, float] | None = None
        for layer, x in self._shown.items():
            found = [np.zeros(len(x)) for _ in self._penalties]
            for number in numbers:
                own, rest = fold == number, known & (fold != number)
                told = _Path(x[rest]).scores(self._label[rest], x[own], self._penalties)
                for scores, one in zip(found, told, strict=True):
                    scores[own] = one[:, 0]
            for penalty, scores in zip(self._penalties, found, strict=True):
                label = self._label[known, 0] == 1
                area = float(areas(scores[known], label))
                if best is None or area > best[0] + 1e-9:
                    best = (area, layer, penalty)
        assert best is not None
        _, layer, penalty = best
        out: Floats = np.zeros((len(scene), 1))
        shown, asked = self._shown[layer], self._asked[layer]
        for number in (*numbers, -1):
            own = test[scene] if number < 0 else (folds[scene] == number) & ~test[scene]
            rest = known & (fold != number)
            out[own] = _Path(shown[rest]).scores(self._label[rest], asked[own], [penalty])[0]
        return out


def _positions(cells: _Cells) -> Floats:
    """What is known of a cell without looking: its row and column, the grid, the item's count."""
    row, col = (cells.numbers[:, k] for k in range(2))
    hot = [
        (values[:, None] == np.unique(values)[None, :]).astype(np.float64) for values in (row, col)
    ]
    size = np.bincount(cells.item)[cells.item]
    count = cells.numbers[:, 4]
    rest = [cells.numbers[:, 2], cells.numbers[:, 3], np.log((count + 0.5) / (size - count + 0.5))]
    return np.column_stack([*hot, *rest])


def _calibrated(scores: Floats, cells: _Cells, train: Bools) -> Floats:
    """(rows,) logits of a logistic model on scores, fitted on the cells of training items."""
    mine = train[cells.item]
    weights = np.ones((int(mine.sum()), 1))
    found = fit(scores[mine], cells.right[mine, None].astype(float), weights, [1.0])
    return np.asarray(found.logits(scores)[:, 0], dtype=np.float64)


def _cut(logits: Floats, cells: _Cells, train: Bools) -> float:
    """Where the right cells of most training items are told from all others of the item."""
    low, high = (ends[train] for ends in _ends(logits, cells.right, cells.item, len(train)))
    low, high = low[np.isfinite(high)], high[np.isfinite(high)]
    low, high = low[low < high], high[low < high]
    if not len(low):
        return 0.0
    at = np.unique(np.concatenate([low, high]))
    held = np.searchsorted(np.sort(low), at, "right") - np.searchsorted(np.sort(high), at, "right")
    best = np.flatnonzero(held == held.max())
    place = int(best[len(best) // 2])
    # The share is the same up to the next end: the middle is as far from both.
    return float((at[place] + at[place + 1]) / 2 if place + 1 < len(at) else at[place])


def _quiet(logits: Floats, cells: _Cells, train: Bools) -> float:
    """Which highest logit of an item tells best whether it has a right cell."""
    some = (np.bincount(cells.item[cells.right], minlength=len(train)) > 0)[train]
    if some.all() or not some.any():
        return -np.inf if some.any() else np.inf
    return best_threshold(_most(logits, cells.item, len(train))[train], some)


def _most(logits: Floats, item: Ints, items: int) -> Floats:
    """(items,) the highest logit."""
    out = np.full(items, -np.inf)
    np.maximum.at(out, item, logits)
    return out


def _ends(logits: Floats, right: Bools, item: Ints, items: int) -> tuple[Floats, Floats]:
    """(items,) the highest logit of a cell that is not right, the lowest of one that is."""
    low, high = np.full(items, -np.inf), np.full(items, np.inf)
    np.maximum.at(low, item[~right], logits[~right])
    np.minimum.at(high, item[right], logits[right])
    return low, high


def _shuffled(cells: _Cells, seed: int) -> Ints:
    """Rows in which every cell has the place of another cell of its item, drawn."""
    out = np.arange(len(cells.item))
    starts = np.flatnonzero(np.diff(cells.item, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(out)], strict=True):
        name = cells.items[cells.item[start]]
        out[start:end] = Draw(seed, "shuffled cells", name).shuffled(range(int(start), int(end)))
    return out
