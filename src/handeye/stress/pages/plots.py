"""The report's charts about one run, one by one: what ``run.plot`` and ``diagnosis.plot`` are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from os import PathLike

from handeye.pages.charts.charts import gaps
from handeye.pages.charts.share_chart import shares_of_one
from handeye.pages.frame import Panel
from handeye.pages.plots import Plots
from handeye.scores.run_folder import reader
from handeye.stress.diagnosis.diagnose import (
    EVERYTHING,
    Diagnosis,
    Findings,
    diagnose as diagnose_run,
)
from handeye.stress.pages import figures
from handeye.stress.pages.view import RunView, views_of
from handeye.stress.scoring.run_folder import RUN_FORMAT, Run
from handeye.stress.scoring.summary import RESAMPLES


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnRun(Run):
    """A run with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``glance``, ``weights``, ``pst``, ``follow``, ``curve`` ..., ``reasons``."""
        return plots(self)


@dataclass(frozen=True, slots=True, repr=False)
class DrawnDiagnosis(Diagnosis):
    """A diagnosis with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``reasons``, and those of each cell by its name (``misleading``)."""
        names = {"reasons" if key == EVERYTHING else key: key for key in self.findings.reasons}
        return Plots({name: partial(_reasons, self.findings, key) for name, key in names.items()})


read_run = reader(RUN_FORMAT, DrawnRun)
"""Reads a run folder."""


def diagnose(
    run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> DrawnDiagnosis:
    """Diagnose one scored run, as :func:`handeye.stress.diagnosis.diagnose.diagnose`.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over groups; the same gives the same intervals.
        resamples: number of resamples of groups; 0 gives figures without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read.
        OptionError: a negative number of resamples.
    """
    found = diagnose_run(run, seed=seed, resamples=resamples)
    return DrawnDiagnosis(found.findings, found.reasons)


def plots(run: Run) -> Plots:
    """``glance``: true and misleading cues, beside who does not look; ``weights``: the plane;
    ``pst`` and ``follow`` by kind of cue; ``reasons`` of the diagnosis, which is made when it is
    asked for; ``curve_count`` and so on: up to what size each family is told.
    """  # noqa: D205
    views = cache(lambda: views_of([run]))
    drawn: dict[str, Callable[[], str]] = {
        "glance": lambda: _glance(views()),
        "weights": lambda: _first(figures.weight_panels(views())),
        "pst": lambda: figures.kind_chart(views(), "pst", "PST by kind of cue, in percent"),
        "follow": lambda: figures.kind_chart(
            views(), "follow", "Misleading cues whose value is said, in percent"
        ),
        "reasons": lambda: _reasons(diagnose_run(run).findings, EVERYTHING),
        **{
            f"curve_{name.replace(', ', '_')}": partial(_curve, views, name)
            for name in run.summary.curves
        },
    }
    sheet = files("handeye.stress.pages") / "templates" / "stress.css"
    return Plots(drawn, [sheet.read_text("utf-8")])


def _glance(views: Sequence[RunView]) -> str:
    names = figures.NAMES_OF_PLAIN if figures.plain_alone(views) else figures.NAMES
    title = f"{names[0]} and {names[1]}, beside who does not look"
    return gaps("glance", figures.measured(views), title, names)


def _curve(views: Callable[[], Sequence[RunView]], name: str) -> str:
    return _first([one for one in figures.curve_panels(views()) if one.title.startswith(name)])


def _first(panels: Sequence[Panel]) -> str:
    return panels[0].chart if panels else ""


def _reasons(found: Findings, key: str) -> str:
    group = found.reasons.get(key)
    if group is None:
        return ""
    return shares_of_one(
        found.named, group.reasons, "Items that failed, by reason, in percent of all"
    )
