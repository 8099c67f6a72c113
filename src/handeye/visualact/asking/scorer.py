"""Scores of single clips for Inspect's log, by the suite's own rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from anyio import CapacityLimiter, to_thread
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    mean,
    metric,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState

from handeye.run.task import answers_of, macro_mean, macro_stderr
from handeye.scores.embedder import Embedder
from handeye.visualact.records import SCENARIOS, Clip
from handeye.visualact.scoring.cases import make_cases
from handeye.visualact.scoring.clip_scores import score_case
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.reading.predictions import read_row, row_of

_NOTHING = math.nan
_FIGURES = ("precision", "recall", "f1", "weighted_f1")


@metric
def class_mean() -> Metric:
    """The mean of the classes' means (the paper's Overall), over the classes that have scores."""

    def compute(scores: list[SampleScore]) -> float:
        return macro_mean(scores, "scenario")

    return compute


@metric
def class_mean_stderr() -> Metric:
    """The standard error of :func:`class_mean`, of clips drawn within their classes.

    NaN where a class has a single clip: its spread is not known.
    """

    def compute(scores: list[SampleScore]) -> float:
        return macro_stderr(scores, "scenario")

    return compute


@scorer(
    metrics={
        **{name: [class_mean(), class_mean_stderr(), mean(), stderr()] for name in _FIGURES},
        "unanswered": [mean()],
    },
    name="visualact",
)
def match_actions(by_id: Mapping[str, Clip], embedder: Embedder, options: Options) -> Scorer:
    """Precision, recall, F1 and weighted F1 of each clip; NaN where it has no answer."""
    # The embedder is not asked from two threads at once.
    alone: CapacityLimiter | None = None

    async def score(state: TaskState, target: Target) -> Score:
        nonlocal alone
        if alone is None:
            alone = CapacityLimiter(1)
        clip = by_id[str(state.sample_id)]
        row = row_of(clip.clip_id, answers_of(state))
        value: dict[str, float] = dict.fromkeys(_FIGURES, _NOTHING)
        value["unanswered"] = float(row.state == "error")
        pairs: list[dict[str, Any]] = []
        if row.state != "error":
            prediction = read_row(row, clip.clip_id)
            (case,) = await to_thread.run_sync(
                make_cases, [prediction], [clip], embedder, options, limiter=alone
            )
            found, matched = score_case(case, options)
            for name in _FIGURES:
                figure = getattr(found, name)
                value[name] = _NOTHING if figure is None else figure
            pairs = [msgspec.to_builtins(pair) for pair in matched]
        return Score(
            value=value,
            answer=state.output.completion,
            metadata={"scenario": SCENARIOS[clip.scenario], "pairs": pairs},
        )

    return score
