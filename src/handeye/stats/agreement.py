"""Krippendorff's alpha: how far raters agree beyond chance, with any of them missing anywhere.

Written from the definition (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability):
``alpha = 1 - D_o / D_e``, observed over expected disagreement. A unit with m >= 2 values puts each
ordered pair of values into the coincidence matrix with weight ``1 / (m - 1)``; ``D_o`` is the mean
of the squared difference over that matrix, ``D_e`` over all pairs of the n paired values, whatever
their unit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import LEVEL, Samples, estimates

Floats = NDArray[np.float64]
Level = Literal["nominal", "interval", "ratio"]
"""What a difference of two values is: none but unequal; ``a - b``; ``(a - b) / (a + b)``."""

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Alpha with its interval over resampled units; all None where it is undefined.

    1: always equal; 0: as by chance; below 0: less often equal than by chance. Undefined without a
    unit of two values, and where only one value was ever given (nothing to disagree about). No
    interval where raters always agree. ``n_units`` and ``n_values`` count units with at least two
    values, ``n_raters`` who gave them; ``equal`` is the mean over these values of the share of the
    unit's other values that equal it.
    """

    value: float | None
    low: float | None
    high: float | None
    n_units: int
    n_values: int
    n_raters: int
    equal: float | None

    def to_dict(self) -> dict[str, float | int | None]:
        """Plain values for JSON; ``n`` is the number of units."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**found, "n": self.n_units}


def krippendorff_alpha(
    units: Sequence[Mapping[str, Hashable]],
    level: Level = "nominal",
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = LEVEL,
) -> Agreement:
    """Agreement of raters on units.

    Args:
        units: one mapping of rater to value per unit; None values are missing, like absent raters.
        level: of measurement; other than nominal takes numbers (ratio: none below 0).
        clusters: label of each unit's scene, which is resampled whole; None: each unit alone.
        resamples: bootstrap resamples of units or clusters; 0 gives no interval.
        seed: of the bootstrap.
        confidence: of the interval.

    Raises:
        OptionError: an unknown level.
        DataError: values that the level does not allow, or as many clusters as units are lacking.
    """
    if level not in get_args(Level):
        raise OptionError(f"level must be one of {', '.join(get_args(Level))}, got {level!r}")
    if clusters is not None and len(clusters) != len(units):
        raise DataError(f"{len(units)} units need as many clusters, got {len(clusters)}")
    known = [{r: v for r, v in unit.items() if v is not None} for unit in units]
    kept = [place for place, unit in enumerate(known) if len(unit) > 1]
    paired = [known[place] for place in kept]
    labels = [place if clusters is None else clusters[place] for place in kept]
    if not paired:
        return Agreement(None, None, None, 0, 0, 0, None)
    counts, apart = _counts(paired, level)
    sums, totals = _cluster_sums(counts, _observed(counts, apart), labels)
    values = _alpha(resample_sums(sums, totals, resamples, seed, 0), apart)
    found = estimates(Samples(values, len(paired)), confidence)
    sizes = counts.sum(axis=1)
    unequal = _observed(counts, None).sum() / sizes.sum()
    return Agreement(
        value=found["value"],
        low=found["low"],
        high=found["high"],
        n_units=len(paired),
        n_values=int(sizes.sum()),
        n_raters=len({rater for unit in paired for rater in unit}),
        equal=float(1 - unequal),
    )


def _counts(paired: Sequence[Mapping[str, Hashable]], level: Level) -> tuple[Floats, Floats | None]:
    """How often each value was given to each unit, and the squared differences of the values.

    Returns:
        (units, values), and (values, values) or None for nominal.
    """
    seen = list(dict.fromkeys(value for unit in paired for value in unit.values()))
    places = {value: place for place, value in enumerate(seen)}
    counts = np.zeros((len(paired), len(seen)))
    for row, unit in enumerate(paired):
        for value in unit.values():
            counts[row, places[value]] += 1
    return counts, None if level == "nominal" else _SQUARES[level](_as_numbers(seen, level))


def _as_numbers(seen: Sequence[Hashable], level: Level) -> Floats:
    wrong = [v for v in seen if not isinstance(v, int | float) or not np.isfinite(v)]
    if level == "ratio":
        wrong += [v for v in seen if isinstance(v, int | float) and v < 0]
    if wrong:
        raise DataError(f"values of level {level} are numbers, got {wrong[0]!r}")
    return np.array(seen, dtype=np.float64)


def _interval(values: Floats) -> Floats:
    out: Floats = np.subtract.outer(values, values) ** 2
    return out


def _ratio(values: Floats) -> Floats:
    total = np.add.outer(values, values)
    out: Floats = (np.subtract.outer(values, values) / np.where(total > 0, total, 1.0)) ** 2
    return out


_SQUARES: dict[str, Callable[[Floats], Floats]] = {"interval": _interval, "ratio": _ratio}


def _pairs(counts: Floats, apart: Floats | None) -> Floats:
    """Sum of squared differences over all ordered pairs of each row's values: (rows,)."""
    if apart is None:
        return np.asarray(counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1))
    return np.asarray(((counts @ apart) * counts).sum(axis=1))


def _observed(counts: Floats, apart: Floats | None) -> Floats:
    """Each unit's share of the observed disagreement, times n."""
    return np.asarray(_pairs(counts, apart) / (counts.sum(axis=1) - 1))


def _cluster_sums(
    counts: Floats, observed: Floats, labels: Sequence[Hashable]
) -> tuple[NDArray[np.float32], Floats]:
    """Value counts and disagreement added up by cluster, and their totals."""
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    sums = np.zeros((len(places), counts.shape[1] + 1))
    rows = np.column_stack([counts, observed])
    np.add.at(sums, [places[label] for label in labels], rows)
    return sums.astype(np.float32), rows.sum(axis=0)


def _alpha(totals: Floats, apart: Floats | None) -> Floats:
    """Alpha of each row of value counts with observed disagreement last; NaN where undefined."""
    counts, observed = totals[:, :-1], totals[:, -1]
    n = counts.sum(axis=1)
    expected = _pairs(counts, apart)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(expected > 0, 1 - (n - 1) * observed / expected, np.nan)
    return found


def raw_and_kappa(
    both: Floats, first: Floats, second: Floats, neither: Floats
) -> tuple[Floats, Floats]:
    """Agreement of two raters about yes and no: as observed, and Cohen's kappa (1960).

    Kappa is agreement beyond what the two would reach by saying yes as often as they do, but at
    random; undefined where that is always.

    Args:
        both: (...,) how often both say yes.
        first: (...,) the first alone.
        second: (...,) the second alone.
        neither: (...,) neither.
    """
    total = both + first + second + neither
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (both + neither) / total
        yes = (both + first) / total * (both + second) / total
        no = (neither + first) / total * (neither + second) / total
        chance = yes + no
        kappa = np.where(chance < 1, (observed - chance) / (1 - chance), np.nan)
    return np.asarray(np.where(total > 0, observed, np.nan)), np.asarray(kappa)
