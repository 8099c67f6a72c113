"""Opening run folders for the report: what was run, the set behind it, and single answers.

The figures stand in the run. The set is only needed for the gallery and for what depends on the
clips' records (motion-only clips); where it is gone or has changed, those parts say so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.errors import DataError, HandeyeError
from handeye.media.frame_choice import FrameChoice
from handeye.reading import UNREADABLE, why
from handeye.sets.jsonl import numbered_lines
from handeye.visualact.comparing.scored_runs import frames_of, labels_of
from handeye.visualact.loader import load
from handeye.visualact.records import Clip, Prediction
from handeye.visualact.scoring.reading.predictions import read_predictions
from handeye.visualact.scoring.run_folder import Run
from handeye.visualact.scoring.summary import Summary

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Material:
    """The clips a run was scored on by id, and their video files; empty where not at hand."""

    clips: Mapping[str, Clip] = field(default_factory=dict)
    videos: Mapping[str, Path] = field(default_factory=dict)
    trouble: str = ""


class Shown(msgspec.Struct, frozen=True):
    """What the model was shown of a clip: ``frames`` or ``native`` video, and the frames' times."""

    input: str = "frames"
    seconds: tuple[float, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """One line of predictions.jsonl as far as the gallery shows it."""

    clip_id: str
    raw_text: str | None = None
    labels_text: str | None = None
    error: Any = None
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run folder that has been opened.

    ``model`` is its model (the folder's name where none is known), ``label`` its name on the page,
    which is unique there; ``number`` is its place.
    """

    run: Run
    model: str
    label: str
    number: int
    material: Material

    @property
    def info(self) -> Mapping[str, Any]:
        """run.json."""
        return self.run.info

    @property
    def summary(self) -> Summary:
        """summary.json."""
        return self.run.summary

    @property
    def frames(self) -> FrameChoice | None:
        """How frames were chosen; None for native video, or where run.json does not say."""
        return frames_of(self.info)

    def scores(self) -> pl.DataFrame:
        """Score rows, one a clip."""
        return self.run.scores()

    def pairs(self) -> pl.DataFrame:
        """Assigned pairs of actions."""
        return self.run.pairs()

    def predictions(self) -> dict[str, Prediction]:
        """Every answer as it was read, by clip."""
        return {row.clip_id: row for row in read_predictions(self.run.predictions_path())}

    def answers(self, wanted: Collection[str]) -> dict[str, Answer]:
        """The lines of chosen clips.

        Raises:
            DataError: predictions.jsonl cannot be read.
        """
        path, decoder = self.run.predictions_path(), msgspec.json.Decoder(Answer)
        found: dict[str, Answer] = {}
        for number, line in numbered_lines(path):
            try:
                answer = decoder.decode(line)
            except UNREADABLE as error:
                raise DataError(f"{path}:{number}: no prediction: {why(error)}") from None
            if answer.clip_id in wanted:
                found[answer.clip_id] = answer
        return found


def load_runs(runs: Sequence[Run]) -> list[LoadedRun]:
    """Give each run a name of its own, and find its set; sets are read once."""
    models = [run.summary.named or run.path.resolve().name for run in runs]
    labels = labels_of(runs)
    sets: dict[tuple[str, ...], Material] = {}
    return [
        LoadedRun(run, model, label, number, _material(run, sets))
        for number, (run, model, label) in enumerate(zip(runs, models, labels, strict=True))
    ]


def _material(run: Run, known: dict[tuple[str, ...], Material]) -> Material:
    """The set of a run, read once however many runs were scored against it."""
    try:
        files = run.data_files()
        key = tuple(str(file.resolve()) for file in files)
        if key not in known:
            sets = [load(file, split=None, mapping=run.info.get("mapping")) for file in files]
            clips = {clip.clip_id: clip for one in sets for clip in one}
            videos = {clip.clip_id: one.video_path(clip) for one in sets for clip in one}
            known[key] = Material(clips, videos)
        return known[key]
    except HandeyeError as error:
        return Material(trouble=str(error))
