"""``handeye report``: one self-contained HTML file from one or more runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN [RUN ...]", help="Run folders.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")],
    title: Annotated[str | None, typer.Option(help="Heading of the report.")] = None,
) -> None:
    """Write a report: headline, tables beside the published models, plots, gallery of failures."""
    from handeye.report import write_report

    typer.echo(f"{write_report(runs, out, title=title)}")
