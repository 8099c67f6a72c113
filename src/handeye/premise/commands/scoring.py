"""``handeye premise score``, ``judge``: what answers and their reasons are worth."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.premise.commands.sets import MapField
from handeye.terminal.options import (
    AllowMissing,
    AnySet,
    AnySplit,
    BaseUrl,
    Items,
    Json,
    ModelArg,
    OneRun,
    ResultOut,
    Seed,
    StripThoughts,
    answers_file,
    one_of,
    put_json,
    say_next,
)
from handeye.terminal.run_options import show_run


def _questions() -> tuple[str, ...]:
    return "single", "two", "all"


def score(
    predictions: Annotated[Path, answers_file("item_id")],
    data: AnySet = None,
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


def judge(
    run: OneRun,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Who judges, e.g. openai/gpt-5.5.")
    ] = None,
    people: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sheet that people filled in (CSV).")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a sheet for people instead (CSV).")
    ] = None,
    planted: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Items for each kind of planted explanation, which check the judge; 0: none.",
        ),
    ] = 10,
    model_arg: ModelArg = None,
    base_url: BaseUrl = None,
    max_connections: Annotated[int, typer.Option(metavar="N", help="Requests at a time.")] = 10,
    max_retries: Annotated[
        int, typer.Option(metavar="N", help="Further attempts until an answer can be read.")
    ] = 2,
    price: Annotated[
        str | None,
        typer.Option(metavar="IN:OUT", help="Dollars per million tokens, to tell the cost."),
    ] = None,
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Have the explanations of a run judged, by a model or by people; kept apart from the scores.

    Every judgement is written down as it arrives: stopped and run again, nothing is asked twice.

    Example: handeye premise judge RUN --model openai/gpt-5.5
    """
    from handeye.errors import OptionError, within
    from handeye.premise.judge.people import judged_by_people, write_sheet
    from handeye.premise.judge.runs import explanations_of, judge_run
    from handeye.premise.pages.console import print_judgement
    from handeye.premise.scoring.run_folder import read_run
    from handeye.printing import noun, tell
    from handeye.progress import counting
    from handeye.run.prices import parse_price
    from handeye.scores.run_folder import indented_json
    from handeye.terminal.inputs import json_values, named_values, resumable, warn_of_keys

    if sum(one is not None for one in (model, people, sheet)) != 1:
        raise OptionError("give one of --model, --people and --sheet")
    within("--planted", planted, 0, 1000)
    within("--max-connections", max_connections, 1, 10_000)
    attempts = within("--max-retries", max_retries, 0, 99) + 1
    arguments = json_values(named_values(model_arg or [], "--model-arg"))
    warn_of_keys({"-M": arguments, "--base-url": {"": base_url}})
    opened = read_run(run)
    if sheet is not None:
        count = write_sheet(explanations_of(opened), sheet, seed=seed)
        tell(
            f"{count:,} {noun(count, 'explanations')} in {sheet}: write right or wrong behind each"
        )
        say_next("premise", "judge", run, "--people", sheet)
        return
    if people is not None:
        found = judged_by_people(explanations_of(opened), people, seed=seed)
    else:
        with counting("judgements") as progress, resumable(run):
            found = judge_run(
                opened,
                str(model),
                planted=planted,
                base_url=base_url,
                model_args=arguments,
                connections=max_connections,
                attempts=attempts,
                price=None if price is None else parse_price(price),
                seed=seed,
                progress=progress,
            )
    if not put_json(json, indented_json(found)):
        print_judgement(found, run)
        say_next("report", run, "--out", "report.html")
