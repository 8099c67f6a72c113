"""Embedders whose similarities are known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


class TableEmbedder:
    """Unit vectors from a table; unknown texts share no direction with anything."""

    name = "test:table"
    digest = "table"

    def __init__(self, table: Mapping[str, Sequence[float]], dimensions: int = 64) -> None:
        self._dimensions = dimensions
        self._rows = {
            text: self._filled(place, row) for place, (text, row) in enumerate(table.items())
        }

    def _filled(self, place: int, row: Sequence[float]) -> NDArray[np.float32]:
        """``row`` and, in a dimension of its own, what is missing to length 1."""
        out = np.zeros(self._dimensions)
        out[: len(row)] = row
        out[self._dimensions // 2 + place] = np.sqrt(max(0.0, 1 - float(np.sum(out**2))))
        return out.astype(np.float32)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._rows[text] for text in texts])


class ExactEmbedder:
    """Equal texts have similarity 1, others the value drawn from their letters, below 1."""

    name = "test:letters"
    digest = "letters"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), 26))
        for row, text in zip(rows, texts, strict=True):
            for letter in text:
                row[(ord(letter) - ord("a")) % 26] += 1
        return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(
            np.float32
        )
