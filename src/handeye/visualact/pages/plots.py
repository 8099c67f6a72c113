"""The report's charts about one run, one by one: what ``run.plot`` is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from os import PathLike

from handeye.pages.plots import Plots
from handeye.scores.run_folder import open_run
from handeye.visualact.pages.priority import priority_part
from handeye.visualact.pages.proactive import dots, proactive_plot
from handeye.visualact.pages.runs import load_runs
from handeye.visualact.pages.thresholds import threshold_part
from handeye.visualact.pages.view import view_of
from handeye.visualact.scoring.run_folder import RUN_FORMAT, Run

_SHEET = "visualact.css"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnRun(Run):
    """A run with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``proactive``, ``levels``, ``recall``, ``threshold``."""
        return plots(self)


def read_run(path: str | PathLike[str]) -> DrawnRun:
    """Read a run folder.

    Raises:
        RunError: no such folder, not a run, not scored yet, or of another suite or format.
        DataError: a file of the run is missing, cannot be read, or lacks columns.
    """
    return open_run(path, RUN_FORMAT, DrawnRun)


def plots(run: Run) -> Plots:
    """``proactive``: what is proposed and what is found; ``levels`` given against true ones;
    ``recall`` by level; ``threshold``: F1 against the least similarity of a match.
    """  # noqa: D205
    loaded = cache(lambda: load_runs([run]))
    views = cache(lambda: [view_of(one) for one in loaded()])
    levels = cache(lambda: priority_part(views()))
    sheet = (files("handeye.visualact.pages") / "templates" / _SHEET).read_text("utf-8")

    def threshold() -> str:
        part = threshold_part(loaded(), views(), resamples=0)
        return part.charts if part else ""

    drawn = {
        "proactive": lambda: proactive_plot("proactive", dots(views())),
        "levels": lambda: levels().maps[0].chart,
        "recall": lambda: levels().recall_charts,
        "threshold": threshold,
    }
    return Plots(drawn, [sheet])
