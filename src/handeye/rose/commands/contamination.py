"""``handeye rose contamination``: is the published set remembered?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.terminal.options import Json, Seed, put_json, some_runs


def contamination(
    official: Annotated[
        Path,
        typer.Argument(
            metavar="OFFICIAL_RUN", help="Run over the published set.", autocompletion=some_runs
        ),
    ],
    fresh: Annotated[
        Path,
        typer.Argument(
            metavar="FRESH_RUN",
            help="Run of the same model over a generated set.",
            autocompletion=some_runs,
        ),
    ],
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Ask whether a model remembers the published set: PASS on it against fresh scenes.

    Fresh items are matched with the official ones in difficulty.

    Example: handeye rose contamination OFFICIAL_RUN FRESH_RUN
    """
    import msgspec

    from handeye.rose.comparing.contamination import contamination_of_runs
    from handeye.rose.scoring.run_folder import read_run

    found: Mapping[str, Any] = contamination_of_runs(read_run(official), read_run(fresh), seed=seed)
    if not put_json(json, msgspec.json.format(msgspec.json.encode(found), indent=1)):
        _print(found)


def _print(found: Mapping[str, Any]) -> None:
    """The sentence, the table by template and subset, and how items were matched."""
    from handeye.rose.scoring.breakdowns import FACTORS
    from handeye.scores.estimate import Estimate, percent, rate_of
    from handeye.scores.sentences import p_words
    from handeye.terminal.comparison import plain_table
    from handeye.terminal.console import Console, styled
    from handeye.terminal.tables import say

    console = Console()
    console.print()
    say(console, str(found["model"] or "unnamed model"), "bold")
    say(console, found["sentence"])
    heads = ("", "official", "fresh,\nmatched", "difference", "p", "without\nmatching")
    table = plain_table("", heads)

    def line(label: str, row: Mapping[str, Any], p: float | None) -> None:
        cells = (
            percent(row["official"]["value"]),
            percent(row["matched"]["value"]),
            rate_of(row["difference"]).text("line", "points"),
            p_words(p),
            Estimate(row["unmatched"]["value"]).text("value", "points"),
        )
        table.add_row(label, *cells)

    line("over all", found["overall"], found["overall"]["p_value"])
    for key, title in (("by_template", "Templates"), ("by_subset", "Subsets")):
        table.add_row(styled((title, "italic")))
        for name, row in found[key].items():
            line(f"  {name.removeprefix('ROSE-')}", row, row["p_adjusted"])
    console.print(table)
    titles = {factor.key: factor.title.lower() for factor in FACTORS}
    for level in found["matching"]:
        by = ", ".join(titles[key] for key in level["matched_by"])
        share = f"{100 * level['share']:.1f} % of the official items"
        say(console, f"{share} matched by subset, template, {by}")
    if found["left_out"]:
        say(
            console,
            f"{found['left_out']:,} official items left out: the fresh run has too few of their "
            "subset, template and number of targets",
            "yellow",
        )
    if found["similarity_unknown"]:
        names = ", ".join(found["similarity_unknown"])
        say(console, f"similarity not known in {names}: matched without it", "yellow")
