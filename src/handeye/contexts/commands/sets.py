"""``handeye contexts init``, ``schema``, ``generate``, ``verify``: sets of scenes."""

from __future__ import annotations

from typing import Annotated

import typer

from handeye.printing import noun, say
from handeye.terminal.inputs import resumable
from handeye.terminal.options import Json, NewSet, OldSet, Workers
from handeye.terminal.sets import print_verified


def init(directory: NewSet) -> None:
    """Write a worked example to change: three pictures, contexts.yaml, and its schema for editors.

    Example: handeye contexts init SET
    """
    from handeye.contexts.loader import load
    from handeye.contexts.scenes.example import init as write

    made = load(write(directory))
    scenes = len(made.scenes())
    say(f"{directory}: {scenes} {noun(scenes, 'scenes')}, {len(made)} questions")


def schema() -> None:
    """Print the JSON Schema of contexts.yaml, for editors and for other programs.

    Example: handeye contexts schema
    """
    from handeye.contexts.scenes.example import schema_text

    say(schema_text().decode().rstrip())


def generate(
    directory: NewSet,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Same seed and options, same set.")],
    scenes: Annotated[
        int,
        typer.Option(
            metavar="N", help="Pictures, each under several contexts; balanced over every 24."
        ),
    ] = 72,
    split: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the split; another one, other scenes.")
    ] = "test",
    workers: Workers = None,
) -> None:
    """Make scenes in which the right action depends on the picture and on the context.

    Stopped and run again with the same options, it goes on where it was.

    Example: handeye contexts generate SET --seed 7 --scenes 72
    """
    from handeye.contexts.loader import load
    from handeye.contexts.scenes.generation import generate as make
    from handeye.progress import counting

    with counting("scenes") as progress, resumable(directory):
        make(directory, seed=seed, scenes=scenes, split=split, workers=workers, progress=progress)
    made = load(directory, split=split, media=False)
    contexts = len({item.name for item in made if item.about == "does"})
    say(
        f"{directory}: {scenes} {noun(scenes, 'scenes')}, {contexts} contexts, "
        f"{len(made)} questions"
    )


def verify(directory: OldSet, workers: Workers = None, json: Json = None) -> None:
    """Check everything that is written in a set, every hash and every picture.

    Example: handeye contexts verify SET
    """
    from handeye.contexts.scenes.verification import REMADE, verify as check
    from handeye.progress import counting

    with counting("scenes") as progress:
        result = check(directory, workers=workers, progress=progress)
    holds = "every key as it should be, every file there, every hash right"
    if not result.counts[REMADE]:
        holds += "; it was not made by this generator, so that nothing was made again"
    print_verified(result, holds, json=json)
