"""What a respondent is sent: pictures, videos, sounds and words of a conversation of Inspect's.

Media must come as base64 data URLs; nothing is decoded further here. Inspect is imported when a
conversation is read, so that naming respondents costs nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

from handeye.errors import RunError, did_you_mean
from handeye.respondents.fault_rates import written_alike
from handeye.run.options import OWN_MODELS

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput, StopReason

    from handeye.run.options import RunOptions

_PREFIX = "handeye/"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a conversation holds for a respondent.

    Attributes:
        images: its pictures in order, encoded as they were sent.
        videos: its videos, likewise.
        sounds: its sounds, likewise.
        texts: the words of its system and user messages, in order.
        question: the words of the last user message.
        item_id: what the sender notes beside the messages; no provider sends it to a model, and
            only respondents that are meant to know the gold read it.
        sample: which of several answers to the question is asked for, likewise.
    """

    images: tuple[bytes, ...] = ()
    videos: tuple[bytes, ...] = ()
    sounds: tuple[bytes, ...] = ()
    texts: tuple[str, ...] = ()
    question: str = ""
    item_id: str | None = None
    sample: int = 1

    @property
    def text(self) -> str:
        """All words, a blank line between the parts."""
        return "\n\n".join(self.texts)

    def one_picture(self) -> bytes:
        """The picture of a question about one.

        Raises:
            RunError: none, several, a video or a sound.
        """
        if len(self.images) != 1 or self.videos or self.sounds:
            video = " and a video" if self.videos else " and a sound" if self.sounds else ""
            raise RunError(
                f"this respondent answers about one picture, got {len(self.images)}{video}; "
                "clips are answered by others (docs/respondents.md)"
            )
        return self.images[0]


def read_conversation(messages: Iterable[ChatMessage]) -> Conversation:
    """Read the system and user messages of a conversation; answers given before are left out.

    Raises:
        RunError: a picture, video or sound that is not sent as a base64 data URL.
    """
    from inspect_ai.model import ContentAudio, ContentImage, ContentText, ContentVideo

    images: list[bytes] = []
    videos: list[bytes] = []
    sounds: list[bytes] = []
    texts: list[str] = []
    question: list[str] = []
    item_id: str | None = None
    sample = 1
    for message in messages:
        if message.role not in ("system", "user"):
            continue
        parts = message.content
        words: list[str] = []
        for part in [ContentText(text=parts)] if isinstance(parts, str) else parts:
            if isinstance(part, ContentText):
                words.append(part.text)
            elif isinstance(part, ContentImage):
                images.append(decoded_url(part.image, "picture"))
            elif isinstance(part, ContentVideo):
                videos.append(decoded_url(part.video, "video"))
            elif isinstance(part, ContentAudio):
                sounds.append(decoded_url(part.audio, "sound"))
        texts += words
        if message.role == "user":
            question = words
            item_id = (message.metadata or {}).get("item_id", item_id)
            sample = (message.metadata or {}).get("sample", sample)
    return Conversation(
        images=tuple(images),
        videos=tuple(videos),
        sounds=tuple(sounds),
        texts=tuple(texts),
        question="\n\n".join(question),
        item_id=item_id,
        sample=sample,
    )


def decoded_url(url: str, what: str) -> bytes:
    """The bytes of a base64 data URL; ``what`` names it in an error.

    Raises:
        RunError: it is none.
    """
    head, comma, body = url.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise RunError(f"the {what} must come as a base64 data URL, got {url[:60]!r}")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise RunError(f"the {what}'s data URL cannot be decoded: {error}") from None


class SimulatedApiError(Exception):
    """A planted failure of the API; no :class:`HandeyeError`, since nothing is to be mended."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a respondent says, and how it ended."""

    text: str
    stop_reason: StopReason = "stop"
    metadata: dict[str, Any] | None = None


class ChatRespondent(Protocol):
    """Whoever takes whole conversations with settings, as a language model does."""

    connections: int
    """How many requests are worth having in flight."""

    async def generate(
        self, messages: Sequence[ChatMessage], config: GenerateConfig
    ) -> ModelOutput:
        """Answer a conversation."""
        ...


class Respondent(Protocol):
    """Whoever answers a conversation."""

    connections: int
    """How many requests are worth having in flight."""

    async def answer(self, asked: Conversation) -> Reply:
        """Answer one conversation."""
        ...


class Kind(NamedTuple):
    """A respondent that can be had as ``handeye/NAME``.

    Attributes:
        takes: the model arguments it takes.
        make: makes it from them.
        about: what it is, in one clause: shown wherever its figures are.
        own: whether it can answer about sets of the suite's generator alone, not published ones.
    """

    takes: tuple[str, ...]
    make: Callable[..., Respondent | ChatRespondent]
    about: str
    own: bool = False


Respondents: TypeAlias = Mapping[str, Kind]
"""Respondents of a suite by name."""


def about(model: object, respondents: Respondents) -> str:
    """What a run's model is where it is one of ours (``handeye/NAME``); else nothing."""
    place, _, name = str(model).partition("/")
    return respondents[name].about if place == "handeye" and name in respondents else ""


AnyOptions = TypeVar("AnyOptions", bound="RunOptions")


def told(options: AnyOptions, suite: str, respondents: Respondents) -> AnyOptions:
    """The options of a run whose model is told the set that it is asked about, if it knows sets.

    Fault rates are written in one way, so that a run is gone on with however they were given.

    Args:
        options: of the run.
        suite: that is asked.
        respondents: its own.

    Raises:
        RunError: the model is a respondent of ours that does not answer for this suite.
    """
    model = options.model
    if not model.startswith(_PREFIX) or model in OWN_MODELS:
        return options
    name = model.removeprefix(_PREFIX)
    if name not in respondents:
        known = ", ".join([*(f"{_PREFIX}{one}" for one in respondents), OWN_MODELS[0]])
        raise RunError(
            f"{model} does not answer for {suite}; for {suite} there are {known}"
            f"{did_you_mean(name, respondents, _PREFIX)}"
        )
    given = dict(options.model_args)
    if given.get("faults"):
        given["faults"] = written_alike(given["faults"])
    if "data" in respondents[name].takes and not given.get("data"):
        given["data"] = options.data
    return options if given == options.model_args else replace(options, model_args=given)


def spoken(text: str | None, stop: str | None, error: str | None, planted: Sequence[str]) -> Reply:
    """What a simulated answer is as a reply.

    Raises:
        SimulatedApiError: there is no answer.
    """
    if text is None:
        raise SimulatedApiError(error)
    reasons: dict[str | None, StopReason] = {
        "content_filter": "content_filter",
        "max_tokens": "max_tokens",
    }
    return Reply(text, reasons.get(stop, "stop"), {"planted": list(planted)})
