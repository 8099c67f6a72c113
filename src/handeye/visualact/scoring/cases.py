"""Clips joined with their predictions and similarities: what every matching starts from.

Embedding is the slow part and does not depend on thresholds or assignments, so a case is made once
and scored as often as wanted (sweeps, sensitivity). Within a case both lists of actions stand in an
order of their own (by text, level, type), so that no result depends on the order of a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.scores.embedder import Embedder, checked_rows
from handeye.scores.join import Difference, Join, Predictions, Words
from handeye.visualact.records import Action, Clip, PredictedAction, Prediction
from handeye.visualact.scoring.matching import Floats, cosine, nearest_wording
from handeye.visualact.scoring.options import Options


def _differs(clip: Clip, prediction: Prediction) -> Difference | None:
    """What a prediction is about and the clip is not; a failure is about nothing."""
    ours, theirs = clip.video_sha256, prediction.video_sha256
    if prediction.state == "error" or not (ours and theirs):
        return None
    return None if ours.lower() == theirs.lower() else Difference("video", theirs, ours)


CLIPS = Words(
    "clip",
    "set",
    "to score the rest as a partial run use --allow-missing",
    _differs,
    ("video_sha256",),
)


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
    return [case_of(clip, prediction, options, texts, rows) for clip, prediction in joined]


def join(
    predictions: Iterable[Prediction], clips: Iterable[Clip], *, allow_missing: bool = False
) -> list[tuple[Clip, Prediction]]:
    """Pair clips with predictions; see :func:`make_cases`."""
    answers = (
        predictions
        if isinstance(predictions, Predictions)
        else Predictions(predictions, CLIPS, doubled="clips have several predictions")
    )
    answers.model()  # of one alone
    return list(Join[Clip, Prediction](answers, allow_missing=allow_missing).pairs(clips))


def wordings(action: Action, options: Options) -> Sequence[str]:
    """The texts that a true action is compared by."""
    if options.phrasings == "first":
        return (action.text,)
    return tuple(dict.fromkeys((action.text, *action.phrasings)))


def _texts(clip: Clip, prediction: Prediction, options: Options) -> Iterable[str]:
    # Nothing is compared where one side is empty.
    if prediction.actions and clip.actions:
        for predicted in prediction.actions:
            yield predicted.text
        for action in clip.actions:
            yield from wordings(action, options)


def case_of(
    clip: Clip,
    prediction: Prediction,
    options: Options,
    texts: Mapping[str, int],
    rows: NDArray[np.float32],
) -> Case:
    """A clip with an answer.

    Args:
        clip: with its true actions.
        prediction: of this clip or of any other.
        options: of which ``phrasings`` matters here.
        texts: place in ``rows`` of every text.
        rows: (texts, d) unit rows.
    """
    proposed = prediction.actions or ()
    predicted = sorted(range(len(proposed)), key=lambda i: _rank(proposed[i]))
    truth = sorted(range(len(clip.actions)), key=lambda i: _rank(clip.actions[i]))
    similarity = np.zeros((len(predicted), len(truth)))
    if predicted and truth:
        texts_of = [wordings(clip.actions[place], options) for place in truth]
        owners = [owner for owner, words in enumerate(texts_of) for _ in words]
        columns = [texts[text] for words in texts_of for text in words]
        near = cosine(rows[[texts[proposed[i].text] for i in predicted]], rows[columns])
        similarity = nearest_wording(near, owners, len(truth))
    return Case(clip, prediction, tuple(predicted), tuple(truth), similarity)


def _rank(action: Action | PredictedAction) -> tuple[str, int, int]:
    level = -1 if action.apl is None else action.apl
    kind = -1 if action.proactive is None else int(action.proactive)
    return action.text, level, kind
