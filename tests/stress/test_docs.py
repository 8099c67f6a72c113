"""The page about sets: its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handeye.stress.items import CUES, FAMILIES, Item, Picture
from handeye.stress.respondents.references import READERS
from handeye.stress.scenes.families import EDITS, LEVELS, MEANING, TILTS
from handeye.stress.scenes.wording import missing

PAGE = (Path(__file__).parents[2] / "docs" / "stress-data.md").read_text("utf-8")


@pytest.mark.parametrize("family", FAMILIES)
def test_levels_and_edits_are_those_of_the_code(family: str) -> None:
    (row,) = re.findall(rf"^\| {family} \| [^|]+ \| .*(?:px|deg) \|$", PAGE, re.M)
    levels = ", ".join(f"{one:g}" for one in LEVELS[family]) + " px"  # type: ignore[index]
    if family == "odd":
        levels += ", or " + ", ".join(map(str, TILTS)) + " deg"
    told = f"| {EDITS[family]} | {MEANING[family]} | {levels} |"  # type: ignore[index]
    assert row.endswith(told)


def test_missing_cells_are_those_of_the_code() -> None:
    told = re.findall(r"^\| (\w+) \| `(\w+)` \| (.+) \|$", PAGE, re.M)
    wanted = [
        (family, cue, why) for family in FAMILIES for cue in CUES if (why := missing(family, cue))
    ]
    assert sorted(told) == sorted(wanted)


def test_cues_readers_and_fields_are_all_told() -> None:
    for cue in filter(None, CUES):
        assert f"| `{cue}` |" in PAGE
    for reader in READERS:
        assert f"| `{reader.name}` |" in PAGE
    for row, part in ((Item, "### Items"), (Picture, "### Pictures")):
        section = PAGE.partition(part)[2].partition("###")[0]
        for name in row.__struct_fields__:
            assert f"`{name}`" in section
