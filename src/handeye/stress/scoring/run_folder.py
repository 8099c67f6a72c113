"""The run folder of the suite (:mod:`handeye.scores.run_folder`): what it holds of its own.

RUN/
  scores.parquet, scores.jsonl
                      one row a question (handeye.stress.scoring.score.ScoreRow)
  summary.json        every table with intervals (docs/stress-scoring.md)
  diagnosis.json, reasons.parquet
                      why items failed, once `handeye stress diagnose` was asked
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from handeye.scores.diagnosed import DIAGNOSIS, REASONS
from handeye.scores.run_folder import Columns, RunFormat, RunInfo, ScoredRun, reader
from handeye.stress.items import CUES, PRIOR
from handeye.stress.scoring.predictions import ABLATIONS, FORMS
from handeye.stress.scoring.reading import SAYS
from handeye.stress.scoring.score import CELLS, STATES, ScoreRow
from handeye.stress.scoring.summary import SUITE, Summary
from handeye.stress.scoring.tables import table_files

_COLUMNS = Columns(
    ScoreRow,
    allowed={
        "cell": CELLS,
        "cue": (*CUES, PRIOR),
        "form": FORMS,
        "ablation": ABLATIONS,
        "answer_state": STATES,
        **dict.fromkeys(("says", "lenient_says", "seen"), SAYS),
        **dict.fromkeys(("right", "lenient_right", "followed", "log_bound"), (0, 1)),
        "side": (-1, 1),
    },
    unique="item_id",
)


class Info(RunInfo, kw_only=True):
    """What readers take from run.json beside what every run has there."""

    form: str = ""
    ablation: str = ""
    way: str = ""
    set: str | None = None


RUN_FORMAT = RunFormat(
    suite=SUITE,
    number=1,
    rows={"scores": _COLUMNS},
    record=(
        *("data", "predictions", "seeds", "n_items", "n_expected", "n_scenes"),
        *("partial", "states", "form", "ablation", "cost"),
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
