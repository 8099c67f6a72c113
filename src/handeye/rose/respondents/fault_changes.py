"""What each simulated fault does to an answer on its way. Pure functions of (item, draft, draws).

A change returns None where the fault cannot show on the item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from handeye.rose.items import Item
from handeye.rose.scene import Cell
from handeye.sets.draw import Draw


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer on its way: clicks in order, and the number said (None: no number is asked)."""

    clicks: tuple[Cell, ...]
    number: int | None

    def same(self, other: Draft) -> bool:
        """Whether both say the same, in whatever order."""
        return self.number == other.number and sorted(self.clicks) == sorted(other.clicks)

    def clicking(self, clicks: Iterable[Cell]) -> Draft:
        """This draft with other clicks; a number that is submitted stays their number."""
        cells = tuple(clicks)
        return Draft(cells, None if self.number is None else len(cells))


Change = Callable[[Item, Draft, Draw], Draft | None]


def right(item: Item, cells: Iterable[Cell]) -> Draft:
    """The right answer if ``cells`` were the exceptions asked for."""
    clicks = tuple(sorted(cells))
    if item.task_mode == "COUNT":
        return Draft((), len(clicks))
    return Draft(clicks, len(clicks) if item.task_mode == "CLICK_COUNT" else None)


def written(item: Item, draft: Draft) -> str:
    """The draft in the grammar."""
    if item.task_mode == "COUNT":
        return f"COUNT({draft.number})"
    end = "DONE" if draft.number is None else f"SUBMIT({draft.number})"
    return "; ".join([*(f"CLICK({cell})" for cell in draft.clicks), end])


def misformed(item: Item, draft: Draft, draw: Draw) -> str:
    """The whole answer in a form that the grammar does not allow."""
    text = written(item, draft)
    if item.task_mode == "COUNT":
        number = draft.number
        forms = [f"There are {number} such cells.", f"{number}", f"COUNT = {number}", f"`{text}`"]
        return draw.pick(forms)
    body, _, end = text.rpartition("; ")
    forms = [f"The cells that differ: {text}", f"```\n{text}\n```", f"{text}."]
    if item.task_mode == "CLICK":
        forms.append(body or "none")
    else:
        forms.append(f"{body}\nsubmit: {draft.number}".strip())
    forms.append(
        text.replace("CLICK(R", "CLICK(").replace(",C", ",") if body else f"CLICK(); {end}"
    )
    return draw.pick(forms)


def garbled(item: Item, draft: Draft, draw: Draw) -> str:
    """Words that leave open what the answer is."""
    forms = [
        "I looked at every cell of the picture with care.",
        "The picture shows a grid of cells, and some of them could be different.",
        "CLICK(R?,C?)" if item.task_mode != "COUNT" else "COUNT(several)",
    ]
    return draw.pick(forms)


def _ignore_region(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Answer for the whole grid."""
    return right(item, item.targets) if len(item.targets) != len(item.gold) else None


def _scene_number(item: Item, draw: Draw) -> int:
    """The wrong number of a scene: one to three off, at least 1."""
    count = len(item.targets)
    return draw.pick([n for off in (1, 2, 3) for n in (count - off, count + off) if n >= 1])


def _miscount_scene(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Say a wrong number for the whole grid."""
    if item.task_template != "T1_COUNT_GLOBAL":
        return None
    return Draft((), _scene_number(item, draw))


def _anchor(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Say, or click, as many as were counted in the whole grid, where only a part is asked for."""
    number = _scene_number(item, draw)
    if len(item.gold) == len(item.targets) or number == len(item.gold):
        return None
    if item.task_mode == "COUNT":
        return Draft((), number)
    clicks = list(draft.clicks[:number])
    while len(clicks) < number:
        cell = _any_cell(item, draw, avoid=clicks)
        if cell is None:
            return None
        clicks.append(cell)
    return draft.clicking(clicks)


def _never_abstain(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Where nothing is to be found, find one cell all the same."""
    if item.task_mode == "COUNT":
        return Draft((), 1) if draft.number == 0 else None
    if draft.clicks:
        return None
    cell = _any_cell(item, draw)
    return draft.clicking([cell]) if cell else None


def _abstain_wrongly(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Find nothing."""
    return right(item, ()) if item.gold else None


def _miss(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Find one less."""
    if item.task_mode == "COUNT":
        return Draft((), draft.number - 1) if draft.number else None
    if not draft.clicks:
        return None
    left_out = draw.below(len(draft.clicks))
    return draft.clicking(c for i, c in enumerate(draft.clicks) if i != left_out)


def _over(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Find one more."""
    if item.task_mode == "COUNT":
        return Draft((), (draft.number or 0) + 1)
    cell = _any_cell(item, draw, avoid=draft.clicks)
    return draft.clicking(sorted((*draft.clicks, cell))) if cell else None


def _miscount(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """See one exception too many or too few."""
    gold = len(item.gold)
    seen = len(draft.clicks) if item.task_mode != "COUNT" else draft.number or 0
    allowed = [n for n in (seen - 1, seen + 1) if n >= 0 and n != gold]
    if not allowed:
        return None
    change = _miss if draw.pick(allowed) < seen else _over
    return change(item, draft, draw)


def _any_cell(item: Item, draw: Draw, *, avoid: Iterable[Cell] = ()) -> Cell | None:
    """A random cell of the region that is no exception and not in ``avoid``."""
    taken = {*item.targets, *avoid}
    return _drawn(item, draw, lambda cell: cell in item.region and cell not in taken)


def _drawn(item: Item, draw: Draw, allowed: Callable[[Cell], bool]) -> Cell | None:
    """A random cell of the grid that is allowed.

    Drawn, not listed: grids may be large. Where hardly any is allowed it is given up on.
    """
    for _ in range(200):
        cell = Cell(draw.integer(1, item.rows), draw.integer(1, item.cols))
        if allowed(cell):
            return cell
    return None


def _wrong_cells(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Click another cell of the region, which touches no exception, instead of one."""
    if not draft.clicks:
        return None
    place = draw.below(len(draft.clicks))
    shown = {*item.targets, *draft.clicks}

    def away(cell: Cell) -> bool:
        apart = all(max(abs(cell.row - r), abs(cell.col - c)) > 1 for r, c in shown)
        return apart and cell in item.region

    cell = _drawn(item, draw, away)
    if cell is None:
        return None
    return replace(draft, clicks=(*draft.clicks[:place], cell, *draft.clicks[place + 1 :]))


def _off_by_one_cell(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Click the neighbour of one exception instead of it."""
    moves = [
        (place, neighbour)
        for place, cell in enumerate(draft.clicks)
        for neighbour in (
            Cell(cell.row - 1, cell.col),
            Cell(cell.row + 1, cell.col),
            Cell(cell.row, cell.col - 1),
            Cell(cell.row, cell.col + 1),
        )
        if 1 <= neighbour.row <= item.rows
        and 1 <= neighbour.col <= item.cols
        and neighbour not in draft.clicks
        and neighbour not in item.targets
    ]
    if not moves:
        return None
    place, neighbour = draw.pick(moves)
    clicks = list(draft.clicks)
    clicks[place] = neighbour
    return replace(draft, clicks=tuple(clicks))


def _click_exclusion(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Click in the part that is to be left out as well."""
    return _beyond(item, draft, draw) if item.region_type == "EXCLUSION" else None


def _click_outside(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Click outside the region as well."""
    return _beyond(item, draft, draw) if item.region_type != "EXCLUSION" else None


def _beyond(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """One click more on a cell that was not asked about and is no exception."""
    if item.task_mode == "COUNT":
        return None
    taken = {*item.targets, *draft.clicks}
    cell = _drawn(item, draw, lambda cell: cell not in item.region and cell not in taken)
    return draft.clicking((*draft.clicks, cell)) if cell else None


def _swap_row_col(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Say column first, then row, in every click."""
    return _moved(draft, lambda cell: Cell(cell.col, cell.row))


def _flip_rows(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Count rows from below in every click."""
    return _moved(draft, lambda cell: Cell(item.rows + 1 - cell.row, cell.col))


def _flip_cols(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Count columns from the right in every click."""
    return _moved(draft, lambda cell: Cell(cell.row, item.cols + 1 - cell.col))


def _zero_based(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Count rows and columns from 0."""
    return _moved(draft, lambda cell: Cell(cell.row - 1, cell.col - 1))


def _moved(draft: Draft, move: Callable[[Cell], Cell]) -> Draft | None:
    clicks = tuple(map(move, draft.clicks))
    return replace(draft, clicks=clicks) if set(clicks) != set(draft.clicks) else None


def _off_grid(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Click a cell that the grid does not have as well."""
    if item.task_mode == "COUNT":
        return None
    beyond = Cell(item.rows + draw.integer(1, 3), draw.integer(1, item.cols))
    return draft.clicking((*draft.clicks, beyond))


def _repeat_click(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Click one cell twice; a submitted number counts cells, not clicks."""
    if not draft.clicks:
        return None
    return replace(draft, clicks=(*draft.clicks, draw.pick(draft.clicks)))


def _wrong_submit(item: Item, draft: Draft, draw: Draw) -> Draft | None:
    """Submit another number than was clicked."""
    if item.task_mode != "CLICK_COUNT":
        return None
    clicked = len(draft.clicks)
    return replace(draft, number=draw.pick([n for n in (clicked - 1, clicked + 1) if n >= 0]))


CHANGES: dict[str, Change] = {
    "ignore_region": _ignore_region,
    "miscount_scene": _miscount_scene,
    "anchor": _anchor,
    "never_abstain": _never_abstain,
    "abstain_wrongly": _abstain_wrongly,
    "miss": _miss,
    "over": _over,
    "miscount": _miscount,
    "wrong_cells": _wrong_cells,
    "off_by_one_cell": _off_by_one_cell,
    "click_exclusion": _click_exclusion,
    "click_outside": _click_outside,
    "swap_row_col": _swap_row_col,
    "flip_rows": _flip_rows,
    "flip_cols": _flip_cols,
    "zero_based": _zero_based,
    "off_grid": _off_grid,
    "repeat_click": _repeat_click,
    "wrong_submit": _wrong_submit,
}
"""What the faults of content do."""
