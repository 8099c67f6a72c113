"""``handeye study``: people answer items; their answers are exported and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handeye.errors import DataError, OptionError

if TYPE_CHECKING:
    from handeye.suite import AsksPeople

app = typer.Typer(help="A human baseline: a small web page where people answer items.")

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.sqlite", help="The study file.")]


def _people(data: str) -> AsksPeople:
    """What the suite of a set gives to put its items to people."""
    from handeye.suites import all_suites, suite_of_set

    asking = [suite for suite in all_suites() if suite.people is not None]
    try:
        suite = suite_of_set(data)
    except DataError:
        # Neither its record nor the names of its files tell: whoever alone asks people reads it.
        if len(asking) != 1:
            raise
        suite = asking[0]
    if suite.people is None:
        raise OptionError(f"{data}: the suite {suite.title} puts no items to people (yet)")
    return suite.people()


@app.command()
def serve(
    data: Annotated[str, typer.Argument(metavar="DIR", help="Set with its pictures.")],
    items: Annotated[
        int | None, typer.Option(help="Items for each person (default 50).", show_default=False)
    ] = None,
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8000,
    out: Annotated[
        Path | None, typer.Option(help="Study file (default study-DIR.sqlite); goes on if there.")
    ] = None,
    templates: Annotated[
        str | None, typer.Option(help="Kinds of items, such as T1,T3, main (default) or all.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="test (default), dev or all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of choice and orders (default 0).")] = None,
    overlap: Annotated[
        float | None, typer.Option(help="Share of items all people have in common (default 1).")
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
    host: Annotated[str, typer.Option(help="Address; others than this need a token.")] = (
        "127.0.0.1"
    ),
    token: Annotated[
        str | None,
        typer.Option(envvar="HANDEYE_STUDY_TOKEN", help="Secret in every link, 12 characters."),
    ] = None,
) -> None:
    """Serve a study until Ctrl-C; run again with the same --out it goes on where it was."""
    from handeye.study.serve import check_token, default_file, serve as run
    from handeye.study.session import open_study

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

    def say(link: str) -> None:
        typer.echo(f"answers go to {file}; stop with Ctrl-C\nopen {link}")

    try:
        run(study, host=host, port=port, token=token, say=say)
    except KeyboardInterrupt:
        typer.echo(f"stopped; the same command goes on with {file}")


@app.command()
def export(
    study: StudyFile,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the prediction files.")],
) -> None:
    """Write one prediction file a person, as `handeye SUITE score` takes it, and the times."""
    from handeye.study.export import export as write

    for path in write(study, out):
        typer.echo(f"{path}")
    typer.echo(f"{out / 'times.csv'}")


@app.command()
def agreement(
    study: StudyFile,
    data: Annotated[str, typer.Option(metavar="DIR", help="The set of the study.")],
    out: Annotated[
        Path, typer.Option(metavar="HUMAN.json", help="For `handeye report --human`.")
    ] = Path("human.json"),
    finished: Annotated[
        bool, typer.Option("--finished", help="Only people who answered all their items.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the intervals.")] = 0,
) -> None:
    """Tell how far people agree, and write the human row for the report."""
    from handeye.study.agreement import agreement as measure, write_agreement
    from handeye.study.console import print_agreement

    found = measure(_people(data), study, data, finished_only=finished, seed=seed)
    write_agreement(out, found)
    print_agreement(found)
    typer.echo(f"written to {out}")
