"""What a model is taught of the stress test: the answer to :class:`handeye.suite.Teaches`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import OptionError
from handeye.stress.items import BY_DEFAULT
from handeye.stress.teaching.scenes import LABELS, Shown, training_picture
from handeye.stress.teaching.words import phrases
from handeye.training.lesson import Label, Recipe

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor


@dataclass(frozen=True, slots=True, kw_only=True)
class StressRecipe(Recipe):
    """A recipe for pictures and words.

    Attributes:
        cue_truth: 0..1; how many cues of the training are true. At a half a cue says nothing;
            above, a model does well to follow it where it does not see.
        levels: those that groups are drawn from, with commas, each as often as it stands here.
        side: of the pictures in pixels, before they are shrunk to what the model takes.
    """

    cue_truth: float
    levels: str
    side: int

    def schedule(self) -> tuple[str, dict[str, Any]]:
        """Level, and down over the last sixth: the decoder begins when most steps are made."""
        return "warmup_stable_decay", {"num_decay_steps": max(1, self.steps // 6)}


RECIPES: dict[str, StressRecipe] = {
    "tiny": StressRecipe(
        preset="scene-tiny",
        steps=12,
        pictures=4,
        looking_steps=4,
        learning_rate=2e-3,
        warmup=2,
        patch_weight=0.3,
        cue_truth=0.8,
        levels="1",
        side=128,
        checkpoint_every=4,
        log_every=2,
        threads=1,
        loaders=0,
        examined_scenes=12,
    ),
    "mini": StressRecipe(
        preset="scene-mini",
        steps=3000,
        pictures=16,
        looking_steps=800,
        learning_rate=1.5e-3,
        warmup=60,
        patch_weight=0.2,
        cue_truth=0.8,
        levels="1,1,1,2,2,3",
        side=128,
        checkpoint_every=100,
        log_every=50,
        threads=1,
        loaders=1,
        examined_scenes=360,
    ),
}
"""By preset."""


class StressLesson:
    """Pictures that differ by one edit, and words that are true of them more often than not."""

    name = "stress"
    recipes: Mapping[str, StressRecipe] = RECIPES
    labels: Sequence[Label] = LABELS
    watched = ("shape", "names of things")

    def phrases(self) -> Sequence[str]:
        """Of questions, cues and answers."""
        return phrases()

    def example(self, recipe: StressRecipe, seed: int, number: int) -> Shown:
        """Picture ``number`` (from 0) of a training."""
        return training_picture(
            seed,
            number,
            recipe.side,
            tuple(map(int, recipe.levels.split(","))),
            recipe.cue_truth,
            asks=number >= recipe.looking_steps * recipe.pictures,
        )

    def shown(self, recipe: StressRecipe) -> Mapping[str, Any]:
        """How many questions, of which families and levels."""
        answering = recipe.total_pictures - recipe.looking_steps * recipe.pictures
        return {
            "questions_answered_in_training": 5 * answering,
            "families": list(BY_DEFAULT),
            "levels": sorted(set(map(int, recipe.levels.split(",")))),
        }

    def examine(
        self,
        model: LlavaForConditionalGeneration,
        processor: LlavaProcessor,
        *,
        seed: int,
        scenes: int,
        data: Path | None = None,
        recipe: Mapping[str, Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> dict[str, Any]:
        """Pairs told by family, in new groups of level 1.

        Raises:
            OptionError: a set is given: ``handeye run stress`` asks about sets.
        """
        from handeye.stress.teaching.evaluation import examine, record

        if data is not None:
            raise OptionError(
                "an examination of a model of the stress test draws its own groups; ask about a "
                "set with: handeye run stress --model handeye/stress-small -M path=FOLDER "
                "--data SET"
            )
        return record(examine(model, processor, seed, scenes, progress), seed=seed, scenes=scenes)

    def tell(self, found: Mapping[str, Any]) -> None:
        """Print an examination."""
        from rich.table import Table

        from handeye.scores.estimate import Estimate, number
        from handeye.terminal.console import Console
        from handeye.terminal.tables import say

        title = "Right about both pictures of a prompt, in percent, with 95 % intervals"
        table = Table(title=title, title_justify="left", title_style="bold")
        heads = ("pairs", "without a cue", "true cue", "misleading cue")
        for name in ("family", "form", "groups", *heads):
            table.add_column(name, justify="left" if name in ("family", "form") else "right")
        for mark in found["marks"]:
            pairs = Estimate(mark["pairs"], mark["low"], mark["high"]).text("line")
            items = (number(mark[key]) for key in ("plain", "true_cue", "false_cue"))
            table.add_row(mark["family"], mark["form"], str(mark["groups"]), pairs, *items)
        console = Console()
        console.print(table)
        say(
            console,
            "Pairs are of plain questions; who only reads has none of them. The other columns are "
            "items that were answered rightly.",
        )
        for form, families in found["seen"].items():
            say(console, f"Pairs above 0, {form}: {', '.join(families) or 'none'}")
