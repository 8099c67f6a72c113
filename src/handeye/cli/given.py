"""Commands that every suite gets from the frame, as far as it has none of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from handeye.printing import one_line
from handeye.suite import Suite
from handeye.terminal.sets import AsJson, Workers, print_statistics, print_verified


def commands_of(suite: Suite) -> typer.Typer:
    """The app of a suite, ``describe``, ``verify`` and ``scenes`` added where it lacks them."""
    app: typer.Typer = suite.commands.get()
    known = {one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands}
    for make in (_describe, _verify, _scenes):
        name = make.__name__.removeprefix("_")
        if name not in known:
            app.command(name)(make(suite))
    return app


def _describe(suite: Suite) -> Callable[..., None]:
    def describe(
        data: Annotated[list[str], typer.Argument(metavar="SET [SET2]", help="Set folders.")],
        json: AsJson = False,
    ) -> None:
        """Print the statistics of a set, or of two side by side with tests of their difference."""
        print_statistics(data, suite.describe, by_group=True, json=json)

    return describe


def _verify(suite: Suite) -> Callable[..., None]:
    def verify(
        directory: Annotated[str, typer.Argument(metavar="DIR", help="Folder of the set.")],
        workers: Workers = None,
    ) -> None:
        """Check a set: rows, media, gold, and that it can be solved."""
        from handeye.progress import counting

        with counting(suite.scene) as progress:
            result = suite.verify(directory, workers=workers, progress=progress)
        print_verified(result, "nothing wrong")

    return verify


def _scenes(suite: Suite) -> Callable[..., None]:
    unit = suite.scene

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

        from handeye.errors import OptionError
        from handeye.scores.planning import scenes_needed
        from handeye.scores.run_folder import expand
        from handeye.scores.so_far import readable
        from handeye.terminal.console import Console

        folders = expand([folder for folder in (run, other) if folder is not None])
        if len(folders) > 2:
            names = ", ".join(map(str, folders))
            raise OptionError(f"name one run, or two for their difference, of these: {names}")
        runs = [suite.open_run(folder) for folder in readable(folders, suite.score_so_far)]
        found = scenes_needed(suite, points / 100, runs, power=power)
        wanted = (
            f"{unit.capitalize()} for 95 % intervals of ±{points:g} points"
            if len(runs) == 1
            else f"{unit.capitalize()} to see a difference of {points:g} points with a power of "
            f"{power:g}"
        )
        table = Table(title=wanted, title_justify="left", title_style="bold")
        for name in ("figure", f"{unit} needed", f"{unit} it rests on", "design effect"):
            table.add_column(name, justify="left" if name == "figure" else "right")
        for row in found:
            effect = row.pilot.design_effect if row.pilot else None
            table.add_row(
                one_line(row.label),
                "-" if row.scenes is None else f"{row.scenes:,}",
                f"{row.pilot.n_scenes:,}" if row.pilot else "-",
                "-" if effect is None else f"{effect:.2f}",
            )
        console = Console()
        for one in runs:
            if "so_far" in one.info:
                console.print(one.summary["note"], style="yellow")
        console.print(table)
        if any(row.scenes is None and row.pilot for row in found):
            console.print(f"-: the {unit} are all alike in this figure and show no spread.")

    scenes.__doc__ = f"""Say how many {unit} are needed to see so many points.

    With one run: for 95 % intervals of plus and minus so many points. With two: for a difference
    of so many points between two models like these.
    """
    return scenes
