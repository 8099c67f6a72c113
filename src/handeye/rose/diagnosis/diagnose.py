"""From the score rows of one run to where between eye and hand it fails.

Puts together what the summary has (headline, bridges, consistency) and what needs the answers
themselves: the decomposition of the gap, one reason for every failed item, and the curves against
difficulty. Needs the run folder only, not the set. docs/diagnosis.md tells how to read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

import msgspec
import polars as pl
from msgspec.structs import replace

from handeye.errors import OptionError
from handeye.rose.diagnosis.attribution import attribute, attribution_tables
from handeye.rose.diagnosis.decomposition import decompose
from handeye.rose.diagnosis.evidence import Evidence, run_evidence
from handeye.rose.diagnosis.findings import Chain, Findings
from handeye.rose.diagnosis.reasons import NO_USE
from handeye.rose.diagnosis.thresholds import thresholds
from handeye.rose.diagnosis.verdict import verdict
from handeye.rose.scoring.run_folder import Run, read_run
from handeye.rose.scoring.summary import Summary
from handeye.scores.diagnosed import Diagnosed, Group
from handeye.scores.looks import Looks
from handeye.scores.tables import Column, Row, Table

# 2: a convention's weight is its share of the answers in which it would show; every way to count an
# axis.
FORMAT = 2
RESAMPLES = 2000
# What the diagnosis takes over from the summary as it stands.
_FROM_SUMMARY = (
    "n_items", "n_expected", "n_scenes", "partial", "note", "states",
    "bridges", "consistency", "drops",
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis(Diagnosed):
    """A run diagnosed.

    ``findings`` is diagnosis.json, ``data`` the same as nested dicts (docs/diagnosis.md).
    ``reasons`` has one row per item in the order of the scores: item_id, scene_id, rose_subset,
    task_template, state, passed, reason (null exactly where it passed) and tags.
    """

    findings: Findings
    reasons: pl.DataFrame

    @property
    def sentence(self) -> str:
        """The diagnosis as one sentence (:mod:`handeye.rose.diagnosis.verdict`)."""
        return verdict(self.data)

    def said(self) -> Iterator[str | Table]:
        """The sentence, where points are lost, and why action items failed."""
        yield self.sentence
        yield from map(_chain, filter(None, self.findings.decomposition.values()))
        action = self.findings.attribution.action
        if action.n_failed:
            yield _reasons(action)
        else:
            yield f"None of {action.n_items} action items failed."


def _unused(reasons: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """By source its items without an answer to look at, and all of its items."""
    lost = pl.col("reason").is_in(list(NO_USE)).fill_null(False)
    counted = reasons.group_by("rose_subset").agg(lost.sum().alias("lost"), pl.len())
    return {name: (count, n) for name, count, n in counted.sort("rose_subset").rows()}


def _chain(chain: Chain) -> Table:
    rows = (
        Row(chain.start.label, ("", chain.start.level)),
        *(Row(f"  {step.label}", (step.change, step.rate)) for step in chain.steps),
        Row(chain.end.label, ("", chain.end.level)),
        Row("all together", (-chain.whole, "")),
    )
    columns = (Column("change, points"), Column("level"))
    return Table(chain.key, chain.title, columns, rows, row_head="")


def _reasons(group: Group) -> Table:
    rows = tuple(Row(row.label, (row.count, row.share, row.rate)) for row in group.reasons)
    return Table(
        "reasons",
        f"Why {group.n_failed} of {group.n_items} action items failed",
        (Column("items"), Column("% of the failed"), Column("% of all")),
        rows,
        row_head="reason",
    )


def diagnose(run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES) -> Diagnosis:
    """Diagnose one scored run.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap; the same gives the same intervals.
        resamples: number of resamples of scenes; 0 gives figures without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read, or its scores are of an older handeye.
        OptionError: a negative number of resamples.
    """
    if resamples < 0:
        raise OptionError(f"resamples must be at least 0, got {resamples}")
    found = run if isinstance(run, Run) else read_run(run)
    everything = found.summary, found.scores(), run_evidence(found)
    return diagnose_scores(*everything, looks=found.looks(), seed=seed, resamples=resamples)


def diagnose_scores(
    summary: Summary,
    scores: pl.DataFrame,
    evidence: Sequence[Evidence],
    *,
    looks: Looks | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Diagnosis:
    """Diagnose scores that lie in no folder.

    Args:
        summary: of the scores.
        scores: score rows of one run.
        evidence: on every row, in their order.
        looks: whether the answers depend on the picture (:mod:`handeye.rose.scoring.looks`).
        seed: as in :func:`diagnose`.
        resamples: as in :func:`diagnose`.

    Raises:
        DataError: a column is missing, or a task template is unknown.
    """
    attribution = attribute(evidence)
    everything = summary.bases["all"]
    data = {
        "format": FORMAT,
        "suite": "rose",
        **summary.whose,
        **{name: getattr(summary, name) for name in _FROM_SUMMARY},
        "interval": replace(summary.interval, resamples=resamples, seed=seed),
        "headline": everything.headline,
        "columns": everything.columns,
        "subsets": {k: row["PASS"] for k, row in everything.subsets.items() if k != "Avg."},
        "unused": {name: list(of) for name, of in _unused(attribution.rows).items()},
        "decomposition": decompose(evidence, seed=seed, resamples=resamples),
        "attribution": attribution_tables(attribution, seed=seed, resamples=resamples),
        "thresholds": thresholds(scores),
        "looks": looks.groups if looks else {},
    }
    return Diagnosis(msgspec.convert(data, Findings), attribution.rows)
