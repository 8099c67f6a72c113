"""``handeye suites``: which suite can do what."""

from __future__ import annotations


def suites() -> None:
    """Print the suites and what each of them can do."""
    from rich.table import Table

    from handeye.suite import ABILITIES
    from handeye.suites import all_suites
    from handeye.terminal.console import Console

    known = all_suites()
    table = Table(title_justify="left")
    table.add_column("")
    for suite in known:
        table.add_column(suite.name, justify="center")
    for ability in ABILITIES:
        table.add_row(ability, *("yes" if suite.abilities()[ability] else "-" for suite in known))
    console = Console()
    console.print(table)
    for suite in known:
        console.print(f"{suite.name}: {suite.about}")
