"""A conversation as Inspect has it -> the text of the model's chat template, pictures beside it.

Videos are shown as pictures, evenly over their length, with their sound behind them where the model
hears. Placeholder tokens that stand in somebody's
words (``<image>`` in a question) are broken up with a space, so that they stay words: the processor
would look for a picture that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    Content,
    ContentAudio,
    ContentImage,
    ContentReasoning,
    ContentText,
    ContentVideo,
)

from handeye.errors import RunError
from handeye.respondents.conversation import decoded_url
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.media import Picture, Sound, sounds_of, video_frames


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, ready for the processor.

    Attributes:
        text: the whole conversation in the chat template, a placeholder for each picture and sound.
        pictures: in the order of their placeholders.
        sounds: in the order of theirs.
        words: those of the last user message alone, as they were sent.
    """

    text: str
    pictures: tuple[Picture, ...] = ()
    sounds: tuple[Sound, ...] = ()
    words: str = ""

    @property
    def media(self) -> tuple[str, ...]:
        """Digests of all that is shown beside the words."""
        pictures = tuple(picture.digest for picture in self.pictures)
        return pictures + tuple(sound.digest for sound in self.sounds)


def write_ask(loaded: LocalModel, messages: Sequence[ChatMessage], frames: int = 8) -> Ask:
    """Lay out a conversation in the model's chat template, its answer to come.

    Args:
        loaded: whose template and placeholders.
        messages: system, user and assistant messages.
        frames: pictures taken from a video.

    Raises:
        RunError: content that cannot be shown to it, or a template that refuses the conversation.
    """
    media: list[Picture | Sound] = []
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
            shown += _shown(part, media, loaded, frames)
        turns.append({"role": message.role, "content": shown})
    return Ask(
        _templated(loaded.processor, turns),
        tuple(one for one in media if isinstance(one, Picture)),
        tuple(one for one in media if isinstance(one, Sound)),
        _last_words(messages),
    )


def _last_words(messages: Sequence[ChatMessage]) -> str:
    last = next((one.content for one in reversed(messages) if one.role == "user"), "")
    if isinstance(last, str):
        return last
    return "\n\n".join(part.text for part in last if isinstance(part, ContentText))


def _templated(processor: Any, turns: list[dict[str, Any]]) -> str:
    from jinja2 import TemplateError

    try:
        text = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    except (TemplateError, TypeError, ValueError) as error:
        raise RunError(f"the model's chat template refuses the conversation: {error}") from error
    return str(text)


def _shown(
    part: Content, media: list[Picture | Sound], loaded: LocalModel, frames: int
) -> list[dict[str, str]]:
    if isinstance(part, ContentText):
        return [{"type": "text", "text": as_words(part.text, loaded.media_texts)}]
    if isinstance(part, ContentReasoning):
        return []
    kind = part.type
    if kind not in loaded.takes:
        name = type(loaded.processor).__name__
        raise RunError(f"handeye/hf cannot show {kind} to this model ({name})")
    taken: list[Picture | Sound] = []
    if isinstance(part, ContentImage):
        taken = [Picture.of(decoded_url(part.image, "picture"))]
    elif isinstance(part, ContentVideo):
        data = decoded_url(part.video, "video")
        taken = [*video_frames(data, frames), *_heard(data, loaded)]
    elif isinstance(part, ContentAudio):
        taken = [*_heard(decoded_url(part.audio, "sound"), loaded)]
    media.extend(taken)
    return [{"type": "image" if isinstance(one, Picture) else "audio"} for one in taken]


def _heard(data: bytes, loaded: LocalModel) -> Sequence[Sound]:
    rate = loaded.sampling_rate
    return () if rate is None else sounds_of(data, rate, loaded.seconds_heard)


def as_words(text: str, placeholders: Sequence[str]) -> str:
    """The text with every placeholder token broken up by a space after its first character."""
    for token in placeholders:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
