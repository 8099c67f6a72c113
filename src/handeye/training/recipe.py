"""A recipe: every number that decides a training, in one place, and how easy its scenes are when.

The presets' recipes are what `handeye train base` runs; docs/training.md says how they were found.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from handeye.errors import OptionError
from handeye.training.scenes import SIDES, Ease


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done with a model of a preset.

    ``steps`` optimiser steps of ``pictures`` pictures each, the first ``looking_steps`` of them on
    the patch loss alone. The learning rate rises over ``warmup`` steps and falls along a cosine.
    Grids grow from ``first_side`` cells to the largest, and pairs from strangers to relatives, over
    the first ``easy_share`` (0..1) of all pictures.
    """

    preset: str
    steps: int
    pictures: int
    looking_steps: int
    learning_rate: float
    warmup: int
    patch_weight: float
    first_side: int
    easy_share: float
    checkpoint_every: int
    log_every: int
    threads: int
    loaders: int
    examined_scenes: int

    @property
    def total_pictures(self) -> int:
        """Pictures shown in all."""
        return self.steps * self.pictures

    def ease_at(self, index: int) -> Ease:
        """How easy picture ``index`` (from 0) is."""
        easy = self.easy_share * self.total_pictures
        if index >= easy:
            return Ease()
        done = index / easy
        side = self.first_side + int(done * (SIDES[1] - self.first_side + 1))
        return Ease(min(side, SIDES[1]), 1.0 - done)

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
        first_side=2,
        easy_share=1.0,
        checkpoint_every=10,
        log_every=5,
        threads=1,
        loaders=0,
        examined_scenes=4,
    ),
    "small": Recipe(
        preset="small",
        steps=2800,
        pictures=16,
        looking_steps=1200,
        learning_rate=1e-3,
        warmup=60,
        patch_weight=0.5,
        first_side=3,
        easy_share=0.5,
        checkpoint_every=100,
        log_every=20,
        threads=1,
        loaders=1,
        examined_scenes=200,
    ),
}


def recipe_of(preset: str) -> Recipe:
    """The recipe of a preset.

    Raises:
        OptionError: no such preset.
    """
    if preset not in RECIPES:
        raise OptionError(f"preset is {preset!r}; allowed: {', '.join(RECIPES)}")
    return RECIPES[preset]
