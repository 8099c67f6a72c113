"""What comes back for one request: the text, its state, and what it cost.

Knows nothing of the engine, of files or of scoring. The states:

    answered    the model wrote something and ended by itself
    empty       the model ended by itself and wrote nothing but white space
    refused     the provider or the model declined (content filter, refusal field)
    truncated   the answer was cut by a length limit (max_tokens, context window)
    error       no answer: every attempt failed

The first four are answers: they arrived, they are final. An ``error`` is asked again by the next
run over the same folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from handeye.run.secrets import without_keys, without_known_keys

__all__ = [
    "ANSWER_STATES",
    "Answer",
    "AnswerState",
    "Usage",
    "fingerprint",
    "marked",
    "request_sha256",
    "state_of",
    "without_its_keys",
]

AnswerState = Literal["answered", "empty", "refused", "truncated", "error"]
ANSWER_STATES: tuple[AnswerState, ...] = get_args(AnswerState)

# Stop reasons of the engine (inspect_ai 0.3.285, ``StopReason``) that cut an answer short.
_CUT = ("max_tokens", "model_length")


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of one answer as the provider counted them; all 0 when it did not say.

    ``input`` is everything read, ``cached`` the part of it that came from a prompt cache;
    ``output`` is everything written, ``reasoning`` the part of it that is hidden reasoning.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``answers.jsonl``.

    ``request`` is the SHA-256 of everything that was sent (:func:`fingerprint`), ``media_sha256``
    that of the file with the picture or video. ``seconds`` is the wall time of the call that
    brought the answer, ``at`` the UTC time it was written down, ``note`` what the suite wants to
    remember about what was sent. ``masked`` is true where the text held keys and has ``[key]`` in
    their place (:mod:`handeye.run.secrets`).
    """

    item_id: str
    model: str
    request: str
    state: AnswerState
    raw_text: str = ""
    stop_reason: str | None = None
    error: str | None = None
    media_sha256: str = ""
    usage: Usage = Usage()
    seconds: float | None = None
    at: str = ""
    note: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    masked: bool | msgspec.UnsetType = msgspec.UNSET

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two answers the same: item, model, content of the request."""
        return (self.item_id, self.model, self.request)


def without_its_keys(answer: Answer) -> Answer:
    """An answer as it may be kept: keys in its text are blotted out, and it says so."""
    text = without_known_keys(answer.raw_text)
    error = answer.error and without_keys(answer.error)
    if (text, error) == (answer.raw_text, answer.error):
        return answer
    masked: bool | msgspec.UnsetType = True if text != answer.raw_text else answer.masked
    return msgspec.structs.replace(answer, raw_text=text, error=error, masked=masked)


def marked(row: Mapping[str, Any], answers: Sequence[Answer]) -> dict[str, Any]:
    """A line of a prediction file that says so where a text of its answers is not as it came."""
    masked = any(answer.masked is True for answer in answers)
    return {**row, "masked": True} if masked else dict(row)


def state_of(text: str, stop_reason: str | None, refused: bool) -> AnswerState:
    """Classify a completed response.

    A refusal outranks a cut, a cut outranks emptiness: a reasoning model that used up its tokens
    before the first visible word is ``truncated``, not ``empty``.
    """
    if refused or stop_reason == "content_filter":
        return "refused"
    if stop_reason in _CUT:
        return "truncated"
    return "answered" if text.strip() else "empty"


def request_sha256(
    image_sha256: str, parts: Sequence[str | None], config: Mapping[str, Any]
) -> str:
    """Fingerprint of the content of a request about one picture.

    Args:
        image_sha256: hex SHA-256 of the picture's file bytes.
        parts: the texts in the order sent, ``None`` where the picture stands.
        config: every setting that can change the answer (not connections, retries, timeouts).
    """
    return fingerprint({"image": image_sha256, "parts": list(parts), "config": dict(config)})


def fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 of everything that a request says, from plain values (JSON)."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
