"""``handeye visualact score``, ``judge``, ``rank``: what predictions are worth, and how surely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.printing import say, tell
from handeye.terminal.inputs import (
    StripThoughts,
    json_values,
    named_values,
    resumable,
    warn_of_keys,
)

if TYPE_CHECKING:
    from handeye.visualact.scoring.embedder import Embedder
    from handeye.visualact.scoring.options import Options

_EMBEDDER_HELP = (
    "all-MiniLM-L6-v2 (default; with =FOLDER its files there), test:char-ngrams, or others as in "
    "the docs of scoring."
)
JudgeModel = Annotated[
    str | None,
    typer.Option(
        "--judge", metavar="MODEL", help="Also let this model decide matches (judge.json)."
    ),
]
ModelArgs = Annotated[
    list[str] | None,
    typer.Option("--judge-arg", metavar="NAME=VALUE", help="Argument of the judge's provider."),
]
JudgeUrl = Annotated[
    str | None, typer.Option("--judge-url", help="Base URL of the judge's provider.")
]


def score(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS.jsonl",
            help="Answers, a line of JSON each with clip_id and raw_text; an Inspect log (.eval); "
            "or a run folder (so far, if unfinished).",
        ),
    ],
    data: Annotated[
        str | None, typer.Option(help="Set folder, published file, or hf:OWNER/NAME.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Folder of the result.")] = None,
    embedder: Annotated[str | None, typer.Option(metavar="ID", help=_EMBEDDER_HELP)] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Least similarity of a match (default 0.5).")
    ] = None,
    assignment: Annotated[
        str | None, typer.Option(help="assign-then-filter (default) or mask-then-assign.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Any other choice, such as averaging=pooled (docs of scoring).",
        ),
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option(help="Score what is there and mark the run as partial.")
    ] = False,
    split: Annotated[str, typer.Option(help="Clips of this split; all for every split.")] = "test",
    scenarios: Annotated[str | None, typer.Option(help="Only these, e.g. navigation,home.")] = None,
    clips: Annotated[int | None, typer.Option(help="Only the first N, over scenarios.")] = None,
    items: Annotated[
        Path | None, typer.Option(help="Only the clips whose ids stand in this file, one a line.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=NAME", help="Column of a published file."),
    ] = None,
    cache: Annotated[bool, typer.Option(help="Keep embeddings for the next time.")] = True,
    strip_thoughts: StripThoughts = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    judge: JudgeModel = None,
    judge_arg: ModelArgs = None,
    judge_url: JudgeUrl = None,
) -> None:
    """Score a prediction file by sentence similarity and write tables with intervals."""
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
                print_run(given.out, kept=given.kept)
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
        print_run(out)
        tell_marks(out, strip_thoughts, partial(scoring, strip_thoughts=True))
    if judge is not None:
        _judge(
            out,
            judge,
            json_values(named_values(judge_arg or [], "--judge-arg")),
            judge_url,
            cache=cache,
        )


def judge(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A scored run.")],
    model: Annotated[str, typer.Option(help="Who decides, e.g. openai/gpt-4o-mini.")],
    model_arg: Annotated[
        list[str] | None,
        typer.Option("-M", metavar="NAME=VALUE", help="Argument of the judge's provider."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Of the judge's provider.")] = None,
    connections: Annotated[int, typer.Option(help="Requests at a time.")] = 10,
    attempts: Annotated[int, typer.Option(help="Requests until an answer can be read.")] = 3,
    cache: Annotated[bool, typer.Option(help="Keep embeddings for the next time.")] = True,
) -> None:
    """Let a model decide which actions of a scored run mean the same; kept apart from the scores.

    Every judgement is written down as it arrives: stopped and run again, nothing is asked twice.
    """
    arguments = json_values(named_values(model_arg or [], "-M"))
    _judge(run, model, arguments, base_url, connections, attempts, cache=cache)


def rank(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN RUN ...", help="Scored runs over the same clips.")
    ],
    embedders: Annotated[
        str | None,
        typer.Option(help="Several, with commas. Default: the one the first run was scored with."),
    ] = None,
    thresholds: Annotated[
        str | None, typer.Option(help="Several, with commas. Default: 0.30 to 0.80 by 0.05.")
    ] = None,
    assignments: Annotated[
        str | None, typer.Option(help="assign-then-filter, mask-then-assign. Default: both.")
    ] = None,
    common: Annotated[bool, typer.Option(help="Rank on the clips that all runs have.")] = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures as JSON.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Keep embeddings for the next time.")] = True,
) -> None:
    """Ask whether the ranking of models holds under other embedders, thresholds, assignments."""
    from contextlib import ExitStack

    from handeye.atomic import check_places, write_output
    from handeye.scores.run_folder import expand, indented_json
    from handeye.scores.so_far import readable
    from handeye.visualact.comparing.scored_runs import rank_runs
    from handeye.visualact.comparing.sensitivity import ASSIGNMENTS
    from handeye.visualact.pages.console import print_ranking
    from handeye.visualact.scoring.file_scoring import score_so_far
    from handeye.visualact.scoring.options import SWEEP
    from handeye.visualact.scoring.run_folder import read_run

    check_places(json)
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
    if json is not None:  # before anything is printed: who reads may stop reading
        write_output(json, indented_json(found))
    print_ranking(found)
    if json is not None:
        say(f"written to {json}")


def _judge(
    run: Path,
    model: str,
    arguments: dict[str, Any],
    base_url: str | None,
    connections: int = 10,
    attempts: int = 3,
    *,
    cache: bool,
) -> None:
    from handeye.progress import counting
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
    print_judgement(found, run)


@contextmanager
def _embedding(name: str | None, cache: bool) -> Iterator[Embedder]:
    """The embedder with its cache; progress shows once there is something to compute."""
    from handeye.progress import counting
    from handeye.visualact.scoring.embedder import MINILM, load_embedder
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
