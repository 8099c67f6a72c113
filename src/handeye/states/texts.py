"""What a reader sees that sees no state: words, format, letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from handeye.states.figures import Bools, Floats
from handeye.states.solver import Design
from handeye.states.targets import Target

_MOST = 2048


def tf_idf(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit rows of words and pairs of neighbours, weighted by how few texts hold them.

    Weights are ``count (1 + ln((1 + n) / (1 + texts with it)))`` (Salton and Buckley 1988, Inf.
    Process. Manage. 24:513, smoothed). Terms of a single text are left out, and all but the 2,048
    that most texts hold. No label is looked at.

    Args:
        texts: n of them.

    Returns:
        (n, terms) float32; a text without any term is a row of 0.
    """
    counted = []
    for text in texts:
        words = re.findall(r"\w+", text.casefold())
        pairs = (f"{one} {two}" for one, two in pairwise(words))
        counted.append(Counter([*words, *pairs]))
    held = Counter(term for terms in counted for term in terms)
    kept = sorted((term for term in held if held[term] > 1), key=lambda term: (-held[term], term))
    place = {term: number for number, term in enumerate(kept[:_MOST])}
    out = np.zeros((len(texts), max(1, len(place))), np.float32)
    for row, terms in enumerate(counted):
        for term, count in terms.items():
            if term in place:
                rare = 1 + np.log((1 + len(texts)) / (1 + held[term]))
                out[row, place[term]] = count * rare
    size = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.where(size > 0, size, 1))


def text_logits(texts: Sequence[str], positive: Bools, train: Bools) -> Floats:
    """What words alone tell: logistic regression (C = 1) on :func:`tf_idf`.

    Args:
        texts: n of them.
        positive: (n, m) what is to be told.
        train: (n, m) the rows that each column learns from.

    Returns:
        (n, m) logits.
    """
    design = Design(tf_idf(texts), standardise=False)
    fitted = design.fit(positive, train.astype(np.float64), 1.0)
    return np.asarray(design.logits(fitted), np.float64)


def crossed(texts: Sequence[str], positive: Bools) -> bool:
    """Whether every text stands with either label equally often: then no reader of it tells any."""
    either: Counter[str] = Counter()
    for text, truth in zip(texts, positive.tolist(), strict=True):
        either[text] += 1 if truth else -1
    return not any(either.values())


def format_of(rows: Sequence[Target]) -> Floats:
    """Length of the longest text in characters and words, number of options; (n, 3)."""
    out = []
    for row in rows:
        text = max(row.texts.values(), key=len, default="")
        out.append([len(text), len(text.split()), len(row.roles)])
    return np.array(out, float)


def roles_of(rows: Sequence[Target]) -> Floats:
    """Which role stands at which letter, as 0 and 1: (n, letters x roles)."""
    letters = max((len(row.roles) for row in rows), default=0)
    at = [[str((*row.roles, *[""] * letters)[place]) for row in rows] for place in range(letters)]
    return np.concatenate([np.zeros((len(rows), 1)), *map(one_hot, at)], axis=1)


def one_hot(values: Sequence[str]) -> Floats:
    """One column a value, as 0 and 1: (n, values)."""
    names, place = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return np.eye(len(names))[place]
