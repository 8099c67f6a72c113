"""True and false, short texts, numbers and calls."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds import calls, number, text as short, truth
from handeye.answer_kinds.reading import Reading


@pytest.mark.parametrize("word", ["TRUE", "true.", " True\n"])
def test_a_word_alone_is_strict(word: str) -> None:
    assert truth.read(word) == Reading(True, True)
    assert truth.read(word, explained=True) == Reading(True, True)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("**True**", True),
        ("Answer: false", False),
        ("The statement is FALSE.", False),
        ("FALSE\nbecause it is not true that it beeps", False),
        ("It beeps twice.\nTRUE", True),
        ("TRUE or FALSE? It is true", True),
        ("Yes, it does", True),
        ("No.", False),
        ("False. It is not true that", False),
    ],
)
def test_other_words_are_lenient(said: str, value: bool) -> None:
    assert truth.read(said) == Reading(value, False)


@pytest.mark.parametrize(
    "said",
    *[["", "not true", "It isn't false", "TRUE or FALSE?", "TRUE\nFALSE", "Nothing", "noisy", "t"]],
)
def test_neither_and_both_are_unreadable(said: str) -> None:
    assert truth.read(said) is None


def test_an_explanation_follows_the_word() -> None:
    for said in ("TRUE: it beeps", "TRUE\nit beeps", "True. it beeps", "TRUE - it beeps"):
        assert truth.read(said, explained=True) == Reading(True, True)
        assert truth.explanation(said) == "it beeps"
        assert truth.read(said) == Reading(True, False)
    assert truth.explanation("FALSE") == ""
    assert truth.explanation("It beeps, so TRUE") == "It beeps, so TRUE"


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_true_or_false_or_neither(said: str, explained: bool) -> None:
    found = truth.read(said, explained)
    assert found is None or isinstance(found.value, bool)
    if found is not None and found.strict and not explained:
        assert said.strip().strip(".").lower() == str(found.value).lower()
    assert {truth.score(found, True), truth.score(found, False)} == (
        {0.0} if found is None else {0.0, 1.0}
    )


@given(st.decimals(-(10**9), 10**9, places=3))
def test_digits_are_the_number(value: Decimal) -> None:
    for said in (f"{value}", f"{value:,}"):
        assert number.read(said) == Reading(value, True)
    for said in (f"Answer: {value}", f"It is {value} (not {value + 1}).", f"**{value}** Hz"):
        assert number.read(said) == Reading(value, False)
    assert number.read(f"{value} or {value + 1}") is None


@pytest.mark.parametrize("value", range(21))
def test_words_are_numbers_up_to_twenty(value: int) -> None:
    assert number.read(f"There are {number.WORDS[value]} beeps") == Reading(Decimal(value), False)


@pytest.mark.parametrize(
    "said", ["", "many", "2 or 3", "not 3", "1.5s", "twenty-one", "3/4", "1.2.3", "9" * 31]
)
def test_no_number_and_several_are_unreadable(said: str) -> None:
    assert number.read(said) is None


def test_numbers_are_equal_as_numbers() -> None:
    assert number.score(number.read("3.0"), 3) == 1.0
    assert number.score(number.read("3.2"), 3) == 0.0
    assert number.score(number.read("3.2"), 3, within=0.2) == 1.0
    assert number.score(None, 0) == 0.0


def test_a_number_may_lie_in_a_range_with_its_ends() -> None:
    found = number.read("0.3")
    assert number.between(found, 0.1, 0.3) == number.between(found, 0.3, None) == 1.0
    assert number.between(found, None, 0.29) == number.between(None, 0, 1) == 0.0


@given(st.text(max_size=300))
def test_any_text_is_a_short_text_or_none(said: str) -> None:
    found = short.read(said)
    number.read(said)
    if found is not None:
        assert short.score(found, found.value) == 1.0
        if found.strict:
            assert found.value == said.strip()


def test_a_short_text_is_equal_in_its_words() -> None:
    for said, strict in {
        "the red door": True,
        "A red door.": True,
        "**RED DOOR**": True,
        "Answer: red door": False,
        "I looked twice.\nRed door": False,
    }.items():
        found = short.read(said)
        assert found is not None
        assert found.strict == strict
        assert short.score(found, "red door") == short.score(found, ("gate", "Red door")) == 1.0
        assert short.score(found, "red") == 0.0
    assert short.read("...") is None
    assert short.read("Answer: cat\nAnswer: dog") is None
    assert short.score(None, "") == 0.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("COUNT(4)", ("COUNT(4)",)),
        (" count ( 04 ) ", ("COUNT(4)",)),
        ("CLICK(R3,C1); click( R06 , C8 ); done", ("CLICK(R3,C1)", "CLICK(R6,C8)", "DONE")),
        ("DONE", ("DONE",)),
        ("CLICK(R3,C10); DONE;", ("CLICK(R3,C10)", "DONE")),
        ("COUNT(4);", None),
        ("COUNT(4) is it", None),
        ("I count COUNT(4)", None),
        ("COUNT(٤)", None),
        ("", None),
        (";", None),
    ],
)
def test_calls(text: str, value: tuple[str, ...] | None) -> None:
    found = calls.read(text)
    assert (found and found.value) == value
    assert found is None or found.strict


def test_calls_are_right_in_any_order_but_for_the_last() -> None:
    gold = "CLICK(R1,C2); CLICK(R3,C4); DONE"

    def score(text: str) -> float:
        return calls.score(calls.read(text), gold)

    assert score(gold) == score("CLICK(R3,C4); CLICK(R1,C2); DONE") == 1
    assert score("CLICK(R1,C2); DONE") == score("CLICK(R1,C2); DONE; CLICK(R3,C4)") == 0
    assert score("CLICK(R1,C2); CLICK(R1,C2); CLICK(R3,C4); DONE") == 0
    assert calls.score(None, gold) == 0
