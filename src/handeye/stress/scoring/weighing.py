"""What the picture weighs, and what a cue does, in log odds; and the level at which they are equal.

Of the four cells of a kind of cue (each value said of each picture), over answers that are value a
or value b: ``log odds of a = group + visual * picture + cue * cue + side * side``, each 1/2 where
it speaks for a, -1/2 for b (:mod:`handeye.stats.weights`). From the log-probabilities of letters
where nearly all answers have them, else from the answers themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.stats.weights import LinearWeights, Weighed, Weights, crossing
from handeye.stress.scoring.figures import group_kinds
from handeye.stress.scoring.score import WEIGHED, ScoreRow, by_size

# Of the answers to a kind of cue, those that must have log-probabilities, and may be bounds.
_MOST, _BOUNDS = 0.95, 0.05
FEWEST_OF_FAMILY = 20
"""Groups from which the exchange rate of a family is told."""
Floats = NDArray[np.float64]
Bound = str


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """A weight in log odds with its 95 % interval.

    Attributes:
        value: the figure; None where there is none.
        low: lower end; None where it is open.
        high: upper end; None where it is open.
        bound: empty; ``at least`` or ``at most`` where one end is open, ``untold`` where both are.
        n: answers behind it.
        n_groups: groups behind it.
        reason: why there is no figure (:data:`handeye.stats.weights.Reason`); else empty.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    bound: Bound = ""
    n: int = 0
    n_groups: int = 0
    reason: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """Where along difficulty the picture weighs as much as the cue, whichever way that moves.

    Attributes:
        value: the level, or the physical quantity; None outside the range that was asked.
        low: lower end of its interval; None where that goes beyond the range.
        high: upper end, likewise.
        least: least level, or physical quantity, that was asked.
        most: largest one.
        unit: ``level``, ``px``, ``deg``.
        said: empty, or ``picture`` or ``cue``, which weighs more throughout; or why that cannot be
            told: ``unseen``, the picture does not surely weigh anything; ``few`` groups; else
            ``untold``.
        n_groups: groups behind it.
    """

    value: float | None
    low: float | None
    high: float | None
    least: float
    most: float
    unit: str
    said: str
    n_groups: int


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one kind of cue.

    Attributes:
        source: ``letters`` or ``answers``.
        visual: what the log odds change by with the picture.
        cue: what they change by with the cue.
        lead: visual less cue: above 0 answers are with the picture where the two disagree, be it
            that the picture decides or that the cue is contradicted.
        side: what they change by with the side that value a is on, in families that have sides;
            None where none was asked about.
        spread: standard deviation of groups, in log odds; None from letters.
        lapses: share of answers by lot; None from letters.
        bounds: share of log-probabilities that are bounds; None from answers.
        exchange: the level at which the two are equal; None where levels do not vary.
    """

    source: str
    visual: Weight
    cue: Weight
    lead: Weight
    side: Weight | None
    spread: float | None
    lapses: float | None
    bounds: float | None
    exchange: Exchange | None


class _Cells(NamedTuple):
    """Answers that are weighed, as numbers."""

    rows: list[ScoreRow]
    things: Floats
    cluster: NDArray[np.int64]
    letters: bool
    bounds: float

    def fit(self, things: Floats) -> Weights | LinearWeights:
        """The model of some things."""
        if self.letters:
            odds = [(row.log_a or 0.0) - (row.log_b or 0.0) for row in self.rows]
            return LinearWeights(things, np.array(odds), self.cluster)
        first = np.array([float(row.says == "a") for row in self.rows])
        return Weights(things, first, self.cluster)


def weigh(rows: Sequence[ScoreRow]) -> dict[str, Kind]:
    """Weights by kind of cue; ``worded`` and ``drawn`` are several kinds together.

    Args:
        rows: of a run.
    """
    asked = [kind for kind in WEIGHED if any(row.cue == kind for row in rows)]
    return {name: _kind(_cells(rows, of)) for name, of in group_kinds(asked).items()}


def exchange_by_family(rows: Sequence[ScoreRow]) -> dict[str, Exchange]:
    """Of families with :data:`FEWEST_OF_FAMILY` groups, where picture and worded cues weigh alike.

    A family with sizes in several units is several (:func:`by_size`).

    Args:
        rows: of a run.
    """
    found = {}
    worded = group_kinds({row.cue for row in rows if row.cue in WEIGHED})
    kinds = worded.get("worded") or tuple(worded)
    for name, of in by_size(rows).items():
        cells = _cells(of, kinds)
        x = np.array([math.log(row.physical or math.nan) for row in cells.rows])
        if len(np.unique(x)) < 2 or len(np.unique(cells.cluster)) < FEWEST_OF_FAMILY:
            continue
        fit = cells.fit(cells.things[:, :2])
        weights = weight_of(fit.weight(0)), weight_of(fit.weight(1))
        if (one := _exchange(cells, x, of[0].unit, *weights)) is not None:
            found[name] = one
    return found


def _cells(rows: Sequence[ScoreRow], kinds: Sequence[str]) -> _Cells:
    inside = [row for row in rows if row.cue in kinds and row.cue_value in row.values]
    known = [row for row in inside if row.log_a is not None and row.log_b is not None]
    bounds = sum(row.log_bound for row in known) / max(len(known), 1)
    letters = bool(known) and len(known) >= _MOST * len(inside) and bounds <= _BOUNDS
    used = known if letters else [row for row in inside if row.says in ("a", "b")]
    numbers = {name: k for k, name in enumerate(dict.fromkeys(row.scene_id for row in used))}
    things = np.array(
        [
            [
                0.5 if row.true_a else -0.5,
                0.5 if row.cue_value == row.values[0] else -0.5,
                row.side / 2,
            ]
            for row in used
        ],
        np.float64,
    ).reshape(len(used), 3)
    cluster = np.array([numbers[row.scene_id] for row in used], np.int64)
    return _Cells(used, things, cluster, letters, bounds)


def _kind(cells: _Cells) -> Kind:
    sides = np.unique(cells.things[:, 2])
    # Where all have one side, or none has, nothing of it can be told from what groups share.
    width = 3 if {-0.5, 0.5} <= set(sides.tolist()) else 2
    fit = cells.fit(cells.things[:, :width])
    visual, cue = np.eye(width)[:2]
    levels = np.array([math.nan if row.level is None else row.level for row in cells.rows])
    varied = bool(len(levels)) and bool(np.isfinite(levels).all()) and np.ptp(levels) > 0
    weights = weight_of(fit.weight(visual)), weight_of(fit.weight(cue))
    return Kind(
        source="letters" if cells.letters else "answers",
        visual=weights[0],
        cue=weights[1],
        lead=weight_of(fit.weight(visual - cue)),
        side=weight_of(fit.weight(2)) if width == 3 else None,
        spread=fit.spread,
        lapses=fit.lapses,
        bounds=cells.bounds if cells.letters else None,
        exchange=_exchange(cells, levels, "level", *weights) if varied else None,
    )


def weight_of(found: Weighed) -> Weight:
    """A figure with its open ends said."""
    low, high = (
        None if end is None or math.isinf(end) else round(end, 6) for end in (found.low, found.high)
    )
    bound = ""
    if found.value is not None:
        bound = {(True, True): "untold", (False, True): "at least", (True, False): "at most"}.get(
            (low is None, high is None), ""
        )
    return Weight(
        value=None if found.value is None else round(found.value, 6),
        low=low,
        high=high,
        bound=bound,
        n=found.n,
        n_groups=found.clusters,
        reason=found.reason or "",
    )


def less(one: Weight, other: Weight) -> Weight:
    """What a weight changes by from one run to another, ``other - one``.

    The interval is made of those of the two, taken for independent: on either side the root of the
    sum of squares of what each may be off (Zou and Donner 2008, Stat. Med. 27:1693). An end is open
    where one of them is.
    """
    if one.value is None or other.value is None:
        return Weight(value=None, reason=one.reason or other.reason)

    def off(up: Weight, down: Weight) -> float:
        """How far ``up - down`` may lie above its figure."""
        if up.high is None or down.low is None:
            return math.inf
        return math.hypot(up.high - (up.value or 0.0), (down.value or 0.0) - down.low)

    value = other.value - one.value
    found = Weighed(
        value,
        value - off(one, other),
        value + off(other, one),
        one.n + other.n,
        min(one.n_groups, other.n_groups),
    )
    return weight_of(found)


def _exchange(cells: _Cells, x: Floats, unit: str, seen: Weight, said: Weight) -> Exchange | None:
    """Where the visual weight, linear in x, equals that of the cue.

    Args:
        cells: that are weighed.
        x: (n,) level, or log of the physical quantity.
        unit: of x.
        seen: the visual weight over all x; where it is not surely above 0, nothing is told.
        said: the weight of the cue; where it surely is below 0, its size is what is compared.
    """
    ends = float(x.min()), float(x.max())
    middle = sum(ends) / 2
    n_groups = len(np.unique(cells.cluster))
    least, most = (_scaled(end, unit) or 0.0 for end in ends)
    if seen.value is None or seen.low is None or seen.low <= 0:
        return Exchange(value=None, low=None, high=None, least=least, most=most, unit=unit,
                        said="unseen", n_groups=n_groups)  # fmt: skip
    visual, cue = cells.things[:, 0], cells.things[:, 1]
    fit = cells.fit(np.column_stack([visual, visual * (x - middle), cue]))
    if fit.reason is not None:
        return None
    found = crossing(
        fit,
        np.array([1.0, -middle, 1.0 if said.high is not None and said.high < 0 else -1.0]),
        np.array([0.0, 1.0, 0.0]),
        ends,
    )
    # Where nothing within the range is refuted, there is nothing to tell.
    known = None if found.low is None and found.high is None else found.value
    untold = "few" if n_groups < FEWEST_OF_FAMILY else "untold"
    # Ends around no figure only say where there were too few answers to refute anything.
    return Exchange(
        value=_scaled(known, unit),
        low=None if known is None else _scaled(found.low, unit),
        high=None if known is None else _scaled(found.high, unit),
        least=least,
        most=most,
        unit=unit,
        said="" if known is not None else {1: "picture", -1: "cue"}.get(found.side, untold),
        n_groups=n_groups,
    )


def _scaled(x: float | None, unit: str) -> float | None:
    """Levels as they are, physical quantities out of their logs."""
    if x is None:
        return None
    return round(x if unit == "level" else math.exp(x), 4)


def weight_words(found: Weight | dict[str, Any]) -> str:
    """``2.13 (1.40 to 2.95)``, ``≥ 5.3``, or a dash with why."""
    one = found if isinstance(found, Weight) else msgspec.convert(found, Weight)
    if one.value is None:
        return "–"
    minus = "\N{MINUS SIGN}"

    def shown(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}".replace("-", minus)

    words = {
        "at least": f"≥ {shown(one.low)}",
        "at most": f"≤ {shown(one.high)}",
        "untold": "cannot be told",
    }
    return words.get(one.bound, f"{shown(one.value)} ({shown(one.low)} to {shown(one.high)})")
