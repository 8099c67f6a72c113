"""What a scored run of ROSE says in a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from handeye.printing import noun, one_line
from handeye.respondents.conversation import about
from handeye.rose.questions import TEMPLATES
from handeye.rose.respondents.models import RESPONDENTS
from handeye.rose.scoring.tables import TEMPLATE_COLUMNS
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.looks import BEST, sentences, with_chance
from handeye.scores.summary import not_answered, so_far_words
from handeye.scores.tables import Cell, Table
from handeye.terminal.console import Console, styled
from handeye.terminal.tables import print_table, say


def print_run(folder: Path, *, kept: bool = True) -> None:
    """Print what a scored run says: states first, then the main columns with their intervals.

    Args:
        folder: of the scores.
        kept: whether they stay there.
    """
    from handeye.rose.scoring.run_folder import read_run
    from handeye.rose.scoring.tables import tables

    run = read_run(folder)
    summary, looks = run.summary, run.looks()
    console = Console()
    states = {name: n for name, n in summary.states.items() if n and name != "answered"}
    # Items without a prediction are in no figure.
    mute = set(states) - {"missing"}
    labels = {"all": "items with a prediction"} if "missing" in states else {}
    counted = f"{summary.n_items} {noun(summary.n_items, 'items')} on "
    counted += f"{summary.n_scenes} {noun(summary.n_scenes, 'scenes')}"
    name = summary.named or "unnamed model"
    console.print(styled((f"\n{one_line(name)}", "bold"), (f": {counted}", "")))
    if ours := about(summary.model, RESPONDENTS):
        say(console, ours)
    if summary.note:
        say(console, summary.note, "yellow")
    if states:
        say(console, not_answered(states), "yellow")
    found = {table.key: table for table in tables(summary)}
    bases = ("all", "answered") if mute else ("answered" if states else "all",)
    for clause in sentences(looks.groups if looks else {}):
        say(console, clause, "yellow")
    wide = _beside(
        [with_chance(found[key], looks) for key in ("templates", "headline")], bases, labels
    )
    chance = f"{BEST} {looks.chosen}" if looks and looks.chance else ""
    said = ("PASS in percent", so_far_words(summary.note), summary.interval.words, chance)
    print_table(console, wide, caption="; ".join(filter(None, said)))
    say(console, _legend({row.label for row in wide.rows}), "dim")
    if kept:
        say(console, f"written to {folder}")


def _legend(shown: Collection[str]) -> str:
    """What the abbreviations among the rows stand for."""
    known = {column.head: column.meaning for column in TEMPLATE_COLUMNS}
    known |= {template.column: template.words for template in TEMPLATES.values()}
    known |= {"SOFT": "credit for nearly right answers"}
    return "; ".join(f"{name}: {words}" for name, words in known.items() if name in shown)


def _beside(tables: Sequence[Table], bases: tuple[str, ...], labels: Mapping[str, str]) -> Table:
    """Columns of the tables below each other, what was not measured left out."""
    below = [
        replace(
            table,
            rows=tuple(
                replace(row, label=labels.get(row.path[0] if row.path else "", row.label))
                for row in table.rows
                if row.label == BEST or row.path[0] in bases
            ),
        ).turned()
        for table in tables
    ]
    # A constant answer to few items has figures in one table and none in the next.
    columns = {column.head: column for table in below for column in table.columns}
    rows = []
    for table in below:
        heads = [column.head for column in table.columns]
        for row in table.rows:
            cells = dict(zip(heads, row.cells, strict=True))
            if any(map(_measured, row.cells)):
                label = row.label if table is below[0] else row.label.lower()
                whole = tuple(cells.get(head, NOTHING) for head in columns)
                rows.append(replace(row, label=label, cells=whole))
    return replace(
        below[0], caption="", columns=tuple(columns.values()), rows=tuple(rows), row_head="percent"
    )


def _measured(cell: Cell) -> bool:
    return isinstance(cell, Estimate) and cell.value is not None
