"""From run folders to the report: the one function that users call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from handeye.errors import OptionError
from handeye.report import gallery, html, kinds, load, page
from handeye.report.pictures import Album

GALLERY_LIMIT = 60
PICTURE_BUDGET = 4_000_000


def write_report(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    title: str | None = None,
    gallery_limit: int = GALLERY_LIMIT,
    picture_budget: int = PICTURE_BUDGET,
) -> Path:
    """Write one self-contained HTML file about one or more ROSE runs.

    Args:
        runs: run folders (``handeye run rose``, ``handeye rose score``), in order of display.
        out: the HTML file; replaced in one step.
        title: heading of the page; by default made from the models' names.
        gallery_limit: at most so many failures are shown with their picture; 0 for none.
        picture_budget: bytes for all embedded pictures together.

    Returns:
        The path of the file.

    Raises:
        OptionError: no run was given, a limit is negative, or ``out`` cannot be written.
        DataError: a folder is not a run folder, or a file of it cannot be read.
    """
    if not runs:
        raise OptionError("no run folder was given; name at least one")
    if gallery_limit < 0 or picture_budget < 0:
        raise OptionError("gallery_limit and picture_budget must be 0 or more")
    loaded = load.load_runs([Path(run) for run in runs])
    failed = [kinds.failures(run.scores) for run in loaded]
    views = [run.view(len(rows)) for run, rows in zip(loaded, failed, strict=True)]
    cards, album = _cards(loaded, failed, gallery_limit, picture_budget)
    context = page.lay_out(
        views,
        load.published_models(),
        cards,
        album.pictures,
        [kinds.kind_counts(rows) for rows in failed],
        title or _title([view.label for view in views]),
    )
    return html.write(Path(out), html.render(context))


def _title(labels: Sequence[str]) -> str:
    names = list(dict.fromkeys(labels))
    if len(names) <= 3:
        return f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} on ROSE"
    return f"{len(names)} models on ROSE"


def _cards(
    runs: Sequence[load.LoadedRun], failed: Sequence[pl.DataFrame], limit: int, budget: int
) -> tuple[list[gallery.Card], Album]:
    choices = gallery.choose(failed, limit)
    album = Album(budget, len(choices))
    sources = [
        run.evidence([c.item_id for c in choices if c.run == number])
        for number, run in enumerate(runs)
    ]
    cards = []
    for number, choice in enumerate(choices):
        found = sources[choice.run]
        item = found.items.get(choice.item_id)
        picture = gallery.picture_of(album, found.root, item)
        cards.append(
            gallery.build_card(
                number,
                choice,
                runs[choice.run].label,
                found.rows[choice.item_id],
                found.answers.get(choice.item_id),
                item,
                picture,
            )
        )
    return cards, album
