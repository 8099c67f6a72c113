"""ROSE for :mod:`handeye.scores.looks`: items with their answers, and what any answer scores.

An answer is the set of its cells and its number, as a forgiving reader takes them: here it counts
what was meant. What the best constant answer scores is PASS, in the columns of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from handeye.rose.diagnosis.lenient import Reading, answers, read
from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES
from handeye.rose.scene import Cell
from handeye.rose.scoring.grammar import parse
from handeye.rose.scoring.summary import summarize_passes
from handeye.scores.looks import Asked, Looks, look, repeats

# No number of cells that is told apart is larger.
_MOST = 10_000
# Shares in steps of which sums are exact: threads add them up in any order.
_STEPS = 2**30
_ANSWERED = ("answered",)
# Regions that the question names; a highlighted one is seen.
_TOLD = ("ROW_RANGE", "COL_RANGE", "RECTANGLE", "EXCLUSION")


class Answer(NamedTuple):
    """The cells clicked and the number given, None where none is."""

    cells: frozenset[Cell]
    number: int | None


class RoseWays:
    """What an answer scores on an item, and its traits: how many, and where."""

    pairs = 20_000

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
    asks_number = mode != "CLICK"
    return Asked(
        scene=item.scene_id,
        stratum=item.rose_subset,
        kind=item.task_template,
        group="counting" if mode == "COUNT" else "action",
        gold=Answer(
            frozenset(() if mode == "COUNT" else item.gold),
            item.ground_truth_count if asks_number else None,
        ),
        answer=None if reading is None else Answer(frozenset(reading.clicks), reading.number),
        several=held if len(held) > 1 else None,
        repeats=repeats(said, question),
        true_repeats=repeats(item.ground_truth_formal_answer, question),
        told=_bounds(item, *_TOLD),
        shown=(float(item.rows), float(item.cols), *_bounds(item, "VISUAL_REGION")),
        words=(said or "").strip()[:200],
    )


def _bounds(item: Item, *types: str) -> tuple[float, float, float]:
    """Middle and size of the bounds of its region; nothing of one that is of another type."""
    region = item.region
    if region.type not in types:
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
    found, best = look("rose", asked, RoseWays(), dev=tuple(dev), seed=seed)
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
