"""What the pages say of respondents and asking is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from handeye.stress.commands.run import stress
from handeye.stress.respondents.references import READERS
from handeye.stress.respondents.simulated import FAULTS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_fault_and_every_reader_is_named() -> None:
    page = (DOCS / "respondents.md").read_text("utf-8")
    section = page.partition("## handeye/simulated for the stress test")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == list(FAULTS)
    for reader in READERS:
        assert f"`handeye/{reader.name}`" in page.partition("## Readers of words")[2]


def test_every_option_of_asking_is_in_the_table() -> None:
    page = (DOCS / "stress.md").read_text("utf-8")
    named = set(re.findall(r"`--([a-z-]+)`", page))
    own = {name.replace("_", "-") for name in stress.asks.__annotations__} - {"run", "return"}  # type: ignore[attr-defined]
    assert own - {"families"} <= named
    assert "family" in named
