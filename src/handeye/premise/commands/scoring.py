"""``handeye premise score``: what answers are worth, and how surely."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.premise.commands.sets import MapField
from handeye.terminal.options import (
    AllowMissing,
    AnySplit,
    Items,
    Json,
    ResultOut,
    Seed,
    StripThoughts,
    one_of,
    some_runs,
    some_sets,
)
from handeye.terminal.run_options import show_run


def _questions() -> tuple[str, ...]:
    return "single", "two", "all"


def score(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|RUN",
            help="Answers, a line of JSON each with item_id and raw_text; an Inspect log (.eval); "
            "or a run folder (so far, if unfinished).",
            autocompletion=some_runs,
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Set folder, published file, or hf:OWNER/NAME.",
            autocompletion=some_sets,
        ),
    ] = None,
    out: ResultOut = None,
    allow_missing: AllowMissing = False,
    split: AnySplit = None,
    questions: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only those about one detail (single), about two in one string (two), or all.",
            autocompletion=one_of(_questions),
        ),
    ] = None,
    items: Items = None,
    map_: MapField = None,
    strip_thoughts: StripThoughts = False,
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Score a prediction file and write tables with intervals.

    Example: handeye premise score predictions.jsonl --data SET --out RUN
    """
    from handeye.errors import OptionError, allowed
    from handeye.premise.pages.console import print_run
    from handeye.premise.scoring.file_scoring import score_files, score_so_far
    from handeye.progress import counting
    from handeye.scores.join import read_item_ids
    from handeye.terminal.inputs import answers_given, named_values, tell_marks

    if questions is not None and questions not in _questions():
        raise OptionError(f"questions is {questions!r}{allowed(questions, _questions())}")
    chosen: dict[str, Any] = {"seed": seed}
    if strip_thoughts:
        chosen["strip_thoughts"] = True
    if mapping := named_values(map_ or [], "--map", "FIELD=NAME"):
        chosen |= {"mapping": mapping, "run_info": {"mapping": mapping}}
    with answers_given(predictions, data, out, items) as given, counting("items") as progress:
        if given.items is not None:
            chosen["item_ids"] = read_item_ids(given.items)
        if given.run is not None:
            if split or questions:
                raise OptionError("of a run that is not finished only --items chooses")
            chosen.pop("run_info", None)
            scoring = partial(score_so_far, given.run, data=given.data, **chosen)
        else:
            chosen |= {"allow_missing": allow_missing, "split": split, "questions": questions}
            scoring = partial(score_files, given.file, given.data, **chosen)
        scoring(out=given.out, progress=progress)
        show_run(given.out, partial(print_run, kept=given.kept), json)
        tell_marks(given.out, strip_thoughts, lambda aside: scoring(out=aside, strip_thoughts=True))
