"""The curves on the page: per factor a panel for every run, and one for each of its subsets."""

from __future__ import annotations

from collections.abc import Sequence

from handeye.pages.panels import Panel, Part
from handeye.rose.pages.curve_chart import Axis, axis_of, curve_panel
from handeye.rose.pages.diagnosis_view import CurveFactor, CurvePair, DiagnosisView
from handeye.rose.pages.view import RunView
from handeye.scores.estimate import MISSING, signed

_MEANINGS = {
    "similarity": "How alike target and majority look: 0 nothing alike, 1 the same. Each source of "
    "pictures measures it in its own way, so read it within a subset.",
    "cells": "Number of cells in the grid.",
    "targets": "Number of targets in the grid.",
}
# Scales that differ between subsets: read whole they mislead.
_WITHIN = frozenset({"similarity"})


def curve_parts(known: Sequence[tuple[RunView, DiagnosisView]]) -> list[Part]:
    """One part for each factor that some run has curves along."""
    keys = dict.fromkeys(factor.key for _, found in known for factor in found.curves)
    out = []
    for key in keys:
        held = [
            (run, factor) for run, found in known for factor in found.curves if factor.key == key
        ]
        out.append(_factor(key, held))
    return out


def _factor(key: str, held: Sequence[tuple[RunView, CurveFactor]]) -> Part:
    alone = len(held) == 1
    titles = dict.fromkeys(pair.title for _, f in held for pair in (f.whole, *f.subsets))
    panels: dict[str, list[Panel]] = {}
    for number, title in enumerate(titles):
        drawn = [
            (run, pair)
            for run, factor in held
            for pair in (factor.whole, *factor.subsets)
            if pair.title == title
        ]
        axis = axis_of(key, [pair for _, pair in drawn])
        for run, pair in drawn:
            name = title if alone else run.label if number == 0 else f"{run.label}, {title}"
            panel = _panel(f"curve-{key}-{run.style}-{number}", run, pair, held[0][1], axis, name)
            panels.setdefault(title, []).append(panel)
    whole, *subsets = panels.values()
    more = tuple(panel for part in subsets for panel in part)
    meaning = _MEANINGS.get(key, "")
    if alone and key in _WITHIN:
        return Part(key, held[0][1].title, meaning, (*whole, *more))
    return Part(key, held[0][1].title, meaning, tuple(whole), more)


def _panel(
    id_: str, run: RunView, pair: CurvePair, factor: CurveFactor, axis: Axis, name: str
) -> Panel:
    title = f"{run.label}, {pair.title}: PASS against {factor.title.lower()}, in percent"
    return Panel(
        name, curve_panel(id_, pair, title, axis, run.style), run.style, _lines(pair, axis)
    )


def _lines(pair: CurvePair, axis: Axis) -> tuple[tuple[str, str], ...]:
    """Where both curves cross one half, and how far apart; or why that cannot be told."""
    lines = []
    for name, curve in (("Counting", pair.counting), ("Acting", pair.action)):
        known = curve.threshold.value is not None
        lines.append((name, axis.amount(curve.threshold) if known else curve.reason or MISSING))
    if pair.distance.value is not None:
        lines.append(("Apart", signed(pair.distance)))
    if pair.left_out:
        lines.append(("Without", ", ".join(pair.left_out)))
    return tuple(lines)
