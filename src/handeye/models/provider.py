"""Respondents as Inspect models ``handeye/NAME``; who there is: :mod:`handeye.models.registry`.

    --model handeye/simulated -M data=DIR -M faults=miss=0.2 -M seed=7
    --model handeye/hf -M path=DIR

- Those that look do so off the event loop, at as many things at once as there are cores, and at a
  picture or clip once however many questions come about it. Where they cannot answer they decline
  (stop reason ``content_filter``) with a text that says why.
- Those that know a set (``data``) answer from it, with faults where they are told to. A planted API
  error is raised and not retried.
- ``small`` and ``hf`` are models on this machine that see or hear; see
  :mod:`handeye.respondents.local`.
- Token usage of the others is estimated: a token for 4 characters of text and for 28 x 28 pixels of
  picture; a video counts as 8 of its frames, a sound as nothing.
"""

from __future__ import annotations

import io
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from handeye.media.header import PictureError, read_header
from handeye.media.timeline import OPEN_OPTIONS
from handeye.models.registry import make_respondent
from handeye.respondents.conversation import Conversation, Reply, read_conversation

VIDEO_FRAMES = 8
"""A video is estimated to cost as many tokens as this many of its frames."""


class HandeyeAPI(ModelAPI):
    """The provider ``handeye``.

    Attributes:
        respondent: who answers.

    Raises:
        RunError: no such model, a model argument it does not take or lacks.
        OptionError: unknown faults or rates, a seed that is no integer.
        DataError: the set that it is to know cannot be read.
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
        self.respondent = make_respondent(model_name, model_args)

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Answer the last question of the conversation."""
        if hasattr(self.respondent, "generate"):
            return await self.respondent.generate(input, config)
        asked = read_conversation(input)
        reply = await self.respondent.answer(asked)
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
            usage=_usage(asked, reply),
            metadata=reply.metadata,
        )

    @property
    def takes(self) -> frozenset[str] | None:
        """What it can be sent beside words (:func:`handeye.run.asker.refuse_unsent`)."""
        return getattr(self.respondent, "takes", None)

    async def count_text_tokens(self, text: str) -> int:
        """A token for every 4 characters (Inspect's own counter fetches a table)."""
        return text_tokens(text)

    def max_connections(self) -> int:
        """As many as keep the cores busy."""
        return self.respondent.connections

    def connection_key(self) -> str:
        """One pool for each model."""
        return self.model_name


@modelapi(name="handeye")
def handeye_provider() -> type[ModelAPI]:
    """What Inspect's registry finds under ``handeye/``."""
    return HandeyeAPI


def text_tokens(text: str) -> int:
    """Estimated tokens of a text."""
    return -(-len(text) // 4)


def _usage(asked: Conversation, reply: Reply) -> ModelUsage:
    media = sum(map(_image_tokens, asked.images)) + sum(map(_video_tokens, asked.videos))
    read = media + text_tokens(asked.text)
    written = text_tokens(reply.text)
    return ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _image_tokens(image: bytes) -> int:
    try:
        return _tokens(*read_header(image, "it").size)
    except PictureError:
        return 0


def _video_tokens(video: bytes) -> int:
    import av

    try:
        with av.open(io.BytesIO(video), options=OPEN_OPTIONS) as container:
            return VIDEO_FRAMES * sum(_tokens(v.width, v.height) for v in container.streams.video)
    except (av.FFmpegError, OSError, ValueError):
        return 0


def _tokens(width: int, height: int) -> int:
    return -(-width // 28) * -(-height // 28)
