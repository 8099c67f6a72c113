"""Prediction files: one JSON object a line with ``item_id`` and ``raw_text``.

Optional fields: ``model``, ``error`` (what went wrong when asking) and ``state`` (answered, empty,
refused, truncated or error). Other fields are left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from handeye.run.answers import ANSWER_STATES
from handeye.scores import join

ITEMS = join.Words(
    "item",
    "data",
    "to score only some templates use --templates (say, main), to score the rest as a partial run "
    "--allow-missing",
)


class Prediction(msgspec.Struct, frozen=True):
    """One answer as it came; ``raw_text`` is None when none came."""

    item_id: str
    raw_text: str | None = None
    model: str | None = None
    error: Any = None
    state: str | None = None


read_prediction = join.LineReader(Prediction, ANSWER_STATES)


class PredictionFile(join.PredictionFile[Prediction]):
    """A prediction file indexed by item id (:class:`handeye.scores.join.PredictionFile`)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, read_prediction, ITEMS)
