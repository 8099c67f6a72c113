"""``handeye rose scenes``: how many scenes a question needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def scenes(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run to learn the spread from.")],
    other: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN_B]", help="Another over the same items: ask for differences."),
    ] = None,
    points: Annotated[
        float, typer.Option(help="Percentage points that must be seen: 3 for 3 points.")
    ] = 3.0,
    power: Annotated[float, typer.Option(help="Chance to see a difference of that size.")] = 0.8,
) -> None:
    """Say how many scenes are needed to see so many points.

    With one run: for 95 % intervals of plus and minus so many points. With two: for a difference
    of so many points between two models like these.
    """
    from rich.console import Console
    from rich.table import Table

    from handeye.rose.comparing.sample_size import scenes_needed
    from handeye.rose.scoring.run_folder import read_run

    found = scenes_needed(
        points / 100, read_run(run), read_run(other) if other else None, power=power
    )
    wanted = (
        f"Scenes for 95 % intervals of ±{points:g} points"
        if other is None
        else f"Scenes to see a difference of {points:g} points with a power of {power:g}"
    )
    table = Table(title=wanted, title_justify="left", title_style="bold")
    for name in ("figure", "scenes needed", "scenes in this run", "design effect"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for row in found:
        effect = row.pilot.design_effect
        shown = "-" if effect is None else f"{effect:.2f}"
        table.add_row(row.label, f"{row.scenes:,}", f"{row.pilot.n_scenes:,}", shown)
    Console().print(table)
