"""``handeye train base``: the small model of grids, trained from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handeye.terminal.options import one_of
from handeye.training.lesson import SUPERVISION, supervised


def base(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Of the model; the same one goes on.")
    ],
    seed: Annotated[
        int, typer.Option(metavar="SEED", help="Decides the first weights and every scene.")
    ],
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="small, tiny (seconds, for tests), or blind: small, shown nothing.",
            autocompletion=one_of(lambda: ("small", "tiny", "blind")),
        ),
    ] = "small",
    supervision: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="patches: what each patch shows is told, too; answers: nothing but answers.",
            autocompletion=one_of(lambda: SUPERVISION),
        ),
    ] = "patches",
) -> None:
    """Train the small model from random weights on scenes made on the fly, and examine it.

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train base --out FOLDER --seed 1
    """
    from handeye.training.command import needs_torch, train_and_examine

    needs_torch()
    from handeye.rose.teaching.lesson import RoseLesson

    train_and_examine(RoseLesson(), out, preset, seed, **supervised(supervision))
