"""From run folders of VisualActBench to one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from handeye.pages import html
from handeye.visualact.pages.cards import make_gallery
from handeye.visualact.pages.page import lay_out
from handeye.visualact.pages.runs import load_runs


def write_page(
    folders: Sequence[Path],
    out: Path,
    *,
    title: str | None,
    gallery_limit: int,
    picture_budget: int,
    resamples: int,
) -> Path:
    """Write the page; the arguments are those of :func:`handeye.report.write_report`.

    Args:
        folders: run folders.
        out: the HTML file; replaced in one step.
        title: heading of the page; by default made from the models' names.
        gallery_limit: at most so many clips are shown with their frames; 0 for none.
        picture_budget: bytes for all embedded pictures together.
        resamples: of the intervals that do not stand in the runs.

    Raises:
        OptionError: ``out`` cannot be written.
        DataError: a folder is not a run folder, or a file of it cannot be read.
    """
    runs = load_runs(folders)
    gallery = make_gallery(runs, gallery_limit, picture_budget)
    names = list(dict.fromkeys(run.model for run in runs))
    context = lay_out(runs, gallery, title or _title(names), resamples)
    return html.write(
        out, html.render("handeye.visualact.pages", "report.html.j2", context, ["visualact.css"])
    )


def _title(names: Sequence[str]) -> str:
    if len(names) > 3:
        return f"{len(names)} models on VisualActBench"
    return f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} on VisualActBench"
