"""Art of a source as one hash."""

from __future__ import annotations

import hashlib
from functools import cache

from handeye.rose.scenes import sources
from handeye.rose.scenes.sources.base import Source


@cache
def source(name: str) -> Source:
    return sources.get(name)


def digest(name: str, seed: int, count: int) -> str:
    """Hash of all that a source says and draws."""
    made = source(name)
    total = hashlib.sha256()
    for index in range(count):
        pair = made.pair(seed, index)
        art = made.draw(pair, 48 + index)
        total.update(repr((pair.key, pair.similarity, sorted(pair.fields.items()))).encode())
        total.update(art.majority.tobytes() + art.target.tobytes())
    return total.hexdigest()
