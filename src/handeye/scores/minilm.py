"""The sentence model all-MiniLM-L6-v2 in NumPy: token ids in, unit vectors out.

Knows BERT's forward pass, mean pooling and nothing of files. Sentences are laid end to end without
padding: all layers but attention work on single tokens, and attention runs over sentences of equal
length together. So no work is spent on padding and no mask is needed.

Architecture: Devlin et al. 2019 (BERT), Wang et al. 2020 (MiniLM), Reimers and Gurevych 2019 (mean
pooling). The model card fixes the lower-cased word pieces, 256 tokens and the unit length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

HEADS = 12
EPSILON = 1e-12
# Tokens in one pass: the widest array then takes 2,048 x 1,536 x 4 bytes, 12.6 MB.
TOKENS_PER_PASS = 2048
# Rows of the widest layer that stay in a core's cache while the activation runs over them.
_ROWS_PER_BLOCK = 64
# erf(x / sqrt 2) = tanh(x q(x^2)) on |x| <= 6, coefficients of q by weighted least squares: the
# activation is then off by at most 4.3e-8 (float32 itself: 7e-7), and 50 times as fast as with
# SciPy's erf.
_ERF = tuple(
    np.float32(c)
    for c in (
        0.797885836,
        0.0363302299,
        -2.987382e-05,
        -5.64006541e-05,
        4.17540246e-06,
        -1.52246969e-07,
        2.63547421e-09,
        -1.38976163e-11,
    )
)
_ERF_END = np.float32(6)


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoder layer; matrices are (in, out), ready for ``x @ w``."""

    qkv: Floats
    qkv_bias: Floats
    out: Floats
    out_bias: Floats
    norm: tuple[Floats, Floats]
    up: Floats
    up_bias: Floats
    down: Floats
    down_bias: Floats
    last_norm: tuple[Floats, Floats]


class SentenceBert:
    """A BERT encoder with mean pooling."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        """Arrange the tensors of a Hugging Face BERT checkpoint.

        Raises:
            KeyError: a tensor is missing.
        """
        prefix = "embeddings."
        self._words = weights[prefix + "word_embeddings.weight"]
        # Every token is of type 0, so its row can be added to the positions once.
        self._positions: Floats = np.asarray(
            weights[prefix + "position_embeddings.weight"]
            + weights[prefix + "token_type_embeddings.weight"][0],
            np.float32,
        )
        self._norm = (weights[prefix + "LayerNorm.weight"], weights[prefix + "LayerNorm.bias"])
        depth = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder."))
        self._layers = [_layer(weights, f"encoder.layer.{i}.") for i in range(depth)]

    @property
    def dimensions(self) -> int:
        """Length of a sentence vector."""
        return int(self._words.shape[1])

    def encode(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Unit vectors of tokenised sentences, each with its first and last special token.

        Returns:
            (n, dimensions) float32 in the order of ``sentences``.
        """
        out = np.empty((len(sentences), self.dimensions), np.float32)
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        for chosen in _passes(sentences, order):
            out[chosen] = self._forward([sentences[i] for i in chosen])
        return out

    def _forward(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Unit vectors of sentences sorted by length."""
        runs = [(size, len(list(run))) for size, run in groupby(map(len, sentences))]
        tokens = np.concatenate([np.asarray(ids, np.int64) for ids in sentences])
        places = np.concatenate([np.arange(len(ids)) for ids in sentences])
        first: Floats = np.asarray(self._words[tokens] + self._positions[places], np.float32)
        state = _normalised(first, self._norm)
        for layer in self._layers:
            mixed = _attention(state @ layer.qkv + layer.qkv_bias, runs)
            state += mixed @ layer.out
            state += layer.out_bias
            state = _normalised(state, layer.norm)
            wide: Floats = state @ layer.up
            _activate(wide, layer.up_bias)
            state += wide @ layer.down
            state += layer.down_bias
            state = _normalised(state, layer.last_norm)
        return _pooled(state, runs)


def _layer(weights: Mapping[str, Floats], prefix: str) -> Layer:
    def linear(name: str) -> tuple[Floats, Floats]:
        matrix = np.ascontiguousarray(weights[f"{prefix}{name}.weight"].T)
        return matrix, weights[f"{prefix}{name}.bias"]

    def norm(name: str) -> tuple[Floats, Floats]:
        return weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"]

    parts = [linear(f"attention.self.{name}") for name in ("query", "key", "value")]
    return Layer(
        np.concatenate([matrix for matrix, _ in parts], axis=1),
        np.concatenate([bias for _, bias in parts]),
        *linear("attention.output.dense"),
        norm("attention.output.LayerNorm"),
        *linear("intermediate.dense"),
        *linear("output.dense"),
        norm("output.LayerNorm"),
    )


def _passes(sentences: Sequence[Sequence[int]], order: Sequence[int]) -> list[list[int]]:
    """Cut ``order`` into passes of at most ``TOKENS_PER_PASS`` tokens, at least one sentence."""
    passes: list[list[int]] = []
    room = 0
    for i in order:
        if len(sentences[i]) > room:
            passes.append([])
            room = TOKENS_PER_PASS
        passes[-1].append(i)
        room -= len(sentences[i])
    return passes


def _normalised(x: Floats, scale: tuple[Floats, Floats]) -> Floats:
    """Layer normalisation over the last axis; overwrites ``x``."""
    x -= x.mean(axis=1, keepdims=True)
    spread = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
    x /= np.sqrt(spread + np.float32(EPSILON))[:, None]
    x *= scale[0]
    x += scale[1]
    return x


def _activate(x: Floats, bias: Floats) -> None:
    """``x = gelu(x + bias)`` in place, gelu(x) = x (1 + erf(x / sqrt 2)) / 2."""
    for start in range(0, len(x), _ROWS_PER_BLOCK):
        block = x[start : start + _ROWS_PER_BLOCK]
        block += bias
        within = np.clip(block, -_ERF_END, _ERF_END)
        square = within * within
        series = np.full_like(square, _ERF[-1])
        for coefficient in reversed(_ERF[:-1]):
            series *= square
            series += coefficient
        series *= within
        np.tanh(series, out=series)
        series += 1
        series *= np.float32(0.5)
        block *= series


def _attention(qkv: Floats, runs: Sequence[tuple[int, int]]) -> Floats:
    """Self-attention of sentences laid end to end.

    Args:
        qkv: (tokens, 3 x width): queries, keys, values side by side.
        runs: (length, number) of neighbouring sentences of equal length.

    Returns:
        (tokens, width).
    """
    width = qkv.shape[1] // 3
    size = width // HEADS
    out = np.empty((len(qkv), width), np.float32)
    start = 0
    for length, count in runs:
        stop = start + length * count
        part = qkv[start:stop].reshape(count, length, 3, HEADS, size).transpose(2, 0, 3, 1, 4)
        query, key, value = part
        weights = (query * np.float32(size**-0.5)) @ key.swapaxes(-1, -2)
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = (weights @ value).transpose(0, 2, 1, 3)
        out[start:stop] = mixed.reshape(length * count, width)
        start = stop
    return out


def _pooled(state: Floats, runs: Sequence[tuple[int, int]]) -> Floats:
    """Mean over the tokens of each sentence, scaled to length 1."""
    means: list[Floats] = []
    start = 0
    for length, count in runs:
        stop = start + length * count
        means.append(state[start:stop].reshape(count, length, -1).mean(axis=1))
        start = stop
    vectors = np.concatenate(means)
    # The reference library leaves vectors shorter than 1e-12 as they are.
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray(vectors / np.maximum(lengths, np.float32(1e-12))[:, None], np.float32)
