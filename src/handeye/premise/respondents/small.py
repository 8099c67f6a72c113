"""A small model of clips: sees and hears what it is sent as one tile, as in its training.

A plain local model (:mod:`handeye.respondents.local`); what stands here is the view that it is
given, the tile of :mod:`handeye.premise.teaching.tile`, and the words of the question alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText

from handeye.errors import DataError, RunError
from handeye.media.sent import data_url
from handeye.premise.teaching.tile import tile
from handeye.respondents.conversation import Conversation, read_conversation
from handeye.respondents.local.options import read_options
from handeye.respondents.local.respondent import LocalRespondent

if TYPE_CHECKING:
    import numpy as np
    from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput
    from numpy.typing import NDArray

    from handeye.respondents.local.chat import Ask
    from handeye.respondents.local.decoding import Settings
    from handeye.respondents.local.engine import Engine

Decoded = tuple["NDArray[np.uint8] | None", "NDArray[np.int16] | None"]
_KEPT = 64


class SmallModel:
    """Answers about clips with a model that ``handeye train premise`` made.

    Attributes:
        connections: requests worth having in flight.
        takes: videos, pictures and sounds, whatever becomes of them.
    """

    takes = frozenset({"image", "video", "audio"})

    def __init__(self, decode: Callable[[Conversation], Decoded], **options: Any) -> None:
        """Load the model.

        Args:
            decode: the frames and samples of what was sent.
            options: those of ``handeye/hf``.

        Raises:
            RunError: it cannot be loaded, or no ``path`` is given.
            OptionError: an option that is not allowed.
        """
        self._local = LocalRespondent(read_options(options))
        self.connections = self._local.connections
        self._decode = decode
        # The questions about a clip come together; it is decoded once.
        self._tiles = lru_cache(maxsize=_KEPT)(self._tile)

    async def generate(
        self, messages: Sequence[ChatMessage], config: GenerateConfig
    ) -> ModelOutput:
        """Answer the last question of a conversation.

        Raises:
            RunError: nothing is asked, or what was sent cannot be decoded.
        """
        shown = await anyio.to_thread.run_sync(self._shown, messages)
        return await self._local.generate([shown], config)

    def prepare(
        self, messages: Sequence[ChatMessage], config: GenerateConfig
    ) -> tuple[Ask, Settings]:
        """A conversation as the engine takes it.

        Raises:
            RunError: nothing is asked, or what was sent cannot be decoded.
        """
        return self._local.prepare([self._shown(messages)], config)

    @property
    def engine(self) -> Engine:
        """What answers."""
        return self._local.engine

    def _shown(self, messages: Sequence[ChatMessage]) -> ChatMessageUser:
        """The tile, and the words of the question."""
        words = _question(messages)
        url = self._tiles(_Sent(read_conversation(messages)))
        return ChatMessageUser(content=[ContentImage(image=url), ContentText(text=words)])

    def _tile(self, sent: _Sent) -> str:
        from PIL import Image

        try:
            pixels = tile(*self._decode(sent.asked))
        except (DataError, ValueError) as error:
            raise RunError(f"a clip that was sent cannot be used: {error}") from None
        out = BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        return data_url(out.getvalue(), "image/png")


class _Sent:
    """What was sent beside words, equal where its bytes are."""

    def __init__(self, asked: Conversation) -> None:
        self.asked = asked
        told = hashlib.sha256()
        for kind in (asked.videos, asked.images, asked.sounds):
            told.update(b"%d " % len(kind))
            for one in kind:
                told.update(hashlib.sha256(one).digest())
        self._digest = told.digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sent) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)


def _question(messages: Sequence[ChatMessage]) -> str:
    """The last words of the last user message; those before it are about media."""
    for message in reversed(messages):
        if message.role == "user":
            content = message.content
            if isinstance(content, str):
                return content
            for part in reversed(content):
                if isinstance(part, ContentText):
                    return part.text
    raise RunError("nothing is asked")
