"""From run folders to the report: the one function that users call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from inspect import signature
from pathlib import Path
from typing import Any

from handeye.atomic import check_places
from handeye.errors import OptionError
from handeye.pages.frame import with_sections
from handeye.pages.html import page_folder
from handeye.printing import tell
from handeye.report.states import sections
from handeye.scores.run_folder import expand, same_number, same_set
from handeye.scores.so_far import readable
from handeye.suite import Part, Suite
from handeye.suites import all_suites, suite_of_runs

GALLERY_LIMIT = 60
PICTURE_BUDGET = 4_000_000
RESAMPLES = 2000


def write_report(
    runs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    title: str | None = None,
    human: str | Path | None = None,
    gallery_limit: int = GALLERY_LIMIT,
    picture_budget: int = PICTURE_BUDGET,
    resamples: int = RESAMPLES,
    workers: int | None = 1,
    all_items: bool = False,
    states: str | Path | Sequence[str | Path] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a page about one or more runs of one suite: one self-contained file, or a folder.

    The suite is the one that the folders name. Where it diagnoses runs, it does so on the way; a
    run that cannot be diagnosed (scores of an older handeye, answers gone) keeps its place in the
    report, which then says why. Runs that were scored against different sets, or asked different
    numbers of items, are shown all the same, with a warning on stderr and on the page.

    Args:
        runs: run folders (``handeye run``, ``handeye SUITE score``), in order of display; a folder
            that holds several runs stands for them. Of a run that is not finished is shown what it
            holds so far, and said so.
        out: the HTML file, or with ``all_items`` the folder; replaced in one step.
        title: heading of the page; by default made from the models' names.
        human: a human baseline, as ``handeye study agreement`` writes it, where the suite shows
            one.
        gallery_limit: at most so many items are shown with their pictures; 0 for none.
        picture_budget: bytes for all embedded pictures together.
        resamples: of the bootstrap behind a diagnosis; the other intervals stand in the runs.
        workers: processes that diagnose runs, None for as many as pay; no influence on the result.
        all_items: show every item: the page becomes a folder of ``index.html``, pictures and
            pages of items that it loads when they are looked at, from a disk as well as from a
            server. ``gallery_limit`` and ``picture_budget`` do not hold then.
        states: folders of states captured from the models of the runs (``handeye states``); what
            was read off each is a section of the page.
        progress: called with (steps done, steps in all): each run is opened, then the page made;
            with ``all_items`` then with (items done, items in all), where the suite counts them.

    Returns:
        The path of the file to open.

    Raises:
        OptionError: no run was given, runs of several suites, a baseline for a suite that shows
            none, a limit is negative, or ``out`` cannot be written.
        RunError: a folder is not a run folder.
        DataError: a file of a run or ``human`` cannot be read; or ``states`` are of other models,
            sets or answers, or nothing was read off them.
    """
    if gallery_limit < 0 or picture_budget < 0:
        raise OptionError("gallery_limit and picture_budget must be 0 or more")
    if not all_items:  # a folder of an earlier page may be there
        check_places(Path(out))
    folders = expand(runs)
    suite = suite_of_runs(folders)
    opened = []
    for folder in readable(folders, suite.score_so_far):
        opened.append(suite.open_run(folder))
        opened[-1].check()
        if progress is not None:
            progress(len(opened), len(folders) + 1)
    for warning in (same_set(opened), same_number(opened)):
        if warning is not None:
            tell(f"warning: {warning}")
    captured = [states] if isinstance(states, str | Path) else states
    further = sections(map(Path, captured), opened, suite) if captured else []
    known: dict[str, Any] = {
        "title": title,
        "human": None if human is None else Path(human),
        "gallery_limit": gallery_limit,
        "picture_budget": picture_budget,
        "resamples": resamples,
        "workers": workers,
        "progress": progress if all_items else None,
    }
    taken = _options(suite)
    if human is not None and "human" not in taken:
        titles = " and ".join(one.title for one in all_suites() if "human" in _options(one))
        raise OptionError(f"a human baseline is a row of the {titles} report; leave --human out")
    if all_items and "folder" not in taken:
        raise OptionError(f"the {suite.title} report is one file; leave --all-items out")
    place: AbstractContextManager[Path | None] = (
        page_folder(Path(out)) if all_items else nullcontext()
    )
    with place as own, with_sections(further):
        if own is not None:
            known |= {"folder": own, "gallery_limit": sys.maxsize}
        suite.report(
            opened, Path(out), **{name: value for name, value in known.items() if name in taken}
        )
    if progress is not None and not (all_items and "progress" in taken):
        progress(len(folders) + 1, len(folders) + 1)
    return Path(out) / "index.html" if all_items else Path(out)


def _options(suite: Suite) -> Collection[str]:
    """What a suite's report takes beside the runs and the file."""
    report = suite.report
    return signature(report.get() if isinstance(report, Part) else report).parameters.keys()
