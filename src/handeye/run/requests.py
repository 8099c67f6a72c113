"""One request as the lane sees it: what it is filed under, and how to write it when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig


@dataclass(frozen=True, slots=True)
class Request:
    """A conversation to be sent to a model.

    Attributes:
        item_id: the item or clip that it is about.
        sha256: fingerprint of everything that is sent (:func:`handeye.run.answers.fingerprint`),
            settings of generation included.
        media_sha256: SHA-256 of the file with the picture or video.
        messages: makes the conversation; called only if the request has to be sent.
        config: settings of this request over those of the run.
        note: what the suite wants to find in the answer's record.
    """

    item_id: str
    sha256: str
    media_sha256: str
    messages: Callable[[], list[ChatMessage]]
    config: GenerateConfig | None = None
    note: Mapping[str, Any] | None = None
