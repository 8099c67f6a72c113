"""An error with certain words in its message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def expecting(error: type[Exception], *words: str) -> Iterator[None]:
    """The block raises ``error``, and its message holds all ``words``."""
    with pytest.raises(error) as caught:
        yield
    for word in words:
        assert word in str(caught.value)
