"""``handeye visualact diagnose``: what is wrong with the answers of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from handeye.scores.tables import Table
    from handeye.visualact.diagnosis.diagnose import Findings


def diagnose(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN [RUN ...]", help="Run folders.")],
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    json: Annotated[
        bool, typer.Option("--json", help="Print diagnosis.json (a list for several runs).")
    ] = False,
) -> None:
    """Say of every clip what is wrong with the answer to it, and how often each reason occurs.

    Leaves diagnosis.json and reasons.parquet in the run folder.
    """
    from handeye.errors import RunError
    from handeye.scores.run_folder import expand
    from handeye.visualact.diagnosis.diagnose import diagnose as diagnosed, write_diagnosis

    texts = []
    for folder in expand(runs):
        found = diagnosed(folder, seed=seed)
        try:
            written = write_diagnosis(found, folder)
        except OSError as error:
            raise RunError(f"{folder}: cannot be written: {error.strerror}") from None
        if json:
            texts.append(found.to_json().decode().strip())
        else:
            _print(found.findings)
            typer.echo(f"written to {written[0]} and {written[1].name}")
    if json:
        typer.echo(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")


def _print(found: Findings) -> None:
    from rich.console import Console
    from rich.markup import escape

    from handeye.scores.looks import sentences
    from handeye.terminal.tables import print_table, say

    console = Console()
    console.print(f"\n[bold]{escape(found.model or 'unnamed model')}[/]", highlight=False)
    if found.note:
        say(console, found.note, "yellow")
    for said in sentences(found.looks):
        say(console, said, "yellow")
    if not found.all.n_faulty:
        say(console, f"nothing is wrong with the answers to {found.all.n_clips} clips")
        return
    print_table(console, reason_table(found), caption=found.interval.words)


def reason_table(found: Findings) -> Table:
    """The reasons over all clips, and how many clips show each as a sign."""
    from handeye.scores.tables import Column, Row, Table

    group = found.all
    shown = {one.key: one.count for one in group.tags}
    rows = tuple(
        Row(one.label, (one.count, one.share, one.rate, shown[one.key])) for one in group.reasons
    )
    return Table(
        "reasons",
        f"What is wrong with the answers to {group.n_faulty} of {group.n_clips} clips",
        (
            Column("clips", "clips with this reason, the first of their signs"),
            Column("% of the faulty"),
            Column("% of all"),
            Column("shown in", "clips that show it, as the reason or beside another one"),
        ),
        rows,
        row_head="reason",
    )
