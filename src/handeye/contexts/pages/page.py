"""The report of the suite: from run folders to what its template reads, and to one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.contexts.diagnosis.diagnose import EVERYTHING, Findings, diagnose
from handeye.contexts.pages.cards import Card, make_gallery
from handeye.contexts.pages.view import RunView, interval_words, views_of
from handeye.contexts.scoring.references import HALVES
from handeye.contexts.scoring.run_folder import Run
from handeye.contexts.scoring.tables import HEADLINE_COLUMNS
from handeye.errors import HandeyeError
from handeye.pages import frame
from handeye.pages.charts.charts import Gap
from handeye.pages.charts.share_chart import share_rows, shares
from handeye.pages.frame import Glance, Verdict, wide_and_narrow
from handeye.printing import noun
from handeye.scores.diagnosed import Share
from handeye.scores.estimate import NOTHING, Estimate, plain, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Column, Row, Table, run_rows

NAMES = ("sees", "does", "gap")
"""What the first screen shows."""
STATES_NOTE = (
    "Answered: the answer could be read strictly. Empty, refused, truncated, unreadable and error: "
    "it could not; such an item counts as wrong in every figure over all items, and is left out of "
    "figures over answered items. Missing: no prediction was given at all; such an item is in no "
    "figure."
)
TERMS = (
    (
        "Scene",
        "Pictures or a video, the same bytes throughout; asked what is to be seen in it without "
        "any context, and what is to be done under each of several. Intervals draw whole scenes "
        "again.",
    ),
    ("Sees, does", "Right answers to what is to be seen, and to what is to be done."),
    ("Given sees", "Of the actions in scenes in which all was seen, those that are right."),
    ("Gap", "Sees less does, of the scenes that were asked both, in points."),
    ("Consistent", "Scenes in which every context got its right action."),
    (
        "Context-blind",
        "Of two contexts of one scene that call for different actions: the same action to both.",
    ),
    (
        "Picture-blind",
        "Of two pictures of a group that call for different actions under one context: the same "
        "action to both. Where there are none it cannot be told.",
    ),
    (
        "Knows one half",
        "What whoever knows the context alone, or the picture alone, is right about at best, with "
        "hindsight. Who is not above both has not shown that it uses the two.",
    ),
)


def write_page(
    runs: Sequence[Run],
    out: Path,
    *,
    title: str | None,
    gallery_limit: int,
    picture_budget: int,
    resamples: int,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the page; the arguments are those of :func:`handeye.report.write_report`, runs opened.

    Raises:
        OptionError: ``out`` cannot be written.
        DataError: a file of a run cannot be read.
    """
    views = views_of(runs)
    found = [_diagnosed(view, resamples) for view in views]
    context = {
        **_lay_out(views, found),
        "gallery": make_gallery(views, gallery_limit, picture_budget, folder, progress),
        "glance": _glance(views, found),
        "title": title or frame.page_title([view.model for view in views], "Contexts"),
    }
    return frame.write_page(
        out,
        "handeye.contexts.pages",
        context,
        runs=runs,
        data=_data(views),
        sheets=["clips.css", "contexts.css"],
        folder=folder,
        progress=progress,
    )


def _diagnosed(view: RunView, resamples: int) -> Findings | str:
    """What the diagnosis found, or why there is none."""
    try:
        return diagnose(view.run, resamples=resamples).findings
    except HandeyeError as error:
        return str(error)


# ---- the first screen


def measured(views: Sequence[RunView]) -> list[Gap]:
    """What is seen and done by the runs, then by who does not look."""
    rows = [
        Gap(view.label, tuple(view.headline.get(name, NOTHING) for name in NAMES), view.style)
        for view in views
    ]
    columns = [column for column in HEADLINE_COLUMNS if column.key in NAMES]
    for row in chance_rows(views, "headline", columns):
        found = dict(zip((column.key for column in columns), row.cells, strict=True))
        rows.append(Gap(row.label, tuple(rate_of(found.get(key)) for key in NAMES), chance=True))
    return rows


def _glance(views: Sequence[RunView], found: Sequence[Findings | str]) -> Glance:
    worst = min(range(len(views)), key=lambda k: (_told(views[k]), k))
    reason, why = _commonest(views[worst], found[worst])
    return Glance(
        names=NAMES,
        meaning="Percent right of what is to be seen in a picture, and of what is to be done with "
        f"it under each context. In brackets: {interval_words(views)}.",
        rows=measured(views),
        published=[],
        source="",
        verdicts=[_verdict(view, one) for view, one in zip(views, found, strict=True)],
        shown=worst,
        reason=reason,
        telling=_telling,
        why=why,
    )


def _telling(card: Card) -> tuple[bool, str]:
    """An action comes before what is seen."""
    return card.worst.about != "does", card.item_id


def _told(view: RunView) -> float:
    """What a run is ordered by."""
    values = [view.headline[name].value for name in ("does", "sees") if name in view.headline]
    return next((value for value in values if value is not None), 2.0)


def _commonest(view: RunView, found: Findings | str) -> tuple[str, tuple[str, str]]:
    """The reason for which most items failed, and its words."""
    group = None if isinstance(found, str) else found.reasons.get(EVERYTHING)
    if group is None or not group.reasons:
        return "", ("One of the scenes in which something failed", "")
    most = max(group.reasons, key=lambda share: share.count)
    words = (
        f"{most.meaning} So failed {most.count:,} of the {group.n_failed:,} "
        f"{noun(group.n_failed, 'items')} that {view.label} failed."
    )
    return most.key, (f"What goes wrong most: {most.label}", words)


def _verdict(view: RunView, found: Findings | str) -> Verdict:
    from handeye.contexts.diagnosis.diagnose import sentence

    basis = f"{view.summary.n_items:,} {noun(view.summary.n_items, 'questions')}"
    if isinstance(found, str):
        return Verdict(view, "", found, basis=basis, quote=view.sentence)
    return Verdict(view, sentence(found), basis=basis, quote=view.sentence)


# ---- parts


def _lay_out(views: Sequence[RunView], found: Sequence[Findings | str]) -> dict[str, Any]:
    """Everything the template reads but for the first screen and the gallery."""
    known = [
        (view.label, view.style, one.reasons[EVERYTHING].reasons)
        for view, one in zip(views, found, strict=True)
        if not isinstance(one, str) and EVERYTHING in one.reasons
    ]
    rows = share_rows(known)
    intervals = interval_words(views)
    return {
        "runs": views,
        "several": len(views) > 1,
        "states_note": STATES_NOTE,
        "intervals": intervals,
        "terms": TERMS,
        "troubles": sorted({v.material.trouble for v in views if v.material.trouble}),
        "legend": frame.legend(views),
        "headline_table": headline_table(views),
        "notes": tuple(dict.fromkeys(filter(None, (v.tables["headline"].note for v in views)))),
        "contexts_table": rows_table(views, "contexts", f"By context, in percent; {intervals}"),
        "questions_table": rows_table(
            views, "questions", f"What is to be seen, in percent; {intervals}"
        ),
        "forms_table": rows_table(views, "forms", f"By form of answer, in percent; {intervals}"),
        "groups_table": rows_table(views, "groups", f"By group, in percent; {intervals}"),
        "lenient_table": rows_table(
            views, "lenient", f"Right answers where other forms are read, too; {intervals}"
        ),
        "reason_table": reason_table(known),
        "reasons": wide_and_narrow(
            lambda narrow: shares(
                f"reasons-{narrow:d}",
                rows,
                "Items that failed, by reason, in percent of all",
                narrow=narrow,
            )
        )
        if rows
        else "",
    }


def headline_table(views: Sequence[RunView]) -> Table:
    """The headline of the runs beside all who do not look, or know one half."""
    halves = []
    for half, words in HALVES.items():
        known = {
            view.label: view.summary.references[half]["does"]
            for view in views
            if half in view.summary.references
        }
        for label, one in list(known.items())[
            : 1 if len(set(map(str, known.values()))) == 1 else 9
        ]:
            of = "" if len(set(map(str, known.values()))) == 1 else f" ({label})"
            cells = tuple(one if column.key == "does" else NOTHING for column in HEADLINE_COLUMNS)
            halves.append(Row(f"{words}{of}", cells, group="Knows one half"))
    return Table(
        "t-headline",
        f"In percent; gap in points; {interval_words(views)}.",
        HEADLINE_COLUMNS,
        (
            *run_rows(views, "headline", HEADLINE_COLUMNS),
            *chance_rows(views, "headline", HEADLINE_COLUMNS),
            *halves,
        ),
    )


def rows_table(views: Sequence[RunView], key: str, caption: str) -> Table | None:
    """A table of every run, its rows below each other; None where no run has any.

    Args:
        views: of the page.
        key: of the table in a run.
        caption: of the table, without the full stop.
    """
    columns = {c.key: c for v in views for c in v.tables[key].columns}
    rows: list[Row] = []
    for view in views:
        table = view.tables[key]
        for place, row in enumerate(table.rows):
            cells = dict(zip((c.key for c in table.columns), row.cells, strict=True))
            rows.append(
                Row(
                    view.label,
                    tuple(cells.get(name) or NOTHING for name in columns),
                    view.style,
                    basis="" if len(table.rows) == 1 else row.label,
                    note=view.partial_note,
                    continued=place > 0,
                )
            )
    if not rows:
        return None
    return Table(f"t-{key}", f"{caption}.", tuple(columns.values()), tuple(rows))


def reason_table(known: Sequence[tuple[str, int, Sequence[Share]]]) -> Table | None:
    """Items that failed by reason, a column a run, in percent of all; None where none failed.

    Args:
        known: of each run the name, its style and its reasons.
    """
    labels = {one.key: one.label for _, _, reasons in known for one in reasons}
    if not labels:
        return None
    rates = [{one.key: one.rate for one in reasons} for _, _, reasons in known]
    return Table(
        "t-reasons",
        "Items that failed, by reason, in percent of all.",
        tuple(Column(name) for name, _, _ in known),
        tuple(
            Row(label, tuple(of.get(key, Estimate(0.0)) for of in rates), reason=key)
            for key, label in labels.items()
        ),
        row_head="Reason",
    )


def _data(views: Sequence[RunView]) -> dict[str, Any]:
    """Headline and contexts once more, for programs that read the page."""
    return {
        "suite": "contexts",
        "runs": [
            {
                "label": view.label,
                "model": view.summary.model,
                "n_items": view.summary.n_items,
                "partial": view.summary.partial,
                "headline": _plain(view.headline),
                "contexts": {name: _plain(one) for name, one in view.summary.contexts.items()},
            }
            for view in views
        ],
    }


def _plain(found: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: plain(one) for name, one in found.items()}
