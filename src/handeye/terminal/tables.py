"""Terminal tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from handeye.sets.statistics import Description


def print_descriptions(found: Sequence[Description], *, by_subset: bool) -> None:
    """Print one description, or two side by side."""
    from handeye.sets.statistics import ALL, compare

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
