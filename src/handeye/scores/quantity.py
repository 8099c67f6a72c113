"""One quantity that runs are compared by, as sums per item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.stats.intervals import Samples

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure of every run.

    ``sense`` says what more of it means: ``pass`` is better, ``gap`` wider, ``share`` more often.
    ``weights`` (n,) is how much each item enters, 0 for items that do not; ``outcomes`` (n, runs)
    what is averaged. ``one_per_scene``: no scene has two of its items. ``group`` is a heading
    within the family.
    """

    key: str
    label: str
    sense: str
    samples: tuple[Samples, ...]
    weights: Floats
    outcomes: Floats
    one_per_scene: bool = False
    group: str = ""

    def occurs(self, first: int, second: int) -> bool:
        """Whether there is anything to ask: a reason that neither run shows is no question."""
        if self.sense != "share":
            return True
        inside = self.outcomes[self.weights != 0]
        return bool(inside[:, [first, second]].any())


@dataclass(frozen=True, slots=True)
class Family:
    """Quantities whose p-values are adjusted together."""

    key: str
    title: str
    meaning: str
    quantities: tuple[Quantity, ...]
