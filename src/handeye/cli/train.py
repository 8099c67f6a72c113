"""``handeye train``: small vision-language models of our own, trained from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.cli.grammar import Command, framed
from handeye.errors import RunError
from handeye.suites import all_suites
from handeye.terminal.options import Json, put_json, say_next, some_sets

if TYPE_CHECKING:
    from handeye.suite import Teaches

app = typer.Typer(
    help=r"Train a small vision-language model (needs handeye\[train]).", no_args_is_help=True
)
_TEACHING = [suite for suite in all_suites() if suite.train_command is not None]


def examine(
    directory: Annotated[Path, typer.Argument(metavar="FOLDER", help="Of a trained model.")],
    scenes: Annotated[
        int, typer.Option(metavar="N", help="Scenes of seen and of held-out art, each.")
    ] = 200,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Of the test scenes.")] = 0,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="SET", help="Ask about this set's scenes instead.", autocompletion=some_sets
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Ask a trained model about new scenes: PASS by template, seen and held-out art.

    Example: handeye train examine FOLDER --scenes 200
    """
    import json as json_

    from handeye.training.command import examined, needs_torch

    needs_torch()
    lesson = _lesson_of(directory)
    found = examined(lesson, directory, seed=seed, scenes=scenes, data=data)
    # Before anything is printed: who reads may stop reading.
    if not put_json(json, json_.dumps(found, indent=1).encode()):
        lesson.tell(found)


def _lesson_of(directory: Path) -> Teaches:
    """What a model was taught; of the first suite that teaches where its folder does not say.

    Raises:
        RunError: it was taught something that is not installed.
    """
    from handeye.reading import read_json
    from handeye.respondents.local.identity import CARD

    card = directory / CARD
    name = read_json(card).get("suite") if card.is_file() else None
    for suite in _TEACHING:
        if suite.teaches is not None and name in (None, suite.name):
            return suite.teaches()
    raise RunError(f"{card}: trained for {name!r}; no suite of that name teaches here")


def _trained(given: dict[str, Any]) -> None:
    say_next("train", "examine", given["out"])


for number, suite in enumerate(_TEACHING):
    assert suite.train_command is not None
    # That of the first suite is older than there being several.
    named = suite.name if number else "base"
    app.command(named, cls=Command)(framed(suite.train_command.get(), _trained))
app.command("examine", cls=Command)(framed(examine))
