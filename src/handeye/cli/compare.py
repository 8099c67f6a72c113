"""``handeye compare``: differences that are real."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    """Say which differences between runs are real: item by item, or clip by clip."""
    from handeye.scores.run_folder import expand, one_suite
    from handeye.visualact.scoring.summary import SUITE

    suite, runs = one_suite(runs), expand(runs)
    if suite == SUITE:
        _compare_clips(runs, out=out, json=json, common=common, all_pairs=all_pairs, seed=seed)
        return
    from handeye.rose.comparing.compare import compare_runs
    from handeye.rose.pages.console_compare import print_comparison
    from handeye.rose.scoring.run_folder import read_run

    opened = [read_run(run) for run in runs]
    found = compare_runs(opened, common=common, all_pairs=all_pairs, seed=seed)
    print_comparison(found.data, all_rows=all_rows)
    if json is not None:
        _write_json(json, found.to_json())
    if out is not None:
        from handeye.rose.pages.compare import write_comparison

        typer.echo(f"written to {write_comparison(opened, found, out)}")


def _compare_clips(
    runs: list[Path],
    *,
    out: Path | None,
    json: Path | None,
    common: bool,
    all_pairs: bool,
    seed: int,
) -> None:
    from itertools import combinations

    from handeye.errors import OptionError
    from handeye.scores.run_folder import indented_json
    from handeye.visualact.comparing.compare import compare_scored
    from handeye.visualact.pages.console_compare import print_comparison
    from handeye.visualact.scoring.run_folder import read_run

    if len(runs) < 2:
        raise OptionError(f"a comparison needs at least two runs, got {len(runs)}")
    if out is not None:
        raise OptionError(
            "--out writes a page about ROSE runs; for runs about clips, `handeye report RUN RUN "
            "--out FILE.html` shows them side by side"
        )
    opened = [read_run(run) for run in runs]
    pairs = list(combinations(opened, 2)) if all_pairs else [(opened[0], b) for b in opened[1:]]
    found = [compare_scored(a, b, common=common, seed=seed) for a, b in pairs]
    for one in found:
        print_comparison(one)
    if json is not None:
        _write_json(json, indented_json(found))


def _write_json(path: Path, data: bytes) -> None:
    from handeye.atomic import write_bytes
    from handeye.errors import OptionError

    try:
        write_bytes(path, data)
    except OSError as error:
        raise OptionError(f"{path}: cannot be written: {error.strerror}") from None
    typer.echo(f"written to {path}")
