"""The encoded part that questions share: made once per scene, kept within a limit of bytes.

A prefix is a head and whatever the questions have in common behind it. Keys and values have the
shape (1, heads, tokens, width) in every layer and are never written to once made.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prompts import CannotShareError, Head
from handeye.respondents.local.taps import Tap


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix and its key-value cache.

    Attributes:
        head_tokens: tokens up to the end of the last medium.
        behind: token ids of the prefix behind the head.
        layers: keys and values of every layer.
        next_position: position of the first token behind the head.
        states: of its media by layer, shape (1 + tokens of pictures, width), as
            :meth:`handeye.respondents.local.taps.Tap.over_media` reads them; empty where nobody
            asked for them.
        key: of its head; equal for questions about the same media.
    """

    head_tokens: int
    behind: tuple[int, ...]
    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...]
    next_position: int
    states: Mapping[str, torch.Tensor] = field(default_factory=dict)
    key: str = ""

    @property
    def bytes(self) -> int:
        """Memory of the keys, values and states."""
        states = [one for pair in self.layers for one in pair] + list(self.states.values())
        return sum(one.nbytes for one in states)


class PrefixCache:
    """Prefixes by key, the least recently used dropped first when they exceed the limit.

    Attributes:
        hits, misses: how often a prefix was there, and was not.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Prefix] = OrderedDict()
        self.bytes = 0
        self.hits = self.misses = 0

    def get(self, key: str) -> Prefix | None:
        """The prefix kept under a key."""
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(key)
        return found

    def put(self, key: str, prefix: Prefix) -> None:
        """Keep a prefix, unless it alone exceeds the limit."""
        if prefix.bytes > self._limit:
            return
        self._drop(key)
        self._kept[key] = prefix
        self.bytes += prefix.bytes
        while self.bytes > self._limit:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def _drop(self, key: str) -> None:
        if (dropped := self._kept.pop(key, None)) is not None:
            self.bytes -= dropped.bytes


@torch.inference_mode()
def make_prefix(
    loaded: LocalModel, head: Head, behind: Sequence[int], tap: Tap | None = None
) -> Prefix:
    """Run the model over a head and the ids behind it; ``tap`` reads the states of its media.

    Raises:
        CannotShareError: the model keeps something else than plain keys and values.
    """
    if not head.ids:
        return Prefix(0, (), (), 0)
    cut, total = len(head.ids), len(head.ids) + len(behind)
    ids = torch.tensor([[*head.ids, *behind]], device=loaded.device)
    following = head.next_position
    more = torch.arange(following, following + len(behind), device=loaded.device)
    positions = torch.cat([head.positions, more.expand(len(head.positions), -1)], dim=1)
    inputs = {name: _lengthened(value, cut, total) for name, value in head.inputs.items()}
    cache = DynamicCache()
    states: Mapping[str, torch.Tensor] = {}
    with ExitStack() as stack:
        if tap is not None:
            states = stack.enter_context(tap.reading(tap.over_media(head.ids)))
        loaded.run(
            1,
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            position_ids=as_position_ids(positions[:, None]),
            past_key_values=cache,
            use_cache=True,
            **inputs,
        )
    if any(type(layer) is not DynamicLayer for layer in cache.layers):
        raise CannotShareError("the model keeps more than keys and values")
    layers = tuple((layer.keys, layer.values) for layer in cache.layers)
    return Prefix(cut, tuple(behind), layers, following, states, head.key)


def as_position_ids(positions: torch.Tensor) -> torch.Tensor:
    """Positions of shape (axes, rows, tokens) as a model takes them: one axis is left out."""
    return positions[0] if len(positions) == 1 else positions


def _lengthened(value: Any, cut: int, total: int) -> Any:
    """A sequence of the head goes on with zeros, which mark text, over what stands behind it."""
    is_sequence = isinstance(value, torch.Tensor) and value.ndim == 2 and value.shape == (1, cut)
    if not is_sequence or value.is_floating_point():
        return value
    return torch.nn.functional.pad(value, (0, total - cut))
