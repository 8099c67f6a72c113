"""``handeye compare``: differences that are real."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handeye.printing import say


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_A RUN_B [RUN_C ...]",
            help="Run folders over the same items; the others are compared with the first.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with charts and items.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures as JSON.")
    ] = None,
    common: Annotated[
        bool, typer.Option(help="Compare only the items that all runs have.")
    ] = False,
    all_pairs: Annotated[
        bool, typer.Option(help="Compare every two runs, not only each with the first.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    all_rows: Annotated[
        bool, typer.Option("--all", help="Print the rows without a difference, too.")
    ] = False,
) -> None:
    """Say which differences between runs are real: item by item, the second minus the first."""
    from handeye.atomic import check_places, write_outputs
    from handeye.report import compare as compared, write_comparison
    from handeye.terminal.comparison import print_comparison

    check_places(out, json)
    found = compared(runs, common=common, all_pairs=all_pairs, seed=seed)
    figures = {} if json is None else {json: found.to_json()}
    # Before anything is printed: a suite may draw no page, and a reader may go away.
    if out is not None:
        write_comparison(found, out, beside=figures)
    else:
        write_outputs(figures)
    print_comparison(found, all_rows=all_rows)
    for path in filter(None, (out, json)):
        say(f"written to {path}")
