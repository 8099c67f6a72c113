"""``handeye rose diagnose``: where between eye and hand a run fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

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
    from handeye.terminal.progress import counting

    with counting("runs") as progress:
        found = diagnose_runs(runs, seed=seed, workers=workers, progress=progress)
    for folder, diagnosis in zip(runs, found, strict=True):
        try:
            written = write_diagnosis(diagnosis, folder)
        except OSError as error:
            raise RunError(f"{folder}: cannot be written: {error.strerror}") from None
        if not json:
            _print(diagnosis.data)
            typer.echo(f"written to {written[0]} and {written[1].name}")
    if json:
        texts = [diagnosis.to_json().decode().strip() for diagnosis in found]
        typer.echo(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")


def _print(data: Mapping[str, Any]) -> None:
    from rich.console import Console

    from handeye.rose.diagnosis.verdict import verdict

    console = Console()
    console.print(f"\n[bold]{data['model'] or 'unnamed model'}[/]", highlight=False)
    if data["partial"]:
        console.print(f"[yellow]{data['note']}[/]")
    console.print(verdict(data), highlight=False)
    for chain in data["decomposition"].values():
        if chain is not None:
            console.print(_chain(chain))
    console.print(_reasons(data["attribution"]["action"]))


def _chain(chain: Mapping[str, Any]) -> Any:
    from rich.table import Table

    from handeye.scores.estimate import percent_with_interval

    table = Table(title=chain["title"], title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("points lost", justify="right")
    table.add_column("level", justify="right")
    table.add_row(chain["start"]["label"], "", percent_with_interval(chain["start"]))
    for step in chain["steps"]:
        table.add_row(
            f"  {step['label']}",
            percent_with_interval(step["loss"]),
            percent_with_interval(step["level"]),
        )
    table.add_row(chain["end"]["label"], "", percent_with_interval(chain["end"]))
    table.add_row("the whole gap", percent_with_interval(chain["whole"]), "")
    return table


def _reasons(group: Mapping[str, Any]) -> Any:
    from rich.table import Table

    from handeye.scores.estimate import percent_with_interval

    heading = f"Why {group['n_failed']} of {group['n_items']} action items failed"
    table = Table(title=heading, title_justify="left", title_style="bold")
    for name in ("reason", "items", "% of the failed", "% of all"):
        first = name == "reason"
        table.add_column(name, justify="left" if first else "right", no_wrap=first)
    for row in group["reasons"]:
        table.add_row(
            row["label"],
            str(row["count"]),
            percent_with_interval(row["share"]),
            percent_with_interval(row["rate"]),
        )
    return table
