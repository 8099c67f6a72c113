"""``handeye compare`` and ``handeye rose contamination``: differences that are real."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer


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
    """Say which differences between runs are real: item by item, by template, subset and reason."""
    from handeye.cli.compare_tables import print_comparison
    from handeye.errors import OptionError
    from handeye.rose.comparison import compare_runs
    from handeye.rose.run_folder import read_run

    opened = [read_run(run) for run in runs]
    found = compare_runs(opened, common=common, all_pairs=all_pairs, seed=seed)
    print_comparison(found.data, all_rows=all_rows)
    if json is not None:
        from handeye.atomic import write_bytes

        try:
            write_bytes(json, found.to_json())
        except OSError as error:
            raise OptionError(f"{json}: cannot be written: {error.strerror}") from None
        typer.echo(f"written to {json}")
    if out is not None:
        from handeye.report.compare import write_comparison

        typer.echo(f"written to {write_comparison(opened, found, out)}")


def contamination(
    official: Annotated[
        Path, typer.Argument(metavar="OFFICIAL_RUN", help="Run over the published set.")
    ],
    fresh: Annotated[
        Path,
        typer.Argument(metavar="FRESH_RUN", help="Run of the same model over a generated set."),
    ],
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Ask whether a model remembers the published set: PASS on it against fresh scenes.

    Fresh items are matched with the official ones in difficulty.
    """
    from handeye.cli.compare_tables import print_contamination
    from handeye.rose.contamination import contamination_of_runs
    from handeye.rose.run_folder import read_run

    found: Mapping[str, Any] = contamination_of_runs(read_run(official), read_run(fresh), seed=seed)
    if json:
        import msgspec

        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1))
    else:
        print_contamination(found)
