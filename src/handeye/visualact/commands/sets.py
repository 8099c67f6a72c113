"""``handeye visualact generate``, ``describe``, ``verify``: sets of clips."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from handeye.printing import noun, say
from handeye.terminal.inputs import named_values, resumable
from handeye.terminal.sets import AsJson, Workers, print_statistics, print_verified


def generate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new set.")],
    seed: Annotated[int, typer.Option(help="Same seed and options, same set.")],
    clips: Annotated[int, typer.Option(help="Number of clips over all scenarios.")] = 100,
    scenarios: Annotated[
        str | None, typer.Option(help="Of navigation, home, safety, hmi (default all).")
    ] = None,
    split: Annotated[str, typer.Option(help="Name of the split; another one, other clips.")] = (
        "test"
    ),
    fps: Annotated[int, typer.Option(help="Frames a second.")] = 12,
    workers: Workers = None,
) -> None:
    """Make a set of animated clips with the actions they call for.

    Stopped and run again with the same options, it goes on where it was.
    """
    from handeye.progress import counting
    from handeye.visualact.loader import load
    from handeye.visualact.scenes.generation import generate as make

    with counting("clips") as progress, resumable(directory):
        make(
            directory,
            seed=seed,
            clips=clips,
            scenarios=scenarios,
            split=split,
            fps=fps,
            workers=workers,
            progress=progress,
        )
    made = load(directory, split=split)
    counts = ", ".join(f"{name} {n}" for name, n in made.scenario_counts().items() if n)
    actions = sum(len(clip.actions) for clip in made)
    say(
        f"{directory}: {len(made)} {noun(len(made), 'clips')} ({counts}), "
        f"{actions} {noun(actions, 'actions')}"
    )


def describe(
    data: Annotated[
        list[str],
        typer.Argument(metavar="SET [SET2]", help="Set folders, published files, hf:OWNER/NAME."),
    ],
    split: Annotated[str, typer.Option(help="Clips of this split; all for every split.")] = "test",
    by_scenario: Annotated[bool, typer.Option(help="Also a table for every scenario.")] = True,
    durations: Annotated[bool, typer.Option(help="Open videos to learn their length.")] = True,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=NAME", help="Column of a published file."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Print the statistics of a set, or of two side by side with tests of their difference."""
    from handeye.visualact.scenes.description import describe as statistics

    mapping = named_values(map_ or [], "--map", "FIELD=NAME") or None
    describe_one = partial(statistics, split=split, durations=durations, mapping=mapping)
    print_statistics(data, describe_one, by_group=by_scenario, json=json)


def verify(
    directory: Annotated[str, typer.Argument(metavar="DIR", help="Folder of the set.")],
    redraw: Annotated[
        bool, typer.Option(help="Also draw every generated clip again and compare.")
    ] = False,
    workers: Workers = None,
) -> None:
    """Check every row, hash, video and twin of a set, its gold, and that clips can be solved."""
    from handeye.progress import counting
    from handeye.visualact.scenes.verification import verify as check
    from handeye.visualact.scenes.videos import SOLVED

    with counting("clips") as progress:
        result = check(directory, redraw=redraw, workers=workers, progress=progress)
    holds = "every video as its row says, every twin mirrored, every hash right"
    if rest := result.clips - result.counts.get(SOLVED, result.clips):
        others = "the one that is not solved was" if rest == 1 else f"the other {rest} were"
        shows = "shows what its row says" if rest == 1 else "show what their rows say"
        holds += f"; {others} drawn again and {shows}"
    print_verified(result, holds)
