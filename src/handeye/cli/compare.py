"""``handeye compare``: differences that are real."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.printing import say, tell
from handeye.progress import hushed
from handeye.terminal.options import (
    STDOUT,
    Common,
    EveryLine,
    Json,
    Seed,
    json_file,
    put_json,
    say_next,
    some_runs,
)


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_A RUN_B [RUN_C ...]",
            help="Run folders over the same items; the others are compared with the first.",
            autocompletion=some_runs,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an HTML page with charts and items.")
    ] = None,
    json: Json = None,
    common: Common = False,
    all_pairs: Annotated[
        bool,
        typer.Option(
            "--all-pairs/--no-all-pairs",
            help="Compare every two runs, not only with the first.",
        ),
    ] = False,
    seed: Seed = 0,
    every_line: EveryLine = False,
) -> None:
    """Say which differences between runs are real: item by item, the second minus the first.

    Example: handeye compare RUN_A RUN_B --out compare.html
    """
    from handeye.atomic import check_places, write_outputs
    from handeye.report import compare as compared, write_comparison
    from handeye.terminal.comparison import print_comparison

    file = json_file(json)
    check_places(out, file)
    found = compared(runs, common=common, all_pairs=all_pairs, seed=seed)
    figures = {} if file is None else {file: found.to_json()}
    # Before anything is printed: a suite may draw no page, and a reader may go away.
    if out is not None:
        write_comparison(found, out, beside=figures)
    else:
        write_outputs(figures)
    if json == STDOUT:
        put_json(json, found.to_json())
        return
    print_comparison(found, all_rows=every_line)
    for path in filter(None, (out, file)):
        say(f"written to {path}")


def next_step(given: Mapping[str, Any]) -> None:
    """Say how the page is had, or that it is to be looked at."""
    if given["out"] is None:
        if len({run.resolve() for run in given["runs"]}) < len(given["runs"]):
            return
        say_next("compare", *given["runs"], "--out", "compare.html")
    elif not hushed():
        tell(f"next: open {given['out']} in a browser")
