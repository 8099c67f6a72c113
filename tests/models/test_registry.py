"""Who answers as handeye/NAME follows from the suites, whichever there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handeye.errors import DataError, RunError
from handeye.models import registry
from handeye.respondents.conversation import Kind
from handeye.rose.respondents.models import Simulated
from handeye.suite import Suite
from handeye.suites import all_suites
from handeye.visualact.respondents.models import SimulatedClips
from tests.support.rose.small_set import write_set
from tests.support.visualact.written_set import clips_of, written_set


class Guess:
    connections = 1

    def __init__(self, data: object, seed: object = 0) -> None:
        self.told = (data, seed)


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A further suite with respondents of its own and one more ``simulated``."""
    takes = {
        "simulated": Kind(("data", "seed"), Guess, "guesses"),
        "deaf": Kind((), Guess, "hears nothing"),
    }
    suite = replace(
        all_suites()[0],
        name="third",
        respondents=takes,
        recognizes=lambda data: data.endswith("third"),
    )
    every = (*all_suites(), suite)
    monkeypatch.setattr(registry, "all_suites", lambda: every)
    monkeypatch.setattr("handeye.suites.all_suites", lambda: every)
    return suite


def made(name: str, **arguments: Any) -> Any:
    return registry.make_respondent(name, arguments)


def test_the_set_says_whose_simulated_respondent_is_meant(tmp_path: Path, third: Suite) -> None:
    rose, clips = write_set(tmp_path / "rose", 2), written_set(tmp_path / "clips", clips_of(4))
    assert isinstance(made("simulated", data=str(rose)), Simulated)
    assert isinstance(made("simulated", data=str(clips)), SimulatedClips)
    assert isinstance(made("simulated", data=f"{clips}/clips_test.jsonl"), SimulatedClips)
    found = made("simulated", data="hf:some/third", seed=4)
    assert found.told == ("hf:some/third", 4)
    (tmp_path / "labelled").mkdir()
    (tmp_path / "labelled" / "generation.json").write_text('{"suite": "third", "options": {}}')
    assert isinstance(made("simulated", data=str(tmp_path / "labelled")), Guess)
    (clips / "generation.json").write_text("{}")  # of no use, but its files tell
    assert isinstance(made("simulated", data=str(clips)), SimulatedClips)


def test_a_set_of_no_suite_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such set"):
        made("simulated", data=str(tmp_path / "nothing"))
    with pytest.raises(DataError, match="no metadata"):
        made("simulated", data=str(tmp_path))


def test_names_and_arguments_are_those_of_all_suites(tmp_path: Path, third: Suite) -> None:
    with pytest.raises(RunError) as error:
        made("nobody")
    told, _, names = str(error.value).partition("; there are: ")
    assert told == "no model handeye/nobody"
    known = {f"handeye/{name}" for suite in all_suites() for name in suite.respondents}
    known |= {"handeye/deaf", "handeye/hf", "handeye/small"}
    assert {"handeye/pixels", "handeye/stress-oracle"} < known
    assert names.split(", ") == sorted(known)
    with pytest.raises(
        RunError,
        match=r"simulated takes data, faults, seed, letters, .* as model arguments, not rate",
    ):
        made("simulated", data="x", rate=1)
    with pytest.raises(RunError, match="takes data, seed as model arguments, not faults"):
        made("simulated", data="hf:some/third", faults="miss")
    with pytest.raises(RunError, match="deaf takes none as model arguments, not data"):
        made("deaf", data="x")
    with pytest.raises(RunError, match="simulated needs the set it is asked about"):
        made("simulated", seed=3)
