"""Up to what size a family is told: psychometric curves over the physical quantity of a level.

A pass is a pair of pictures that are both told rightly without a cue: one outcome a group, and
nothing that a guess has a half of. Thresholds, where half the pairs are told, are in pixels as the
model is shown them: after the resize that the published rules of its provider's family tell
(:mod:`handeye.run.image_tokens`), else as drawn; which was assumed is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from handeye.run.image_tokens import image_rule
from handeye.scores.estimate import Estimate
from handeye.stats.logistic import fit_curves
from handeye.stress.scoring.score import Groups, ScoreRow, by_size

AS_DRAWN = "as drawn"
PIXELS = "px"


class Point(msgspec.Struct, frozen=True):
    """What was measured at one physical quantity: ``x`` in the unit of the curve."""

    x: float
    passed: int
    n: int


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """The curve of one family.

    Attributes:
        unit: of ``threshold``: ``px``, ``deg``.
        resize: the rule by whose resize pixels are counted, or that they are as drawn.
        threshold: where half the pairs are both told; no value where that cannot be told.
        slope: log odds of telling both by doubling of the quantity, likewise.
        reason: why there is no threshold (:data:`handeye.stats.curves.Reason`); else empty.
        points: what was measured.
        n: pairs, one a group.
    """

    unit: str
    resize: str
    threshold: Estimate
    slope: Estimate
    reason: str
    points: list[Point]
    n: int


def resize_of(model: str | None, size: tuple[int, int] | None) -> tuple[float, str]:
    """By what pixels as drawn are multiplied, and the rule; 1 where none is known.

    Args:
        model: by name.
        size: of the picture as drawn.
    """
    rule = image_rule(model or "")
    if rule is None or rule.scale is None or size is None:
        return 1.0, AS_DRAWN
    return rule.scale(*size), rule.name


def curves(rows: Sequence[ScoreRow], model: str | None) -> dict[str, Curve]:
    """The curve of every family that has a physical quantity, as :func:`by_size` names it.

    Args:
        rows: of a run.
        model: whose resize is assumed.
    """
    found = {name: list(_outcomes(of, model)) for name, of in by_size(rows).items()}
    return {name: _curve(pairs) for name, pairs in found.items() if pairs}


def _outcomes(
    rows: Sequence[ScoreRow], model: str | None
) -> Iterator[tuple[float, float, str, str]]:
    """Of each pair without a cue its size as shown, whether both are told, unit and rule."""
    for one, other in Groups(rows).pairs:
        first, second = rows[one], rows[other]
        if first.cell != "uncued" or not first.physical:
            continue
        size = (first.width, first.height) if first.width and first.height else None
        scale, rule = resize_of(model, size) if first.unit == PIXELS else (1.0, AS_DRAWN)
        yield first.physical * scale, float(first.right and second.right), first.unit, rule


def _curve(pairs: Sequence[tuple[float, float, str, str]]) -> Curve:
    x = np.array([math.log2(one[0]) for one in pairs])
    passed = np.array([one[1] for one in pairs])
    fit = fit_curves(x, passed, np.arange(len(pairs), dtype=np.int64))
    threshold, slope = fit.threshold(0), fit.slope(0)
    value, low, high = (
        None if end is None or not -40 < end < 40 else round(2.0**end, 4)
        for end in (threshold.value, threshold.low, threshold.high)
    )
    levels = dict.fromkeys(sorted(one[0] for one in pairs))
    return Curve(
        unit=pairs[0][2],
        resize=" / ".join(dict.fromkeys(one[3] for one in pairs)),
        threshold=Estimate(value, low, high, 0 if value is None else len(pairs)),
        slope=Estimate(slope.value, slope.low, slope.high, len(pairs)),
        reason=threshold.reason or "",
        points=[
            Point(
                round(level, 4),
                int(sum(one[1] for one in pairs if one[0] == level)),
                sum(one[0] == level for one in pairs),
            )
            for level in levels
        ],
        n=len(pairs),
    )
