"""Is an answer right if some kinds of failure are forgiven? One yes or no per item and forgiveness.

The kinds, from the outermost to the innermost: no answer, its form, count-click consistency,
abstention, region, coordinates. Clicks are judged by what lies inside the region, a count by its
number; docs/decomposition.md says what each forgives. Knows nothing of rates and chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from handeye.rose.diagnosis.anchoring import counts_whole
from handeye.rose.diagnosis.evidence import Evidence
from handeye.rose.scene import Cell
from handeye.rose.scoring.tally import SCENE

# The kinds of failure that an answer in any order can be forgiven, outermost first. Giving an
# answer and its form come before all of them: what cannot be read cannot be forgiven anything.
KINDS = ("consistency", "abstention", "region", "coordinates")
# Larger numbers are all wrong alike; this keeps them within 64 bits.
_LARGEST = 2**40


def _right(forgiven: Iterable[str]) -> pl.Expr:
    """Whether a readable answer is right when some kinds of failure are forgiven.

    ``said`` is the number given, or that of the cells clicked, of which ``in_grid`` exist; the
    other columns are those of ``_FEATURES``.
    """
    kinds = frozenset(forgiven)
    place = pl.col("exact")
    if "region" in kinds:
        place = place | pl.col("exact_inside")
    if "abstention" in kinds:
        place = place | ((pl.col("gold") == 0) != (pl.col("said") == 0))
    if "coordinates" in kinds:
        place = place | (pl.col("said") == pl.col("gold")) | (pl.col("in_grid") == pl.col("gold"))
        if "region" in kinds:
            place = place | pl.col("number_inside")
    agrees = pl.lit(True) if "consistency" in kinds else pl.col("agrees")
    return pl.col("passed") | (pl.col("readable") & agrees & place)


def _measure(forgiven: Iterable[str]) -> str:
    kinds = frozenset(forgiven)
    return "+".join(["right", *(kind for kind in KINDS if kind in kinds)])


# The kinds forgiven at each level, and what any one kind wins when it is forgiven first or last.
_NESTED = [KINDS[:count] for count in range(len(KINDS) + 1)]
_FIRST = {kind: (kind,) for kind in KINDS}
_BUT_ONE = {kind: tuple(other for other in KINDS if other != kind) for kind in KINDS}
_JUDGED = {_measure(kinds): kinds for kinds in (*_NESTED, *_FIRST.values(), *_BUT_ONE.values())}
BASES = {"pass": "n", "heard": "answered", **dict.fromkeys(_JUDGED, "readable")}
"""A level's measure to the items it is a share of; a level is the quotient."""
FORGIVEN = {
    "no_answer": ("pass", "heard"),
    "format": ("heard", _measure(())),
    **{
        kind: (_measure(before), _measure(after))
        for kind, before, after in zip(KINDS, _NESTED, _NESTED[1:], strict=False)
    },
}
"""The level before a step forgives, and after; both are measures."""
ORDERS = {
    kind: {
        "first": (_measure(()), _measure(_FIRST[kind])),
        "last": (_measure(_BUT_ONE[kind]), _measure(KINDS)),
    }
    for kind in KINDS
}
"""The same for a kind that is forgiven before, or after, all others that leave an answer."""
EVERYTHING = _measure(KINDS)


def judged(evidence: Sequence[Evidence]) -> pl.DataFrame:
    """One row per item: where it belongs, and a 0/1 column for every measure and base."""
    whole = counts_whole(evidence)
    rows = [_features(found, of_grid) for found, of_grid in zip(evidence, whole, strict=True)]
    frame = pl.DataFrame(rows, schema=_FEATURES, orient="row")
    return frame.select(
        "subset",
        "scene_id",
        "key",
        pl.col("scene_id").rank("dense").over("subset").sub(1).alias(SCENE),
        "answered",
        "readable",
        pl.lit(1).alias("n"),
        pl.col("passed").alias("pass"),
        pl.col("passed").alias("heard"),
        **{name: _right(kinds) for name, kinds in _JUDGED.items()},
    )


# ``exact``: the answer is right. ``exact_inside``: it is once clicks outside the region are left
# out, or it is right for the other part; a count: it is the whole grid's, in a model that counts
# that. ``number_inside``: it holds as
# many cells of the region as there are targets, or, outside, as many as there are in the grid.
_FEATURES: dict[str, Any] = {
    "subset": pl.String(),
    "scene_id": pl.String(),
    "key": pl.String(),
    "passed": pl.Boolean(),
    "answered": pl.Boolean(),
    "readable": pl.Boolean(),
    "gold": pl.Int64(),
    "said": pl.Int64(),
    "in_grid": pl.Int64(),
    "exact": pl.Boolean(),
    "exact_inside": pl.Boolean(),
    "number_inside": pl.Boolean(),
    "agrees": pl.Boolean(),
}


def _features(found: Evidence, of_grid: bool) -> tuple[Any, ...]:
    """What the judgements need of one item, in the order of ``_FEATURES``."""
    reading, gold = found.reading, len(found.gold)
    head = (found.subset, found.scene_id, found.template.key, found.passed)
    counts = found.template.mode == "COUNT"
    if reading is None or (counts and reading.number is None):
        given = found.passed or found.state == "answered"
        return (*head, given, found.passed, gold, 0, 0, False, False, False, False)
    number = None if reading.number is None else min(reading.number, _LARGEST)
    if counts:
        return (*head, True, True, gold, number, number, number == gold, of_grid, of_grid, True)
    said, in_grid = len(set(reading.clicks)), len(found.clicked)
    inside = found.clicked_inside
    exact = said == in_grid and found.clicked == found.gold
    turned_round = bool(found.clicked) and found.clicked == found.targets - found.gold
    exact_inside = said == in_grid and (inside == found.gold or turned_round)
    # A number that is not there is a matter of form, as clicks are that stand twice; one that is
    # there has to be that of the clicks or of their cells.
    agrees = number in (None, said, len(reading.clicks))
    placed = (exact, exact_inside, _number_inside(found, inside, said))
    return (*head, True, True, gold, said, in_grid, *placed, agrees)


def _number_inside(found: Evidence, inside: frozenset[Cell], said: int) -> bool:
    """Whether clicks hit the region as often as it has targets, wherever in it.

    A click just outside that may have slipped off a missed target counts for it. Where no more lie
    inside than there are targets, as many as the grid has are right for the whole grid.
    """
    gold = len(found.gold)
    if len(inside) > gold:
        return False
    slipped = [
        cell for cell in found.clicked - inside if not _around(cell).isdisjoint(found.gold - inside)
    ]
    return gold <= len(inside) + len(slipped) or said == len(found.targets)


def _around(cell: Cell) -> set[Cell]:
    """The cells that touch it, corners included."""
    steps = (-1, 0, 1)
    return {Cell(cell.row + r, cell.col + c) for r in steps for c in steps if r or c}
