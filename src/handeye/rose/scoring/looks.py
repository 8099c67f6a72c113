"""ROSE for :mod:`handeye.scores.looks`: items with their answers, and what any answer scores.

An answer is the set of its cells and its number, as a forgiving reader takes them: here it counts
what was meant. What the best constant answer scores is PASS, in the columns of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from handeye.answer_kinds.clicks import parse
from handeye.answer_kinds.coordinates import Axis, Convention
from handeye.rose.diagnosis.lenient import Reading, answers, read
from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES, TaskMode
from handeye.rose.scene import Cell, Grid, Region
from handeye.rose.scoring.summary import summarize_passes
from handeye.scores.looks import Asked, Looks, look, repeats

# No number of cells that is told apart is larger.
_MOST = 10_000
# Ways to write a cell that are common: from 0, column first, rows from below, columns from right.
_WRITTEN = (
    Convention(rows=Axis(0), cols=Axis(0)),
    Convention(swapped=True),
    Convention(rows=Axis(from_end=True)),
    Convention(cols=Axis(from_end=True)),
)
# Shares in steps of which sums are exact: threads add them up in any order.
_STEPS = 2**30
_ANSWERED = ("answered",)


class Answer(NamedTuple):
    """The cells clicked and the number given, None where none is."""

    cells: frozenset[Cell]
    number: int | None


class Told(NamedTuple):
    """A region that a question names in numbers, and what the picture holds."""

    region: Region
    grid: Grid
    targets: tuple[Cell, ...]

    @property
    def bounds(self) -> str:
        """Which are named; of an exclusion those of what is left out."""
        return self.region.exclude_type or self.region.type

    @property
    def share(self) -> float:
        """Of the grid that lies within the bounds."""
        region = self.region
        return (region.r2 - region.r1 + 1) * (region.c2 - region.c1 + 1) / self.grid.cell_count

    @property
    def places(self) -> int:
        """Where in the grid a region of its size may lie."""
        high, wide = self.region.r2 - self.region.r1, self.region.c2 - self.region.c1
        return (self.grid.rows - high) * (self.grid.cols - wide)

    @property
    def cells(self) -> frozenset[Cell]:
        """Targets in the region."""
        return frozenset(cell for cell in self.targets if cell in self.region)

    @property
    def case(self) -> tuple[bool, bool]:
        """Whether the region holds any targets, and whether it leaves any out."""
        inside = len(self.cells)
        return inside > 0, inside < len(self.targets)

    def of(self, grid: Grid, targets: tuple[Cell, ...]) -> Told | None:
        """The same words about another picture; None where its grid does not have such a region."""
        r1, r2, c1, c2 = self.region.r1, self.region.r2, self.region.c1, self.region.c2
        if self.bounds == "ROW_RANGE":
            c2 = grid.cols
        elif self.bounds == "COL_RANGE":
            r2 = grid.rows
        if r2 > grid.rows or c2 > grid.cols:
            return None
        region = Region(self.region.type, r1, r2, c1, c2, self.region.exclude_type)
        return Told(region, grid, targets)


class RoseWays:
    """What an answer scores on an item, and its traits: how many, and where.

    Args:
        asked: all items, which show how large the regions are that may be drawn.
    """

    pairs = 20_000

    def __init__(self, asked: Iterable[Asked]) -> None:
        self._shares: dict[tuple[str, str], tuple[float, float]] = {}
        for one in asked:
            if one.told is not None and one.told.bounds == "RECTANGLE":
                share, of = one.told.share, (one.stratum, one.kind)
                low, high = self._shares.get(of, (share, share))
                self._shares[of] = min(low, share), max(high, share)

    def score(self, answer: Answer, asked: Asked) -> float:
        """1 where cells and number are the true ones."""
        return float(answer == asked.gold)

    def traits(self, answer: Answer, asked: Asked) -> Sequence[float]:
        """Number, number of cells, and their mean row and column (0 without any)."""
        cells = [(min(row, _MOST), min(col, _MOST)) for row, col in answer.cells]
        sums = [sum(side) / len(cells) for side in zip(*cells, strict=True)] or [0, 0]
        return min(answer.number or 0, _MOST), len(cells), *sums

    def anywhere(self, answer: Answer) -> bool:
        """A number, or no click at all, may be right of any picture; cells are seldom twice."""
        return not answer.cells

    def meant(self, answer: Answer, asked: Asked) -> Sequence[Answer]:
        """Its cells as they are meant where rows and columns are written otherwise than asked."""
        rows, cols = (int(size) for size in asked.shown[:2])
        found = (
            frozenset(Cell(*way.translate(row, col, rows, cols)) for row, col in answer.cells)
            for way in _WRITTEN
        )
        return [Answer(cells, answer.number) for cells in found if cells]

    def elsewhere(self, asked: Asked, other: Asked) -> tuple[Answer, float] | None:
        """What is right in the same region of another picture.

        Regions are drawn to fit the picture: to lie in its grid, to be neither too small nor too
        large a part of it, and to hold none, some or all of its targets. One that is otherwise in
        the other picture could not have been asked about. A larger picture has more places for it.
        """
        own: Told = asked.told
        there = own.of(other.told.grid, other.told.targets)
        if there is None or there.case != own.case:
            return None
        if there.bounds == "RECTANGLE":
            low, high = self._shares[asked.stratum, asked.kind]
            if not low <= there.share <= high:
                return None
        return _right(TEMPLATES[asked.kind].mode, there.cells), 1 / there.places


def _right(mode: TaskMode, cells: Iterable[Cell]) -> Answer:
    found = frozenset(cells)
    return Answer(
        frozenset() if mode == "COUNT" else found, None if mode == "CLICK" else len(found)
    )


def asked_of(item: Item, text: str | None, state: str) -> Asked:
    """An item with the answer to it.

    Args:
        item: the question.
        text: the answer as it came.
        state: how it ended; an answer that is no answer is not read.
    """
    mode = TEMPLATES[item.task_template].mode
    said = text if state in _ANSWERED else None
    parsed = parse(text, mode)
    reading = read(said, mode) if said else None
    if parsed.format_valid:
        number = parsed.submit if parsed.count is None else parsed.count
        reading, said = Reading(parsed.clicks, number, True), text
    held = answers(said, mode) if reading and not reading.strict else ()
    question = (item.prompt_global, item.prompt_local, item.prompt)
    region = item.region
    named = region.type not in ("GLOBAL", "VISUAL_REGION")
    seen = region if region.type == "VISUAL_REGION" else None
    return Asked(
        scene=item.scene_id,
        stratum=item.rose_subset,
        kind=item.task_template,
        group="counting" if mode == "COUNT" else "action",
        gold=_right(mode, item.gold),
        answer=None if reading is None else Answer(frozenset(reading.clicks), reading.number),
        several=held if len(held) > 1 else None,
        repeats=repeats(said, question),
        true_repeats=repeats(item.ground_truth_formal_answer, question),
        told=Told(region, item.grid, item.targets) if named else None,
        shown=(float(item.rows), float(item.cols), *_place(seen)),
        words=(said or "").strip()[:200],
    )


def _place(region: Region | None) -> tuple[float, float, float]:
    """Middle and number of cells of a region."""
    if region is None:
        return 0.0, 0.0, 0.0
    high, wide = region.r2 - region.r1 + 1, region.c2 - region.c1 + 1
    return region.r1 + (high - 1) / 2, region.c1 + (wide - 1) / 2, float(high * wide)


def looks(asked: Sequence[Asked], *, dev: Iterable[Asked] = (), seed: int = 0) -> Looks:
    """Whether answers depend on the picture, and what the best constant answer passes.

    Args:
        asked: the items of a run, in any order (:func:`asked_of`).
        dev: those of the dev split, where it is not asked.
        seed: of permutations and bootstrap.
    """
    found, best = look("rose", asked, RoseWays(asked), dev=tuple(dev), seed=seed)
    # In a subset of one scene no other scene can be asked; where that of another subset may be, its
    # cells are those of no scene here, and pass nothing.
    known = {one.kind for one, answers in zip(asked, best, strict=True) if answers}
    rows: list[dict[str, Any]] = [
        {
            "rose_subset": one.stratum,
            "scene_id": one.scene,
            "task_template": one.kind,
            "pass": round(answers.get(one.gold, 0.0) * _STEPS) / _STEPS,
        }
        for one, answers in zip(asked, best, strict=True)
        if one.kind in known
    ]
    if rows:
        found.chance = summarize_passes(pl.DataFrame(rows), seed=seed)
    return found
