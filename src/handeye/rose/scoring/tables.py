"""The tables of a summary as files: CSV for people and programs, LaTeX rows for papers.

Every CSV row carries how its interval was made and, on a partial run, how partial it is, because
files get separated from their run. LaTeX rows follow the columns of the paper's tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handeye.rose.questions import BY_KEY, MAIN_KEYS
from handeye.scores.csv_and_tex import csv_text, tex_rows

# Columns of the paper's template table after the five templates.
_AFTER = ("Avg.", "C-F1", "R-OK", "VALID")
Summary = Mapping[str, Any]


def csv_tables(summary: Summary) -> dict[str, str]:
    """File name to CSV text: value, low, high (fractions of 1) and n per row."""
    breakdowns = {name: table["by_template"] for name, table in summary["breakdowns"].items()}
    bases = summary["bases"]
    tables: dict[str, tuple[tuple[str, ...], Any]] = {
        "by_template.csv": (("items", "column"), _pick(bases, "columns")),
        "by_subset.csv": (("items", "subset", "figure"), _pick(bases, "subsets")),
        "by_subset_and_template.csv": (("items", "subset", "column"), _pick(bases, "matrix")),
        "headline.csv": (("items", "figure"), _pick(bases, "headline")),
        "by_region_type.csv": (("region_type", "figure"), summary["rates"]["by_region_type"]),
        "rates.csv": (("table", "group", "figure"), summary["rates"]),
        "bridges.csv": (("bridge", "case", "subset", "figure"), _bridges(summary)),
        "drops.csv": (("figure",), summary["drops"]),
        "consistency.csv": (("subset", "figure"), _flat(summary["consistency"] or {})),
        "breakdowns.csv": (("factor", "column", "bin"), breakdowns),
    }
    # A leaf's last name is its figure or bin; what stands before it may be missing.
    words = summary["interval"]["words"]
    return {
        name: csv_text(head, tree, interval=words, note=_note(summary), gap="before last")
        for name, (head, tree) in tables.items()
    }


def _pick(bases: Summary, table: str) -> dict[str, Any]:
    """One table on every basis."""
    return {basis: tables[table] for basis, tables in bases.items()}


def _flat(table: Summary) -> dict[str, Any]:
    """Rows of the subsets, then of their mean and of all items pooled."""
    names = {"macro_equal_subset": "Avg.", "micro_pooled": "pooled"}
    averages = {word: table[name] for name, word in names.items() if name in table}
    return {**table.get("by_subset", {}), **averages}


def _bridges(summary: Summary) -> dict[str, Any]:
    """Bridge, region case ("any" for all items), subset: the figures."""
    out: dict[str, Any] = {}
    for bridge, table in summary["bridges"].items():
        if table:
            out[bridge] = {"any": _flat(table)}
            for name, prefix in (("by_region_case", ""), ("by_actual_case", "actual ")):
                for case, rows in table.get(name, {}).items():
                    out[bridge][prefix + case] = _flat(rows)
    return out


def tex_tables(summary: Summary) -> dict[str, str]:
    """File name to LaTeX rows: percent with one decimal, a comment with columns and method."""
    bases = summary["bases"]["all"]
    columns = bases["columns"]
    names = [*(BY_KEY[key].column for key in MAIN_KEYS), *_AFTER]
    subsets = bases["subsets"]
    subset_cells = {name: row["PASS"] for name, row in subsets.items()}
    subset_cells |= {kind: subsets["Avg."][kind] for kind in ("SOFT", "VALID")}
    tables = {
        "by_template.tex": {name: columns[name] for name in names},
        "by_subset.tex": subset_cells,
        "headline.tex": {name.title(): cell for name, cell in bases["headline"].items()},
        "bridges.tex": _bridge_cells(summary),
        "consistency.tex": (summary["consistency"] or {}).get("macro_equal_subset", {}),
    }
    rates = summary["rates"]["by_region_type"]
    tables["by_region_type.tex"] = {kind: row["pass_rate"] for kind, row in rates.items()}
    return {name: _tex(summary, cells) for name, cells in tables.items() if cells}


def _bridge_cells(summary: Summary) -> dict[str, Any]:
    """The bridge columns of the paper; a bridge that was not asked is left out."""
    cells: dict[str, Any] = {}
    bridges = summary["bridges"]
    if bridges["global"]:
        macro = bridges["global"]["macro_equal_subset"]
        cells["G-Clk"] = macro["gclk_pass_rate"]
        cells["G-Clk†"] = macro["gclk_pass_given_gcnt_correct"]
        cells["Card"] = macro["cardinality_exact_rate"]
        cells["Loc|Card"] = macro["location_exact_given_cardinality"]
    if bridges["matched"]:
        macro = bridges["matched"]["macro_equal_subset"]
        cells["mL-Cnt"] = macro["mlcnt_pass_rate"]
        cells["L-Clk†"] = macro["lclk_pass_given_mlcnt_correct"]
        cells["Fail†"] = macro["transfer_failure_given_mlcnt_correct"]
    return cells


def _tex(summary: Summary, cells: Mapping[str, Any]) -> str:
    label = summary["model"] or "model"
    if summary["partial"]:
        label += f" (partial, {summary['n_items']} of {summary['n_expected']} items)"
    comments = [
        "percent, over all items (no usable answer counts as failed); second row: intervals",
        summary["interval"]["words"] + (f"; {_note(summary)}" if _note(summary) else ""),
    ]
    return tex_rows(label, cells, comments)


def _note(summary: Summary) -> str:
    return str(summary["note"])
