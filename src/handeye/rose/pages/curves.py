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
from handeye.pages.frame import Panel, Part
from handeye.rose.diagnosis.findings import Curve, CurvePair, Factor, Findings
from handeye.rose.diagnosis.thresholds import SCALES
from handeye.rose.pages.view import RunView
from handeye.rose.scoring.tables import HEADLINE_COLUMNS
from handeye.scores.estimate import MISSING, NOTHING, Estimate, Worded, number, rate_of
from handeye.scores.looks import BEST, chance_row
from handeye.scores.tables import Column, Row, Table

# ---- parts of the page


_MEANINGS = {
    "similarity": "How alike target and majority look: 0 nothing alike, 1 the same. Each source of "
    "pictures measures it in its own way, so read it within a subset.",
    "cells": "Number of cells in the grid.",
    "targets": "Number of targets in the grid.",
}

Chance = tuple[float | None, float | None]


def _chance(run: RunView) -> Chance:
    """What the best constant answer scores, counting and acting."""
    rows = chance_row(run.looks, "headline", HEADLINE_COLUMNS)
    counting, action = ([rate_of(cell).value for cell in rows[0].cells] if rows else [None] * 3)[:2]
    return counting, action


def curve_parts(known: Sequence[tuple[RunView, Findings]]) -> list[Part]:
    """One part for each factor that some run has curves along."""
    keys = dict.fromkeys(key for _, found in known for key in found.thresholds)
    return [
        _factor(key, [(run, f.thresholds[key]) for run, f in known if key in f.thresholds])
        for key in keys
    ]


def curve_table(known: Sequence[tuple[RunView, Findings]]) -> Table:
    """What the curves of all subsets are fitted to, and where they cross one half."""
    rows = []
    for run, found in known:
        for key, factor in found.thresholds.items():
            pair = factor.pairs()["all subsets"]
            axis = axis_of(key, [pair])
            group = f"{run.label}: {factor.title}"
            sides = [
                {mark.label: mark.rate for mark in c.points} for c in (pair.counting, pair.action)
            ]
            rows += [
                Row(
                    label,
                    tuple(side.get(label, NOTHING) for side in sides),
                    group=group,
                    note=run.partial_note,
                )
                for label in dict.fromkeys(label for side in sides for label in side)
            ]
            crossing = tuple(
                Worded(at.value, at.low, at.high, at.n, words=axis.amount(at))
                for at in (pair.counting.threshold, pair.action.threshold)
            )
            rows.append(Row("crosses 50 % at", crossing, group=group))
    return Table(
        "t-curves",
        "PASS by what makes a scene hard, in percent, subsets pooled; 95 % intervals.",
        (Column("Counting", "G-Cnt, L-Cnt"), Column("Acting", "L-Clk, V-Clk, Excl-CS")),
        tuple(rows),
        row_head="Value",
        slim=True,
    )


def _factor(key: str, held: Sequence[tuple[RunView, Factor]]) -> Part:
    alone = len(held) == 1
    titles = dict.fromkeys(title for _, factor in held for title in factor.pairs())
    panels: dict[str, list[Panel]] = {}
    for place, title in enumerate(titles):
        drawn = [
            (run, factor, factor.pairs()[title]) for run, factor in held if title in factor.pairs()
        ]
        axis = axis_of(key, [pair for *_, pair in drawn])
        for run, factor, pair in drawn:
            of_subset = f"{held[0][1].title}, {title}" if alone else f"{run.label}, {title}"
            name = of_subset if place else held[0][1].title
            words = f"{run.label}, {title}: PASS against {held[0][1].title.lower()}, in percent"
            chart = curve_panel(
                f"curve-{key}-{run.style}-{place}", pair, words, axis, run.style, _chance(run)
            )
            left_out = factor.left_out if place == 0 else ()
            lines = _lines(pair, axis, left_out)
            panels.setdefault(title, []).append(Panel(name, chart, run.style, lines))
    whole, *subsets = panels.values()
    more = tuple(panel for part in subsets for panel in part)
    meaning = _MEANINGS.get(key, "")
    return Part(key, held[0][1].title, meaning, tuple(whole), more)


def _lines(pair: CurvePair, axis: Axis, left_out: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Where both curves cross one half, and how far apart; or why that cannot be told."""
    lines = []
    for name, curve in (("Counting", pair.counting), ("Acting", pair.action)):
        known = curve.threshold.value is not None
        lines.append(
            (name, axis.amount(curve.threshold) if known else curve.threshold.reason or MISSING)
        )
    if pair.distance.value is not None:
        lines.append(("Apart", pair.distance.text("cell", "plain")))
    if left_out:
        lines.append(("Without", ", ".join(name.removeprefix("ROSE-") for name in left_out)))
    return tuple(lines)


# ---- drawing


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

    def ticks(self) -> list[float]:
        """Round values within the ends that do not touch, the roundest first in their place."""
        kept: list[float] = []
        for steps in _ROUND:
            for tick in (step * 10.0**power for power in range(-1, 6) for step in steps):
                apart = all(abs(self.place(tick) - self.place(one)) >= _APART for one in kept)
                if (tick < 1 or tick == round(tick)) and self.holds(tick) and apart:
                    kept.append(tick)
        return sorted(round(tick, 6) for tick in kept)

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
# Round numbers, the roundest first, and how many pixels their names must be apart.
_ROUND = ((1.0,), (5.0,), (2.0,), (3.0, 8.0), (1.5, 4.0, 6.0, 9.0, 9.5, 9.9))
_APART = 30.0


def _figure(value: float) -> str:
    return number(value, "plain")


def axis_of(key: str, pairs: Sequence[CurvePair]) -> Axis:
    """An axis that holds every mark and fitted point of the panels of the factor ``key``."""
    scale = next((one for one in SCALES if one.key == key), None)

    def forth(x: float) -> float:
        return x if scale is None else float(scale.forth(np.array(x)))

    xs = [
        forth(x)
        for pair in pairs
        for curve in (pair.counting, pair.action)
        for x in (*(mark.x for mark in curve.points), *(one.x for one in curve.fit))
    ]
    low, high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    room = (high - low) * 0.04 or 0.5
    return Axis(low - room, high + room, forth, _figure if scale is None else scale.words)


def curve_panel(
    key: str,
    pair: CurvePair,
    title: str,
    axis: Axis,
    style: int = 0,
    chance: Chance = (None, None),
) -> Markup:
    """One small chart of both curves.

    Args:
        key: unique on the page.
        pair: what is drawn.
        title: name of the picture for readers that cannot see it.
        axis: shared by the panels of one factor.
        style: colour of the run.
        chance: what the best constant answer scores, counting and acting, over all items.
    """
    y_of = Scale(_BOTTOM, _TOP)
    named = (("acting", pair.action), ("counting", pair.counting))
    parts = [_axes(axis, y_of, chance)]
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
        marks = ", ".join(f"{mark.label}: {mark.rate.percent} %" for mark in curve.points)
        at = (
            f"crosses 50 % at {axis.amount(curve.threshold)}"
            if _known(curve)
            else curve.threshold.reason or MISSING
        )
        out.append(f"{name} {at}; {marks}.")
    return " ".join(out)


def _known(curve: Curve) -> bool:
    return curve.threshold.value is not None


def _axes(axis: Axis, y_of: Scale, pair_chance: Chance) -> Markup:
    parts = []
    for tick in (0.0, 0.5, 1.0):
        y = y_of(tick)
        parts.append(svg.line(_LEFT, y, _RIGHT, y, "grid" if tick else "axis"))
        parts.append(svg.text(_LEFT - 6, y + 3.5, f"{tick * 100:.0f}", "tick", "end"))
    for tick in axis.ticks():
        x = axis.place(tick)
        parts.append(svg.line(x, _BOTTOM, x, _BOTTOM + 3, "axis"))
        parts.append(svg.text(x, _BOTTOM + 15, f"{tick:g}", "tick", "middle"))
    for chance, name in ((pair_chance[0], "counting"), (pair_chance[1], "acting")):
        if chance is not None:
            tip = svg.element("title", f"{BEST}, {name}: {number(chance)} %")
            y = y_of(chance)
            parts.append(
                svg.group(
                    tip, svg.line(_LEFT, y, _RIGHT, y, "line"), class_=f"series chance {name}"
                )
            )
    return svg.group(*parts)


def _curve(curve: Curve, name: str, axis: Axis, y_of: Scale) -> Markup:
    parts = []
    if curve.fit:
        upper, lower = (
            [
                (axis.place(one.x), y_of(one.y if end is None else end))
                for one in curve.fit
                for end in (getattr(one, name),)
            ]
            for name in ("high", "low")
        )
        parts.append(svg.element("path", d=_path([*upper, *lower[::-1]]) + "Z", class_="band"))
        line = [(axis.place(one.x), y_of(one.y)) for one in curve.fit]
        parts.append(svg.element("path", d=_path(line), class_="line"))
    for mark in curve.points:
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
