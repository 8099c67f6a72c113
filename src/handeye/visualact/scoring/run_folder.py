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
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from handeye.scores.run_folder import Columns, RunFormat, ScoredRun, open_run
from handeye.visualact.scoring.clip_scores import ClipScore, PairScore
from handeye.visualact.scoring.summary import SUITE, Summary
from handeye.visualact.scoring.tables import table_files

if TYPE_CHECKING:
    import polars as pl

JUDGED = "judge.json"
JUDGEMENTS = "judgements.jsonl"
DIAGNOSIS = "diagnosis.json"
REASONS = "reasons.parquet"
RUN_FORMAT = RunFormat(
    suite=SUITE,
    number=1,
    rows={"scores": Columns(ClipScore), "pairs": Columns(PairScore)},
    record=(
        *("predictions", "embedder", "matcher", "options", "seeds", "n_clips", "n_expected"),
        *("partial", "states", "losses", "cost"),
    ),
    packages=("numpy", "scipy", "polars", "msgspec"),
    summary=Summary,
    tables=table_files,
    stale=(JUDGED, DIAGNOSIS, REASONS),
)


@dataclass(frozen=True, slots=True)
class Run(ScoredRun):
    """A run of this suite read back from its folder; ``scores`` has one row a clip."""

    summary: Summary

    def rows(self) -> list[ClipScore]:
        """The score rows as values."""
        return msgspec.convert(self.scores().to_dicts(), list[ClipScore])

    def pairs(self) -> pl.DataFrame:
        """The assigned pairs of actions."""
        return self.scan("pairs").collect()


def read_run(path: Path | str) -> Run:
    """Read a run folder.

    Raises:
        RunError: no such folder, not a run, not scored yet, of another suite or format.
        DataError: a file of the run is missing, cannot be read, or lacks columns.
    """
    return open_run(path, RUN_FORMAT, Run)
