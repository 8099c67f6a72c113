"""``handeye rose``: make, draw again, describe, verify and score sets of ROSE scenes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.printing import noun, say
from handeye.rose.commands.bridge import bridge
from handeye.rose.commands.contamination import contamination
from handeye.rose.commands.diagnose import diagnose
from handeye.terminal.inputs import StripThoughts, named_values, resumable
from handeye.terminal.sets import AsJson, Workers, print_statistics, print_verified

app = typer.Typer(
    help="ROSE: one scene of look-alike cells, seven coupled tasks.", no_args_is_help=True
)

Format = Annotated[
    str, typer.Option(help="images (the release's layout) or parquet (the same, and shards).")
]


@app.command()
def generate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new set.")],
    seed: Annotated[int, typer.Option(help="Same seed and options, same bytes.")],
    scenes: Annotated[
        int | None, typer.Option(help="Scenes over all sources (default 100).")
    ] = None,
    like: Annotated[
        str | None, typer.Option(help="v0.1: counts and splits of the official set.")
    ] = None,
    sources: Annotated[
        str | None,
        typer.Option(help="Of glyph, emoji-style, emoji-content, pixel-edit, pixel-content."),
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
        list[Path] | None, typer.Option(help="Draw glyphs with this font or folder of fonts.")
    ] = None,
    emoji: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Add an emoji provider: files by code point."),
    ] = None,
    sprites: Annotated[
        Path | None, typer.Option(help="Use the PNG files of this folder as sprites.")
    ] = None,
) -> None:
    """Make a set of scenes with their items, ready to ask any model.

    Stopped and run again with the same options, it goes on where it was.
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
        typer.Argument(metavar="METADATA.jsonl... DIR", help="Official metadata, then a folder."),
    ],
    seed: Annotated[int, typer.Option(help="For regions that the metadata do not tell.")] = 0,
    workers: Workers = None,
    format: Format = "images",
    keep_prompts: Annotated[
        bool, typer.Option(help="Keep the prompts of the rows where they have some.")
    ] = False,
) -> None:
    """Draw the authors' own scenes again with open art: same grid, targets and contents."""
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


@app.command()
def describe(
    data: Annotated[
        list[str], typer.Argument(metavar="SET [SET2]", help="Set folders or metadata files.")
    ],
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    by_subset: Annotated[bool, typer.Option(help="Also a table for every subset.")] = True,
    json: AsJson = False,
) -> None:
    """Print the statistics of a set, or of two side by side with tests of their difference."""
    from handeye.rose.scenes.description import describe as statistics

    print_statistics(data, partial(statistics, split=split), by_group=by_subset, json=json)


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the set.")],
    workers: Workers = None,
) -> None:
    """Check that every scene is solvable from its pixels, every gold answer and every hash."""
    from handeye.progress import counting
    from handeye.rose.scenes.verification import verify as check

    with counting("scenes") as progress:
        result = check(directory, workers=workers, progress=progress)
    print_verified(result, "every scene solvable, every gold answer and hash right")


@app.command()
def score(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS.jsonl",
            help="Answers, a line of JSON each with item_id and raw_text; an Inspect log (.eval); "
            "or a run folder (so far, if unfinished).",
        ),
    ],
    data: Annotated[str | None, typer.Option(help="Set folder or metadata file.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Folder of the result.")] = None,
    allow_missing: Annotated[
        bool, typer.Option(help="Score what is there and mark the run as partial.")
    ] = False,
    split: Annotated[str | None, typer.Option(help="Only items of this split.")] = None,
    templates: Annotated[str | None, typer.Option(help="Only these, e.g. T1,T3 or main.")] = None,
    items: Annotated[
        Path | None, typer.Option(help="Only the items whose ids stand in this file, one a line.")
    ] = None,
    strip_thoughts: StripThoughts = False,
) -> None:
    """Score a prediction file exactly and write tables with intervals."""
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
        print_run(given.out, kept=given.kept)
        tell_marks(given.out, strip_thoughts, lambda aside: scoring(out=aside, strip_thoughts=True))


app.command()(bridge)
app.command()(diagnose)
app.command()(contamination)


def _say_made(directory: Path) -> None:
    from handeye.sets.folder import read_record

    record = read_record(directory) or {}
    count = sum(record["options"]["scenes"].values())
    say(f"{directory}: {count} {noun(count, 'scenes')}, {2 * count} images, {7 * count} items")
