"""``handeye train premise``: a small model of clips, trained from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handeye.errors import OptionError
from handeye.terminal.options import one_of


def premise(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Of the model; the same one goes on.")
    ],
    seed: Annotated[
        int, typer.Option(metavar="SEED", help="Decides the first weights and every clip.")
    ],
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="small; mini: about a million parameters; tiny: seconds, for tests.",
            autocompletion=one_of(lambda: ("small", "mini", "tiny")),
        ),
    ] = "small",
    false_share: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Of questions with six options: how many have a false premise."
        ),
    ] = 0.5,
) -> None:
    """Train a small model on clips with true and false premises, and examine it.

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train premise --out FOLDER --seed 1 --preset mini
    """
    from handeye.training.command import needs_torch, train_and_examine

    needs_torch()
    from handeye.premise.teaching.lesson import PremiseLesson

    if not 0 <= false_share <= 1:
        raise OptionError(f"false_share must lie in 0..1, got {false_share}")
    train_and_examine(PremiseLesson(), out, preset, seed, false_share=false_share)
