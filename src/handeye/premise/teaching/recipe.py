"""The recipes of ``handeye train premise``, and what their clips are asked when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handeye.training.lesson import Recipe

FIRST_SEEN = "colour,size,brightness,orientation"
FIRST_HEARD = "side,timbre,noise,glide"
"""Those that a small tower tells apart first."""
EASY = f"{FIRST_SEEN},pattern,direction"
HEARD = f"{FIRST_HEARD},pitch,loudness"


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiseRecipe(Recipe):
    """A recipe for clips.

    Attributes:
        truth_steps: after the steps of looking; in them statements are judged true or false, and
            standard questions with six options answered. What is left adds false premises.
        false_share: 0..1; of the questions with six options from then on.
        halves: how many different pictures, and sounds, are drawn; they meet in every combination.
        seen: names of the visual kinds that are taught.
        heard: of the kinds of sound.
        levels: how many levels of each, from the easiest.
    """

    truth_steps: int
    false_share: float
    halves: int
    seen: str
    heard: str
    levels: int

    def schedule(self) -> tuple[str, dict[str, Any]]:
        """Level, and down over the last sixth: the decoder begins when most steps are made."""
        return "warmup_stable_decay", {"num_decay_steps": max(1, self.steps // 6)}

    def wanted(self, number: int) -> Mapping[str, Any]:
        """What is asked about clip ``number`` (:func:`handeye.premise.teaching.scenes.clip_of`)."""
        if number < self.looking_steps * self.pictures:
            return {"truth": 0, "six": 0, "two": False, "false_share": 0.0}
        if number < (self.looking_steps + self.truth_steps) * self.pictures:
            return {"truth": 2, "six": 2, "two": False, "false_share": 0.0}
        return {"truth": 2, "six": 3, "two": True, "false_share": self.false_share}


RECIPES: dict[str, PremiseRecipe] = {
    "tiny": PremiseRecipe(
        preset="tile-tiny",
        steps=12,
        pictures=4,
        looking_steps=4,
        truth_steps=4,
        learning_rate=2e-3,
        warmup=2,
        patch_weight=0.5,
        false_share=0.5,
        halves=24,
        seen=EASY,
        heard=HEARD,
        levels=1,
        checkpoint_every=4,
        log_every=2,
        threads=1,
        loaders=0,
        examined_scenes=2,
    ),
    "mini": PremiseRecipe(
        preset="tile-mini",
        steps=2600,
        pictures=8,
        looking_steps=1600,
        truth_steps=100,
        learning_rate=2.5e-3,
        warmup=60,
        patch_weight=0.3,
        false_share=0.5,
        halves=3000,
        seen=FIRST_SEEN,
        heard=FIRST_HEARD,
        levels=2,
        checkpoint_every=200,
        log_every=50,
        threads=1,
        loaders=0,
        examined_scenes=240,
    ),
    "small": PremiseRecipe(
        preset="tile-small",
        steps=9000,
        pictures=16,
        looking_steps=5500,
        truth_steps=400,
        learning_rate=1.2e-3,
        warmup=60,
        patch_weight=0.3,
        false_share=0.5,
        halves=40000,
        seen=f"{EASY},shape,count,position,speed,order",
        heard=f"{HEARD},beeps,rhythm,order",
        levels=3,
        checkpoint_every=200,
        log_every=40,
        threads=1,
        loaders=1,
        examined_scenes=600,
    ),
}
"""By preset."""
