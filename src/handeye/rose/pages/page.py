"""Laying out: from runs as plain values to the names that the page's templates read.

Computes no statistics; it orders, labels and pairs what the run folders hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from handeye.pages import html
from handeye.pages.charts import charts
from handeye.pages.charts.charts import Gap, Series
from handeye.pages.pictures import Picture
from handeye.pages.signs import Vocabulary
from handeye.rose.pages import human
from handeye.rose.pages.factors import factors
from handeye.rose.pages.filters import gallery_context
from handeye.rose.pages.first_page import first_page
from handeye.rose.pages.gallery import Card
from handeye.rose.pages.main_tables import matrix, subset_table, template_table
from handeye.rose.pages.pair_tables import pair_tables
from handeye.rose.pages.view import Basis, QuotedModel, RunView
from handeye.rose.pages.words import SECTIONS, STATES_NOTE, TERMS
from handeye.rose.questions import BY_KEY, MAIN_KEYS
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.tables import Column, Table, run_rows

LADDER = tuple(BY_KEY[key].column for key in MAIN_KEYS)
_HEADLINE = (
    Column("Counting", "Counting Avg.: mean of G-Cnt and L-Cnt"),
    Column("Action", "Action Avg.: mean of L-Clk, V-Clk and Excl-CS"),
    Column("Gap", "Counting Avg. minus Action Avg., in points"),
)


def lay_out(
    runs: Sequence[RunView],
    published: Sequence[QuotedModel],
    cards: Sequence[Card],
    pictures: Sequence[Picture],
    words: Vocabulary,
    title: str,
    people: QuotedModel | None = None,
) -> dict[str, Any]:
    """Everything the templates read.

    Args:
        runs: in the order of the page; styles already given.
        published: models of the paper, quoted.
        cards: the gallery, already chosen and drawn.
        pictures: the pictures the cards refer to.
        words: what the reasons and signs on the cards mean.
        title: title of the page.
        people: the human baseline.
    """
    shown_factors = factors(runs)
    diagnosis = first_page(runs)
    kept = {
        "bridges": diagnosis["bridges"],
        "losses": diagnosis["chains"],
        "reasons": diagnosis["reason_charts"],
        "curves": diagnosis["curves"],
        "factors": shown_factors,
    }
    sections = [s for s in SECTIONS if s[0] not in kept or kept[s[0]]]
    run_legend = [_Legend(run.label, run.style) for run in runs]
    beside = [people] if people else []
    return {
        "diagnosis": diagnosis,
        "title": title,
        "runs": runs,
        "sections": sections,
        "states_note": STATES_NOTE,
        "terms": TERMS,
        "headline_table": _headline_table(runs),
        "gap_charts": _gap_charts(runs, beside),
        "published_gap_charts": _published_gaps(published),
        "ladder_charts": _ladders(runs, [*published, *beside]),
        "legend": [
            *run_legend,
            *(_Legend(m.label, human=True) for m in beside),
            _Legend("published models", published=True),
        ],
        "run_legend": run_legend,
        "template_table": template_table(runs, [*beside, *published]),
        "subset_table": subset_table(runs, published),
        "matrix_tables": [matrix(run) for run in runs],
        "scene_tables": pair_tables(runs, published),
        "factors": shown_factors,
        "gallery": gallery_context(runs, cards, pictures, words),
        "data": html.script_json(_data(runs, people)),
    }


@dataclass(frozen=True, slots=True)
class _Legend:
    label: str
    style: int = 0
    published: bool = False
    human: bool = False


# ---- headline and ladder


def _headline_table(runs: Sequence[RunView]) -> Table:
    def cells(run: RunView, basis: Basis) -> tuple[Estimate, ...]:
        return (basis.headline.counting, basis.headline.action, basis.headline.gap)

    return Table(
        key="t-headline",
        caption=f"Headline averages in percent; {runs[0].interval_words}.",
        columns=_HEADLINE,
        rows=run_rows(runs, cells),
        note="Items of the five templates; bridges stand apart. Rates over all items are "
        "the official ones: an item without an answer scores 0. Rates over answered items leave "
        "such items out.",
    )


def _both(draw: Callable[[bool], Markup]) -> Markup:
    return draw(False) + draw(True)


def _gap_charts(runs: Sequence[RunView], beside: Sequence[QuotedModel]) -> Markup:
    rows = [
        Gap(run.label, run.headline.counting, run.headline.action, run.headline.gap, run.style)
        for run in runs
    ]
    rows += [Gap(m.label, m.counting, m.action, m.gap, human=True) for m in beside]
    title = "Counting and action averages of the runs"
    return _both(lambda narrow: charts.gaps(f"gap-{narrow:d}", rows, title, narrow=narrow))


def _published_gaps(published: Sequence[QuotedModel]) -> Markup:
    rows = [Gap(m.label, m.counting, m.action, m.gap, published=True) for m in published]
    title = "Counting and action averages of published models"
    return _both(lambda narrow: charts.gaps(f"pubgap-{narrow:d}", rows, title, narrow=narrow))


def _ladders(runs: Sequence[RunView], quoted: Sequence[QuotedModel]) -> Markup:
    def rates(columns: Mapping[str, Estimate]) -> tuple[Estimate, ...]:
        return tuple(columns.get(name, NOTHING) for name in LADDER)

    series = [
        Series(m.label, rates(m.columns), published=not m.human, human=m.human) for m in quoted
    ]
    series += [Series(run.label, rates(run.official.columns), run.style) for run in runs]
    return _both(lambda narrow: charts.ladder(f"ladder-{narrow:d}", LADDER, series, narrow=narrow))


def _data(runs: Sequence[RunView], people: QuotedModel | None) -> dict[str, Any]:
    """Verdicts, headline and ladder once more, for programs that read the page."""

    def plain(rate: Estimate) -> dict[str, float | int | None]:
        return {"value": rate.value, "low": rate.low, "high": rate.high, "n": rate.n}

    return {
        "runs": [
            {
                "label": run.label,
                "items": run.n_items,
                "scenes": run.n_scenes,
                "partial": bool(run.partial),
                "verdict": run.diagnosis.sentence if run.diagnosis else None,
                "states": {state.key: state.count for state in run.states},
                "counting_avg": plain(run.headline.counting),
                "action_avg": plain(run.headline.action),
                "gap": plain(run.headline.gap),
                "pass": {name: plain(rate) for name, rate in run.official.columns.items()},
            }
            for run in runs
        ],
        "human": human.plain(people) if people else None,
    }
