"""Counting and acting against one factor: fitted curves, marks, and where they cross 50 %.

The distance between the two marks on the line at 50 % is the gap in units of the factor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale
from handeye.rose.diagnosis.difficulty import SCALES
from handeye.rose.pages.diagnosis_view import Curve, CurvePair
from handeye.scores.estimate import MISSING, Estimate, figure

_WIDTH, _HEIGHT = 284.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 30.0, 278.0, 10.0, 160.0


@dataclass(frozen=True, slots=True)
class Axis:
    """The horizontal axis that the panels of one factor share.

    ``forth`` brings a value of the factor to the scale of the fits, on which a logistic curve is
    drawn; ``low`` and ``high`` are ends on that scale. ``words`` writes a value.
    """

    low: float
    high: float
    forth: Callable[[float], float]
    words: Callable[[float], str]

    def place(self, x: float) -> float:
        """Pixel of a value, held within the ends."""
        share = (self.forth(x) - self.low) / (self.high - self.low)
        return _LEFT + (_RIGHT - _LEFT) * min(max(share, 0.0), 1.0)

    def holds(self, x: float) -> bool:
        """Whether a value lies within the ends."""
        return self.low <= self.forth(x) <= self.high

    def amount(self, rate: Estimate) -> str:
        """A value of the factor with its interval: ``0.74 [0.71, 0.78]``."""
        if rate.value is None:
            return MISSING
        if rate.low is None or rate.high is None:
            return self.words(rate.value)
        return f"{self.words(rate.value)} [{self.words(rate.low)},{_NBSP}{self.words(rate.high)}]"


_NBSP = "\N{NO-BREAK SPACE}"


def axis_of(key: str, pairs: Sequence[CurvePair]) -> Axis:
    """An axis that holds every mark and fitted point of the panels of the factor ``key``."""
    scale = next((one for one in SCALES if one.key == key), None)

    def forth(x: float) -> float:
        return x if scale is None else float(scale.forth(np.array(x)))

    xs = [
        forth(x)
        for pair in pairs
        for curve in (pair.counting, pair.action)
        for x in (*(mark.x for mark in curve.marks), *(x for x, _ in curve.fit))
    ]
    low, high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    room = (high - low) * 0.04 or 0.5
    return Axis(low - room, high + room, forth, figure if scale is None else scale.words)


def curve_panel(key: str, pair: CurvePair, title: str, axis: Axis, style: int = 0) -> Markup:
    """One small chart of both curves.

    Args:
        key: unique on the page.
        pair: what is drawn.
        title: name of the picture for readers that cannot see it.
        axis: shared by the panels of one factor.
        style: colour of the run.
    """
    y_of = Scale(_BOTTOM, _TOP)
    named = (("acting", pair.action), ("counting", pair.counting))
    parts = [_axes(pair, axis, y_of)]
    parts += [_curve(curve, name, axis, y_of) for name, curve in named]
    parts += [_threshold(curve, name, axis, y_of) for name, curve in named]
    return svg.figure(
        key,
        _WIDTH,
        _HEIGHT,
        title,
        described(pair, axis),
        svg.group(*parts, class_=f"series s{style % svg.STYLE_COUNT}"),
        class_="panel curves",
    )


def described(pair: CurvePair, axis: Axis) -> str:
    """The panel in words."""
    out = []
    for name, curve in (("Counting", pair.counting), ("Acting", pair.action)):
        marks = ", ".join(f"{mark.label}: {mark.rate.percent} %" for mark in curve.marks)
        at = f"crosses 50 % at {axis.amount(curve.threshold)}" if _known(curve) else curve.reason
        out.append(f"{name} {at}; {marks}.")
    return " ".join(out)


def _known(curve: Curve) -> bool:
    return curve.threshold.value is not None


def _axes(pair: CurvePair, axis: Axis, y_of: Scale) -> Markup:
    parts = []
    for tick in (0.0, 0.5, 1.0):
        y = y_of(tick)
        parts.append(svg.line(_LEFT, y, _RIGHT, y, "grid" if tick else "axis"))
        parts.append(svg.text(_LEFT - 6, y + 3.5, f"{tick * 100:.0f}", "tick", "end"))
    last = -100.0
    for mark in sorted(pair.counting.marks or pair.action.marks, key=lambda m: m.x):
        x = axis.place(mark.x)
        parts.append(svg.line(x, _BOTTOM, x, _BOTTOM + 3, "axis"))
        if x - last >= 14 + 2.9 * len(mark.label):
            parts.append(svg.text(x, _BOTTOM + 15, mark.label, "tick", "middle"))
            last = x + 2.9 * len(mark.label)
    return svg.group(*parts)


def _curve(curve: Curve, name: str, axis: Axis, y_of: Scale) -> Markup:
    parts = []
    if curve.fit:
        upper = [
            (axis.place(x), y_of(r.high if r.high is not None else r.value or 0))
            for x, r in curve.fit
        ]
        lower = [
            (axis.place(x), y_of(r.low if r.low is not None else r.value or 0))
            for x, r in curve.fit
        ]
        parts.append(svg.element("path", d=_path([*upper, *lower[::-1]]) + "Z", class_="band"))
        line = [(axis.place(x), y_of(r.value or 0)) for x, r in curve.fit]
        parts.append(svg.element("path", d=_path(line), class_="line"))
    for mark in curve.marks:
        if mark.rate.value is None:
            continue
        x, y = axis.place(mark.x), y_of(mark.rate.value)
        tip = svg.element(
            "title", f"{name} at {mark.label}: {mark.rate.both} % (n = {mark.rate.n:,})"
        )
        bar = Markup("")
        if mark.rate.low is not None and mark.rate.high is not None:
            bar = svg.line(x, y_of(mark.rate.low), x, y_of(mark.rate.high), "bar")
        shape = (
            svg.marker(0, x, y, 3.4)
            if name == "counting"
            else svg.marker(3, x, y, 3.4, "mark open")
        )
        parts.append(svg.group(tip, bar, shape))
    return svg.group(*parts, class_=name)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{svg.number(x)} {svg.number(y)}" for x, y in points)


def _threshold(curve: Curve, name: str, axis: Axis, y_of: Scale) -> Markup:
    """A foot from the crossing down to the axis, and its interval on the line at 50 %."""
    at = curve.threshold
    if at.value is None or not axis.holds(at.value):
        return Markup("")
    y = y_of(0.5)
    parts = [svg.element("title", f"{name} crosses 50 % at {axis.amount(at)}")]
    parts.append(svg.line(axis.place(at.value), y, axis.place(at.value), _BOTTOM, "foot"))
    if at.low is not None and at.high is not None:
        parts.append(svg.line(axis.place(at.low), y, axis.place(at.high), y, "reach"))
    parts.append(svg.line(axis.place(at.value), y - 5, axis.place(at.value), y + 5, "reach"))
    return svg.group(*parts, class_=name)
