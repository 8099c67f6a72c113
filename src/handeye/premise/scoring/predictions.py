"""Prediction files: one JSON object a line with ``item_id`` and ``raw_text``.

Optional fields: ``model``, ``error``, ``state``; ``variant`` (how it was asked, ``six`` unless it
says so) and ``order`` (the roles of the options by position as shown; the set's own unless it says
so); ``letters`` (spelling to log-probability where the answer names an option), ``letters_bound``
(what a spelling that is not among them has at most) and ``post_thought`` (whether thoughts came
before); ``samples`` (the texts of further answers to the same question, null where none came);
``ablation`` (what was done to the media) and ``media_sha256``, which must be that of a file of the
item where nothing was done. Other fields are left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
from msgspec.structs import replace

from handeye.premise.items import MODALITIES, PAPER_ORDER, Item, Modality
from handeye.run.answers import ANSWER_STATES
from handeye.run.thoughts import answer_of
from handeye.scores import join

SIX = "six"
"""The variant that the paper asks: six lettered options."""
Ablation = Literal[
    "",
    "without-vision",
    "without-audio",
    "blank-vision",
    "blank-audio",
    "blank-both",
    "swap",
]
"""What was done to the media: nothing, a sense left out, black or silent, the clip of another
family shown in its place."""
ABLATIONS: tuple[Ablation, ...] = get_args(Ablation)
SWAP: Ablation = "swap"


class Prediction(msgspec.Struct, frozen=True):
    """One answer as it came; ``raw_text`` is None when none came."""

    item_id: str
    raw_text: str | None = None
    model: str | None = None
    error: Any = None
    state: str | None = None
    variant: str | None = None
    order: tuple[int, ...] | None = None
    letters: dict[str, float] | None = None
    letters_bound: float | None = None
    post_thought: bool | None = None
    samples: tuple[str | None, ...] | None = None
    ablation: Ablation | None = None
    media_sha256: Any = None


def removed(ablation: Ablation) -> frozenset[Modality]:
    """The senses that an ablation leaves nothing to."""
    _, _, what = ablation.partition("-")
    return frozenset(MODALITIES[:2] if what == "both" else [m for m in MODALITIES if m == what])


def _differs(item: Item, row: Prediction) -> join.Difference | None:
    """What a prediction is about and the item is not; a failure is about nothing."""
    if row.error or row.state == "error" or row.ablation:
        return None
    sha256, ours = row.media_sha256, item.sha256.values()
    if not (isinstance(sha256, str) and sha256 and ours):
        return None
    if sha256.lower() in map(str.lower, ours):
        return None
    return join.Difference("clip", sha256, next(iter(ours)))


ITEMS = join.Words(
    "item",
    "data",
    "to score only some use --questions or --items, to score the rest as a partial run "
    "--allow-missing",
    _differs,
)


def _problem(found: Prediction) -> str | None:
    if found.order is not None and sorted(found.order) != list(PAPER_ORDER):
        return f"order is {list(found.order)}, not each of the roles 0 to 5 once"
    return join.letters_problem(found.letters, found.letters_bound)


read_prediction = join.LineReader(Prediction, ANSWER_STATES, _problem)
"""Decodes a line of a prediction file."""
of_row = read_prediction.of
"""Takes a row that is no line of a file."""


def of_file(path: Path, strip_thoughts: bool = False) -> join.Predictions[Prediction]:
    """All predictions of a file.

    Args:
        path: of the file.
        strip_thoughts: take thoughts and special tokens off the texts.

    Raises:
        DataError: no such file, an unreadable line, an id twice.
    """
    reader = join.without_marks(read_prediction) if strip_thoughts else read_prediction
    return join.Predictions.of_file(path, _stripped(reader) if strip_thoughts else reader, ITEMS)


def _stripped(read: join.Read[Prediction]) -> join.Read[Prediction]:
    def stripped(line: bytes, file: str, number: int) -> Prediction:
        row = read(line, file, number)
        texts = (text and answer_of(text) for text in row.samples or ())
        return replace(row, samples=tuple(texts))

    return stripped


def any_predictions(given: join.Given) -> join.Predictions[Prediction]:
    """Predictions of any accepted form: a path, ``{item_id: raw_text}``, rows, or predictions.

    Raises:
        DataError: as :func:`of_file`; another form.
    """
    return join.predictions_of(given, of_file, of_row, ITEMS)
