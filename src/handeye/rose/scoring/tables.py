"""Every table of a summary, said once: pages and terminals draw them, CSV files hold them whole.

LaTeX rows follow the columns of the paper's tables, in percent over all items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from handeye.printing import noun
from handeye.rose.questions import BY_KEY, MAIN_KEYS, TEMPLATES
from handeye.rose.scoring.summary import Bridge, Consistency, Summary
from handeye.scores.estimate import NOTHING, Figure, rate_of
from handeye.scores.tables import Cell, Column, Row, Table, csv_files, table_of, tex_rows

TEMPLATE_COLUMNS = (
    *(Column(BY_KEY[key].column, TEMPLATES[BY_KEY[key].id].id) for key in MAIN_KEYS),
    Column("Avg.", "mean of the main templates that were asked"),
    Column("C-F1", "F1 of the clicked cells, 0 unless the answer is clean; click templates"),
    Column(
        "R-OK", "share of click items without a click outside the region; no answer clicks nowhere"
    ),
    Column("VALID", "share of answers in the grammar"),
)
HEADLINE_COLUMNS = (
    Column("Counting", "Counting Avg.: mean of G-Cnt and L-Cnt", name="counting"),
    Column("Action", "Action Avg.: mean of L-Clk, V-Clk and Excl-CS", name="action"),
    Column("Gap", "Counting Avg. minus Action Avg., in points", name="gap"),
)
SUBSET_AVERAGES = (
    Column("Avg.", "mean PASS over subsets"),
    Column("SOFT", "partial credit, mean over subsets"),
    Column("VALID", "share of answers in the grammar, mean over subsets"),
)
# Official names behind the columns; drops and V-Clk come from elsewhere.
_CONSISTENCY = (
    Column("G-Cnt", "PASS of T1; the columns to the right are given that it passed", name="T1"),
    Column("L-Cnt|T1"),
    Column("L-Clk|T1"),
    Column("V-Clk|T1"),
    Column("Excl-CS|T1"),
    Column("Action Ret.", "mean of the three action columns"),
)
_GLOBAL = (
    Column("G-Cnt", name="gcnt_pass_rate"),
    Column("G-Clk", "click in the whole grid", name="gclk_pass_rate"),
    Column("G-Clk†", "G-Clk given that G-Cnt passed", name="gclk_pass_given_gcnt_correct"),
    Column("Card", "clean answers with the right number of clicks", name="cardinality_exact_rate"),
    Column("Loc|Card", "PASS among those", name="location_exact_given_cardinality"),
    Column("G-Cnt to G-Clk", "drop on scenes that have both", name="gcnt_to_gclk_drop"),
    Column("V-Clk"),
    Column("G-Cnt→G-Clk", "drop in points", name="G-Cnt to G-Clk"),
    Column("G-Clk→V-Clk", "drop in points", name="G-Clk to V-Clk"),
)
_MATCHED = (
    Column("mL-Cnt", "count in exactly the region of L-Clk", name="mlcnt_pass_rate"),
    Column("L-Clk", name="lclk_pass_rate"),
    Column("L-Clk†", "L-Clk given that mL-Cnt passed", name="lclk_pass_given_mlcnt_correct"),
    Column("Fail†", "1 − L-Clk†", name="transfer_failure_given_mlcnt_correct"),
    Column("same number", name="cross_task_cardinality_consistency_rate"),
    Column("mL-Cnt to L-Clk", "drop on scenes that have both", name="mlcnt_to_lclk_drop"),
    Column("mL-Cnt→L-Clk", "drop in points", name="mL-Cnt to L-Clk"),
)
_CASES = {
    "zero": "no target in the region",
    "partial": "some of the targets in the region",
    "all": "all targets in the region",
}
_SHORT_BINS = {
    "GLOBAL": "whole",
    "ROW_RANGE": "rows",
    "COL_RANGE": "columns",
    "RECTANGLE": "rectangle",
    "VISUAL_REGION": "cue",
    "EXCLUSION": "outside",
}


def tables(summary: Summary) -> tuple[Table, ...]:
    """All tables of a run, those of the CSV files first, in their order there.

    Tables over several choices of items have the rows ``all`` and ``answered``.
    """
    bases, rates = summary.bases, summary.rates
    caption = "PASS by template in percent, macro over subsets, with 95 % intervals."
    more = (Column("SOFT", "partial credit"), TEMPLATE_COLUMNS[-1])
    columns = (*TEMPLATE_COLUMNS[:-1], *more)
    of_bases: dict[str, Any] = {
        name: {basis: getattr(found, name) for basis, found in bases.items()}
        for name in ("columns", "subsets", "matrix", "headline")
    }
    labels = {"all": "all items", "answered": "answered items"}
    wide = {
        basis: {**{name: row["PASS"] for name, row in rows.items()},
                "SOFT": rows["Avg."]["SOFT"], "VALID": rows["Avg."]["VALID"]}
        for basis, rows in of_bases["subsets"].items()
    }  # fmt: skip
    return (
        table_of("templates", ("items", "column"), of_bases["columns"], columns,
                 file="by_template.csv", labels=labels, caption=caption),
        table_of("by-subset", ("items", "subset", "figure"), of_bases["subsets"],
                 file="by_subset.csv"),
        table_of("matrix", ("items", "subset", "column"), of_bases["matrix"],
                 [Column(t.column, t.id) for t in TEMPLATES.values()],
                 file="by_subset_and_template.csv", row_head="Subset", shaded=True),
        table_of("headline", ("items", "figure"), of_bases["headline"], HEADLINE_COLUMNS,
                 file="headline.csv", labels=labels),
        table_of("region-types", ("region_type", "figure"), rates.by_region_type,
                 file="by_region_type.csv"),
        table_of("rates", ("table", "group", "figure"), rates, file="rates.csv"),
        *_bridge_files(summary.bridges),
        table_of("drops", ("figure",), summary.drops, file="drops.csv"),
        table_of("by-consistency", ("subset", "figure"), _flat(summary.consistency),
                 file="consistency.csv"),
        *_breakdowns(summary),
        table_of("subsets", ("items", "figure"), wide,
                 caption="PASS by subset in percent over the five templates, with 95 % intervals."),
        *_pairs(summary),
    )  # fmt: skip


def _flat(table: Bridge | Consistency | None) -> dict[str, Mapping[str, Figure]]:
    """Rows of the subsets, then of their mean and of all items pooled."""
    if table is None:
        return {}
    out: dict[str, Mapping[str, Figure]] = {
        **table.by_subset, "Avg.": table.macro_equal_subset
    }  # fmt: skip
    if isinstance(table, Bridge) and table.micro_pooled:
        out["pooled"] = table.micro_pooled
    return out


def _bridge_files(bridges: Mapping[str, Bridge | None]) -> list[Table]:
    """Bridge, region case ("any" for all items), subset: the figures under their official names."""
    heads = ("bridge", "case", "subset", "figure")
    out = [table_of("bridges", heads, {}, file="bridges.csv")]  # the file's head, come what may
    for name, bridge in bridges.items():
        if bridge is None:
            continue
        cases: dict[str, Any] = {"any": _flat(bridge)}
        for prefix, found in (("", bridge.by_region_case), ("actual ", bridge.by_actual_case)):
            cases |= {prefix + case: _flat(rows) for case, rows in (found or {}).items()}
        out.append(table_of(f"by-{name}", heads, {name: cases}, file="bridges.csv"))
    return out


def _breakdowns(summary: Summary) -> list[Table]:
    """PASS by template and bin of each property that items vary in."""
    return [
        table_of(
            f"breakdown-{key}",
            ("factor", "column", "bin"),
            {key: found.by_template},
            [Column(short_bin(name), name, name=name) for name in found.bins],
            file="breakdowns.csv",
            caption=found.title,
            note=found.meaning,
            row_head="Template",
        )
        for key, found in summary.breakdowns.items()
    ] or [table_of("breakdowns", ("factor", "column", "bin"), {}, file="breakdowns.csv")]


def short_bin(name: str) -> str:
    """A bin's name as it fits an axis: ``up to 80`` as ``≤ 80``, ``81-120`` with a dash."""
    if name in _SHORT_BINS:
        return _SHORT_BINS[name]
    for words, sign in (("up to ", "≤ "), ("over ", "> "), ("under ", "< ")):
        if name.startswith(words):
            return sign + name.removeprefix(words)
    if name.endswith(" and more"):
        return "≥ " + name.removesuffix(" and more")
    return name.replace("-", "–")


# ---- answers about the same scene


def _pairs(summary: Summary) -> list[Table]:
    """Consistency and the bridges in the paper's columns, as far as the run has them.

    Rows ``macro`` and ``pooled``; of the matched bridge also ``actual`` and ``labelled`` with the
    case.
    """
    out = []
    if summary.consistency is not None:
        rows = [_row("macro", "", _CONSISTENCY, summary.consistency.macro_equal_subset)]
        caption = (
            "Same-scene consistency in percent: PASS on scenes whose global count (G-Cnt) passed; "
            "macro over subsets, 95 % intervals."
        )
        out.append(Table("consistency", caption, _CONSISTENCY, tuple(rows)))
    if (bridge := summary.bridges.get("global")) is not None:
        templates = summary.rates.by_template.get(BY_KEY["T4"].id, {})
        more: list[dict[str, Figure]] = [
            {"V-Clk": summary.bases["all"].columns["V-Clk"], **summary.drops},
            {"V-Clk": templates.get("pass_rate", NOTHING)},
        ]
        caption = (
            "Global bridge in percent: from counting all targets to clicking all of them; macro "
            "over subsets, 95 % intervals."
        )
        note = (
            "† given that the counting question about the same scene and region passed. Drops are "
            "in percentage points."
        )
        rows = _both(bridge, "", _GLOBAL, more)
        out.append(Table("global", caption, _GLOBAL, tuple(rows), note=note))
    if (bridge := summary.bridges.get("matched")) is not None:
        rows = _both(bridge, "all regions", _MATCHED, [summary.drops, {}])
        for kind, found in (("actual", bridge.by_actual_case), ("labelled", bridge.by_region_case)):
            for case, part in (found or {}).items():
                label = _CASES.get(case, case) if kind == "actual" else case
                rows.append(_row(kind, label, _MATCHED, part.macro_equal_subset, case))
        caption = (
            "Matched bridge in percent: counting and clicking in exactly the same region, by how "
            "many of the targets lie in it; macro over subsets, 95 % intervals."
        )
        note = "Cases as they are, with the release's fallback labels folded into them."
        out.append(Table("matched", caption, _MATCHED, tuple(rows), note=note))
    return out


def _both(
    bridge: Bridge, label: str, columns: Sequence[Column], more: Sequence[Mapping[str, Figure]]
) -> list[Row]:
    macro = _row("macro", label, columns, {**bridge.macro_equal_subset, **more[0]})
    pooled = _row("pooled", label, columns, {**(bridge.micro_pooled or {}), **more[1]})
    return [macro, pooled]


def _row(
    kind: str, label: str, columns: Sequence[Column], figures: Mapping[str, Figure], case: str = ""
) -> Row:
    cells: tuple[Cell, ...] = tuple(figures.get(column.key) for column in columns)
    return Row(label, cells, path=(kind, case, str(figures.get("n", ""))))


def bridge_table(summary: Summary) -> Table:
    """The figures of the bridges one below the other: mean of subsets, and over all items."""
    found = {table.key: table for table in _pairs(summary)}
    rows = []
    for key, title in (("global", "Whole grid"), ("matched", "Same region")):
        if key in found:
            n = found[key].rows[0].path[-1]
            group = f"{title}, {n} {noun(int(n), 'scenes')}"
            table = replace(found[key], rows=found[key].rows[:2]).turned()
            rows += [
                replace(row, label=row.label.replace("→", " to "), group=group)
                for row in table.rows
                if row.label not in ("G-Cnt→G-Clk", "mL-Cnt→L-Clk") and row.cells[0] is not None
            ]
    fail = [column.head for column in _MATCHED].index("Fail†")
    titles = {"labelled": "Fail† by case, as labelled", "actual": "Fail† by case, as it is"}
    for kind, group in titles.items():
        for row in found["matched"].rows if "matched" in found else ():
            own, case, n = row.path
            if own == kind:
                rows.append(Row(f"{case} ({n})", (row.cells[fail], None), group=group))
    if summary.consistency is not None:
        counts = [row["n_t1_correct_scenes"] for row in summary.consistency.by_subset.values()]
        kept = sum(n for n in counts if isinstance(n, int))
        group = f"Same scene, {kept} with G-Cnt right"
        for row in found["consistency"].turned().rows[1:]:
            if rate_of(row.cells[0]).value is not None:
                label = row.label.removesuffix("|T1")
                rows.append(Row(label, (*row.cells, None), group=group))
    columns = (Column("mean of subsets"), Column("all items"))
    return Table("bridges", "", columns, tuple(rows), row_head="")


# ---- files


def table_files(summary: Summary) -> dict[str, str]:
    """File name to text, CSV and LaTeX, as a run folder's ``tables`` holds them."""
    found = tables(summary)
    csv = csv_files(found, interval=summary.interval.words, note=summary.note)
    return {**csv, **_tex_files(summary, {table.key: table for table in found})}


def _tex_files(summary: Summary, found: Mapping[str, Table]) -> dict[str, str]:
    def heads(key: str, *names: str) -> dict[str, Cell]:
        """Cells of the first row by the heads of the columns; all, or the named ones."""
        if key not in found:
            return {}
        pairs = zip(found[key].columns, found[key].rows[0].cells, strict=True)
        cells = {column.head: cell for column, cell in pairs}
        return {name: cells[name] for name in names} if names else cells

    kinds = summary.rates.by_region_type
    cells: dict[str, Mapping[str, Any]] = {
        "by_template.tex": heads("templates", *(column.head for column in TEMPLATE_COLUMNS)),
        "by_subset.tex": heads("subsets"),
        "headline.tex": heads("headline"),
        "bridges.tex": {
            **heads("global", "G-Clk", "G-Clk†", "Card", "Loc|Card"),
            **heads("matched", "mL-Cnt", "L-Clk†", "Fail†"),
        },
        "consistency.tex": found["by-consistency"].line("Avg."),
        "by_region_type.tex": {kind: row["pass_rate"] for kind, row in kinds.items()},
    }
    label = summary.named or "model"
    if summary.partial:
        kind = "so far" if summary.so_far is True else "partial"
        n = summary.n_expected
        label += f" ({kind}, {summary.n_items} of {n} {noun(n, 'items')})"
    comments = [
        "percent, over all items (no usable answer counts as failed); second row: intervals",
        summary.interval.words + (f"; {summary.note}" if summary.note else ""),
    ]
    return {name: tex_rows(label, row, comments) for name, row in cells.items() if row}
