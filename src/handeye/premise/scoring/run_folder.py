"""The run folder of the suite (:mod:`handeye.scores.run_folder`): what it holds of its own.

RUN/
  scores.parquet, scores.jsonl
                      one row a question (handeye.premise.scoring.score.ScoreRow)
  summary.json        every table with intervals (docs/premise-scoring.md)
  diagnosis.json, reasons.parquet
                      why items failed, once `handeye premise diagnose` was asked
  judge.json, judgements.jsonl
                      what judges say of explanations, once one was asked
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from handeye.premise.items import MODALITIES, N_ROLES, PREMISES
from handeye.premise.scoring.predictions import ABLATIONS
from handeye.premise.scoring.reading import DECISIONS, REASONS as EXPLAINED
from handeye.premise.scoring.score import CELLS, SIGNALS, STATES, ScoreRow
from handeye.premise.scoring.summary import SUITE, Summary
from handeye.premise.scoring.tables import table_files
from handeye.scores.diagnosed import DIAGNOSIS, REASONS
from handeye.scores.run_folder import LARGEST, Columns, RunFormat, RunInfo, ScoredRun, reader

JUDGED = "judge.json"
JUDGEMENTS = "judgements.jsonl"
_ROLES = (0, N_ROLES - 1)
_COLUMNS = Columns(
    ScoreRow,
    allowed={
        "modality": MODALITIES,
        "premise": PREMISES,
        "cell": tuple(CELLS),
        "ablation": ABLATIONS,
        "answer_state": STATES,
        "decision": DECISIONS,
        "lenient_decision": DECISIONS,
        "s_from": ("", *SIGNALS),
        "explained": EXPLAINED,
        **dict.fromkeys(("gold", "role", "lenient_role"), _ROLES),
        **dict.fromkeys(("told", "right", "lenient_right", "perceived"), (0, 1)),
        **dict.fromkeys(("n_samples", "n_rejected"), (0, LARGEST)),
        "rank": (1, N_ROLES),
    },
    unique="item_id",
)


class Info(RunInfo, kw_only=True):
    """What readers take from run.json beside what every run has there."""

    variant: str = ""
    ablation: str = ""
    mapping: dict[str, str] | None = None
    set: str | None = None


RUN_FORMAT = RunFormat(
    suite=SUITE,
    number=1,
    rows={"scores": _COLUMNS},
    record=(
        *("data", "predictions", "seeds", "n_items", "n_expected", "n_scenes", "n_clips"),
        *("partial", "states", "variant", "ablation", "cost"),
    ),
    packages=("numpy", "scipy", "polars", "msgspec"),
    summary=Summary,
    tables=table_files,
    info=Info,
    stale=(JUDGED, DIAGNOSIS, REASONS),
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
