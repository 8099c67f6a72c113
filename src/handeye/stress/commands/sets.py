"""``handeye stress generate``, ``describe``, ``verify``, ``export``: sets of groups."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from handeye.printing import noun, say
from handeye.terminal.inputs import resumable
from handeye.terminal.options import (
    EveryLine,
    Json,
    NewSet,
    OldSet,
    TestSplit,
    Workers,
    one_of,
    some_sets,
)
from handeye.terminal.sets import print_statistics, print_verified


def _families() -> Iterable[str]:
    from handeye.stress.items import FAMILIES

    return FAMILIES


Families = Annotated[
    str | None,
    typer.Option(
        "--family",
        metavar="NAMES",
        help="Only these families: count,depth ... (default all; of generate all but reference).",
        autocompletion=one_of(_families, several=True),
    ),
]


def _cues() -> Iterable[str]:
    from handeye.stress.items import CUES

    return ("two", "all", "none", *(cue for cue in CUES if cue))


def _formats() -> Iterable[str]:
    from handeye.stress.scenes.exports import FORMATS

    return FORMATS


def generate(
    directory: NewSet,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Same seed and options, same set.")],
    groups: Annotated[
        int,
        typer.Option(metavar="N", help="Groups of pictures that differ by one edit."),
    ] = 60,
    families: Families = None,
    cues: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Cues that a group is asked under: two (in turn), all, none, or names.",
            autocompletion=one_of(_cues, several=True),
        ),
    ] = "two",
    level: Annotated[
        int | None,
        typer.Option(metavar="N", help="Only this level of every kind, 1 for the easiest."),
    ] = None,
    size: Annotated[
        int,
        typer.Option("--side", metavar="PIXELS", help="Of the pictures; all is drawn to scale."),
    ] = 336,
    split: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the split; another one, other groups.")
    ] = "test",
    things: Annotated[
        str | None,
        typer.Option(
            metavar="LOW:HIGH",
            help="Fewest and most things in a picture (default: as many as its family has).",
        ),
    ] = None,
    workers: Workers = None,
) -> None:
    """Make pictures in groups that differ by one edit, and questions whose words do not help.

    Stopped and run again with the same options, it goes on where it was.

    Example: handeye stress generate SET --seed 7 --groups 60
    """
    from handeye.progress import counting
    from handeye.stress.loader import load
    from handeye.stress.scenes.generation import generate as make

    with counting("groups") as progress, resumable(directory):
        make(
            directory,
            seed=seed,
            groups=groups,
            families=families,
            cues=cues,
            level=level,
            size=size,
            split=split,
            things=things,
            workers=workers,
            progress=progress,
        )
    made = load(directory, split=split, media=False)
    pictures = len({item.picture_id for item in made})
    named = ", ".join(f"{name} {count}" for name, count in made.family_counts().items() if count)
    say(
        f"{directory}: {groups} {noun(groups, 'groups')} ({named}), {pictures} "
        f"{noun(pictures, 'pictures')}, {len(made)} questions"
    )


def describe(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="SET [SET2]",
            help="One set or two: folders, items files, hf:OWNER/NAME.",
            autocompletion=some_sets,
        ),
    ],
    split: TestSplit = "test",
    every_line: EveryLine = False,
    json: Json = None,
) -> None:
    """Print what is in a set, or in two with tests of their difference.

    With --all comes the matrix of families and cues, with the reason of every cell that is missing.

    Example: handeye stress describe SET --all
    """
    from handeye.stress.scenes.description import describe as statistics, matrix

    print_statistics(data, partial(statistics, split=split), every_line=every_line, json=json)
    if every_line and json is None:
        say("")
        for family, cells in matrix():
            lost = {cue: why for cue, why in cells.items() if why}
            asked = ", ".join(cue for cue in cells if cue not in lost)
            say(f"{family}: asked under {asked}")
            for cue, why in lost.items():
                say(f"  not under {cue}: {why}")


def verify(directory: OldSet, workers: Workers = None, json: Json = None) -> None:
    """Check every row, prompt, hash, map and picture of a set, and that who looks can answer.

    Example: handeye stress verify SET
    """
    from handeye.progress import counting
    from handeye.stress.scenes.verification import REMADE, verify as check

    with counting("groups") as progress:
        result = check(directory, workers=workers, progress=progress)
    holds = (
        "every prompt asked of two pictures with two right answers, every edit inside its box, "
        "every map as its rows say, every hash right"
    )
    if not result.counts[REMADE]:
        holds += (
            "; but groups were not made again: no whole record of this version of the generator is "
            "there, so rows and pictures are held to each other alone"
        )
    print_verified(result, holds, json=json)


def export(
    directory: OldSet,
    out: Annotated[Path, typer.Option(metavar="FILE", help="What is written.")],
    to: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Its form: coco (boxes, masks and keypoints as JSON).",
            autocompletion=one_of(_formats),
        ),
    ] = "coco",
    split: TestSplit = "test",
) -> None:
    """Write what is true of the pictures of a set in the form of another program.

    Example: handeye stress export SET --to coco --out set.coco.json
    """
    from handeye.errors import OptionError, allowed
    from handeye.stress.loader import load
    from handeye.stress.scenes.exports import FORMATS, write_coco

    if to not in FORMATS:
        raise OptionError(f"--to {to!r} is not known{allowed(to, FORMATS)}")
    counts = write_coco(load(directory, split=split), out)
    say(f"{out}: " + ", ".join(f"{count} {noun(count, name)}" for name, count in counts.items()))
