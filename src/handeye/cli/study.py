"""``handeye study``: people answer items; their answers are exported and compared."""

from __future__ import annotations

import json as json_
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.cli.grammar import Command, framed
from handeye.errors import DataError, HandeyeError, OptionError, refusal
from handeye.hashing import open_regular
from handeye.printing import say, tell
from handeye.terminal.options import (
    Json,
    OldSet,
    Seed,
    json_file,
    one_of,
    put_json,
    say_next,
    some_sets,
)

if TYPE_CHECKING:
    from handeye.suite import AsksPeople, Suite

app = typer.Typer(
    help="A human baseline: a small web page where people answer items.", no_args_is_help=True
)

StudyFile = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The study file, such as study-SET.sqlite.")
]


def _people(data: str) -> AsksPeople:
    """What the suite of a set gives to put its items to people."""
    from handeye.suites import all_suites, suite_of_set

    asking = [suite for suite in all_suites() if suite.people is not None]
    try:
        suite = suite_of_set(data)
    except DataError:
        # Neither its record nor the names of its files tell: who alone can read it asks.
        able = [suite for suite in asking if _reads(suite, data)]
        if len(able) != 1:
            raise
        suite = able[0]
    if suite.people is None:
        raise OptionError(f"{data}: the suite {suite.title} puts no items to people (yet)")
    return suite.people()


def _reads(suite: Suite, data: str) -> bool:
    try:
        return len(suite.load(data, split=None)) > 0
    except HandeyeError:
        return False


def serve(
    context: typer.Context,
    data: OldSet,
    items: Annotated[
        int | None,
        typer.Option(
            "--per-person",
            "--items",
            metavar="N",
            help="Items for each person (default 50).",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(metavar="N", help="Port of the page; 0 takes a free one.")
    ] = 8000,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="STUDY", help="Study file (default study-SET.sqlite); goes on if there."
        ),
    ] = None,
    templates: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Kinds of items, such as T1,T3, main (default) or all."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only this split: test (default), dev, or all.",
            autocompletion=one_of(lambda: ("test", "dev", "all")),
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="SEED", help="Of choice and orders (default 0).")
    ] = None,
    overlap: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of items all people have in common (default 1)."),
    ] = None,
    rulers: Annotated[
        bool | None,
        typer.Option(
            "--rulers/--no-rulers", help="Row and column numbers, which models do not get."
        ),
    ] = None,
    practice: Annotated[
        bool | None, typer.Option("--practice/--no-practice", help="Practice items first.")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Others than this need a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            envvar="HANDEYE_STUDY_TOKEN",
            help="Secret in every link, 12 characters; better in the variable or a file.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File that holds the token.")
    ] = None,
) -> None:
    """Serve a study until Ctrl-C; run again with the same --out it goes on where it was.

    Example: handeye study serve SET --per-person 50 --port 8000
    """
    from handeye.study.serve import check_token, default_file, serve as run
    from handeye.study.session import open_study

    source = context.get_parameter_source("token")
    if token_file is not None:
        token = _token_in(token_file, token)
    elif source is not None and source.name == "COMMANDLINE":
        tell(
            "warning: `ps` shows --token to everybody on this machine; better set "
            "HANDEYE_STUDY_TOKEN or give --token-file"
        )
    check_token(host, token)
    file = out or default_file(data)
    study = open_study(
        _people(data),
        data,
        file,
        items=items,
        seed=seed,
        templates=templates,
        split=split,
        overlap=overlap,
        rulers=rulers,
        practice=practice,
    )

    def listening(link: str) -> None:
        say(f"answers go to {file}; stop with Ctrl-C\nopen {link}")

    try:
        run(study, host=host, port=port, token=token, say=listening)
    except KeyboardInterrupt:
        say(f"stopped; the same command goes on with {file}")
        say_next("study", "export", file, "--out", "people")
        raise typer.Exit(130) from None


# Bytes of a file that holds a token; addresses and cookies carry no more.
_LONGEST_TOKEN = 4096


def _token_in(file: Path, other: str | None) -> str:
    if other is not None:
        raise OptionError("give either --token or --token-file")
    try:
        with open_regular(file) as stream:
            content = stream.read(_LONGEST_TOKEN + 1)
        token = content.decode("utf-8").strip()
    except (OSError, ValueError) as error:
        reason = refusal(error) if isinstance(error, OSError) else "not a text"
        raise OptionError(f"{file}: cannot be read: {reason}") from None
    if len(content) > _LONGEST_TOKEN or not token.isprintable() or not token:
        raise OptionError(f"{file}: must hold the token in one line")
    return token


def export(
    study: StudyFile,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Of the prediction files.")],
) -> None:
    """Write a prediction file for each person, and the times.

    Scored like a model's: handeye SUITE score FOLDER/01-NAME.jsonl --data SET --out RUN
    --items FOLDER/01-NAME.items.txt

    Example: handeye study export STUDY --out people
    """
    from handeye.study.export import export as write

    for path in write(study, out):
        say(f"{path}")
    say(f"{out / 'times.csv'}")


def agreement(
    study: StudyFile,
    data: Annotated[
        str, typer.Option(metavar="SET", help="The set of the study.", autocompletion=some_sets)
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The row, for 'handeye report --human'.")
    ] = Path("human.json"),
    finished: Annotated[
        bool, typer.Option("--finished", help="Only people who answered all their items.")
    ] = False,
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Tell how far people agree, and write the human row for the report.

    Example: handeye study agreement STUDY --data SET --out human.json
    """
    from handeye.atomic import check_places
    from handeye.study.agreement import agreement as measure, write_agreement
    from handeye.study.console import print_agreement

    check_places(out, json_file(json))
    found = measure(_people(data), study, data, finished_only=finished, seed=seed)
    write_agreement(out, found)
    if put_json(json, json_.dumps(found, indent=1, ensure_ascii=False)):
        return
    print_agreement(found)
    say(f"written to {out}")


def _exported(given: Mapping[str, Any]) -> None:
    say_next("study", "agreement", given["study"], "--data", "SET", "--out", "human.json")


def _agreed(given: Mapping[str, Any]) -> None:
    say_next("report", "RUN", "--human", given["out"], "--out", "report.html")


app.command("serve", cls=Command)(framed(serve))
app.command("export", cls=Command)(framed(export, _exported))
app.command("agreement", cls=Command)(framed(agreement, _agreed))
