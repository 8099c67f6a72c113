"""Runs that were scored, taken up again from their folders: their clips, and how they rank.

A run folder names the files of its set with their SHA-256, so nothing has to be given twice and
nothing is scored against another set unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.errors import DataError, HandeyeError, OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.scores.embedder import Embedder
from handeye.scores.labels import run_labels
from handeye.scores.run_folder import expand
from handeye.scores.so_far import readable, run_of
from handeye.visualact.comparing.sensitivity import ASSIGNMENTS, rank
from handeye.visualact.loader import load
from handeye.visualact.records import Clip, Prediction
from handeye.visualact.scoring.embedding_cache import as_embedder
from handeye.visualact.scoring.file_scoring import score_so_far
from handeye.visualact.scoring.options import SWEEP, Assignment, Options
from handeye.visualact.scoring.reading.predictions import read_predictions
from handeye.visualact.scoring.run_folder import Run, read_run
from handeye.visualact.scoring.summary import RESAMPLES


def clips_of(run: Run) -> tuple[Clip, ...]:
    """Every clip of the set a run was scored against, in the order of its files.

    Raises:
        DataError: the set is not there, or its files were changed since.
    """
    mapping = run.info.get("mapping")
    files = run.data_files()
    return tuple(clip for file in files for clip in load(file, split=None, mapping=mapping))


def answered_clips(run: Run) -> tuple[list[Clip], list[Prediction]]:
    """The clips that were scored, and their predictions; a run of part of a set is whole.

    Raises:
        DataError: see :func:`clips_of`; a file of the run cannot be read.
    """
    scored = set(run.scores()["clip_id"].to_list())
    predictions = read_predictions(run.predictions_path())
    return (
        [clip for clip in clips_of(run) if clip.clip_id in scored],
        [row for row in predictions if row.clip_id in scored],
    )


def rank_runs(
    runs: Sequence[str | Path],
    embedders: Sequence[Embedder] | None = None,
    *,
    thresholds: Sequence[float] = SWEEP,
    assignments: Sequence[Assignment] = ASSIGNMENTS,
    common: bool = False,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> dict[str, Any]:
    """Rank the models of several runs under every setting (:func:`sensitivity.rank`).

    Args:
        runs: run folders over the same clips; a folder that holds several stands for them. Of a run
            that is not finished is ranked what it holds so far.
        embedders: with different names; by default the one that the first run was scored with.
        thresholds: to try.
        assignments: to try.
        common: rank on the clips that all runs have, instead of refusing where one lacks some.
        seed: of the bootstrap.
        bootstrap: resamples; 0 for no intervals.

    Returns:
        What :func:`~handeye.visualact.comparing.sensitivity.rank` gives, and ``n_clips``,
        ``n_left_out``, ``models`` (name to folder), ``embedders`` (name to digest), ``options``
        (what was not varied).

    Raises:
        RunError: a folder that is no run. DataError: sets that are not the same, clips that are
        missing. OptionError: fewer than two runs, runs scored with different options.
    """
    runs = expand(runs)
    if len(runs) < 2:
        raise OptionError(f"a ranking needs at least two runs, got {len(runs)}")
    opened = [read_run(run) for run in readable(runs, score_so_far)]
    options = _same_options(opened)
    used = embedders or [as_embedder(str(opened[0].info["embedder"]["name"]))]
    names = labels_of(opened)
    clips, answers = _same_clips(opened, common)
    found = rank(
        dict(zip(names, answers, strict=True)),
        clips,
        used,
        thresholds=thresholds,
        assignments=assignments,
        options=options,
        seed=seed,
        bootstrap=bootstrap,
    )
    scored = {clip_id for run in opened for clip_id in run.scores()["clip_id"]}
    return {
        "n_clips": len(clips),
        "n_left_out": len(scored) - len(clips),
        "models": {name: str(_place(run)) for name, run in zip(names, opened, strict=True)},
        "embedders": {embedder.name: embedder.digest for embedder in used},
        "options": options.to_dict(),
        **found,
    }


def _place(run: Run) -> Path:
    return run_of(run.path, run.info)


def _same_options(runs: Sequence[Run]) -> Options:
    """What all runs were scored with; threshold and assignment are varied anyway."""
    varied = ("threshold", "assignment")
    kept = [
        {name: value for name, value in run.info["options"].items() if name not in varied}
        for run in runs
    ]
    for run, options in zip(runs, kept, strict=True):
        differing = [name for name, value in options.items() if kept[0].get(name) != value]
        if differing:
            raise OptionError(
                f"{_place(runs[0])} and {_place(run)} were scored with different options "
                f"({', '.join(differing)}); score one of them again"
            )
    return Options.of(kept[0])


def labels_of(runs: Sequence[Run]) -> list[str]:
    """A name for each run: its model, and where that repeats, what the model was shown."""
    return run_labels(runs, [_shown_words(run.info) for run in runs])


def _shown_words(info: Mapping[str, Any]) -> str:
    if info.get("video_input") == "native":
        return "native video"
    choice = frames_of(info)
    return choice.words().partition(",")[0].removesuffix(" at equal distances") if choice else ""


def frames_of(info: Mapping[str, Any]) -> FrameChoice | None:
    """How frames were chosen; None for native video, or where this version cannot read it."""
    if info.get("video_input") == "native" or not isinstance(info.get("frames"), Mapping):
        return None
    try:
        return FrameChoice.of(info["frames"])
    except (HandeyeError, TypeError):
        return None


def _same_clips(runs: Sequence[Run], common: bool) -> tuple[list[Clip], list[list[Prediction]]]:
    """The clips to rank on, and each run's predictions about them."""
    known: dict[str, Clip] = {}
    answers: list[dict[str, Prediction]] = []
    for run in runs:
        clips, predictions = answered_clips(run)
        for clip in clips:
            if known.setdefault(clip.clip_id, clip) != clip:
                raise DataError(
                    f"{_place(runs[0])} and {_place(run)} were scored against different sets: clip "
                    f"{clip.clip_id} is not the same in both"
                )
        answers.append({row.clip_id: row for row in predictions})
    shared = [clip_id for clip_id in known if all(clip_id in rows for rows in answers)]
    if not shared:
        raise DataError("the runs have no clip in common; give runs over the same set")
    if len(shared) < len(known) and not common:
        lacking = [
            f"{_place(run)} lacks {len(known) - len(rows)}"
            for run, rows in zip(runs, answers, strict=True)
            if len(rows) < len(known)
        ]
        raise DataError(
            f"the runs are not over the same clips: of {len(known)}, {'; '.join(lacking)}; to rank "
            "on the clips that all have use --common"
        )
    return [known[clip_id] for clip_id in shared], [
        [rows[clip_id] for clip_id in shared] for rows in answers
    ]
