"""F1 against the threshold of a match, and whether the order of the runs depends on it.

Everything here stands in the runs: assigned pairs keep their similarity, so another threshold needs
no embedder. Another embedder or assignment does; ``handeye visualact rank`` computes those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Series
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.scores.tables import Column, Row, Table
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.pages.threshold_gaps import threshold_gaps
from handeye.visualact.pages.view import RunView, interval_words


@dataclass(frozen=True, slots=True)
class ThresholdPart:
    """The sweep as a chart and a table, and what it says about the order of runs."""

    charts: Markup
    table: Table
    verdict: str


def threshold_part(
    loaded: Sequence[LoadedRun], runs: Sequence[RunView], resamples: int
) -> ThresholdPart | None:
    """The part, or None where no run was swept."""
    limits = sorted({limit for run in runs for limit in run.summary["sweep"]}, key=float)
    if not limits:
        return None
    series = [Series(run.label, _rates(run, limits), run.style) for run in runs]
    title = "F1 against the least similarity of a match"
    drawn = [
        charts.ladder(
            f"sweep-{narrow:d}", _names(limits, narrow), series, narrow=narrow, title=title
        )
        for narrow in (False, True)
    ]
    return ThresholdPart(
        Markup("").join(drawn), _table(runs, limits), verdict(loaded, runs, limits, resamples)
    )


def _names(limits: Sequence[str], narrow: bool) -> list[str]:
    """Every threshold, or every other one where they would touch."""
    if not narrow or len(limits) < 7:
        return list(limits)
    return [limit if place % 2 == 0 else "" for place, limit in enumerate(limits)]


def _rates(run: RunView, limits: Sequence[str], figure: str = "f1") -> tuple[Estimate, ...]:
    sweep = run.summary["sweep"]
    return tuple(rate_of(sweep[k][figure]) if k in sweep else NOTHING for k in limits)


def _table(runs: Sequence[RunView], limits: Sequence[str]) -> Table:
    return Table(
        key="t-sweep",
        caption="F1 in percent at each threshold, averaged over videos, then classes; "
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
            if {**_plain(own[name])} != {**_plain(first[name])}:
                return (
                    f"{runs[0].label} and {run.label} were scored with another {name.rstrip('s')}"
                )
        if run.set_hashes and runs[0].set_hashes and run.set_hashes != runs[0].set_hashes:
            return f"{runs[0].label} and {run.label} were scored against different sets"
        if own["n_clips"] != first["n_clips"]:
            return f"{runs[0].label} and {run.label} have answers to another number of clips"
    return ""


def _plain(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if name != "threshold"}
    return {"": value}
