"""Tables that compare answers about the same scene: consistency and the two bridges."""

from __future__ import annotations

from collections.abc import Sequence

from handeye.rose.pages.view import QuotedModel, RunView
from handeye.scores.estimate import NOTHING
from handeye.scores.tables import Column, Row, Table

_CONSISTENCY = (
    Column("G-Cnt", "PASS of T1; the columns to the right are given that it passed"),
    Column("L-Cnt|T1"),
    Column("L-Clk|T1"),
    Column("V-Clk|T1"),
    Column("Excl-CS|T1"),
    Column("Action Ret.", "mean of the three action columns"),
)
_GLOBAL = (
    Column("G-Cnt"),
    Column("G-Clk", "click in the whole grid"),
    Column("G-Clk†", "G-Clk given that G-Cnt passed"),
    Column("Card", "clean answers with the right number of clicks"),
    Column("Loc|Card", "PASS among those"),
    Column("V-Clk"),
    Column("G-Cnt→G-Clk", "drop in points"),
    Column("G-Clk→V-Clk", "drop in points"),
)
_MATCHED = (
    Column("mL-Cnt", "count in exactly the region of L-Clk"),
    Column("L-Clk"),
    Column("L-Clk†", "L-Clk given that mL-Cnt passed"),
    Column("Fail†", "1 − L-Clk†"),
)
_TABLES: tuple[tuple[str, str, tuple[Column, ...], str], ...] = (
    (
        "consistency",
        "Same-scene consistency in percent: PASS on scenes whose global count (G-Cnt) passed; "
        "macro over subsets, 95 % intervals.",
        _CONSISTENCY,
        "",
    ),
    (
        "global",
        "Global bridge in percent: from counting all targets to clicking all of them; macro over "
        "subsets, 95 % intervals.",
        _GLOBAL,
        "† given that the counting question about the same scene and region passed. Drops are in "
        "percentage points.",
    ),
    (
        "matched",
        "Matched bridge in percent: counting and clicking in exactly the same region, by how many "
        "of the targets lie in it; macro over subsets, 95 % intervals.",
        _MATCHED,
        "Cases as they are, with the release's fallback labels folded into them.",
    ),
)


def pair_tables(runs: Sequence[RunView], published: Sequence[QuotedModel]) -> list[Table]:
    """The tables for which at least one run holds something, published rows below."""
    out = []
    for key, caption, columns, note in _TABLES:
        rows = [row for run in runs for row in _rows(run, key, columns)]
        if not rows:
            continue
        names = [column.head for column in columns]
        shared = {"G-Cnt", "V-Clk", "L-Clk"}  # in every published row; alone they say nothing here
        quoted = [
            Row(m.label, tuple(m.columns.get(n, NOTHING) for n in names), published=True)
            for m in published
            if any(n in m.columns for n in names if n not in shared)
        ]
        table = Table(f"t-{key}", caption, columns, (*rows, *quoted), note=note)
        out.append(table)
    return out


def _rows(run: RunView, key: str, columns: Sequence[Column]) -> list[Row]:
    rows: list[Row] = []
    for part, rates in run.pairs.get(key, {}).items():
        cells = tuple(rates.get(column.head, NOTHING) for column in columns)
        if any(rate.value is not None for rate in cells):
            rows.append(
                Row(
                    run.label,
                    cells,
                    run.style,
                    basis=part,
                    note=run.partial_note,
                    continued=bool(rows),
                )
            )
    return rows
