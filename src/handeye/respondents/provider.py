"""``handeye/pixels`` and ``handeye/simulated`` as Inspect models. The only file here that knows it.

    --model handeye/pixels
    --model handeye/simulated -M data=DIR -M faults=miscount=0.2,refuse=0.05 -M seed=7

- ``pixels`` runs its solver off the event loop, as many pictures at once as there are cores, and
  looks at a picture once however many questions come about it. When it cannot answer it declines
  (stop reason ``content_filter``) with a text that says why.
- ``simulated`` finds its item by picture and prompt in the set ``data`` and answers from the gold
  with faults (:mod:`handeye.respondents.faults`). A planted API error is raised and not retried.
- Token usage is estimated: a token for 4 characters of text and for 28 x 28 pixels of picture.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ContentImage,
    ContentText,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    StopReason,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo
from PIL import Image, UnidentifiedImageError

from handeye.errors import OptionError, RunError
from handeye.respondents.faults import parse_faults, simulate
from handeye.respondents.looking import PixelRespondent
from handeye.respondents.lookup import ItemFinder

MODELS = ("pixels", "simulated")


class SimulatedApiError(Exception):
    """A planted failure of the API; no :class:`HandeyeError`, since nothing is to be mended."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a conversation holds for a respondent: one picture and all of the user's words."""

    image: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a respondent says, and how it ended."""

    text: str
    stop_reason: StopReason = "stop"
    metadata: dict[str, Any] | None = None


class Respondent(Protocol):
    """Whoever answers a request."""

    connections: int
    """How many requests are worth having in flight."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request."""
        ...


class Pixels:
    """Looks at the picture and reads the prompt."""

    def __init__(self) -> None:
        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._respondent = PixelRespondent(workers=cores)

    async def answer(self, request: Request) -> Reply:
        """Answer from the pixels; declines when there is no grid or the prompt is not read."""
        text, declined = await self._respondent.answer(request.image, request.text)
        return Reply(text, "content_filter" if declined else "stop")


class Simulated:
    """Knows the gold and spoils it as told."""

    connections = 64

    def __init__(self, data: str, faults: str | Sequence[str] | None, seed: int) -> None:
        from handeye.rose.release import load

        self._faults = parse_faults(faults)
        self._seed = seed
        self._items = ItemFinder(load(data))

    async def answer(self, request: Request) -> Reply:
        """Answer from the gold with the faults that fire for the item."""
        found = simulate(self._items.find(request.image, request.text), self._faults, self._seed)
        if found.raw_text is None:
            raise SimulatedApiError(found.error)
        reasons: dict[str | None, StopReason] = {
            "content_filter": "content_filter",
            "max_tokens": "max_tokens",
        }
        return Reply(
            found.raw_text, reasons.get(found.stop_reason, "stop"), {"planted": list(found.planted)}
        )


class HandeyeAPI(ModelAPI):
    """The provider ``handeye`` with its models ``pixels`` and ``simulated``.

    Raises:
        RunError: no such model, a model argument it does not take or lacks.
        OptionError: unknown faults or rates, a seed that is no integer.
        DataError: the set of ``simulated`` cannot be read.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008  (as the base class has it)
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self._respondent = make_respondent(model_name, model_args)

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Answer the conversation's one picture and question."""
        request = read_request(input)
        reply = await self._respondent.answer(request)
        return ModelOutput(
            model=f"handeye/{self.model_name}",
            choices=[
                ChatCompletionChoice(
                    message=ChatMessageAssistant(
                        content=reply.text, model=f"handeye/{self.model_name}", source="generate"
                    ),
                    stop_reason=reply.stop_reason,
                )
            ],
            usage=_usage(request, reply),
            metadata=reply.metadata,
        )

    async def count_text_tokens(self, text: str) -> int:
        """A token for every 4 characters (Inspect's own counter fetches a table)."""
        return text_tokens(text)

    def max_connections(self) -> int:
        """As many as keep the cores busy."""
        return self._respondent.connections

    def connection_key(self) -> str:
        """One pool for each model."""
        return self.model_name


@modelapi(name="handeye")
def handeye_provider() -> type[ModelAPI]:
    """What Inspect's registry finds under ``handeye/``."""
    return HandeyeAPI


def make_respondent(model_name: str, model_args: dict[str, Any]) -> Respondent:
    """The respondent behind ``handeye/NAME``.

    Raises:
        RunError: no such model, an argument it does not take, ``data`` missing.
        OptionError: unknown faults or rates, a seed that is no integer.
        DataError: the set cannot be read.
    """
    if model_name == "pixels":
        _no_others(model_name, model_args, ())
        return Pixels()
    if model_name == "simulated":
        _no_others(model_name, model_args, ("data", "faults", "seed"))
        if not model_args.get("data"):
            raise RunError(
                "handeye/simulated needs the set it is asked about: give the model argument "
                "data=DIR (a folder or metadata file)"
            )
        seed = model_args.get("seed", 0)
        try:
            seed = int(seed)
        except (TypeError, ValueError):
            raise OptionError(f"seed must be an integer, got {seed!r}") from None
        return Simulated(str(model_args["data"]), model_args.get("faults"), seed)
    allowed = ", ".join(f"handeye/{name}" for name in MODELS)
    raise RunError(f"no model handeye/{model_name}; there are: {allowed}")


def _no_others(model_name: str, given: Iterable[str], allowed: Sequence[str]) -> None:
    others = sorted(set(given) - set(allowed))
    if others:
        takes = f"takes {', '.join(allowed)}" if allowed else "takes none"
        raise RunError(f"handeye/{model_name} {takes} as model arguments, not {', '.join(others)}")


def read_request(messages: Iterable[ChatMessage]) -> Request:
    """The one picture and all texts of a conversation's system and user messages, in order.

    Raises:
        RunError: no picture, several, or one that is not sent as a data URL.
    """
    images: list[bytes] = []
    texts: list[str] = []
    for message in messages:
        if message.role not in ("system", "user"):
            continue
        parts = message.content
        for part in [ContentText(text=parts)] if isinstance(parts, str) else parts:
            if isinstance(part, ContentText):
                texts.append(part.text)
            elif isinstance(part, ContentImage):
                images.append(_decoded(part.image))
    if len(images) != 1:
        raise RunError(f"handeye's respondents answer about one picture, got {len(images)}")
    return Request(images[0], "\n\n".join(texts))


def _decoded(url: str) -> bytes:
    head, comma, body = url.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise RunError(f"the picture must come as a base64 data URL, got {url[:60]!r}")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise RunError(f"the picture's data URL cannot be decoded: {error}") from None


def text_tokens(text: str) -> int:
    """Estimated tokens of a text."""
    return -(-len(text) // 4)


def _usage(request: Request, reply: Reply) -> ModelUsage:
    try:
        with Image.open(io.BytesIO(request.image)) as picture:  # reads the header only
            image_tokens = -(-picture.width // 28) * -(-picture.height // 28)
    except (UnidentifiedImageError, OSError, ValueError):
        image_tokens = 0
    read = image_tokens + text_tokens(request.text)
    written = text_tokens(reply.text)
    return ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written)
