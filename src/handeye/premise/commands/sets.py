"""``handeye premise generate``, ``describe``, ``verify``: sets of questions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated

import typer

from handeye.printing import noun, say
from handeye.terminal.inputs import named_values, resumable
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


def _media() -> Iterable[str]:
    from handeye.premise.scenes.plan import MEDIA_CHOICES

    return MEDIA_CHOICES


def _kinds() -> Iterable[str]:
    from handeye.premise.scenes.plan import KINDS

    return sorted({name for kinds in KINDS.values() for name in kinds})


def _fields() -> Iterable[str]:
    from handeye.premise.published_layout import MAP_NAMES

    return [f"{name}=" for name in MAP_NAMES]


Kinds = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Only these kinds of details, of both senses (default all): colour,pitch ...",
        autocompletion=one_of(_kinds, several=True),
    ),
]
MapField = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=NAME",
        help="Column of a published file.",
        autocompletion=one_of(_fields),
    ),
]


def generate(
    directory: NewSet,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Same seed and options, same set.")],
    families: Annotated[
        int,
        typer.Option(metavar="N", help="Families of four clips, asked 19 questions altogether."),
    ] = 60,
    media: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="video (MP4 with sound), picture+sound (PNG and WAV), picture, or sound.",
            autocompletion=one_of(_media),
        ),
    ] = "video",
    kinds: Kinds = None,
    level: Annotated[
        int | None,
        typer.Option(metavar="N", help="Only this level of every kind, 1 for the easiest."),
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the split; another one, other clips.")
    ] = "test",
    workers: Workers = None,
) -> None:
    """Make a set of clips, and questions whose premise holds or does not.

    Stopped and run again with the same options, it goes on where it was.

    Example: handeye premise generate SET --seed 7 --families 60
    """
    from handeye.premise.loader import load
    from handeye.premise.scenes.generation import generate as make
    from handeye.progress import counting

    with counting("families") as progress, resumable(directory):
        make(
            directory,
            seed=seed,
            families=families,
            media=media,
            kinds=kinds,
            level=level,
            split=split,
            workers=workers,
            progress=progress,
        )
    made = load(directory, split=split)
    clips = len({item.clip_id for item in made})
    cells = ", ".join(f"{name} {n}" for name, n in made.cell_counts().items() if n)
    say(f"{directory}: {clips} {noun(clips, 'clips')}, {len(made)} questions ({cells})")


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
    every_line: EveryLine = False,
    map_: MapField = None,
    json: Json = None,
) -> None:
    """Print what is in a set, or in two with tests of their difference.

    Example: handeye premise describe SET
    """
    from handeye.premise.scenes.description import describe as statistics

    mapping = named_values(map_ or [], "--map", "FIELD=NAME") or None
    describe_one = partial(statistics, split=split, mapping=mapping)
    print_statistics(data, describe_one, every_line=every_line, json=json)


def verify(
    directory: OldSet, map_: MapField = None, workers: Workers = None, json: Json = None
) -> None:
    """Check every row, prompt, hash and file of a set, and that who looks and listens can answer.

    Example: handeye premise verify SET
    """
    from handeye.premise.scenes.verification import SOLVED, TWO, verify as check
    from handeye.progress import counting

    mapping = named_values(map_ or [], "--map", "FIELD=NAME") or None
    with counting("families") as progress:
        result = check(directory, mapping=mapping, workers=workers, progress=progress)
    two = (
        ", about two details in a third each (both hold, the visual one is false, the sound one is)"
    )
    holds = (
        f"every prompt about one detail as often true as false{two if TWO in result.counts else ''}"
        ", every file as its row says, every hash right"
    )
    if SOLVED not in result.counts:
        holds = "every row can be read, every file be opened"
    print_verified(result, holds, json=json)
