"""``handeye run stress``: show a model every picture and ask every question about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from handeye.stress.commands.sets import Families
from handeye.stress.respondents.models import RESPONDENTS
from handeye.terminal.options import Letters, one_of
from handeye.terminal.run_options import Run, run_command


def _cues() -> Iterable[str]:
    from handeye.stress.items import CUES

    return ("none", *filter(None, CUES))


def _ways() -> Iterable[str]:
    from handeye.stress.scoring.predictions import WAYS

    return WAYS


@run_command(
    "stress",
    RESPONDENTS,
    data="Set folder, one of its files, a published set of others, or hf:OWNER/NAME.",
)
def stress(
    run: Run,
    form: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of answers: free (a word or a number) or letters (of options).",
            autocompletion=one_of(lambda: ("free", "letters")),
        ),
    ] = "free",
    families: Families = None,
    cues: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Beside what has no cue only these kinds (default all that the set has); none.",
            autocompletion=one_of(_cues, several=True),
        ),
    ] = None,
    groups: Annotated[
        int | None, typer.Option(metavar="N", help="Only the first so many groups.")
    ] = None,
    state_first: Annotated[
        bool,
        typer.Option("--state-first", help="Ask for what is seen before the answer, and score it."),
    ] = False,
    way: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How a question is put: plain; detector (the set's own boxes are told); agent "
            "(describe, check, answer); written (facts, then an answer, between tags).",
            autocompletion=one_of(_ways),
        ),
    ] = "plain",
    option_order: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of letters: set: as the set has it; shuffle:SEED.",
            autocompletion=one_of(lambda: ("set", "shuffle:1")),
        ),
    ] = "set",
    cue_order: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Where a cue of words stands: set: as the set has it; before or behind the "
            "question.",
            autocompletion=one_of(lambda: ("set", "before", "behind")),
        ),
    ] = "set",
    grey: Annotated[
        bool, typer.Option("--grey", help="Show a grey picture in place of each.")
    ] = False,
    swap: Annotated[
        bool, typer.Option("--swap", help="Show the picture of another group in place of each.")
    ] = False,
    letters: Letters = None,
) -> None:
    """Ask a model every question of a stress test and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.

    Example: handeye run stress --model openai/gpt-5.5 --data SET --out RUN
    """
    from handeye.errors import OptionError
    from handeye.stress.asking.run import job, make_options
    from handeye.stress.pages.console import print_run

    if grey and swap:
        raise OptionError("give one of --grey and --swap")
    if letters and form == "free":
        raise OptionError("log-probabilities are of letters: give --form letters, too")
    options = make_options(
        **run.options,
        form=form,
        families=families,
        cues=cues,
        groups=groups,
        state_first=state_first,
        way=way,
        option_order=option_order,
        cue_order=cue_order,
        ablation="grey" if grey else "swap" if swap else "",
        letters=letters,
    )
    run.carry_out(job(options), print_run)
