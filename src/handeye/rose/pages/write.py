"""From run folders of ROSE to one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from handeye.errors import DataError
from handeye.pages import html
from handeye.pages.pictures import Album
from handeye.pages.signs import Vocabulary
from handeye.rose.diagnosis.diagnose import Diagnosis, diagnose, diagnose_runs
from handeye.rose.pages import gallery, load, page
from handeye.rose.pages.from_diagnosis import diagnosis_view
from handeye.rose.pages.human import read_human
from handeye.rose.pages.signs import failures, undiagnosed, vocabulary


def write_page(
    folders: Sequence[Path],
    out: Path,
    *,
    title: str | None,
    human: Path | None,
    gallery_limit: int,
    picture_budget: int,
    resamples: int,
    workers: int,
) -> Path:
    """Write the page; the arguments are those of :func:`handeye.report.write_report`.

    Raises:
        OptionError: ``out`` cannot be written.
        DataError: a folder is not a run folder, or a file of it or ``human`` cannot be read.
    """
    people = read_human(human) if human is not None else None
    loaded = load.load_runs(folders)
    found = _diagnoses(loaded, resamples, workers)
    failed = [_failed(run, one) for run, one in zip(loaded, found, strict=True)]
    known = [one for one in found if isinstance(one, Diagnosis)]
    words = vocabulary(one.data["attribution"] for one in known)
    views = [
        run.view(len(rows), diagnosis_view(one.data))
        if isinstance(one, Diagnosis)
        else run.view(len(rows), None, one)
        for run, rows, one in zip(loaded, failed, found, strict=True)
    ]
    cards, album = _cards(loaded, failed, words, gallery_limit, picture_budget)
    heading = title or _title([view.label for view in views])
    published = load.published_models()
    context = page.lay_out(views, published, cards, album.pictures, words, heading, people)
    return html.write(out, html.render("handeye.rose.pages", "report.html.j2", context))


def _diagnoses(
    runs: Sequence[load.LoadedRun], resamples: int, workers: int
) -> list[Diagnosis | str]:
    """One diagnosis per run, or the words that say why there is none."""
    try:
        everything = [run.run for run in runs]
        return list(diagnose_runs(everything, resamples=resamples, workers=workers))
    except DataError:
        return [_diagnosis(run, resamples) for run in runs]


def _diagnosis(run: load.LoadedRun, resamples: int) -> Diagnosis | str:
    try:
        return diagnose(run.run, resamples=resamples)
    except DataError as error:
        return str(error)


def _failed(run: load.LoadedRun, found: Diagnosis | str) -> pl.DataFrame:
    return failures(found.reasons) if isinstance(found, Diagnosis) else undiagnosed(run.scores)


def _title(labels: Sequence[str]) -> str:
    names = list(dict.fromkeys(labels))
    if len(names) <= 3:
        return f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} on ROSE"
    return f"{len(names)} models on ROSE"


def _cards(
    runs: Sequence[load.LoadedRun],
    failed: Sequence[pl.DataFrame],
    words: Vocabulary,
    limit: int,
    budget: int,
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
        cards.append(
            gallery.build_card(
                number,
                choice,
                runs[choice.run].label,
                found.rows[choice.item_id],
                found.answers.get(choice.item_id),
                item,
                gallery.picture_of(album, found.root, item),
                words,
            )
        )
    return cards, album
