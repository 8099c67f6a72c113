"""The suite's part of rewards: cells as facts, PASS as outcome, of every template."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye.rewards import facts
from handeye.rewards.columns import checked
from handeye.rewards.scoring import verdict_of
from handeye.rose.questions import TEMPLATES
from handeye.rose.release import load
from handeye.rose.rewarded import rewarded
from handeye.rose.scenes.generation import generate
from handeye.rose.scoring.score_item import score_item


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rose") / "set"
    return generate(out, seed=5, scenes=5, sources="pixel-content", workers=1)


def test_the_outcome_is_pass_of_the_span_and_no_pass(data: Path) -> None:
    items = load(data, templates="all")
    seen = set()
    for task in rewarded(items):
        item, truth = items[task.item_id], checked(task.truth)
        seen.add(item.task_template)
        gold, told = truth.gold, facts.as_text(truth.needed)
        *clicks, end = gold.split("; ")
        for answer in (
            *(gold, gold.lower(), gold.replace("(", " ( "), f"{gold} ok", f"CLICK(R1,C1); {gold}"),
            *("; ".join([*clicks[::-1], end]), "; ".join([*clicks[:1], *clicks, end])),
            *("; ".join(clicks) or "DONE", "COUNT(1)", "DONE", "SUBMIT(0)", "3", ""),
        ):
            text = f"<recognition> {told} </recognition> <answer> {answer} </answer>"
            found = verdict_of(text, truth)
            assert found.outcome == score_item(item, answer).passed, answer
            assert found.perception == 1
            assert score_item(item, text).passed == 0
        assert "alone, in the form" not in task.prompt
    assert seen == set(TEMPLATES)


def test_perception_is_the_f1_of_the_cells(data: Path) -> None:
    items = load(data, templates="T1B")
    task = next(one for one in rewarded(items) if len(items[one.item_id].targets) > 1)
    cells = task.truth.facts

    def seen(*said: str) -> float:
        text = f"<recognition> {facts.as_text(said)} </recognition> <answer> DONE </answer>"
        value = verdict_of(text, task.truth).perception
        assert value is not None
        return value

    n = len(cells)
    assert seen(*cells) == 1
    assert seen(*cells[1:]) == pytest.approx(2 * (n - 1) / (2 * n - 1))
    assert seen(*cells, "exception row=999 column=1") == pytest.approx(2 * n / (2 * n + 1))
    every = [f"exception row={r} column={c}" for r in range(1, 9) for c in range(1, 9)]
    assert seen(*every) < 0.4
