"""Laying out: from runs as plain values to the names that the page's templates read.

Computes no statistics; it orders, labels and pairs what the run folders hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from handeye.report import charts, html, kinds, overlay, svg
from handeye.report.charts import Gap, Series
from handeye.report.gallery import Card
from handeye.report.pair_tables import pair_tables
from handeye.report.pictures import Picture
from handeye.report.rates import NOTHING, Rate
from handeye.report.tables import Column, Row, Table, run_rows
from handeye.report.view import Factor, PublishedModel, RunView
from handeye.report.words import SECTIONS, STATES_NOTE, TERMS
from handeye.rose.questions import BY_KEY, MAIN_KEYS, SUBSETS, TEMPLATES

LADDER = tuple(BY_KEY[key].column for key in MAIN_KEYS)
_HEADLINE = (
    Column("Counting", "Counting Avg.: mean of G-Cnt and L-Cnt"),
    Column("Action", "Action Avg.: mean of L-Clk, V-Clk and Excl-CS"),
    Column("Gap", "Counting Avg. minus Action Avg., in points"),
)


def lay_out(
    runs: Sequence[RunView],
    published: Sequence[PublishedModel],
    cards: Sequence[Card],
    pictures: Sequence[Picture],
    failed: Sequence[Mapping[str, Mapping[str, int]]],
    title: str,
) -> dict[str, Any]:
    """Everything the templates read.

    Args:
        runs: in the order of the page; styles already given.
        published: models of the paper, quoted.
        cards: the gallery, already chosen and drawn.
        pictures: the pictures the cards refer to.
        failed: per run, failures counted by kind and template (:func:`kinds.kind_counts`).
        title: title of the page.
    """
    shown_factors = _factors(runs)
    sections = [s for s in SECTIONS if s[0] != "factors" or shown_factors]
    run_legend = [_Legend(run.label, run.style) for run in runs]
    return {
        "title": title,
        "runs": runs,
        "sections": sections,
        "states_note": STATES_NOTE,
        "terms": TERMS,
        "headline_table": _headline_table(runs),
        "gap_charts": _gap_charts(runs),
        "published_gap_charts": _published_gaps(published),
        "ladder_charts": _ladders(runs, published),
        "legend": [*run_legend, _Legend("published models", 0, True)],
        "run_legend": run_legend,
        "template_table": _template_table(runs, published),
        "subset_table": _subset_table(runs, published),
        "matrix_tables": [_matrix(run) for run in runs],
        "scene_tables": pair_tables(runs, published),
        "factors": shown_factors,
        "kind_tables": [_kind_table(run, counts) for run, counts in zip(runs, failed, strict=True)],
        "gallery": _gallery(runs, cards, pictures),
        "data": html.script_json(_data(runs)),
    }


@dataclass(frozen=True, slots=True)
class _Legend:
    label: str
    style: int
    published: bool = False


# ---- headline and ladder


def _headline_table(runs: Sequence[RunView]) -> Table:
    def cells(run: RunView, basis: Any) -> tuple[Rate, ...]:
        return (basis.headline.counting, basis.headline.action, basis.headline.gap)

    return Table(
        key="t-headline",
        caption=f"Headline averages in percent; {runs[0].interval_words}.",
        columns=_HEADLINE,
        rows=run_rows(runs, cells),
        note="The official column takes all items; an item without an answer scores 0. The row "
        "over answered items leaves those items out.",
    )


def _both(draw: Callable[[bool], Markup]) -> Markup:
    return draw(False) + draw(True)


def _gap_charts(runs: Sequence[RunView]) -> Markup:
    rows = [
        Gap(run.label, run.headline.counting, run.headline.action, run.headline.gap, run.style)
        for run in runs
    ]
    title = "Counting and action averages of the runs"
    return _both(lambda narrow: charts.gaps(f"gap-{narrow:d}", rows, title, narrow=narrow))


def _published_gaps(published: Sequence[PublishedModel]) -> Markup:
    rows = [Gap(m.label, m.counting, m.action, m.gap, published=True) for m in published]
    title = "Counting and action averages of published models"
    return _both(lambda narrow: charts.gaps(f"pubgap-{narrow:d}", rows, title, narrow=narrow))


def _ladders(runs: Sequence[RunView], published: Sequence[PublishedModel]) -> Markup:
    def rates(columns: Mapping[str, Rate]) -> tuple[Rate, ...]:
        return tuple(columns.get(name, NOTHING) for name in LADDER)

    series = [Series(m.label, rates(m.columns), published=True) for m in published]
    series += [Series(run.label, rates(run.official.columns), run.style) for run in runs]
    return _both(lambda narrow: charts.ladder(f"ladder-{narrow:d}", LADDER, series, narrow=narrow))


# ---- tables by template and subset

_TEMPLATE_COLUMNS = (
    *(Column(BY_KEY[key].column, TEMPLATES[BY_KEY[key].id].id) for key in MAIN_KEYS),
    Column("Avg.", "mean of the five templates"),
    Column("C-F1", "F1 of the clicked cells, 0 unless the answer is clean; click templates"),
    Column("R-OK", "share of click answers without a click outside the region"),
    Column("VALID", "share of answers in the grammar"),
)


def _template_table(runs: Sequence[RunView], published: Sequence[PublishedModel]) -> Table:
    names = [column.head for column in _TEMPLATE_COLUMNS]
    rows = run_rows(runs, lambda run, b: tuple(b.columns.get(n, NOTHING) for n in names))
    quoted = [
        Row(m.label, tuple(m.columns.get(n, NOTHING) for n in names), published=True)
        for m in published
    ]
    return Table(
        key="t-templates",
        caption="PASS by template in percent, macro over subsets, with 95 % intervals.",
        columns=_TEMPLATE_COLUMNS,
        rows=(*rows, *quoted),
    )


def _subset_names(runs: Sequence[RunView]) -> list[str]:
    present = {name for run in runs for name in run.official.subsets}
    known = [name for name in SUBSETS if name in present]
    return known + sorted(present - set(SUBSETS) - {"Avg."})


def _subset_table(runs: Sequence[RunView], published: Sequence[PublishedModel]) -> Table:
    names = _subset_names(runs)
    columns = [Column(name.removeprefix("ROSE-"), f"PASS on {name}") for name in names]
    columns += [Column("Avg.", "mean over subsets"), Column("SOFT", "partial credit, Avg."),
                Column("VALID", "share of answers in the grammar, Avg.")]

    def cells(run: RunView, basis: Any) -> tuple[Rate, ...]:
        of = basis.subsets
        passes = [of.get(name, {}).get("PASS", NOTHING) for name in [*names, "Avg."]]
        average = of.get("Avg.", {})
        return (*passes, average.get("SOFT", NOTHING), average.get("VALID", NOTHING))

    quoted = [
        Row(
            m.label,
            (
                *[""] * len(names),
                m.columns.get("Avg.", NOTHING),
                "",
                m.columns.get("VALID", NOTHING),
            ),
            published=True,
        )
        for m in published
    ]
    return Table(
        key="t-subsets",
        caption="PASS by subset in percent over the five templates, with 95 % intervals.",
        columns=tuple(columns),
        rows=(*run_rows(runs, cells), *quoted),
        note="Published results by subset are not quoted here; their average and VALID are.",
    )


def _matrix(run: RunView) -> Table:
    names = [name for name in _subset_names([run]) if name in run.official.matrix]
    columns = tuple(Column(t.column, t.id) for t in TEMPLATES.values() if _has(run, t.column))
    rows = tuple(
        Row(
            name.removeprefix("ROSE-"),
            tuple(run.official.matrix[name].get(column.head, NOTHING) for column in columns),
        )
        for name in names
    )
    partial = f"; {run.partial_note}" if run.partial else ""
    return Table(
        key=f"t-matrix-{run.style}",
        caption=f"{run.label}: PASS by subset and template in percent over all items{partial}.",
        columns=columns,
        rows=rows,
        row_head="Subset",
        shaded=True,
    )


def _has(run: RunView, column: str) -> bool:
    return any(column in row for row in run.official.matrix.values())


# ---- factors


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class _ShownFactor:
    title: str
    meaning: str
    panels: list[_Panel]
    tables: list[Table]


def _factors(runs: Sequence[RunView]) -> list[_ShownFactor]:
    keys = dict.fromkeys(factor.key for run in runs for factor in run.factors)
    out = []
    for key in keys:
        found = [(run, f) for run in runs for f in run.factors if f.key == key]
        out.append(_factor(found))
    return out


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


def _factor(found: Sequence[tuple[RunView, Factor]]) -> _ShownFactor:
    first = found[0][1]
    bins = _merged_bins(factor for _, factor in found)
    templates = [t for t in BY_KEY.values() if any(t.key in f.rates for _, f in found)]
    panels, tables = [], []

    def rates(factor: Factor, key: str) -> tuple[Rate, ...]:
        own = dict(zip(factor.bins, factor.rates.get(key, ()), strict=False))
        return tuple(own.get(label, NOTHING) for label in bins)

    for template in templates:
        series = [Series(run.label, rates(f, template.key), run.style) for run, f in found]
        used = [k for k in range(len(bins)) if any(s.rates[k].value is not None for s in series)]
        shown = [Series(s.label, tuple(s.rates[k] for k in used), s.style) for s in series]
        chart = charts.panel(
            f"f-{first.key}-{template.key}",
            f"{template.column}: PASS by {first.title.lower()}, in percent",
            [bins[k] for k in used],
            shown,
        )
        panels.append(_Panel(template.column, chart))
    for run, factor in found:
        rows = tuple(Row(t.column, rates(factor, t.key)) for t in templates)
        caption = f"{run.label}: PASS by {first.title.lower()}, percent, all items"
        tables.append(
            Table(
                f"t-{first.key}-{run.style}",
                caption + (f"; {run.partial_note}." if run.partial else "."),
                tuple(Column(label) for label in bins),
                rows,
                row_head="Template",
            )
        )
    return _ShownFactor(first.title, first.meaning, panels, tables)


# ---- failures


def _kind_table(run: RunView, counts: Mapping[str, Mapping[str, int]]) -> Table:
    templates = [t for t in TEMPLATES.values() if any(t.id in row for row in counts.values())]
    rows = []
    for kind in kinds.KINDS:
        if kind.key in counts:
            row = counts[kind.key]
            cells = [f"{row[t.id]:,}" if t.id in row else "·" for t in templates]
            rows.append(Row(kind.label, (*cells, f"{sum(row.values()):,}"), basis=kind.meaning))
    total = int((run.scores["pass"] == 0).sum())
    return Table(
        key=f"t-kinds-{run.style}",
        caption=f"{run.label}: {total:,} of {run.n_items:,} items failed. Number of failures that "
        "show each of these; one failure can show several.",
        columns=(*(Column(t.column, t.id) for t in templates), Column("all")),
        rows=tuple(rows),
        row_head="Failure",
    )


@dataclass(frozen=True, slots=True)
class _Option:
    value: str
    label: str
    count: int


def _options(
    counts: Counter[str], label: Callable[[str], str], order: Sequence[str]
) -> list[_Option]:
    known = [value for value in order if value in counts]
    values = known + sorted(set(counts) - set(known))
    return [_Option(value, label(value), counts[value]) for value in values]


def _gallery(
    runs: Sequence[RunView], cards: Sequence[Card], pictures: Sequence[Picture]
) -> dict[str, Any]:
    total = sum(int((run.scores["pass"] == 0).sum()) for run in runs)
    drawn = {kind for card in cards for kind in card.legend}
    words = (
        f"{len(cards):,} of {total:,} failures, chosen evenly over runs, templates, subsets and "
        "kinds of failure (so not in proportion to how often they occur). Select a picture to "
        "enlarge it; the arrow keys go on from there, M hides the marks."
    )
    if not any(card.has_picture for card in cards):
        words += " The pictures of this set are not at hand: grids are drawn instead."
    return {
        "cards": cards,
        "pictures": pictures,
        "words": words,
        "empty_words": "Nothing to show: every item passed."
        if not total
        else f"{total:,} failures; the gallery was switched off.",
        "legend": [
            {"symbol": _symbol(kind), "label": label}
            for kind, label in overlay.LEGEND
            if kind in drawn
        ],
        "runs": _options(
            Counter(str(card.run) for card in cards),
            lambda value: runs[int(value)].label,
            [str(k) for k in range(len(runs))],
        ),
        "templates": _options(
            Counter(card.template for card in cards),
            lambda value: TEMPLATES[value].column if value in TEMPLATES else value,
            list(TEMPLATES),
        ),
        "subsets": _options(
            Counter(card.subset for card in cards),
            lambda value: value.removeprefix("ROSE-"),
            SUBSETS,
        ),
        "kinds": _options(
            Counter(kind.key for card in cards for kind in card.kinds),
            lambda value: kinds.BY_KEY[value].label,
            [kind.key for kind in kinds.KINDS],
        ),
    }


def _symbol(kind: str) -> Markup:
    if kind in ("region", "excluded"):
        box = {"x": 1.0, "y": 4.0, "width": 26.0, "height": 20.0}
        shape = svg.element("rect", **box, class_=f"ink m-{kind}")
    else:
        shape = overlay.mark(kind, 14.0, 14.0)
    return svg.element("svg", shape, viewBox="0 0 28 28", aria_hidden="true")


def _data(runs: Sequence[RunView]) -> dict[str, Any]:
    """The headline and ladder once more, for programs that read the page."""

    def plain(rate: Rate) -> dict[str, float | int | None]:
        return {"value": rate.value, "low": rate.low, "high": rate.high, "n": rate.n}

    return {
        "runs": [
            {
                "label": run.label,
                "items": run.n_items,
                "scenes": run.n_scenes,
                "partial": bool(run.partial),
                "states": {state.key: state.count for state in run.states},
                "counting_avg": plain(run.headline.counting),
                "action_avg": plain(run.headline.action),
                "gap": plain(run.headline.gap),
                "pass": {name: plain(rate) for name, rate in run.official.columns.items()},
            }
            for run in runs
        ]
    }
