"""``handeye report``: one self-contained HTML file from one or more runs of a suite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handeye.printing import say


def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN [RUN ...]", help="Run folders of one suite.")
    ],
    out: Annotated[Path, typer.Option(help="The HTML file to write (a folder: see --all-items).")],
    title: Annotated[str | None, typer.Option(help="Heading of the report.")] = None,
    human: Annotated[
        Path | None,
        typer.Option(
            help="A row for people, from `handeye study agreement`, where a suite has one."
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
    workers: Annotated[int, typer.Option(help="Processes; no influence on the result.")] = 2,
) -> None:
    """Write a report: what was found, charts and tables beside published models, a gallery."""
    from handeye.progress import counting
    from handeye.report import write_report

    with counting("report") as progress:
        page = write_report(
            runs,
            out,
            title=title,
            human=human,
            workers=workers,
            all_items=all_items,
            progress=progress,
        )
    say(f"{page}")
