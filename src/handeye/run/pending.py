"""One request on its way, and the answer that a provider's output holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from inspect_ai.model import ModelCall, ModelOutput
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from handeye.printing import whole_characters
from handeye.run.answers import (
    Answer,
    Usage,
    judged_again,
    state_of,
    why_no_answer,
    without_its_keys,
)
from handeye.run.failures import Failure, failure_said, told
from handeye.run.http import Exchange, is_count
from handeye.run.letters import letters_of
from handeye.run.secrets import without_keys, without_known_keys
from handeye.run.tools import calls_in

Output = TypeVar("Output", bound=BaseModel)
_UNFINISHED = ("cancelled", "failed", "in_progress", "incomplete", "queued")
# Other words for the model's own end that servers use, in small letters; the engine knows them not.
_OWN_ENDS = {
    **dict.fromkeys(("stop", "eos_token", "end_turn", "stop_sequence", "end"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "max_length", "max_new_tokens"), "max_tokens"),
    "model_context_window_exceeded": "max_tokens",
}


@dataclass(slots=True)
class Pending:
    """One request on its way: what its answer will be filed under.

    ``letters`` are the options whose log-probabilities are wanted, ``tools`` whether some were
    given. ``answer`` and ``failure`` are what became of it; of several attempts the last.
    """

    item_id: str
    model: str
    request: str
    media_sha256: str
    note: dict[str, Any] | None = None
    sample: int = 1
    letters: tuple[str, ...] = ()
    tools: bool = False
    answer: Answer | None = None
    failure: Failure | None = None

    def answered(
        self,
        output: ModelOutput,
        seconds: float | None,
        call: ModelCall | None = None,
        heard: Exchange | None = None,
        keys: Iterable[str | None] = (),
    ) -> Answer | Failure:
        """The answer that a provider's output holds, or why it is none of the model's.

        Args:
            output: what the provider made of a response.
            seconds: wall time of the call.
            call: what was sent and came back, where the provider tells; it knows a complaint that
                was made a text of.
            heard: the exchange, where it was noted.
            keys: kept out of the reason.
        """
        why = _why_no_answer(output, call)
        if why is not None:
            failure = failure_said(why, heard, keys)
            return self.refused(failure.reason, seconds) if failure.filtered else failure
        return without_its_keys(answer_from(output, self, seconds, call))

    def refused(self, message: str, seconds: float | None) -> Answer:
        """The record that a content filter stopped the request: final, its words are kept."""
        answer = self.failed(message, None if seconds is None else round(seconds, 3))
        return msgspec.structs.replace(
            answer, state="refused", stop_reason="content_filter", own_end=True
        )

    def failed(self, message: str, seconds: float | None) -> Answer:
        """The record that every attempt failed."""
        return Answer(
            item_id=self.item_id,
            model=self.model,
            request=self.request,
            state="error",
            error=without_keys(whole_characters(message)),
            media_sha256=self.media_sha256,
            seconds=seconds,
            at=_now(),
            note=_note(self),
            sample=_sample(self),
        )


pending_request: ContextVar[Pending | None] = ContextVar("handeye_pending_request", default=None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def answer_from(
    output: ModelOutput, pending: Pending, seconds: float | None, call: ModelCall | None = None
) -> Answer:
    """The answer in a provider's output: visible text only, hidden reasoning left out."""
    text, stop_reason, refused = _parts(output, call)
    text = whole_characters(text)
    calls = calls_in(output) if pending.tools else msgspec.UNSET
    answer = Answer(
        item_id=pending.item_id,
        model=pending.model,
        request=pending.request,
        state=state_of(text, stop_reason, refused, bool(calls)),
        raw_text=text,
        stop_reason=stop_reason,
        error=output.error and whole_characters(output.error),
        media_sha256=pending.media_sha256,
        usage=usage_from(output),
        seconds=None if seconds is None else round(seconds, 3),
        at=_now(),
        note=_note(pending),
        sample=_sample(pending),
        calls=calls,
        **_letters(output, pending),
    )
    # Read again, it must still be an answer.
    plain = judged_again(answer).state != "error"
    return answer if plain else msgspec.structs.replace(answer, own_end=True)


def _why_no_answer(output: ModelOutput, call: ModelCall | None) -> str | None:
    text, stop_reason, refused = _parts(output, call)
    said = " ".join((output.error or text).split())
    if (call is not None and call.error) or (output.error and output.usage is None):
        return f"the server refused: {said}"
    if call is not None and (unfinished := _unfinished(call.response or {})):
        return f"{unfinished}{said and f': {said}'}"
    # Providers that hand out no call are on this machine, or say no end.
    if refused or (stop_reason == "unknown" and call is None):
        return None
    why = why_no_answer(text, stop_reason, usage_from(output))
    if why is None:
        return None
    reason = f" (finish reason {_finish_reason(call)!r})" if stop_reason == "unknown" else ""
    return f"{why}{reason}{said and f': {said}'}"


def _parts(output: ModelOutput, call: ModelCall | None) -> tuple[str, str | None, bool]:
    """Text, stop reason, and whether the provider's refusal field was used."""
    choice = output.choices[0] if output.choices else None
    content = choice.message.content if choice is not None else ""
    parts = [] if isinstance(content, str) else content
    refused = any(getattr(part, "refusal", None) for part in parts)
    stop_reason: str | None = choice.stop_reason if choice is not None else None
    if stop_reason == "unknown":
        stop_reason = _OWN_ENDS.get(str(_finish_reason(call)).lower(), stop_reason)
    return output.completion, stop_reason, refused


def _unfinished(response: Mapping[str, Any]) -> str:
    """What a response says of itself that makes its text no answer; mostly nothing.

    An error object beside a choice, and what OpenAI's Responses API calls unfinished.
    """
    if error := response.get("error"):
        return f"the server complained: {told(json.dumps(error, default=str)) or error}"
    parts = response.get("output")
    parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    cut = isinstance(response.get("incomplete_details"), dict)
    for one in (response, *(part for part in parts if part.get("type") == "message")):
        status = one.get("status")
        if status in _UNFINISHED and not (status == "incomplete" and cut):
            return f"the response is {status}"
    return ""


def _finish_reason(call: ModelCall | None) -> Any:
    """The finish reason in the server's own word, where its response has one."""
    response = call.response if call is not None else None
    choices = response.get("choices") if response else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first.get("finish_reason") if isinstance(first, dict) else None


def _note(pending: Pending) -> dict[str, Any] | msgspec.UnsetType:
    return msgspec.UNSET if pending.note is None else pending.note


def _sample(pending: Pending) -> int | msgspec.UnsetType:
    return pending.sample if pending.sample > 1 else msgspec.UNSET


def _letters(output: ModelOutput, pending: Pending) -> dict[str, Any]:
    """What an answer keeps of its options; nothing where nothing is asked for, or known."""
    found = letters_of(output, pending.letters)
    if found is None or not found.letters:
        return {}
    bound = {} if found.bound is None else {"letters_bound": found.bound}
    thought = {"post_thought": True} if found.post_thought else {}
    return {"letters": found.letters, **bound, **thought}


def output_without_keys(output: Output) -> Output:
    """What a provider returned, as the log may keep it; the very same where no key is in it.

    No file can hold half a surrogate pair, so such a one goes too.
    """
    try:
        told = output.model_dump_json()
    except PydanticSerializationError:
        said = json.dumps(output.model_dump(), ensure_ascii=False, default=str)
        output = type(output).model_validate_json(whole_characters(said))
        told = output.model_dump_json()
    kept = without_known_keys(told)
    return output if kept == told else type(output).model_validate_json(kept)


def stopped_output(model: str) -> ModelOutput:
    """What the engine is handed where a content filter stopped the request."""
    return ModelOutput.from_content(model, "", stop_reason="content_filter")


def usage_from(output: ModelOutput) -> Usage:
    """Token counts of one output.

    Inspect's ``input_tokens`` leaves out what a cache served (its ``ModelUsage``), so the three
    kinds of input are added up. What cannot be a count is as if it was not said.
    """
    used = output.usage
    if used is None:
        return Usage()
    read = _count(used.input_tokens)
    cached, written = map(_count, (used.input_tokens_cache_read, used.input_tokens_cache_write))
    said = _count(used.output_tokens), _count(used.reasoning_tokens)
    return Usage(read + cached + written, cached, *said)


def _count(value: int | None) -> int:
    return value if value is not None and is_count(value) else 0
