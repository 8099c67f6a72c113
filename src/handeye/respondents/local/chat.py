"""A conversation as Inspect has it -> the text of the model's chat template, pictures beside it.

Videos are shown as pictures, evenly over their length. Placeholder tokens that stand in somebody's
words (``<image>`` in a question) are broken up with a space, so that they stay words: the processor
would look for a picture that is not there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    Content,
    ContentImage,
    ContentReasoning,
    ContentText,
    ContentVideo,
)
from PIL import Image, UnidentifiedImageError

from handeye.errors import RunError
from handeye.respondents.local.loading import LocalModel


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was sent: encoded bytes, and the SHA-256 that tells it from others."""

    data: bytes
    digest: str

    @classmethod
    def of(cls, data: bytes) -> Picture:
        """From the bytes of a file."""
        return cls(data, hashlib.sha256(data).hexdigest())

    def decoded(self) -> Image.Image:
        """The pixels, RGB.

        Raises:
            RunError: not a picture that can be read.
        """
        try:
            with Image.open(io.BytesIO(self.data)) as image:
                return image.convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError) as error:
            raise RunError(f"a picture that was sent cannot be read: {error}") from None


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, ready for the processor.

    Attributes:
        text: the whole conversation in the chat template, one placeholder for each picture.
        pictures: in the order of the placeholders.
    """

    text: str
    pictures: tuple[Picture, ...] = ()


def write_ask(loaded: LocalModel, messages: Sequence[ChatMessage], frames: int = 8) -> Ask:
    """Lay out a conversation in the model's chat template, its answer to come.

    Args:
        loaded: whose template and placeholders.
        messages: system, user and assistant messages.
        frames: pictures taken from a video.

    Raises:
        RunError: content that cannot be shown to it, or a template that refuses the conversation.
    """
    pictures: list[Picture] = []
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "tool":
            raise RunError("handeye/hf answers without tools; the conversation has a tool's result")
        content = message.content
        parts: Sequence[Content] = (
            [ContentText(text=content)] if isinstance(content, str) else content
        )
        shown: list[dict[str, str]] = []
        for part in parts:
            shown += _shown(part, pictures, loaded.media_texts, frames)
        turns.append({"role": message.role, "content": shown})
    return Ask(_templated(loaded.processor, turns), tuple(pictures))


def _templated(processor: Any, turns: list[dict[str, Any]]) -> str:
    from jinja2 import TemplateError

    try:
        text = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    except (TemplateError, TypeError, ValueError) as error:
        raise RunError(f"the model's chat template refuses the conversation: {error}") from error
    return str(text)


def _shown(
    part: Content, pictures: list[Picture], placeholders: Sequence[str], frames: int
) -> list[dict[str, str]]:
    if isinstance(part, ContentText):
        return [{"type": "text", "text": as_words(part.text, placeholders)}]
    if isinstance(part, ContentImage):
        pictures.append(Picture.of(_decoded(part.image, "picture")))
        return [{"type": "image"}]
    if isinstance(part, ContentVideo):
        taken = video_frames(_decoded(part.video, "video"), frames)
        pictures.extend(taken)
        return [{"type": "image"}] * len(taken)
    if isinstance(part, ContentReasoning):
        return []
    raise RunError(f"handeye/hf is shown text, pictures and videos, not {part.type}")


def as_words(text: str, placeholders: Sequence[str]) -> str:
    """The text with every placeholder token broken up by a space after its first character."""
    for token in placeholders:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def video_frames(data: bytes, frames: int) -> list[Picture]:
    """Pictures of a video, evenly over its length, as PNG.

    Raises:
        RunError: no video that can be decoded.
    """
    import av

    try:
        with av.open(io.BytesIO(data), "r") as container:
            shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise RunError(f"a video that was sent cannot be decoded: {error}") from None
    if not shown:
        raise RunError("a video that was sent holds no frame")
    count = min(frames, len(shown))
    # The middle of each of `count` equal stretches: neither end is favoured.
    places = [(2 * i + 1) * len(shown) // (2 * count) for i in range(count)]
    return [Picture.of(_png(Image.fromarray(shown[place]))) for place in places]


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _decoded(url: str, what: str) -> bytes:
    head, comma, body = url.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise RunError(f"the {what} must come as a base64 data URL, got {url[:60]!r}")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise RunError(f"the {what}'s data URL cannot be decoded: {error}") from None
