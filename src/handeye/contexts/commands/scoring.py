"""``handeye contexts score``: what answers are worth."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from handeye.terminal.options import (
    AllowMissing,
    AnySet,
    AnySplit,
    Items,
    Json,
    ResultOut,
    Seed,
    StripThoughts,
    answers_file,
)
from handeye.terminal.run_options import show_run


def score(
    predictions: Annotated[Path, answers_file("item_id")],
    data: AnySet = None,
    out: ResultOut = None,
    allow_missing: AllowMissing = False,
    split: AnySplit = None,
    items: Items = None,
    strip_thoughts: StripThoughts = False,
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Score a prediction file and write tables with intervals.

    Example: handeye contexts score predictions.jsonl --data SET --out RUN
    """
    from handeye.contexts.pages.console import print_run
    from handeye.contexts.scoring.file_scoring import score_files, score_so_far
    from handeye.errors import OptionError
    from handeye.progress import counting
    from handeye.scores.join import read_item_ids
    from handeye.terminal.inputs import answers_given, tell_marks

    chosen: dict[str, Any] = {"seed": seed}
    if strip_thoughts:
        chosen["strip_thoughts"] = True
    with answers_given(predictions, data, out, items) as given, counting("items") as progress:
        if given.items is not None:
            chosen["item_ids"] = read_item_ids(given.items)
        if given.run is not None:
            if split:
                raise OptionError("of a run that is not finished only --items chooses")
            scoring = partial(score_so_far, given.run, data=given.data, **chosen)
        else:
            chosen |= {"allow_missing": allow_missing, "split": split}
            scoring = partial(score_files, given.file, given.data, **chosen)
        scoring(out=given.out, progress=progress)
        show_run(given.out, partial(print_run, kept=given.kept), json)
        tell_marks(given.out, strip_thoughts, lambda aside: scoring(out=aside, strip_thoughts=True))
