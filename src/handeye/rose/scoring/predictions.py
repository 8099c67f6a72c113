"""Prediction files: one JSON object a line with ``item_id`` and ``raw_text``.

Optional fields: ``model``, ``error`` (what went wrong when asking), ``state`` (answered, empty,
refused, truncated or error), and ``image_sha256`` and ``prompt``, which must be those of the item
where they are given: ids alone are the same in many sets. Other fields are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from handeye.rose.items import Item
from handeye.run.answers import ANSWER_STATES, Answer
from handeye.scores import join


class Prediction(msgspec.Struct, frozen=True):
    """One answer as it came; ``raw_text`` is None when none came."""

    item_id: str
    raw_text: str | None = None
    model: str | None = None
    error: Any = None
    state: str | None = None
    image_sha256: Any = None
    prompt: Any = None


def _differs(item: Item, row: Prediction) -> join.Difference | None:
    """What a prediction is about and the item is not; a failure is about nothing."""
    if row.error or row.state == "error":
        return None
    sha256 = row.image_sha256
    known_picture = item.image_sha256 and isinstance(sha256, str) and sha256
    if known_picture and sha256.lower() != item.image_sha256.lower():
        return join.Difference("picture", sha256, item.image_sha256)
    if isinstance(row.prompt, str) and row.prompt.strip():
        asked = _plain(row.prompt)
        # Whoever asked in words of their own around it still asked the item's question.
        wholes = (item.prompt, f"{item.prompt_global} {item.prompt_local}", item.prompt_local)
        known = [_plain(text) for text in wholes if text.strip()]
        if known and not any(text in asked for text in known):
            return join.Difference("prompt", asked, known[0])
    return None


def _plain(text: str) -> str:
    return " ".join(text.split())


ITEMS = join.Words(
    "item",
    "data",
    "to score only some templates use --templates (say, main), to score the rest as a partial run "
    "--allow-missing",
    _differs,
    ("image_sha256", "prompt"),
)
read_prediction = join.LineReader(Prediction, ANSWER_STATES)


class PredictionFile(join.PredictionFile[Prediction]):
    """A prediction file indexed by item id (:class:`handeye.scores.join.PredictionFile`).

    Args:
        path: the file.
        strip_thoughts: take thoughts and special tokens off the texts.
    """

    def __init__(self, path: Path, strip_thoughts: bool = False) -> None:
        read = join.without_marks(read_prediction) if strip_thoughts else read_prediction
        super().__init__(path, read, ITEMS)


def row_of(answers: Sequence[Answer]) -> Mapping[str, Any]:
    """A line of a prediction file: official fields, then ``state`` and what the answer cost."""
    (answer,) = answers
    return {
        "item_id": answer.item_id,
        "raw_text": answer.raw_text,
        "model": answer.model,
        "error": answer.error if answer.state == "error" else None,
        "state": answer.state,
        "stop_reason": answer.stop_reason,
        "usage": answer.usage,
        "seconds": answer.seconds,
        "image_sha256": answer.media_sha256,
        # Nothing where the file was sent as it lies.
        **({"shown": answer.note} if answer.note is not msgspec.UNSET else {}),
    }
