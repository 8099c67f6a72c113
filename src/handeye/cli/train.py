"""``handeye train``: a small vision-language model of our own, trained from nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.cli.grammar import Command, framed
from handeye.errors import OptionError
from handeye.printing import tell
from handeye.progress import hushed
from handeye.run.versions import check_version
from handeye.terminal.options import Json, one_of, put_json, say_next, some_sets

if TYPE_CHECKING:
    from handeye.training.questions import Papers
    from handeye.training.recipe import Recipe

app = typer.Typer(
    help=r"Train a small vision-language model (needs handeye\[train]).", no_args_is_help=True
)


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
) -> None:
    """Train the small model from random weights on scenes made on the fly, and examine it.

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train base --out FOLDER --seed 1
    """
    needs_torch()
    from handeye.atomic import write_output
    from handeye.training.questions import own_papers
    from handeye.training.recipe import recipe_of
    from handeye.training.training_run import CARD, claim, steps_done, train

    recipe = recipe_of(preset)
    if not 0 <= seed < 2**32:
        raise OptionError(f"seed must lie in 0..2^32-1, got {seed}")
    claim(out, recipe, seed)
    if (out / CARD).exists():
        tell(f"{out} is trained already (see {CARD}); it is only examined again")
    elif done := steps_done(out):
        tell(f"going on in {out} after step {done} of {recipe.steps}")
    with _telling(recipe) as progress:
        train(out, recipe, seed, progress)
    # Always the same test scenes: models of different seeds differ by their training alone.
    scenes = recipe.examined_scenes
    found = _examine(out, own_papers(0, scenes), seed=0, scenes=scenes)
    write_output(out / "examination.json", _text(found))
    _print(found)


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
    needs_torch()
    from handeye.training.questions import own_papers, set_papers

    if scenes < 1:
        raise OptionError(f"scenes must be at least 1, got {scenes}")
    if data is not None:
        found = _examine(directory, set_papers(data), set=data.name)
    else:
        found = _examine(directory, own_papers(seed, scenes), seed=seed, scenes=scenes)
    # Before anything is printed: who reads may stop reading.
    if not put_json(json, _text(found)):
        _print(found)


def needs_torch() -> None:
    """Make sure that the extra is installed.

    Raises:
        OptionError: it is not; says how to install it.
    """
    from importlib.util import find_spec

    missing = [name for name in ("torch", "transformers", "accelerate") if not find_spec(name)]
    if missing:
        raise OptionError(
            f"training needs {', '.join(missing)}; install them with: pip install '.[train]'"
        )
    check_version("transformers")


@contextmanager
def _telling(recipe: Recipe) -> Iterator[Callable[[int, int, dict[str, float]], None]]:
    """Give what shows log lines: a bar on a terminal, else lines.

    The time left is at the speed since the line before.
    """
    from handeye.progress import Moment, bar, clock_text, moves

    with ExitStack() as stack:
        last: tuple[int, float] | None = None
        at = Moment(0, recipe.steps)

        def show(step: int, steps: int, losses: dict[str, float]) -> None:
            nonlocal last, at
            now, new = time.monotonic(), last is None
            facts = [
                f"answers {losses['answer_loss']:.3f}",
                f"patches {losses['patch_loss']:.3f}",
                f"exceptions {losses['odd_recall']:.0%}",
            ]
            if last and step < steps:
                speed = (recipe.work(step) - recipe.work(last[0])) / (now - last[1])
                left = (recipe.work(steps) - recipe.work(step)) / speed
                facts.insert(0, f"{clock_text(left)} left")
            last, at = (step, now), Moment(step, steps, tuple(facts))
            if hushed():
                return
            if not moves_here:
                tell(f"step {step} of {steps}: {', '.join(facts)}")
            elif new:
                stack.enter_context(bar("steps", lambda: at))

        moves_here = moves()
        yield show


def _examine(directory: Path, papers: Papers, **asked: Any) -> dict[str, Any]:
    from handeye.progress import counting
    from handeye.training.evaluation import examine, load_model, record

    model, processor = load_model(directory)
    with counting("examining") as progress:
        return record(examine(model, processor, papers, progress), **asked)


def _text(found: dict[str, Any]) -> bytes:
    import json

    return json.dumps(found, indent=1).encode()


def _print(found: dict[str, Any]) -> None:
    from rich.table import Table

    from handeye.scores.estimate import Estimate, number
    from handeye.terminal.console import Console
    from handeye.terminal.tables import say

    console = Console()
    title = "PASS in percent, with 95 % intervals"
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in ("template", "art", "items", "model", "blind copy", "chance"):
        table.add_column(name, justify="left" if name in ("template", "art") else "right")
    for mark in found["marks"]:
        passed = Estimate(mark["passed"], mark["low"], mark["high"]).text("line")
        others = (number(mark[key]) for key in ("blind", "chance"))
        table.add_row(mark["column"], mark["split"], str(mark["items"]), passed, *others)
    console.print(table)
    for split, rates in found["averages"].items():
        counting, acting, gap = (number(rates[name]) for name in ("counting", "acting", "gap"))
        say(console, f"{split} art: counting {counting}, acting {acting}, gap {gap} points")


def _trained(given: dict[str, Any]) -> None:
    say_next("train", "examine", given["out"])


app.command("base", cls=Command)(framed(base, _trained))
app.command("examine", cls=Command)(framed(examine))
