"""Fixtures: a set drawn on the spot, and runs whose faults are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handeye.rose.questions import BY_KEY
from handeye.sets.draw import Draw

if TYPE_CHECKING:
    pass

from tests.support.rose.report_runs import faulty, make_run, make_set, right, wrong


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve scenes each of two subsets."""
    return make_set(tmp_path_factory.mktemp("set"), 12, ("glyph", "pixel-edit"))


@pytest.fixture(scope="session")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Run folders by name.

    faulty; hostile: a model named like a script; right; wrong; partial: a sixth of the items were
    not answered; counting: only T1 was answered, so that there is no gap.
    """
    root = tmp_path_factory.mktemp("runs")
    return {
        "faulty": make_run(data, root / "faulty", faulty, "simulated/faulty"),
        "hostile": make_run(data, root / "hostile", faulty, "<script>alert('m')</script>"),
        "right": make_run(data, root / "right", right, "simulated/right"),
        "wrong": make_run(data, root / "wrong", wrong, "simulated/wrong"),
        "partial": make_run(
            data,
            root / "partial",
            lambda item: faulty(item) if Draw(1, "kept", item.item_id).below(6) else None,
            "simulated/partial",
            allow_missing=True,
        ),
        "counting": make_run(
            data,
            root / "counting",
            lambda item: faulty(item) if item.task_template == BY_KEY["T1"].id else None,
            "simulated/counting",
            templates="T1",
            allow_missing=True,
        ),
    }
