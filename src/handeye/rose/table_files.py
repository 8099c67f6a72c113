"""The tables of a summary as files: CSV for people and programs, LaTeX rows for papers.

Every CSV row carries how its interval was made and, on a partial run, how partial it is, because
files get separated from their run. LaTeX rows follow the columns of the paper's tables.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from handeye.rose.questions import BY_KEY, MAIN_KEYS

# Columns of the paper's template table after the five templates.
_AFTER = ("Avg.", "C-F1", "R-OK", "VALID")
_TEX_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
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
    return {name: _csv(summary, head, tree) for name, (head, tree) in tables.items()}


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


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """``(path, value, low, high, n)`` of every estimate or count in nested dicts."""
    if not isinstance(tree, Mapping):
        if isinstance(tree, int | float):
            yield path, tree, None, None, None
    elif set(tree) == {"value", "low", "high", "n"}:
        yield path, tree["value"], tree["low"], tree["high"], tree["n"]
    else:
        for name, part in tree.items():
            yield from _leaves(part, (*path, name))


def _csv(summary: Summary, head: tuple[str, ...], tree: Any) -> str:
    """Rows of all leaves; a path shorter than ``head`` leaves its middle columns empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*head, "value", "low", "high", "n", "interval", "note"])
    words = summary["interval"]["words"]
    for path, value, low, high, n in _leaves(tree):
        gap = [""] * (len(head) - len(path))
        made = "" if low is None else words
        writer.writerow([*path[:-1], *gap, path[-1], value, low, high, n, made, _note(summary)])
    return out.getvalue()


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
    label = _escape(summary["model"] or "model")
    if summary["partial"]:
        label += f" (partial, {summary['n_items']} of {summary['n_expected']} items)"
    head = [
        "% columns: Model & " + " & ".join(cells),
        "% percent, over all items (no usable answer counts as failed); second row: intervals",
        f"% {summary['interval']['words']}" + (f"; {_note(summary)}" if _note(summary) else ""),
    ]
    values = [_percent(cell["value"]) for cell in cells.values()]
    bounds = [
        "" if cell["low"] is None else f"[{_percent(cell['low'])}, {_percent(cell['high'])}]"
        for cell in cells.values()
    ]
    rows = [" & ".join([label, *values]) + r" \\"]
    if any(bounds):
        rows.append(" & ".join(["", *bounds]) + r" \\")
    return "\n".join([*head, *rows, ""])


def _percent(value: float | None) -> str:
    return "--" if value is None else f"{value * 100:.1f}"


def _escape(text: str) -> str:
    return "".join(_TEX_SPECIAL.get(char, char) for char in text)


def _note(summary: Summary) -> str:
    return str(summary["note"])
