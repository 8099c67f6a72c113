"""From run folders to the report: the one function that users call."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from handeye.errors import DataError, OptionError
from handeye.report import gallery, html, load, page
from handeye.report.from_diagnosis import diagnosis_view
from handeye.report.human import read_human
from handeye.report.pictures import Album
from handeye.report.signs import Vocabulary, failures, undiagnosed, vocabulary
from handeye.report.visualact.report_file import write_page
from handeye.rose.diagnosis import RESAMPLES, Diagnosis, diagnose, diagnose_runs
from handeye.run_folder import RECORD, read_json
from handeye.visualact.run_folder import ABLATION
from handeye.visualact.summary import SUITE as VISUALACT

GALLERY_LIMIT = 60
PICTURE_BUDGET = 4_000_000


def write_report(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    title: str | None = None,
    human: str | Path | None = None,
    gallery_limit: int = GALLERY_LIMIT,
    picture_budget: int = PICTURE_BUDGET,
    resamples: int = RESAMPLES,
    workers: int = 1,
) -> Path:
    """Write one self-contained HTML file about one or more runs of one suite.

    The suite is the one that the folders name. A run of ROSE is diagnosed on the way; one that
    cannot be (scores of an older handeye, answers gone) keeps its place in the report, which then
    says why.

    Args:
        runs: run folders (``handeye run``, ``handeye rose score``, ``handeye visualact score``),
            in order of display; the folder of an ablation stands for its runs.
        out: the HTML file; replaced in one step.
        title: heading of the page; by default made from the models' names.
        human: the human baseline of ROSE, as ``handeye study agreement`` writes it.
        gallery_limit: at most so many failures are shown with their pictures; 0 for none.
        picture_budget: bytes for all embedded pictures together.
        resamples: of the bootstrap behind the diagnosis; the other intervals stand in the runs.
        workers: processes that diagnose runs; no influence on the result.

    Returns:
        The path of the file.

    Raises:
        OptionError: no run was given, runs of several suites, a limit is negative, or ``out``
            cannot be written.
        DataError: a folder is not a run folder, or a file of it or ``human`` cannot be read.
    """
    if not runs:
        raise OptionError("no run folder was given; name at least one")
    if gallery_limit < 0 or picture_budget < 0:
        raise OptionError("gallery_limit and picture_budget must be 0 or more")
    if _suite([Path(run) for run in runs]) == VISUALACT:
        if human is not None:
            raise OptionError("a human baseline is a row of the ROSE report; leave --human out")
        return write_page(
            [Path(run) for run in runs],
            Path(out),
            title=title,
            gallery_limit=gallery_limit,
            picture_budget=picture_budget,
            resamples=resamples,
        )
    people = read_human(Path(human)) if human is not None else None
    loaded = load.load_runs([Path(run) for run in runs])
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
    return html.write(Path(out), html.render(context))


def _suite(folders: Sequence[Path]) -> str | None:
    """The suite that the runs are of; None where none of them says so (an older run, no run)."""
    found = {folder: _named_suite(folder) for folder in folders}
    suites = {suite: folder for folder, suite in found.items() if suite is not None}
    if len(suites) > 1:
        named = ", ".join(f"{folder} ({suite})" for suite, folder in suites.items())
        raise OptionError(f"a report is about one suite, these are of several: {named}")
    return next(iter(suites), None)


def _named_suite(folder: Path) -> str | None:
    for name in (ABLATION, RECORD):
        with suppress(DataError):  # said better by whoever reads the whole folder
            suite = read_json(folder / name).get("suite")
            if isinstance(suite, str):
                return suite
    return None


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
