"""ROSE's recipes: what `handeye train base` runs, and how easy its scenes are when.

docs/training.md says how they were found.
"""

from __future__ import annotations

from dataclasses import dataclass

from handeye.rose.teaching.scenes import SIDES, Ease
from handeye.training.lesson import Recipe, recipe_among


@dataclass(frozen=True, slots=True, kw_only=True)
class RoseRecipe(Recipe):
    """A recipe for grids.

    The first ``square_steps`` show grids of the largest size only, whose cells are as large as a
    patch: there a model finds out within a minute that it is about comparing cells. Then come all
    sizes, at first with exceptions that are ``strangers`` to the majority; their share falls to
    that of :class:`handeye.rose.teaching.scenes.Ease` over the first ``easy_share`` (0..1) of all.
    """

    square_steps: int
    easy_share: float

    def ease_at(self, index: int) -> Ease:
        """How easy picture ``index`` (from 0) is."""
        settled = Ease()
        if index < self.square_steps * self.pictures:
            return Ease((SIDES[1], SIDES[1]), settled.strangers)
        easy = self.easy_share * self.total_pictures
        left = max(0.0, 1.0 - index / easy) if easy else 0.0
        return Ease(SIDES, settled.strangers + (1.0 - settled.strangers) * left)


RECIPES: dict[str, RoseRecipe] = {
    "tiny": RoseRecipe(
        preset="tiny",
        steps=40,
        pictures=4,
        looking_steps=10,
        learning_rate=2e-3,
        warmup=4,
        patch_weight=0.5,
        square_steps=5,
        easy_share=1.0,
        checkpoint_every=10,
        log_every=5,
        threads=1,
        loaders=0,
        examined_scenes=2,
    ),
    "small": RoseRecipe(
        preset="small",
        steps=8800,
        pictures=16,
        looking_steps=4400,
        learning_rate=1.2e-3,
        warmup=60,
        patch_weight=0.5,
        square_steps=300,
        easy_share=0.25,
        checkpoint_every=200,
        log_every=40,
        threads=1,
        loaders=1,
        examined_scenes=300,
    ),
    # Long enough to guess as well as can be: its loss stands still from about step 400 on.
    "blind": RoseRecipe(
        preset="small",
        steps=600,
        pictures=16,
        looking_steps=0,
        learning_rate=1.2e-3,
        warmup=60,
        patch_weight=0.0,
        square_steps=0,
        easy_share=0.0,
        checkpoint_every=200,
        log_every=40,
        threads=1,
        loaders=1,
        examined_scenes=300,
        sighted=False,
    ),
}


def recipe_of(preset: str) -> RoseRecipe:
    """The recipe of a preset: of a model, or ``blind``, the small one that is shown nothing.

    Raises:
        OptionError: no such preset.
    """
    found: RoseRecipe = recipe_among(RECIPES, preset)
    return found
