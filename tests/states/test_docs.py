"""The Python in the pages about states runs as it stands there, on planted states; no torch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handeye.respondents.local.adjuster import read_adjuster
from handeye.states.targets import read_targets
from tests.support.planted_store import stored

DOCS = Path(__file__).parents[2] / "docs"
PYTHON = re.compile(r"```python\n(.*?)```", re.S)
BLOCKS = [
    pytest.param(block, id=f"{page.stem} {number}")
    for page in sorted(DOCS.glob("states*.md"))
    for number, block in enumerate(
        re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.S)
    )
    if "rose.load" not in block  # of scenes that a model was run on
]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    stored(folder / "STATES", "state only", 12, width=16)
    row = '{"item_id": "a", "group": "g", "target": "premise", "label": 1}\n'
    (folder / "mine.jsonl").write_text(row, "utf-8")
    return folder


@pytest.mark.parametrize("block", BLOCKS)
def test_what_the_pages_say_runs(block: str, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    exec(compile(block, "docs", "exec"), {})
    if "write_adjuster" in block:
        assert len(read_adjuster(work / "adjuster.json").rejections) == 2
    if "mine" in block:
        assert len(read_targets(work / "mine.parquet")) == 1


def test_there_is_python_in_the_pages() -> None:
    assert len(BLOCKS) == 5
