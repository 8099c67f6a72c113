"""The suite's part of rewards: facts, programs and prompts of every family and cue."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye.errors import DataError
from handeye.rewards import facts
from handeye.rewards.columns import checked, right_answer
from handeye.rewards.scoring import answered, true_value, verdict_of
from handeye.stress.items import FAMILIES, NO_SUCH
from handeye.stress.loader import load
from handeye.stress.rewarded import rewarded, task_of
from handeye.stress.scenes.generation import generate
from handeye.stress.scoring.reading import read

SPOKEN = {"absent": NO_SUCH, "left-of": "left", "right-of": "right"}


def test_every_question_follows_from_its_facts(each: Path) -> None:
    items = load(each)
    prompts: dict[str, set[str]] = {}
    for task in rewarded(items):
        item, truth = items[task.item_id], checked(task.truth)
        value = true_value(truth)
        assert value is not None
        assert SPOKEN.get(value, value).casefold() == item.gold.casefold()
        # What is needed is enough, all that is true is no less, and nothing true is punished.
        for said in (truth.needed, truth.facts):
            told = facts.as_text(said)
            text = f"<recognition> {told} </recognition> <answer> {right_answer(truth)} </answer>"
            found = verdict_of(text, truth)
            assert (found.outcome, found.perception, found.broken) == (1, 1, ())
        if item.cue_value and item.cue_value != item.truth:
            # A false cue is no fact, and it is known as the cue's.
            told = facts.as_text(truth.cue_facts)
            text = f"<recognition> {told} </recognition> <answer> {item.cue_value} </answer>"
            found = verdict_of(text, truth)
            assert (found.outcome, found.perception) == (0, 0)
        prompts.setdefault(item.prompt_id, set()).add(task.prompt)
        if item.cue_span and item.cue != "other":
            start, end = item.cue_span
            assert item.question[start:end] not in truth.question
            assert item.question[start:end] in task.prompt
    assert {items[task.item_id].family for task in rewarded(items)} <= set(FAMILIES)
    # Words tell nothing of a picture: both of a pair are asked in the same bytes.
    assert all(len(one) == 1 for one in prompts.values())


def test_what_nobody_could_see_is_not_asked(tmp_path: Path) -> None:
    """Of things that are 6 pixels wide in 336, one may have none in 112."""
    items = load(generate(tmp_path / "set", seed=1, groups=6, families=("count",), cues="none",
                          size=112, workers=1))  # fmt: skip
    gone = {
        picture.scene_id
        for picture in items.pictures.values()
        if not all(one["area"] for one in picture.objects)
    }
    assert len(gone) == 1
    told = [checked(task.truth) and task.scene_id for task in rewarded(items)]
    assert len(told) == len(items) - 2
    assert not gone & set(told)


def test_who_is_referred_to_is_told_by_a_relation_and_an_attribute(requested: Path) -> None:
    """Each of the needed facts is necessary, in this picture and in the one of the other truth."""
    items = load(requested)
    tasks = {task.item_id: task for task in rewarded(items)}
    for item in items:
        truth = tasks[item.item_id].truth
        assert not truth.direct
        known = facts.program(truth.program)
        for left_out in truth.needed:
            kept = [fact for fact in truth.needed if fact != left_out]
            assert known(facts.scene(tuple(kept))) is None
        if item.gold == NO_SUCH:
            continue
        twin = next(
            one for one in items if one.prompt_id == item.prompt_id and one.item_id != item.item_id
        )
        # What is needed of one picture is not true of the other.
        there = facts.scene(tasks[twin.item_id].truth.facts)
        assert facts.founded(facts.scene(truth.needed), there).count(True) < len(truth.needed)
        # Said in one fact it is as true.
        thing, rest = truth.program.removeprefix("colour of ").split(" ", 1)
        told = f"{thing} colour={item.gold} {rest}"
        text = f"<recognition> {told} </recognition> <answer> {right_answer(truth)} </answer>"
        assert verdict_of(text, truth).perception == 1


@pytest.mark.parametrize(
    "text",
    ["red", "Blue.", "the left half", "to the left", "3", "three", "no such", "none", "3 or 4",
     "yes", "3.", "No.", "it is red", "purple", "CAT", "", "3.0", "left or right"],
)  # fmt: skip
def test_the_outcome_is_the_strict_score_of_the_suite(text: str, whole: Path) -> None:
    items = load(whole)
    for item in items:
        task = task_of(item, items.picture(item))
        found = read(text, item, "free", item.order)
        right = found.strict and found.said == item.gold and found.says != "none"
        # A reward is paid for digits alone; the suite takes the full stop of a sentence.
        right = right and not (item.answer == "number" and text.endswith("."))
        assert answered(text, task.truth)[0] == right, (item.item_id, text)


def test_a_set_without_facts_has_no_rewards(data: Path) -> None:
    items = load(data)
    from dataclasses import replace

    with pytest.raises(DataError, match="rewards need the facts of the pictures"):
        next(rewarded(replace(items, pictures={})))
