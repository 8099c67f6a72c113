"""What a model is taught about ROSE: the answer to :class:`handeye.suite.Teaches`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.rose.teaching.art import HELD_OUT, plans_of
from handeye.rose.teaching.recipe import RECIPES, RoseRecipe
from handeye.rose.teaching.scenes import LABELS, Picture, training_picture
from handeye.rose.teaching.words import phrases
from handeye.training.lesson import Label

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor


class RoseLesson:
    """Grids of look-alike cells, and the seven questions about them."""

    name = "rose"
    recipes: Mapping[str, RoseRecipe] = RECIPES
    labels: Sequence[Label] = LABELS
    watched = ("odd", "exceptions")

    def phrases(self) -> Sequence[str]:
        """Of questions and answers."""
        return phrases()

    def example(self, recipe: RoseRecipe, seed: int, number: int) -> Picture:
        """Picture ``number`` (from 0) of a training."""
        return training_picture(seed, number, recipe.ease_at(number))

    def shown(self, recipe: RoseRecipe) -> Mapping[str, Any]:
        """How many questions, and which art."""
        answering = recipe.total_pictures - recipe.looking_steps * recipe.pictures
        # Even pictures have six questions, odd ones (with a cue) seven; batches start at even
        # numbers or the difference is one question.
        return {
            "questions_answered_in_training": 6 * answering + answering // 2,
            "art": {"seen": list(plans_of("seen")), "held_out": list(HELD_OUT)},
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
        """PASS by template, on seen and held-out art."""
        from handeye.rose.teaching.evaluation import examine, record
        from handeye.rose.teaching.papers import own_papers, set_papers

        if data is not None:
            return record(examine(model, processor, set_papers(data), progress), set=data.name)
        papers = own_papers(seed, scenes)
        return record(examine(model, processor, papers, progress), seed=seed, scenes=scenes)

    def tell(self, found: Mapping[str, Any]) -> None:
        """Print an examination."""
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
