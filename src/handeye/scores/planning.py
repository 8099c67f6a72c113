"""How many scenes a question needs, from the spread that a run (or two) has shown.

"How many scenes do I need to see 3 points?" One run answers for the precision of its own averages,
two runs over the same items for the difference between two models like them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handeye.errors import DataError, OptionError
from handeye.scores.quantity import Quantities
from handeye.scores.run_folder import ScoredRun
from handeye.stats.sample_size import (
    POWER,
    Spread,
    scenes_for_difference,
    scenes_for_precision,
    spread,
)

# No set is large enough to see less.
_FINEST = 1e-6


@dataclass(frozen=True, slots=True)
class Needed:
    """Scenes that one figure needs; ``pilot`` is the spread that was measured.

    Both are None where the run has too few scenes to tell.
    """

    label: str
    scenes: int | None
    pilot: Spread | None


def scenes_needed(
    quantities: Callable[..., Quantities],
    points: float,
    runs: Sequence[ScoredRun],
    *,
    power: float = POWER,
) -> list[Needed]:
    """Scenes needed, shared out over the strata as in the runs, for every figure worth planning.

    Args:
        quantities: what the suite compares runs by.
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
    found = quantities(runs, reasons=False)
    last = len(runs) - 1
    out = []
    for _, one in found.each():
        if not one.planned:
            continue
        inside = one.inside(0, last)
        own = one.outcomes[inside]
        values = own[:, 0] - own[:, 1] if last else own[:, 0]
        try:
            pilot = spread(values, found.cluster[inside], found.stratum[inside])
        except DataError:
            out.append(Needed(one.planned, None, None))
            continue
        scenes = (
            scenes_for_difference(points, pilot, power=power)
            if last
            else scenes_for_precision(points, pilot)
        )
        out.append(Needed(one.planned, scenes, pilot))
    if all(row.scenes is None for row in out):
        raise DataError(f"{runs[0].path}: holds too little to plan any figure by")
    return out
