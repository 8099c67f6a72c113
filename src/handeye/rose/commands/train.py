"""``handeye train base``: the small model of grids, trained from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.errors import OptionError, allowed
from handeye.terminal.options import one_of

SUPERVISION: dict[str, dict[str, Any]] = {
    "patches": {},
    # The heads stay, so that a checkpoint is like any other, and nothing trains them.
    "answers": {"patch_weight": 0.0, "looking_steps": 0},
}
"""What a model is trained by, and how the recipe of a preset changes for it. One that was told what
its patches show has that where it was told; what states know by themselves shows in its twin."""


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

    if supervision not in SUPERVISION:
        raise OptionError(f"supervision is {supervision!r}{allowed(supervision, SUPERVISION)}")
    train_and_examine(RoseLesson(), out, preset, seed, **SUPERVISION[supervision])
