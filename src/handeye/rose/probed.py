"""What is asked of hidden states about a set: the answer to :class:`handeye.suite.Probed`.

A picture token that comes before the question can know what the picture shows, and nothing of what
only the question says. So at the picture's own tokens a cell is asked whether it is an exception,
and where a picture highlights a region, whether it lies in that; never whether it lies in a region
that is named in words. That, and whether a cell is to be clicked, is asked of tokens behind the
question, with the cell as a query (:mod:`handeye.states.acting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from msgspec.structs import replace

from handeye.rose.asking.prompts import Asking, prompt_parts
from handeye.rose.diagnosis.attribution import attribute
from handeye.rose.diagnosis.evidence import run_evidence
from handeye.rose.diagnosis.reasons import BY_KEY
from handeye.rose.items import Item, ItemSet
from handeye.rose.questions import TEMPLATES, formal_answer
from handeye.rose.scene import Cell
from handeye.rose.scoring.run_folder import Run
from handeye.sets.draw import Draw
from handeye.states.acting import Action
from handeye.states.protocol import Fixed
from handeye.states.regions import Evidence, Mask
from handeye.states.targets import Target

MOST_CELLS = 100
"""Cells of a grid that are asked about: all of one of 10 x 10. Of a larger one all exceptions, and
of the others as many as there is room for, by chance; so rates over cells are those of the sample,
while AUROC, which takes exceptions and others apart, stays what it is."""
MOST_CLICKS = 3
"""Clicks of an answer whose coordinates are asked for before they are written."""
_CLICK = re.compile(r"CLICK\(R(\d+),C(\d+)\)")
_SAME_REGION = {"T1": "T1B", "T1B": "T1", "T2B": "T3", "T3": "T2B"}


class RoseProbed:
    """Targets of grids of look-alike cells."""

    # Drawn art needs no files from elsewhere; small grids can be asked about cell by cell.
    fixed = Fixed(
        made={"sources": "pixel-content", "grid": "2:8"},
        asked={"templates": "all"},
        sites="last,grid",
        targets=("any", "clicked", "exception", "highlighted"),
        letters=False,
    )

    def targets(self, items: ItemSet, asking: Asking | None = None) -> Iterator[Target]:
        """Targets picture by picture and item by item.

        ``exception`` and ``highlighted``: of each cell, once a picture, at its own token.
        ``clicked`` and ``in region``: of each cell, behind the question. ``click 1`` (2, 3): which
        cell the right answer clicks next, where it is about to write the row;
        ``column of click 1``: likewise among the cells of that row, about to write the column.
        ``any`` and ``count is 2``: of the region, at the last token.

        The sibling by role ``task`` asks about the same region for the other kind of answer.

        Raises:
            DataError: a row lacks the prompts that are asked for.
        """
        order = asking.order if asking else Asking().order
        by_scene = items.scenes()
        counts = sorted({len(item.gold) for item in items})
        shown: set[str] = set()
        for item in items:
            parts = prompt_parts(item, order)
            prompt = "\n".join(part for part in parts if part)
            template = TEMPLATES[item.task_template]
            wanted = _SAME_REGION.get(template.key, "")
            others = {TEMPLATES[one.task_template].key: one for one in by_scene[item.scene_id]}
            other = others.get(wanted)
            one = Target(
                item_id=item.item_id,
                target="any",
                label=int(bool(item.gold)),
                group=item.scene_id,
                strata={"template": template.column, "source": item.rose_subset},
                texts={"question": item.prompt_local or prompt, "prompt": prompt},
                numbers={
                    "rows": item.rows,
                    "cols": item.cols,
                    "region": item.region.cell_count(item.grid),
                },
                siblings={"task": other.item_id} if other else {},
            )
            cells = _cells(item)
            if item.image not in shown:
                shown.add(item.image)
                yield from _of_picture(item, one, cells)
            if item.region_type != "GLOBAL":
                yield one
                for cell in cells:
                    yield _about(item, one, "in region", cell, cell in item.region)
            if template.mode != "CLICK":
                for count in counts:
                    yield replace(
                        one, target=f"count is {count}", label=int(len(item.gold) == count)
                    )
            if template.mode != "COUNT":
                yield from _of_clicks(item, one, cells)

    def actions(self, run: Run) -> Iterator[Action]:
        """The clicks of a scored run, and why each answer that failed did.

        Raises:
            DataError: a file of the run cannot be read.
        """
        evidence = run_evidence(run)
        reasons = attribute(evidence).rows["reason"].to_list()
        for found, reason in zip(evidence, reasons, strict=True):
            if found.template.mode != "COUNT":
                yield Action(
                    item_id=found.item_id,
                    done=tuple(sorted(_place(cell, found.grid.cols) for cell in found.clicked)),
                    passed=found.passed,
                    reason=reason or "",
                    label=BY_KEY[reason].label if reason else "",
                )

    def evidence(self, items: ItemSet, asking: Asking | None = None) -> Iterator[Evidence]:
        """The cells that are to be clicked or counted; items without any are left out.

        No answers are compared: what is clicked has no other answer of the same form, and a grey
        cell among others is an exception itself.
        """
        for item in items:
            if item.gold:
                yield Evidence(
                    item_id=item.item_id,
                    group=item.scene_id,
                    stratum=TEMPLATES[item.task_template].column,
                    region=partial(_pixels, item.gold, item.rows, item.cols),
                )


def _pixels(cells: Sequence[Cell], rows: int, cols: int, height: int, width: int) -> Mask:
    """Where cells lie in a picture of so many pixels."""
    found = np.zeros((height, width), bool)
    for row, col in cells:
        top, bottom = ((row - 1) * height // rows, row * height // rows)
        left, right = ((col - 1) * width // cols, col * width // cols)
        found[top:bottom, left:right] = True
    return found


def _place(cell: Cell, cols: int) -> int:
    return (cell.row - 1) * cols + cell.col - 1


def _cells(item: Item) -> list[Cell]:
    """The cells that are asked about, row by row."""
    every = list(item.grid.cells())
    if len(every) <= MOST_CELLS:
        return every
    targets = set(item.targets)
    others = [cell for cell in every if cell not in targets]
    room = min(len(others), max(0, MOST_CELLS - len(targets)))
    drawn = Draw(0, "probed cells", item.scene_id).sample(len(others), room)
    return sorted([*targets, *(others[place] for place in drawn)])


def _about(item: Item, one: Target, target: str, cell: Cell, label: bool) -> Target:
    """A question about a cell; its numbers are what a reader that sees nothing may use."""
    row, col = cell
    return replace(
        one,
        target=target,
        label=int(label),
        place=_place(cell, item.cols),
        spot=((col - 0.5) / item.cols, (row - 0.5) / item.rows),
        numbers=one.numbers | {"row": row, "col": col, "count": len(item.gold)},
    )


def _of_picture(item: Item, one: Target, cells: Sequence[Cell]) -> Iterator[Target]:
    """What a picture shows of each cell; any item about it has the states of its tokens."""
    lit = item.region_type == "VISUAL_REGION"
    strata = {"source": item.rose_subset, "picture": "highlighted" if lit else "plain"}
    one = replace(one, strata=strata, texts={}, siblings={}, sites=("grid",))
    targets = set(item.targets)
    for cell in cells:
        found = _about(item, one, "exception", cell, cell in targets)
        yield replace(found, numbers=found.numbers | {"count": len(targets)})
        if lit:
            yield _about(item, one, "highlighted", cell, cell in item.region)


def _of_clicks(item: Item, one: Target, cells: Sequence[Cell]) -> Iterator[Target]:
    """What is to be clicked: all in all, and next while the right answer is written."""
    for cell in cells:
        yield _about(item, one, "clicked", cell, cell in item.gold)
    answer = item.ground_truth_formal_answer or formal_answer(item.task_mode, item.gold)
    asked = list(_CLICK.finditer(answer))[:MOST_CLICKS]
    ends = tuple(place for click in asked for place in (click.start(1), click.start(2)))
    one = replace(one, answer=answer, ends=ends)
    for number, click in enumerate(asked):
        wanted = Cell(int(click[1]), int(click[2]))
        row, col = (replace(one, sites=(f"answer:{2 * number + k}",)) for k in range(2))
        for cell in cells:
            name, right = f"click {number + 1}", cell == wanted
            yield _about(item, row, name, cell, right)
            if cell.row == wanted.row:
                yield _about(item, col, f"column of {name}", cell, right)
