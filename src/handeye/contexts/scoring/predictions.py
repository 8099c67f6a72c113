"""Prediction files: one JSON object a line with ``item_id`` and ``raw_text``.

Optional fields: ``model``, ``error``, ``state``; ``order`` (places of the item's options by letter
as shown; the set's own unless it says so); ``calls`` (those of native tools, each with ``name`` and
``arguments``; left out where tools were told in words); ``media_sha256``, which must be that of the
item's picture. Other fields are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from handeye.contexts.items import Item
from handeye.errors import DataError
from handeye.printing import noun
from handeye.run.answers import ANSWER_STATES, Answer
from handeye.run.plan import Plan
from handeye.scores import join


class Prediction(msgspec.Struct, frozen=True):
    """One answer as it came; ``raw_text`` is None when none came."""

    item_id: str
    raw_text: str | None = None
    model: str | None = None
    error: Any = None
    state: str | None = None
    order: tuple[int, ...] | None = None
    calls: list[dict[str, Any]] | None = None
    media_sha256: Any = None


def _differs(item: Item, row: Prediction) -> join.Difference | None:
    """What a prediction is about and the item is not; a failure is about nothing."""
    if row.error or row.state == "error" or len(item.media) != 1 or item.control:
        return None
    told, known = row.media_sha256, item.sha256.get(item.media[0])
    if not (isinstance(told, str) and told and known) or told.lower() == known:
        return None
    return join.Difference("picture", told, known)


ITEMS = join.Words(
    "item",
    "data",
    "to score only some use --items, to score the rest as a partial run --allow-missing",
    _differs,
)


def _problem(found: Prediction) -> str | None:
    if found.order is not None and sorted(found.order) != list(range(len(found.order))):
        return f"order is {list(found.order)}, not places of options once each"
    return None


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
    return join.Predictions.of_file(path, reader, ITEMS)


def hold_orders(
    pairs: Sequence[tuple[Item, Prediction]], answers: join.Predictions[Prediction]
) -> None:
    """Hold the orders of options that predictions tell to their items.

    Raises:
        DataError: one has more or fewer options than its item; of the first, where it stands.
    """
    for item, found in pairs:
        told, known = len(found.order or ()), len(item.of)
        place = answers.place(item.item_id)
        if told and told != known and place is not None:
            raise DataError(
                f"{answers.stands(place)}: order is of {told} {noun(told, 'options')}, and item "
                f"{item.item_id} has {known}; give with --data the set that the model was asked "
                "about"
            )


def all_said(plan: Plan, answers: Sequence[Answer]) -> Sequence[Answer]:
    """Of a run's answers about an item, in order of arrival, the one that counts."""
    return answers[-1:]


def any_predictions(given: join.Given) -> join.Predictions[Prediction]:
    """Predictions of any accepted form: a path, ``{item_id: raw_text}``, rows, or predictions.

    Raises:
        DataError: as :func:`of_file`; another form.
    """
    return join.predictions_of(given, of_file, of_row, ITEMS)
