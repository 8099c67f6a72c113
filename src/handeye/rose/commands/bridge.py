"""``handeye rose bridge``: what clicking costs when the question stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from handeye.rose.pages.bridge_sections import Section
    from handeye.rose.scoring.join_parts import Bridged
    from handeye.rose.scoring.run_folder import Run


def bridge(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN | PREDICTIONS.jsonl...",
            help="One run folder, or prediction files of one model that together hold its answers.",
        ),
    ],
    data: Annotated[
        list[str] | None,
        typer.Option(help="Set folder or metadata file; several if the set lies in several."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Folder of the joined run.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option(help="Score what is there; leave bridge items without partner unpaired.")
    ] = False,
    split: Annotated[str | None, typer.Option(help="Only items of this split.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Compare counting with clicking where both ask the same: whole grid, same region, same scene.

    Give a run that holds bridge items, or the files in which main and bridge answers lie, with
    --data and --out.
    """
    from handeye.rose.pages.bridge_sections import read_bridges
    from handeye.rose.scoring.join_parts import bridge_files
    from handeye.rose.scoring.run_folder import read_run

    joined: Bridged | None = None
    if data or out or len(paths) > 1 or paths[0].is_file():
        folder = _needed(data, out)
        joined = bridge_files(paths, data or [], folder, allow_missing=allow_missing, split=split)
        run = read_run(folder)
    else:
        run = read_run(paths[0])
    sections = read_bridges(run)
    if json:
        _print_json(run)
    else:
        _print(run, sections, joined)


def _needed(data: Sequence[str] | None, out: Path | None) -> Path:
    from handeye.errors import OptionError

    if not data or out is None:
        raise OptionError(
            "prediction files need --data (set folders or metadata files) and --out (a run folder)"
        )
    return out


def _print_json(run: Run) -> None:
    import msgspec

    tables = {name: run.summary[name] for name in ("bridges", "consistency", "drops")}
    typer.echo(msgspec.json.format(msgspec.json.encode(tables), indent=1))


def _print(run: Run, sections: Sequence[Section], joined: Bridged | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from handeye.scores.estimate import percent_with_interval

    console = Console()
    summary = run.summary
    console.print(f"\n[bold]{summary['model'] or 'unnamed model'}[/]", highlight=False)
    if summary["partial"]:
        console.print(f"[yellow]{summary['note']}[/]")
    for column, found in (joined.unpaired if joined else {}).items():
        shown = ", ".join(found[:10]) + (" ..." if len(found) > 10 else "")
        console.print(f"[yellow]{len(found)} of {column} without partner:[/] {shown}")
    table = Table(caption=f"Percent; {summary['interval']['words']}", caption_justify="left")
    table.add_column("", overflow="fold")
    for name in ("mean of subsets", "all items"):
        table.add_column(name, justify="right", no_wrap=True)
    for section in sections:
        table.add_row(f"[bold]{section.title}[/]")
        for line in section.lines:
            pooled = percent_with_interval(line.pooled) if line.pooled else ""
            table.add_row(f"  {line.label}", percent_with_interval(line.macro), pooled)
        table.add_section()
    console.print(table)
    if joined:
        console.print(f"written to {run.path}", highlight=False)
