"""Small multiples: PASS against one property after another, one panel per template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Series
from handeye.pages.panels import Panel
from handeye.rose.pages.view import Factor, RunView
from handeye.rose.questions import BY_KEY, MAIN_KEYS
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.tables import Column, Row, Table


@dataclass(frozen=True, slots=True)
class ShownFactor:
    """A factor laid out: a panel per template, and the same numbers as a table per run."""

    title: str
    meaning: str
    panels: list[Panel]
    tables: list[Table]


# Short names of bins, for the axis of a small chart.
_SHORT = {
    "GLOBAL": "whole",
    "ROW_RANGE": "rows",
    "COL_RANGE": "columns",
    "RECTANGLE": "rectangle",
    "VISUAL_REGION": "cue",
    "EXCLUSION": "outside",
}


_UNORDERED = frozenset({"region_type"})  # bins without an order get no line between them


def short_bin(name: str) -> str:
    """A bin's name as it fits an axis: ``up to 80`` as ``≤ 80``, ``81-120`` with a dash."""
    if name in _SHORT:
        return _SHORT[name]
    for words, sign in (("up to ", "≤ "), ("over ", "> "), ("under ", "< ")):
        if name.startswith(words):
            return sign + name.removeprefix(words)
    if name.endswith(" and more"):
        return "≥ " + name.removesuffix(" and more")
    return name.replace("-", "–")


def factors(runs: Sequence[RunView]) -> list[ShownFactor]:
    """Every factor that some run has, in the order in which the runs name them."""
    keys = dict.fromkeys(factor.key for run in runs for factor in run.factors)
    out = []
    for key in keys:
        found = [(run, f) for run in runs for f in run.factors if f.key == key]
        out.append(_factor(found))
    return [factor for factor in out if factor.panels]


def _merged_bins(factors: Iterable[Factor]) -> list[str]:
    """Bins of all runs in one order: each run's own order is kept."""
    out: list[str] = []
    for factor in factors:
        at = 0
        for label in factor.bins:
            if label in out:
                at = out.index(label) + 1
            else:
                out.insert(at, label)
                at += 1
    return out


def _factor(found: Sequence[tuple[RunView, Factor]]) -> ShownFactor:
    first = found[0][1]
    bins = _merged_bins(factor for _, factor in found)
    templates = [t for t in BY_KEY.values() if any(t.key in f.rates for _, f in found)]
    drawn = {t.key for t in templates if t.key in MAIN_KEYS} or {t.key for t in templates}
    panels, tables = [], []

    def rates(factor: Factor, key: str) -> tuple[Estimate, ...]:
        own = dict(zip(factor.bins, factor.rates.get(key, ()), strict=False))
        return tuple(own.get(label, NOTHING) for label in bins)

    for template in templates:
        series = [Series(run.label, rates(f, template.key), run.style) for run, f in found]
        used = [k for k in range(len(bins)) if any(s.rates[k].value is not None for s in series)]
        if len(used) < 2 or template.key not in drawn:
            continue  # nothing to compare, or a bridge: the numbers stand in the table
        shown = [Series(s.label, tuple(s.rates[k] for k in used), s.style) for s in series]
        chart = charts.panel(
            f"f-{first.key}-{template.key}",
            f"{template.column}: PASS by {first.title.lower()}, in percent",
            [short_bin(bins[k]) for k in used],
            shown,
            joined=first.key not in _UNORDERED,
        )
        panels.append(Panel(template.column, chart))
    for run, factor in found:
        rows = tuple(Row(t.column, rates(factor, t.key)) for t in templates)
        caption = f"{run.label}: PASS by {first.title.lower()}, percent, all items"
        tables.append(
            Table(
                f"t-{first.key}-{run.style}",
                caption + (f"; {run.partial_note}." if run.partial else "."),
                tuple(Column(short_bin(label), label) for label in bins),
                rows,
                row_head="Template",
            )
        )
    meaning = f"{first.meaning[:1].upper()}{first.meaning[1:].rstrip('.')}.".replace(" x ", " × ")
    return ShownFactor(first.title, meaning, panels, tables)
