"""Planted faults: pure functions of seed, item and rates, each with the mark it must leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import OptionError
from handeye.premise.items import AUDIO_FALSE, LETTERS, VISION_FALSE, Item
from handeye.premise.respondents.simulated import (
    FAULTS,
    Gold,
    Shown,
    Simulated,
    simulate,
    simulate_predictions,
)
from handeye.premise.scoring.predictions import of_row
from handeye.premise.scoring.reading import Read, read
from handeye.premise.scoring.score import score_rows
from tests.support.premise import asked as asked_content, families

ITEMS = families(12)
GOLD = Gold(ITEMS)


def answer(item: Item, faults: Any = None, seed: int = 1, **shown: Any) -> Simulated:
    how = Shown(**{"order": item.order, **shown})
    return simulate(item, GOLD.content(item), faults or {}, seed, how)


def said(item: Item, faults: Any = None, **shown: Any) -> Read:
    found = answer(item, faults, **shown)
    variant = {"truth": "true-false", "explained": "true-false-explained", "text": "free"}
    how = variant.get(shown.get("answer", ""), "six")
    return read(found.raw_text or "", item, how, shown.get("order", item.order))


def test_what_is_asked_is_known_of_false_premises_too() -> None:
    assert [GOLD.content(item) for item in ITEMS] == [asked_content(item) for item in ITEMS]


@pytest.mark.parametrize("kind", ["choice", "truth", "explained", "text"])
def test_without_faults_every_answer_is_right_and_in_its_form(kind: str) -> None:
    for item in ITEMS:
        found = said(item, answer=kind)
        false = item.gold >= VISION_FALSE
        assert found.strict
        if kind in ("choice", "text"):
            assert found.role == item.gold
        else:
            assert found.decision == ("rejects" if false else "accepts")


OTHER = {VISION_FALSE: AUDIO_FALSE, AUDIO_FALSE: VISION_FALSE}
# What an answer with a fault at the rate 1 says, from the item and its gold.
Mark = Callable[[Item, Read], bool]
MARKS: dict[str, Mark] = {
    "accept": lambda item, found: found.role == asked_content(item),
    "reject": lambda item, found: found.role in (VISION_FALSE, AUDIO_FALSE),
    "swap_rejections": lambda item, found: found.role == OTHER.get(item.gold, item.gold),
    "wrong_content": lambda item, found: (
        found.role == item.gold
        if item.gold >= VISION_FALSE
        else found.role not in (item.gold, VISION_FALSE, AUDIO_FALSE)
    ),
    "late_letter": lambda item, found: found.place in (4, 5),
    "prose": lambda item, found: found.decision == "unreadable",
    "lenient": lambda item, found: found.role == item.gold and not found.strict,
    "deaf": lambda item, found: item.modality != "vision" or found.role == item.gold,
    "blind": lambda item, found: item.modality != "audio" or found.role == item.gold,
}


@pytest.mark.parametrize("name", MARKS)
def test_a_fault_leaves_its_mark(name: str) -> None:
    for item in ITEMS:
        assert MARKS[name](item, said(item, {name: 1.0})), item.item_id


@pytest.mark.parametrize(("name", "sense"), [("deaf", "audio"), ("blind", "vision")])
def test_without_a_sense_the_words_alone_decide(name: str, sense: str) -> None:
    by_prompt: dict[str, set[int | None]] = {}
    for item in ITEMS:
        if item.modality == sense:
            by_prompt.setdefault(item.prompt_id, set()).add(said(item, {name: 1.0}).role)
    assert all(len(roles) == 1 for roles in by_prompt.values())
    roles = [role for found in by_prompt.values() for role in found]
    assert 0 < sum(role is not None and role >= VISION_FALSE for role in roles) < len(roles)
    # Nothing to see or hear is as good as no eyes or ears.
    part = {"deaf": {"heard": False}, "blind": {"seen": False}}[name]
    for item in ITEMS:
        assert said(item, **part).role == said(item, {name: 1.0}).role


def test_text_alone_and_one_letter_and_chance_do_not_look() -> None:
    prompts: dict[str, set[int | None]] = {}
    for item in ITEMS:
        prompts.setdefault(item.prompt_id, set()).add(said(item, {"text_only": 1}).role)
    assert all(len(roles) == 1 for roles in prompts.values())
    assert len({said(item, {"constant": 1}).place for item in ITEMS}) == 1
    places = [said(item, {"random": 1}).place for item in ITEMS]
    assert set(places) == set(range(6))
    for name in ("text_only", "constant", "random"):
        right = sum(said(item, {name: 1}).role == item.gold for item in ITEMS)
        assert right / len(ITEMS) < 0.35, name


def test_a_clip_of_another_family_makes_every_premise_false() -> None:
    for item in ITEMS:
        false = {"vision": VISION_FALSE, "audio": AUDIO_FALSE}.get(item.modality, VISION_FALSE)
        assert said(item, swapped=True).role == false


def test_answers_that_do_not_come_or_end_badly() -> None:
    item = ITEMS[0]
    states = {
        name: answer(item, {name: 1}) for name in ("refuse", "empty", "truncate", "api_error")
    }
    assert {name: found.state for name, found in states.items()} == {
        "refuse": "refused",
        "empty": "empty",
        "truncate": "truncated",
        "api_error": "error",
    }
    assert all(found.planted == (name,) for name, found in states.items())
    assert states["api_error"].raw_text is None
    assert read(states["truncate"].raw_text or "", item, "six", item.order).role is None


@given(
    st.sampled_from(ITEMS),
    st.dictionaries(st.sampled_from(sorted(FAULTS)), st.floats(0, 1), max_size=4),
    st.integers(0, 2**63 - 1),
    st.integers(1, 3),
)
@settings(max_examples=150)
def test_an_answer_is_a_pure_function(
    item: Item, faults: dict[str, float], seed: int, sample: int
) -> None:
    found = answer(item, faults, seed, sample=sample)
    assert found == answer(item, dict(reversed(faults.items())), seed, sample=sample)
    assert set(found.planted) <= set(faults)
    assert list(found.planted) == sorted(found.planted, key=list(FAULTS).index)
    if found.letters is not None and "prose" not in found.planted:
        best = max(found.letters.letters, key=lambda name: found.letters.letters[name])  # type: ignore[union-attr]
        said = read(found.raw_text or "", item, "six", item.order)
        assert said.place is not None
        assert best == LETTERS[said.place]


def test_raising_one_rate_plants_the_others_as_before() -> None:
    for item in ITEMS:
        few, more = (answer(item, {"accept": 0.3, "prose": rate}).planted for rate in (0.1, 0.6))
        assert ("accept" in few) == ("accept" in more)
        assert ("prose" in few) <= ("prose" in more)


def test_rates_are_met_over_many_items() -> None:
    items = families(60)
    gold = Gold(items)
    for name in ("accept", "reject", "lenient"):
        hits = [
            name in simulate(one, gold.content(one), {name: 0.3}, 5, Shown(order=one.order)).planted
            for one in items
            if name == "lenient" or (one.gold >= VISION_FALSE) == (name == "accept")
        ]
        assert abs(sum(hits) / len(hits) - 0.3) < 0.06, name


def test_samples_differ_where_a_fault_is_not_certain() -> None:
    item = next(one for one in ITEMS if one.gold >= VISION_FALSE)
    texts = {answer(item, {"accept": 0.5}, sample=n).raw_text for n in range(1, 21)}
    assert len(texts) == 2
    assert len({answer(item, {"accept": 1}, sample=n).raw_text for n in range(1, 21)}) == 1


def test_letters_show_what_was_perceived_below_a_wrong_answer() -> None:
    rows = list(simulate_predictions(ITEMS, {"accept": 1}, 3, letters=True))
    scored = score_rows((item, of_row(row, "x")) for item, row in zip(ITEMS, rows, strict=True))
    false = [row.s for row in scored if row.cell.startswith("mis") and row.s is not None]
    true = [row.s for row in scored if row.cell.startswith("std") and row.s is not None]
    assert not any(row.right for row in scored if row.cell.startswith("mis"))
    wins = sum(f > t for f in false for t in true) / (len(false) * len(true))
    assert wins > 0.75
    deaf = list(simulate_predictions(ITEMS, {"deaf": 1}, 3, letters=True))
    scored = score_rows((item, of_row(row, "x")) for item, row in zip(ITEMS, deaf, strict=True))
    sums: dict[str, float] = {}
    for row in scored:
        if row.modality == "audio":
            sums[row.prompt_id] = sums.get(row.prompt_id, 0) + row.told
    assert set(sums.values()) == {2.0}, "of four clips the words tell two"


def test_unknown_faults_and_rates_are_refused() -> None:
    with pytest.raises(OptionError, match=r"unknown fault 'acept'.*accept"):
        answer(ITEMS[0], {"acept": 1})
    with pytest.raises(OptionError, match=r"must lie in 0\.\.1"):
        answer(ITEMS[0], {"accept": 2})
