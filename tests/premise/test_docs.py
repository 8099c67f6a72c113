"""The page about sets: its tables are those of the code, its example runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from handeye.premise.items import Item
from handeye.premise.published_layout import ALIASES
from handeye.premise.respondents.simulated import FAULTS
from handeye.premise.scenes.generation import generate
from handeye.premise.scenes.plan import KINDS, QUERIES

PAGE = (Path(__file__).parents[2] / "docs" / "premise-data.md").read_text("utf-8")


def test_the_tables_are_those_of_the_code() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| (vision|audio) \|", line)]
    wanted = []
    for sense, kinds in KINDS.items():
        for kind in kinds.values():
            levels = ", ".join(f"{level:g}" for level in kind.levels)
            needs = ", ".join(sorted(kind.needs))
            wanted.append(f"| {sense} | `{kind.name}` | {levels} {kind.unit} | {needs} | ")
    for sense, queries in QUERIES.items():
        for query in queries.values():
            near = ", ".join(f"`{name}`" for name in sorted(query.near))
            answers = "; ".join(query.options)
            wanted.append(f"| {sense} | `{query.name}` | {query.text} | {answers} | {near} |")
    assert len(rows) == len(wanted)
    for row, start in zip(rows, wanted, strict=True):
        assert row.startswith(start)


def test_every_fault_is_named() -> None:
    page = (Path(__file__).parents[2] / "docs" / "respondents.md").read_text("utf-8")
    section = page.partition("## handeye/simulated for premises")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == list(FAULTS)


def test_every_field_and_every_name_of_a_column_is_there() -> None:
    for name in get_type_hints(Item):
        assert f"`{name}`" in PAGE, name
    for field, names in ALIASES.items():
        if not field.startswith("option_"):
            listed = ", ".join(f"`{name}`" for name in names if not name.startswith("@"))
            assert f"| `{field}` | {listed} |" in PAGE


def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    generate("DIR", seed=7, families=4, media="picture+sound", kinds="colour,pitch", workers=1)
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    exec("from handeye import premise", names)
    exec(blocks[1], names)
    assert capsys.readouterr().out.count("\n") == 64
