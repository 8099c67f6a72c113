"""What the commands about sets share: options, statistics printed, checks told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from handeye.printing import one_line, say, say_json

if TYPE_CHECKING:
    from handeye.sets.checks import Verified
    from handeye.sets.statistics import Description

Workers = Annotated[
    int | None,
    typer.Option(help="Processes (default: one per core). Has no influence on the result."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def print_statistics(
    names: Sequence[str], describe: Callable[[str], Description], *, by_group: bool, json: bool
) -> None:
    """Print the statistics of a set, or of two side by side.

    Args:
        names: of one set, or of two.
        describe: the statistics of a set.
        by_group: also a table for every group.
        json: as JSON, keyed by the names of the sets.

    Raises:
        OptionError: more than two sets.
    """
    from handeye.errors import OptionError

    if len(names) > 2:
        raise OptionError(f"describe takes one set or two, got {len(names)}")
    found = [describe(name) for name in names]
    if json:
        import json as json_

        say_json(json_.dumps({d.name: d.as_dict() for d in found}, indent=2, ensure_ascii=False))
    else:
        from handeye.terminal import tables

        tables.print_descriptions(found, by_subset=by_group)


def print_verified(result: Verified, holds: str) -> None:
    """Print every problem and what was checked; without problems, what ``holds``.

    Raises:
        typer.Exit: with code 1, where there are problems.
    """
    for problem in result.problems:
        say(one_line(problem))
    counted = ", ".join(_counted(count, name) for name, count in result.counts.items())
    if not result.ok:
        say(f"{counted}: {_counted(len(result.problems), 'problems')}")
        raise typer.Exit(1)
    say(f"{counted}: {holds}")


def _counted(count: int, name: str) -> str:
    """``1 pair of twins``, ``2 pairs of twins``."""
    first, *rest = name.split(" ")
    return " ".join([str(count), first.removesuffix("s") if count == 1 else first, *rest])
