"""The search of a probe: every fold, C and permutation on every layer, and what inner folds choose.

Only running bests are kept, so that a layer's states are read once and let go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.states.figures import Bools, Floats, areas, mean_of
from handeye.states.folds import Ints, grouped_folds, nested_folds, teaches, too_rare
from handeye.states.solver import TOLERANCE, Design
from handeye.states.targets import Target

Progress: TypeAlias = Callable[[int, int, float], None]
"""Told the fits done, those to do in all, and the seconds that are left."""

CS = (1e-3, 1e-2, 1e-1, 1.0)
NO_NULL = "no null: labels that are exchanged between groups of one size would stay as they are"
"""Said where labels cannot be drawn that say nothing of a row."""
# The share of a label's variance that labels of a null may still tell.
_ALIKE = 0.5
# A permutation is a draw of what there is where nothing is: scikit-learn's own tolerance will do.
_LOOSE = 1e-4
# Cells of logits, labels and weights of fits that are made side by side.
_FITS = 2**22


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to learn from, with their inner folds, and rows to report on."""

    name: str
    held: Bools
    inner: Ints  # -1: not learnt from


@dataclass(frozen=True, slots=True)
class Setup:
    """The rows of a target in a stratum, how they are split, and what labels they are given."""

    targets: tuple[Target, ...]
    labels: NDArray[np.uint8]  # (1 + draws, n), the truth first
    splits: tuple[Split, ...]  # outer folds first, then kinds
    folds: int
    inner: int
    cs: tuple[float, ...]
    how: str
    seed: int

    @property
    def fits(self) -> int:
        """Of one set of labels in one split on one layer."""
        return (self.inner + 1) * len(self.cs)

    @classmethod
    def of(
        cls,
        targets: Sequence[Target],
        cs: tuple[float, ...] = CS,
        folds: int = 5,
        inner: int = 4,
        flips: int = 0,
        seed: int = 0,
    ) -> Setup:
        """Split the rows of one target in one stratum.

        Args:
            targets: the rows.
            cs: to choose from.
            folds: outer ones.
            inner: inner ones.
            flips: draws of the null.
            seed: of folds and draws.

        Raises:
            DataError: all rows have one label, or all that would be learnt from somewhere.
            OptionError: too few groups.
        """
        truth = np.array([target.label for target in targets], np.uint8)
        groups = [target.group for target in targets]
        if len(set(truth.tolist())) < 2:
            raise DataError(f"all {len(truth)} labels are {truth[0]}, so there is nothing to tell")
        told = [str(label) for label in truth]
        outer, within = nested_folds(groups, folds, inner, seed=seed, balance=told)
        splits = [Split(str(fold), outer == fold, within[fold]) for fold in range(folds)]
        if not all(teaches(truth, split.inner) for split in splits):
            raise DataError(too_rare(truth, groups))
        kinds = [([*target.strata.values(), "", ""])[1] for target in targets]
        for kind in sorted(set(kinds)) if len(set(kinds)) > 1 else ():
            held = np.array([name == kind for name in kinds])
            # A group that holds several kinds is learnt from in none of them.
            apart = {group for group, own in zip(groups, held, strict=True) if own}
            rest = np.flatnonzero([group not in apart for group in groups])
            if len({groups[row] for row in rest}) < 2 * inner:
                continue
            fold = np.full(len(held), -1, np.int64)
            fold[rest] = grouped_folds(
                [groups[row] for row in rest],
                inner,
                seed=seed,
                balance=[told[row] for row in rest],
            )
            split = Split(kind, held, fold)
            if len(set(truth[held])) == 2 and teaches(truth, split.inner):
                splits.append(split)
        how, drawn = null_labels(truth, groups, flips, seed)
        labels = np.concatenate([truth[None], drawn])
        return cls(tuple(targets), labels, tuple(splits), folds, inner, cs, how, seed)


def null_labels(
    labels: NDArray[np.uint8], groups: Sequence[str], draws: int, seed: int
) -> tuple[str, NDArray[np.uint8]]:
    """Labels that say nothing of a row and are alike within groups as the truth is.

    Args:
        labels: (n,) of 0 and 1.
        groups: (n,) of the rows.
        draws: how many.
        seed: of the draws.

    Returns:
        ``flip`` and labels turned over in whole groups, where each group holds as many 1 as 0;
        else ``exchange`` and labels of other groups of the same size, rows in order. Where there is
        no such group, or the place of a row in its group tells more than half of its label, rows
        are exchanged within the group as well. Shape (draws, n). Where what is drawn is still more
        than half the truth (a correlation above .5), as of groups of one label each and a size of
        their own, :data:`NO_NULL` and no draw.
    """
    names, place = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    sizes = np.bincount(place)
    words = np.random.PCG64(np.random.SeedSequence([seed, 1]))
    if (np.bincount(place, weights=labels) * 2 == sizes).all():
        turned = (words.random_raw(draws * len(names)) >> np.uint64(63)).astype(np.uint8)
        return "flip", labels ^ turned.reshape(draws, len(names))[:, place]
    rows = np.split(np.argsort(place, kind="stable"), np.cumsum(sizes)[:-1])
    out = np.empty((draws, len(labels)), np.uint8)
    classes = [np.flatnonzero(sizes == size) for size in np.unique(sizes)]
    within = [_told_by_place(labels[np.stack([rows[own] for own in same])]) for same in classes]
    for draw in range(draws):
        for same, mixed in zip(classes, within, strict=True):
            others = same
            if len(same) > 1:
                others = same[np.argsort(words.random_raw(len(same)), kind="stable")]
            for to, of in zip(same, others, strict=True):
                drawn = labels[rows[of]]
                if mixed:
                    drawn = drawn[np.argsort(words.random_raw(len(drawn)), kind="stable")]
                out[draw, rows[to]] = drawn
    if draws and _like(out, labels) > _ALIKE:
        return NO_NULL, out[:0]
    return "exchange", out


def _told_by_place(labels: NDArray[np.uint8]) -> bool:
    """Whether groups (groups, size) of one size are so alike that an exchange changes little."""
    spread = float(labels.var())
    return len(labels) == 1 or float(labels.mean(axis=0).var()) > _ALIKE * spread


def _like(drawn: NDArray[np.uint8], labels: NDArray[np.uint8]) -> float:
    """Correlation of labels that were drawn (draws, n) with the truth; they hold as many 1."""
    apart = labels - labels.mean()
    return float(np.mean([row @ apart for row in drawn]) / (apart @ apart))


class Clock:
    """Tells how far the fits are and how long they will take, by those that were made."""

    def __init__(self, progress: Progress | None, searches: int) -> None:
        self.progress, self.searches = progress, searches
        self.done = self.all = 0
        self.start = time.monotonic()

    def expect(self, fits: int) -> None:
        """Announce another search of so many fits; those to come are taken to be like it."""
        self.all = self.done + fits * max(1, self.searches)
        self.searches -= 1

    def tick(self, fits: int) -> None:
        """So many more are made."""
        self.done += fits
        if self.progress is not None:
            spent, whole = time.monotonic() - self.start, max(self.all, self.done)
            self.progress(self.done, whole, spent * (whole - self.done) / self.done)


@dataclass(slots=True)
class Search:
    """The best of what was read so far, by labels (the truth first) and split."""

    setup: Setup
    inner: Floats  # (1 + draws, splits) mean area of the inner folds at the best layer and C
    held: Floats  # (1 + draws, splits) area on the held-out rows there
    layer: NDArray[np.object_]  # (1 + draws, splits)
    c: Floats  # (1 + draws, splits)
    logits: Floats  # (splits, n) for the truth: see Probed.readings
    by_layer: dict[str, Floats] = field(
        default_factory=dict
    )  # (n,) held-out logits, C chosen within

    @classmethod
    def over(cls, setup: Setup) -> Search:
        """Nothing read yet."""
        shape, rows = (len(setup.labels), len(setup.splits)), len(setup.targets)
        return cls(
            setup,
            np.full(shape, -np.inf),
            np.full(shape, np.nan),
            np.full(shape, "", object),
            np.full(shape, np.nan),
            np.full((shape[1], rows), np.nan),
        )

    def take(
        self, layer: str, design: Design, tasks: Ints, clock: Clock, beside: Ints | None = None
    ) -> None:
        """Fit labels and splits on a layer.

        Args:
            layer: its name.
            design: its states of all rows.
            tasks: (k, 2) numbers of labels and of a split, each of which may choose the layer.
            clock: told of the fits.
            beside: (k, 2) further ones, for the curve alone.
        """
        setup, n = self.setup, len(self.setup.targets)
        step = max(1, _FITS // (n * setup.fits))
        # What is reported is fitted closely, and apart: draws need not be.
        exact = tasks[:, 0] == 0
        for own, tolerance, may in (
            (tasks[exact], TOLERANCE, True),
            (tasks[:0] if beside is None else beside, TOLERANCE, False),
            (tasks[~exact], _LOOSE, True),
        ):
            for start in range(0, len(own), step):
                part = own[start : start + step]
                self._fit(layer, design, part, tolerance, may)
                clock.tick(len(part) * setup.fits)

    def _fit(self, layer: str, design: Design, tasks: Ints, tolerance: float, may: bool) -> None:
        setup = self.setup
        n, cs = len(setup.targets), np.array(setup.cs)
        inner = setup.inner
        # Columns: task, then the inner folds and the whole, then C.
        weights = np.stack(
            [
                (setup.splits[split].inner >= 0) & (setup.splits[split].inner != fold)
                for _, split in tasks
                for fold in range(inner + 1)
            ],
            axis=1,
        )
        y = np.repeat(setup.labels[tasks[:, 0]].T, (inner + 1) * len(cs), axis=1)
        found = design.fit(
            y,
            np.repeat(weights, len(cs), axis=1).astype(np.uint8),
            np.tile(cs, weights.shape[1]),
            tolerance=tolerance,
        )
        z = design.logits(found).reshape(n, len(tasks), inner + 1, len(cs))
        for split in np.unique(tasks[:, 1]):
            own = np.flatnonzero(tasks[:, 1] == split)
            part, labels = setup.splits[split], tasks[own, 0]
            truth = setup.labels[labels].T[:, :, None].astype(bool)
            scores = [
                areas(z[part.inner == fold][:, own, fold], truth[part.inner == fold])
                for fold in range(inner)
            ]
            with np.errstate(invalid="ignore"):
                chosen = mean_of(np.stack(scores))  # (tasks, C)
            held = areas(z[part.held][:, own, inner], truth[part.held])
            best = chosen.argmax(axis=1)
            every = np.arange(len(own))
            better = may & (chosen[every, best] > self.inner[labels, split])
            who = labels[better]
            self.inner[who, split] = chosen[every, best][better]
            self.held[who, split] = held[every, best][better]
            self.layer[who, split] = layer
            self.c[who, split] = cs[best[better]]
            if labels[0] == 0:
                row = z[:, own[0], inner, best[0]].astype(np.float64)
                for fold in range(inner):
                    rows = part.inner == fold
                    row[rows] = z[rows, own[0], fold, best[0]]
                if better[0]:
                    self.logits[split] = row
                if split < setup.folds:
                    own_rows = self.by_layer.setdefault(layer, np.full(n, np.nan))
                    own_rows[part.held] = row[part.held]

    @property
    def fold(self) -> Ints:
        """(n,) the outer fold of each row."""
        held = np.stack([split.held for split in self.setup.splits[: self.setup.folds]])
        return np.asarray(held.argmax(axis=0))


def every_second(layers: Sequence[str]) -> tuple[str, ...]:
    """Every second layer, the last one among them."""
    return tuple(layers[::-1][::2][::-1])


def search(
    read: Callable[[str], Design],
    layers: Sequence[str],
    first: Sequence[str],
    setup: Setup,
    clock: Clock | None = None,
) -> Search:
    """Fit all labels and splits on some layers, then on those beside each one's best.

    Args:
        read: makes a layer's matrix; called once a layer at most.
        layers: all, in the order of the model.
        first: those that are read for all labels and splits.
        setup: rows, labels and splits.
        clock: told of the fits.
    """
    clock = clock or Clock(None, 1)
    out = Search.over(setup)
    every = np.array(
        [
            (label, split)
            for split in range(len(setup.splits))
            # Kinds that are left out say nothing of the null.
            for label in range(len(setup.labels) if split < setup.folds else 1)
        ]
    )
    beside = 2 * (len(first) < len(layers))
    clock.expect(len(every) * setup.fits * (len(first) + beside))
    for layer in first:
        out.take(layer, read(layer), every, clock)
    best = out.layer.copy()
    for place, layer in enumerate(layers):
        near = [*layers[max(place - 1, 0) : place], *layers[place + 1 : place + 2]]
        if layer not in first:
            tasks = every[[best[label, split] in near for label, split in every]]
            if len(tasks):
                truth = every[(every[:, 0] == 0) & (every[:, 1] < setup.folds)]
                rest = truth[~np.isin(truth[:, 1], tasks[tasks[:, 0] == 0, 1])]
                out.take(layer, read(layer), tasks, clock, rest)
    return out
