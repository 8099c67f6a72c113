"""Questions -> token ids: what leads up to the end of the last medium (head), and the rest (tail).

The media of a question are its pictures, frames and sounds. The head is the same for all questions
of a scene and is the costly part: its media go through the processor once. The tail is tokenised on
its own where that is sure to give the same ids: when the head ends with an added token, at which
every tokenizer splits before anything else. Where it does not (Gemma 3 writes line breaks behind a
picture), each question is processed whole.

Where pictures have a grid of positions, those of the whole question are taken and cut: the rule of
some families looks behind a medium for its end.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from handeye.respondents.local.chat import Ask
from handeye.respondents.local.loading import LocalModel

_ALIGNED = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")


class CannotShareError(Exception):
    """The head cannot be told from the tail; the caller asks in another way."""


@dataclass(frozen=True, slots=True)
class Head:
    """A question up to the end of its last medium.

    Attributes:
        key: equal for equal heads.
        ids: token ids, a placeholder for each piece of a medium; empty without media.
        inputs: what the model takes beside the ids: pixels and the like, and sequences of
            ``len(ids)`` (shape (1, tokens)).
        positions: of the tokens, shape (axes, tokens): three axes where pictures have a grid.
        next_position: of the first token behind them; those that follow count on from it.
    """

    key: str
    ids: tuple[int, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    positions: torch.Tensor = field(default_factory=lambda: torch.zeros((1, 0)))
    next_position: int = 0


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
            CannotShareError: nothing is left behind the last medium.
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
        return prompt, _cut_head(self._loaded, prompt.key, encoded, cut)

    def _read_whole(self, ask: Ask) -> tuple[Prompt, Head | None]:
        encoded = process(self._loaded, [ask])
        ids = encoded["input_ids"][0].tolist()
        cut = _behind_last(ids, self._loaded.media_ids)
        if ask.media and not cut:
            raise CannotShareError("no placeholder of a picture or sound among the token ids")
        prompt = Prompt(_key(ask, ids[:cut]), _tail(ids[cut:]))
        if not cut:
            return prompt, Head(prompt.key)
        return prompt, _cut_head(self._loaded, prompt.key, encoded, cut)

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
    if sounds := [sound.samples for ask in asks for sound in ask.sounds]:
        kwargs |= {"audio": sounds, "audio_kwargs": {"sampling_rate": loaded.sampling_rate}}
    words: dict[str, Any] = {"add_special_tokens": adds_special(loaded, texts[0])}
    if len(asks) > 1:
        words.update(padding=True, padding_side="left")
    encoded = loaded.processor(text=texts, text_kwargs=words, **kwargs)
    return {
        name: value.to(loaded.device, loaded.dtype)
        if value.is_floating_point()
        else value.to(loaded.device)
        for name, value in encoded.items()
        if hasattr(value, "is_floating_point")
    }


def longer(encoded: Mapping[str, Any], given: Sequence[int]) -> dict[str, Any]:
    """A question with the first tokens of an answer behind it; what marks tokens marks text.

    Args:
        encoded: of one question, as :func:`process` gives it.
        given: token ids; may be none.
    """
    if not given:
        return dict(encoded)
    length = encoded["input_ids"].shape[1]
    out: dict[str, Any] = {}
    for name, value in encoded.items():
        if value.shape != (1, length) or value.is_floating_point():
            out[name] = value
            continue
        fill = list(given) if name == "input_ids" else [int(name == "attention_mask")] * len(given)
        more = torch.tensor([fill], dtype=value.dtype, device=value.device)
        out[name] = torch.cat([value, more], dim=1)
    return out


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


def _cut_head(loaded: LocalModel, key: str, encoded: Mapping[str, Any], cut: int) -> Head:
    ids = tuple(encoded["input_ids"][0, :cut].tolist())
    positions = _positions(loaded, encoded)
    behind = positions[:, cut:]
    following = int(behind[0, 0])
    if not (behind == torch.arange(behind.shape[1], device=behind.device) + following).all():
        raise CannotShareError("the words behind the media do not count on")
    length = encoded["input_ids"].shape[1]
    inputs = {
        name: value[:, :cut] if name in _ALIGNED and value.shape[-1] == length else value
        for name, value in encoded.items()
        if name not in ("input_ids", "attention_mask")
    }
    return Head(key, ids, inputs, positions[:, :cut], following)


def _positions(loaded: LocalModel, encoded: Mapping[str, Any]) -> torch.Tensor:
    """Positions of a question's tokens, shape (axes, tokens).

    The families with multimodal rotary positions bring the rule as ``get_rope_index``.
    """
    rule = getattr(getattr(loaded.model, "model", loaded.model), "get_rope_index", None)
    if rule is None:
        return torch.arange(encoded["input_ids"].shape[1], device=loaded.device)[None]
    given = dict(encoded)
    if (heard := encoded.get("feature_attention_mask")) is not None:
        given["audio_seqlens"] = heard.sum(-1)
    takes = inspect.signature(rule).parameters
    found = rule(**{name: value for name, value in given.items() if name in takes})[0]
    positions: torch.Tensor = found[:, 0]
    return positions


def _behind_last(ids: Sequence[int], wanted: frozenset[int]) -> int:
    for place in range(len(ids), 0, -1):
        if ids[place - 1] in wanted:
            return place
    return 0


def _tail(ids: Sequence[int]) -> tuple[int, ...]:
    if not ids:
        raise CannotShareError("nothing stands behind the last picture or sound")
    return tuple(ids)


def _key(ask: Ask, leading: Sequence[int]) -> str:
    told = hashlib.sha256(",".join(map(str, leading)).encode())
    for digest in ask.media:
        told.update(digest.encode())
    return told.hexdigest()
