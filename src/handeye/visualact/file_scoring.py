"""Scores a prediction file against the clips of a set and writes the run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.visualact.embedder import Embedder
from handeye.visualact.options import Options
from handeye.visualact.predictions import read_predictions
from handeye.visualact.records import Clip
from handeye.visualact.run_folder import RunSummary, check_free, write_run
from handeye.visualact.scoring import score
from handeye.visualact.summary import RESAMPLES


def score_files(
    predictions: Path,
    clips: Sequence[Clip],
    out: Path,
    embedder: Embedder,
    options: Options | None = None,
    *,
    allow_missing: bool = False,
    run_info: Mapping[str, Any] | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> RunSummary:
    """Score a prediction file.

    Args:
        predictions: JSONL (:mod:`handeye.visualact.predictions`).
        clips: all clips of the set that were asked about.
        out: the run folder; an earlier run of ours there is replaced, its other files are kept.
        embedder: of the texts, cached or not.
        options: of matching and scoring.
        allow_missing: score what is there and mark the run as partial.
        run_info: further entries of run.json: ``data`` (files with path and SHA-256), ``cost``,
            ``frames``, ``prompt_version`` ...
        seed: of the bootstrap.
        bootstrap: number of resamples.

    Raises:
        DataError: predictions that cannot be used or do not fit the clips; nothing is written.
        RunError: ``out`` is not a place for a run.
    """
    check_free(out)  # before the slow part
    result = score(
        read_predictions(predictions),
        clips,
        embedder,
        options,
        allow_missing=allow_missing,
        seed=seed,
        bootstrap=bootstrap,
    )
    info = {"allow_missing": allow_missing, **dict(run_info or {})}
    return write_run(result, out, predictions=predictions, info=info)
