"""A small set, as the generator makes it; and the suite in the register, where it is not yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handeye import suites
from handeye.stress.scenes.generation import generate
from handeye.suite import Part


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    """The suite by its name, as commands and models find it."""
    with pytest.MonkeyPatch.context() as patch:
        if "stress" not in suites.SUITES:
            patch.setitem(suites.SUITES, "stress", Part("handeye.stress.suite:SUITE"))
        suites.all_suites.cache_clear()
        yield
    suites.all_suites.cache_clear()


CUES = ("context", "hint", "label", "other")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four groups of four families at the easiest level, asked under cues of every sort."""
    out = tmp_path_factory.mktemp("stress") / "set"
    families = ("attribute", "existence", "count", "position")
    return generate(out, seed=3, groups=4, families=families, cues=CUES, level=1, workers=1)
