"""Pictures with many questions -> one batch of tensors.

One row holds a picture's tokens once and all its questions after them. A mask lets a question see
the picture and itself only, and its positions go on where the picture's end, so each question is
computed exactly as if it had been asked alone. Knows nothing of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import torch

from handeye.training.lesson import IGNORED, Example
from handeye.training.words import ANSWER, END, IMAGE

if TYPE_CHECKING:
    from transformers import LlavaProcessor


class Batch(TypedDict):
    """Tensors of ``B`` rows of ``L`` tokens; ``P`` patches a picture.

    ``pixel_values`` (B, 3, side, side) float32; ``input_ids``, ``position_ids``, ``labels``
    (B, L) int64; ``blocks`` (B, L) int64: 0 the picture, 1.. its questions, -1 padding.
    ``patch_labels`` (B, P, K) int64: what each patch shows, for each of the lesson's labels.
    """

    pixel_values: torch.Tensor
    input_ids: torch.Tensor
    position_ids: torch.Tensor
    labels: torch.Tensor
    blocks: torch.Tensor
    patch_labels: torch.Tensor


class Packer:
    """Makes batches for one processor."""

    def __init__(self, processor: LlavaProcessor) -> None:
        self._images = processor.image_processor
        self._tokenizer = processor.tokenizer
        size, patch = self._images.size, processor.patch_size
        self.patches = size["height"] // patch
        self._image_id, self._answer_id, self._end_id = (
            self._tokenizer.convert_tokens_to_ids(token) for token in (IMAGE, ANSWER, END)
        )
        self._pad_id = self._tokenizer.pad_token_id
        self._encode = lru_cache(maxsize=1 << 16)(self._encoded)

    def _encoded(self, text: str) -> tuple[tuple[int, ...], Mapping[int, int]]:
        """Tokens of a text, and their places by the character that they end before."""
        told = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ends = {end: place for place, (_, end) in enumerate(told["offset_mapping"])}
        return tuple(told["input_ids"]), ends

    def pack(self, pictures: Sequence[Example]) -> Batch:
        """One row for each picture, padded on the right."""
        rows = [self._row(picture) for picture in pictures]
        length = max(row.shape[1] for row in rows)
        filling = np.array([[self._pad_id], [0], [IGNORED], [-1]], np.int64)
        table = np.stack(
            [np.concatenate([row, np.repeat(filling, length - row.shape[1], 1)], 1) for row in rows]
        )
        ids, positions, labels, blocks = (torch.from_numpy(table[:, i].copy()) for i in range(4))
        pixels = self._images([p.pixels for p in pictures], return_tensors="pt")["pixel_values"]
        seen = np.stack([picture.patch_labels(self.patches) for picture in pictures])
        return Batch(
            pixel_values=pixels,
            input_ids=ids,
            position_ids=positions,
            labels=labels,
            blocks=blocks,
            patch_labels=torch.from_numpy(seen),
        )

    def _row(self, picture: Example) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """Ids, positions, labels and blocks of one picture, ``(4, length)``."""
        start = self.patches**2
        ids = [self._image_id] * start
        positions, labels, blocks = list(range(start)), [IGNORED] * start, [0] * start
        for number, question in enumerate(picture.questions, 1):
            text, ends = self._encode(question.text)
            asked = [*text, self._answer_id]
            told = [*self._encode(question.answer)[0], self._end_id]
            ids += asked + told
            wanted = [IGNORED] * len(asked)
            for end, word in question.asides:
                # As ever, the token before a label tells it.
                wanted[ends[end] + 1] = self._encode(word)[0][0]
            labels += wanted + told
            positions += range(start, start + len(asked) + len(told))
            blocks += [number] * (len(asked) + len(told))
        return np.array([ids, positions, labels, blocks], np.int64)


def attention_mask(blocks: torch.Tensor) -> torch.Tensor:
    """Who may look at whom: bool ``(B, 1, L, L)``, True where a row's token sees a column's.

    Every token sees the picture up to itself and its own question up to itself. Padding sees
    itself alone, so that no row of the softmax is empty.
    """
    length = blocks.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool, device=blocks.device).tril()
    same = blocks[:, :, None] == blocks[:, None, :]
    picture = (blocks == 0)[:, None, :] & (blocks >= 0)[:, :, None]
    padding = (blocks < 0)[:, :, None] | (blocks < 0)[:, None, :]
    itself = torch.eye(length, dtype=torch.bool, device=blocks.device)
    seen: torch.Tensor = ((same | picture) & earlier & ~padding) | itself
    return seen[:, None]
