"""Runs with planted weights over a small set, made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye.stress.loader import load
from handeye.stress.respondents.simulated import read_plants, simulate_predictions
from handeye.stress.scoring.file_scoring import score_files

MakeRun = Callable[..., Path]


@pytest.fixture(scope="session")
def make_run(dealt: Path) -> MakeRun:
    """A function that plants weights and faults and scores: ``make_run(out, model, visual=2)``."""

    def make(out: Path, model: str, form: str = "free", **plants: Any) -> Path:
        more = {name: plants.pop(name) for name in ("letters", "state_first") if name in plants}
        told = read_plants(plants.pop("faults", None), **plants)
        rows = simulate_predictions(load(dealt).items, told, 1, form=form, **more)  # type: ignore[arg-type]
        file = out.with_suffix(".jsonl")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row | {"model": model}) + "\n" for row in rows))
        score_files(file, dealt, out, bootstrap=50)
        return out

    return make
