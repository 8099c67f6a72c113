"""The page about sets of others names what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from handeye.stress.foreign.layouts import LAYOUTS, TITLES
from handeye.stress.scoring.published import MEASURES

PAGE = (Path(__file__).parents[3] / "docs" / "stress-foreign.md").read_text("utf-8")


def test_every_set_is_in_the_table_with_its_figures() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| (.*) \|$", PAGE, re.M))
    assert set(TITLES) == set(MEASURES)
    for name, title in TITLES.items():
        told = rows[title].casefold()
        for column in MEASURES[name].columns:
            assert column.head.split("-")[0].casefold() in told
        assert "arxiv:" in told


def test_fields_of_a_layout_are_named() -> None:
    plain = re.sub(r"[^a-z0-9]+", "", PAGE.lower())
    for layout in LAYOUTS:
        assert any(all(name in plain for name in way) for way in layout.columns)
