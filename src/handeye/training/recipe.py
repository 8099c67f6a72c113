"""A recipe: every number that decides a training, in one place, and how easy its scenes are when.

The presets' recipes are what `handeye train base` runs; docs/training.md says how they were found.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from handeye.errors import OptionError, allowed
from handeye.training.scenes import SIDES, Ease

_ANSWERING_WORK = 4.5  # times a step of looking, as measured for the preset small


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done with a model of a preset.

    ``steps`` optimiser steps of ``pictures`` pictures each, the first ``looking_steps`` of them on
    the patch loss alone. The learning rate rises over ``warmup`` steps and falls along a cosine.
    The first ``square_steps`` show grids of the largest size only, whose cells are as large as a
    patch: there a model finds out within a minute that it is about comparing cells. Then come all
    sizes, at first with exceptions that are ``strangers`` to the majority; their share falls to
    that of :class:`handeye.training.scenes.Ease` over the first ``easy_share`` (0..1) of all.
    Not ``sighted``, every picture is white: what is learned then is how well one can guess.
    """

    preset: str
    steps: int
    pictures: int
    looking_steps: int
    learning_rate: float
    warmup: int
    patch_weight: float
    square_steps: int
    easy_share: float
    checkpoint_every: int
    log_every: int
    threads: int
    loaders: int
    examined_scenes: int
    sighted: bool = True

    @property
    def total_pictures(self) -> int:
        """Pictures shown in all."""
        return self.steps * self.pictures

    def ease_at(self, index: int) -> Ease:
        """How easy picture ``index`` (from 0) is."""
        settled = Ease()
        if index < self.square_steps * self.pictures:
            return Ease((SIDES[1], SIDES[1]), settled.strangers)
        easy = self.easy_share * self.total_pictures
        left = max(0.0, 1.0 - index / easy) if easy else 0.0
        return Ease(SIDES, settled.strangers + (1.0 - settled.strangers) * left)

    def work(self, steps: int) -> float:
        """Work of the first ``steps`` steps, for telling the time left; 1 a step of looking."""
        looking = min(steps, self.looking_steps)
        return looking + _ANSWERING_WORK * (steps - looking)

    def record(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


RECIPES: dict[str, Recipe] = {
    "tiny": Recipe(
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
    "small": Recipe(
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
    "blind": Recipe(
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


def recipe_of(preset: str) -> Recipe:
    """The recipe of a preset: of a model, or ``blind``, the small one that is shown nothing.

    Raises:
        OptionError: no such preset.
    """
    if preset not in RECIPES:
        raise OptionError(f"preset is {preset!r}{allowed(preset, RECIPES)}")
    return RECIPES[preset]
