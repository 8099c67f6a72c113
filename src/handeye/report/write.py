"""From run folders to the report: the one function that users call."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from handeye.errors import DataError, OptionError
from handeye.rose.diagnosis.diagnose import RESAMPLES
from handeye.rose.pages.page import write_page as write_rose_page
from handeye.scores.run_folder import RECORD, read_json
from handeye.visualact.pages.page import write_page
from handeye.visualact.scoring.run_folder import ABLATION
from handeye.visualact.scoring.summary import SUITE as VISUALACT

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
    return write_rose_page(
        [Path(run) for run in runs],
        Path(out),
        title=title,
        human=None if human is None else Path(human),
        gallery_limit=gallery_limit,
        picture_budget=picture_budget,
        resamples=resamples,
        workers=workers,
    )


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
