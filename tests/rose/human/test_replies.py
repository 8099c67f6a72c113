"""From clicks and numbers to answer text; the question as a person reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye import rose
from handeye.errors import DataError
from handeye.rose.human.replies import MOST, Reply, answer_text
from handeye.rose.human.wording import wording
from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY, FORMATS
from handeye.rose.scoring.grammar import parse
from tests.support.study.expecting import expecting


@pytest.fixture(scope="module")
def items(study_set: Path) -> dict[str, Item]:
    """One item of every template."""
    return {item.task_template: item for item in rose.load(study_set, split="all")}


def of(items: dict[str, Item], key: str) -> Item:
    return items[BY_KEY[key].id]


def test_answers_in_the_grammar(items: dict[str, Item]) -> None:
    clicks = [(3, 1), (1, 2)]
    assert answer_text(of(items, "T1"), Reply(0, number=12)) == "COUNT(12)"
    assert answer_text(of(items, "T3"), Reply(0, clicks)) == "CLICK(R3,C1); CLICK(R1,C2); DONE"
    assert answer_text(of(items, "T4"), Reply(0)) == "DONE"
    assert answer_text(of(items, "T5"), Reply(0, clicks, 5)) == (
        "CLICK(R3,C1); CLICK(R1,C2); SUBMIT(5)"
    )
    assert answer_text(of(items, "T5"), Reply(0, [], 0)) == "SUBMIT(0)"
    assert answer_text(of(items, "T5"), Reply(0, skipped=True)) is None


def test_every_answer_is_valid_and_says_what_was_given(items: dict[str, Item]) -> None:
    for item in items.values():
        number = 7 if item.task_mode != "CLICK" else None
        clicks = [(2, 2), (1, 1)] if item.task_mode != "COUNT" else []
        found = parse(answer_text(item, Reply(0, clicks, number)), item.task_mode)  # type: ignore[arg-type]
        assert found.format_valid
        assert list(found.clicks) == clicks
        assert 7 in (found.count, found.submit) or number is None


def test_what_is_no_answer_is_refused(items: dict[str, Item]) -> None:
    count, click, both = (of(items, key) for key in ("T1", "T3", "T5"))
    with expecting(DataError, "needs a number"):
        answer_text(count, Reply(0))
    with expecting(DataError, "needs a number"):
        answer_text(both, Reply(0, [(1, 1)]))
    with expecting(DataError, "no number"):
        answer_text(click, Reply(0, [(1, 1)], 1))
    with expecting(DataError, "no clicks"):
        answer_text(count, Reply(0, [(1, 1)], 1))
    with expecting(DataError, "within 0"):
        answer_text(count, Reply(0, number=MOST + 1))
    with expecting(DataError, "within 0"):
        answer_text(count, Reply(0, number=-1))
    for cell in ((0, 1), (1, 0), (click.rows + 1, 1), (1, click.cols + 1)):
        with expecting(DataError, "outside"):
            answer_text(click, Reply(0, [cell]))
    with expecting(DataError, "twice"):
        answer_text(click, Reply(0, [(1, 1), (1, 1)]))


def test_a_person_reads_what_a_model_reads_but_for_the_form_of_the_answer(study_set: Path) -> None:
    for item in rose.load(study_set, split="all"):
        text = wording(item).text
        without_form = item.prompt_local.partition(" Answer only")[0]
        assert text.replace("enter how many", "submit how many") == without_form
        assert FORMATS[item.task_mode] not in text
        assert "COUNT(" not in text
