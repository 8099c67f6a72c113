"""What terminals show: tables of runs, and descriptions of sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from rich.table import Table

from handeye.scores.estimate import Estimate
from handeye.scores.tables import Cell, Table as Said
from handeye.terminal.console import Console, styled

if TYPE_CHECKING:
    from rich.text import Text

    from handeye.sets.statistics import Description

# More columns than this hold value and interval on two lines, or 80 characters are not enough.
_MOST_SENTENCES = 3


def say(console: Console, words: str, style: str = "") -> None:
    """Print words as they stand, in one style."""
    console.print(words, style=style or None)


def print_table(
    console: Console,
    table: Said,
    *,
    title: str = "",
    caption: str = "",
    intervals: bool = True,
) -> None:
    """Draw a table of a suite.

    Args:
        console: where to.
        table: rows of one group stand under its name; a row's ``basis`` stands below its label.
        title: above the table; its caption where none is given.
        caption: below the table.
        intervals: whether cells have their intervals.
    """
    drawn = Table(
        title=title or table.caption or None,
        title_justify="left",
        title_style="bold",
        caption=caption or None,
        caption_justify="left",
    )
    stacked = len(table.columns) > _MOST_SENTENCES
    drawn.add_column(table.row_head, overflow="fold", min_width=8)
    for column in table.columns:
        justify: Literal["left", "right"] = "left" if column.words else "right"
        drawn.add_column(column.head, justify=justify, no_wrap=not stacked)
    for heading, rows in table.bodies:
        if heading:
            drawn.add_section()
            drawn.add_row(styled((heading, "bold")))
        for row in rows:
            label = row.label if stacked or not heading else f"  {row.label}"
            basis = f"\n{row.basis}" if row.basis else ""
            cells = (_cell(cell, stacked, intervals) for cell in row.cells)
            drawn.add_row(styled((label, ""), (basis, "dim")), *cells)
    console.print(drawn)


def _cell(cell: Cell, stacked: bool, intervals: bool) -> str | Text:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if not isinstance(cell, Estimate):
        return f"{cell:,}"
    if not intervals:
        return cell.text("value")
    if not stacked:
        return cell.text("sentence")
    span = cell.text("range")
    return styled((cell.text("value"), ""), (f"\n{span}" if span else "", "dim"))


def print_descriptions(found: Sequence[Description], *, by_subset: bool) -> None:
    """Print one description, or two side by side."""
    from handeye.sets.statistics import ALL, compare

    console = Console()
    groups = list(found[0].groups) if by_subset else [ALL]
    rows = compare(*found) if len(found) == 2 else []
    for group in groups:
        table = Table(title=group, title_justify="left", title_style="bold")
        table.add_column("statistic", no_wrap=True)
        for description in found:
            table.add_column(description.name, overflow="fold")
        if len(found) == 2:
            table.add_column("p", justify="right", no_wrap=True)
            for row in rows:
                if row.group == group:
                    p = "" if row.p is None else f"{row.p:.3f}"
                    table.add_row(row.name, row.first, row.second, p)
        else:
            for line in found[0].groups[group].values():
                table.add_row(line.name, line.text())
        console.print(table)
    if len(found) == 2:
        tested = sum(row.p is not None for row in rows)
        low = [f"{row.group}: {row.name}" for row in rows if row.p is not None and row.p < 0.05]
        console.print(
            f"Numbers are min / median / mean / max. p: chi-square (Fisher for two classes) or "
            f"Kolmogorov-Smirnov. {len(low)} of {tested} lines have p < 0.05 "
            f"({0.05 * tested:.0f} expected by chance)" + (f": {'; '.join(low)}" if low else ".")
        )
