"""The run folder of the suite (:mod:`handeye.scores.run_folder`): what it holds of its own.

RUN/
  scores.parquet, scores.jsonl
                      one row a question (handeye.contexts.scoring.score.ScoreRow)
  summary.json        every table with intervals (docs/contexts-scoring.md)
  diagnosis.json, reasons.parquet
                      why items failed, once `handeye contexts diagnose` was asked
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from handeye.contexts.items import ABOUT, CONTROLS, FORMS
from handeye.contexts.scoring.score import STATES, ScoreRow
from handeye.contexts.scoring.summary import SUITE, Summary
from handeye.contexts.scoring.tables import table_files
from handeye.scores.diagnosed import DIAGNOSIS, REASONS
from handeye.scores.run_folder import Columns, RunFormat, RunInfo, ScoredRun, reader

_COLUMNS = Columns(
    ScoreRow,
    allowed={
        "about": ABOUT,
        "form": FORMS,
        "control": CONTROLS,
        "answer_state": STATES,
        **dict.fromkeys(("right", "lenient_right", "can_harm", "harmful", "keep"), (0, 1)),
        **dict.fromkeys(("default", "cannot"), (0, 1)),
    },
    unique="item_id",
)


class Info(RunInfo, kw_only=True):
    """What readers take from run.json beside what every run has there."""

    option_order: str = ""
    set: str | None = None


RUN_FORMAT = RunFormat(
    suite=SUITE,
    number=1,
    rows={"scores": _COLUMNS},
    record=(
        *("data", "predictions", "seeds", "n_items", "n_expected", "n_scenes"),
        *("partial", "states", "cost"),
    ),
    packages=("numpy", "scipy", "polars", "msgspec"),
    summary=Summary,
    tables=table_files,
    info=Info,
    stale=(DIAGNOSIS, REASONS),
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Run(ScoredRun):
    """A run of this suite read back from its folder; ``scores`` has one row a question."""

    summary: Summary

    def rows(self) -> list[ScoreRow]:
        """The score rows as values."""
        return msgspec.convert(self.scores().to_dicts(), list[ScoreRow])


read_run = reader(RUN_FORMAT, Run)
"""Reads a run folder."""
