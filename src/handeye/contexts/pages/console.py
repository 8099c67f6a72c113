"""What a terminal says of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.contexts.respondents.models import RESPONDENTS
from handeye.contexts.scoring.run_folder import read_run
from handeye.contexts.scoring.summary import Summary
from handeye.contexts.scoring.tables import HEADLINE_COLUMNS, tables
from handeye.printing import noun, one_line
from handeye.respondents.conversation import about
from handeye.scores.estimate import NOTHING
from handeye.scores.looks import BEST, Looks, chance_row, sentences
from handeye.scores.summary import so_far_words
from handeye.scores.tables import Column, Row, Table
from handeye.terminal.console import Console, styled
from handeye.terminal.tables import print_table, say

_BY_CONTEXT = ("does", "given")
_MOST_CONTEXTS = 12


def print_run(folder: Path, *, kept: bool = True) -> None:
    """Print what a scored run says, on one screen: states, the headline, actions by context.

    Args:
        folder: of the scores.
        kept: whether they stay there.
    """
    run = read_run(folder)
    summary, looks = run.summary, run.looks()
    console = Console()
    _print_header(console, summary)
    for clause in sentences(looks.groups if looks else {}):
        say(console, clause, "yellow")
    known = {table.key: table for table in tables(summary)}
    said = "; ".join(filter(None, (so_far_words(summary.note), summary.interval.words)))
    line: dict[str, Any] = known["headline"].line("all")
    print_table(console, _beside(line, summary, looks), caption=said)
    legend = "; ".join(f"{one.head}: {one.meaning}" for one in _there(HEADLINE_COLUMNS, [line]))
    say(console, legend, "dim")
    if known["headline"].note:
        say(console, known["headline"].note, "dim")
    if looks and chance_row(looks, "headline", HEADLINE_COLUMNS):
        say(console, f"{BEST}: one for every form of action, {looks.chosen}", "dim")
    for key in ("contexts", "references"):
        table = _some(known[key])
        if table.rows:
            print_table(console, table)
    if kept:
        say(console, f"written to {folder}: tables/ and the page of handeye report have the rest")


def _print_header(console: Console, summary: Summary) -> None:
    """The run in a line, and what was not answered."""
    name = one_line(summary.named or "unnamed model")
    told = (
        f": {summary.n_items:,} {noun(summary.n_items, 'items')} of {summary.n_scenes:,} "
        f"{noun(summary.n_scenes, 'scenes')}"
    )
    console.print(styled((f"\n{name}", "bold"), (told, "")))
    if ours := about(summary.model, RESPONDENTS):
        say(console, ours)
    if summary.note:
        say(console, summary.note, "yellow")
    lost = [f"{n:,} {state}" for state, n in summary.states.items()
            if state not in ("answered", "missing") and n]  # fmt: skip
    if lost:
        say(console, f"no readable answer: {', '.join(lost)} (counted as wrong)", "yellow")
    if missing := summary.states.get("missing", 0):
        say(
            console, f"no prediction: {missing:,} {noun(missing, 'items')} (in no figure)", "yellow"
        )


def _beside(line: Mapping[str, Any], summary: Summary, looks: Looks | None) -> Table:
    """The headline, and beside it what the best constant answer scores."""
    columns = _there(HEADLINE_COLUMNS, [line])
    n = summary.bases["all"].n
    rows = (
        Row(f"{n:,} {noun(n, 'items')}", tuple(line[column.key] for column in columns)),
        *chance_row(looks, "headline", columns),
    )
    return Table("headline", "", columns, rows, row_head="percent").measured.turned("percent")


def _there(columns: Sequence[Column], lines: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """The columns of which some line has a figure."""
    return tuple(
        column
        for column in columns
        if any(line.get(column.key, NOTHING).value is not None for line in lines)
    )


def _some(table: Table) -> Table:
    """A table with the columns of a terminal; of many contexts the first."""
    places = [place for place, one in enumerate(table.columns) if one.key in _BY_CONTEXT]
    rows = tuple(
        Row(row.label, tuple(row.cells[place] for place in places))
        for row in table.rows[:_MOST_CONTEXTS]
    )
    columns = tuple(table.columns[place] for place in places)
    left = len(table.rows) - len(rows)
    note = f"and {left} more in tables/{table.file}" if left else ""
    return Table(table.key, "", columns, rows, row_head=table.row_head, note=note).measured
