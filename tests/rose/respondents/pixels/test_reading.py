"""Reading prompts: cases in ``cases/prompts.jsonl``, our own wording, and the authors'."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from handeye.rose.questions import PROMPT_GLOBAL, TEMPLATES, Template, prompt_local
from handeye.rose.respondents.pixels.cells import Bounds
from handeye.rose.respondents.pixels.lattice import Lattice
from handeye.rose.respondents.pixels.reading import CannotAnswerError, Question, Span, read_prompt
from handeye.rose.scene import Grid, Region

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases/prompts.jsonl").read_text("utf-8").splitlines()
]
OFFICIAL = Path(
    os.environ.get("HANDEYE_ROSE_DATA", Path(__file__).parents[5] / "shared" / "rose-v0.1")
)
GRID = Grid(15, 17)
CUE = Bounds(2, 4, 3, 5)


@pytest.mark.parametrize("case", [c for c in CASES if "mode" in c], ids=lambda c: c["prompt"][-60:])
def test_prompts_that_are_understood(case: dict[str, Any]) -> None:
    rows, cols = (Span(*case[axis]) if case[axis] else None for axis in ("rows", "cols"))
    wanted = Question(case["mode"], case["where"], rows, cols, case["outside"])
    assert read_prompt(case["prompt"]) == wanted


@pytest.mark.parametrize("case", [c for c in CASES if "declines" in c], ids=lambda c: c["prompt"])
def test_prompts_that_are_declined_and_why(case: dict[str, Any]) -> None:
    with pytest.raises(CannotAnswerError, match=case["declines"]):
        read_prompt(case["prompt"])


def _regions(template: Template) -> list[Region]:
    bounds = {"ROW_RANGE": (2, 5, 1, 17), "COL_RANGE": (1, 15, 4, 6), "RECTANGLE": (2, 5, 3, 6)}
    if template.context == "global":
        return [Region.whole(GRID)]
    if template.context == "visual":
        return [Region("VISUAL_REGION", *CUE)]
    if template.context == "local":
        single = [Region("ROW_RANGE", 3, 3, 1, 17), Region("COL_RANGE", 1, 15, 9, 9)]
        return single + [Region(kind, *b) for kind, b in bounds.items()]  # type: ignore[arg-type]
    single = [Region("EXCLUSION", 3, 3, 1, 17, exclude_type="ROW_RANGE")]
    return single + [
        Region("EXCLUSION", *b, exclude_type=kind)  # type: ignore[arg-type]
        for kind, b in bounds.items()
    ]


def _assert_read(prompt: str, mode: str, region: Region, grid: Grid) -> None:
    question = read_prompt(prompt)
    assert question.mode == mode
    mask = question.region_mask(Lattice(*grid), CUE)
    wanted = [[(r, c) in region for c in range(1, grid.cols + 1)] for r in range(1, grid.rows + 1)]
    assert mask.tolist() == wanted


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda t: t.key)
def test_our_own_wording_in_any_order(template: Template) -> None:
    for region in _regions(template):
        local = prompt_local(template, region)
        for prompt in (
            f"{PROMPT_GLOBAL}\n{local}",
            f"{PROMPT_GLOBAL}\n\n{local}",
            f"{local}\n\n{PROMPT_GLOBAL}",
            PROMPT_GLOBAL.replace("\n\n", "\n") + local,
            local,
        ):
            _assert_read(prompt, template.mode, region, GRID)


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the authors' metadata is not on this machine")
@pytest.mark.parametrize("name", ["global_click", "matched_local_count"])
def test_every_published_prompt_of_the_authors(name: str) -> None:
    lines = (OFFICIAL / f"{name}.metadata_test.jsonl").read_text("utf-8").splitlines()
    for line in lines:
        row = json.loads(line)
        grid = Grid(row["rows"], row["cols"])
        region = Region.from_params(row["region_type"], row["region_params"], grid)
        _assert_read(row["prompt"], row["task_mode"], region, grid)


def test_a_visual_question_without_a_highlight_is_declined() -> None:
    question = Question("CLICK", "highlight")
    with pytest.raises(CannotAnswerError, match="marked region"):
        question.region_mask(Lattice(9, 9), None)
