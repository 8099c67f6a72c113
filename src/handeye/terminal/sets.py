"""What the commands about sets share: statistics printed, checks told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from handeye.printing import noun, one_line, say
from handeye.terminal.options import put_json

if TYPE_CHECKING:
    from handeye.sets.checks import Verified
    from handeye.sets.statistics import Description


def print_statistics(
    names: Sequence[str],
    describe: Callable[[str], Description],
    *,
    every_line: bool,
    json: str | None,
) -> None:
    """Print the statistics of a set, or of two side by side.

    Args:
        names: of one set, or of two.
        describe: the statistics of a set.
        every_line: all of them, and a table for every group; else what fits a screen.
        json: where they go as JSON, keyed by the names of the sets.

    Raises:
        OptionError: more than two sets.
    """
    import json as json_

    from handeye.errors import OptionError

    if len(names) > 2:
        raise OptionError(f"describe takes one set or two, got {len(names)}")
    found = [describe(name) for name in names]
    figures = {one.name: one.as_dict() for one in found}
    if not put_json(json, json_.dumps(figures, indent=2, ensure_ascii=False)):
        from handeye.terminal import tables

        tables.print_descriptions(found, every_line=every_line)


def print_verified(result: Verified, holds: str, *, json: str | None = None) -> None:
    """Print every problem and what was checked; without problems, what ``holds``.

    Args:
        result: of the check.
        holds: what is said of a set without problems.
        json: where counts and problems go as JSON.

    Raises:
        typer.Exit: with code 1, where there are problems.
    """
    import json as json_

    figures = {"ok": result.ok, "counts": dict(result.counts), "problems": list(result.problems)}
    if put_json(json, json_.dumps(figures, indent=1, ensure_ascii=False)):
        if not result.ok:
            raise typer.Exit(1)
        return
    for problem in result.problems:
        say(one_line(problem))
    counted = ", ".join(f"{count} {noun(count, name)}" for name, count in result.counts.items())
    if not result.ok:
        wrong = len(result.problems)
        say(f"{counted}: {wrong} {noun(wrong, 'problems')}")
        raise typer.Exit(1)
    say(f"{counted}: {holds}")
