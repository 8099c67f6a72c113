"""The sentence model, where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye.scores import embedder


def _installed() -> Path | None:
    try:
        return embedder._find_minilm() if embedder.files(embedder.WHEEL) else None
    except Exception:
        return None


FOLDER = _installed()
needs_model = pytest.mark.skipif(FOLDER is None, reason=f"needs the model: {embedder.INSTALL}")
