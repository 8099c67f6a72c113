"""A key-value cache of many prefixes side by side, written in place.

Every row ends at the same slot, so that one new token a row is one new column:

    slots   0 ................ E-S ......... E
    row 1   .....[ prefix       ][  tail     ]       E = longest prefix + tail
    row 2   [ prefix                ][ tail  ]       S = longest tail
    row 3   ...........[ prefix   ][   tail  ]

Within a row the tokens stand without a gap: the distance of two slots is the distance of two
tokens, so windows of attention mean what they mean in a row of its own. The tails of a batch come
as the last S slots, filled up on the left; where a row's prefix reaches into them, it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

from handeye.respondents.local.prefixes import Prefix

_STEP = 64  # slots added at a time: growing by one column a token would copy everything every time


class ForkedLayer(CacheLayerMixin):
    """Keys and values of one layer, shape (rows, heads, slots, width)."""

    is_sliding = False

    def __init__(
        self,
        prefixes: Sequence[tuple[torch.Tensor, torch.Tensor] | None],
        starts: Sequence[int],
        filled: int,
        tail_mask: torch.Tensor,
    ) -> None:
        super().__init__()
        self._prefixes, self._starts = prefixes, starts
        self._length = filled
        self._tail_mask: torch.Tensor | None = tail_mask

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Lay the prefixes into slots, as wide as the states that come first."""
        slots = self._length + key_states.shape[2] + _STEP
        self.keys = _empty(key_states, slots)
        self.values = _empty(value_states, slots)
        for row, (prefix, start) in enumerate(zip(self._prefixes, self._starts, strict=True)):
            if prefix is not None:
                stop = start + prefix[0].shape[2]
                self.keys[row, :, start:stop] = prefix[0][0]
                self.values[row, :, start:stop] = prefix[1][0]
        self._prefixes = ()
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write new states, shape (rows, heads, tokens, width); return all so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start, stop = self._length, self._length + key_states.shape[2]
        if stop > self.keys.shape[2]:
            self.keys = _grown(self.keys, stop + _STEP)
            self.values = _grown(self.values, stop + _STEP)
        if self._tail_mask is not None:  # the tails: their filling must not cover a prefix
            mask = self._tail_mask[:, None, :, None].to(key_states.device)
            key_states = torch.where(mask, key_states, self.keys[:, :, start:stop])
            value_states = torch.where(mask, value_states, self.values[:, :, start:stop])
            self._tail_mask = None
        self.keys[:, :, start:stop] = key_states
        self.values[:, :, start:stop] = value_states
        self._length = stop
        return self.keys[:, :, :stop], self.values[:, :, :stop]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Slots that a query sees, and where they begin."""
        return self._length + query_length, 0

    def get_seq_length(self) -> int:
        """Slots filled."""
        return self._length

    def get_max_length(self) -> int:
        """No limit."""
        return -1

    def keep_rows(self, rows: torch.Tensor) -> None:
        """Drop all rows but these."""
        self.keys = self.keys.index_select(0, rows.to(self.keys.device))
        self.values = self.values.index_select(0, rows.to(self.values.device))


class ForkedCache(Cache):
    """The cache of a batch.

    Attributes:
        mask: shape (rows, slots), true where a row has a token; the tails included.
    """

    def __init__(
        self, prefixes: Sequence[Prefix], used: Sequence[int], tails: Sequence[int], layers: int
    ) -> None:
        """Lay out a batch.

        Args:
            prefixes: of each row.
            used: tokens of its prefix that a row uses.
            tails: tokens that come behind it, at least 1.
            layers: of the decoder.
        """
        end, widest = max(u + t for u, t in zip(used, tails, strict=True)), max(tails)
        slots = torch.arange(end)
        starts = [end - t - u for u, t in zip(used, tails, strict=True)]
        self.mask = slots[None] >= torch.tensor(starts)[:, None]
        tail_mask = slots[None, -widest:] >= end - torch.tensor(tails)[:, None]
        super().__init__(
            layers=[
                ForkedLayer(
                    [
                        (p.layers[i][0][:, :, :u], p.layers[i][1][:, :, :u]) if u else None
                        for p, u in zip(prefixes, used, strict=True)
                    ],
                    starts,
                    end - widest,
                    tail_mask,
                )
                for i in range(layers)
            ]
        )

    def keep_rows(self, rows: torch.Tensor) -> None:
        """Drop all rows but these."""
        for layer in self.layers:
            layer.keep_rows(rows)


def _empty(like: torch.Tensor, slots: int) -> torch.Tensor:
    rows, heads, _, width = like.shape
    # Zeros, since a masked slot still enters sums as 0 times its value.
    return like.new_zeros((rows, heads, slots, width))


def _grown(states: torch.Tensor, slots: int) -> torch.Tensor:
    wider = _empty(states, slots)
    wider[:, :, : states.shape[2]] = states
    return wider
