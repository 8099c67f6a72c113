"""Sets as the generator makes them, made once; the suite in the register, where it is not yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handeye import suites
from handeye.stress.items import BY_DEFAULT, ON_REQUEST
from handeye.stress.scenes.generation import generate
from handeye.suite import Part

CUES = ("context", "hint", "label", "other")


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    """The suite by its name, as commands and models find it."""
    with pytest.MonkeyPatch.context() as patch:
        if "stress" not in suites.SUITES:
            patch.setitem(suites.SUITES, "stress", Part("handeye.stress.suite:SUITE"))
        suites.all_suites.cache_clear()
        yield
    suites.all_suites.cache_clear()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four groups of four families at the easiest level, asked under cues of every sort."""
    out = tmp_path_factory.mktemp("stress") / "set"
    families = ("attribute", "existence", "count", "position")
    return generate(out, seed=3, groups=4, families=families, cues=CUES, level=1, workers=1)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A group of every family of a set, asked under all its cues; to be read, not changed."""
    out = tmp_path_factory.mktemp("stress") / "whole"
    return generate(out, seed=16, groups=len(BY_DEFAULT), cues="all", workers=1)


@pytest.fixture(scope="session")
def requested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three groups of every family that is made on request alone; to be read, not changed."""
    out = tmp_path_factory.mktemp("stress") / "requested"
    groups = 3 * len(ON_REQUEST)
    return generate(out, seed=16, groups=groups, families=ON_REQUEST, cues="all", workers=1)


@pytest.fixture(scope="session", params=["whole", "requested"])
def each(request: pytest.FixtureRequest) -> Path:
    """One set and the other."""
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def dealt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two groups of every family under two cues each; to be read, not changed."""
    out = tmp_path_factory.mktemp("stress") / "dealt"
    return generate(out, seed=16, groups=2 * len(BY_DEFAULT), workers=1)
