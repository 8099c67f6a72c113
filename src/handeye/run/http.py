"""What went over HTTP, word for word, beside what the provider's client made of it.

Clients drop most of what a server says: the openai package keeps one field of an error's body, and
of an answer that is none only a ``TypeError`` is left. So the request under way notes its address
and what came back. On the way an answer in an odd shape is put into the usual one:

- token counts that are null or no counts are left out, and so are details of them and chances of
  tokens in no shape that is known, and a model that is not named; the answer is not lost for them;
- a content in parts becomes the text of its parts, and thoughts among them become thoughts;
- halves of surrogate pairs, which cannot be written down, become U+FFFD; an empty refusal none;
- a content that holds no text is no answer, whatever else is in it;
- an account that is used up, a server that is overloaded (529) or wants a long wait is not asked
  again by the client; the engine asks again, and knows when to stop.

Knows httpx (in either packaging), nothing of providers and journals. Without a noted request it
does nothing, so that other users of the library in this process are left alone.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

_MARK = "_handeye_listens"
_NO_TEXT = "a content that is no text"
_ANTHROPIC_TOKENS = ("input_tokens", "output_tokens")
_DETAILS = {
    "input_tokens_details": "cached_tokens",
    "output_tokens_details": "reasoning_tokens",
}
_NO_DETAILS: Mapping[str, str] = {}
# A limit that ends later, in seconds, is no matter of waiting: so many per day, or none at all.
LONGEST_WAIT = 600.0
# Of one request; more is no count.
_MOST_TOKENS = 10**9
_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
# The header by which servers tell the openai and anthropic clients not to try again.
_LEAVE_IT = {"x-should-retry": "false"}


@dataclass(slots=True)
class Exchange:
    """A request and what came back, as far as it got; of several attempts the last.

    ``wait`` are the seconds until the server wants to be asked again, 0 where it does not say.
    """

    url: str = ""
    status: int | None = None
    body: bytes = b""
    wait: float = 0.0

    @property
    def long(self) -> bool:
        """Whether it is a limit that a run cannot wait for."""
        return self.status in (429, 503, 529) and self.wait > LONGEST_WAIT


exchange: ContextVar[Exchange | None] = ContextVar("handeye_exchange", default=None)
"""The exchange that is to be noted in this context."""


def listen() -> None:
    """Let the httpx clients of this process note the exchanges of contexts that ask for it."""
    for name in ("httpx", "httpx2"):
        if (module := sys.modules.get(name)) is not None and not hasattr(module, _MARK):
            setattr(module, _MARK, True)
            module.AsyncClient.send = _listening(module.AsyncClient.send)


def _listening(send: Any) -> Any:
    @functools.wraps(send)
    async def noted(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        found = exchange.get()
        if found is None:
            return await send(self, request, *args, **kwargs)
        found.url, found.status, found.body = str(request.url), None, b""
        response = await send(self, request, *args, **kwargs)
        found.status, found.wait = response.status_code, _wait(response.headers)
        if found.long or found.status == 529:
            response.headers.update(_LEAVE_IT)
        if kwargs.get("stream"):
            return response
        found.body = response.content
        return _usual(response)

    return noted


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds of a ``Retry-After`` (RFC 9110, 10.2.3), which is a number or a date."""
    said = headers.get("retry-after", "")
    try:
        return float(said)
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    return (when - datetime.now(when.tzinfo)).total_seconds()


def _usual(response: Any) -> Any:
    """The response, in the shape that clients expect."""
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        return response
    headers, halves = {}, b"\\ud" in response.content.lower()
    if halves:
        text = json.dumps(said, ensure_ascii=False).encode("utf-16", "surrogatepass")
        said = json.loads(text.decode("utf-16", "replace"))
    if response.status_code == 429 and "insufficient_quota" in response.text:
        headers = _LEAVE_IT
    elif not ((response.status_code == 200 and _put_right(said)) or halves):
        return response
    kept = {
        name: value
        for name, value in response.headers.items()
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    }
    return type(response)(
        response.status_code,
        headers={**kept, **headers},
        content=json.dumps(said).encode(),
        request=response.request,
        extensions=response.extensions,
    )


def _put_right(said: Any) -> bool:
    """Whether something of a completion had to be put into the usual shape."""
    if isinstance(said, dict) and isinstance(said.get("output"), list):
        usage = said.get("usage")
        return isinstance(usage, dict) and _details_put_right(usage, _DETAILS)
    if isinstance(said, dict) and said.get("type") == "message":
        return _counts_put_right(said)
    if not isinstance(said, dict) or not isinstance(said.get("choices"), list):
        return False
    changed = not isinstance(said.setdefault("model", ""), str)
    if changed or not said["model"]:
        said["model"], changed = "", True
    if not isinstance(said.setdefault("id", ""), str):
        said["id"], changed = str(said["id"]), True
    usage = said.get("usage")
    if usage is not None and not _counted(usage):
        said["usage"], changed = None, True
    elif usage is not None:
        changed |= _details_put_right(usage)
    if not isinstance(said.get("prompt_logprobs"), list | None):
        said["prompt_logprobs"], changed = None, True
    for choice in said["choices"]:
        if isinstance(choice, dict) and not _chances(choice.get("logprobs")):
            choice["logprobs"], changed = None, True
        message = choice.get("message") if isinstance(choice, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(message, dict) and message.get("refusal") in ("", False):
            message["refusal"], changed = None, True
        if message is not None and not isinstance(content, str | list | dict | None):
            message["content"], choice["finish_reason"], changed = "", _NO_TEXT, True
        if message is not None and isinstance(content, list | dict):
            parts = content if isinstance(content, list) else [content]
            message["content"] = "".join(_text(part, ("text", "content")) for part in parts)
            thoughts = "".join(
                _text(part, ("thinking", "reasoning")) for part in parts if isinstance(part, dict)
            )
            if content and not (message["content"] or thoughts) and not _empty(parts):
                choice["finish_reason"] = _NO_TEXT
            if thoughts and not message.get("reasoning_content"):
                message["reasoning_content"] = thoughts
            changed = True
    return changed


def _counts_put_right(said: dict[str, Any]) -> bool:
    """Whether token counts of a message of Anthropic's had to be filled in; 0 is not said."""
    usage: dict[str, Any] = said["usage"] if isinstance(said.get("usage"), dict) else {}
    lacking = [name for name in _ANTHROPIC_TOKENS if not is_count(usage.get(name))]
    odd = [n for n, v in usage.items() if n.startswith("cache_") and "tokens" in n and _odd(v)]
    said["usage"] = {**usage, **dict.fromkeys(lacking, 0), **dict.fromkeys(odd)}
    return bool(lacking or odd)


def _empty(parts: list[Any]) -> bool:
    """Whether parts hold texts, and nothing in them."""
    return all(
        part == "" or (isinstance(part, dict) and "" in (part.get("text"), part.get("content")))
        for part in parts
    )


def is_count(value: Any) -> bool:
    """Whether a value can be a number of tokens of one request."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS


def _odd(value: Any) -> bool:
    return value is not None and not is_count(value)


def _counted(usage: Any) -> bool:
    return isinstance(usage, dict) and all(is_count(usage.get(name)) for name in _TOKENS)


def _details_put_right(usage: dict[str, Any], kept: Mapping[str, str] = _NO_DETAILS) -> bool:
    """Whether details of token counts, ``kept`` those that a client needs, were no counts."""
    changed = False
    for name, value in [*usage.items()]:
        if not name.endswith("_details") or value is None:
            continue
        parts = value if isinstance(value, dict) else {}
        left = {n: v for n, v in parts.items() if not (n.endswith("_tokens") and _odd(v))}
        if left != value:
            usage[name] = {kept[name]: 0, **left} if name in kept else left or None
            changed = True
    return changed


def _chances(found: Any) -> bool:
    """Whether the chances of tokens are in OpenAI's shape, or there are none."""
    if found is None:
        return True
    if not isinstance(found, dict) or not isinstance(found.get("content"), list | None):
        return False
    return all(
        _chance(one)
        and isinstance(one.get("top_logprobs"), list | None)
        and all(map(_chance, one.get("top_logprobs") or ()))
        for one in found.get("content") or ()
    )


def _chance(found: Any) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("token"), str):
        return False
    units, chance = found.get("bytes"), found.get("logprob")
    plain = units is None or (isinstance(units, list) and all(isinstance(u, int) for u in units))
    return plain and isinstance(chance, int | float) and not isinstance(chance, bool)


def _text(part: Any, names: tuple[str, ...]) -> str:
    """The text of a part of a content, which may stand in parts again."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    for name in names:
        value = part.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            return "".join(_text(one, ("text",)) for one in value)
    return ""
