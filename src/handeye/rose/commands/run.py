"""``handeye run rose``: ask a model every item of a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from handeye.rose.respondents.models import RESPONDENTS
from handeye.terminal.options import one_of
from handeye.terminal.run_options import Run, run_command


def template_names() -> Sequence[str]:
    """What ``--templates`` takes."""
    from handeye.rose.questions import BY_KEY

    return (*BY_KEY, "main", "bridges", "all")


def _subsets() -> Sequence[str]:
    from handeye.rose.questions import SUBSETS

    return tuple(SUBSETS)


@run_command("rose", RESPONDENTS, data="Set folder, metadata file, or hf:OWNER/NAME.")
def rose(
    run: Run,
    scenes: Annotated[
        int | None,
        typer.Option(metavar="N", help="Only this many scenes, from every subset in turn."),
    ] = None,
    templates: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="T1,T3 ...; main (default for a folder), bridges, all.",
            autocompletion=one_of(template_names, several=True),
        ),
    ] = None,
    subsets: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Only these, e.g. glyph,emoji-style.",
            autocompletion=one_of(_subsets, several=True),
        ),
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="image_first, or authors: general text, picture, question.",
            autocompletion=one_of(lambda: ("image_first", "authors")),
        ),
    ] = "image_first",
) -> None:
    """Ask a model every item of a ROSE set and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.

    Example: handeye run rose --model openai/gpt-5.5 --data SET --out RUN
    """
    from handeye.rose.asking.prompts import check_order, default_templates
    from handeye.rose.asking.run import RoseOptions, job
    from handeye.rose.pages.console import print_run

    options = RoseOptions(
        **run.options,
        scenes=scenes,
        templates=templates or default_templates(run.options["data"]),
        subsets=subsets,
        order=check_order(order),
    )
    run.carry_out(job(options), print_run)
