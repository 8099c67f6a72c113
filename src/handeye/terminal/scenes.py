"""How many scenes a question needs: the command ``handeye SUITE scenes``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer


def scenes_command(
    open_run: Callable[..., Any], quantities: Callable[..., Any], unit: str
) -> Callable[..., None]:
    """The command of a suite.

    Args:
        open_run: of the suite.
        quantities: of the suite.
        unit: what is drawn: ``scenes``, ``clips``.
    """

    def scenes(
        run: Annotated[Path, typer.Argument(metavar="RUN", help="A run to learn the spread from.")],
        other: Annotated[
            Path | None,
            typer.Argument(metavar="[RUN_B]", help="Another over the same set: for differences."),
        ] = None,
        points: Annotated[
            float, typer.Option(help="Percentage points that must be seen: 3 for 3 points.")
        ] = 3.0,
        power: Annotated[
            float, typer.Option(help="Chance to see a difference of that size.")
        ] = 0.8,
    ) -> None:
        from rich.table import Table

        from handeye.scores.planning import scenes_needed
        from handeye.terminal.console import Console

        runs = [open_run(folder) for folder in (run, other) if folder is not None]
        found = scenes_needed(quantities, points / 100, runs, power=power)
        wanted = (
            f"{unit.capitalize()} for 95 % intervals of ±{points:g} points"
            if other is None
            else f"{unit.capitalize()} to see a difference of {points:g} points with a power of "
            f"{power:g}"
        )
        table = Table(title=wanted, title_justify="left", title_style="bold")
        for name in ("figure", f"{unit} needed", f"{unit} in this run", "design effect"):
            table.add_column(name, justify="left" if name == "figure" else "right")
        for row in found:
            effect = row.pilot.design_effect if row.pilot else None
            table.add_row(
                row.label,
                "-" if row.scenes is None else f"{row.scenes:,}",
                f"{row.pilot.n_scenes:,}" if row.pilot else "-",
                "-" if effect is None else f"{effect:.2f}",
            )
        Console().print(table)

    scenes.__doc__ = f"""Say how many {unit} are needed to see so many points.

    With one run: for 95 % intervals of plus and minus so many points. With two: for a difference
    of so many points between two models like these.
    """
    return scenes
