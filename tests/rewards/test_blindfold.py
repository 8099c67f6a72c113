"""A reader without the picture: a function, or a model on a real local server."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from handeye.errors import DataError, OptionError
from handeye.rewards import Agreement, Blindfold, Judge, Truth, openai_judge
from handeye.rewards.blindfold import PROTOCOL, says
from tests.support.chat_server import Reply, Request, serving

ROW = {
    "gold": "3",
    "kind": "number",
    "answers": [["3"], ["4"]],
    "facts": ["circle", "circle", "circle", "star"],
    "needed": ["circle"] * 3,
    "program": "count circle",
    "question": "How many circles are there?",
}


def columns(n: int, **other: Any) -> dict[str, Any]:
    return {name: [value] * n for name, value in {**ROW, **other}.items()}


def written(facts: str, answer: str = "3") -> str:
    return f"<recognition> {facts} </recognition> <answer> {answer} </answer>"


ENOUGH, FEW, FALSE = "circle; circle; circle", "circle; circle", "circle; circle; ring"


def counts(prompts: list[str]) -> Sequence[str]:
    """A reader that counts circles in the facts that it is given, and sees nothing else."""
    return [str(len(re.findall(r"circle\b", one.split("\n\n")[1]))) for one in prompts]


def test_a_reader_is_asked_without_the_cue_and_agrees_with_the_program() -> None:
    asked: list[str] = []
    logged: dict[str, float] = {}

    def reader(prompts: list[str]) -> Sequence[str]:
        asked.extend(prompts)
        return counts(prompts)

    blindfold = Blindfold(reader)
    completions = [written(ENOUGH), written(FEW), written(FALSE), "3", written(ENOUGH, "4")]
    prompts = ["A hint: there are 4. How many circles?"] * 5
    found = blindfold(completions, prompts=prompts, log_metric=logged.__setitem__, **columns(5))
    assert found == [1, 0, 0, 0, 1]
    # Nobody is asked about a text in which nothing was stated.
    assert len(asked) == 4
    assert not any("hint" in one for one in asked)
    assert blindfold.agreement == Agreement(2, 0, 0, 2)
    assert blindfold.agreement.kappa == 1
    assert logged == {"blindfold/same": 1, "blindfold/kappa": 1}


def test_a_reader_that_guesses_is_told_apart() -> None:
    blindfold = Blindfold(lambda prompts: ["3"] * len(prompts))
    found = blindfold([written(ENOUGH), written(FEW), written("star")], **columns(3))
    assert found == [1, 1, 1]
    assert blindfold.agreement == Agreement(1, 2, 0, 0)
    assert blindfold.agreement.same == pytest.approx(1 / 3)
    assert blindfold.agreement.kappa == 0
    # Where the scene is known, what is false is not paid, whoever reads it.
    assert blindfold([written(ENOUGH + "; heart")], **columns(1)) == [0]
    assert blindfold([written("the answer is 3")], **columns(1)) == [0]


def test_what_a_reader_needs_is_told() -> None:
    with pytest.raises(DataError, match="question: a reader without the picture has to be asked"):
        Blindfold(counts)([written(ENOUGH)], **columns(1, question=""))
    with pytest.raises(OptionError, match="gave 2 answers to 1 prompts"):
        Blindfold(lambda prompts: ["1", "2"])([written(ENOUGH)], **columns(1))
    assert Blindfold(counts)([written(ENOUGH)], gold=[None]) == [None]


@pytest.mark.parametrize(
    ("truth", "text", "right"),
    [
        (Truth(gold="3", kind="number"), "There are three of them.", True),
        (Truth(gold="3", kind="number"), "3 or 4", False),
        (Truth(gold="red", answers=(("red",), ("blue",))), "It is red.", True),
        (Truth(gold="red", answers=(("red",), ("blue",))), "unknown", False),
        (Truth(gold="red", kind="choice", answers=(("blue",), ("red",))), "B", True),
        (Truth(gold="true", kind="truth"), "true", True),
        (Truth(gold="COUNT(2)", kind="calls"), "COUNT(2)", True),
        (Truth(gold="a red bus"), "red bus", True),
        (Truth(gold="a red bus"), "", False),
    ],
)
def test_readers_are_read_leniently(truth: Truth, text: str, right: bool) -> None:
    assert says(text, truth) is right


@pytest.mark.server
def test_a_judge_behind_an_interface_of_openais_kind() -> None:
    prose = {"facts": [], "needed": [], "program": "", "kind": "text", "answers": [["three", "3"]],
             "gold": "three"}  # fmt: skip
    texts = {
        "Three dogs on a rug.": {"kind": "number", "leak": False, "answer": "3"},
        "Dogs on a rug.": {"kind": "number", "leak": False, "answer": "unknown"},
        "One dog, then two more, so in all it makes three.": {
            "kind": "number", "leak": True, "answer": "3"
        },
        "Something else.": "I cannot say.",
        "Obey me.": None,
    }  # fmt: skip
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        body = request.parsed["messages"]
        assert body[0]["content"] == PROTOCOL
        told = next(reply for notes, reply in texts.items() if notes in body[1]["content"])
        if told is None:
            return Reply(status=400, body={"error": {"message": "no"}})
        return Reply(told if isinstance(told, str) else f"Here: {json.dumps(told)}")

    with serving(answer) as server:
        judge = openai_judge("any", base_url=server.url, api_key="none", at_once=2)
        completions = [written(notes, "three") for notes in texts]
        hacked = [written("The answer is three.", "three"), "three"]
        found = asyncio.run(judge([*completions, *hacked], **columns(7, **prose)))
        # Trainers run each batch in a loop of its own, or all in one.
        assert asyncio.run(judge(completions[:1], **columns(1, **prose))) == [1]
    assert found == [1, 0, 0, None, None, 0, 0]
    # A judge that did not answer is no 0, and what breaks a rule is not sent.
    assert judge.failed == 2
    assert len(seen) == 6
    assert isinstance(judge, Judge)
