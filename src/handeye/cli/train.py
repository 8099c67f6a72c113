"""``handeye train``: small models of our own from nothing, and stages for any model by recipe."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.cli.grammar import Command, framed
from handeye.errors import RunError
from handeye.printing import say
from handeye.suites import all_suites
from handeye.terminal.options import Json, one_of, put_json, say_next, some_sets

if TYPE_CHECKING:
    from handeye.suite import Teaches
    from handeye.training.recipes import Recipe
    from handeye.training.targets import PictureTruth

app = typer.Typer(
    help=r"Train a small model of ours, or any model by a recipe (needs handeye\[train]).",
    no_args_is_help=True,
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


def _recipes() -> Iterable[str]:
    from handeye.training.recipes import shipped

    return shipped()


Config = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Of the recipe: one that ships, or a YAML file.",
        autocompletion=one_of(_recipes),
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        metavar="SET",
        help="What is shown, in place of what the recipe names: a set, or a file of COCO.",
        autocompletion=some_sets,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Try the shapes on a small model of the same class; nothing is trained."
    ),
]


def perception(
    config: Config,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Of the encoder; the same one goes on.")
    ] = None,
    data: Data = None,
    seed: Annotated[
        int, typer.Option(metavar="SEED", help="Decides first weights and the order of pictures.")
    ] = 0,
    dry_run: DryRun = False,
    json: Json = None,
) -> None:
    """Train a vision encoder on what its tokens show, and probe it before and after.

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train perception --config tiny --data SET --out FOLDER
    """
    import json as json_

    from handeye.errors import OptionError
    from handeye.training.command import needs_torch, telling
    from handeye.training.recipes import read_recipe

    recipe = _shown(read_recipe(config), data)
    course = recipe.stage("perception")
    needs_torch()
    if dry_run:
        from handeye.training.perception import dry_run as tried

        known = bool(recipe.data.set or recipe.data.truths)
        found = tried(recipe, *(_truths(recipe) if known else (None, ())))
        if not put_json(json, json_.dumps(found, indent=1)):
            for name, value in found.items():
                say(f"{name}: {json_.dumps(value)}")
        return
    if out is None:
        raise OptionError("give the encoder a folder with --out, or try the recipe with --dry-run")
    root, truths = _truths(recipe)
    from handeye.training.perception import told, train_perception
    from handeye.training.probes import table

    def facts(losses: Any) -> list[str]:
        return [f"loss {losses['loss']:.3f}", f"names of things {losses['named']:.0%}"]

    with telling(course.steps, facts) as progress:
        card = train_perception(recipe, root, truths, out, seed, progress=progress)
    if put_json(json, json_.dumps(card, indent=1)) or not card:
        return
    from handeye.terminal.console import Console
    from handeye.terminal.tables import print_table

    pictures = card["data"]
    say(
        f"{out}: {card['encoder']}, {card['grid'][0]} x {card['grid'][1]} tokens of a picture; "
        f"{pictures['pictures']:,} pictures of {pictures['scenes']:,} scenes, "
        f"{pictures['held out']:,} held out"
    )
    if found := told(card):
        drawn = table(found, card["random"])
        print_table(Console(), drawn, caption=f"{drawn.legend}. {drawn.note}")


def _shown(recipe: Recipe, data: str | None) -> Recipe:
    """A recipe with what it is to show in place of what it names."""
    from msgspec.structs import replace

    if data is None:
        return recipe
    named = {"truths": data, "set": ""} if Path(data).suffix == ".json" else {"set": data}
    return replace(recipe, data=replace(recipe.data, **named))


def _truths(recipe: Recipe) -> tuple[Path, Iterable[PictureTruth]]:
    """Folder of the pictures, and what they show.

    Raises:
        OptionError: the recipe names nothing to be shown, or a set of which that is not known.
    """
    from handeye.errors import OptionError
    from handeye.suites import suite_of_set
    from handeye.training.coco import coco

    given = recipe.data
    if given.truths:
        root = Path(given.pictures) if given.pictures else Path(given.truths).parent
        return root, coco(Path(given.truths), root)
    if not given.set:
        raise OptionError(
            "the recipe names no pictures (data.set, data.truths); give a set, or a file of COCO, "
            "with --data"
        )
    suite = suite_of_set(given.set)
    if suite.perceived is None:
        able = ", ".join(one.name for one in all_suites() if one.perceived is not None)
        raise OptionError(
            f"{suite.title} does not say what its pictures show; suites that do: {able}"
        )
    items = suite.load(given.set, split=given.split or None)
    return items.root, suite.perceived(items)


def _encoded(given: dict[str, Any]) -> None:
    if not given["dry_run"]:
        say_next("train", "joint", "--config", given["config"], "--out", "FOLDER")


def _trained(given: dict[str, Any]) -> None:
    say_next("train", "examine", given["out"])


for number, suite in enumerate(_TEACHING):
    assert suite.train_command is not None
    # That of the first suite is older than there being several.
    named = suite.name if number else "base"
    app.command(named, cls=Command)(framed(suite.train_command.get(), _trained))
app.command("perception", cls=Command)(framed(perception, _encoded))
app.command("examine", cls=Command)(framed(examine))
