"""From clicks and numbers to answer text; the question as a person reads it; practice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from handeye import rose
from handeye.answer_kinds.clicks import parse
from handeye.errors import DataError
from handeye.rose.human.people import MOST, RosePeople
from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY, FORMATS
from tests.support.study.expecting import expecting

ROSE = RosePeople()


@pytest.fixture(scope="module")
def items(study_set: Path) -> dict[str, Item]:
    """One item of every template."""
    return {item.task_template: item for item in rose.load(study_set, split="all")}


def of(items: dict[str, Item], key: str) -> Item:
    return items[BY_KEY[key].id]


def text(item: Item, clicks: Sequence[tuple[int, int]] = (), number: int | None = None) -> str:
    return ROSE.reply(item, {"clicks": clicks, "number": number})


def test_answers_in_the_grammar(items: dict[str, Item]) -> None:
    clicks = [(3, 1), (1, 2)]
    assert text(of(items, "T1"), number=12) == "COUNT(12)"
    assert text(of(items, "T3"), clicks) == "CLICK(R3,C1); CLICK(R1,C2); DONE"
    assert text(of(items, "T4")) == "DONE"
    assert text(of(items, "T5"), clicks, 5) == ("CLICK(R3,C1); CLICK(R1,C2); SUBMIT(5)")
    assert text(of(items, "T5"), [], 0) == "SUBMIT(0)"


def test_every_answer_is_valid_and_says_what_was_given(items: dict[str, Item]) -> None:
    for item in items.values():
        number = 7 if item.task_mode != "CLICK" else None
        clicks = [(2, 2), (1, 1)] if item.task_mode != "COUNT" else []
        found = parse(text(item, clicks, number), item.task_mode)  # type: ignore[arg-type]
        assert found.format_valid
        assert list(found.clicks) == clicks
        assert 7 in (found.count, found.submit) or number is None


def test_what_is_no_answer_is_refused(items: dict[str, Item]) -> None:
    count, click, both = (of(items, key) for key in ("T1", "T3", "T5"))
    with expecting(DataError, "needs a number"):
        text(count)
    with expecting(DataError, "needs a number"):
        text(both, [(1, 1)])
    with expecting(DataError, "no number"):
        text(click, [(1, 1)], 1)
    with expecting(DataError, "no clicks"):
        text(count, [(1, 1)], 1)
    with expecting(DataError, "within 0"):
        text(count, number=MOST + 1)
    with expecting(DataError, "within 0"):
        text(count, number=-1)
    for cell in ((0, 1), (1, 0), (click.rows + 1, 1), (1, click.cols + 1)):
        with expecting(DataError, "outside"):
            text(click, [cell])
    with expecting(DataError, "twice"):
        text(click, [(1, 1), (1, 1)])
    for given in ({"number": "3"}, {"clicks": [[1]]}, {"choice": 1}):
        with expecting(DataError, "not an answer"):
            ROSE.reply(count, given)


def test_what_practice_tells(items: dict[str, Item]) -> None:
    def told(item: Item, clicks: Sequence[tuple[int, int]], number: int | None) -> str:
        return str(ROSE.feedback(item, text(item, clicks, number))["explain"])

    count, click, both = (
        msgspec.structs.replace(of(items, key), region_target_cells=["R2,C1", "R1,C3"])
        for key in ("T1", "T3", "T5")
    )
    count = msgspec.structs.replace(count, ground_truth_count=2)
    none = msgspec.structs.replace(click, region_target_cells=[])
    right = [(1, 3), (2, 1)]
    differ = "2 cells differ there."
    assert told(count, [], 2) == told(click, right, None) == told(both, right, 2) == differ
    assert told(count, [], 9) == f"{differ} You entered 9."
    assert told(click, right[:1], None) == told(both, right[:1], 1) == differ
    assert told(both, right, 1) == f"{differ} The number must be the number of cells you clicked."
    assert told(none, [], None) == "No cell differs there."
    assert told(none, right[:1], None) == (
        "No cell differs there. Then choose \N{LEFT DOUBLE QUOTATION MARK}Nothing to click"
        "\N{RIGHT DOUBLE QUOTATION MARK}."
    )
    assert ROSE.feedback(click, "DONE")["cells"] == [[1, 3], [2, 1]]


def test_a_person_reads_what_a_model_reads_but_for_the_form_of_the_answer(study_set: Path) -> None:
    for item in rose.load(study_set, split="all"):
        question = ROSE.board(item)["question"]
        words = f"{question['before']} {question['where']} {question['after']}"
        without_form = item.prompt_local.partition(" Answer only")[0]
        assert words.replace("enter how many", "submit how many") == without_form
        assert FORMATS[item.task_mode] not in words
        assert "COUNT(" not in words
