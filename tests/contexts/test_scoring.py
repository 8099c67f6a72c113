"""Figures of planted answers, by hand; and every form of answer, asked and scored."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from handeye import contexts
from handeye.answer_kinds.schemas import tools_of
from handeye.contexts.asking.prompts import prompt_of, read_prompt
from handeye.contexts.authored import Answer, Call, Calls, Cells, Number, Region, Text
from handeye.contexts.diagnosis.reasons import find_reasons
from handeye.contexts.items import CANNOT, Item
from handeye.contexts.respondents.simulated import FAULTS, simulate_predictions
from handeye.contexts.scoring.actions import (
    answers_apart,
    as_shown,
    gold_said,
    is_action,
    read,
    right,
)
from handeye.contexts.scoring.figures import Figures
from handeye.contexts.scoring.references import best_share
from handeye.contexts.scoring.score import ScoreRow

TOOLS = tools_of(
    [
        {"name": "give", "parameters": {"type": "object", "properties": {
            "what": {"type": "string"}, "n": {"type": "integer", "default": 1}},
            "required": ["what"]}},
        {"name": "wait"},
    ]
)  # fmt: skip


def item(form: str, answer: Answer, **more: Any) -> Item:
    given = {"item_id": "s/do:c", "scene_id": "s", "group": "g", "name": "c", "about": "does"}
    given |= {"ask": "What now?", "media": ("p.png",), "tools": TOOLS if "call" in form else ()}
    return Item(**{**given, "form": form, "answer": answer, **more})  # type: ignore[arg-type]


BOX = Region(box=(10, 20, 30, 40))
CASES = {
    "choice": (item("choice", Answer(choice=("b", "c")), of=("a", "b", "c")), "B", "A"),
    "number": (item("number", Answer(number=Number(value=3, tolerance=0.5))), "3.4", "4"),
    "range": (item("number", Answer(number=Number(low=3))), "1000", "2.9"),
    "text": (item("text", Answer(text=("a mug", "cup"))), "Cup", "a cup of tea"),
    "pattern": (item("text", Answer(text=Text(pattern="[A-Z]{2}-[0-9]+"))), "AB-12", "ab-12"),
    "labels": (item("labels", Answer(labels=("x", "y")), of=("x", "y", "z")), "y, x", "x"),
    "none": (item("labels", Answer(labels=()), of=("x", "y")), "none", "x"),
    "cells": (item("cells", Answer(cells=Cells(grid=(3, 3), right=((1, 2),)))),
              "CLICK(R1,C2); DONE", "CLICK(R2,C1); DONE"),
    "point": (item("point", Answer(point=BOX)), "(12, 33)", "(33, 12)"),
    "unit": (item("point", Answer(point=BOX), points="unit"), "(0.2, 0.3)", "(20, 30)"),
    "points": (item("points", Answer(points=(BOX, Region(polygon=((50, 50), (60, 50), (50, 60)))))),
               "(52, 52); (20, 30)", "(20, 30)"),
    "call": (item("call", Answer(call=Call(name="give", args={"what": {"any": ["cup", "mug"]},
                                                               "n": 1}))),
             '{"name": "give", "arguments": {"what": "mug"}}',
             '{"name": "give", "arguments": {"what": "mug", "n": 2}}'),
    "nothing": (item("call", Answer(call="nothing")), "nothing",
                '{"name": "wait", "arguments": {}}'),
    "calls": (item("calls", Answer(calls=Calls(of=(Call(name="wait"), Call(name="wait"))))),
              '[{"name": "wait", "arguments": {}}, {"name": "wait", "arguments": {}}]',
              '{"name": "wait", "arguments": {}}'),
    "impossible": (item("number", Answer(impossible="no eggs"), refusable=True), CANNOT, "0"),
}  # fmt: skip
SIZE = (100, 100)


@pytest.mark.parametrize("name", CASES)
def test_every_form_is_read_scored_and_asked_for(name: str) -> None:
    one, good, bad = CASES[name]
    for text, holds in ((good, True), (bad, False)):
        said = read(text, one, one.of, SIZE)
        assert said is not None
        assert said.strict
        assert right(said.said, one.form, one.answer) is holds
    order = range(len(one.of))
    if name != "pattern":
        shown = as_shown(gold_said(one), one, order, SIZE)
        said = read(shown, one, one.of, SIZE)
        assert said is not None
        assert said.strict
        assert right(said.said, one.form, one.answer)
    prompt = read_prompt(prompt_of(one, tuple(order)))
    assert prompt is not None
    assert prompt.form[:4] == one.form[:4]
    assert prompt.options == (one.of if one.form in ("choice", "labels") else ())


def test_a_right_answer_is_apart_from_those_that_share_no_action() -> None:
    def of(form: str, *answers: Answer) -> bool:
        return answers_apart(form, answers[0], form, answers[1])

    assert of("choice", Answer(choice="a"), Answer(choice=("b", "c")))
    assert not of("choice", Answer(choice="a"), Answer(choice=("b", "a")))
    assert of("number", Answer(number=1), Answer(number=2))
    assert not of("number", Answer(number=Number(low=0, high=2)), Answer(number=2))
    assert of("number", Answer(number=1), Answer(impossible="x"))
    assert not of("number", Answer(impossible="y"), Answer(impossible="x"))
    assert of("point", Answer(point=BOX), Answer(point=Region(box=(50, 50, 60, 60))))
    assert of("call", Answer(call="nothing"), Answer(call=Call(name="wait")))
    assert not answers_apart("text", Answer(text="a"), "number", Answer(number=1))


def test_named_actions() -> None:
    said = '[{"arguments":{"name":"wait"},"name":"give"}]'
    assert is_action(said, "call", "give")
    assert not is_action(said, "call", "wait")
    assert is_action("leave it", "choice", "Leave it")
    assert not is_action(CANNOT, "call", "wait")


# ---- figures


ACTIONS = ("a", "b", "c", "d")


def rows(
    scenes: int,
    does: Callable[[int, int], str | None],
    sees: Callable[[int], bool] = lambda scene: True,
) -> list[ScoreRow]:
    """Scenes with four contexts each, the right action (scene + context) mod 4."""
    out = []
    for scene in range(scenes):
        out.append(row(scene, "sees", "thing", "yes", "yes" if sees(scene) else "no"))
        for at in range(4):
            out.append(row(scene, "does", f"c{at}", ACTIONS[(scene + at) % 4], does(scene, at)))
    return out


def row(scene: int, about: str, name: str, gold: str, said: str | None) -> ScoreRow:
    return ScoreRow(
        item_id=f"{scene}/{about}:{name}", scene_id=str(scene), group="g", split="test",
        about=about, name=name, form="choice", control="", keep=0,
        right_answer=msgspec.json.encode(Answer(choice=gold)).decode(), gold=gold, model="m",
        answer_state="error" if said is None else "answered", said=said, lenient_said=said,
        right=int(said == gold), lenient_right=int(said == gold), can_harm=int(gold == "a"),
        harmful=int(said == "d"), default=None, cannot=0,
    )  # fmt: skip


def head(of: list[ScoreRow]) -> dict[str, float]:
    found = Figures(of, 0, 0).part("all")
    return {name: float(one.values[0]) for name, one in found.items()}


def test_who_is_right_has_no_gap_and_is_blind_to_nothing() -> None:
    found = head(rows(8, lambda scene, at: ACTIONS[(scene + at) % 4]))
    assert found == {
        "sees": 1, "does": 1, "given": 1, "gap": 0, "consistent": 1, "context_blind": 0,
        "picture_blind": 0, "harmful": 0, "cannot": 0, "form": 1,
    }  # fmt: skip


def test_who_goes_by_one_half_is_blind_to_the_other() -> None:
    by_picture = head(rows(8, lambda scene, at: ACTIONS[scene % 4]))
    assert by_picture["context_blind"] == 1
    assert by_picture["picture_blind"] == 0
    assert by_picture["does"] == 0.25
    by_context = head(rows(8, lambda scene, at: ACTIONS[at]))
    assert (by_context["context_blind"], by_context["picture_blind"]) == (0, 1)
    constant = head(rows(8, lambda scene, at: "a"))
    assert (constant["context_blind"], constant["picture_blind"]) == (1, 1)
    assert constant["gap"] == 0.75
    assert constant["consistent"] == 0


def test_pairs_are_counted_as_by_hand() -> None:
    rng = np.random.default_rng(5)
    said = {(s, c): ACTIONS[rng.integers(4)] for s, c in product(range(7), range(4))}
    of = rows(7, lambda scene, at: said[scene, at])
    done = [one for one in of if one.about == "does"]
    found = head(of)
    for key, alike in (
        ("context_blind", lambda a, b: a.scene_id == b.scene_id),
        ("picture_blind", lambda a, b: a.name == b.name),
    ):
        pairs = [
            (a, b)
            for at, a in enumerate(done)
            for b in done[at + 1 :]
            if alike(a, b) and a.gold != b.gold
        ]
        same = sum(a.said == b.said for a, b in pairs)
        assert found[key] == pytest.approx(same / len(pairs))


def test_given_sees_is_of_scenes_in_which_all_was_seen() -> None:
    of = rows(4, lambda s, at: ACTIONS[(s + at) % 4] if s % 2 else "x", lambda scene: scene > 0)
    found = head(of)
    assert found["sees"] == 0.75
    assert found["does"] == 0.5
    assert found["given"] == pytest.approx(8 / 12)
    assert found["gap"] == pytest.approx(0.25)


def test_without_two_pictures_blindness_to_them_is_not_told() -> None:
    found = head(rows(1, lambda scene, at: "a"))
    assert "picture_blind" not in found
    assert found["context_blind"] == 1


def test_intervals_of_pairs_of_scenes_are_as_wide_as_drawing_both_again() -> None:
    """Against the variance over sets that are really drawn again."""
    values, wide = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        lazy = rng.random(30) < 0.5
        things = rng.integers(4, size=30)
        of = []
        for scene in range(30):
            said = "a" if lazy[scene] else ACTIONS[things[scene]]
            of.append(row(scene, "does", "c0", ACTIONS[things[scene]], said))
        part = Figures(of, seed, 100).part("all")["picture_blind"]
        values.append(part.values[0])
        wide.append(part.values[1:].std())
    assert 0.8 < np.mean(wide) / np.std(values) < 1.25


def test_halves_are_worth_chance_where_contexts_and_pictures_are_crossed() -> None:
    done = [one for one in rows(8, lambda s, at: "a") if one.about == "does"]
    assert best_share(done, "context") == best_share(done, "picture") == 0.25


# ---- planted faults


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("planted") / "set"
    return contexts.load(contexts.generate(root, seed=5, scenes=16, workers=1))


REASON = {
    "api_error": {"no_answer"}, "refuse": {"refused"}, "empty": {"no_answer"},
    "truncate": {"truncated"}, "prose": {"unreadable"}, "lenient": {"format_only"},
    "unseen": {"unseen"}, "other_context": {"other_context", "default"},
    "other_picture": {"other_context", "default", "other", "harmful"},
    "wrong": {"unseen"}, "harm": {"other_context", "harmful"},
}  # fmt: skip


@pytest.mark.parametrize("fault", REASON)
def test_planted_faults_are_found_and_nothing_else(items: Any, fault: str) -> None:
    said = list(simulate_predictions(items, {fault: 1.0}, 3))
    planted = {one["item_id"] for one in said if fault in one["planted"]}
    assert planted
    found = find_reasons(contexts.score(said, items, bootstrap=0).rows)
    assert {one.row.item_id for one in found if not one.passed} <= planted
    # Any words are an answer where a text is asked for.
    also = {"unseen"} if fault == "prose" else set()
    assert {one.reason for one in found if one.reason} <= REASON[fault] | also
    assert any(one.reason for one in found)


def test_nothing_is_found_where_nothing_is_planted(items: Any) -> None:
    said = list(simulate_predictions(items, {}, 3))
    assert all(one.passed for one in find_reasons(contexts.score(said, items, bootstrap=0).rows))
    assert set(REASON) | {"default", "give_up"} == set(FAULTS)


def test_the_example_from_init_to_a_report(tmp_path: Path) -> None:
    root = contexts.init(tmp_path / "set")
    run = contexts.run("handeye/simulated", root, tmp_path / "run", progress=False)
    assert run.summary["bases"]["all"]["headline"]["does"]["value"] == 1
    assert "unchecked" in run.summary["note"]
    seen: list[str] = []

    def answer(pictures: Any, prompt: str) -> str:
        seen.append(prompt)
        assert len(pictures) == 1
        return "nothing"

    other = contexts.run(answer, root, tmp_path / "other", name="mine", progress=False)
    assert any(prompt.startswith("You control a kitchen robot") for prompt in seen)
    assert not any("kitchen robot" in p for p in seen if "How many mugs are on" in p)
    page = contexts.report([run, other], tmp_path / "report.html").read_text()
    assert "Eight guests are coming" in page
