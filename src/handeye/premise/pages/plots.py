"""The report's charts about one run, one by one: what ``run.plot`` and ``diagnosis.plot`` are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from os import PathLike

from handeye.pages.charts.charts import gaps
from handeye.pages.charts.share_chart import shares_of_one
from handeye.pages.frame import Panel
from handeye.pages.plots import Plots
from handeye.premise.diagnosis.diagnose import (
    EVERYTHING,
    Diagnosis,
    Findings,
    diagnose as diagnose_run,
)
from handeye.premise.pages import figures
from handeye.premise.pages.view import RunView, views_of
from handeye.premise.scoring.run_folder import RUN_FORMAT, Run
from handeye.premise.scoring.summary import RESAMPLES
from handeye.scores.run_folder import reader


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnRun(Run):
    """A run with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``glance``, ``reasons``, ``kinds``, ``letters``, ``signal``."""
        return plots(self)


@dataclass(frozen=True, slots=True, repr=False)
class DrawnDiagnosis(Diagnosis):
    """A diagnosis with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``reasons``, and those of each cell by its name (``mis_a``)."""
        names = {"reasons" if key == EVERYTHING else key: key for key in self.findings.reasons}
        return Plots({name: partial(_reasons, self.findings, key) for name, key in names.items()})


read_run = reader(RUN_FORMAT, DrawnRun)
"""Reads a run folder."""


def diagnose(
    run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> DrawnDiagnosis:
    """Diagnose one scored run, as :func:`handeye.premise.diagnosis.diagnose.diagnose`.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over families; the same gives the same intervals.
        resamples: number of resamples of families; 0 gives figures without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read.
        OptionError: a negative number of resamples.
    """
    found = diagnose_run(run, seed=seed, resamples=resamples)
    return DrawnDiagnosis(found.findings, found.reasons)


def plots(run: Run) -> Plots:
    """``glance``: Std and Mis, beside published models; ``reasons`` of the diagnosis, which is made
    when it is asked for; ``kinds`` of details; ``letters`` chosen; ``signal``: S of true and of
    false premises.
    """  # noqa: D205
    views = cache(lambda: views_of([run]))
    drawn = {
        "glance": lambda: _glance(views()),
        "reasons": lambda: _reasons(diagnose_run(run).findings, EVERYTHING),
        "kinds": lambda: _first(figures.kind_panels(views())),
        "letters": lambda: figures.letters_chart(views()),
        "signal": lambda: _first(figures.signal_panels(views())),
    }
    sheet = files("handeye.premise.pages") / "templates" / "premise.css"
    return Plots(drawn, [sheet.read_text("utf-8")])


def _glance(views: Sequence[RunView]) -> str:
    rows = [*figures.measured(views), *figures.published()]
    return gaps("glance", rows, "Std and Mis, beside published models", figures.NAMES)


def _first(panels: Sequence[Panel]) -> str:
    return panels[0].chart if panels else ""


def _reasons(found: Findings, key: str) -> str:
    group = found.reasons.get(key)
    if group is None:
        return ""
    return shares_of_one(
        found.named, group.reasons, "Items that failed, by reason, in percent of all"
    )
