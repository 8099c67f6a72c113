"""The tables of the summaries beside each other, with published results and people below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handeye.rose.pages.view import QuotedModel, RunView
from handeye.rose.questions import SUBSETS
from handeye.rose.scoring.published import HEAD
from handeye.rose.scoring.tables import SUBSET_AVERAGES, TEMPLATE_COLUMNS
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Column, Row, Table, run_rows

# For the terminal; a page's table has no room for them, or other words.
_LEFT_OUT = frozenset({"same number", "G-Cnt to G-Clk", "mL-Cnt to L-Clk", "mL-Cnt→L-Clk"})
# In every published row; alone they say nothing about pairs.
_SHARED = frozenset({"G-Cnt", "V-Clk", "L-Clk"})


def template_table(runs: Sequence[RunView], quoted: Sequence[QuotedModel]) -> Table:
    """PASS by template with C-F1, R-OK and VALID; people and the published models below."""
    rows = run_rows(runs, "templates", TEMPLATE_COLUMNS)
    rows += chance_rows(runs, "templates", TEMPLATE_COLUMNS)
    return replace(
        runs[0].tables["templates"],
        key="t-templates",
        columns=TEMPLATE_COLUMNS,
        published_head=HEAD,
        rows=(*rows, *(_quoted(model, TEMPLATE_COLUMNS) for model in quoted)),
    )


def _quoted(model: QuotedModel, columns: Sequence[Column]) -> Row:
    cells = tuple(model.columns.get(column.head, NOTHING) for column in columns)
    return Row(model.label, cells, published=not model.human, human=model.human, note=model.note)


def _subsets(runs: Sequence[RunView]) -> list[str]:
    present = {name for run in runs for name in run.summary.bases["all"].matrix}
    return [name for name in SUBSETS if name in present] + sorted(present - set(SUBSETS))


def subset_table(runs: Sequence[RunView], published: Sequence[QuotedModel]) -> Table:
    """PASS by subset with SOFT and VALID averages; the published averages below."""
    # Averages first: they are what the published rows have, and what a phone shows.
    columns = (
        *SUBSET_AVERAGES,
        *(
            Column(name.removeprefix("ROSE-"), f"PASS on {name}", name=name)
            for name in _subsets(runs)
            if any(name in run.summary.bases["all"].subsets for run in runs)
        ),
    )
    names = ("Avg.", "VALID")
    quoted = [
        replace(
            _quoted(m, columns),
            cells=tuple(m.columns.get(c.head, NOTHING) if c.head in names else "" for c in columns),
        )
        for m in published
    ]
    return replace(
        runs[0].tables["subsets"],
        key="t-subsets",
        columns=columns,
        published_head=HEAD,
        rows=(
            *run_rows(runs, "subsets", columns),
            *chance_rows(runs, "subsets", columns),
            *quoted,
        ),
        note="Of the published results only the averages are quoted here, not those by subset.",
    )


def matrix(run: RunView) -> Table:
    """PASS of every template on every subset, for one run."""
    table = run.tables["matrix"]
    lines = {name: table.line("all", name) for name in _subsets([run])}
    columns = tuple(c for c in table.columns if any(c.key in line for line in lines.values()))
    rows = tuple(
        Row(name.removeprefix("ROSE-"), tuple(line.get(c.key, NOTHING) for c in columns))
        for name, line in lines.items()
    )
    partial = f"; {run.partial_note}" if run.partial else ""
    return replace(
        table,
        key=f"t-matrix-{run.style}",
        caption=f"{run.label}: PASS by subset and template in percent over all items{partial}.",
        columns=columns,
        rows=rows,
    )


# ---- answers about the same scene


def pair_tables(runs: Sequence[RunView], published: Sequence[QuotedModel]) -> list[Table]:
    """Consistency and bridges of the runs that have them, published rows below."""
    out = []
    for key in ("consistency", "global", "matched"):
        held = [run for run in runs if key in run.tables]
        rows = [row for run in held for row in _pair_rows(run, run.tables[key])]
        if not rows:
            continue
        said = held[0].tables[key]
        columns = tuple(column for column in said.columns if column.head not in _LEFT_OUT)
        own = {column.head for column in columns} - _SHARED
        quoted = [_quoted(model, columns) for model in published if own & model.columns.keys()]
        whole = (*rows, *quoted)
        out.append(replace(said, key=f"t-{key}", columns=columns, rows=whole, published_head=HEAD))
    return out


def _pair_rows(run: RunView, said: Table) -> list[Row]:
    rows: list[Row] = []
    for row in said.rows:
        cells = tuple(
            rate_of(cell)
            for column, cell in zip(said.columns, row.cells, strict=True)
            if column.head not in _LEFT_OUT
        )
        if row.path[0] in ("macro", "actual") and any(cell.value is not None for cell in cells):
            rows.append(
                Row(
                    run.label,
                    cells,
                    run.style,
                    basis=row.label,
                    note=run.partial_note,
                    continued=bool(rows),
                )
            )
    return rows


def paired(run: RunView, key: str) -> dict[str, Estimate]:
    """Macro figures of a pair table by the paper's columns; nothing where the run has none."""
    if key not in run.tables:
        return {}
    table = run.tables[key]
    pairs = zip(table.columns, table.rows[0].cells, strict=True)
    return {column.head: rate_of(cell) for column, cell in pairs}
