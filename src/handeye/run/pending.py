"""One request on its way, and the answer that a provider's output holds."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from inspect_ai.model import ModelOutput
from pydantic import BaseModel

from handeye.run.answers import Answer, Usage, state_of, without_its_keys
from handeye.run.secrets import without_keys, without_known_keys

Output = TypeVar("Output", bound=BaseModel)


@dataclass(slots=True)
class Pending:
    """One request on its way: what its answer will be filed under."""

    item_id: str
    model: str
    request: str
    media_sha256: str
    note: dict[str, Any] | None = None
    answer: Answer | None = None

    def answered(self, output: ModelOutput, seconds: float | None) -> Answer:
        """The answer that a provider's output holds."""
        return without_its_keys(answer_from(output, self, seconds))

    def failed(self, message: str, seconds: float | None) -> Answer:
        """The record that every attempt failed."""
        return Answer(
            item_id=self.item_id,
            model=self.model,
            request=self.request,
            state="error",
            error=without_keys(message),
            media_sha256=self.media_sha256,
            seconds=seconds,
            at=_now(),
            note=_note(self),
        )


pending_request: ContextVar[Pending | None] = ContextVar("handeye_pending_request", default=None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def answer_from(output: ModelOutput, pending: Pending, seconds: float | None) -> Answer:
    """The answer in a provider's output: visible text only, hidden reasoning left out."""
    choice = output.choices[0] if output.choices else None
    content = choice.message.content if choice is not None else ""
    parts = [] if isinstance(content, str) else content
    refused = any(getattr(part, "refusal", None) for part in parts)
    stop_reason = choice.stop_reason if choice is not None else None
    return Answer(
        item_id=pending.item_id,
        model=pending.model,
        request=pending.request,
        state=state_of(output.completion, stop_reason, refused),
        raw_text=output.completion,
        stop_reason=stop_reason,
        error=output.error,
        media_sha256=pending.media_sha256,
        usage=usage_from(output),
        seconds=None if seconds is None else round(seconds, 3),
        at=_now(),
        note=_note(pending),
    )


def _note(pending: Pending) -> dict[str, Any] | msgspec.UnsetType:
    return msgspec.UNSET if pending.note is None else pending.note


def output_without_keys(output: Output) -> Output:
    """What a provider returned, as the log may keep it; the very same where no key is in it."""
    told = output.model_dump_json()
    kept = without_known_keys(told)
    return output if kept == told else type(output).model_validate_json(kept)


def usage_from(output: ModelOutput) -> Usage:
    """Token counts of one output.

    Inspect's ``input_tokens`` leaves out what a cache served (its ``ModelUsage``), so the three
    kinds of input are added up.
    """
    used = output.usage
    if used is None:
        return Usage()
    cached = used.input_tokens_cache_read or 0
    written = used.input_tokens_cache_write or 0
    return Usage(
        input=used.input_tokens + cached + written,
        cached=cached,
        output=used.output_tokens,
        reasoning=used.reasoning_tokens or 0,
    )
