"""The page about loading: its examples run, and its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handeye.media.frame_choice import FrameChoice
from handeye.visualact.foreign.aliases import ALIASES, MAP_NAMES
from handeye.visualact.foreign.gold_values import SCENARIO_ALIASES
from handeye.visualact.records import SCENARIOS, clip_line
from tests.support.visualact.data import clip
from tests.support.visualact.layouts import DATA, LAYOUTS
from tests.support.visualact.videos import make_video

PAGE = (Path(__file__).parents[3] / "docs" / "visualact-loading.md").read_text("utf-8")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the sets that the examples name."""
    clips = [clip(f"{key}-0", scenario=key) for key in SCENARIOS]
    (tmp_path / "SET" / "videos").mkdir(parents=True)
    lines = b"".join(clip_line(one) + b"\n" for one in clips)
    (tmp_path / "SET" / "clips_test.jsonl").write_bytes(lines)
    for one in clips:
        make_video(tmp_path / "SET" / one.video, 24)
    for name, folder in (("keyed", "PUBLISHED"), ("odd_names", "ODD")):
        next(one for one in LAYOUTS if one.name == name).save(tmp_path / folder, DATA)
    monkeypatch.chdir(tmp_path)


def test_the_examples_run(here, capsys):
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 5
    said = []
    for block in blocks:
        exec(compile(block, "docs", "exec"), names)
        said.append(capsys.readouterr().out)
    assert said[0].splitlines() == ["home-0 home home-0.mp4 2", "hmi-0 hmi hmi-0.mp4 2"]
    shown = [line.strip() for line in PAGE.splitlines() if " <- " in line]
    assert shown == said[1].splitlines()
    assert len(names["published"]) == 4
    assert said[3].splitlines()[0] == "1 0.083333 (64, 96, 3)"
    assert len(said[3].splitlines()) == 8
    assert said[4].count("image/jpeg") == 2


def cells(first):
    """Cells of the table row that begins with a cell."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_tables_are_those_of_the_code():
    for field, ranks in ALIASES.items():
        wanted = [", ".join(names) for names in ranks]
        assert cells(field)[1:] == wanted + [""] * (3 - len(wanted))
    for key, title in SCENARIOS.items():
        assert cells(key) == [key, title, ", ".join(SCENARIO_ALIASES[key])]
    listed = re.search(r"^Fields: (.*?)\. ", PAGE, re.MULTILINE).group(1)
    assert set(re.findall(r"`(\w+)`", listed)) == set(MAP_NAMES) - {"clip_id"}


def test_the_defaults_are_those_of_the_code():
    assert f"`max_frames` ({FrameChoice().max_frames})" in PAGE
    assert f"`longest_side` ({FrameChoice().longest_side})" in PAGE
    for text in re.findall(r"^\| `(\w+:[\d.,]+)`", PAGE, re.MULTILINE):
        assert FrameChoice.parse(text)
