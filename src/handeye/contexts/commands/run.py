"""``handeye run contexts``: ask a model what is to be seen, and what is to be done."""

from __future__ import annotations

from typing import Annotated

import typer

from handeye.contexts.respondents.models import RESPONDENTS
from handeye.terminal.options import one_of
from handeye.terminal.run_options import Run, run_command


@run_command(
    "contexts", RESPONDENTS, data="Set folder, its contexts.yaml or .jsonl, or hf:OWNER/NAME."
)
def contexts(
    run: Run,
    scenes: Annotated[
        int | None, typer.Option(metavar="N", help="Only the first so many scenes.")
    ] = None,
    option_order: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of choices: set: drawn once for every question; shuffle:SEED: drawn anew.",
            autocompletion=one_of(lambda: ("set", "shuffle:1")),
        ),
    ] = "set",
    frames: Annotated[
        str | None,
        typer.Option(
            metavar="CHOICE",
            help="Of videos: 8, fps:2, seconds:0.5,1.5 or indices:0,10 (default 16).",
        ),
    ] = None,
    tools: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of calls: native, words (told, and called as JSON), or auto: natively where the "
            "provider takes them.",
            autocompletion=one_of(lambda: ("auto", "native", "words")),
        ),
    ] = "auto",
) -> None:
    """Ask a model what is to be seen in each scene and what is to be done, and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.

    Example: handeye run contexts --model openai/gpt-5.5 --data SET --out RUN
    """
    from handeye.contexts.asking.run import job, make_options
    from handeye.contexts.pages.console import print_run

    options = make_options(
        **run.options, scenes=scenes, option_order=option_order, frames=frames, tools=tools
    )
    run.carry_out(job(options), print_run)
