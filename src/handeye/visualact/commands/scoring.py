"""``handeye visualact score``, ``judge``, ``rank``: what predictions are worth, and how surely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.printing import tell
from handeye.terminal.inputs import json_values, named_values, resumable, warn_of_keys
from handeye.terminal.options import (
    STDOUT,
    AllowMissing,
    AnySet,
    BaseUrl,
    Common,
    EveryLine,
    Items,
    Json,
    ModelArg,
    OneRun,
    ResultOut,
    Seed,
    StripThoughts,
    TestSplit,
    answers_file,
    json_file,
    one_of,
    put_json,
    say_next,
    some_runs,
)
from handeye.terminal.run_options import show_run
from handeye.visualact.commands.sets import MapField, Scenarios

if TYPE_CHECKING:
    from handeye.scores.embedder import Embedder
    from handeye.visualact.scoring.options import Options


def _embedders() -> tuple[str, ...]:
    from handeye.scores.embedder import MINILM, NGRAMS

    return MINILM, NGRAMS


def _assignments() -> tuple[str, ...]:
    from handeye.visualact.comparing.sensitivity import ASSIGNMENTS

    return tuple(ASSIGNMENTS)


def _options_by_name() -> list[str]:
    from handeye.visualact.scoring.options import Options

    return [f"{name}=" for name in Options().to_dict()]


EmbedderName = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="NAME",
        help="What compares sentences: all-MiniLM-L6-v2 (default; with =FOLDER its files there), "
        "test:char-ngrams, or others as in the docs of scoring.",
        autocompletion=one_of(_embedders),
    ),
]
ScoringOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="Any other choice of scoring, such as averaging=pooled (docs of scoring).",
        autocompletion=one_of(_options_by_name),
    ),
]
Cache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Keep embeddings for the next time.")
]


def score(
    predictions: Annotated[Path, answers_file("clip_id")],
    data: AnySet = None,
    out: ResultOut = None,
    embedder: EmbedderName = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Least similarity of a match (default 0.5)."),
    ] = None,
    assignment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="assign-then-filter (default) or mask-then-assign.",
            autocompletion=one_of(_assignments),
        ),
    ] = None,
    option: ScoringOptions = None,
    allow_missing: AllowMissing = False,
    split: TestSplit = "test",
    scenarios: Scenarios = None,
    clips: Annotated[
        int | None, typer.Option(metavar="N", help="Only this many, from every scenario in turn.")
    ] = None,
    items: Items = None,
    map_: MapField = None,
    cache: Cache = True,
    strip_thoughts: StripThoughts = False,
    seed: Seed = 0,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge", metavar="MODEL", help="Also let this model decide matches (judge.json)."
        ),
    ] = None,
    model_arg: Annotated[
        list[str] | None,
        typer.Option(
            "--model-arg",
            "-M",
            "--judge-arg",
            metavar="NAME=VALUE",
            help="Argument of the judge's provider; several times for several.",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            "--judge-url",
            metavar="URL",
            help="Address of the judge's server (of OpenAI's kind or another).",
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Score a prediction file by sentence similarity and write tables with intervals.

    Example: handeye visualact score predictions.jsonl --data SET --out RUN
    """
    from msgspec import UNSET

    from handeye.errors import OptionError
    from handeye.run.plan import read_plan
    from handeye.scores.join import read_item_ids
    from handeye.terminal.inputs import answers_given, tell_marks
    from handeye.visualact.loader import load
    from handeye.visualact.pages.console import print_run
    from handeye.visualact.scoring.file_scoring import score_files, score_so_far

    options = _options(threshold, assignment, option or [])
    mapping = named_values(map_ or [], "--map", "FIELD=NAME")
    with answers_given(predictions, data, out, items) as given:
        if given.run is not None:
            if scenarios or clips or judge:
                raise OptionError(
                    "of a run that is not finished only --items chooses and none judges"
                )
            known = read_plan(given.run).scoring
            remembered = {} if known is UNSET else known
            with _embedding(embedder or remembered.get("embedder"), cache) as model:
                stripped: dict[str, Any] = {"strip_thoughts": True} if strip_thoughts else {}
                so_far = partial(
                    score_so_far,
                    given.run,
                    embedder=model,
                    options=options if threshold or assignment or option else None,
                    data=given.data,
                    mapping=mapping or None,
                    item_ids=read_item_ids(items) if items else None,
                    seed=seed,
                )
                so_far(given.out, **stripped)
                show_run(given.out, partial(print_run, kept=given.kept), json)
                tell_marks(given.out, strip_thoughts, partial(so_far, strip_thoughts=True))
            return
    predictions, data, out, items = given.file, given.data, given.out, given.items
    whole = load(data, split=split, mapping=mapping or None)
    wanted = read_item_ids(items) if items else None
    if scenarios or clips:
        some = load(
            data,
            split=split,
            scenarios=_list(scenarios) or None,
            clips=clips,
            mapping=mapping or None,
        )
        wanted = [c.clip_id for c in some if wanted is None or c.clip_id in wanted]
    for line in whole.taken:
        tell(line.words())
    with _embedding(embedder, cache) as model:
        scoring = partial(
            score_files,
            predictions,
            whole,
            embedder=model,
            options=options,
            allow_missing=allow_missing,
            item_ids=wanted,
            run_info={
                "selection": {"split": split, "scenarios": scenarios, "clips": clips},
                **({"mapping": mapping} if mapping else {}),
            },
            seed=seed,
        )
        scoring(out, strip_thoughts=strip_thoughts)
        show_run(out, print_run, json)
        tell_marks(out, strip_thoughts, partial(scoring, strip_thoughts=True))
    if judge is not None:
        arguments = json_values(named_values(model_arg or [], "--model-arg"))
        _judge(out, judge, arguments, base_url, cache=cache, quietly=json == STDOUT)


def judge(
    run: OneRun,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="Who decides, e.g. openai/gpt-4o-mini.")
    ],
    model_arg: ModelArg = None,
    base_url: BaseUrl = None,
    max_connections: Annotated[
        int,
        typer.Option("--max-connections", "--connections", metavar="N", help="Requests at a time."),
    ] = 10,
    max_retries: Annotated[
        int, typer.Option(metavar="N", help="Further attempts until an answer can be read.")
    ] = 2,
    # All attempts, not the further ones: no other spelling of --max-retries.
    attempts: Annotated[
        int | None, typer.Option("--attempts", metavar="N", hidden=True, help="All attempts.")
    ] = None,
    cache: Cache = True,
    json: Json = None,
) -> None:
    """Let a model decide which actions of a scored run mean the same; kept apart from the scores.

    Every judgement is written down as it arrives: stopped and run again, nothing is asked twice.

    Example: handeye visualact judge RUN --model openai/gpt-4o-mini
    """
    from handeye.errors import within

    arguments = json_values(named_values(model_arg or [], "--model-arg"))
    if attempts is None:
        attempts = within("--max-retries", max_retries, 0, 99) + 1
    within("--max-connections", max_connections, 1, 10_000)
    _judge(run, model, arguments, base_url, max_connections, attempts, cache=cache, json=json)


def rank(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_A RUN_B [RUN_C ...]",
            help="Scored runs over the same clips.",
            autocompletion=some_runs,
        ),
    ],
    embedders: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Several, with commas. Default: the one the first run was scored with.",
            autocompletion=one_of(_embedders, several=True),
        ),
    ] = None,
    thresholds: Annotated[
        str | None,
        typer.Option(metavar="SHARES", help="Several, with commas. Default: 0.30 to 0.80 by 0.05."),
    ] = None,
    assignments: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="assign-then-filter, mask-then-assign. Default: both.",
            autocompletion=one_of(_assignments, several=True),
        ),
    ] = None,
    common: Common = False,
    seed: Seed = 0,
    every_line: EveryLine = False,
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Ask whether the ranking of models holds under other embedders, thresholds, assignments.

    Example: handeye visualact rank RUN_A RUN_B
    """
    from contextlib import ExitStack

    from handeye.atomic import check_places
    from handeye.scores.run_folder import expand, indented_json
    from handeye.scores.so_far import readable
    from handeye.visualact.comparing.scored_runs import rank_runs
    from handeye.visualact.comparing.sensitivity import ASSIGNMENTS
    from handeye.visualact.pages.console import print_ranking
    from handeye.visualact.scoring.file_scoring import score_so_far
    from handeye.visualact.scoring.options import SWEEP
    from handeye.visualact.scoring.run_folder import read_run

    check_places(json_file(json))
    runs = readable(expand(runs), score_so_far)
    names = _list(embedders) or [str(read_run(runs[0]).info["embedder"]["name"])]
    with ExitStack() as stack:
        found = rank_runs(
            runs,
            [stack.enter_context(_embedding(name, cache)) for name in names],
            thresholds=[_number("--thresholds", text) for text in _list(thresholds)] or SWEEP,
            assignments=_list(assignments) or ASSIGNMENTS,  # type: ignore[arg-type]  # checked there
            common=common,
            seed=seed,
        )
    if not put_json(json, indented_json(found)):
        print_ranking(found, every_line=every_line)
        say_next("compare", *runs, "--out", "compare.html")


def _judge(
    run: Path,
    model: str,
    arguments: dict[str, Any],
    base_url: str | None,
    connections: int = 10,
    attempts: int = 3,
    *,
    cache: bool,
    json: str | None = None,
    quietly: bool = False,
) -> None:
    from handeye.progress import counting
    from handeye.scores.run_folder import indented_json
    from handeye.visualact.judge.runs import judge_run
    from handeye.visualact.pages.console import print_judgement
    from handeye.visualact.scoring.run_folder import read_run

    warn_of_keys({"-M": arguments, "--base-url": {"": base_url}})
    opened = read_run(run)
    with (
        _embedding(str(opened.info["embedder"]["name"]), cache) as embedder,
        counting("judgements") as progress,
        resumable(run),
    ):
        found = judge_run(
            opened,
            model,
            embedder,
            model_args=arguments,
            base_url=base_url,
            connections=connections,
            attempts=attempts,
            progress=progress,
        )
    if not quietly and not put_json(json, indented_json(found)):
        print_judgement(found, run)
        say_next("report", run, "--out", "report.html")


@contextmanager
def _embedding(name: str | None, cache: bool) -> Iterator[Embedder]:
    """The embedder with its cache; progress shows once there is something to compute."""
    from handeye.progress import counting
    from handeye.scores.embedder import MINILM, load_embedder
    from handeye.visualact.scoring.embedding_cache import CachedEmbedder, cache_path

    loaded = load_embedder(MINILM if name is None else name)
    if not cache:
        yield loaded
        return
    with counting("embedded texts") as progress:
        cached = CachedEmbedder(loaded, cache_path(), progress)
        yield cached
    if cached.problem:
        tell(f"embeddings were not kept: {cached.problem}")


def _options(threshold: float | None, assignment: str | None, pairs: list[str]) -> Options:
    from handeye.visualact.scoring.options import Options

    named: dict[str, Any] = dict(named_values(pairs, "--option"))
    if "threshold" in named:
        named["threshold"] = _number("threshold", named["threshold"])
    given = {"threshold": threshold, "assignment": assignment}
    return Options.of(named | {name: value for name, value in given.items() if value is not None})


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _number(what: str, text: str) -> float:
    from handeye.errors import OptionError

    try:
        return float(text)
    except ValueError:
        raise OptionError(f"{what}: {text!r} is not a number") from None
