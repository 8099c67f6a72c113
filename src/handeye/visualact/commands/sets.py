"""``handeye visualact generate``, ``describe``, ``verify``: sets of clips."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated

import typer

from handeye.printing import noun, say
from handeye.terminal.inputs import named_values, resumable
from handeye.terminal.options import (
    Json,
    NewSet,
    OldSet,
    TestSplit,
    Workers,
    one_of,
    some_sets,
)
from handeye.terminal.sets import print_statistics, print_verified


def _scenarios() -> Iterable[str]:
    from handeye.visualact.records import SCENARIOS

    return SCENARIOS


Scenarios = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Only these, of navigation, home, safety, hmi (default all).",
        autocompletion=one_of(_scenarios, several=True),
    ),
]
MapField = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=NAME", help="Column of a published file."),
]


def generate(
    directory: NewSet,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Same seed and options, same set.")],
    clips: Annotated[
        int, typer.Option(metavar="N", help="Number of clips over all scenarios.")
    ] = 100,
    scenarios: Scenarios = None,
    split: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the split; another one, other clips.")
    ] = "test",
    fps: Annotated[int, typer.Option(metavar="N", help="Frames a second.")] = 12,
    workers: Workers = None,
) -> None:
    """Make a set of animated clips with the actions they call for.

    Stopped and run again with the same options, it goes on where it was.

    Example: handeye visualact generate SET --seed 7 --clips 24
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
        typer.Argument(
            metavar="SET [SET2]",
            help="One set or two: folders, published files, hf:OWNER/NAME.",
            autocompletion=some_sets,
        ),
    ],
    split: TestSplit = "test",
    every_line: Annotated[
        bool,
        typer.Option(
            "--all",
            "--by-scenario/--no-by-scenario",
            help="Print every line, and a table for every scenario.",
        ),
    ] = False,
    durations: Annotated[
        bool,
        typer.Option("--durations/--no-durations", help="Open videos to learn their length."),
    ] = True,
    map_: MapField = None,
    json: Json = None,
) -> None:
    """Print what is in a set, or in two with tests of their difference.

    Example: handeye visualact describe SET
    """
    from handeye.visualact.scenes.description import describe as statistics

    mapping = named_values(map_ or [], "--map", "FIELD=NAME") or None
    describe_one = partial(statistics, split=split, durations=durations, mapping=mapping)
    print_statistics(data, describe_one, every_line=every_line, json=json)


def verify(
    directory: OldSet,
    redraw: Annotated[
        bool,
        typer.Option(
            "--redraw/--no-redraw", help="Also draw every generated clip again and compare."
        ),
    ] = False,
    workers: Workers = None,
    json: Json = None,
) -> None:
    """Check every row, hash, video and twin of a set, its gold, and that clips can be solved.

    Example: handeye visualact verify SET
    """
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
    print_verified(result, holds, json=json)
