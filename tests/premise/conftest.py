"""One small set of videos as the generator makes it, and runs of it, for pages and people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.premise.loader import load
from handeye.premise.respondents.simulated import simulate_predictions
from handeye.premise.scenes.generation import generate
from handeye.premise.scoring.file_scoring import score_files

MakeRun = Callable[..., Path]


@pytest.fixture(scope="session")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six families of videos, easy ones: 114 questions about 24 clips."""
    return generate(tmp_path_factory.mktemp("six") / "set", seed=4, families=6, level=1, workers=1)


@pytest.fixture(scope="session")
def make_run(six: Path) -> MakeRun:
    """Score what a simulated respondent with faults says of the six families."""

    def make(out: Path, model: str, letters: bool = True, **faults: float) -> Path:
        items = load(six)
        rows: list[dict[str, Any]] = []
        for row in simulate_predictions(items.items, faults, 1, letters=letters):
            del row["planted"]
            rows.append(row | {"model": model})
        file = out.with_suffix(".jsonl")
        file.write_bytes(b"\n".join(map(msgspec.json.encode, rows)) + b"\n")
        score_files(file, six, out, bootstrap=50)
        return out

    return make
