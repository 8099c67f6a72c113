"""The report's charts about one run, one by one: what ``run.plot`` and ``diagnosis.plot`` are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from os import PathLike

from handeye.contexts.diagnosis.diagnose import (
    EVERYTHING,
    Diagnosis,
    Findings,
    diagnose as diagnose_run,
)
from handeye.contexts.pages.page import NAMES, measured
from handeye.contexts.pages.view import RunView, views_of
from handeye.contexts.scoring.run_folder import RUN_FORMAT, Run
from handeye.contexts.scoring.summary import RESAMPLES
from handeye.pages.charts.charts import gaps
from handeye.pages.charts.share_chart import shares_of_one
from handeye.pages.plots import Plots
from handeye.scores.run_folder import reader


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnRun(Run):
    """A run with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``glance``, ``reasons``, ``seen`` and ``done``."""
        return plots(self)


@dataclass(frozen=True, slots=True, repr=False)
class DrawnDiagnosis(Diagnosis):
    """A diagnosis with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``reasons``, and those of ``sees`` and ``does``."""
        names = {"reasons" if key == EVERYTHING else key: key for key in self.findings.reasons}
        return Plots({name: partial(_reasons, self.findings, key) for name, key in names.items()})


read_run = reader(RUN_FORMAT, DrawnRun)
"""Reads a run folder."""


def diagnose(
    run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> DrawnDiagnosis:
    """Diagnose one scored run, as :func:`handeye.contexts.diagnosis.diagnose.diagnose`.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over scenes; the same gives the same intervals.
        resamples: number of resamples of scenes; 0 gives figures without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read.
        OptionError: a negative number of resamples.
    """
    found = diagnose_run(run, seed=seed, resamples=resamples)
    return DrawnDiagnosis(found.findings, found.reasons)


def plots(run: Run) -> Plots:
    """``glance``: what is seen and done, beside who does not look; ``reasons`` of the diagnosis,
    which is made when it is asked for; ``seen`` and ``done``: of each of the two alone.
    """  # noqa: D205
    views = cache(lambda: views_of([run]))
    found = cache(lambda: diagnose_run(run).findings)
    drawn: dict[str, Callable[[], str]] = {
        "glance": lambda: _glance(views()),
        "reasons": lambda: _reasons(found(), EVERYTHING),
        "seen": lambda: _reasons(found(), "sees"),
        "done": lambda: _reasons(found(), "does"),
    }
    sheet = files("handeye.contexts.pages") / "templates" / "contexts.css"
    return Plots(drawn, [sheet.read_text("utf-8")])


def _glance(views: Sequence[RunView]) -> str:
    title = "What is seen and what is done, beside who does not look"
    return gaps("glance", measured(views), title, NAMES)


def _reasons(found: Findings, key: str) -> str:
    group = found.reasons.get(key)
    if group is None:
        return ""
    return shares_of_one(
        found.named, group.reasons, "Items that failed, by reason, in percent of all"
    )
