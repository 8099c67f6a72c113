"""``handeye rose diagnose``: where between eye and hand a run fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from handeye.rose.diagnosis.findings import Chain, Findings, Group
    from handeye.scores.tables import Table

Runs = Annotated[list[Path], typer.Argument(metavar="RUN [RUN ...]", help="Run folders.")]


def diagnose(
    runs: Runs,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes; no influence on the result.")] = 2,
    json: Annotated[
        bool, typer.Option("--json", help="Print diagnosis.json (a list for several runs).")
    ] = False,
) -> None:
    """Say where between eye and hand each run fails, and why each failed item failed.

    Leaves diagnosis.json and reasons.parquet in the run folder.
    """
    from handeye.errors import RunError
    from handeye.rose.diagnosis.diagnose import diagnose_runs, write_diagnosis
    from handeye.scores.run_folder import expand
    from handeye.terminal.progress import counting

    runs = expand(runs)
    with counting("runs") as progress:
        found = diagnose_runs(runs, seed=seed, workers=workers, progress=progress)
    for folder, diagnosis in zip(runs, found, strict=True):
        try:
            written = write_diagnosis(diagnosis, folder)
        except OSError as error:
            raise RunError(f"{folder}: cannot be written: {error.strerror}") from None
        if not json:
            _print(diagnosis.findings)
            typer.echo(f"written to {written[0]} and {written[1].name}")
    if json:
        texts = [diagnosis.to_json().decode().strip() for diagnosis in found]
        typer.echo(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")


def _print(found: Findings) -> None:
    from rich.console import Console
    from rich.markup import escape

    from handeye.rose.diagnosis.verdict import verdict
    from handeye.terminal.tables import print_table, say

    console = Console()
    console.print(f"\n[bold]{escape(found.model or 'unnamed model')}[/]", highlight=False)
    if found.partial:
        say(console, found.note, "yellow")
    say(console, verdict(found.data))
    for chain in found.decomposition.values():
        if chain is not None:
            print_table(console, _chain(chain))
    if found.attribution.action.n_failed:
        print_table(console, _reasons(found.attribution.action))
    else:
        say(console, f"None of {found.attribution.action.n_items} action items failed.")


def _chain(chain: Chain) -> Table:
    from handeye.scores.tables import Column, Row, Table

    rows = (
        Row(chain.start.label, ("", chain.start.level)),
        *(Row(f"  {step.label}", (step.change, step.rate)) for step in chain.steps),
        Row(chain.end.label, ("", chain.end.level)),
        Row("all together", (-chain.whole, "")),
    )
    columns = (Column("change, points"), Column("level"))
    return Table(chain.key, chain.title, columns, rows, row_head="")


def _reasons(group: Group) -> Table:
    from handeye.scores.tables import Column, Row, Table

    rows = tuple(Row(row.label, (row.count, row.share, row.rate)) for row in group.reasons)
    return Table(
        "reasons",
        f"Why {group.n_failed} of {group.n_items} action items failed",
        (Column("items"), Column("% of the failed"), Column("% of all")),
        rows,
        row_head="reason",
    )
