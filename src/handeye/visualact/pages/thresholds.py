"""F1 against the threshold of a match, and whether the order of the runs depends on it.

Everything here stands in the runs: assigned pairs keep their similarity, so another threshold needs
no embedder. Another embedder or assignment does; ``handeye visualact rank`` computes those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import msgspec
import numpy as np
from markupsafe import Markup

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Series
from handeye.pages.frame import Legend, legend
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Column, Row, Table
from handeye.stats.intervals import Samples, difference, estimates
from handeye.stats.sums import Sums
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.pages.view import RunView, averaging_words, interval_words
from handeye.visualact.scoring.clip_scores import ClipScore
from handeye.visualact.scoring.matching import passes
from handeye.visualact.scoring.measures import Floats, figure_columns
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.summary import overall_figures


@dataclass(frozen=True, slots=True)
class ThresholdPart:
    """The sweep as a chart and a table, and what it says about the order of runs."""

    charts: Markup
    legend: list[Legend]
    table: Table
    verdict: str


def threshold_part(
    loaded: Sequence[LoadedRun], runs: Sequence[RunView], resamples: int
) -> ThresholdPart | None:
    """The part, or None where no run was swept."""
    limits = sorted({limit for run in runs for limit in run.summary.sweep}, key=float)
    if not limits:
        return None
    series = [Series(run.label, _rates(run, limits), run.style) for run in runs]
    chance = _chance(runs, limits)
    title = "F1 against the least similarity of a match"
    drawn = [
        charts.ladder(
            f"sweep-{narrow:d}",
            _names(limits, narrow),
            [*chance, *series],
            narrow=narrow,
            title=title,
        )
        for narrow in (False, True)
    ]
    return ThresholdPart(
        Markup("").join(drawn),
        [*legend(runs), *(Legend(one.label, chance=True) for one in chance)],
        _table(runs, limits),
        verdict(loaded, runs, limits, resamples),
    )


def _chance(runs: Sequence[RunView], limits: Sequence[str]) -> list[Series]:
    """The best constant answer, known at the threshold that the runs were scored at."""
    at = {f"{float(run.summary.options['threshold']):.2f}" for run in runs}
    return [
        Series(
            f"{row.label}, at {limit}",
            tuple(rate_of(row.cells[0]) if float(k) == float(limit) else NOTHING for k in limits),
            chance=True,
        )
        for limit in at
        if len(at) == 1
        for row in chance_rows(runs, "headline", [Column("f1")])
    ]


def _names(limits: Sequence[str], narrow: bool) -> list[str]:
    """Every threshold, or every other one where they would touch."""
    if not narrow or len(limits) < 7:
        return list(limits)
    return [limit if place % 2 == 0 else "" for place, limit in enumerate(limits)]


def _rates(run: RunView, limits: Sequence[str], figure: str = "f1") -> tuple[Estimate, ...]:
    sweep = run.summary.sweep
    return tuple(sweep[k][figure] if k in sweep else NOTHING for k in limits)


def _table(runs: Sequence[RunView], limits: Sequence[str]) -> Table:
    return Table(
        key="t-sweep",
        caption=f"F1 in percent at each threshold, {averaging_words(runs)}; "
        f"{interval_words(runs)}.",
        columns=tuple(Column(limit) for limit in limits),
        rows=tuple(
            Row(run.label, _rates(run, limits), run.style, note=run.partial_note) for run in runs
        ),
    )


def verdict(
    loaded: Sequence[LoadedRun], runs: Sequence[RunView], limits: Sequence[str], resamples: int
) -> str:
    """Whether the order of the runs by F1 holds over the thresholds, in a sentence."""
    if len(runs) < 2:
        return ""
    if reason := _not_comparable(runs):
        return f"The runs cannot be ranked: {reason}."
    gaps = threshold_gaps(loaded, [float(limit) for limit in limits], resamples)
    if gaps is None:
        return ""
    pairs, span = len(gaps), f"from {limits[0]} to {limits[-1]}"
    turning = [one for one in gaps if one.turns]
    if not turning:
        held = "that pair keeps its order" if pairs == 1 else f"all {pairs} pairs keep their order"
        return f"The order of the runs does not hang on the threshold: {held} {span}."
    sure = [one for one in turning if one.turns_beyond_chance]
    shown = (sure or turning)[0]
    changed = "changes places" if len(turning) == 1 else "change places"
    chance = f"{len(sure)} of them" if sure else "none of them"
    return (
        f"{len(turning)} of {pairs} pairs of runs {changed} with the threshold {span}, {chance} "
        f"beyond chance in either order (for instance {shown.first} and {shown.second})."
    )


def _not_comparable(runs: Sequence[RunView]) -> str:
    """Why the figures of the runs have no common measure; empty where they have one."""
    first = runs[0].summary
    for run in runs[1:]:
        own = run.summary
        for name in ("matcher", "embedder", "options"):
            if _plain(getattr(own, name)) != _plain(getattr(first, name)):
                return (
                    f"{runs[0].label} and {run.label} were scored with another {name.rstrip('s')}"
                )
        if run.set_hashes and runs[0].set_hashes and run.set_hashes != runs[0].set_hashes:
            return f"{runs[0].label} and {run.label} were scored against different sets"
        if own.n_clips != first.n_clips:
            return f"{runs[0].label} and {run.label} have answers to another number of clips"
    return ""


def _plain(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if name != "threshold"}
    return {"": value}


# ---- differences of runs at every threshold, from the stored pairs alone


@dataclass(frozen=True, slots=True)
class Gaps:
    """F1 of the first run less that of the second, by threshold."""

    first: str
    second: str
    at: dict[float, Estimate]

    @property
    def turns(self) -> bool:
        """Whether either run is ahead somewhere, by the measured values."""
        known = [rate.value for rate in self.at.values() if rate.value is not None]
        return any(value > 0 for value in known) and any(value < 0 for value in known)

    @property
    def turns_beyond_chance(self) -> bool:
        """Whether either run is ahead somewhere with an interval that leaves 0 out."""
        return any((rate.low or 0) > 0 for rate in self.at.values()) and any(
            (rate.high or 0) < 0 for rate in self.at.values()
        )


def threshold_gaps(
    runs: Sequence[LoadedRun], limits: Sequence[float], resamples: int
) -> list[Gaps] | None:
    """Differences of every pair of runs.

    Args:
        runs: scored with the same embedder and options on the same set.
        limits: thresholds.
        resamples: of clips within classes.

    Returns:
        None where the stored pairs do not tell: weak pairs were ruled out before the assignment,
        or the runs have answers to different clips.
    """
    options = [Options.of(run.summary.options) for run in runs]
    if any(one.assignment != "assign-then-filter" for one in options):
        return None
    tables = [run.scores().sort("clip_id") for run in runs]
    if any(not table["clip_id"].equals(tables[0]["clip_id"]) for table in tables):
        return None
    f1 = overall_f1(runs, limits, resamples)
    return [
        Gaps(
            first.label,
            second.label,
            {
                limit: rate_of(
                    estimates(
                        {"gap": difference(f1[first.number, limit], f1[second.number, limit])}
                    )["gap"]
                )
                for limit in limits
            },
        )
        for first, second in combinations(runs, 2)
    ]


def overall_f1(
    runs: Sequence[LoadedRun], limits: Sequence[float], resamples: int
) -> dict[tuple[int, float], Samples]:
    """F1 by number of the run and threshold, averaged as the options of the runs say."""
    columns: dict[str, Floats] = {}
    strata: list[str] = []
    chosen = [Options.of(run.summary.options) for run in runs]
    for run, options in zip(runs, chosen, strict=True):
        similar: dict[str, list[float]] = defaultdict(list)
        for clip_id, value in run.pairs().select("clip_id", "similarity").iter_rows():
            similar[clip_id].append(value)
        rows = sorted(run.run.rows(), key=lambda row: row.clip_id)
        strata = [row.scenario for row in rows]
        for limit in limits:
            at = replace(options, threshold=limit)
            own = [_matched(row, similar[row.clip_id], at) for row in rows]
            columns |= figure_columns(f"{run.number}.{limit}", own, at)
    sums = Sums(strata, columns, resamples, 0)
    return {
        (run.number, limit): overall_figures(sums, f"{run.number}.{limit}", options)["f1"]
        for run, options in zip(runs, chosen, strict=True)
        for limit in limits
    }


def _matched(row: ClipScore, similar: Sequence[float], options: Options) -> ClipScore:
    """A row as it is at another threshold, but for the levels of its matches."""
    if row.outcome != "scored":
        return row  # one side is empty, and no threshold changes anything
    hits = int(passes(np.array(similar), options).sum())
    return msgspec.structs.replace(
        row,
        n_matched=hits,
        precision=hits / row.n_predicted,
        recall=hits / row.n_truth,
        f1=2 * hits / (row.n_predicted + row.n_truth),
    )
