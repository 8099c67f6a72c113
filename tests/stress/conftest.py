"""A set of every family under every cue, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye.stress.items import FAMILIES
from handeye.stress.scenes.generation import generate


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A group of every family, asked under all cues that it has; to be read, not changed."""
    out = tmp_path_factory.mktemp("stress") / "whole"
    return generate(out, seed=16, groups=len(FAMILIES), cues="all", workers=1)


@pytest.fixture(scope="session")
def dealt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two groups of every family under two cues each; to be read, not changed."""
    out = tmp_path_factory.mktemp("stress") / "dealt"
    return generate(out, seed=16, groups=2 * len(FAMILIES), workers=1)
