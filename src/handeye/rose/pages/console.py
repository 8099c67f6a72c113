"""What a scored run of ROSE says in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from handeye.respondents.conversation import about
from handeye.rose.respondents.models import RESPONDENTS
from handeye.scores.estimate import Estimate
from handeye.scores.looks import BEST, sentences, with_chance
from handeye.scores.tables import Cell, Table
from handeye.terminal.tables import print_table, say, shown as printable


def print_run(folder: Path) -> None:
    """Print what a scored run says: states first, then the main columns with their intervals."""
    from handeye.rose.scoring.run_folder import read_run
    from handeye.rose.scoring.tables import tables

    run = read_run(folder)
    summary, looks = run.summary, run.looks()
    console = Console()
    states = {name: n for name, n in summary.states.items() if n and name != "answered"}
    counted = f"{summary.n_items} items on {summary.n_scenes} scenes"
    name = escape(printable(summary.model or "unnamed model", console))
    console.print(f"\n[bold]{name}[/]: {counted}", highlight=False)
    if ours := about(summary.model, RESPONDENTS):
        say(console, ours)
    if summary.partial:
        say(console, summary.note, "yellow")
    if states:
        shown = ", ".join(f"{n} {name}" for name, n in states.items())
        say(console, f"not answered: {shown}", "yellow")
    found = {table.key: table for table in tables(summary)}
    bases = ("all", "answered") if states else ("all",)
    for clause in sentences(looks.groups if looks else {}):
        say(console, clause, "yellow")
    wide = _beside([with_chance(found[key], looks) for key in ("templates", "headline")], bases)
    chance = f"; {BEST} {looks.chosen}" if looks and looks.chance else ""
    print_table(console, wide, caption=f"Percent; {summary.interval.words}{chance}")
    say(console, f"written to {folder}")


def _beside(tables: Sequence[Table], bases: tuple[str, ...]) -> Table:
    """Columns of the tables below each other, what was not measured left out."""
    below = [
        replace(
            table,
            rows=tuple(row for row in table.rows if row.label == BEST or row.path[0] in bases),
        ).turned()
        for table in tables
    ]
    rows = tuple(
        replace(row, label=row.label if table is below[0] else row.label.lower())
        for table in below
        for row in table.rows
        if _measured(row.cells[0])
    )
    return replace(below[0], caption="", rows=rows)


def _measured(cell: Cell) -> bool:
    return isinstance(cell, Estimate) and cell.value is not None
