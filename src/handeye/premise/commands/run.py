"""``handeye run premise``: show a model every clip and ask every question about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from handeye.premise.commands.sets import Kinds, MapField
from handeye.premise.respondents.models import RESPONDENTS
from handeye.terminal.options import Letters, one_of
from handeye.terminal.run_options import Run, run_command


def _variants() -> Iterable[str]:
    from handeye.premise.asking.prompts import VARIANTS

    return VARIANTS


def _routes() -> Iterable[str]:
    from handeye.premise.asking.route import AUTO, ROUTES

    return (AUTO, *ROUTES)


def _senses() -> Iterable[str]:
    return ("vision", "audio")


@run_command("premise", RESPONDENTS, data="Set folder, the published set, or hf:OWNER/NAME.")
def premise(
    run: Run,
    variant: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="six, check-first, no-question, true-false, true-false-explained or free.",
            autocompletion=one_of(_variants),
        ),
    ] = "six",
    questions: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="single: about one detail; two: about two at once; all.",
            autocompletion=one_of(lambda: ("single", "two", "all")),
        ),
    ] = "all",
    kinds: Kinds = None,
    families: Annotated[
        int | None, typer.Option(metavar="N", help="Only the first so many families of clips.")
    ] = None,
    media_input: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="native, frames+audio, frames or audio; auto: the most the provider takes.",
            autocompletion=one_of(_routes),
        ),
    ] = "auto",
    frames: Annotated[
        str,
        typer.Option(
            metavar="CHOICE", help="paper (50), 8, fps:2, seconds:0.5,1.5 or indices:0,10."
        ),
    ] = "paper",
    longest_side: Annotated[
        int, typer.Option(metavar="PIXELS", help="Of the frames; 0: full size.")
    ] = 768,
    option_order: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="set: as the set has it; paper: rejections last; shuffle:SEED.",
            autocompletion=one_of(lambda: ("set", "paper", "shuffle:1")),
        ),
    ] = "set",
    without: Annotated[
        str | None,
        typer.Option(
            metavar="CHOICE",
            help="Leave vision or audio out; there is no right answer about it then.",
            autocompletion=one_of(_senses),
        ),
    ] = None,
    blank: Annotated[
        str | None,
        typer.Option(
            metavar="CHOICE",
            help="Send black pictures (vision), silence (audio), or both.",
            autocompletion=one_of(lambda: (*_senses(), "both")),
        ),
    ] = None,
    swap: Annotated[
        bool, typer.Option("--swap", help="Show the clip of another family: no premise is true.")
    ] = False,
    letters: Letters = None,
    image_format: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of frames: jpeg or png.",
            autocompletion=one_of(lambda: ("jpeg", "png")),
        ),
    ] = "jpeg",
    map_field: MapField = None,
) -> None:
    """Ask a model every question of an IMAVB set and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.

    Example: handeye run premise --model google/gemini-3.1-pro --data SET --out RUN
    """
    from handeye.errors import OptionError, allowed
    from handeye.premise.asking.questions import frames_of
    from handeye.premise.asking.run import job, make_options
    from handeye.premise.pages.console import print_run
    from handeye.terminal.inputs import named_values

    for name, sense, known in (
        ("without", without, tuple(_senses())),
        ("blank", blank, (*_senses(), "both")),
    ):
        if sense is not None and sense not in known:
            raise OptionError(f"--{name} is {sense!r}{allowed(sense, known)}")
    asked = {
        f"without-{without}": without is not None,
        f"blank-{blank}": blank is not None,
        "swap": swap,
    }
    ablations = [name for name, given in asked.items() if given]
    if len(ablations) > 1:
        raise OptionError("give one of --without, --blank and --swap")
    options = make_options(
        **run.options,
        variant=variant,
        questions=questions,
        kinds=kinds,
        families=families,
        media_input=media_input,
        frames=frames_of(frames, longest_side or None),
        option_order=option_order,
        ablation=ablations[0] if ablations else "",
        letters=letters,
        image_format=image_format,
        mapping=named_values(map_field or [], "--map"),
    )
    run.carry_out(job(options), print_run)
