"""From the score rows of one run to why items failed, and what that shows of the respondent.

Needs the run folder only, not the set. docs/contexts-scoring.md tells how to read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from msgspec.structs import replace

from handeye.contexts.diagnosis.reasons import REASONS, TAGS, Found, default_of, find_reasons
from handeye.contexts.items import ABOUT
from handeye.contexts.scoring.figures import STRATUM, Scenes
from handeye.contexts.scoring.run_folder import Run, read_run
from handeye.contexts.scoring.score import ScoreRow
from handeye.contexts.scoring.summary import (
    RESAMPLES,
    SUITE,
    Estimates,
    Summary,
    interval_words,
)
from handeye.errors import OptionError
from handeye.scores.diagnosed import Diagnosed, Group, group_of, reason_table
from handeye.scores.estimate import Estimate
from handeye.scores.looks import Group as Look, Looks, sentences
from handeye.scores.summary import Interval, Recorded
from handeye.scores.tables import Table
from handeye.stats.sums import Sums

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1
EVERYTHING = "all"
_FROM_SUMMARY = ("n_items", "n_expected", "n_scenes", "partial", "note", "states", "references")


class Findings(Recorded, kw_only=True):
    """diagnosis.json: the headline, and why items failed.

    ``headline`` is over all items, ``reasons`` have the keys ``all``, ``sees`` and ``does``.
    ``default`` is the action that is taken where nothing speaks for another, estimated from the
    run; null where one is declared or none shows. ``looks`` are what is known of sight.
    """

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    partial: bool
    note: str
    states: dict[str, int]
    interval: Interval
    headline: Estimates
    references: dict[str, Estimates]
    default: str | None
    reasons: dict[str, Group]
    looks: dict[str, Look] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis(Diagnosed):
    """A run diagnosed.

    ``findings`` is diagnosis.json, ``data`` the same as nested dicts. ``reasons`` has one row for
    each item, in the order of the scores: item_id, scene_id, group, about, name, form, state,
    passed, reason (null exactly where it passed) and tags.
    """

    findings: Findings
    reasons: pl.DataFrame

    @property
    def sentence(self) -> str:
        """The diagnosis as one sentence."""
        return sentence(self.findings)

    def said(self) -> Iterator[str | Table]:
        """The sentence, and why how many items failed."""
        yield self.sentence
        if self.findings.default is not None:
            yield (
                f"no default action is declared; from this run it is {self.findings.default!r}, "
                "which is taken oftener than it is right"
            )
        everything = self.findings.reasons.get(EVERYTHING)
        if everything is not None and everything.n_failed:
            yield reason_table(everything, self.findings.interval.words)


def sentence(findings: Findings) -> str:
    """What a run shows, in one sentence; no number stands in it that is not a figure's."""
    name = findings.named or "The model"
    told = sentences(findings.looks)
    if told:
        return f"{name}: {'; '.join(told)}."
    head = findings.headline
    sees, does, gap = (head.get(key) for key in ("sees", "does", "gap"))
    parts = []
    if sees is not None and sees.value is not None:
        parts.append(f"sees what is to be seen in {_percent(sees)}")
    if does is not None and does.value is not None:
        parts.append(f"does what is to be done in {_percent(does)}")
    if not parts:
        return f"{name}: nothing of this run can be told."
    said = f"{name} {' and '.join(parts)}"
    if gap is not None and gap.low is not None and gap.high is not None:
        if gap.low > 0:
            said += ": it sees more than it acts on"
        elif gap.high < 0:
            said += ": it does more rightly than what it says it sees would allow"
        else:
            said += ": no gap between the two is shown"
    for key, things in (("context_blind", "contexts"), ("picture_blind", "pictures")):
        one = head.get(key)
        if one is not None and one.low is not None and one.value and one.low > 0:
            said += f"; two {things} that call for different actions get the same in "
            said += _percent(one)
    return f"{said}."


def _percent(one: Estimate) -> str:
    return f"{one.percent}\N{NO-BREAK SPACE}%"


def diagnose(run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES) -> Diagnosis:
    """Diagnose one scored run.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over scenes; the same gives the same intervals.
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
    declared = any(row.default is not None for row in rows)
    findings = msgspec.convert(
        {
            "format": FORMAT,
            "suite": SUITE,
            **summary.whose,
            **{name: msgspec.to_builtins(getattr(summary, name)) for name in _FROM_SUMMARY},
            "interval": replace(summary.interval, resamples=resamples, seed=seed, words=words),
            "headline": summary.bases["all"].headline,
            "default": None if declared else default_of(rows),
            "reasons": _groups(found, seed, resamples),
            "looks": looks.groups if looks else {},
        },
        Findings,
        from_attributes=True,
    )
    return Diagnosis(findings, _frame(found))


def _groups(found: Sequence[Found], seed: int, resamples: int) -> dict[str, Group]:
    """Why items failed, of everything, of what is to be seen and of what is to be done."""
    about = np.array([one.row.about for one in found])
    columns = {}
    wheres: Mapping[str, Any] = {EVERYTHING: np.ones(len(found), bool)} | {
        name: about == name for name in ABOUT if (about == name).any()
    }
    for where, inside in wheres.items():
        columns[f"{where}.items"] = inside.astype(np.float64)
        columns[f"{where}.failed"] = inside * np.array([float(not o.passed) for o in found])
        for sign in (*REASONS, *TAGS):
            shown = [float(sign.key == o.reason or sign.key in o.tags) for o in found]
            columns[f"{where}.{sign.key}"] = inside * np.array(shown)
    cluster = Scenes([one.row for one in found]).cluster
    sums = Sums([STRATUM] * len(found), columns, resamples, seed, cluster)
    return {where: group_of(sums, where, REASONS, TAGS) for where in wheres}


def _frame(found: Sequence[Found]) -> pl.DataFrame:
    import polars as pl

    text = pl.String()
    columns: dict[str, tuple[Any, Any]] = {
        **{
            name: ([getattr(one.row, name) for one in found], text)
            for name in ("item_id", "scene_id", "group", "about", "name", "form")
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
