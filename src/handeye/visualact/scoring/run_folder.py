"""The run folder of VisualActBench (:mod:`handeye.scores.run_folder`): what it holds of its own.

RUN/
  scores.parquet, scores.jsonl
                      one row a clip (handeye.visualact.scoring.clip_scores.ClipScore)
  pairs.parquet, pairs.jsonl
                      one row an assigned pair of actions (PairScore)
  summary.json        every table with intervals (docs/visualact-scoring.md)
  judge.json, judgements.jsonl
                      what a judge model decided, once one was asked
  diagnosis.json, reasons.parquet
                      what is wrong with the answers, once `handeye visualact diagnose` was asked
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from handeye.scores.diagnosed import DIAGNOSIS, REASONS
from handeye.scores.run_folder import (
    LARGEST,
    Columns,
    Count,
    RunFormat,
    RunInfo,
    ScoredRun,
    reader,
)
from handeye.visualact.records import LARGEST_LEVEL, SCENARIOS
from handeye.visualact.scoring.clip_scores import ClipScore, PairScore
from handeye.visualact.scoring.summary import STATES, SUITE, Summary
from handeye.visualact.scoring.tables import table_files

if TYPE_CHECKING:
    import polars as pl

JUDGED = "judge.json"
JUDGEMENTS = "judgements.jsonl"
_LEVELS = (0, LARGEST_LEVEL)
_CLIPS = Columns(
    ClipScore,
    allowed={
        "scenario": tuple(SCENARIOS),
        "answer_state": STATES,
        "outcome": ("scored", "nothing-proposed", "unasked", "both-empty"),
        "video_apl": _LEVELS,
        **dict.fromkeys(("n_predicted", "n_truth", "n_matched"), (0, LARGEST)),
    },
    unique="clip_id",
)
_PAIRS = Columns(
    PairScore,
    allowed={
        "truth_apl": _LEVELS,
        "predicted_apl": _LEVELS,
    },
)


class _Embedder(msgspec.Struct):
    name: str
    digest: str


class Info(RunInfo, kw_only=True):
    """What readers take from run.json beside what every run has there."""

    n_clips: Count
    embedder: _Embedder
    options: dict[str, str | float]
    matcher: str = ""
    mapping: dict[str, str] | None = None
    set: str | None = None


RUN_FORMAT = RunFormat(
    suite=SUITE,
    number=1,
    rows={"scores": _CLIPS, "pairs": _PAIRS},
    record=(
        *("predictions", "embedder", "matcher", "options", "seeds", "n_clips", "n_expected"),
        *("partial", "states", "losses", "cost"),
    ),
    packages=("numpy", "scipy", "polars", "msgspec"),
    summary=Summary,
    tables=table_files,
    info=Info,
    stale=(JUDGED, DIAGNOSIS, REASONS),
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Run(ScoredRun):
    """A run of this suite read back from its folder; ``scores`` has one row a clip."""

    summary: Summary

    def rows(self) -> list[ClipScore]:
        """The score rows as values."""
        return msgspec.convert(self.scores().to_dicts(), list[ClipScore])

    def pairs(self) -> pl.DataFrame:
        """The assigned pairs of actions."""
        return self.frame("pairs")


read_run = reader(RUN_FORMAT, Run)
"""Reads a run folder."""
