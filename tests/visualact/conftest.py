"""Fixtures: clips and runs over them whose faults are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.visualact import report_runs as va

if TYPE_CHECKING:
    pass


@pytest.fixture(scope="session")
def va_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of clips and runs over it: faulty, lazy, right, hostile, partial, and an ablation."""
    root = tmp_path_factory.mktemp("va")
    data = va.make_clips(root / "set")
    va.make_run(data, root / "faulty", va.faulty, "simulated/faulty")
    va.make_run(data, root / "lazy", va.lazy, "simulated/lazy")
    va.make_run(data, root / "right", va.right, "simulated/right")
    va.make_run(data, root / "hostile", va.faulty, "<script>alert('m')</script>", shown=False)
    va.make_run(
        data,
        root / "partial",
        lambda clip: va.faulty(clip) if clip.scenario != "home" else None,
        "simulated/partial",
        allow_missing=True,
    )
    va.make_ablation(data, root / "ablation", "simulated/looking", (1, 2, 4))
    return root
