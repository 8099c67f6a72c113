"""``handeye rose``: make, draw again, describe, verify and score sets of ROSE scenes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.printing import noun, say
from handeye.rose.commands.bridge import bridge
from handeye.rose.commands.contamination import contamination
from handeye.rose.commands.run import template_names
from handeye.terminal.inputs import named_values, resumable
from handeye.terminal.options import (
    AllowMissing,
    AnySplit,
    Items,
    Json,
    NewSet,
    OldSet,
    ResultOut,
    StripThoughts,
    Workers,
    answers_file,
    one_of,
    say_next,
    some_sets,
)
from handeye.terminal.run_options import show_run
from handeye.terminal.sets import print_statistics, print_verified

app = typer.Typer(
    help="ROSE: one scene of look-alike cells, seven coupled tasks.", no_args_is_help=True
)

_SOURCES = ("glyph", "emoji-style", "emoji-content", "pixel-edit", "pixel-content")
Format = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="images (the release's layout) or parquet (the same, and shards).",
        autocompletion=one_of(lambda: ("images", "parquet")),
    ),
]


@app.command()
def generate(
    directory: NewSet,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Same seed and options, same bytes.")],
    scenes: Annotated[
        int | None, typer.Option(metavar="N", help="Scenes over all sources (default 100).")
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="v0.1: counts and splits of the official set.",
            autocompletion=one_of(lambda: ("v0.1",)),
        ),
    ] = None,
    sources: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help=f"Of {', '.join(_SOURCES)}.",
            autocompletion=one_of(lambda: _SOURCES, several=True),
        ),
    ] = None,
    similarity: Annotated[
        str | None,
        typer.Option(metavar="LOW:HIGH", help="Only pairs this alike; 0 to 1, 1 is the same."),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="LOW:HIGH", help="Fewest and most rows, and columns: 2 to 30 (default: v0.1's)."
        ),
    ] = None,
    workers: Workers = None,
    format: Format = "images",
    font: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Draw glyphs with this font or folder of fonts."),
    ] = None,
    emoji: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Add an emoji provider: files by code point."),
    ] = None,
    sprites: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Use the PNG files of this folder as sprites."),
    ] = None,
) -> None:
    """Make a set of scenes with their items, ready to ask any model.

    Stopped and run again with the same options, it goes on where it was.

    Example: handeye rose generate SET --seed 7 --scenes 40
    """
    from handeye.progress import counting
    from handeye.rose.scenes.generation import generate as make

    with counting("scenes") as progress, resumable(directory):
        make(
            directory,
            seed=seed,
            scenes=scenes,
            like=like,
            sources=sources,
            similarity=similarity,
            grid=grid,
            format=format,
            fonts=font or (),
            emoji=dict(named_values(emoji or [], "--emoji", "NAME=FOLDER")) or None,
            sprites=sprites,
            workers=workers,
            progress=progress,
        )
    _say_made(directory)


@app.command()
def rerender(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE... SET", help="Official metadata, then the new folder."),
    ],
    seed: Annotated[
        int, typer.Option(metavar="SEED", help="For regions that the metadata do not tell.")
    ] = 0,
    workers: Workers = None,
    format: Format = "images",
    keep_prompts: Annotated[
        bool,
        typer.Option(
            "--keep-prompts/--no-keep-prompts",
            help="Keep the prompts of the rows where they have some.",
        ),
    ] = False,
) -> None:
    """Draw the authors' own scenes again with open art: same grid, targets and contents.

    Example: handeye rose rerender metadata_test.jsonl SET
    """
    from handeye.errors import OptionError
    from handeye.progress import counting
    from handeye.rose.scenes.rerendering import rerender as draw_again

    if len(paths) < 2:
        raise OptionError("give at least one metadata file, then the folder of the new set")
    *metadata, directory = paths
    with counting("scenes") as progress, resumable(directory):
        draw_again(
            metadata,
            directory,
            seed=seed,
            format=format,
            keep_prompts=keep_prompts,
            workers=workers,
            progress=progress,
        )
    _say_made(directory)
    say_next("rose", "verify", directory)


@app.command()
def describe(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="SET [SET2]",
            help="One set or two: folders or metadata files.",
            autocompletion=some_sets,
        ),
    ],
    split: AnySplit = None,
    every_line: Annotated[
        bool,
        typer.Option(
            "--all",
            "--by-subset/--no-by-subset",
            help="Print every line, and a table for every subset.",
        ),
    ] = False,
    json: Json = None,
) -> None:
    """Print what is in a set, or in two with tests of their difference.

    Example: handeye rose describe SET
    """
    from handeye.rose.scenes.description import describe as statistics

    print_statistics(data, partial(statistics, split=split), every_line=every_line, json=json)


@app.command()
def verify(directory: OldSet, workers: Workers = None, json: Json = None) -> None:
    """Check that every scene is solvable from its pixels, every gold answer and every hash.

    Example: handeye rose verify SET
    """
    from handeye.progress import counting
    from handeye.rose.scenes.verification import verify as check

    with counting("scenes") as progress:
        result = check(Path(directory), workers=workers, progress=progress)
    holds = "every scene solvable, every gold answer and hash right"
    print_verified(result, holds, json=json)


@app.command()
def score(
    predictions: Annotated[Path, answers_file("item_id")],
    data: Annotated[
        str | None,
        typer.Option(metavar="SET", help="Set folder or metadata file.", autocompletion=some_sets),
    ] = None,
    out: ResultOut = None,
    allow_missing: AllowMissing = False,
    split: AnySplit = None,
    templates: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Only these, e.g. T1,T3 or main.",
            autocompletion=one_of(template_names, several=True),
        ),
    ] = None,
    items: Items = None,
    strip_thoughts: StripThoughts = False,
    json: Json = None,
) -> None:
    """Score a prediction file exactly and write tables with intervals.

    Example: handeye rose score predictions.jsonl --data SET --out RUN
    """
    from handeye.progress import counting
    from handeye.rose.pages.console import print_run
    from handeye.rose.scoring.file_scoring import score_files, score_so_far
    from handeye.scores.join import read_item_ids
    from handeye.terminal.inputs import answers_given, tell_marks

    chosen: dict[str, Any] = {
        "split": split,
        "templates": templates,
    }
    if strip_thoughts:
        chosen["strip_thoughts"] = True
    with answers_given(predictions, data, out, items) as given, counting("items") as progress:
        if given.items is not None:
            chosen["item_ids"] = read_item_ids(given.items)
        if given.run is not None:
            scoring = partial(score_so_far, given.run, data=given.data, **chosen)
        else:
            chosen["allow_missing"] = allow_missing
            scoring = partial(score_files, given.file, given.data, **chosen)
        scoring(out=given.out, progress=progress)
        show_run(given.out, partial(print_run, kept=given.kept), json)
        tell_marks(given.out, strip_thoughts, lambda aside: scoring(out=aside, strip_thoughts=True))


app.command()(bridge)
app.command()(contamination)


def _say_made(directory: Path) -> None:
    from handeye.sets.folder import read_record

    record = read_record(directory) or {}
    count = sum(record["options"]["scenes"].values())
    say(
        f"{directory}: {count} {noun(count, 'scenes')}, {2 * count} images, {7 * count} items "
        f"({5 * count} of the main templates T1 to T5, which a run asks)"
    )
