"""From one scored run to what is wrong with its answers: a reason a clip, counted with intervals.

Reasons exclude each other, signs (``tags``) do not; :mod:`handeye.visualact.diagnosis.reasons` has
both. Needs the run folder; where the set is not at hand, true actions that no prediction was
assigned to are not known, and what was missed is told from the level of the clip alone (``note``
says so).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from handeye.errors import HandeyeError, OptionError
from handeye.printing import noun
from handeye.scores.diagnosed import Diagnosed, Share, shares
from handeye.scores.estimate import Estimate, number
from handeye.scores.looks import Group as Look, sentences
from handeye.scores.summary import Interval, Recorded
from handeye.scores.tables import Column, Row, Table
from handeye.stats.intervals import estimates
from handeye.stats.sums import Sums
from handeye.visualact.diagnosis.reasons import WORDS, Found, find_reasons, pairs_by_clip
from handeye.visualact.loader import load
from handeye.visualact.records import Clip
from handeye.visualact.scoring.run_folder import Run, read_run
from handeye.visualact.scoring.summary import RESAMPLES, SUITE

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1


class Group(msgspec.Struct):
    """What is wrong in some clips; ``reasons`` exclude each other, ``tags`` do not."""

    n_clips: int
    n_faulty: int
    faulty: Estimate
    reasons: list[Share]
    tags: list[Share]


class Findings(Recorded, kw_only=True):
    """diagnosis.json: all clips together, and those of each class.

    ``looks`` are what is known of sight (:class:`handeye.scores.looks.Group`), with the key "";
    none for a run that was scored before that was told.
    """

    format: int
    suite: str
    model: str | None
    n_clips: int
    n_expected: int
    partial: bool
    note: str
    states: dict[str, int]
    interval: Interval
    all: Group
    by_scenario: dict[str, Group]
    looks: dict[str, Look] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis(Diagnosed):
    """A run diagnosed.

    ``findings`` is diagnosis.json, ``data`` the same as nested dicts. ``reasons`` has one row a
    clip in the order of the scores: clip_id, scenario, state, passed (nothing is wrong), reason
    (null exactly where it passed) and tags (every sign, the reason first).
    """

    findings: Findings
    reasons: pl.DataFrame

    def said(self) -> Iterator[str | Table]:
        """What is claimed of sight, and what is wrong with how many clips."""
        found = self.findings
        yield from sentences(found.looks)
        n, faulty = found.all.n_clips, found.all.faulty
        if found.all.n_faulty:
            yield reason_table(found)
            return
        still = f" (up to {number(faulty.high)} % of such clips may have a fault)"
        told = f"nothing is wrong with the answers to {n} {noun(n, 'clips')}"
        yield told + (still if faulty.high is not None else "")


def reason_table(found: Findings) -> Table:
    """The reasons over all clips, and how many clips show each as a sign."""
    group = found.all
    shown = {one.key: one.count for one in group.tags}
    rows = tuple(
        Row(one.label, (one.count, one.share, one.rate, shown[one.key])) for one in group.reasons
    )
    return Table(
        "reasons",
        f"What is wrong with the answers to {group.n_faulty} of {group.n_clips} "
        f"{noun(group.n_clips, 'clips')}",
        (
            Column("clips", "clips with this reason, the first of their signs"),
            Column("% of the faulty"),
            Column("% of all"),
            Column("shown in", "clips that show it, as the reason or beside another one"),
        ),
        rows,
        row_head="reason",
        note=found.interval.words,
    )


def diagnose(run: str | PathLike[str], *, seed: int = 0, resamples: int = RESAMPLES) -> Diagnosis:
    """Say of every clip what is wrong with the answer to it, and how often each reason occurs.

    Args:
        run: a run folder, or one already read.
        seed: of the bootstrap over clips within classes; the same gives the same intervals.
        resamples: number of resamples of clips; 0 gives shares without intervals.

    Raises:
        RunError: not a run folder.
        DataError: a file of the run cannot be read.
        OptionError: a negative number of resamples.
    """
    if resamples < 0:
        raise OptionError(f"resamples must be at least 0, got {resamples}")
    opened = run if isinstance(run, Run) else read_run(run)
    looks = opened.looks()
    clips, trouble = _clips(opened)
    rows = list(opened.scores().iter_rows(named=True))
    summary = opened.summary
    threshold = float(summary.options["threshold"])
    reasons = find_reasons(rows, pairs_by_clip(opened), clips, threshold)
    found = {one.clip_id: one for one in reasons}
    classes, tables = _tables(rows, found, seed, resamples)
    interval = replace(summary.interval, resamples=resamples, seed=seed)
    findings = Findings(
        format=FORMAT,
        suite=SUITE,
        model=summary.model,
        adjusted=summary.adjusted,
        n_clips=summary.n_clips,
        n_expected=summary.n_expected,
        partial=summary.partial,
        note="; ".join(filter(None, [summary.note, trouble])),
        states=summary.states,
        interval=replace(interval, words=_interval_words(len(rows), seed, resamples)),
        all=tables[None],
        by_scenario={name: tables[name] for name in classes},
        looks=looks.groups if looks else {},
    )
    return Diagnosis(findings, _frame(rows, found))


def _clips(run: Run) -> tuple[dict[str, Clip], str]:
    """The clips a run was scored on by id, or why they are not at hand."""
    try:
        mapping = run.info.get("mapping")
        sets = [load(file, split=None, mapping=mapping) for file in run.data_files()]
    except HandeyeError:
        return {}, "the set is not at hand: unassigned true actions are not known"
    return {clip.clip_id: clip for one in sets for clip in one}, ""


def _interval_words(clips: int, seed: int, resamples: int) -> str:
    if not resamples:
        return "no intervals were computed"
    return (
        f"95 % intervals over {clips} {noun(clips, 'clips')} drawn within their classes, "
        f"B = {resamples}, seed {seed}: Wilson score at the resampled variance"
    )


def _tables(
    rows: Sequence[Mapping[str, Any]], found: Mapping[str, Found], seed: int, resamples: int
) -> tuple[tuple[str, ...], dict[str | None, Group]]:
    """The classes that there are, and a group for each of them and for all clips (None)."""
    import numpy as np

    own = [found.get(row["clip_id"]) for row in rows]
    columns = {"clips": np.ones(len(rows)), "faulty": np.array([float(f is not None) for f in own])}
    for key in WORDS.order:
        columns[f"reason.{key}"] = np.array([float(f is not None and f.reason == key) for f in own])
        columns[f"sign.{key}"] = np.array([float(f is not None and key in f.signs) for f in own])
    sums = Sums([row["scenario"] for row in rows], columns, resamples, seed)
    return sums.strata, {name: _group(sums, name) for name in (None, *sums.strata)}


def _group(sums: Sums, stratum: str | None) -> Group:
    signs = [WORDS[key] for key in WORDS.order]
    return Group(
        n_clips=sums.count("clips", stratum),
        n_faulty=sums.count("faulty", stratum),
        faulty=msgspec.convert(estimates(sums.share("faulty", "clips", stratum)), Estimate),
        reasons=shares(sums, signs, "reason", "faulty", "clips", stratum),
        tags=shares(sums, signs, "sign", "faulty", "clips", stratum),
    )


def _frame(rows: Sequence[Mapping[str, Any]], found: Mapping[str, Found]) -> pl.DataFrame:
    import polars as pl

    own = [found.get(row["clip_id"]) for row in rows]
    return pl.DataFrame(
        {
            "clip_id": [row["clip_id"] for row in rows],
            "scenario": [row["scenario"] for row in rows],
            "state": [row["answer_state"] for row in rows],
            "passed": [one is None for one in own],
            "reason": [one.reason if one else None for one in own],
            "tags": [list(one.signs) if one else [] for one in own],
        },
        schema={
            "clip_id": pl.String(),
            "scenario": pl.String(),
            "state": pl.String(),
            "passed": pl.Boolean(),
            "reason": pl.String(),
            "tags": pl.List(pl.String()),
        },
    )
