"""Log-probabilities of the options, where an answer names one of them."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ContentReasoning,
    ContentText,
    Logprob,
    Logprobs,
    ModelOutput,
    ModelUsage,
    TopLogprob,
)

from handeye.run.answers import Answer
from handeye.run.letters import ASKED_FOR, LEAST, Letters, letters_of, option_of, place_of
from handeye.run.pending import Pending

ABC = tuple("ABCDEF")
TRUTH = ("TRUE", "FALSE")


def output(tokens: list[str], likeliest: dict[int, dict[str, float]], **others: Any) -> ModelOutput:
    """An output whose tokens have log-probabilities of -0.5, and other likely ones by place."""
    content = [
        Logprob(
            token=token,
            logprob=-0.5,
            top_logprobs=[TopLogprob(token=t, logprob=v) for t, v in likeliest[place].items()]
            if place in likeliest
            else None,
        )
        for place, token in enumerate(tokens)
    ]
    said: Any = others.pop("content", "".join(tokens))
    choice = ChatCompletionChoice(
        message=ChatMessageAssistant(content=said), logprobs=Logprobs(content=content)
    )
    return ModelOutput(model="m", choices=[choice], **others)


@pytest.mark.parametrize(
    ("token", "option"),
    [
        *[("B", "B"), (" B", "B"), ("ĠB", "B"), ("▁B", "B"), ("ĊB", "B"), ("(B", "B"), ("B.", "B")],
        *[("**B", "B"), ("b", None), ("BB", None), ("G", None), ("", None), ("Be", None)],
    ],
)
def test_a_letter_is_spelt_with_nothing_else_around_it(token: str, option: str | None) -> None:
    assert option_of(token, ABC) == option


@pytest.mark.parametrize(
    ("token", "option"),
    [("TRUE", "TRUE"), (" True", "TRUE"), ("F", "FALSE"), ("fal", "FALSE"), ("TRUEx", None)],
)
def test_a_word_may_be_begun(token: str, option: str | None) -> None:
    assert option_of(token, TRUTH) == option


@pytest.mark.parametrize(
    ("tokens", "place", "thought"),
    [
        (["B"], 0, False),
        (["(", "B", ")"], 1, False),
        (["Answer", ":", " **", "C", "**"], 3, False),
        (["The", " answer", " is", " D", "."], 3, False),
        (["A", "nswer", ":", " B"], 3, False),
        (["A", " red", " one", ",", " so", " B"], 5, True),
        (["It", " is", " not", " A", ".", " So", ":", " E"], 7, True),
        (["<think>", "B", "?", "</think>", "\n", "C"], 5, True),
    ],
)
def test_the_place_is_where_the_answer_names_an_option(
    tokens: list[str], place: int, thought: bool
) -> None:
    assert place_of(tokens, ABC) == (place, thought)


@pytest.mark.parametrize("tokens", [[], ["nothing"], ["A", " red", " one"], ["<think>", "B"]])
def test_no_place_where_none_is_named(tokens: list[str]) -> None:
    assert place_of(tokens, ABC) is None


def test_spellings_stand_apart_and_what_is_missing_has_a_bound() -> None:
    likely = {"B": -0.1, " B": -2.5, "A": -3.0, "The": -3.5, "F": -4.0, "I": -6.0}
    found = letters_of(output(["B"], {0: likely}), ABC)
    assert found is not None
    assert found.letters == {"B": -0.1, " B": -2.5, "A": -3.0, "F": -4.0}
    assert found.bound == -6.0
    assert not found.post_thought


def test_a_written_letter_that_is_not_among_the_likeliest_counts() -> None:
    found = letters_of(output(["B"], {0: {"A": -0.2, "C": -1.0}}), ABC)
    assert found is not None
    assert found.letters == {"B": -0.5, "A": -0.2, "C": -1.0}


def test_tokens_of_one_spelling_count_together() -> None:
    said = output(["B"], {})
    (choice,) = said.choices
    assert choice.logprobs is not None
    twice = [TopLogprob(token="B", logprob=math.log(p)) for p in (0.5, 0.25)]
    choice.logprobs.content[0].top_logprobs = [*twice, TopLogprob(token="C", logprob=-9.0)]
    found = letters_of(said, ABC)
    assert found is not None
    assert found.letters == pytest.approx({"B": math.log(0.75), "C": -9.0})


def test_without_others_the_rest_of_the_probability_is_the_bound() -> None:
    found = letters_of(output(["B"], {}), ABC)
    assert found is not None
    assert found.letters == {"B": -0.5}
    assert found.bound == pytest.approx(math.log(1 - math.exp(-0.5)))


def test_hidden_thoughts_are_told() -> None:
    parts = [ContentReasoning(reasoning="hm"), ContentText(text="B")]
    for others in ({"content": parts}, {"usage": ModelUsage(reasoning_tokens=9)}):
        found = letters_of(output(["B"], {0: {"B": -0.1}}, **others), ABC)
        assert found is not None
        assert found.post_thought


def test_impossible_letters_have_a_number_that_json_knows() -> None:
    told = Letters({"B": 0.0, "A": -math.inf, "C": math.nan, "D": 1e-9})
    found = letters_of(output(["B"], {}, metadata=told.as_metadata()), ABC)
    assert found == Letters({"B": 0.0, "A": LEAST, "D": 0.0}, None, False)


def test_nothing_is_kept_where_nothing_is_asked_for() -> None:
    assert letters_of(output(["B"], {0: {"B": -0.1}}), ()) is None
    assert letters_of(ModelOutput(model="m"), ABC) is None
    assert letters_of(output(["No", "."], {}), ABC) is None


def test_an_answer_keeps_them_and_old_lines_read_as_before() -> None:
    said = output(["B"], {0: {"B": -0.1, "A": -3.0}})
    kept = Pending("i", "m", "r", "", letters=ABC, sample=2).answered(said, None)
    assert isinstance(kept, Answer)
    assert (kept.letters, kept.letters_bound, kept.sample) == ({"B": -0.1, "A": -3.0}, -3.0, 2)
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Answer) == kept
    plain = Pending("i", "m", "r", "").answered(said, None)
    written = msgspec.to_builtins(plain)
    assert not {"letters", "letters_bound", "post_thought", "sample"} & set(written)
    assert msgspec.convert(written, Answer) == plain


@given(st.lists(st.text(max_size=4), max_size=12))
def test_any_tokens_have_a_place_or_none(tokens: list[str]) -> None:
    found = place_of(tokens, ABC)
    assert found is None or option_of(tokens[found[0]], ABC) is not None


def test_what_is_told_beyond_the_likeliest_bounds_nothing() -> None:
    """A model on this machine tells of every letter, however unlikely."""
    likeliest = {f"t{number}": -1.0 - number for number in range(ASKED_FOR - 1)}
    told = output(["A"], {0: {"A": -0.5, **likeliest, "B": -90.0, "Z": -95.0}})
    found = letters_of(told, ABC)
    assert found is not None
    assert (found.letters, found.bound) == ({"A": -0.5, "B": -90.0}, -19.0)
    assert letters_of(told, TRUTH) is None
