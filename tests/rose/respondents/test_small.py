"""What handeye/small was made for is told of a set by its content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from handeye.report import write_report
from handeye.rose.items import Item
from handeye.rose.release import load
from handeye.rose.respondents.small import SIDES, Strangeness
from handeye.rose.scenes.generation import generate
from handeye.rose.scoring.file_scoring import score_files
from handeye.rose.teaching import scenes
from tests.support.rose.small_set import write_set


@pytest.fixture(scope="module")
def small_grids(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As docs/training.md makes a set for it."""
    out = tmp_path_factory.mktemp("grids") / "set"
    return generate(out, seed=5, scenes=3, sources="pixel-content", grid="2:8")


def test_the_limits_are_those_of_the_training() -> None:
    assert SIDES == scenes.SIDES


def test_nothing_is_said_of_a_set_like_the_training(small_grids: Path) -> None:
    assert Strangeness(load(small_grids)).words() == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rows": 9}, "grids beyond 2 to 8"),
        ({"cols": 1}, "grids beyond 2 to 8"),
        ({"rose_subset": "ROSE-ChineseGlyph"}, "pictures of another kind"),
        ({"prompt_global": "Look closely."}, "another wording"),
    ],
)
def test_what_is_other_is_named(small_grids: Path, changes: dict[str, object], named: str) -> None:
    items: list[Item] = list(load(small_grids))
    said = Strangeness([replace(items[0], **changes), *items[1:]]).words()
    assert said.startswith(f"handeye/small was not made for 1 of these {len(items)} items: 1 ")
    assert named in said


def test_it_stands_wherever_the_figures_stand(tmp_path: Path) -> None:
    small_set = write_set(tmp_path / "set", 3)
    rows = [
        {"item_id": item.item_id, "raw_text": "COUNT(1)", "model": "handeye/small"}
        for item in load(small_set)
    ]
    file = tmp_path / "p.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    score_files(file, small_set, tmp_path / "run")
    words = f"handeye/small was not made for {len(rows)} of these {len(rows)} items"
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert words in summary["note"]
    assert not summary["partial"]
    assert words in (tmp_path / "run" / "tables" / "headline.csv").read_text()
    page = write_report(tmp_path / "run", tmp_path / "r.html", resamples=20)
    assert words.replace("handeye", "Handeye", 1) in page.read_text()
