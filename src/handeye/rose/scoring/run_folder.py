"""The run folder of ROSE (:mod:`handeye.scores.run_folder`): what it holds beside the common files.

RUN/
  scores.parquet      one row per item (handeye.rose.scoring.score_frame.SCHEMA)
  scores.jsonl        the same rows under the official names, numbers of any size
  summary.json        every table with intervals (docs/rose-summary.md)
  diagnosis.json, reasons.parquet
                      where it fails and why, once `handeye rose diagnose` was asked
"""

from __future__ import annotations

from dataclasses import dataclass

from handeye.rose.scoring.score_frame import COLUMNS
from handeye.rose.scoring.summary import Summary
from handeye.rose.scoring.tables import table_files
from handeye.scores.diagnosed import DIAGNOSIS, REASONS
from handeye.scores.run_folder import RunFormat, ScoredRun, reader

RUN_FORMAT = RunFormat(
    suite="rose",
    number=1,
    rows={"scores": COLUMNS},
    record=(
        *("data", "predictions", "seeds", "n_items", "n_expected", "n_scenes"),
        *("partial", "states", "cost"),
    ),
    packages=("polars", "numpy", "msgspec"),
    summary=Summary,
    tables=table_files,
    # A diagnosis of other scores must not stay beside these.
    stale=(DIAGNOSIS, REASONS),
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Run(ScoredRun):
    """A run of this suite read back from its folder."""

    summary: Summary


read_run = reader(RUN_FORMAT, Run)
"""Reads a run folder."""
