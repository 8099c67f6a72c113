"""How many scenes a question needs, from the spread that a run (or two) has shown.

"How many scenes do I need to see 3 points?" One run answers for the precision of its own averages,
two runs over the same items for the difference between two models like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from handeye.errors import DataError, OptionError
from handeye.scores.quantity import Value
from handeye.scores.run_folder import ScoredRun
from handeye.scores.so_far import run_of
from handeye.stats.sample_size import (
    POWER,
    Floats,
    Spread,
    figure_spread,
    scenes_for_difference,
    scenes_for_precision,
)

if TYPE_CHECKING:
    from handeye.suite import Suite

# A variance that is one of rounding.
_ALIKE = 1e-12
# No set is large enough to see less.
_FINEST = 1e-6


@dataclass(frozen=True, slots=True)
class Needed:
    """Scenes that one figure needs; ``pilot`` is the spread that was measured.

    ``scenes`` is None where the run cannot tell: it has too few scenes (no ``pilot`` either), or
    all of them are alike, so that they show no spread.
    """

    label: str
    scenes: int | None
    pilot: Spread | None


def scenes_needed(
    suite: Suite,
    points: float,
    runs: Sequence[ScoredRun],
    *,
    power: float = POWER,
) -> list[Needed]:
    """Scenes needed, shared out over the strata as in the runs, for every figure worth planning.

    Args:
        suite: whose runs they are.
        points: with one run, the half width of a 95 % interval; with two, the smallest true
            difference that must be seen. A fraction: 0.03 for 3 points.
        runs: one pilot, or two over the same items.
        power: chance to see the difference.

    Raises:
        OptionError: ``points`` or ``power`` is out of range.
        DataError: the runs do not hold the same items, or hold too few scenes for any figure.
    """
    if not 0 < points < 1:
        raise OptionError(f"points must lie between 0 and 100, got {100 * points:g}")
    if points < _FINEST:
        raise OptionError(f"points must be at least {100 * _FINEST:g}, got {100 * points:g}")
    if len(runs) > 2:
        raise OptionError(f"scenes are planned by one run or two, got {len(runs)}")
    found = suite.quantities(runs, reasons=False)
    last = len(runs) - 1
    out = []
    for _, one in found.each():
        if not one.planned:
            continue
        inside = one.inside(0, last)
        sums = np.concatenate([one.sums(run)[inside] for run in range(len(runs))], axis=1)
        try:
            pilot = figure_spread(
                partial(_figure, one.value, len(runs)),
                sums,
                found.cluster[inside],
                found.stratum[inside],
                None if one.unit is None else one.unit[inside],
            )
        except DataError:
            out.append(Needed(one.planned, None, None))
            continue
        if pilot.variance <= _ALIKE:
            out.append(Needed(one.planned, None, pilot))
            continue
        scenes = (
            scenes_for_difference(points, pilot, power=power)
            if last
            else scenes_for_precision(points, pilot)
        )
        out.append(Needed(one.planned, scenes, pilot))
    if all(row.pilot is None for row in out):
        raise DataError(
            f"{run_of(runs[0].path, runs[0].info)}: holds too little to plan any figure by"
        )
    return out


def _figure(value: Value, runs: int, totals: Floats, clusters: Sequence[int]) -> Floats:
    """The figure of one run, or the first's minus the second's."""
    parts = [value(part, clusters).values for part in np.split(totals, runs, axis=2)]
    return parts[0] if runs == 1 else parts[0] - parts[1]
