"""``handeye report``: one self-contained HTML file from one or more runs of a suite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.printing import say, tell
from handeye.progress import hushed
from handeye.terminal.options import Runs, Workers, say_next


def report(
    runs: Runs,
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The HTML page to write (a folder: see --all-items)."),
    ],
    title: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Heading of the report.")
    ] = None,
    human: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A row for people, from 'handeye study agreement', where a suite has one.",
        ),
    ] = None,
    all_items: Annotated[
        bool,
        typer.Option(
            "--all-items",
            help="Show every item, not a choice; --out is then a folder, to be opened at its "
            "index.html, from a disk or a server.",
        ),
    ] = False,
    states: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Captured states of a run's model, probed: a section of the page says what they "
            "hold; may be given several times.",
        ),
    ] = None,
    workers: Workers = None,
) -> None:
    """Write a report: what was found, charts and tables beside published models, a gallery.

    Example: handeye report RUN_A RUN_B --out report.html
    """
    from handeye.progress import counting
    from handeye.report import write_report
    from handeye.sets.processes import worker_count

    worker_count(workers)  # refuses what no number can be before runs are read
    with counting("report") as progress:
        page = write_report(
            runs,
            out,
            title=title,
            human=human,
            workers=workers,
            all_items=all_items,
            states=states or (),
            progress=progress,
        )
    say(f"{page}")


def next_step(given: Mapping[str, Any]) -> None:
    """Say how several runs are compared; a page alone is opened."""
    if len({run.resolve() for run in given["runs"]}) > 1:
        say_next("compare", *given["runs"], "--out", "compare.html")
    elif not hushed():
        tell(f"next: open {given['out']} in a browser")
