"""What a suite asks: each request before it is written, and the protocol of whoever lays them out.

The frame hashes, files, prices and sends a :class:`Question`; only its suite knows what it says.
Nothing here imports the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self, TypeVar

from handeye.answer_kinds.schemas import Tool
from handeye.run.answers import Answer, fingerprint
from handeye.run.journal import Key
from handeye.run.secrets import settings_without_secrets

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig

# Settings that steer how a request is carried, not what is asked: a run may go on with others.
CARRIAGE = frozenset(
    {
        "max_retries",
        "timeout",
        "attempt_timeout",
        "stream_idle_timeout",
        "max_connections",
        "adaptive_connections",
        "cache",
        "cache_prompt",
        "batch",
        "fail_on_refusal",
    }
)


class PictureLoad(NamedTuple):
    """A picture as it goes out: width and height in pixels, and its file's size in bytes.

    Of a sound width and height are 0, and ``seconds`` is how long it lasts; of pictures that stand
    for a whole video, each one's part of the video's sound.
    """

    width: int
    height: int
    n_bytes: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Media:
    """A file that an answer depends on.

    Attributes:
        path: where it lies.
        kind: ``image``, ``video`` or ``audio``.
        sha256: of its bytes, hexadecimal.
        pictures: what is shown of it, where that is not the file as it is; for the dry run. It may
            be slow (frames are decoded) and raises DataError where the file cannot be used.
    """

    path: Path
    kind: Literal["image", "video", "audio"]
    sha256: str
    pictures: Callable[[], Sequence[PictureLoad]] | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """How a conversation begins: its first messages, and what is remembered beside the answers."""

    messages: Sequence[ChatMessage]
    note: Mapping[str, Any] | None = None


class Turn(NamedTuple):
    """A question and the answer to be expected, both in characters."""

    asked: int
    answered: int


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One request before it is written.

    Attributes:
        item_id: the item or clip that it is about.
        scene_id: what is asked about together.
        identity: everything that is said and shown, as plain values in the suite's own keys; with
            the settings of generation it is hashed into the fingerprint of the request.
        media: files whose bytes the answer depends on.
        write: makes the opening of the conversation. Called late, off the event loop, and only if
            something is still to be asked. Raises DataError where a file cannot be used; the answer
            is then an error and the run goes on.
        turns: what was said after the opening: an answer, the next question, an answer ...
        config: settings of this request over those of the run.
        likely: how long this question and those that may follow it are, and their right answers;
            for the dry run and the count of a whole run.
        letters: the options whose log-probabilities are kept where the answer names one; how a
            provider is asked for them is said in ``config``.
        sample: which of several answers to the same question this is, from 1.
        tools: those that the model is given natively (:func:`handeye.run.tools.takes_tools`); its
            calls stand beside the text of the answer. A conversation goes on with the text alone.
    """

    item_id: str
    scene_id: str
    identity: Mapping[str, Any]
    media: tuple[Media, ...]
    write: Callable[[], Opening]
    turns: tuple[str, ...] = ()
    config: GenerateConfig | None = None
    likely: tuple[Turn, ...] = (Turn(0, 0),)
    letters: tuple[str, ...] = ()
    sample: int = 1
    tools: tuple[Tool, ...] = ()

    @property
    def media_sha256(self) -> str:
        """SHA-256 of the file that is asked about; of the hashes where there are several."""
        sums = [media.sha256 for media in self.media]
        return fingerprint({"media": sums}) if len(sums) > 1 else "".join(sums)

    def key(self, model: str, config: Mapping[str, Any]) -> Key:
        """What the answer is filed under.

        Args:
            model: as answers are filed.
            config: settings of the run that can change an answer (:func:`content_config`).
        """
        own = {} if self.config is None else content_config(self.config)
        more: dict[str, Any] = {"sample": self.sample} if self.sample > 1 else {}
        if self.tools:
            more["tools"] = self.tools
        sha256 = fingerprint({**self.identity, "config": {**config, **own}, **more})
        return (self.item_id, model, sha256)

    def sampled(self, number: int) -> Question:
        """The same question, asked for its answer of that number."""
        return self if number == self.sample else replace(self, sample=number)


ItemsT = TypeVar("ItemsT", contravariant=True)


class Asking(Protocol[ItemsT]):
    """How a set is asked: a frozen value."""

    @property
    def scenes_held(self) -> int | None:
        """Scenes written at a time where one weighs much; None: as many as are under way."""

    @property
    def sends(self) -> frozenset[str]:
        """What is sent beside words: ``image``, ``video``, ``audio``.

        A model that tells what it takes is refused where that is missing (:func:`refuse_unsent`);
        with a video whose sound is asked about, ``audio`` is said too.
        """

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what makes two runs ask the same; stands in plan and run.json."""

    def fitted(self, model: str) -> Self:
        """What the model's provider can take; a change is told on stderr.

        Every way to ask goes through here, so that all of them ask the same. Fitting twice changes
        nothing.
        """

    def questions(self, items: ItemsT) -> Iterator[Question]:
        """Every first question, in the order of the set; reads each file once, for its hash.

        Raises:
            DataError: a file is missing, or an item cannot be asked like this.
        """

    def follow_up(self, asked: Question, answer: Answer) -> Question | None:
        """The next question of the same conversation, or None; ``answer`` arrived."""


def conversation(
    asking: Asking[Any], first: Question, answer_to: Callable[[Question], Answer | None]
) -> Iterator[tuple[Question, Answer | None]]:
    """Walk through a conversation as far as its answers are known.

    Args:
        asking: says what follows an answer.
        first: the question that it begins with.
        answer_to: what is known about a question: its answer, its failure, or nothing.

    Yields:
        Questions and answers in order; at the end the one without an answer, if one is open.
    """
    question: Question | None = first
    while question is not None:
        answer = answer_to(question)
        yield question, answer
        arrived = answer is not None and answer.state != "error"
        question = asking.follow_up(question, answer) if answer and arrived else None


def by_scene(questions: Iterable[Question]) -> dict[str, list[Question]]:
    """Questions by scene, in order of first appearance."""
    out: dict[str, list[Question]] = {}
    for question in questions:
        out.setdefault(question.scene_id, []).append(question)
    return out


def content_config(config: GenerateConfig) -> dict[str, Any]:
    """The settings that can change an answer, as they enter a request's fingerprint: no keys."""
    dumped = config.model_dump(mode="json", exclude_none=True, exclude=set(CARRIAGE))
    return settings_without_secrets(dumped)
