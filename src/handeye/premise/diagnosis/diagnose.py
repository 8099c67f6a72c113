"""From the score rows of one run to why items failed, and what that shows of the respondent.

Needs the run folder only, not the set. docs/premise-scoring.md tells how to read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import numpy as np
from msgspec.structs import replace

from handeye.errors import OptionError
from handeye.premise.diagnosis.evidence import Evidence
from handeye.premise.diagnosis.reasons import REASONS, TAGS, Found, find_reasons
from handeye.premise.diagnosis.verdict import carried, verdict
from handeye.premise.scoring.figures import STRATUM
from handeye.premise.scoring.run_folder import Run, read_run
from handeye.premise.scoring.score import CELLS, ScoreRow, families_of
from handeye.premise.scoring.summary import (
    RESAMPLES,
    SUITE,
    Estimates,
    Kind,
    Signals,
    Summary,
    interval_words,
)
from handeye.scores.diagnosed import Diagnosed, Group, group_of, reason_table
from handeye.scores.looks import Group as Look, Looks
from handeye.scores.summary import Interval, Recorded
from handeye.scores.tables import Table
from handeye.stats.intervals import estimates
from handeye.stats.sums import Sums

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1
# What the diagnosis takes over from the summary as it stands.
_FROM_SUMMARY = (
    "n_items", "n_expected", "n_scenes", "partial", "note", "states", "variant",
    "ablation", "signal", "permuted", "families", "pairs", "two", "kinds", "signals",
)  # fmt: skip
EVERYTHING = "all"


class Findings(Recorded, kw_only=True):
    """diagnosis.json: what the summary has of accepting and rejecting, why items failed, and more.

    ``headline`` and ``premises`` are over all items. ``reasons`` have the key ``all`` for
    everything that has a gold, then the cells. ``evidence`` are figures that only a verdict needs
    (:mod:`handeye.premise.diagnosis.evidence`). ``looks`` are what is known of sight; none for a
    run that was scored before that was told.
    """

    scenes_are: ClassVar[str] = "families"

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    partial: bool
    note: str
    states: dict[str, int]
    variant: str
    ablation: str
    signal: str
    permuted: bool
    families: bool
    interval: Interval
    headline: Estimates
    premises: dict[str, Estimates]
    pairs: dict[str, Estimates]
    two: Estimates
    kinds: dict[str, dict[str, Kind]]
    signals: dict[str, Signals]
    evidence: dict[str, Estimates]
    reasons: dict[str, Group]
    looks: dict[str, Look] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis(Diagnosed):
    """A run diagnosed.

    ``findings`` is diagnosis.json, ``data`` the same as nested dicts. ``reasons`` has one row for
    each item that has a gold, in the order of the scores: item_id, scene_id, clip_id, cell, kind,
    state, passed, reason (null exactly where it passed) and tags.
    """

    findings: Findings
    reasons: pl.DataFrame

    @property
    def sentence(self) -> str:
        """The diagnosis as one sentence (:mod:`handeye.premise.diagnosis.verdict`)."""
        return verdict(self.data)

    def said(self) -> Iterator[str | Table]:
        """The sentence, and why how many items failed."""
        yield self.sentence
        everything = self.findings.reasons.get(EVERYTHING)
        if everything is not None and everything.n_failed:
            yield reason_table(everything, self.findings.interval.words)


def diagnose(run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES) -> Diagnosis:
    """Diagnose one scored run.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over families; the same gives the same intervals.
        resamples: number of resamples; 0 gives figures without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read.
        OptionError: a negative number of resamples.
    """
    if resamples < 0:
        raise OptionError(f"resamples must be at least 0, got {resamples}")
    opened = run if isinstance(run, Run) else read_run(run)
    return diagnose_rows(
        opened.summary, opened.rows(), looks=opened.looks(), seed=seed, resamples=resamples
    )


def diagnose_rows(
    summary: Summary,
    rows: Sequence[ScoreRow],
    *,
    looks: Looks | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Diagnosis:
    """Diagnose scores that lie in no folder.

    Args:
        summary: of the rows.
        rows: of one run.
        looks: whether the answers depend on what was shown.
        seed: as in :func:`diagnose`.
        resamples: as in :func:`diagnose`.
    """
    everything = summary.bases["all"]
    evidence = Evidence(rows, seed, resamples)
    words = interval_words(summary.n_scenes, summary.drawn, seed, resamples)
    findings = msgspec.convert(
        {
            "format": FORMAT,
            "suite": SUITE,
            **summary.whose,
            **{name: getattr(summary, name) for name in _FROM_SUMMARY},
            "interval": replace(summary.interval, resamples=resamples, seed=seed, words=words),
            "headline": everything.headline,
            "premises": everything.premises,
            "evidence": estimates(evidence.tree()) | evidence.p_values(),
            "reasons": {},
            "looks": looks.groups if looks else {},
        },
        Findings,
    )
    found = find_reasons(rows, carried=carried(findings.data))
    findings = replace(findings, reasons=_groups(found, seed, resamples))
    return Diagnosis(findings, _frame(found))


def _groups(found: Sequence[Found], seed: int, resamples: int) -> dict[str, Group]:
    """Why items failed, of everything and of each cell."""
    if not found:
        return {}
    cells = np.array([one.row.cell for one in found])
    families = families_of(one.row for one in found)
    cluster = np.array([families[one.row.scene_id] for one in found], np.int64)
    columns = {}
    wheres = {EVERYTHING: np.ones(len(found), bool)} | {
        cell: cells == cell for cell in CELLS if (cells == cell).any()
    }
    for where, inside in wheres.items():
        columns[f"{where}.items"] = inside.astype(np.float64)
        columns[f"{where}.failed"] = inside * np.array([float(not o.passed) for o in found])
        for sign in (*REASONS, *TAGS):
            shown = [float(sign.key == o.reason or sign.key in o.tags) for o in found]
            columns[f"{where}.{sign.key}"] = inside * np.array(shown)
    sums = Sums([STRATUM] * len(found), columns, resamples, seed, cluster)
    return {where: group_of(sums, where, REASONS, TAGS) for where in wheres}


def _frame(found: Sequence[Found]) -> pl.DataFrame:
    import polars as pl

    columns: dict[str, tuple[Any, Any]] = {
        "item_id": ([o.row.item_id for o in found], pl.String()),
        "scene_id": ([o.row.scene_id for o in found], pl.String()),
        "clip_id": ([o.row.clip_id for o in found], pl.String()),
        "cell": ([o.row.cell for o in found], pl.String()),
        "kind": ([o.row.kind for o in found], pl.String()),
        "state": ([o.row.answer_state for o in found], pl.String()),
        "passed": ([o.passed for o in found], pl.Boolean()),
        "reason": ([o.reason for o in found], pl.String()),
        "tags": ([list(o.tags) for o in found], pl.List(pl.String())),
    }
    return pl.DataFrame(
        {name: values for name, (values, _) in columns.items()},
        schema={name: kind for name, (_, kind) in columns.items()},
    )
