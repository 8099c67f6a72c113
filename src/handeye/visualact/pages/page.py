"""Laying out: from opened runs to the names that the page's templates read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from handeye.pages import html
from handeye.scores.estimate import Estimate
from handeye.visualact.pages import class_tables, proactive_part
from handeye.visualact.pages.cards import Gallery, gallery_context
from handeye.visualact.pages.facts import facts, shown_words
from handeye.visualact.pages.frames_part import FramesPart, frames_part
from handeye.visualact.pages.judge_part import judge_table
from handeye.visualact.pages.priority_part import priority_part
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.pages.threshold_part import threshold_part
from handeye.visualact.pages.view import RunView, interval_words, view_of
from handeye.visualact.pages.words import SECTIONS, STATES_NOTE, TERMS


def lay_out(
    runs: Sequence[LoadedRun], gallery: Gallery, title: str, resamples: int
) -> dict[str, Any]:
    """Everything the templates read.

    Args:
        runs: in the order of the page.
        gallery: already chosen and drawn.
        title: title of the page.
        resamples: of the intervals that do not stand in the runs (motion-only clips, thresholds).
    """
    views = [view_of(run, facts(run), shown_words(run)) for run in runs]
    frames = frames_part(runs, views, resamples)
    threshold = threshold_part(runs, views, resamples)
    absent = {"frames"} if frames is None else set()
    absent |= {"threshold"} if threshold is None else set()
    judges = judge_table(runs)
    absent |= {"judges"} if judges is None else set()
    dots = proactive_part.dots(views)
    return {
        "title": title,
        "runs": views,
        "sections": [section for section in SECTIONS if section[0] not in absent],
        "states_note": STATES_NOTE,
        "intervals": interval_words(views),
        "terms": TERMS,
        "troubles": _troubles(runs),
        "run_legend": [
            {"label": view.label, "style": view.style, "published": False, "human": False}
            for view in views
        ],
        "f1_table": class_tables.f1_table(views),
        "full_table": class_tables.full_table(views),
        "weighted_table": class_tables.weighted_table(views),
        "scale_table": class_tables.scale_table(views),
        "frames": frames,
        "frames_legend": _frames_legend(frames),
        "levels": priority_part(views),
        "dots": dots,
        "proactive_charts": Markup("").join(
            proactive_part.proactive_plot(f"proactive-{narrow:d}", dots, narrow=narrow)
            for narrow in (False, True)
        ),
        "class_letters": proactive_part.CLASS_LETTERS,
        "proactive_table": proactive_part.proactive_table(views),
        "over_acting_table": proactive_part.over_acting_table(views),
        "threshold": threshold,
        "judge_table": judges,
        "gallery": gallery_context(gallery, [view.label for view in views]),
        "data": html.script_json(_data(views)),
    }


def _troubles(runs: Sequence[LoadedRun]) -> list[str]:
    """Why frames and motion-only figures are missing, once for all runs it holds for."""
    out: dict[str, list[str]] = {}
    for run in runs:
        if run.material.trouble:
            out.setdefault(run.material.trouble, []).append(run.label)
    return [f"{', '.join(labels)}: {words}" for words, labels in out.items()]


def _frames_legend(frames: FramesPart | None) -> list[dict[str, Any]]:
    if frames is None:
        return []
    return [
        {"label": model, "style": place, "published": False, "human": False}
        for place, model in enumerate(frames.models)
    ]


def _data(views: Sequence[RunView]) -> dict[str, Any]:
    """Headline and classes once more, for programs that read the page."""

    def plain(rate: Estimate) -> dict[str, float | int | None]:
        return {"value": rate.value, "low": rate.low, "high": rate.high, "n": rate.n}

    return {
        "suite": "visualact",
        "runs": [
            {
                "label": view.label,
                "model": view.model,
                "clips": view.n_clips,
                "partial": bool(view.partial),
                "states": {state.key: state.count for state in view.states},
                "shown": view.shown,
                "headline": {name: plain(r) for name, r in view.official.headline.items()},
                "f1": {key: plain(row["f1"]) for key, row in view.official.classes.items()},
            }
            for view in views
        ],
    }
