from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_set import write_set


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six scenes of five items with small pictures."""
    return write_set(tmp_path_factory.mktemp("set"), 6)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """An API key in the environment that must never be written anywhere."""
    secret = "sk-never-write-this-down"
    monkeypatch.setenv("HANDEYE_TEST_API_KEY", secret)
    return secret
