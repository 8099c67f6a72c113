"""What makes it hard: one part a factor, with fitted curves where there are any, and by template.

Counting and acting against a factor are drawn as curves; PASS of each template as small multiples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Series
from handeye.pages.frame import Panel
from handeye.rose.diagnosis.findings import Findings
from handeye.rose.pages.curves import curve_parts, curve_table
from handeye.rose.pages.view import RunView
from handeye.rose.questions import BY_KEY, MAIN_KEYS, Template
from handeye.scores.estimate import Estimate, rate_of
from handeye.scores.looks import BEST, chance_rows
from handeye.scores.tables import Column, Row, Table


@dataclass(frozen=True, slots=True)
class ShownFactor:
    """A factor laid out: a panel per template, and the same numbers as a table per run."""

    key: str
    title: str
    meaning: str
    panels: tuple[Panel, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Curves, a row of panels a run and a panel a factor; the factors by template.

    ``table`` has what the curves are fitted to, ``more`` the curves by subset; ``folded`` are the
    factors that have curves.
    """

    runs: tuple[tuple[RunView, tuple[Panel, ...]], ...]
    meanings: tuple[tuple[str, str], ...]
    table: Table
    more: tuple[Panel, ...]
    factors: tuple[ShownFactor, ...]
    folded: tuple[ShownFactor, ...]


_UNORDERED = frozenset({"region_type"})  # bins without an order get no line between them
# The size class says the same as the number of cells, with bounds that differ between subsets.
_LEFT_OUT = frozenset({"profile"})
_KIND = "breakdown-"


def difficulty(
    runs: Sequence[RunView], known: Sequence[tuple[RunView, Findings]]
) -> Difficulty | None:
    """What makes it hard: curves along the factors that have any, and all factors by template.

    Args:
        runs: of the page.
        known: those that were diagnosed, with their findings.
    """
    curves = curve_parts(known)
    keys = dict.fromkeys(
        key.removeprefix(_KIND) for run in runs for key in run.tables if key.startswith(_KIND)
    )
    found = []
    for key in keys:
        held = [(run, run.tables[_KIND + key]) for run in runs if _KIND + key in run.tables]
        varied = [(run, table) for run, table in held if len(table.columns) > 1 and table.rows]
        if varied and key not in _LEFT_OUT:
            found.append(_factor(key, varied))
    shown = [one for one in found if one.panels]
    if not shown and not curves:
        return None
    drawn = {part.key for part in curves}
    rows = [
        (run, tuple(p for part in curves for p in part.panels if p.style == run.style))
        for run, _ in known
    ]
    return Difficulty(
        tuple((run, panels) for run, panels in rows if panels),
        tuple((part.title, part.meaning) for part in curves if part.meaning),
        curve_table(known),
        tuple(panel for part in curves for panel in part.more),
        tuple(one for one in shown if one.key not in drawn),
        tuple(one for one in shown if one.key in drawn),
    )


def _merged_bins(tables: Iterable[Table]) -> list[Column]:
    """Bins of all runs in one order: each run's own order is kept."""
    out: list[Column] = []
    for table in tables:
        at = 0
        for column in table.columns:
            if column in out:
                at = out.index(column) + 1
            else:
                out.insert(at, column)
                at += 1
    return out


def _factor(key: str, found: Sequence[tuple[RunView, Table]]) -> ShownFactor:
    title, words = found[0][1].caption, found[0][1].note
    bins = _merged_bins(table for _, table in found)
    lines = {
        (run.style, t.key): table.line(key, t.column)
        for run, table in found
        for t in BY_KEY.values()
    }
    templates = [t for t in BY_KEY.values() if any(lines[run.style, t.key] for run, _ in found)]
    drawn = {t.key for t in templates if t.key in MAIN_KEYS} or {t.key for t in templates}
    panels, tables = [], []

    def rates(run: RunView, template: Template) -> tuple[Estimate, ...]:
        line = lines[run.style, template.key]
        return tuple(rate_of(line.get(column.key)) for column in bins)

    for template in templates:
        series = [Series(run.label, rates(run, template), run.style) for run, _ in found]
        used = [k for k in range(len(bins)) if any(s.rates[k].value is not None for s in series)]
        if len(used) < 2 or template.key not in drawn:
            continue  # nothing to compare, or a bridge: the numbers stand in the table
        shown = [Series(s.label, tuple(s.rates[k] for k in used), s.style) for s in series]
        shown += [
            Series(BEST, (rate_of(row.cells[0]),) * len(used), chance=True)
            for row in chance_rows(
                [run for run, _ in found], "templates", [Column(template.column)]
            )
        ]
        chart = charts.panel(
            f"f-{key}-{template.key}",
            f"{template.column}: PASS by {title.lower()}, in percent",
            [bins[k].head for k in used],
            shown,
            joined=key not in _UNORDERED,
        )
        panels.append(Panel(template.column, chart))
    for run, _ in found:
        rows = tuple(Row(t.column, rates(run, t)) for t in templates)
        caption = f"{run.label}: PASS by {title.lower()}, percent, all items"
        tables.append(
            Table(
                f"t-{key}-{run.style}",
                caption + (f"; {run.partial_note}." if run.partial else "."),
                tuple(bins),
                rows,
                row_head="Template",
            )
        )
    meaning = f"{words[:1].upper()}{words[1:].rstrip('.')}.".replace(" x ", " × ")
    return ShownFactor(key, title, meaning, tuple(panels), tuple(tables))
