"""What a model is taught about clips: the answer to :class:`handeye.suite.Teaches`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import OptionError
from handeye.premise.scenes.plan import SENSES, Sense
from handeye.premise.teaching.recipe import RECIPES, PremiseRecipe
from handeye.premise.teaching.scenes import LABELS, Clip, clip_of, training_half
from handeye.premise.teaching.words import phrases
from handeye.sets.draw import Draw
from handeye.training.lesson import Label

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor


class PremiseLesson:
    """Clips of moving shapes and sound, and premises about them, half of them false."""

    name = "premise"
    recipes: Mapping[str, PremiseRecipe] = RECIPES
    labels: Sequence[Label] = LABELS
    watched = ("heard", "sounds")

    def phrases(self) -> Sequence[str]:
        """Of questions and answers."""
        return phrases()

    def example(self, recipe: PremiseRecipe, seed: int, number: int) -> Clip:
        """Clip ``number`` (from 0) of a training."""
        turn, place = divmod(number, recipe.halves)
        # In every round each picture meets another sound.
        places: dict[Sense, int] = {"vision": place, "audio": (place + 7 * turn) % recipe.halves}
        kinds: dict[Sense, str] = {"vision": recipe.seen, "audio": recipe.heard}
        halves = {
            sense: training_half(seed, sense, kinds[sense], recipe.levels, places[sense])
            for sense in SENSES
        }
        draw = Draw(seed, "small-premise", "training", "asked", number)
        return clip_of(halves, draw, recipe.wanted(number))

    def shown(self, recipe: PremiseRecipe) -> Mapping[str, Any]:
        """How many questions of which form, and what was left out."""
        truth = recipe.truth_steps * recipe.pictures
        six = recipe.total_pictures - recipe.looking_steps * recipe.pictures - truth
        return {
            "statements": 4 * (truth + six),
            "questions_with_six_options": 4 * truth + 7 * six,
            "kinds": {"vision": recipe.seen.split(","), "audio": recipe.heard.split(",")},
            "held_out": "inks, grounds, periods, pitches and words; "
            "handeye.premise.teaching.scenes.held_out",
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
        """Accept and reject by kind, on seen and held-out details.

        Raises:
            OptionError: a set is given: ``handeye run premise`` asks about sets.
        """
        from handeye.premise.teaching.evaluation import examine, record

        if data is not None:
            raise OptionError(
                "an examination of a model of clips draws its own; ask about a set with: handeye "
                "run premise --model handeye/premise-small -M path=FOLDER --data SET"
            )
        # What no training of this model showed, and nothing harder than it was shown.
        known = recipe or {}
        names = {"vision": "seen", "audio": "heard"}
        taught = {sense: known.get(name, "").split(",") for sense, name in names.items()}
        levels = known.get("levels", 3)
        marks = examine(model, processor, seed, scenes, taught, levels, progress)
        return record(marks, seed=seed, scenes=scenes, levels=levels)

    def tell(self, found: Mapping[str, Any]) -> None:
        """Print an examination."""
        from rich.table import Table

        from handeye.scores.estimate import Estimate, number
        from handeye.terminal.console import Console
        from handeye.terminal.tables import say

        title = "Accepted and rejected rightly, in percent, with 95 % intervals"
        table = Table(title=title, title_justify="left", title_style="bold")
        texts = ("kind", "form", "details")
        for name in (*texts, "items", "model", "blind copy", "deaf copy", "chance"):
            table.add_column(name, justify="left" if name in texts else "right")
        for mark in found["marks"]:
            right = Estimate(mark["right"], mark["low"], mark["high"]).text("line")
            others = (number(mark[key]) for key in ("blind", "deaf", "chance"))
            kind = f"{mark['sense']} {mark['kind']}"
            table.add_row(kind, mark["form"], mark["split"], str(mark["items"]), right, *others)
        console = Console()
        console.print(table)
        for what, words in (("learned", "75 % or more"), ("at_chance", "not above chance")):
            for sense, kinds in found[what]["six"].items():
                told = ", ".join(kinds) or "none"
                say(console, f"Six options, seen details of {sense}, {words}: {told}")
