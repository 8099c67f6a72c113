"""Differences of runs at every threshold, with intervals, from the stored pairs alone.

Holds for runs whose pairs were assigned before weak ones were dropped: another threshold then only
changes which of the stored pairs are matches. Differences are taken within each resample of clips,
as :mod:`handeye.visualact.comparing.sensitivity` does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from handeye.scores.estimate import Estimate, rate_of
from handeye.stats.intervals import Samples, difference, estimates
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.scoring.matching import passes
from handeye.visualact.scoring.measures import Floats, averaged
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.sums import Sums


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
    options = [Options.of(run.summary["options"]) for run in runs]
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
    """F1 by number of the run and threshold, averaged over videos, then classes."""
    columns: dict[str, Floats] = {}
    strata: list[str] = []
    for run in runs:
        options = Options.of(run.summary["options"])
        similar: dict[str, list[float]] = defaultdict(list)
        for clip_id, value in run.pairs().select("clip_id", "similarity").iter_rows():
            similar[clip_id].append(value)
        rows = list(run.scores().sort("clip_id").iter_rows(named=True))
        strata = [row["scenario"] for row in rows]
        for limit in limits:
            at = replace(options, threshold=limit)
            values = []
            for row in rows:
                hits = int(passes(np.array(similar[row["clip_id"]]), at).sum())
                actions = row["n_predicted"] + row["n_truth"]
                # Elsewhere one side is empty, and no threshold changes anything.
                values.append(2 * hits / actions if row["outcome"] == "scored" else row["f1"])
            columns |= averaged(f"{run.number}.{limit}", values)
    sums = Sums(strata, columns, resamples, 0)
    return {
        (run.number, limit): sums.macro(f"{run.number}.{limit}", f"{run.number}.{limit}.n")
        for run in runs
        for limit in limits
    }
