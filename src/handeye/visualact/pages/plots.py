"""The report's charts about one run, one by one: what ``run.plot`` is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from os import PathLike

from handeye.pages.charts.charts import gaps
from handeye.pages.charts.share_chart import shares_of_one
from handeye.pages.plots import Plots
from handeye.scores.run_folder import reader
from handeye.visualact.diagnosis.diagnose import (
    Diagnosis,
    Findings,
    Group,
    diagnose as diagnose_run,
)
from handeye.visualact.pages.class_tables import NAMES, f1_charts, measured, published
from handeye.visualact.pages.priority import priority_part
from handeye.visualact.pages.proactive import dots, proactive_plot
from handeye.visualact.pages.runs import load_runs
from handeye.visualact.pages.thresholds import threshold_part
from handeye.visualact.pages.view import RunView, view_of
from handeye.visualact.scoring.run_folder import RUN_FORMAT, Run
from handeye.visualact.scoring.summary import RESAMPLES

_SHEET = "visualact.css"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnRun(Run):
    """A run with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``glance``, ``classes``, ``reasons``, ``proactive``, ``levels`` ..."""
        return plots(self)


@dataclass(frozen=True, slots=True, repr=False)
class DrawnDiagnosis(Diagnosis):
    """A diagnosis with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``reasons``, and that of each class by its name (``home``)."""
        found = self.findings
        groups = {"reasons": found.all, **found.by_scenario}
        return Plots({key: partial(_reasons, found, of) for key, of in groups.items()}, _sheets())


read_run = reader(RUN_FORMAT, DrawnRun)
"""Reads a run folder."""


def diagnose(
    run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> DrawnDiagnosis:
    """Diagnose one scored run, as :func:`handeye.visualact.diagnosis.diagnose.diagnose`.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over clips within classes; the same gives the same intervals.
        resamples: number of resamples of clips; 0 gives shares without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read.
        OptionError: a negative number of resamples.
    """
    found = diagnose_run(run, seed=seed, resamples=resamples)
    return DrawnDiagnosis(found.findings, found.reasons)


def plots(run: Run) -> Plots:
    """``glance``: recall and precision, and ``classes``: F1, beside the published models;
    ``reasons`` of the diagnosis, which is made when it is asked for; ``proactive``: what is
    proposed and what is found; ``levels`` given against true ones; ``recall`` by level;
    ``threshold``: F1 against the least similarity of a match.
    """  # noqa: D205
    loaded = cache(lambda: load_runs([run]))
    views = cache(lambda: [view_of(one) for one in loaded()])
    levels = cache(lambda: priority_part(views()))

    def reasons() -> str:
        found = diagnose_run(run).findings
        return _reasons(found, found.all)

    def threshold() -> str:
        part = threshold_part(loaded(), views(), resamples=0)
        return part.charts if part else ""

    drawn = {
        "glance": lambda: _glance(views()),
        "classes": lambda: f1_charts(views()),
        "reasons": reasons,
        "proactive": lambda: proactive_plot("proactive", dots(views())),
        "levels": lambda: levels().maps[0].chart,
        "recall": lambda: levels().recall_charts,
        "threshold": threshold,
    }
    return Plots(drawn, _sheets())


def _sheets() -> list[str]:
    return [(files("handeye.visualact.pages") / "templates" / _SHEET).read_text("utf-8")]


def _glance(views: Sequence[RunView]) -> str:
    rows = [*measured(views), *published()]
    return gaps("glance", rows, "Recall and precision, beside published models", NAMES)


def _reasons(found: Findings, group: Group) -> str:
    return shares_of_one(
        found.named, group.reasons, "Clips with a fault, by reason, in percent of all"
    )
