"""``handeye train stress``: a small model of the stress test, trained from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handeye.errors import OptionError
from handeye.terminal.options import one_of
from handeye.training.lesson import SUPERVISION, supervised


def stress(
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
            help="mini: about a million parameters; tiny: seconds, for tests.",
            autocompletion=one_of(lambda: ("mini", "tiny")),
        ),
    ] = "mini",
    supervision: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="patches: what each patch shows is told, too; answers: nothing but answers.",
            autocompletion=one_of(lambda: SUPERVISION),
        ),
    ] = "patches",
    cue_truth: Annotated[
        float, typer.Option(metavar="SHARE", help="Of the cues in training: how many are true.")
    ] = 0.8,
) -> None:
    """Train a small model on pictures and words about them that may be wrong, and examine it.

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train stress --out FOLDER --seed 1
    """
    from handeye.training.command import needs_torch, train_and_examine

    needs_torch()
    from handeye.stress.teaching.lesson import StressLesson

    if not 0 <= cue_truth <= 1:
        raise OptionError(f"cue_truth must lie in 0..1, got {cue_truth}")
    changes = {**supervised(supervision), "cue_truth": cue_truth}
    train_and_examine(StressLesson(), out, preset, seed, **changes)
