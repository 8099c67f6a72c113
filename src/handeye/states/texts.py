"""What words alone tell: logits of a question's truth from its control text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from handeye.states.solver import Design

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_WORD = re.compile(r"\w+")


def text_logits(texts: Sequence[str], y: Mask, train: Mask) -> Floats:
    """Logistic regression (C = 1) on TF-IDF of words and pairs of words.

    Weights ``tf (1 + log((1 + n) / (1 + df)))`` in rows of length 1, as scikit-learn's; the terms
    are those of all training rows.

    Args:
        texts: (n,) of every question.
        y: (n, m) what is to be told.
        train: (n, m) the rows that each column learns from.

    Returns:
        (n, m) logits.
    """
    seen = train.any(1)
    counted = [_terms(text) for text in texts]
    names = sorted({term for row in np.flatnonzero(seen) for term in counted[row]})
    place = {term: number for number, term in enumerate(names)}
    x = np.zeros((len(texts), len(names)), np.float32)
    for row, terms in enumerate(counted):
        for term in terms:
            if term in place:
                x[row, place[term]] += 1
    x *= 1 + np.log((1 + seen.sum()) / (1 + (x[seen] > 0).sum(0)))
    length = np.linalg.norm(x, axis=1, keepdims=True)
    x /= np.where(length > 0, length, 1)
    fitted = Design(x, standardise=False).fit(y, train.astype(np.float64), 1.0)
    return np.asarray(fitted.logits(x), np.float64)


def _terms(text: str) -> list[str]:
    words = _WORD.findall(text.casefold())
    return words + [" ".join(pair) for pair in pairwise(words)]
