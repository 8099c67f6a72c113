"""The report of VisualActBench: from run folders to what its template reads, and to one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handeye.pages import frame
from handeye.pages.frame import Legend, wide_and_narrow
from handeye.scores.estimate import plain
from handeye.visualact.pages import class_tables, proactive
from handeye.visualact.pages.cards import Gallery, gallery_context, make_gallery
from handeye.visualact.pages.frames import frames_part
from handeye.visualact.pages.judges import judge_table
from handeye.visualact.pages.priority import priority_part
from handeye.visualact.pages.runs import LoadedRun, load_runs
from handeye.visualact.pages.thresholds import threshold_part
from handeye.visualact.pages.view import RunView, interval_words, view_of
from handeye.visualact.pages.words import SECTIONS, STATES_NOTE, TERMS
from handeye.visualact.scoring.published import REMARKS
from handeye.visualact.scoring.run_folder import Run
from handeye.visualact.scoring.tables import class_key


def write_page(
    runs: Sequence[Run],
    out: Path,
    *,
    title: str | None,
    gallery_limit: int,
    picture_budget: int,
    resamples: int,
) -> Path:
    """Write the page; the arguments are those of :func:`handeye.report.write_report`, runs opened.

    Raises:
        OptionError: ``out`` cannot be written.
        DataError: a file of a run cannot be read.
    """
    loaded = load_runs(runs)
    views = [view_of(run) for run in loaded]
    gallery = make_gallery(loaded, gallery_limit, picture_budget)
    context = lay_out(loaded, views, gallery, resamples)
    context["title"] = title or frame.page_title([run.model for run in loaded], "VisualActBench")
    return frame.write_page(
        out,
        "handeye.visualact.pages",
        context,
        sections=SECTIONS,
        optional={
            name: context[key] is not None
            for name, key in (
                ("frames", "frames"), ("threshold", "threshold"), ("judges", "judge_table")
            )
        },
        runs=runs,
        data=_data(views),
        sheets=["visualact.css"],
    )  # fmt: skip


def lay_out(
    runs: Sequence[LoadedRun], views: Sequence[RunView], gallery: Gallery, resamples: int
) -> dict[str, Any]:
    """Everything the template reads.

    Args:
        runs: in the order of the page.
        views: of the same runs.
        gallery: already chosen and drawn.
        resamples: of the intervals that do not stand in the runs (motion-only clips, thresholds).
    """
    frames = frames_part(runs, views, resamples)
    dots = proactive.dots(views)
    return {
        "runs": views,
        "states_note": STATES_NOTE,
        "intervals": interval_words(views),
        "terms": TERMS,
        "troubles": _troubles(runs),
        "run_legend": frame.legend(views),
        "f1_table": class_tables.f1_table(views),
        "full_table": class_tables.full_table(views),
        "weighted_table": class_tables.weighted_table(views),
        "scale_table": class_tables.scale_table(views),
        "variants_table": class_tables.variants_table(),
        "remarks": REMARKS,
        "frames": frames,
        "frames_legend": [Legend(m, k) for k, m in enumerate(frames.models)] if frames else [],
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
        "gallery": gallery_context(gallery, [view.label for view in views]),
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
