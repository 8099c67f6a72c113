"""Sets of labels."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds import labels
from handeye.answer_kinds.reading import Reading

OF = ("knife", "cup", "wet floor", "Lid")
SOME = st.lists(st.sampled_from(OF), unique=True)


def read(text: str) -> Reading[frozenset[str]] | None:
    return labels.read(text, OF)


@given(SOME)
def test_a_list_of_them_is_strict(named: list[str]) -> None:
    found = read(", ".join(named) or "none")
    assert found == Reading(frozenset(named), True)
    assert labels.score(found, named) == labels.score(found, [one.upper() for one in named]) == 1
    assert labels.score(found, [*named, "sword"]) == labels.score(None, named) == 0


@pytest.mark.parametrize(
    "said", ["Knife, a CUP.", " knife ,cup\n", "ｋｎｉｆｅ, the cup", "\u200fknife, cup"]
)
def test_case_articles_and_marks_nobody_sees_are_of_no_account(said: str) -> None:
    assert read(said) == Reading(frozenset({"knife", "cup"}), True)


@pytest.mark.parametrize(
    "said",
    [
        *("Answer: knife, cup", "**knife**, **cup**", "knife; cup", "knife and cup"),
        *("- knife\n- cup", "1. knife\n2. cup", "knife\ncup", "```\nknife, cup\n```"),
        *('["knife", "cup"]', '{"labels": ["knife", "cup"], "why": "both lie there"}'),
        *('{"knife": true, "cup": true, "lid": false}', "knife, knife, cup"),
        *("I see a knife and a cup, but no lid.", "There is no lid.\nknife, cup"),
        *("knife, cup\nso it is\ncup, knife", "A knife, a cup. The lid isn't there."),
    ],
)
def test_other_words_are_lenient(said: str) -> None:
    assert read(said) == Reading(frozenset({"knife", "cup"}), False)


@pytest.mark.parametrize("said", ["None", "none.", "[]", "None of them applies.", "Nothing"])
def test_there_may_be_none(said: str) -> None:
    found = read(said)
    assert found is not None
    assert found.value == frozenset()


@pytest.mark.parametrize(
    "said",
    [
        *("", "maybe knife", "knife or cup", "I cannot tell.", "no idea", "The knife isn't there."),
        *("knife, sword", "- knife\n- sword", '["knife", "sword"]', "Answer: knife, sword"),
        *("Answer: knife\nAnswer: cup", "knife\nActually: cup", '["knife"] ["cup"]'),
        *("[" * 50_000, "knife or " * 50_000),
    ],
)
def test_what_is_open_or_no_label_is_unreadable(said: str) -> None:
    assert read(said) is None


def test_a_list_of_everything_is_right_about_everything_alone() -> None:
    found = read(", ".join(OF))
    assert labels.score(found, OF) == 1
    assert labels.score(found, OF[:3]) == 0


def test_a_label_may_be_called_none() -> None:
    assert labels.read("none", ("none", "cup")) == Reading(frozenset({"none"}), True)


@given(st.one_of(st.text(), st.text("knifecup ,;:-[]{}\"'\n")))
def test_any_text_has_labels_or_is_unreadable(said: str) -> None:
    found = read(said)
    assert found is None or found.value <= set(OF)
