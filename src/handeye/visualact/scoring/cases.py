"""Clips joined with their predictions and similarities: what every matching starts from.

Embedding is the slow part and does not depend on thresholds or assignments, so a case is made once
and scored as often as wanted (sweeps, sensitivity). Within a case both lists of actions stand in an
order of their own (by text, level, type), so that no result depends on the order of a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from handeye.errors import DataError, first_ten
from handeye.visualact.records import Action, Clip, PredictedAction, Prediction
from handeye.visualact.scoring.embedder import Embedder, checked_rows
from handeye.visualact.scoring.matching import Floats, cosine, nearest_wording
from handeye.visualact.scoring.options import Options


@dataclass(frozen=True, slots=True)
class Case:
    """One clip, what was answered, and how near the actions are.

    Attributes:
        clip: with its true actions.
        prediction: with the actions that were read, if any.
        predicted: places in ``prediction.actions``, in the case's own order.
        truth: places in ``clip.actions``, in the case's own order.
        similarity: (predicted, truth) in the case's own order, the best over the wordings.
    """

    clip: Clip
    prediction: Prediction
    predicted: tuple[int, ...]
    truth: tuple[int, ...]
    similarity: Floats

    def proposed(self) -> list[PredictedAction]:
        """Predicted actions in the case's own order."""
        return [(self.prediction.actions or ())[place] for place in self.predicted]

    def called_for(self) -> list[Action]:
        """True actions in the case's own order."""
        return [self.clip.actions[place] for place in self.truth]


def make_cases(
    predictions: Iterable[Prediction],
    clips: Iterable[Clip],
    embedder: Embedder,
    options: Options,
    *,
    allow_missing: bool = False,
) -> list[Case]:
    """Join predictions and clips by ``clip_id`` and compute similarities.

    Args:
        predictions: of one model, at most one a clip.
        clips: those asked about.
        embedder: of the texts.
        options: of which ``phrasings`` matters here.
        allow_missing: leave clips without a prediction out instead of refusing.

    Returns:
        One case a clip that has a prediction, in the order of ``clips``.

    Raises:
        DataError: duplicate, unknown or missing clip ids, several models, an embedder that fails.
    """
    joined = join(predictions, clips, allow_missing=allow_missing)
    texts: dict[str, int] = {}
    for clip, prediction in joined:
        for text in _texts(clip, prediction, options):
            texts.setdefault(text, len(texts))
    rows = checked_rows(embedder, list(texts)) if texts else np.zeros((0, 1), np.float32)
    return [_case(clip, prediction, options, texts, rows) for clip, prediction in joined]


def join(
    predictions: Iterable[Prediction], clips: Iterable[Clip], *, allow_missing: bool = False
) -> list[tuple[Clip, Prediction]]:
    """Pair clips with predictions; see :func:`make_cases`."""
    by_id: dict[str, Prediction] = {}
    doubles: list[str] = []
    models: dict[str, None] = {}
    for row in predictions:
        if row.clip_id in by_id:
            doubles.append(row.clip_id)
        by_id[row.clip_id] = row
        if row.model:
            models[row.model] = None
    known = list(clips)
    ids = {clip.clip_id for clip in known}
    if len(ids) < len(known):
        raise DataError(f"{len(known) - len(ids)} clip ids stand more than once; give a set once")
    if doubles:
        raise DataError(f"{len(doubles)} clips have several predictions: {first_ten(doubles)}")
    if len(models) > 1:
        raise DataError(
            f"predictions of {len(models)} models ({first_ten(list(models))}); score each alone"
        )
    if unknown := [clip_id for clip_id in by_id if clip_id not in ids]:
        raise DataError(
            f"{len(unknown)} predictions are about clips that are not in the set: "
            f"{first_ten(unknown)}; is it the set the model was asked about?"
        )
    missing = [clip.clip_id for clip in known if clip.clip_id not in by_id]
    if missing and not allow_missing:
        raise DataError(
            f"{len(missing)} of {len(known)} clips have no prediction: {first_ten(missing)}; to "
            "score the rest as a partial run use --allow-missing"
        )
    if not by_id:
        raise DataError("there are no predictions to score")
    return [(clip, by_id[clip.clip_id]) for clip in known if clip.clip_id in by_id]


def _wordings(action: Action, options: Options) -> Sequence[str]:
    if options.phrasings == "first":
        return (action.text,)
    return tuple(dict.fromkeys((action.text, *action.phrasings)))


def _texts(clip: Clip, prediction: Prediction, options: Options) -> Iterable[str]:
    # Nothing is compared where one side is empty.
    if prediction.actions and clip.actions:
        for predicted in prediction.actions:
            yield predicted.text
        for action in clip.actions:
            yield from _wordings(action, options)


def _case(
    clip: Clip,
    prediction: Prediction,
    options: Options,
    texts: dict[str, int],
    rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> Case:
    proposed = prediction.actions or ()
    predicted = sorted(range(len(proposed)), key=lambda i: _rank(proposed[i]))
    truth = sorted(range(len(clip.actions)), key=lambda i: _rank(clip.actions[i]))
    similarity = np.zeros((len(predicted), len(truth)))
    if predicted and truth:
        wordings = [_wordings(clip.actions[place], options) for place in truth]
        owners = [owner for owner, words in enumerate(wordings) for _ in words]
        columns = [texts[text] for words in wordings for text in words]
        near = cosine(rows[[texts[proposed[i].text] for i in predicted]], rows[columns])
        similarity = nearest_wording(near, owners, len(truth))
    return Case(clip, prediction, tuple(predicted), tuple(truth), similarity)


def _rank(action: Action | PredictedAction) -> tuple[str, int, int]:
    level = -1 if action.apl is None else action.apl
    kind = -1 if action.proactive is None else int(action.proactive)
    return action.text, level, kind
