"""Which of several options an answer names."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds import choice
from handeye.answer_kinds.reading import Reading

OPTIONS = (
    *("red square", "blue square", "green square", "square"),
    "What the question says about the picture is not so",
    "What the question says about the sound is not so",
)
LETTERS = choice.LETTERS[: len(OPTIONS)]
LENIENT = {
    "b": " b ",
    "B": "**B** | Answer: B | answer: b | The answer is **B**. | B. blue square | (B) blue square"
    " | B blue square | B - blue square | `B` | \\boxed{B} | <answer>B</answer> | Final answer:\nB"
    ' | {"answer": "B"} | B\n\nBecause the square is blue. | B because it moves'
    " | The blue square, I think. | Blue square. | I think (A) is wrong. Answer: B"
    " | Reasoning about A and C...\n\nB | Option A is wrong. The correct option is B."
    " | There is a red square, then another. Answer: B | The right one is therefore B",
    "C": "C. A green one | C: A thing that is green",
    "A": "A red square | Answer: A red square | A because it is red | a.",
    "D": "It shows a square. | square",
    "E": "E. What the question says about the picture is not so",
    "F": "Answer: **(F)** | What the question says about the sound is not so.",
}


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("form", ["{}", "({})", "{}.", "{})", "{}:", " {}\n"])
def test_a_letter_alone_is_strict(letter: str, form: str) -> None:
    text = form.format(letter)
    assert choice.read(text, OPTIONS) == Reading(LETTERS.index(letter), True)


@pytest.mark.parametrize(
    ("letter", "text"),
    [(letter, text) for letter, texts in LENIENT.items() for text in texts.split(" | ")],
)
def test_other_words_are_told_apart(letter: str, text: str) -> None:
    assert choice.read(text, OPTIONS) == Reading(LETTERS.index(letter.upper()), False)


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "?", "G", "Z", "I", "e.g. this", "a square circle or so", "Nothing of these"),
        *("A, B", "A/B", "(A) or (B)", "Answer: B or C", "A\nB", "Answer: A\nAnswer: B", "A and B"),
        *("not (B)", "It is not B.", "Answer: not B", "neither A nor B", "It isn't (C)"),
        *("B. red square", "Answer: B. red square"),
        *("A. red square\nB. blue square\nC", "**A** is wrong, **B** is right"),
        *("B\n\nActually, A.", "B. Wait, it is C.", "Answer: B\nSorry, I meant (A)"),
        "It is a red square or a blue square.",
    ],
)
def test_several_and_none_are_unreadable(text: str) -> None:
    assert choice.read(text, OPTIONS[:3] if "circle" in text else OPTIONS) is None


@given(st.text(max_size=200))
def test_any_text_names_one_option_or_none(text: str) -> None:
    found = choice.read(text, OPTIONS)
    assert found is None or 0 <= found.value < len(OPTIONS)
    if found is not None and found.strict:
        assert text.strip().strip("().:") == LETTERS[found.value]


@given(st.permutations(OPTIONS), st.sampled_from(OPTIONS), st.sampled_from(["{}", "{}.", "It: {}"]))
def test_an_options_words_name_it_wherever_it_stands(
    options: list[str], said: str, form: str
) -> None:
    assert choice.read(form.format(said), options) == Reading(options.index(said), False)


@given(
    st.sampled_from(LETTERS),
    st.sampled_from(LETTERS),
    st.sampled_from(["{} {}", "({}) ({})", "Answer: {}. Answer: {}", "{}\n{}", "**{}**, **{}**"]),
)
def test_two_letters_are_one_answer_where_they_are_the_same(
    one: str, other: str, form: str
) -> None:
    found = choice.read(form.format(one, other), OPTIONS)
    assert (found is not None and found.value == LETTERS.index(one)) == (one == other)


@given(st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_the_score_is_exact(value: int, gold: int, strict: bool) -> None:
    assert choice.score(Reading(value, strict), gold) == float(value == gold)
    assert choice.score(None, gold) == 0.0


def test_a_long_answer_takes_no_long_time_and_its_end_counts() -> None:
    assert choice.read("A or " * 200_000 + "\nAnswer: C", OPTIONS) == Reading(2, False)
    assert choice.read("*" * 300_000, OPTIONS) is None


def test_several_options_may_be_right() -> None:
    found = choice.read("B", ["red", "green", "blue"])
    assert choice.score(found, {1, 2}) == choice.score(found, 1) == 1
    assert (
        choice.score(found, {0, 2}) == choice.score(found, ()) == choice.score(None, {0, 1, 2}) == 0
    )
