"""Proactive actions: found on proactive truth, against how much of what is proposed is proactive.

One point a run and class. A model that calls everything proactive stands far right; one that
foresees stands high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale
from handeye.scores.estimate import Estimate, Figure, in_unit, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Column, Row, Table
from handeye.visualact.pages.view import RunView, interval_words
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scoring.tables import OVERALL, scenario_words

LETTERS = {"navigation": "N", "home": "H", "safety": "S", "hmi": "M", OVERALL: "all"}
_SHARES = frozenset({"acted_on_idle", "nothing_on_busy"})
# How many clips a share is of, beside it.
_COUNTED = {
    "acted_on_idle": Column("idle clips", "answered clips that call for nothing"),
    "nothing_on_busy": Column("busy clips", "answered clips that call for something"),
}
_PLACE = Column("share_of_predictions"), Column("recall")
_MEAN = "mean of classes"
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Dot:
    """One point of the plot, with the letter of its class."""

    run: str
    scenario: str
    style: int
    x: Estimate
    y: Estimate
    chance: bool = False

    @property
    def name(self) -> str:
        """What it stands for."""
        return self.run if self.chance else f"{self.run}, {scenario_words(self.scenario)}"


def dots(runs: Sequence[RunView]) -> list[Dot]:
    """Points of every run and class for which both figures were measured, and of chance."""
    out = []
    for run in runs:
        table = run.summary.proactive
        for key, row in [*table.by_scenario.items(), (OVERALL, table.mean)]:
            x, y = (row[column.key] for column in _PLACE)
            if x.value is not None and y.value is not None:
                out.append(Dot(run.label, key, run.style, x, y))
    for line in chance_rows(runs, "proactive", _PLACE, _MEAN) if out else ():
        x, y = map(rate_of, line.cells)
        if x.value is not None and y.value is not None:
            out.append(Dot(line.label, OVERALL, 0, x, y, chance=True))
    return out


def proactive_plot(key: str, found: Sequence[Dot], *, narrow: bool = False) -> Markup:
    """The plot; classes have small open marks with a letter, the mean a large filled one.

    Args:
        key: unique on the page.
        found: the points.
        narrow: the drawing for phones.
    """
    width, height = (360.0, 330.0) if narrow else (820.0, 400.0)
    left, right, top, bottom = 38.0, width - (32 if narrow else 150), 30.0, height - 46
    x_of, y_of = Scale(left, right), Scale(bottom, top)
    parts = [_axes(x_of, y_of)]
    parts += [
        _dot(dot, x_of, y_of) for dot in sorted(found, key=lambda dot: dot.scenario == OVERALL)
    ]
    words = " ".join(
        f"{dot.name}: found {dot.y.text('line')}, proposed proactive {dot.x.text('line')}."
        for dot in found
    )
    return svg.figure(
        key,
        width,
        height,
        "Recall on proactive truth against the share of proactive predictions",
        "Percent. " + words,
        *parts,
        class_="scatter " + ("narrow-only" if narrow else "wide-only"),
    )


def _axes(x_of: Scale, y_of: Scale) -> Markup:
    parts = []
    for tick in _TICKS:
        x, y = x_of(tick), y_of(tick)
        parts.append(svg.line(x_of.start, y, x_of.end, y, "grid" if tick else "axis"))
        parts.append(svg.line(x, y_of.start, x, y_of.end, "grid" if tick else "axis"))
        parts.append(svg.text(x_of.start - 6, y + 3.5, f"{tick * 100:.0f}", "tick", "end"))
        parts.append(svg.text(x, y_of.start + 15, f"{tick * 100:.0f}", "tick", "middle"))
    below = y_of.start + 34
    parts.append(svg.text(x_of.end, below, "proposed actions called proactive, %", "tick", "end"))
    parts.append(svg.text(0, y_of.end - 16, "proactive truth found, %", "tick"))
    return svg.group(*parts)


def _dot(dot: Dot, x_of: Scale, y_of: Scale) -> Markup:
    x, y = x_of(dot.x.value or 0.0), y_of(dot.y.value or 0.0)
    overall = dot.scenario == OVERALL
    tip = svg.element(
        "title",
        f"{dot.name}: found {dot.y.text('line')} %, proposed proactive {dot.x.text('line')} %",
    )
    if dot.chance:
        left = (dot.x.value or 0.0) > 0.5  # where there is room for words
        label = svg.text(
            x + (-8 if left else 8), y + 4, dot.run, "label", "end" if left else "start"
        )
        return svg.group(tip, svg.marker(0, x, y, 3.0), label, class_="series chance")
    bars = Markup("")
    if overall and dot.x.low is not None and dot.x.high is not None:
        bars += svg.line(x_of(dot.x.low), y, x_of(dot.x.high), y, "bar")
    if overall and dot.y.low is not None and dot.y.high is not None:
        bars += svg.line(x, y_of(dot.y.low), x, y_of(dot.y.high), "bar")
    mark = svg.marker(dot.style, x, y, 5.5 if overall else 3.6, "mark" if overall else "mark open")
    side = "label strong" if overall else "label"
    label = svg.text(x + 8, y - 5, LETTERS.get(dot.scenario, "?"), side)
    return svg.group(tip, bars, mark, label, class_=f"series s{dot.style % svg.STYLE_COUNT}")


def proactive_table(runs: Sequence[RunView]) -> Table:
    """The figures behind the plot by class, and how well types are known."""
    rows = [
        replace(
            row,
            label="Overall" if overall else scenario_words(row.label),
            note=run.partial_note if overall else "",
            group=run.label,
        )
        for run in runs
        for row in run.tables["proactive"].rows
        if (overall := row.path == (_MEAN,)) or row.label in SCENARIOS
    ]
    said = runs[0].tables["proactive"]
    rows += [
        replace(row, label="Overall", group=row.label)
        for row in chance_rows(runs, said.key, said.columns, _MEAN)
    ]
    return replace(
        said,
        key="t-proactive",
        caption="Proactive and reactive actions in percent, sums over the actions of a class; "
        f"Overall is the mean of the classes; {interval_words(runs)}.",
        rows=tuple(rows),
    )


def over_acting_table(runs: Sequence[RunView]) -> Table:
    """What is proposed where nothing is called for, and the reverse."""
    said = runs[0].tables["over-acting"]
    rows = []
    for run in runs:
        found = run.summary.over_acting
        cells: list[Figure] = []
        for column in said.columns:
            one = found[column.key]
            shown = one if column.key in _SHARES else in_unit(one, "plain")
            cells += [shown, one.n] if column.key in _COUNTED else [shown]
        rows.append(Row(run.label, tuple(cells), run.style, note=run.partial_note))
    columns = [
        one
        for column in said.columns
        for one in (column, *([_COUNTED[column.key]] if column.key in _COUNTED else []))
    ]
    return replace(
        said,
        key="t-over-acting",
        columns=tuple(columns),
        caption="Over-acting, answered clips only; shares in percent, actions as numbers; "
        f"{interval_words(runs)}.",
        rows=tuple(rows),
    )


CLASS_LETTERS = tuple((LETTERS[key], title) for key, title in SCENARIOS.items())
