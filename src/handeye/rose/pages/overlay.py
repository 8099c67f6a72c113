"""Gold and clicked cells drawn over a grid, as SVG in units of one cell = 20.

Knows cells and regions, nothing of files or scores. Every kind of mark has its own shape, so that
it can be told apart without colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.rose.scene import Cell, Grid, Region

CELL = 20.0
_MOST_MARKS = 1500  # per kind; a page with more marks than that shows nothing any more
_MOST_LINES = 120


@dataclass(frozen=True, slots=True)
class Marks:
    """What to draw: all cells 1-based; ``clicked`` None for an item that asks for a number.

    ``twice`` are cells clicked more than once. ``forgiven`` tells that the clicks were read from an
    answer that the grammar refuses: they count for nothing, and the diagnosis speaks of them.
    """

    grid: Grid
    gold: frozenset[Cell]
    elsewhere: frozenset[Cell]
    clicked: frozenset[Cell] | None
    out_of_grid: tuple[Cell, ...] = ()
    region: Region | None = None
    twice: frozenset[Cell] = frozenset()
    forgiven: bool = False

    def sorted_into(self) -> dict[str, list[Cell]]:
        """Cells by kind of mark: hit, missed, wrong, stray (a target outside the region), gold."""
        other = sorted(self.elsewhere)
        if self.clicked is None:
            return {"gold": sorted(self.gold), "other": other}
        wrong = self.clicked - self.gold
        return {
            "other": [cell for cell in other if cell not in wrong],
            "hit": sorted(self.clicked & self.gold),
            "missed": sorted(self.gold - self.clicked),
            "wrong": sorted(wrong - self.elsewhere),
            "stray": sorted(wrong & self.elsewhere),
        }


# Shown in this order in the legend.
LEGEND: tuple[tuple[str, str], ...] = (
    ("hit", "clicked, right"),
    ("missed", "target not clicked"),
    ("wrong", "clicked, no target"),
    ("stray", "clicked, target outside the region"),
    ("out", "clicked outside the grid"),
    ("twice", "clicked more than once"),
    ("forgiven", "dashed: click in an answer that was read forgivingly"),
    ("gold", "target to count"),
    ("other", "target outside the region"),
    ("region", "region asked about"),
    ("excluded", "excluded region"),
)


def mark(kind: str, x: float, y: float) -> Markup:
    """One mark centred at x, y, with a casing under it so that it shows on any picture."""
    return _shape(kind, x, y, f"halo m-{kind}") + _shape(kind, x, y, f"ink m-{kind}")


def _shape(kind: str, x: float, y: float, class_: str) -> Markup:
    if kind == "twice":
        return svg.element("circle", cx=x, cy=y, r=5.5, class_=class_)
    if kind in ("hit", "gold", "forgiven"):
        return svg.element("circle", cx=x, cy=y, r=10.5, class_=class_)
    if kind == "other":
        return svg.element("circle", cx=x, cy=y, r=9.5, class_=class_)
    if kind == "missed":
        return svg.element("rect", x=x - 10, y=y - 10, width=20.0, height=20.0, class_=class_)
    n = svg.number
    if kind == "wrong":
        path = f"M{n(x - 8)} {n(y - 8)}l16 16m0-16l-16 16"
    elif kind == "stray":
        path = f"M{n(x)} {n(y - 12)}l12 12l-12 12l-12-12z"
    else:
        path = f"M{n(x - 7)} {n(y + 6)}l7-13l7 13z"
    return svg.element("path", d=path, class_=class_)


def margin(grid: Grid) -> float:
    """Room around the grid for row and column numbers and clicks outside."""
    return max(grid) * CELL * 0.045 + 6


def view_box(grid: Grid) -> str:
    """``viewBox`` of a drawing of the grid with its margin."""
    m = margin(grid)
    values = (-m, -m, grid.cols * CELL + 2 * m, grid.rows * CELL + 2 * m)
    return " ".join(svg.number(value) for value in values)


def schematic(grid: Grid) -> Markup:
    """The bare grid, where no picture is at hand."""
    width, height = grid.cols * CELL, grid.rows * CELL
    steps = []
    if max(grid) <= _MOST_LINES:
        steps += [f"M{svg.number(k * CELL)} 0V{svg.number(height)}" for k in range(1, grid.cols)]
        steps += [f"M0 {svg.number(k * CELL)}H{svg.number(width)}" for k in range(1, grid.rows)]
    sheet = svg.element("rect", width=width, height=height, class_="sheet")
    return sheet + svg.element("path", d="".join(steps), class_="rules")


def draw(marks: Marks) -> Markup:
    """Numbers on the margin, the region and every mark, as one ``<g class="overlay">``."""
    parts = [_numbers(marks.grid), _region(marks)]
    for kind, cells in marks.sorted_into().items():
        parts += [
            mark(kind, (cell.col - 0.5) * CELL, (cell.row - 0.5) * CELL)
            for cell in cells[:_MOST_MARKS]
        ]
    parts += [
        mark("twice", (cell.col - 0.5) * CELL, (cell.row - 0.5) * CELL)
        for cell in sorted(marks.twice)[:_MOST_MARKS]
    ]
    parts += [_outside(marks.grid, cell) for cell in marks.out_of_grid[:24]]
    return svg.group(*parts, class_="overlay forgiven" if marks.forgiven else "overlay")


def _numbers(grid: Grid) -> Markup:
    m = margin(grid)
    size = m * 0.52
    parts = [
        svg.element("text", str(c), x=(c - 0.5) * CELL, y=-m * 0.3, text_anchor="middle")
        for c in _numbered(grid.cols)
    ]
    parts += [
        svg.element(
            "text", str(r), x=-m * 0.25, y=(r - 0.5) * CELL + size * 0.35, text_anchor="end"
        )
        for r in _numbered(grid.rows)
    ]
    return svg.group(*parts, class_="numbers", font_size=size)


def _numbered(count: int) -> Sequence[int]:
    step = max(5, -(-count // 8) // 5 * 5)
    return [1, *range(step, count + 1, step)] if count > 1 else [1]


def _region(marks: Marks) -> Markup:
    region = marks.region
    if region is None or region.type == "GLOBAL":
        return Markup("")
    kind = "excluded" if region.type == "EXCLUSION" else "region"
    box = {
        "x": (region.c1 - 1) * CELL,
        "y": (region.r1 - 1) * CELL,
        "width": (region.c2 - region.c1 + 1) * CELL,
        "height": (region.r2 - region.r1 + 1) * CELL,
    }
    return svg.element("rect", **box, class_=f"halo m-{kind}") + svg.element(
        "rect", **box, class_=f"ink m-{kind}"
    )


def _outside(grid: Grid, cell: Cell) -> Markup:
    """A triangle on the margin, at the border cell nearest to a click outside the grid."""
    edge = margin(grid) * 0.5
    x = min(max((cell.col - 0.5) * CELL, -edge), grid.cols * CELL + edge)
    y = min(max((cell.row - 0.5) * CELL, -edge), grid.rows * CELL + edge)
    tip = svg.element("title", f"{cell} lies outside the grid")
    return svg.group(tip, mark("out", x, y))
