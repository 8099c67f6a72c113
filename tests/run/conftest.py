from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rose.small_set import write_set


@pytest.fixture(scope="session", autouse=True)
def _quick(quick_senders: None) -> None:
    """What answers come through starts at once."""


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six scenes of five items with small pictures."""
    return write_set(tmp_path_factory.mktemp("set"), 6)
