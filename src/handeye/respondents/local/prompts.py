"""Questions -> token ids: what leads up to the end of the last picture (head), and the rest (tail).

The head is the same for all questions of a scene and is the costly part: its pictures go through
the processor once. The tail is tokenised on its own where that is sure to give the same ids: when
the head ends with an added token, at which every tokenizer splits before anything else. Where it
does not (Gemma 3 writes line breaks behind a picture), each question is processed whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handeye.respondents.local.chat import Ask
from handeye.respondents.local.loading import LocalModel

_ALIGNED = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")


class CannotShareError(Exception):
    """The head cannot be told from the tail; the caller asks in another way."""


@dataclass(frozen=True, slots=True)
class Head:
    """A question up to the end of its last picture.

    Attributes:
        key: equal for equal heads.
        ids: token ids, a placeholder for each piece of picture; empty without pictures.
        inputs: what the model takes beside the ids: pixels and the like, and sequences of
            ``len(ids)`` (shape (1, tokens)).
    """

    key: str
    ids: tuple[int, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question: the key of its head, and the ids of its tail (at least one)."""

    key: str
    tail: tuple[int, ...]


class PromptReader:
    """Turns questions into prompts, and makes a head when asked for it."""

    def __init__(self, loaded: LocalModel) -> None:
        self._loaded = loaded
        self._whole = False  # whether every question must be processed whole

    def read(self, ask: Ask) -> tuple[Prompt, Head | None]:
        """A question's prompt; its head comes along where it had to be made.

        Raises:
            CannotShareError: nothing is left behind the last picture.
        """
        if not self._whole:
            ids = self._tokens(ask.text)
            cut = _behind_last(ids, self._loaded.media_ids)
            if bool(cut) == bool(ask.media):
                return Prompt(_key(ask, ids[:cut]), _tail(ids[cut:])), None
        return self._read_whole(ask)

    def head(self, ask: Ask, prompt: Prompt) -> tuple[Prompt, Head]:
        """Make the head of a question; the prompt may come out changed.

        Raises:
            CannotShareError: head and tail cannot be told apart.
        """
        if not ask.media:
            return prompt, Head(prompt.key)
        encoded = process(self._loaded, [ask])
        ids = encoded["input_ids"][0].tolist()
        cut = len(ids) - len(prompt.tail)
        added = set(self._loaded.tokenizer.get_added_vocab().values())
        if tuple(ids[cut:]) != prompt.tail or ids[cut - 1] not in added:
            self._whole = True
            changed, head = self._read_whole(ask)
            assert head is not None
            return changed, head
        return prompt, _cut_head(prompt.key, encoded, cut)

    def _read_whole(self, ask: Ask) -> tuple[Prompt, Head | None]:
        encoded = process(self._loaded, [ask])
        ids = encoded["input_ids"][0].tolist()
        cut = _behind_last(ids, self._loaded.media_ids)
        if ask.media and not cut:
            raise CannotShareError("no placeholder of a picture or sound among the token ids")
        prompt = Prompt(_key(ask, ids[:cut]), _tail(ids[cut:]))
        return prompt, _cut_head(prompt.key, encoded, cut) if cut else Head(prompt.key)

    def _tokens(self, text: str) -> list[int]:
        special = adds_special(self._loaded, text)
        ids: list[int] = self._loaded.tokenizer(text, add_special_tokens=special)["input_ids"]
        return ids


def process(loaded: LocalModel, asks: Sequence[Ask]) -> dict[str, Any]:
    """Questions through the processor, on the model's device; several are padded on the left."""
    texts = [ask.text for ask in asks]
    kwargs: dict[str, Any] = {"return_tensors": "pt"}
    if any(ask.pictures for ask in asks):
        kwargs["images"] = [[p.decoded() for p in ask.pictures] for ask in asks]
    if rate := loaded.sampling_rate:
        sounds = [sound.decoded(rate) for ask in asks for sound in ask.sounds]
        kwargs |= {"audio": sounds, "sampling_rate": rate} if sounds else {}
    if len(asks) > 1:
        kwargs.update(padding=True, padding_side="left")
    kwargs["add_special_tokens"] = adds_special(loaded, texts[0])
    encoded = loaded.processor(text=texts, **kwargs)
    return {
        name: value.to(loaded.device, loaded.dtype)
        if value.is_floating_point()
        else value.to(loaded.device)
        for name, value in encoded.items()
        if hasattr(value, "is_floating_point")
    }


def adds_special(loaded: LocalModel, text: str) -> bool:
    """Whether the tokenizer is to open the text; not where the chat template did."""
    opening = loaded.tokenizer.bos_token
    return not (opening and text.startswith(opening))


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many leading ids are equal."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))


def _cut_head(key: str, encoded: Mapping[str, Any], cut: int) -> Head:
    ids = tuple(encoded["input_ids"][0, :cut].tolist())
    length = encoded["input_ids"].shape[1]
    inputs = {
        name: value[:, :cut] if name in _ALIGNED and value.shape[-1] == length else value
        for name, value in encoded.items()
        if name not in ("input_ids", "attention_mask")
    }
    return Head(key, ids, inputs)


def _behind_last(ids: Sequence[int], wanted: frozenset[int]) -> int:
    for place in range(len(ids), 0, -1):
        if ids[place - 1] in wanted:
            return place
    return 0


def _tail(ids: Sequence[int]) -> tuple[int, ...]:
    if not ids:
        raise CannotShareError("nothing stands behind the last picture")
    return tuple(ids)


def _key(ask: Ask, leading: Sequence[int]) -> str:
    told = hashlib.sha256(",".join(map(str, leading)).encode())
    for digest in ask.media:
        told.update(digest.encode())
    return told.hexdigest()
