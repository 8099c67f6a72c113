"""The tables by template and by subset, next to the published results."""

from __future__ import annotations

from collections.abc import Sequence

from handeye.rose.pages.view import Basis, QuotedModel, RunView
from handeye.rose.questions import BY_KEY, MAIN_KEYS, SUBSETS, TEMPLATES
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.tables import Column, Row, Table, run_rows

_TEMPLATE_COLUMNS = (
    *(Column(BY_KEY[key].column, TEMPLATES[BY_KEY[key].id].id) for key in MAIN_KEYS),
    Column("Avg.", "mean of the five templates"),
    Column("C-F1", "F1 of the clicked cells, 0 unless the answer is clean; click templates"),
    Column("R-OK", "share of click answers without a click outside the region"),
    Column("VALID", "share of answers in the grammar"),
)


def template_table(runs: Sequence[RunView], quoted_models: Sequence[QuotedModel]) -> Table:
    """PASS by template with C-F1, R-OK and VALID; people and the published models below."""
    names = [column.head for column in _TEMPLATE_COLUMNS]
    rows = run_rows(runs, lambda run, b: tuple(b.columns.get(n, NOTHING) for n in names))
    quoted = [
        Row(
            m.label,
            tuple(m.columns.get(n, NOTHING) for n in names),
            published=not m.human,
            human=m.human,
        )
        for m in quoted_models
    ]
    return Table(
        key="t-templates",
        caption="PASS by template in percent, macro over subsets, with 95 % intervals.",
        columns=_TEMPLATE_COLUMNS,
        rows=(*rows, *quoted),
    )


def _subset_names(runs: Sequence[RunView]) -> list[str]:
    present = {name for run in runs for name in run.official.subsets}
    known = [name for name in SUBSETS if name in present]
    return known + sorted(present - set(SUBSETS) - {"Avg."})


def subset_table(runs: Sequence[RunView], published: Sequence[QuotedModel]) -> Table:
    """PASS by subset with SOFT and VALID averages; the published averages below."""
    names = _subset_names(runs)
    # Averages first: they are what the published rows have, and what a phone shows.
    columns = [
        Column("Avg.", "mean PASS over subsets"),
        Column("SOFT", "partial credit, mean over subsets"),
        Column("VALID", "share of answers in the grammar, mean over subsets"),
        *(Column(name.removeprefix("ROSE-"), f"PASS on {name}") for name in names),
    ]

    def cells(run: RunView, basis: Basis) -> tuple[Estimate, ...]:
        of = basis.subsets
        average = of.get("Avg.", {})
        return (
            *(average.get(name, NOTHING) for name in ("PASS", "SOFT", "VALID")),
            *(of.get(name, {}).get("PASS", NOTHING) for name in names),
        )

    quoted = [
        Row(
            m.label,
            (
                m.columns.get("Avg.", NOTHING),
                "",
                m.columns.get("VALID", NOTHING),
                *[""] * len(names),
            ),
            published=True,
        )
        for m in published
    ]
    return Table(
        key="t-subsets",
        caption="PASS by subset in percent over the five templates, with 95 % intervals.",
        columns=tuple(columns),
        rows=(*run_rows(runs, cells), *quoted),
        note="Of the published results only the averages are quoted here, not those by subset.",
    )


def matrix(run: RunView) -> Table:
    """PASS of every template on every subset, for one run."""
    names = [name for name in _subset_names([run]) if name in run.official.matrix]
    columns = tuple(Column(t.column, t.id) for t in TEMPLATES.values() if _has(run, t.column))
    rows = tuple(
        Row(
            name.removeprefix("ROSE-"),
            tuple(run.official.matrix[name].get(column.head, NOTHING) for column in columns),
        )
        for name in names
    )
    partial = f"; {run.partial_note}" if run.partial else ""
    return Table(
        key=f"t-matrix-{run.style}",
        caption=f"{run.label}: PASS by subset and template in percent over all items{partial}.",
        columns=columns,
        rows=rows,
        row_head="Subset",
        shaded=True,
    )


def _has(run: RunView, column: str) -> bool:
    return any(column in row for row in run.official.matrix.values())
