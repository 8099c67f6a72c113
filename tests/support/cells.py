"""Cells that are right and what a state holds of them, planted: for ``states.cells``.

Grids of 3 x 3 cells, two questions a scene about a row of its picture. What the state behind the
question holds is planted; the picture's tokens always hold the exceptions, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.states.acting import Action
from handeye.states.cells import Reading, read_cells
from handeye.states.targets import Target

SIDE, WIDTH, SCENES = 3, 24, 70
CELLS = SIDE * SIDE


@dataclass(frozen=True)
class Planted:
    """States in memory: one layer of noise, one with what was planted."""

    last: dict[str, NDArray[np.float64]]
    grid: dict[str, NDArray[np.float64]]
    layers: tuple[str, ...] = ("block.00", "final")
    sites: tuple[str, ...] = ("last", "grid")

    def depth(self, layer: str) -> float:
        return float(layer == "final")

    def states(
        self, layer: str, site: str, item_ids: Sequence[str], places: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        if site == "last":
            found = np.array([self.last[name] for name in item_ids])
        else:
            assert places is not None
            found = np.array([self.grid[n][p] for n, p in zip(item_ids, places, strict=True)])
        noise = np.random.default_rng(5).normal(size=found.shape)
        return (found if layer == "final" else noise).astype(np.float32)


def planted(
    what: str, seed: int = 0, scenes: int = SCENES
) -> tuple[Planted, list[Target], list[Target]]:
    """States that hold the answer, the region, the count or nothing; what is asked and shown."""
    rng = np.random.default_rng(seed)
    of_cell, of_row = rng.normal(size=(CELLS, WIDTH)), rng.normal(size=(SIDE, WIDTH))
    of_count, odd, position = (rng.normal(size=s) for s in (WIDTH, WIDTH, (CELLS, WIDTH)))
    last, grid, asked, shown = {}, {}, [], []
    for scene in range(scenes):
        exceptions = np.zeros(CELLS, bool)
        exceptions[rng.choice(CELLS, rng.integers(1, 4), replace=False)] = True
        tokens = position + exceptions[:, None] * odd + 0.5 * rng.normal(size=(CELLS, WIDTH))
        for number in range(2):
            row = rng.integers(SIDE)
            inside = np.arange(CELLS) // SIDE == row
            right = exceptions & inside
            holds = {
                "answer": right @ of_cell,
                "region": of_row[row],
                "count": right.sum() * of_count,
                "nothing": np.zeros(WIDTH),
            }
            name = f"{scene}-{number}"
            last[name] = 2 * holds[what] + rng.normal(size=WIDTH)
            grid[name] = tokens
            for place in range(CELLS):
                at = {"row": place // SIDE + 1, "col": place % SIDE + 1}
                one = Target(
                    item_id=name,
                    target="clicked",
                    label=int(right[place]),
                    group=str(scene),
                    strata={"template": "rows"},
                    numbers=at | {"rows": SIDE, "cols": SIDE},
                    place=place,
                    spot=((at["col"] - 0.5) / SIDE, (at["row"] - 0.5) / SIDE),
                )
                asked.append(one)
                if not number:
                    change = {"target": "exception", "label": int(exceptions[place])}
                    shown.append(msgspec.structs.replace(one, sites=("grid",), **change))
    return Planted(last, grid), asked, shown


def read(what: str, seed: int = 0, scenes: int = SCENES, **more: object) -> Reading:
    """What is read from the state of what is planted."""
    states, asked, shown = planted(what, seed, scenes)
    options = {"pictures": shown, "tokens": (SIDE, SIDE), "folds": 4, "inner": 3} | more
    return read_cells(states, asked, "last", **options)  # type: ignore[arg-type]


def answers(reading: Reading) -> list[Action]:
    """Every third passes; the others fail for one of two reasons."""
    return [
        Action(item_id=name, done=(0, 4), passed=True)
        if number % 3 == 0
        else Action(
            item_id=name, done=(), passed=False, reason="missed", label="clicks too few"
        )
        if number % 3 == 1
        else Action(item_id=name, done=(8,), passed=False, reason="elsewhere")
        for number, name in enumerate(reading.items)
    ]  # fmt: skip
