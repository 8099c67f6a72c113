"""Differences of two runs of visualact on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Tree = Mapping[str, Any]
_FAMILIES = {
    "overall": "mean of the classes, on clips that both runs have the figure for",
    "classes": "F1 by class",
    "found": "called-for actions that were found, all clips alike",
    "over_acting": "clips that call for nothing",
}


def print_comparison(found: Tree) -> None:
    """Print the differences of two runs, a table for each family of tests."""
    console = Console()
    first, second = (escape(name) for name in found["names"])
    left_out = f", {found['n_left_out']} in one of them only" if found["n_left_out"] else ""
    console.print(
        f"\n[bold]A[/]  {first}\n[bold]B[/]  {second}\n{found['n_clips']} clips, paired{left_out}",
        highlight=False,
    )
    for key, title in _FAMILIES.items():
        table = Table(title=title, title_justify="left")
        table.add_column("")
        for name in ("n", "A", "B", "A - B", "p"):
            table.add_column(name, justify="right", no_wrap=True)
        for row in found["families"][key]:
            if row["n"]:
                cells = [f"{100 * row[name]['value']:.1f}" for name in ("first", "second")]
                table.add_row(row["name"], str(row["n"]), *cells, *_tested(row))
        if table.row_count:
            console.print(table)
    console.print(
        f"Percent and points; 95 % intervals of a paired bootstrap over clips, "
        f"{found['resamples']:,} resamples, seed {found['seed']}. p: after Holm within each table. "
        "n: clips, or actions.",
        highlight=False,
    )


def _tested(row: Tree) -> tuple[str, str]:
    """Difference with its interval, and the adjusted p-value."""
    found, p = row["difference"], row["p_adjusted"]
    words = f"{100 * found['value']:+.1f}"
    if found["low"] is not None:
        words += f"  ({100 * found['low']:+.1f} to {100 * found['high']:+.1f})"
    return words, "" if p is None else "< .001" if p < 0.001 else f"{p:.3f}"
