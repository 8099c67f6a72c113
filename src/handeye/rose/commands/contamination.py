"""``handeye rose contamination``: is the published set remembered?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer


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
    from handeye.rose.comparing.contamination import contamination_of_runs
    from handeye.rose.pages.console_compare import print_contamination
    from handeye.rose.scoring.run_folder import read_run

    found: Mapping[str, Any] = contamination_of_runs(read_run(official), read_run(fresh), seed=seed)
    if json:
        import msgspec

        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1))
    else:
        print_contamination(found)
