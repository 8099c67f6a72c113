"""How many scenes a question needs, from the spread that a run (or two) has shown.

"How many scenes do I need to see 3 points?" One run answers for the precision of its own averages,
two runs over the same items for the difference between two models like them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from handeye.errors import DataError, OptionError
from handeye.rose.questions import BY_KEY, TEMPLATES
from handeye.rose.scoring.run_folder import Run
from handeye.rose.scoring.summary import ACTION_KEYS, COUNTING_KEYS
from handeye.stats.pairing import pair
from handeye.stats.sample_size import (
    POWER,
    Spread,
    scenes_for_difference,
    scenes_for_precision,
    spread,
)


@dataclass(frozen=True, slots=True)
class Needed:
    """Scenes that one figure needs; ``pilot`` is the spread that was measured."""

    label: str
    scenes: int
    pilot: Spread


def scenes_needed(
    points: float, run: Run, other: Run | None = None, *, power: float = POWER
) -> list[Needed]:
    """Scenes needed, shared out over the subsets as in ``run``, for each average and template.

    Args:
        points: with one run, the half width of a 95 % interval; with two, the smallest true
            difference that must be seen. A fraction: 0.03 for 3 points.
        run: the pilot.
        other: another run over the same items; None to ask for precision.
        power: chance to see the difference.

    Raises:
        OptionError: ``points`` or ``power`` is out of range.
        DataError: the runs do not hold the same items, or hold too few scenes to tell.
    """
    if not 0 < points < 1:
        raise OptionError(f"points must lie between 0 and 100, got {100 * points:g}")
    columns = ["item_id", "scene_id", "rose_subset", "task_template", "pass"]
    scores = run.scan().select(columns).collect()
    values = scores["pass"].to_numpy().astype(np.float64)
    if other is not None:
        theirs = other.scan().select("item_id", "pass").collect()
        names = (str(run.path), str(other.path))
        first, second = pair(
            scores["item_id"].to_list(), theirs["item_id"].to_list(), "item", names
        )
        scores = scores[first]
        values = values[first] - theirs["pass"].to_numpy().astype(np.float64)[second]
    scene = scores.select(pl.concat_str("rose_subset", "scene_id", separator="\x1f")).to_series()
    cluster = (scene.rank("dense") - 1).to_numpy().astype(np.int64)
    stratum = (scores["rose_subset"].rank("dense") - 1).to_numpy().astype(np.int64)
    template = scores["task_template"].to_numpy()
    out = []
    for label, ids in _figures(set(template)):
        inside = np.isin(template, ids)
        pilot = spread(values[inside], cluster[inside], stratum[inside])
        scenes = (
            scenes_for_precision(points, pilot)
            if other is None
            else scenes_for_difference(points, pilot, power=power)
        )
        out.append(Needed(label, scenes, pilot))
    if not out:
        raise DataError(f"{run.path}: holds no template that a figure could be made of")
    return out


def _figures(present: set[str]) -> list[tuple[str, list[str]]]:
    averages = (("Counting Avg.", COUNTING_KEYS), ("Action Avg.", ACTION_KEYS))
    named = [(label, [BY_KEY[key].id for key in keys]) for label, keys in averages]
    found = [(label, ids) for label, ids in named if present.issuperset(ids)]
    return [*found, *((t.column, [t.id]) for t in TEMPLATES.values() if t.id in present)]
