"""Respondents of known fault: extreme, mixed, and without any that could be told.

Each says what must be told of it, and where it really loses points. Written without the simulated
respondent and the diagnosis; ``tests/support/rose/truth.py`` judges what is said of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from handeye.rose.items import Item
from handeye.rose.respondents.recovery import items_without_pictures
from handeye.sets.draw import Draw

Cells = tuple[tuple[int, int], ...]


# ---- items, read anew


@dataclass(frozen=True)
class Asked:
    """One question, from its metadata."""

    item: Item
    kind: str
    column: str
    rows: int
    cols: int
    targets: Cells
    gold: Cells

    def inside(self, cell: tuple[int, int]) -> bool:
        """Whether a cell lies in the region asked about."""
        kind, params = self.item.region_type, self.item.region_params
        if kind == "EXCLUSION":
            params = params["exclude_params"]
        row, col = cell
        bounded = params.get("r1", 1) <= row <= params.get("r2", self.rows)
        bounded = bounded and params.get("c1", 1) <= col <= params.get("c2", self.cols)
        return bounded != (kind == "EXCLUSION")

    def cells(self, region: bool = True) -> Cells:
        """All cells of the region, or of the grid."""
        every = ((r, c) for r in range(1, self.rows + 1) for c in range(1, self.cols + 1))
        return tuple(cell for cell in every if not region or self.inside(cell))

    @property
    def part(self) -> bool:
        """Whether the region holds a part of the targets only."""
        return len(self.gold) < len(self.targets)


_COLUMNS = {"T1": "G-Cnt", "T2": "L-Cnt", "T3": "L-Clk", "T4": "V-Clk", "T5": "Excl-CS"}


def questions(seed: int, scenes: int) -> list[Asked]:
    """The five questions about each of ``scenes`` scenes of each of the five sources."""
    out = []
    for item in items_without_pictures(seed, scenes):
        key = item.task_template.partition("_")[0]
        if key in _COLUMNS:
            kind = "counting" if item.task_mode == "COUNT" else "action"
            sides = item.rows, item.cols
            cells = _read(item.all_target_cells), _read(item.region_target_cells)
            out.append(Asked(item, kind, _COLUMNS[key], *sides, *cells))
    return out


def _read(texts: Sequence[str]) -> Cells:
    return tuple((int(r), int(c)) for r, c in (re.findall(r"\d+", text) for text in texts))


# ---- answers, with what is known of them


@dataclass(frozen=True)
class Said:
    """An answer as it was meant to be: cells as written, their convention, and the faults in it.

    ``meant`` are the cells that those written mean in their convention.
    ``form`` is "" for a good one, "loose" where only a forgiving reader takes it, "unreadable".
    """

    cells: Cells = ()
    number: int | None = None
    way: str = ""
    meant: Cells = ()
    form: str = ""
    state: str = "answered"

    def text(self, ask: Asked) -> str | None:
        """What stands in the answer."""
        if self.state == "refused":
            return "I'm sorry, I can't help with that."
        if self.form == "unreadable":
            return "I looked at every cell of the picture with care."
        if ask.kind == "counting":
            return f"There are {self.number} such cells." if self.form else f"COUNT({self.number})"
        end = "DONE" if self.number is None else f"SUBMIT({self.number})"
        text = "; ".join([*(f"CLICK(R{row},C{col})" for row, col in self.cells), end])
        return f"The cells that differ: {text}" if self.form else text


def click(ask: Asked, cells: Sequence[tuple[int, int]], **more: Any) -> Said:
    """An answer in good form: the cells, or their number where a number is asked for."""
    written = tuple(dict.fromkeys(cells))
    if ask.kind == "counting":
        return Said(number=len(written), **more)
    submits = ask.column == "Excl-CS"
    return Said(written, len(written) if submits else None, **more)


def right(ask: Asked) -> Said:
    """The right answer."""
    return click(ask, ask.gold)


WAYS: dict[str, Callable[[int, int, int, int], tuple[int, int]]] = {
    "zero_based": lambda r, c, rows, cols: (r - 1, c - 1),
    "zero_based_rows": lambda r, c, rows, cols: (r - 1, c),
    "zero_based_cols": lambda r, c, rows, cols: (r, c - 1),
    "two_based_rows": lambda r, c, rows, cols: (r + 1, c),
    "swapped": lambda r, c, rows, cols: (c, r),
    "swapped_zero_based": lambda r, c, rows, cols: (c - 1, r - 1),
    "flipped_rows": lambda r, c, rows, cols: (rows + 1 - r, c),
    "flipped_cols": lambda r, c, rows, cols: (r, cols + 1 - c),
    "flipped_zero_based_rows": lambda r, c, rows, cols: (rows - r, c),
    "flipped_both": lambda r, c, rows, cols: (rows + 1 - r, cols + 1 - c),
}


def written(ask: Asked, way: str, cells: Sequence[tuple[int, int]] | None = None) -> Said:
    """The right cells, or others, in another convention."""
    meant = ask.gold if cells is None else cells
    if ask.kind == "counting":
        return right(ask)
    coded = [WAYS[way](r, c, ask.rows, ask.cols) for r, c in meant]
    return click(ask, coded, way=way, meant=tuple(meant))


# ---- respondents

Answer = Callable[[Asked, Draw, Draw], Said]


@dataclass(frozen=True)
class Respondent:
    """One respondent; ``answer`` takes the question, draws of the item, and draws of the scene.

    ``says`` are the claims that must be spoken: ``mute``, ``gap``, ``no_gap``, ``sign:...``,
    ``convention:...``, ``step:...``. ``steps`` are those where points are really lost; None where a
    step is a matter of definition. ``blind``: the answers hang on nothing in the picture.
    """

    name: str
    group: str
    answer: Answer
    says: tuple[str, ...] = ()
    steps: frozenset[str] | None = None
    ways: frozenset[str] = frozenset()
    repeats: bool = False
    blind: bool = False


ALL: list[Respondent] = []


def respondent(
    name: str,
    group: str,
    says: str = "",
    steps: str | None = "",
    ways: str = "",
    repeats: bool = False,
    blind: bool = False,
) -> Callable[[Answer], Answer]:
    """Enter a respondent; lists are separated by blanks."""

    def enter(answer: Answer) -> Answer:
        allowed = None if steps is None else frozenset(steps.split())
        used = frozenset(ways.split())
        ALL.append(
            Respondent(
                *(name, group, answer, tuple(says.split()), allowed, used),
                repeats=repeats,
                blind=blind,
            )
        )
        return answer

    return enter


def _some(draw: Draw, pool: Sequence[tuple[int, int]], count: int) -> Cells:
    return tuple(pool[k] for k in draw.sample(len(pool), min(count, len(pool))))


# Nothing wrong, or nothing that can be told.


@respondent("perfect", "none", "whole")
def _perfect(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask)


@respondent("a third of the scenes wrong", "none", "no_gap")
def _scenes_wrong(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if scene.unit() > 1 / 3:
        return right(ask)
    return click(ask, _beside(ask, 1))


@respondent("a third of all questions wrong", "none")
def _equally_wrong(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if draw.unit() > 1 / 3 else click(ask, _beside(ask, 1))


@respondent("guesses one to four cells of the region", "none", steps=None)
def _guesses(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return click(ask, _some(draw, ask.cells(), draw.integer(1, 4)))


@respondent("clicks n random cells of the region, counts right", "none", steps="coordinates")
def _guesses_n(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return click(ask, _some(draw, ask.cells(), len(ask.gold)))


@respondent("95 % guesses in the region", "none", steps=None)
def _guesses_95(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if draw.unit() > 0.95:
        return right(ask)
    return click(ask, _some(draw, ask.cells(), draw.integer(1, 4)))


@respondent("wild clicks in 60 %", "none", steps=None)
def _wild(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting" or draw.unit() > 0.6:
        return right(ask)
    return click(ask, _some(draw, ask.cells(region=False), draw.integer(1, 6)))


@respondent("pointing up to two cells off", "none", steps="coordinates region")
def _unsteady(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return _moved(ask, lambda r, c: (r + draw.integer(-2, 2), c + draw.integer(-2, 2)))


@respondent("a hand that drifts up and left", "none", steps="coordinates region")
def _drifting(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return _moved(ask, lambda r, c: (r - draw.integer(0, 1), c - draw.integer(0, 1)))


@respondent("a hand that drifts right in 70 % of the clicks", "none", steps="coordinates region")
def _drifting_right(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return _moved(ask, lambda r, c: (r, c + (draw.unit() < 0.7)))


@respondent("half of the clicks up and left", "none", steps="coordinates region")
def _half_up_left(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return _moved(ask, lambda r, c: (r - 1, c - 1) if draw.unit() < 0.5 else (r, c))


@respondent("only the first click up and left", "none", steps="coordinates region")
def _first_up_left(ask: Asked, draw: Draw, scene: Draw) -> Said:
    first = ask.gold[:1]
    return _moved(ask, lambda r, c: (r - 1, c - 1) if (r, c) in first else (r, c))


@respondent("knows the row, guesses the column", "none", steps="coordinates region")
def _row_known(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return _moved(ask, lambda r, c: (r, draw.integer(1, ask.cols)))


@respondent("random counts, clicks right", "none", steps=None)
def _random_counts(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(number=draw.integer(1, 6)) if ask.kind == "counting" else right(ask)


def _moved(ask: Asked, move: Callable[[int, int], tuple[int, int]]) -> Said:
    if ask.kind == "counting":
        return right(ask)
    return click(ask, [(max(r, 0), max(c, 0)) for r, c in (move(*cell) for cell in ask.gold)])


def _beside(ask: Asked, more: int) -> Cells:
    """The gold cells and some others of the region, the same for count and clicks."""
    return (*ask.gold, *[cell for cell in ask.cells() if cell not in ask.targets][:more])


# One source alone.


def _of(ask: Asked, source: str) -> bool:
    return ask.item.rose_subset == f"ROSE-{source}"


@respondent(
    "clicks beside in one source", "source", "gap source:EmojiContent", "coordinates region"
)
def _source_bad(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting" or not _of(ask, "EmojiContent"):
        return right(ask)
    return _moved(ask, lambda r, c: (r + draw.integer(1, 2), c))


@respondent("sees nothing in one source", "source", "source:ChineseGlyph", None)
def _source_blind(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return click(ask, ()) if _of(ask, "ChineseGlyph") else right(ask)


@respondent("right in one source, nothing to read in four", "source", "silent_source mute", None)
def _four_silent(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if _of(ask, "PixelEdit") else Said(form="unreadable")


@respondent("refuses one source", "source", "silent_source mute", None)
def _one_refused(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(state="refused") if _of(ask, "EmojiStyle") else right(ask)


@respondent("counts from 0 in one source", "source", "gap source:PixelEdit", None, "zero_based")
def _source_zero(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return written(ask, "zero_based") if _of(ask, "PixelEdit") else right(ask)


# Extremes.


@respondent("always COUNT(5), one click", "extreme", "constant:", None, blind=True)
def _five(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(number=5) if ask.kind == "counting" else click(ask, [(1, 1)])


@respondent("COUNT(5) in half of the questions", "extreme", steps=None)
def _half_five(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(number=5) if ask.kind == "counting" and draw.unit() < 0.5 else right(ask)


@respondent("counts the rows of the grid", "extreme", steps=None)
def _rows(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(number=ask.rows) if ask.kind == "counting" else right(ask)


@respondent("a number for each source, in half of the questions", "extreme", steps=None)
def _of_source(ask: Asked, draw: Draw, scene: Draw) -> Said:
    number = 2 + len(ask.item.rose_subset) % 5
    return Said(number=number) if ask.kind == "counting" and draw.unit() < 0.5 else right(ask)


@respondent("never sees anything", "extreme", "constant: sign:abstains_where_something_is", None)
def _never(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return click(ask, ())


@respondent("repeats the example of the prompt", "extreme", "parrot:", None)
def _parrot(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(number=4) if ask.kind == "counting" else click(ask, [(3, 1), (6, 8)])


@respondent("clicks every cell of the region", "extreme", steps=None)
def _all_of_region(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" else click(ask, ask.cells())


@respondent("clicks every cell", "extreme", steps=None)
def _all_of_grid(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" else click(ask, ask.cells(region=False))


@respondent("draws numbers and cells, blindly", "extreme", "blind:", None, blind=True)
def _blindly(ask: Asked, draw: Draw, scene: Draw) -> Said:
    number = draw.integer(0, 4)
    if ask.kind == "counting":
        return Said(number=number)
    return click(ask, [(draw.integer(1, 4), draw.integer(1, 4)) for _ in range(number)])


@respondent("whole grid, always", "extreme", "sign:whole_grid_default", None)
def _whole(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return click(ask, ask.targets)


@respondent("clicks nothing, counts right", "extreme", "gap step:abstention", "abstention")
def _no_click(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" else click(ask, ())


@respondent("refuses every click", "extreme", "mute step:no_answer", "no_answer")
def _refuses(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" else Said(state="refused")


@respondent("refuses 30 % of the scenes", "extreme", "mute no_gap")
def _refuses_scenes(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(state="refused") if scene.unit() < 0.3 else right(ask)


@respondent(
    "80 % of the clicks unreadable, else the whole grid",
    "extreme",
    "mute sign:whole_grid_default step:format",
    "format region abstention",
)
def _unreadable(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting":
        return right(ask)
    return Said(form="unreadable") if draw.unit() < 0.8 else click(ask, ask.targets)


@respondent(
    "80 % of the clicks refused, else nothing",
    "extreme",
    "mute sign:abstains_where_something_is step:no_answer",
    "no_answer abstention",
)
def _refused(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting":
        return right(ask)
    return Said(state="refused") if draw.unit() < 0.8 else click(ask, ())


@respondent("every answer ends at the limit, whole", "extreme", "whole")
def _at_limit(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return replace(right(ask), state="truncated")


@respondent("never submits", "extreme", "gap step:format sign:format_only", "format")
def _no_submit(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.column != "Excl-CS":
        return right(ask)
    return replace(right(ask), number=None, form="loose")


@respondent(
    "submits the number of its clicks, one of them twice", "extreme", "step:format", "format"
)
def _twice_submitted(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.column != "Excl-CS" or not ask.gold:
        return right(ask)
    return Said((*ask.gold, ask.gold[0]), len(ask.gold) + 1)


@respondent(
    "reads outside as inside",
    "extreme",
    "gap sign:clicks_in_exclusion step:region",
    "region abstention",
)
def _inside_out(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.column != "Excl-CS":
        return right(ask)
    return click(ask, [cell for cell in ask.targets if not ask.inside(cell)])


@respondent("words around every answer", "extreme", "sign:format_only", "format")
def _wordy(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return replace(right(ask), form="loose")


def _enter_way(way: str, share: float) -> None:
    name = f"{way} in {share * 100:.0f} %"

    @respondent(name, "extreme" if share == 1 else "mixed", f"convention:{way}", None, way)
    def _(ask: Asked, draw: Draw, scene: Draw) -> Said:
        return written(ask, way) if draw.unit() < share else right(ask)


for _way in WAYS:
    _enter_way(_way, 1.0)
for _way, _share in (
    ("zero_based", 0.5),
    ("swapped", 0.1),
    ("swapped", 0.4),
    ("zero_based_rows", 0.2),
    ("flipped_cols", 0.3),
):
    _enter_way(_way, _share)


# Mixed.


@respondent(
    "half wild, a quarter from 0, a quarter right",
    "mixed",
    "convention:zero_based",
    None,
    "zero_based",
)
def _quarter(ask: Asked, draw: Draw, scene: Draw) -> Said:
    what = draw.unit()
    if ask.kind == "counting" or what > 0.75:
        return right(ask)
    if what > 0.5:
        return written(ask, "zero_based")
    return click(ask, _some(draw, ask.cells(region=False), draw.integer(1, 4)))


@respondent(
    "30 % from 0, guesses in the region besides",
    "mixed",
    "convention:zero_based",
    None,
    "zero_based",
)
def _zero_and_guess(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting":
        return right(ask)
    if draw.unit() < 0.3:
        return written(ask, "zero_based")
    return click(ask, _some(draw, ask.cells(), len(ask.gold)))


@respondent(
    "wild over the grid, 30 % counted from below",
    "mixed",
    "convention:flipped_rows",
    None,
    "flipped_rows",
)
def _flipped_and_wild(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting":
        return right(ask)
    if draw.unit() < 0.3:
        return written(ask, "flipped_rows")
    return click(ask, _some(draw, ask.cells(region=False), draw.integer(1, 5)))


@respondent(
    "30 % from 0, 30 % swapped",
    "mixed",
    "convention:zero_based convention:swapped",
    None,
    "zero_based swapped",
)
def _two_ways(ask: Asked, draw: Draw, scene: Draw) -> Said:
    what = draw.unit()
    way = "zero_based" if what < 0.3 else "swapped" if what < 0.6 else ""
    return written(ask, way) if way else right(ask)


@respondent("transposes in Excl-CS", "mixed", "convention:swapped", None, "swapped")
def _transposes(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return written(ask, "swapped") if ask.column == "Excl-CS" else right(ask)


@respondent("one click slips, one more outside", "mixed", "gap", "coordinates region")
def _slip_and_outside(ask: Asked, draw: Draw, scene: Draw) -> Said:
    """All targets found; in half of the answers one click is a cell off, one more lies outside."""
    beyond = [cell for cell in ask.cells(False) if not ask.inside(cell) and cell not in ask.targets]
    if ask.kind == "counting" or not ask.gold or not beyond or draw.unit() < 0.5:
        return right(ask)
    (r, c), *rest = ask.gold
    slipped = ((r, c + 1), (r + 1, c), (r, c - 1), (r - 1, c))
    free = [cell for cell in slipped if cell in ask.cells(False) and cell not in ask.targets]
    if not free:
        return right(ask)
    return click(ask, [*rest, draw.pick(free), draw.pick(beyond)])


@respondent("a cell too many inside, when it clicks, in 30 %", "mixed", "gap", "finding abstention")
def _extra_inside(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return (
        right(ask) if ask.kind == "counting" or draw.unit() < 0.7 else click(ask, _beside(ask, 1))
    )


@respondent("a cell too many, counted or clicked, in 40 %", "mixed", "no_gap")
def _extra_both(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if draw.unit() < 0.6 else click(ask, _beside(ask, 1))


@respondent("misses one when it clicks, in half", "mixed", "gap", "finding abstention")
def _misses(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" or draw.unit() < 0.5 else click(ask, ask.gold[1:])


@respondent(
    "whole grid in 40 %",
    "mixed",
    "sign:whole_grid_default",
    "region abstention",
)
def _whole_40(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" or draw.unit() > 0.4 else click(ask, ask.targets)


@respondent("one click beside its target, in 30 %", "mixed", "gap step:coordinates", "coordinates")
def _neighbour(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting" or draw.unit() > 0.3:
        return right(ask)
    cells = list(ask.gold)
    for place, (r, c) in enumerate(cells):
        free = [(r + a, c + b) for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))]
        free = [cell for cell in free if cell in ask.cells(False) and cell not in ask.targets]
        if free:
            cells[place] = draw.pick(free)
            break
    return click(ask, cells)


@respondent("clicks outside as well, in 30 %", "mixed", "gap step:region", "region abstention")
def _outside(ask: Asked, draw: Draw, scene: Draw) -> Said:
    beyond = [cell for cell in ask.cells(False) if not ask.inside(cell) and cell not in ask.targets]
    if ask.kind == "counting" or not beyond or draw.unit() > 0.3:
        return right(ask)
    return click(ask, [*ask.gold, draw.pick(beyond)])


@respondent("finds one where there is none", "mixed", "sign:clicks_where_nothing_is", "abstention")
def _never_abstains(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting" or ask.gold:
        return right(ask)
    return click(ask, _beside(ask, 1))


@respondent(
    "submits one more, in half",
    "mixed",
    "sign:submits_other_number step:consistency",
    "consistency",
)
def _submits_more(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.column != "Excl-CS" or draw.unit() < 0.5:
        return right(ask)
    return replace(right(ask), number=len(ask.gold) + 1)


@respondent("unreadable clicks in 30 %", "mixed", "mute gap step:format", "format")
def _unreadable_30(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" or draw.unit() > 0.3 else Said(form="unreadable")


@respondent(
    "repeats a wrong G-Cnt in half of the counts", "mixed", "sign:anchored", None, repeats=True
)
def _repeats(ask: Asked, draw: Draw, scene: Draw) -> Said:
    count = len(ask.targets)
    wrong = scene.unit() < 0.6
    number = scene.pick([n for n in (count - 2, count + 1, count + 2, count + 3) if n > 0])
    if ask.kind == "action" or not wrong:
        return right(ask)
    if ask.column == "G-Cnt":
        return Said(number=number)
    return Said(number=number) if ask.part and draw.unit() < 0.5 else right(ask)


# One place whatever the scene; a few right answers besides.


def _enter_place(where: str, place: Callable[[Asked, Draw], Cells], share: float) -> None:
    name = f"clicks {where}, right in {share * 100:.0f} %"

    @respondent(name, "none", "constant:action" if where == "R3,C3" and not share else "", None)
    def _(ask: Asked, draw: Draw, scene: Draw) -> Said:
        if ask.kind == "counting" or draw.unit() < share:
            return right(ask)
        return click(ask, place(ask, draw))


_EXAMPLE = ((3, 1), (6, 8))
_PLACES: dict[str, Callable[[Asked, Draw], Cells]] = {
    "R2,C2": lambda ask, draw: ((2, 2),),
    "R3,C3": lambda ask, draw: ((3, 3),),
    "R5,C5": lambda ask, draw: ((5, 5),),
    "R4,C6": lambda ask, draw: ((4, 6),),
    "the middle": lambda ask, draw: (((ask.rows + 1) // 2, (ask.cols + 1) // 2),),
    "the last cell": lambda ask, draw: ((ask.rows, ask.cols),),
    "the first cell of the region": lambda ask, draw: ask.cells()[:1],
    "one of three cells": lambda ask, draw: (draw.pick([(2, 2), (3, 5), (6, 3)]),),
    "the example": lambda ask, draw: _EXAMPLE,
    "the right row, column 1": lambda ask, draw: tuple((r, 1) for r, _ in ask.gold),
}
for _where, _place in _PLACES.items():
    for _share in (0.0, 0.1, 0.3):
        _enter_place(_where, _place, _share)


# Coordinates that are put in some other way than counting from elsewhere.


def _enter_moved(name: str, move: Callable[[int, int], tuple[int, int]]) -> None:
    @respondent(name, "none", steps="coordinates region finding abstention")
    def _(ask: Asked, draw: Draw, scene: Draw) -> Said:
        return _moved(ask, move)


_enter_moved("rounds rows to even ones", lambda r, c: (r - r % 2 or 2, c))
_enter_moved("rounds rows to odd ones", lambda r, c: (r | 1, c))
_enter_moved("rounds columns to threes", lambda r, c: (r, max(3, 3 * round(c / 3))))
_enter_moved("says no number above 7", lambda r, c: (min(r, 7), min(c, 7)))
_enter_moved("says no number below 4", lambda r, c: (max(r, 4), max(c, 4)))
_enter_moved("a scale of nine tenths", lambda r, c: (round(0.9 * r), round(0.9 * c)))
_enter_moved("a scale of eleven tenths", lambda r, c: (round(1.1 * r), round(1.1 * c)))


@respondent("pairs rows and columns anew", "none", steps="coordinates region")
def _paired(ask: Asked, draw: Draw, scene: Draw) -> Said:
    rows, cols = (sorted(side) for side in zip(*ask.gold, strict=True)) if ask.gold else ((), ())
    cells = zip(rows, cols, strict=True)
    return right(ask) if ask.kind == "counting" else click(ask, tuple(cells))


@respondent("counts from the corner of the region", "none", steps="coordinates region")
def _from_corner(ask: Asked, draw: Draw, scene: Draw) -> Said:
    top, left = (min(side) - 1 for side in zip(*ask.cells(), strict=True))
    return _moved(ask, lambda r, c: (r - top, c - left))


@respondent("clicks pixels", "extreme", "sign:off_grid", None)
def _pixels(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return _moved(ask, lambda r, c: (32 * r - 16, 32 * c - 16))


@respondent("clicks in thousandths of the picture", "extreme", "sign:off_grid", None)
def _thousandths(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return _moved(ask, lambda r, c: (1000 * r // ask.rows, 1000 * c // ask.cols))


# What is clicked where nothing is, and what such an answer means.


def _outside_grid(ask: Asked, draw: Draw) -> Cells:
    return ((ask.rows + draw.integer(1, 3), draw.integer(1, ask.cols)),)


@respondent("leaves the grid where nothing is", "extreme", "sign:clicks_where_nothing_is", None)
def _leaves(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting" or ask.gold:
        return right(ask)
    return click(ask, _outside_grid(ask, draw))


@respondent("always leaves the grid", "extreme", "sign:clicks_where_nothing_is sign:off_grid", None)
def _always_leaves(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting":
        return right(ask)
    return click(ask, [(ask.rows + 1, c) for _, c in ask.gold] or _outside_grid(ask, draw))


@respondent(
    "submits without what lies outside the grid", "extreme", "sign:submits_other_number", None
)
def _submits_inside(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.column != "Excl-CS":
        return right(ask)
    said = click(ask, (*ask.gold, *_outside_grid(ask, draw)))
    return replace(said, number=len(ask.gold))


def _enter_never(way: str) -> None:
    says = f"convention:{way} sign:clicks_where_nothing_is"

    @respondent(f"{way} in 100 %, and finds one where there is none", "extreme", says, None, way)
    def _(ask: Asked, draw: Draw, scene: Draw) -> Said:
        return written(ask, way, ask.gold or _some(draw, ask.cells(), 1))

    says = f"convention:{way} sign:whole_grid_default"

    @respondent(f"{way} in 100 %, whole grid", "extreme", says, None, way)
    def _(ask: Asked, draw: Draw, scene: Draw) -> Said:
        return written(ask, way, ask.targets)


for _way in ("zero_based", "swapped", "flipped_rows"):
    _enter_never(_way)


@respondent("60 % refused, else swapped", "mixed", "mute convention:swapped", None, "swapped")
def _refused_swapped(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(state="refused") if draw.unit() < 0.6 else written(ask, "swapped")


# Numbers that hang on nothing beside clicks that do, and the other way round.


def _enter_five(name: str, says: str, ways: str, clicks: Answer, blind: bool = False) -> None:
    @respondent(
        f"always COUNT(5), {name}", "mixed", f"constant:counting {says}", None, ways, blind=blind
    )
    def _(ask: Asked, draw: Draw, scene: Draw) -> Said:
        return Said(number=5) if ask.kind == "counting" else clicks(ask, draw, scene)


def _anywhere(ask: Asked, draw: Draw, scene: Draw) -> Said:
    # As far as the smallest grid goes: how large a grid is would be seen.
    return click(ask, [(draw.integer(1, 5), draw.integer(1, 5)) for _ in range(3)])


for _way in ("zero_based", "swapped"):
    _enter_five(
        f"{_way} in 100 %",
        f"convention:{_way}",
        _way,
        lambda ask, draw, scene, way=_way: written(ask, way),
    )
_enter_five("clicks right", "", "", lambda ask, draw, scene: right(ask))
_enter_five(
    "clicks the whole grid",
    "sign:whole_grid_default",
    "",
    lambda ask, draw, scene: click(ask, ask.targets),
)
_enter_five("clicks outside the grid", "sign:off_grid", "", _always_leaves)
_enter_five("clicks anywhere", "blind:", "", _anywhere, True)


@respondent("counts one more, one click", "mixed", "constant:action sign:count_high", None)
def _one_more_one_click(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return Said(number=len(ask.gold) + 1) if ask.kind == "counting" else click(ask, [(1, 1)])


@respondent("counts right, clicks anywhere", "mixed", "", None)
def _right_anywhere(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(ask) if ask.kind == "counting" else _anywhere(ask, draw, scene)


@respondent(
    "COUNT(5), one click in 88 %, else from 0",
    "mixed",
    "constant:counting",
    None,
    "zero_based",
)
def _nearly_constant(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting":
        return Said(number=5)
    return written(ask, "zero_based") if draw.unit() > 0.88 else click(ask, [(1, 1)])


@respondent("counts one less", "mixed", "sign:count_low", None)
def _one_less(ask: Asked, draw: Draw, scene: Draw) -> Said:
    if ask.kind == "counting":
        return Said(number=max(0, len(ask.gold) - 1))
    return right(ask)


# Right answers, of other scenes.


@cache
def _elsewhere() -> dict[str, list[dict[str, Asked]]]:
    """By source the questions about each of some scenes of another set, by column."""
    scenes: dict[str, dict[str, dict[str, Asked]]] = defaultdict(lambda: defaultdict(dict))
    for ask in questions(77, 40):
        scenes[ask.item.rose_subset][ask.item.scene_id][ask.column] = ask
    return {source: list(found.values()) for source, found in scenes.items()}


@respondent("answers about other scenes", "extreme", "blind:", None, blind=True)
def _other_scenes(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return right(scene.pick(_elsewhere()[ask.item.rose_subset])[ask.column])


@respondent("from 0, about other scenes", "extreme", "blind:", None, blind=True)
def _other_scenes_from_0(ask: Asked, draw: Draw, scene: Draw) -> Said:
    return written(scene.pick(_elsewhere()[ask.item.rose_subset])[ask.column], "zero_based")


# Whatever the prompt tells, and nothing else.


def _numbers(ask: Asked) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", ask.item.prompt_local)]


def _named(ask: Asked) -> tuple[int, int, int, int] | None:
    """Rows and columns of the region that the question names, up to 9 where it names none of them.

    None where it names no region.
    """
    numbers, words = _numbers(ask), ask.item.prompt_local
    if not numbers:
        return None
    if "rectangle" in words:
        r1, c1, r2, c2 = numbers
        return r1, r2, c1, c2
    ends = numbers[0], numbers[-1]
    return (*ends, 1, 9) if " row" in words else (1, 9, *ends)


Named = Callable[[int, int, int, int], Sequence[tuple[int, int]]]


def _enter_unseen(
    name: str, cells: Named, count: Callable[[int, int, int, int], int], looks: float = 0.0
) -> None:
    """Cells and a number made of the region that is named; right in a share of the questions."""
    says = "" if looks else "blind:"
    name = f"{name}, right in {looks * 100:.0f} %" if looks else name

    @respondent(name, "unseen", says, None, blind=not looks)
    def _(ask: Asked, draw: Draw, scene: Draw) -> Said:
        if draw.unit() < looks:
            return right(ask)
        named = _named(ask) or (2, 5, 3, 7)
        if ask.kind == "counting":
            return Said(number=count(*named))
        return click(ask, sorted(cells(*named)))


def _area(r1: int, r2: int, c1: int, c2: int) -> int:
    return (r2 - r1 + 1) * (c2 - c1 + 1)


def _two_in_it(r1: int, r2: int, c1: int, c2: int) -> list[tuple[int, int]]:
    row = (r1 + r2) // 2
    return [(row, c1 + (c2 - c1) // 3), (row, c1 + (c2 - c1) * 2 // 3)]


_UNSEEN: dict[str, tuple[Named, Callable[[int, int, int, int], int]]] = {
    "the four corners": (lambda a, b, c, d: {(a, c), (a, d), (b, c), (b, d)}, lambda *named: 4),
    "the first corner": (lambda a, b, c, d: [(a, c)], lambda a, b, c, d: b - a + 1),
    "the last corner": (lambda a, b, c, d: [(b, d)], lambda a, b, c, d: d - c + 1),
    "the middle of the region": (lambda a, b, c, d: [((a + b) // 2, (c + d) // 2)], _area),
    "a third into the region": (
        lambda a, b, c, d: [(a + (b - a) // 3, c + (d - c) // 3)],
        lambda *named: max(1, _area(*named) // 8),
    ),
    "two cells of the region": (_two_in_it, lambda *named: 1 + (_area(*named) > 12)),
}
for _unseen, _made in _UNSEEN.items():
    _enter_unseen(_unseen, *_made)
for _looks in (0.2, 0.7):
    _enter_unseen("the first corner", *_UNSEEN["the first corner"], _looks)
    _enter_unseen("two cells of the region", *_UNSEEN["two cells of the region"], _looks)


@respondent("numbers of the question, turned", "unseen", "blind:", None, blind=True)
def _turned(ask: Asked, draw: Draw, scene: Draw) -> Said:
    row, col, *_ = [max(1, int(str(n)[::-1])) for n in _numbers(ask)] * 2 or [1, 2]
    return Said(number=col) if ask.kind == "counting" else click(ask, [(row, col)])


@respondent("a hash of the question", "unseen", "blind:", None, blind=True)
def _hashed(ask: Asked, draw: Draw, scene: Draw) -> Said:
    drawn = Draw(0, ask.item.prompt)
    if ask.kind == "counting":
        return Said(number=drawn.integer(0, 5))
    return click(ask, [(drawn.integer(1, 8), drawn.integer(1, 8)) for _ in range(2)])


# Several faults in one answer: each is in all of its answers.


@respondent("one click slips, two more outside", "mixed", "", None)
def _slip_and_more(ask: Asked, draw: Draw, scene: Draw) -> Said:
    """Half of the answers: a click a row further down, and two more outside the region."""
    beyond = [cell for cell in ask.cells(False) if not ask.inside(cell) and cell not in ask.targets]
    if ask.kind == "counting" or not ask.gold or draw.unit() < 0.5:
        return right(ask)
    (r, c), *rest = ask.gold
    return click(ask, [*rest, (r + 1, c), *_some(draw, beyond, draw.integer(0, 2))])
