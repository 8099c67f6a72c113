"""Terminal tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from handeye.set_statistics import Description


def print_descriptions(found: Sequence[Description], *, by_subset: bool) -> None:
    """Print one description, or two side by side."""
    from handeye.set_statistics import ALL, compare

    console = Console()
    groups = list(found[0].groups) if by_subset else [ALL]
    rows = compare(*found) if len(found) == 2 else []
    for group in groups:
        table = Table(title=group, title_justify="left", title_style="bold")
        table.add_column("statistic", no_wrap=True)
        for description in found:
            table.add_column(description.name, overflow="fold")
        if len(found) == 2:
            table.add_column("p", justify="right", no_wrap=True)
            for row in rows:
                if row.group == group:
                    p = "" if row.p is None else f"{row.p:.3f}"
                    table.add_row(row.name, row.first, row.second, p)
        else:
            for line in found[0].groups[group].values():
                table.add_row(line.name, line.text())
        console.print(table)
    if len(found) == 2:
        tested = sum(row.p is not None for row in rows)
        low = [f"{row.group}: {row.name}" for row in rows if row.p is not None and row.p < 0.05]
        console.print(
            f"Numbers are min / median / mean / max. p: chi-square (Fisher for two classes) or "
            f"Kolmogorov-Smirnov. {len(low)} of {tested} lines have p < 0.05 "
            f"({0.05 * tested:.0f} expected by chance)" + (f": {'; '.join(low)}" if low else ".")
        )


def print_run(folder: Path) -> None:
    """Print what a scored run says: states first, then the main columns with their intervals."""
    from handeye.rose.run_folder import read_run

    summary = read_run(folder).summary
    console = Console()
    states = {name: n for name, n in summary["states"].items() if n and name != "answered"}
    counted = f"{summary['n_items']} items on {summary['n_scenes']} scenes"
    console.print(f"\n[bold]{summary['model'] or 'unnamed model'}[/]: {counted}", highlight=False)
    if summary["partial"]:
        console.print(f"[yellow]{summary['note']}[/]")
    if states:
        shown = ", ".join(f"{n} {name}" for name, n in states.items())
        console.print(f"[yellow]not answered: {shown}[/]")
    table = Table(caption=f"Percent; {summary['interval']['words']}", caption_justify="left")
    table.add_column("", min_width=8)
    bases = {"all items": "all", "answered items": "answered"} if states else {"all items": "all"}
    for heading in bases:
        table.add_column(heading, justify="right")
    shown_bases = [summary["bases"][key] for key in bases.values()]
    for name in shown_bases[0]["columns"]:
        if shown_bases[0]["columns"][name]["value"] is not None:
            table.add_row(name, *(figure(basis["columns"][name]) for basis in shown_bases))
    for name in ("counting", "action", "gap"):
        if all(
            (basis["headline"] or {}).get(name, {}).get("value") is not None
            for basis in shown_bases
        ):
            table.add_row(name, *(figure(basis["headline"][name]) for basis in shown_bases))
    console.print(table)
    console.print(f"written to {folder}", highlight=False)


def figure(found: Mapping[str, Any]) -> str:
    """An estimate in percent with its interval."""
    if found["value"] is None:
        return "-"
    text = f"{100 * found['value']:.1f}"
    if found["low"] is None:
        return text
    return f"{text} ({100 * found['low']:.1f} to {100 * found['high']:.1f})"
