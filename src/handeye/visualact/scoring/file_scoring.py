"""Scores a prediction file against the clips of a set and writes the run folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.scores.run_folder import RunSummary, check_free, data_entries
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.records import Clip
from handeye.visualact.scoring.embedder import Embedder
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.reading.predictions import read_predictions
from handeye.visualact.scoring.run_folder import write_run
from handeye.visualact.scoring.score import score
from handeye.visualact.scoring.summary import RESAMPLES


def score_files(
    predictions: Path,
    clips: ClipSet | Sequence[Clip],
    out: Path,
    embedder: Embedder,
    options: Options | None = None,
    *,
    allow_missing: bool = False,
    unselected: Collection[str] = (),
    run_info: Mapping[str, Any] | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> RunSummary:
    """Score a prediction file.

    Args:
        predictions: JSONL (:mod:`handeye.visualact.scoring.reading.predictions`).
        clips: all clips that were asked about; of a loaded set, run.json names the files.
        out: the run folder; an earlier run of ours there is replaced, its other files are kept.
        embedder: of the texts, cached or not.
        options: of matching and scoring.
        allow_missing: score what is there and mark the run as partial.
        unselected: ids of clips that are in the set and were not chosen; predictions about them are
            left out.
        run_info: further entries of run.json: ``cost``, ``frames``, ``prompt_version`` ...
        seed: of the bootstrap.
        bootstrap: number of resamples.

    Raises:
        DataError: predictions that cannot be used or do not fit the clips; nothing is written.
        RunError: ``out`` is not a place for a run.
    """
    leave_out = frozenset(unselected)
    check_free(out)  # before the slow part
    result = score(
        [row for row in read_predictions(predictions) if row.clip_id not in leave_out],
        tuple(clips),
        embedder,
        options,
        allow_missing=allow_missing,
        seed=seed,
        bootstrap=bootstrap,
    )
    info = {"allow_missing": allow_missing, **dict(run_info or {})}
    if isinstance(clips, ClipSet):
        info |= {"data": data_entries(clips.files, out), "set": clips.name}
    return write_run(result, out, predictions=predictions, info=info)
