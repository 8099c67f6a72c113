"""What a scored run of ROSE says in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from handeye.scores.estimate import percent_with_interval

if TYPE_CHECKING:
    pass


def print_run(folder: Path) -> None:
    """Print what a scored run says: states first, then the main columns with their intervals."""
    from handeye.rose.scoring.run_folder import read_run

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
            table.add_row(
                name, *(percent_with_interval(basis["columns"][name]) for basis in shown_bases)
            )
    for name in ("counting", "action", "gap"):
        if all(
            (basis["headline"] or {}).get(name, {}).get("value") is not None
            for basis in shown_bases
        ):
            table.add_row(
                name, *(percent_with_interval(basis["headline"][name]) for basis in shown_bases)
            )
    console.print(table)
    console.print(f"written to {folder}", highlight=False)
