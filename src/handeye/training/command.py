"""``handeye train SUITE``: trains, examines, tells. A suite's command says its options."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import LARGEST_SEED, OptionError, within
from handeye.printing import tell
from handeye.progress import hushed
from handeye.run.versions import check_version
from handeye.training.lesson import Recipe, recipe_among

if TYPE_CHECKING:
    from handeye.suite import Teaches


def needs_torch(*more: str) -> None:
    """Make sure that the extra is installed.

    Args:
        more: packages of it beside those that every training needs.

    Raises:
        OptionError: it is not; says how to install it.
    """
    from importlib.util import find_spec

    missing = [
        name for name in ("torch", "transformers", "accelerate", *more) if not find_spec(name)
    ]
    if missing:
        raise OptionError(
            f"training needs {', '.join(missing)}; install them with: pip install '.[train]'"
        )
    check_version("transformers")
    if "trl" in more:
        check_version("trl")


def train_and_examine(lesson: Teaches, out: Path, preset: str, seed: int, **changes: Any) -> None:
    """Train in a folder, or go on there, and examine what came of it.

    Args:
        lesson: what is taught.
        out: of the model.
        preset: of the recipe.
        seed: 0..2^32-1.
        changes: to the recipe.

    Raises:
        OptionError: no such preset, a seed out of range, the extra is missing.
        RunError: ``out`` holds something else.
    """
    needs_torch()
    from handeye.atomic import write_output
    from handeye.training.training_run import begun, claim, train

    recipe: Recipe = replace(recipe_among(lesson.recipes, preset), **changes)
    if not 0 <= seed < 2**32:
        raise OptionError(f"seed must lie in 0..2^32-1, got {seed}")
    claim(lesson, out, recipe, seed)
    begun(out, recipe.steps)
    label, words = lesson.watched

    def facts(losses: Mapping[str, float]) -> list[str]:
        said = [f"answers {losses['answer_loss']:.3f}"]
        # Heads that nothing trains have losses that say nothing.
        if recipe.supervision != "answers":
            said.append(f"patches {losses['patch_loss']:.3f}")
            said.append(f"{words} {losses[f'{label}_recall']:.0%}")
        return said

    with telling(recipe.steps, facts, recipe.work) as progress:
        train(lesson, out, recipe, seed, progress)
    # Always the same test scenes: models of different seeds differ by their training alone.
    found = examined(lesson, out, seed=0, scenes=recipe.examined_scenes)
    write_output(out / "examination.json", json.dumps(found, indent=1).encode())
    lesson.tell(found)


def examined(
    lesson: Teaches, directory: Path, *, seed: int, scenes: int, data: Path | None = None
) -> Mapping[str, Any]:
    """The examination of a trained folder, JSON values.

    Raises:
        OptionError: a seed or a number of scenes out of range, the extra is missing.
        RunError: there is no model.
        DataError: ``data`` is no set.
    """
    needs_torch()
    from handeye.progress import counting
    from handeye.reading import read_json
    from handeye.respondents.local.identity import CARD
    from handeye.training.asking import load_model

    if scenes < 1:
        raise OptionError(f"scenes must be at least 1, got {scenes}")
    within("seed", seed, 0, LARGEST_SEED)
    model, processor = load_model(directory)
    card = directory / CARD
    recipe = read_json(card).get("recipe") if card.is_file() else None
    with counting("examining") as progress:
        return lesson.examine(
            model,
            processor,
            seed=seed,
            scenes=scenes,
            data=data,
            recipe=recipe,
            progress=progress,
        )


@contextmanager
def telling(
    steps: int,
    facts: Callable[[Mapping[str, float]], list[str]],
    work: Callable[[int], float] = float,
) -> Iterator[Callable[[int, int, dict[str, float]], None]]:
    """Give what shows log lines: a bar on a terminal, else lines.

    The time left is at the speed since the line before.

    Args:
        steps: in all.
        facts: of a log line, in a few words each.
        work: of the first so many steps, where they are not all alike.
    """
    from handeye.progress import Moment, bar, clock_text, moves

    with ExitStack() as stack:
        last: tuple[int, float] | None = None
        at = Moment(0, steps)

        def show(step: int, steps: int, losses: dict[str, float]) -> None:
            nonlocal last, at
            now, new = time.monotonic(), last is None
            said = facts(losses)
            if last and step < steps:
                speed = (work(step) - work(last[0])) / (now - last[1])
                left = (work(steps) - work(step)) / speed
                said.insert(0, f"{clock_text(left)} left")
            last, at = (step, now), Moment(step, steps, tuple(said))
            if hushed():
                return
            if not moves_here:
                tell(f"step {step} of {steps}: {', '.join(said)}")
            elif new:
                stack.enter_context(bar("steps", lambda: at))

        moves_here = moves()
        yield show
