"""The report's charts about one run, one by one: what ``run.plot`` and ``diagnosis.plot`` are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from os import PathLike

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Gap, Series
from handeye.pages.charts.share_chart import shares_of_one
from handeye.pages.plots import Plots
from handeye.rose.diagnosis.diagnose import RESAMPLES, Diagnosis, diagnose as diagnose_run
from handeye.rose.diagnosis.findings import Findings
from handeye.rose.pages.curves import axis_of, curve_panel
from handeye.rose.pages.first_page import NAMES
from handeye.rose.pages.view import published_models
from handeye.rose.pages.waterfall import waterfall
from handeye.rose.questions import BY_KEY, MAIN_KEYS
from handeye.rose.scoring.run_folder import RUN_FORMAT, Run
from handeye.rose.scoring.tables import HEADLINE_COLUMNS
from handeye.scores.estimate import NOTHING, rate_of
from handeye.scores.looks import chance_row
from handeye.scores.run_folder import reader

LADDER = tuple(BY_KEY[key].column for key in MAIN_KEYS)
_FACTORS = ("similarity", "cells", "targets")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnRun(Run):
    """A run with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``glance``, ``ladder``, ``waterfall``, ``reasons``, curves of factors."""
        return plots(self)


@dataclass(frozen=True, slots=True, repr=False)
class DrawnDiagnosis(Diagnosis):
    """A diagnosis with its charts."""

    @property
    def plot(self) -> Plots:
        """The charts: ``waterfall``, ``reasons``, and a curve for every factor."""
        return of_findings(self.findings)


read_run = reader(RUN_FORMAT, DrawnRun)
"""Reads a run folder."""


def diagnose(
    run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> DrawnDiagnosis:
    """Diagnose one scored run, as :func:`handeye.rose.diagnosis.diagnose.diagnose`.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap; the same gives the same intervals.
        resamples: number of resamples of scenes; 0 gives figures without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read, or its scores are of an older handeye.
        OptionError: a negative number of resamples.
    """
    found = diagnose_run(run, seed=seed, resamples=resamples)
    return DrawnDiagnosis(found.findings, found.reasons)


def plots(run: Run) -> Plots:
    """``glance`` (by another name ``gap``) and ``ladder`` beside the published models; of the
    diagnosis, which is made when one is asked for, ``waterfall``, ``reasons`` (of clicking items)
    and a curve for every factor.
    """  # noqa: D205
    found = cache(lambda: diagnose_run(run).findings)
    drawn: dict[str, Callable[[], str]] = {
        "glance": partial(_gap, run),
        "gap": partial(_gap, run),
        "ladder": partial(_ladder, run),
        "waterfall": lambda: _waterfall(found()),
        "reasons": lambda: _reasons(found()),
    }
    return Plots(drawn | {key: partial(lambda key: _curve(found(), key), key) for key in _FACTORS})


def of_findings(found: Findings) -> Plots:
    """The charts of a diagnosis."""
    drawn: dict[str, Callable[[], str]] = {
        "waterfall": partial(_waterfall, found),
        "reasons": partial(_reasons, found),
    }
    return Plots(drawn | {key: partial(_curve, found, key) for key in found.thresholds})


def _name(run: Run) -> str:
    return run.summary.named or run.path.name


def _gap(run: Run) -> str:
    head = run.summary.bases["all"].headline
    rows = [Gap(_name(run), tuple(head[name] for name in NAMES))]
    rows += [
        Gap(row.label, tuple(map(rate_of, row.cells)), chance=True)
        for row in chance_row(run.looks(), "headline", HEADLINE_COLUMNS)
    ]
    rows += [Gap(m.label, m.three, published=True) for m in published_models()]
    return charts.gaps("gap", rows, "Counting and action, beside published models", NAMES)


def _ladder(run: Run) -> str:
    columns = run.summary.bases["all"].columns
    series = [
        Series(m.label, tuple(m.columns.get(c, NOTHING) for c in LADDER), published=True)
        for m in published_models()
    ]
    series.append(Series(_name(run), tuple(columns.get(c, NOTHING) for c in LADDER), 0))
    return charts.ladder("ladder", LADDER, series)


def _waterfall(found: Findings) -> str:
    for chain in found.decomposition.values():
        if chain:
            return waterfall("waterfall", chain, f"{found.named}: {chain.title}, in percent")
    return ""


def _reasons(found: Findings) -> str:
    return shares_of_one(
        found.named,
        found.attribution.action.reasons,
        "Action items that failed, by reason, in percent of all",
    )


def _curve(found: Findings, key: str) -> str:
    factor = found.thresholds.get(key)
    for title, pair in (factor.pairs() if factor else {}).items():
        words = f"{found.named}, {title}: PASS against {key}, in percent"
        return curve_panel(f"curve-{key}", pair, words, axis_of(key, [pair]))
    return ""
