"""The report of ROSE: from run folders to what its templates read, and to one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from handeye.errors import DataError
from handeye.pages import frame
from handeye.pages.charts import charts
from handeye.pages.charts.charts import Series
from handeye.pages.frame import Legend, wide_and_narrow
from handeye.pages.pictures import Album, Picture
from handeye.pages.signs import Vocabulary
from handeye.progress import told
from handeye.rose.diagnosis.diagnose import Diagnosis, diagnose
from handeye.rose.diagnosis.verdict import verdict
from handeye.rose.pages import gallery
from handeye.rose.pages.factors import difficulty
from handeye.rose.pages.first_page import findings_context, glance
from handeye.rose.pages.gallery import Card, gallery_of
from handeye.rose.pages.load import LoadedRun, load_runs
from handeye.rose.pages.score_tables import (
    matrix,
    pair_tables,
    subset_table,
    template_table,
)
from handeye.rose.pages.signs import items, undiagnosed, vocabulary
from handeye.rose.pages.view import QuotedModel, RunView, published_models, read_human, view_of
from handeye.rose.pages.words import STATES_NOTE, TERMS
from handeye.rose.questions import BY_KEY, MAIN_KEYS
from handeye.rose.scoring.run_folder import Run
from handeye.rose.scoring.tables import TEMPLATE_COLUMNS
from handeye.scores.diagnosed import diagnose_runs
from handeye.scores.estimate import NOTHING, Estimate, plain, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Row

LADDER = tuple(BY_KEY[key].column for key in MAIN_KEYS)


def write_page(
    runs: Sequence[Run],
    out: Path,
    *,
    title: str | None,
    human: Path | None,
    gallery_limit: int,
    picture_budget: int,
    resamples: int,
    workers: int | None,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the page; the arguments are those of :func:`handeye.report.write_report`, runs opened.

    Raises:
        OptionError: ``out`` cannot be written.
        DataError: a file of a run or ``human`` cannot be read.
    """
    people = read_human(human) if human is not None else None
    loaded = load_runs(runs)
    found = _diagnoses(loaded, resamples, workers)
    known = [_items(run, one) for run, one in zip(loaded, found, strict=True)]
    words = vocabulary(one.findings.attribution for one in found if isinstance(one, Diagnosis))
    views = [
        view_of(
            run,
            int((~rows["passed"]).sum()),
            one.findings if isinstance(one, Diagnosis) else None,
            "" if isinstance(one, Diagnosis) else one,
        )
        for run, rows, one in zip(loaded, known, found, strict=True)
    ]
    choices = gallery.choose(known, gallery_limit)
    cards, pictures = _cards(loaded, choices, words, picture_budget, folder, progress)
    context = lay_out(views, published_models(), cards, pictures, words, people)
    context["title"] = title or frame.page_title([view.label for view in views], "ROSE")
    return frame.write_page(
        out,
        "handeye.rose.pages",
        context,
        runs=runs,
        data=_data(views, people),
        folder=folder,
        progress=progress,
    )


def _diagnoses(
    runs: Sequence[LoadedRun], resamples: int, workers: int | None
) -> list[Diagnosis | str]:
    """One diagnosis per run, or the words that say why there is none."""
    try:
        everything = [run.run for run in runs]
        return [*diagnose_runs(diagnose, everything, resamples=resamples, workers=workers)]
    except DataError:
        return [_diagnosis(run, resamples) for run in runs]


def _diagnosis(run: LoadedRun, resamples: int) -> Diagnosis | str:
    try:
        return diagnose(run.run, resamples=resamples)
    except DataError as error:
        return str(error)


def _items(run: LoadedRun, found: Diagnosis | str) -> pl.DataFrame:
    return items(found.reasons) if isinstance(found, Diagnosis) else undiagnosed(run.scores)


def _cards(
    runs: Sequence[LoadedRun],
    choices: Sequence[gallery.Choice],
    words: Vocabulary,
    budget: int,
    folder: Path | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[Card], list[Picture]]:
    """The cards of what was chosen, and the pictures that they show within ``budget`` bytes."""
    sources = [
        run.evidence([c.item_id for c in choices if c.run == number])
        for number, run in enumerate(runs)
    ]
    # Items share pictures: were each counted, the share of a picture would be that much smaller.
    shown = [(sources[c.run].root, sources[c.run].items.get(c.item_id)) for c in choices]
    album = Album(budget, len({(root, one.image) for root, one in shown if one}), folder=folder)
    cards = []
    for choice in told(choices, progress, 1, 2):
        found = sources[choice.run]
        item = found.items.get(choice.item_id)
        cards.append(
            gallery.build_card(
                choice,
                runs[choice.run].label,
                found.rows[choice.item_id],
                found.answers.get(choice.item_id),
                item,
                gallery.picture_of(album, found.root, item),
                words,
            )
        )
    return cards, album.pictures


def lay_out(
    runs: Sequence[RunView],
    published: Sequence[QuotedModel],
    cards: Sequence[Card],
    pictures: Sequence[Picture],
    words: Vocabulary,
    people: QuotedModel | None = None,
) -> dict[str, Any]:
    """Everything the templates read; computes no statistics.

    Args:
        runs: in the order of the page; styles already given.
        published: models of the paper, quoted.
        cards: the gallery, already chosen and drawn.
        pictures: the pictures the cards refer to.
        words: what the reasons and signs on the cards mean.
        people: the human baseline.
    """
    run_legend = frame.legend(runs)
    beside = [people] if people else []
    return {
        "glance": glance(runs, published, people),
        **findings_context(runs),
        "runs": runs,
        "several": len(runs) > 1,
        "states_note": STATES_NOTE,
        "terms": TERMS,
        "ladder_charts": _ladders(runs, [*published, *beside]),
        "legend": [
            *run_legend,
            *(Legend(row.label, chance=True) for row in _chance(runs)),
            *(Legend(m.label, human=True) for m in beside),
            Legend("published models", published=True),
        ],
        "run_legend": run_legend,
        "template_table": template_table(runs, [*beside, *published]),
        "subset_table": subset_table(runs, published),
        "matrix_tables": [matrix(run) for run in runs],
        "scene_tables": pair_tables(runs, published),
        "difficulty": difficulty(
            runs, [(run, run.findings) for run in runs if run.findings is not None]
        ),
        "gallery": gallery_of(runs, cards, pictures, words),
    }


def _chance(runs: Sequence[RunView]) -> tuple[Row, ...]:
    """The best constant answer along the ladder."""
    return chance_rows(runs, "templates", [c for c in TEMPLATE_COLUMNS if c.head in LADDER])


def _ladders(runs: Sequence[RunView], quoted: Sequence[QuotedModel]) -> Markup:
    def rates(columns: Mapping[str, Estimate]) -> tuple[Estimate, ...]:
        return tuple(columns.get(name, NOTHING) for name in LADDER)

    series = [
        Series(m.label, rates(m.columns), published=not m.human, human=m.human) for m in quoted
    ]
    series += [
        Series(row.label, tuple(map(rate_of, row.cells)), chance=True) for row in _chance(runs)
    ]
    series += [Series(run.label, rates(run.columns), run.style) for run in runs]
    return wide_and_narrow(
        lambda narrow: charts.ladder(f"ladder-{narrow:d}", LADDER, series, narrow=narrow)
    )


def _data(runs: Sequence[RunView], people: QuotedModel | None) -> dict[str, Any]:
    """Verdicts, headline and ladder once more, for programs that read the page."""
    return {
        "runs": [
            {
                "label": run.label,
                "items": run.n,
                "scenes": run.summary.n_scenes,
                "partial": bool(run.partial),
                "verdict": verdict(run.findings.data) if run.findings else None,
                "states": {state.key: state.count for state in run.states},
                "counting_avg": plain(run.headline["counting"]),
                "action_avg": plain(run.headline["action"]),
                "gap": plain(run.headline["gap"]),
                "pass": {name: plain(rate) for name, rate in run.columns.items()},
            }
            for run in runs
        ],
        "human": people.data() if people else None,
    }
