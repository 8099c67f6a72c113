"""Prediction files: one JSON object a line with ``clip_id`` and ``raw_text``.

Optional: ``model``; ``error`` (what went wrong when asking); ``state`` (answered, empty, refused,
truncated, error); ``labels_text`` (the second answer of the two-pass protocol); ``actions``, a list
of ``{"text", "apl", "proactive"}`` read elsewhere, taken as it is. Other fields are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import DataError
from handeye.run.answers import Answer
from handeye.scores.join import Given, LineReader, Predictions, predictions_of
from handeye.visualact.records import LARGEST_LEVEL, PredictedAction, Prediction
from handeye.visualact.scoring.cases import CLIPS
from handeye.visualact.scoring.reading.reading import Reading, read_actions, read_labels
from handeye.visualact.scoring.summary import STATES

_NO_ERROR = (None, "", "None")


class PredictionRow(msgspec.Struct, frozen=True):
    """One line of a prediction file."""

    clip_id: str
    raw_text: str | None = None
    model: str | None = None
    error: Any = None
    state: str | None = None
    labels_text: str | None = None
    actions: tuple[PredictedAction, ...] | None = None
    # Fields of a set's own rows: read to tell these from predictions, never used.
    video: Any = None
    scenario: Any = None


_read_line = LineReader(PredictionRow, STATES)


def read_predictions(path: Path) -> list[Prediction]:
    """Read a prediction file and the answers in it.

    Raises:
        DataError: no such file, empty, a line that is no prediction (file, line), a level outside
            0 to 4, an unknown state, duplicate clip ids.
    """
    return list(Predictions.of_file(path, _read, CLIPS))


def any_predictions(given: Given) -> Predictions[Prediction]:
    """Predictions of any accepted form (:func:`handeye.scores.join.predictions_of`).

    Raises:
        DataError: as :func:`read_predictions`.
    """
    doubled = "clips have several predictions"
    return predictions_of(
        given, lambda path: Predictions.of_file(path, _read, CLIPS), _of, CLIPS, doubled
    )


def _of(row: Prediction | PredictionRow | Mapping[str, Any], where: str) -> Prediction:
    if isinstance(row, Prediction):
        return row
    try:
        found = msgspec.convert(row, PredictionRow, from_attributes=True)
    except msgspec.ValidationError as error:
        raise DataError(f"{where}: {error}") from None
    if found.state is not None and found.state not in STATES:
        allowed = ", ".join(STATES)
        raise DataError(f"{where}: state {found.state!r} is not known; allowed: {allowed}")
    return read_row(found, where)


def _read(line: bytes, file: str, number: int) -> Prediction:
    return read_row(_read_line(line, file, number), f"{file}:{number}")


def row_of(clip_id: str, answers: Sequence[Answer]) -> PredictionRow:
    """What the answers about a clip say, as a line of a prediction file.

    Where the second answer never came the whole row is an error: half of it would be scored as if
    the model had left levels and types out.
    """
    first, last = answers[0], answers[-1]
    failed = last.state == "error"
    return PredictionRow(
        clip_id=clip_id,
        raw_text=None if failed else first.raw_text,
        model=first.model,
        error=last.error if failed else None,
        state="error" if failed else first.state,
        labels_text=last.raw_text if len(answers) > 1 else None,
    )


def read_row(row: PredictionRow, where: str) -> Prediction:
    """Read the answer of a row.

    The state given wins; without one, an error gives ``error`` and the rest follows from the text.

    Raises:
        DataError: a level outside 0 to 4, an action without a text, a row of a set (its true
            actions would score 100 %).
    """
    if row.raw_text is None and row.video is not None and row.scenario is not None:
        raise DataError(
            f"{where}: clip {row.clip_id}: is a row of a set, with its true actions, and no "
            "prediction; give the file with a model's answers"
        )
    error = None if row.error in _NO_ERROR else str(row.error)
    reading = _reading(row, where)
    state = row.state or ("error" if error is not None else reading.state)
    if state == "answered" and reading.actions is None:
        state = reading.state
    return Prediction(
        clip_id=row.clip_id,
        model=row.model,
        raw_text=row.raw_text,
        actions=reading.actions,
        error=error,
        state=state,
        losses=dict(reading.losses),
    )


def _reading(row: PredictionRow, where: str) -> Reading:
    if row.actions is not None:
        return Reading(_checked(row.actions, where), "answered", {})
    if row.labels_text is None:
        return read_actions(row.raw_text)
    first = read_actions(row.raw_text, plain_lines=True)
    if not first.actions:
        return first
    second = read_labels(row.labels_text, [action.text for action in first.actions])
    # The first answer was asked for without labels; only the second can lack them.
    kept = {kind: n for kind, n in first.losses.items() if "-missing" not in kind}
    kinds = dict.fromkeys((*kept, *second.losses))
    losses = {kind: kept.get(kind, 0) + second.losses.get(kind, 0) for kind in kinds}
    return Reading(second.actions, first.state, losses)


def _checked(actions: tuple[PredictedAction, ...], where: str) -> tuple[PredictedAction, ...]:
    for place, action in enumerate(actions, 1):
        if not action.text.strip():
            raise DataError(f"{where}: action {place} has no text")
        if action.apl is not None and not 0 <= action.apl <= LARGEST_LEVEL:
            raise DataError(
                f"{where}: action {place} has apl {action.apl}; levels are 0 to {LARGEST_LEVEL}, "
                "or null if none was stated"
            )
    return actions
