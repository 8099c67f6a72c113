"""``handeye run rose``: ask a model every item of a set."""

from __future__ import annotations

from typing import Annotated

import typer

from handeye.rose.respondents.models import RESPONDENTS
from handeye.terminal.run_options import Run, run_command


@run_command("rose", RESPONDENTS, data="Set folder, metadata file, or hf:OWNER/NAME.")
def rose(
    run: Run,
    scenes: Annotated[
        int | None, typer.Option(help="Only this many scenes, from every subset in turn.")
    ] = None,
    templates: Annotated[
        str | None,
        typer.Option(help="T1,T3 ...; main (default for a folder), bridges, all."),
    ] = None,
    subsets: Annotated[str | None, typer.Option(help="Only these, e.g. glyph,emoji-style.")] = None,
    order: Annotated[
        str, typer.Option(help="image_first, or authors: general text, picture, question.")
    ] = "image_first",
) -> None:
    """Ask a model every item of a ROSE set and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.
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
