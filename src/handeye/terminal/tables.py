"""What terminals show: tables of runs, and descriptions of sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from rich.table import Table

from handeye.printing import one_line
from handeye.scores.estimate import Estimate
from handeye.scores.tables import Cell, Table as Said
from handeye.terminal.console import Console, styled

if TYPE_CHECKING:
    from handeye.sets.statistics import Description

# The room that a label of several lines is left where cells give way.
_LABEL = 16
_Layout = Literal["line", "span", "broken", "value"]


def say(console: Console, words: str, style: str = "") -> None:
    """Print words in one style and one line: no name in them can write lines of its own.

    A line feed before the first word leaves a line free.
    """
    if words.startswith("\n"):
        console.print()
    console.print(one_line(words), style=style or None)


def print_table(
    console: Console,
    table: Said,
    *,
    title: str = "",
    caption: str = "",
    intervals: bool = True,
) -> None:
    """Draw a table of a suite; where the terminal is too narrow, some columns below the others.

    Args:
        console: where to.
        table: rows of one group stand under its name; a row's ``basis`` stands below its label.
        title: above the table; its caption where none is given.
        caption: below the table.
        intervals: whether cells have their intervals.
    """
    parts = _parts(table, console.width, intervals)
    for place, part in enumerate(parts):
        named = "" if place else title or table.caption
        _draw(console, part, named, caption if part is parts[-1] else "", intervals)


def _draw(console: Console, table: Said, title: str, caption: str, intervals: bool) -> None:
    # Titles and captions of a Rich table break at its width, not at the terminal's.
    if title:
        say(console, title, "bold")
    drawn = Table()
    layout = _layout(table, console.width) if intervals else "value"
    stacked = layout in ("span", "broken")
    drawn.add_column(table.row_head, overflow="fold", min_width=8)
    for column in table.columns:
        justify: Literal["left", "right"] = "left" if column.words else "right"
        drawn.add_column(column.head, justify=justify, no_wrap=not stacked)
    for heading, rows in table.bodies:
        if heading:
            drawn.add_section()
            drawn.add_row(styled((one_line(heading), "bold")))
        for row in rows:
            indent = row.label[: len(row.label) - len(row.label.lstrip(" "))]
            label = ("" if stacked or not heading else "  ") + indent + one_line(row.label)
            basis = f"\n{row.basis}" if row.basis else ""
            cells = []
            for cell in row.cells:
                first, *below = _lines(cell, layout)
                cells.append(styled((first, ""), *((f"\n{line}", "dim") for line in below)))
            drawn.add_row(styled((label, ""), (basis, "dim")), *cells)
    console.print(drawn)
    if caption:
        say(console, caption, "dim")


def _layout(table: Said, room: int) -> _Layout:
    """The widest way to show intervals that leaves the labels room."""
    for layout in ("line", "span"):
        if sum(_widths(table, layout)) + _LABEL + 4 <= room:
            return layout
    return "broken"


def _widths(table: Said, layout: _Layout) -> list[int]:
    """What each column takes, its border included."""
    out = []
    for place, column in enumerate(table.columns):
        lines = [line for row in table.rows for line in _lines(row.cells[place], layout)]
        # Heads of several words are broken where cells are.
        whole = layout in ("line", "value")
        head = column.head if whole else max(column.head.split(), key=len, default="")
        out.append(max(map(len, [head, *lines])) + 3)
    return out


def _parts(table: Said, room: int, intervals: bool) -> list[Said]:
    """The table, or tables of some of its columns each, none wider than the room."""
    words = [table.row_head, *(f"{row.label} {row.basis}" for row in table.rows)]
    label = max(8, *(len(word) for text in words for word in text.split()), 0) + 4
    widths = _widths(table, "broken" if intervals else "value")
    if label + sum(widths) <= room or len(widths) < 2 or table.groups:
        return [table]
    held: list[list[int]] = []
    for place, wide in enumerate(widths):
        if held and label + sum(widths[k] for k in held[-1]) + wide <= room:
            held[-1].append(place)
        else:
            held.append([place])
    return [
        replace(
            table,
            columns=tuple(table.columns[k] for k in places),
            rows=tuple(
                replace(row, cells=tuple(row.cells[k] for k in places)) for row in table.rows
            ),
        )
        for places in held
    ]


def _lines(cell: Cell, layout: _Layout) -> list[str]:
    """A cell as the lines that it takes: an interval below its value is one or two."""
    if not isinstance(cell, Estimate):
        return ["" if cell is None else one_line(cell) if isinstance(cell, str) else f"{cell:,}"]
    if layout in ("value", "line"):
        return [cell.text(layout)]
    span = cell.text("span")
    first, middle, second = span.partition(" to ")
    below = [first + middle.rstrip(), second] if layout == "broken" else [span]
    return [cell.text("value"), *filter(None, below)]


# Lines of a description, and groups named below it, that leave room for the rest on a screen.
_MOST_LINES, _MOST_GROUPS = 24, 8


def print_descriptions(found: Sequence[Description], *, every_line: bool) -> None:
    """Print one description, or two side by side: what fits a screen, or everything.

    Args:
        found: one, or two.
        every_line: all lines whole, and a table for every group.
    """
    from handeye.sets.statistics import ALL, compare

    console = Console()
    rows = compare(*found) if len(found) == 2 else []
    first = found[0]
    say(
        console,
        "Behind a value stands how often it occurs and its share; numbers are least / median / "
        "mean / most.",
        "dim",
    )
    if first.legend:
        say(console, first.legend, "dim")
    groups = list(first.groups) if every_line else [ALL]
    left = 0
    for group in groups:
        lines = first.groups[group]
        names = [name for name, line in lines.items() if every_line or line.main]
        shown = names if every_line else names[:_MOST_LINES]
        left += len(lines) - len(shown)
        table = Table(title=group if every_line else "", title_justify="left", title_style="bold")
        label = max(map(len, ["statistic", *shown]))
        table.add_column("statistic", no_wrap=True, min_width=label)
        # Borders and margins, and the column of p.
        room = console.width - label - 4 - (8 if len(found) == 2 else 0)
        for description in found:
            table.add_column(
                one_line(description.name),
                no_wrap=not every_line,
                overflow="fold" if every_line else "ellipsis",
                max_width=None if every_line else max(8, room // len(found) - 3),
            )
        if len(found) == 2:
            table.add_column("p", justify="right", no_wrap=True)
            for row in rows:
                if row.group == group and (row.name in shown or row.name not in lines):
                    p = "" if row.p is None else f"{row.p:.3f}"
                    table.add_row(row.name, row.first, row.second, p)
        else:
            for name in shown:
                table.add_row(name, lines[name].text())
        console.print(table)
    others = [group for group in first.groups if group != ALL]
    if not every_line:
        _print_groups(console, found, others)
        if left or others:
            more = ", ".join(
                filter(None, [f"{left} more lines" if left else "",
                              f"a table for each of {len(others)} groups" if others else ""])
            )  # fmt: skip
            say(console, f"--all shows {more}", "dim")
    if len(found) == 2:
        tested = sum(row.p is not None for row in rows)
        low = [f"{row.group}: {row.name}" for row in rows if row.p is not None and row.p < 0.05]
        named = low if every_line else low[:_MOST_GROUPS]
        console.print(
            f"p: chi-square (Fisher for two classes) or Kolmogorov-Smirnov. {len(low)} of {tested} "
            f"lines have p < 0.05 ({0.05 * tested:.0f} expected by chance)"
            + (f": {'; '.join(named)}{' ...' if len(named) < len(low) else ''}" if low else ".")
        )


def _print_groups(console: Console, found: Sequence[Description], groups: Sequence[str]) -> None:
    """What each group holds, by the first line of its table."""
    if not groups:
        return
    told = []
    for group in groups[:_MOST_GROUPS]:
        counts = [
            next(iter(one.groups[group].values())).text().removeprefix("n ")
            if group in one.groups
            else "-"
            for one in found
        ]
        told.append(f"{group} {' | '.join(counts)}")
    more = f", and {len(groups) - _MOST_GROUPS} more" if len(groups) > _MOST_GROUPS else ""
    unit = next(iter(found[0].groups[groups[0]]), "")
    say(console, f"{unit}: {', '.join(told)}{more}")
