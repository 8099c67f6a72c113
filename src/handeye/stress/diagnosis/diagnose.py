"""From the score rows of one run to why items failed, and what that shows of the respondent.

Needs the run folder only, not the set. docs/stress-scoring.md tells how to read it.
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
from handeye.scores.diagnosed import Diagnosed, Group, group_of, reason_table
from handeye.scores.looks import Group as Look, Looks
from handeye.scores.summary import Interval, Recorded
from handeye.scores.tables import Table
from handeye.stats.sums import Sums
from handeye.stress.diagnosis.reasons import REASONS, TAGS, Found, find_reasons
from handeye.stress.diagnosis.verdict import verdict
from handeye.stress.scoring.figures import STRATUM
from handeye.stress.scoring.run_folder import Run, read_run
from handeye.stress.scoring.score import CELLS, Groups, ScoreRow
from handeye.stress.scoring.summary import RESAMPLES, SUITE, Estimates, Summary, interval_words
from handeye.stress.scoring.weighing import Kind

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1
EVERYTHING = "all"
# What the diagnosis takes over from the summary as it stands.
_FROM_SUMMARY = (
    "n_items", "n_expected", "n_scenes", "partial", "note", "states", "form",
    "ablation", "weights", "staged", "families", "other",
)  # fmt: skip


class Findings(Recorded, kw_only=True):
    """diagnosis.json: what the summary has of weights and cues, and why items failed.

    ``headline`` is over all items, ``reasons`` have the key ``all`` and the cells. ``looks`` are
    what is known of sight.
    """

    scenes_are: ClassVar[str] = "groups"

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    partial: bool
    note: str
    states: dict[str, int]
    form: str
    ablation: str
    interval: Interval
    headline: Estimates
    weights: dict[str, Kind]
    staged: dict[str, Estimates]
    families: dict[str, Estimates]
    other: Estimates
    reasons: dict[str, Group]
    looks: dict[str, Look] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis(Diagnosed):
    """A run diagnosed.

    ``findings`` is diagnosis.json, ``data`` the same as nested dicts. ``reasons`` has one row for
    each item, in the order of the scores: item_id, scene_id, picture_id, cell, cue, family, state,
    passed, reason (null exactly where it passed) and tags.
    """

    findings: Findings
    reasons: pl.DataFrame

    @property
    def sentence(self) -> str:
        """The diagnosis as one sentence (:mod:`handeye.stress.diagnosis.verdict`)."""
        return verdict(self.data)

    def said(self) -> Iterator[str | Table]:
        """The sentence, why how many items failed, and where more is told of such a run."""
        yield self.sentence
        everything = self.findings.reasons.get(EVERYTHING)
        if everything is not None and everything.n_failed:
            yield reason_table(everything, self.findings.interval.words)
        if self.findings.ablation:
            yield (
                "How much of what it answers with its pictures survives without them, by cell, is "
                "told of both runs together: handeye compare RUN_WITH_PICTURES THIS_RUN"
            )


def diagnose(run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES) -> Diagnosis:
    """Diagnose one scored run.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over groups; the same gives the same intervals.
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
    found = find_reasons(rows)
    words = interval_words(summary.n_scenes, seed, resamples)
    findings = msgspec.convert(
        {
            "format": FORMAT,
            "suite": SUITE,
            **summary.whose,
            **{name: msgspec.to_builtins(getattr(summary, name)) for name in _FROM_SUMMARY},
            "interval": replace(summary.interval, resamples=resamples, seed=seed, words=words),
            "headline": summary.bases["all"].headline,
            "reasons": _groups(found, seed, resamples),
            "looks": looks.groups if looks else {},
        },
        Findings,
        from_attributes=True,
    )
    return Diagnosis(findings, _frame(found))


def _groups(found: Sequence[Found], seed: int, resamples: int) -> dict[str, Group]:
    """Why items failed, of everything and of each cell."""
    cells = np.array([one.row.cell for one in found])
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
    cluster = Groups([one.row for one in found]).cluster
    sums = Sums([STRATUM] * len(found), columns, resamples, seed, cluster)
    return {where: group_of(sums, where, REASONS, TAGS) for where in wheres}


def _frame(found: Sequence[Found]) -> pl.DataFrame:
    import polars as pl

    text = pl.String()
    columns: dict[str, tuple[Any, Any]] = {
        **{
            name: ([getattr(one.row, name) for one in found], text)
            for name in ("item_id", "scene_id", "picture_id", "cell", "cue", "family")
        },
        "state": ([one.row.answer_state for one in found], text),
        "passed": ([one.passed for one in found], pl.Boolean()),
        "reason": ([one.reason for one in found], text),
        "tags": ([list(one.tags) for one in found], pl.List(text)),
    }
    return pl.DataFrame(
        {name: values for name, (values, _) in columns.items()},
        schema={name: kind for name, (_, kind) in columns.items()},
    )
