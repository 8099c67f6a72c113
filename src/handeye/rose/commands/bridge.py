"""``handeye rose bridge``: what clicking costs when the question stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handeye.printing import one_line
from handeye.terminal.options import (
    AllowMissing,
    AnySplit,
    Json,
    ResultOut,
    put_json,
    say_next,
    some_runs,
    some_sets,
)

if TYPE_CHECKING:
    from handeye.rose.scoring.join_parts import Bridged
    from handeye.rose.scoring.run_folder import Run


def bridge(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN | FILE...",
            help="One run folder, or prediction files of one model that together hold its answers.",
            autocompletion=some_runs,
        ),
    ],
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET",
            help="Set folder or metadata file; several if the set lies in several.",
            autocompletion=some_sets,
        ),
    ] = None,
    out: ResultOut = None,
    allow_missing: AllowMissing = False,
    split: AnySplit = None,
    json: Json = None,
) -> None:
    """Compare counting with clicking where both ask the same: whole grid, same region, same scene.

    Give a run that holds bridge items, or the files in which main and bridge answers lie, with
    --data and --out. With --allow-missing, bridge items without a partner are left unpaired.

    Example: handeye rose bridge RUN
    """
    from handeye.errors import RunError
    from handeye.rose.scoring.file_scoring import score_so_far
    from handeye.rose.scoring.join_parts import bridge_files
    from handeye.rose.scoring.run_folder import read_run
    from handeye.scores.so_far import readable, run_of

    joined: Bridged | None = None
    if data or out or len(paths) > 1 or paths[0].is_file():
        folder = _needed(data, out)
        joined = bridge_files(paths, data or [], folder, allow_missing=allow_missing, split=split)
        run = read_run(folder)
    else:
        run = read_run(*readable(paths, score_so_far))
    if not any(run.summary.bridges.values()):
        raise RunError(
            f"{run_of(run.path, run.info)}: holds no bridge items (G-Clk, mL-Cnt); ask for them "
            "with '--templates all', or join their prediction files: "
            "'handeye rose bridge MAIN.jsonl BRIDGE.jsonl --data SET --out RUN'"
        )
    if not put_json(json, _figures(run)):
        _print(run, joined)
        say_next("report", run.path if joined else paths[0], "--out", "report.html")


def _needed(data: Sequence[str] | None, out: Path | None) -> Path:
    from handeye.errors import OptionError

    if not data or out is None:
        raise OptionError(
            "prediction files need --data (set folders or metadata files) and --out (a run folder)"
        )
    return out


def _figures(run: Run) -> bytes:
    import msgspec

    tables = {name: run.summary[name] for name in ("bridges", "consistency", "drops")}
    if run.summary.so_far is True:
        tables["note"] = run.summary.note
    return msgspec.json.format(msgspec.json.encode(tables), indent=1)


def _print(run: Run, joined: Bridged | None) -> None:
    from handeye.rose.scoring.tables import bridge_table
    from handeye.scores.summary import so_far_words
    from handeye.terminal.console import Console, styled
    from handeye.terminal.tables import print_table, say

    console = Console()
    summary = run.summary
    say(console, f"\n{summary.named or 'unnamed model'}", "bold")
    if summary.partial:
        say(console, summary.note, "yellow")
    for column, found in (joined.unpaired if joined else {}).items():
        shown = ", ".join(found[:10]) + (" ..." if len(found) > 10 else "")
        lacking = f"{len(found)} of {column} without partner:"
        console.print(styled((lacking, "yellow"), (f" {one_line(shown)}", "")))
    said = filter(None, ("Percent", so_far_words(summary.note), summary.interval.words))
    print_table(console, bridge_table(summary), caption="; ".join(said))
    if joined:
        say(console, f"written to {run.path}")
