"""The report of VisualActBench: from run folders to what its template reads, and to one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from handeye.pages import frame
from handeye.pages.frame import Glance, Legend, Verdict, wide_and_narrow
from handeye.pages.signs import PASSED
from handeye.scores.estimate import plain
from handeye.scores.looks import chance_rows, sentences
from handeye.scores.tables import Column
from handeye.visualact.diagnosis.reasons import WORDS, Found
from handeye.visualact.pages import class_tables, proactive
from handeye.visualact.pages.cards import make_gallery
from handeye.visualact.pages.frames import frames_part
from handeye.visualact.pages.judges import judge_table
from handeye.visualact.pages.priority import priority_part
from handeye.visualact.pages.runs import LoadedRun, load_runs
from handeye.visualact.pages.thresholds import threshold_part
from handeye.visualact.pages.view import RunView, averaging_words, interval_words, view_of
from handeye.visualact.pages.words import STATES_NOTE, TERMS
from handeye.visualact.scoring.published import REMARKS
from handeye.visualact.scoring.run_folder import Run
from handeye.visualact.scoring.tables import class_key, count_words, one_sided_words, unstated_words


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
    loaded = load_runs(runs)
    views = [view_of(run) for run in loaded]
    gallery, found = make_gallery(loaded, gallery_limit, picture_budget, folder, progress)
    context = lay_out(loaded, views, resamples)
    context |= {"gallery": gallery, "glance": glance(views, found)}
    context["title"] = title or frame.page_title([run.model for run in loaded], "VisualActBench")
    return frame.write_page(
        out,
        "handeye.visualact.pages",
        context,
        runs=runs,
        data=_data(views),
        sheets=["clips.css", "visualact.css"],
        folder=folder,
        progress=progress,
    )


def glance(views: Sequence[RunView], found: Sequence[Sequence[Found]]) -> Glance:
    """The first screen: how much of what is called for is proposed, and the reverse."""
    weighted = {view.summary.options["headline"] for view in views} == {"weighted"}
    worst = min(range(len(views)), key=lambda k: (_f1(views[k]), k))
    failed = [one for one in found[worst] if one.reason != PASSED.key]
    counted = Counter(one.reason for one in failed).most_common(1)
    reason = WORDS[counted[0][0]] if counted else PASSED
    words = (
        f"{reason.meaning} So went {counted[0][1]:,} of the {len(failed):,} clips with a fault in "
        f"{views[worst].label}."
        if counted
        else ""
    )
    return Glance(
        names=class_tables.NAMES,
        signs=("and", "→"),
        meaning=f"Percent{', weighted by how near the levels are' if weighted else ''}. Recall: "
        "share of the actions called for that are proposed; precision: share of the actions "
        f"proposed that are called for; F1: their harmonic mean; {averaging_words(views)}"
        f"{_one_sided(views)}. In brackets: {interval_words(views)}.",
        rows=class_tables.measured(views),
        published=class_tables.published(),
        left_out=len(class_tables.published_overall()[class_tables.QUOTED :]),
        source="arXiv 2512.09907",
        verdicts=[_verdict(view, own) for view, own in zip(views, found, strict=True)],
        shown=worst,
        reason=reason.key,
        why=(f"What goes wrong most: {reason.label}", words),
    )


def _one_sided(views: Sequence[RunView]) -> str:
    """How clips with actions on one side count, where all runs count them alike."""
    ways = {one_sided_words(view.summary.options) for view in views}
    return f": {way}" if len(ways) == 1 and (way := ways.pop()) else ""


def _verdict(view: RunView, found: Sequence[Found]) -> Verdict:
    """What is found, what is right, and what goes wrong most; first of all, if it does not look."""
    head, clauses = view.headline, sentences(view.looks.groups if view.looks else {})
    said = [f"{clause[:1].upper()}{clause[1:]}." for clause in clauses]
    if head["f1"].value is not None:
        words = count_words(view.summary)
        said.append(f"{words[:1].upper()}{words[1:]}.")
    if unstated := unstated_words(view.summary):
        said.append(f"{unstated[:1].upper()}{unstated[1:]}.")
    reasons = Counter(one.reason for one in found if one.reason != PASSED.key)
    if reasons:
        most = " and ".join(f"{WORDS[key].label} ({n:,})" for key, n in reasons.most_common(2))
        said.append(
            f"{sum(reasons.values()):,} of {len(found):,} clips have a fault, mostly: {most}."
        )
    else:
        said.append(f"No clip has {'another' if unstated else 'a'} fault.")
    return Verdict(view, " ".join(said), basis=f"Shown: {view.shown}", quote=view.sentence)


def _f1(view: RunView) -> float:
    value = view.headline["f1"].value
    return 2.0 if value is None else value


def lay_out(runs: Sequence[LoadedRun], views: Sequence[RunView], resamples: int) -> dict[str, Any]:
    """Everything the template reads but for the first screen and the gallery.

    Args:
        runs: in the order of the page.
        views: of the same runs.
        resamples: of the intervals that do not stand in the runs (motion-only clips, thresholds).
    """
    frames = frames_part(runs, views, resamples)
    dots = proactive.dots(views)
    chance = [
        Legend(row.label, chance=True) for row in chance_rows(views, "headline", [Column("f1")])
    ]
    return {
        "runs": views,
        "several": len(views) > 1,
        "states_note": STATES_NOTE,
        "intervals": interval_words(views),
        "terms": TERMS,
        "troubles": _troubles(runs),
        "run_legend": frame.legend(views),
        "f1_charts": class_tables.f1_charts(views),
        "legend": [
            *frame.legend(views),
            *chance,
            Legend("published models", published=True),
        ],
        "f1_table": class_tables.f1_table(views),
        "full_table": class_tables.full_table(views),
        "weighted_table": class_tables.weighted_table(views),
        "scale_table": class_tables.scale_table(views),
        "variants_table": class_tables.variants_table(),
        "paper_remarks": REMARKS,
        "frames": frames,
        "frames_legend": [*(Legend(m, k) for k, m in enumerate(frames.models)), *chance]
        if frames
        else [],
        "levels": priority_part(views),
        "dots": dots,
        "proactive_charts": wide_and_narrow(
            lambda narrow: proactive.proactive_plot(f"proactive-{narrow:d}", dots, narrow=narrow)
        ),
        "class_letters": proactive.CLASS_LETTERS,
        "proactive_table": proactive.proactive_table(views),
        "over_acting_table": proactive.over_acting_table(views),
        "threshold": threshold_part(runs, views, resamples),
        "judge_table": judge_table(runs),
    }


def _troubles(runs: Sequence[LoadedRun]) -> list[str]:
    """Why frames and motion-only figures are missing, once for all runs it holds for."""
    out: dict[str, list[str]] = {}
    for run in runs:
        if run.material.trouble:
            out.setdefault(run.material.trouble, []).append(run.label)
    return [f"{', '.join(labels)}: {words}" for words, labels in out.items()]


def _data(views: Sequence[RunView]) -> dict[str, Any]:
    """Headline and classes once more, for programs that read the page."""
    return {
        "suite": "visualact",
        "runs": [
            {
                "label": view.label,
                "model": view.model,
                "clips": view.n,
                "partial": bool(view.partial),
                "states": {state.key: state.count for state in view.states},
                "shown": view.shown,
                "headline": {name: plain(rate) for name, rate in view.headline.items()},
                "f1": {
                    key: plain(line[class_key(key, "f1")])
                    for key in class_tables.CLASSES
                    if class_key(key, "f1") in line
                },
            }
            for view in views
            for line in (view.tables["classes"].line("all"),)
        ],
    }
