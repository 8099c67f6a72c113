"""What is asked, in words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds import choice, truth
from handeye.errors import OptionError
from handeye.premise.asking import prompts
from handeye.premise.asking.prompts import VARIANTS, Variant, order_of, read_prompt, variant_of
from handeye.premise.items import LETTERS, PAPER_ORDER, Item
from handeye.premise.loader import load
from handeye.premise.scoring.reading import ANSWER_KINDS, options_of, read
from tests.support.premise import families

ITEMS = families(3)
STATED = [msgspec.structs.replace(item, statement="The circle is red.") for item in ITEMS]


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("order", ["set", "paper", "shuffle:3"])
def test_items_of_one_prompt_are_asked_in_the_same_bytes(name: str, order: str) -> None:
    asked: dict[str, set[str]] = {}
    for item in ITEMS:
        words = VARIANTS[name].write(item, order_of(item, order))
        asked.setdefault(item.prompt_id, set()).add(words)
    assert all(len(words) == 1 for words in asked.values())
    if name != "no-question":  # then options alone tell prompts apart, and here all have the same
        assert len({words for found in asked.values() for words in found}) == len(asked)


def test_the_six_options_stand_in_their_order() -> None:
    item = ITEMS[0]
    order = (5, 0, 4, 1, 2, 3)
    words = VARIANTS["six"].write(item, order)
    options = options_of(item)
    assert [line for line in words.splitlines() if line[1:3] == ". "] == [
        f"{LETTERS[at]}. {options[role]}" for at, role in enumerate(order)
    ]
    assert words.startswith(item.question)
    assert VARIANTS["check-first"].write(item, order).endswith(words)


def test_nothing_in_a_prompt_tells_which_clip_it_is_about() -> None:
    for name, variant in VARIANTS.items():
        for item in (*ITEMS, *STATED):
            words = variant.write(item, item.order)
            assert item.clip_id not in words, name
            assert item.premise not in words, name


def test_a_statement_is_asked_about_where_there_is_one() -> None:
    for name in ("true-false", "true-false-explained"):
        assert VARIANTS[name].write(STATED[0], PAPER_ORDER).startswith("The circle is red.\n\n")
        assert VARIANTS[name].write(ITEMS[0], PAPER_ORDER).startswith(f"{ITEMS[0].question}\n\n")


@pytest.mark.parametrize("order", ["", "random", "shuffle", "shuffle:", "shuffle:x", "shuffle:-1"])
def test_other_orders_are_refused(order: str) -> None:
    with pytest.raises(OptionError, match="give set, paper or shuffle:SEED"):
        prompts.check_order(order)


@given(st.integers(0, 10**17), st.sampled_from(ITEMS))
def test_a_shuffled_order_has_every_role_once(seed: int, item: Item) -> None:
    order = prompts.check_order(f"shuffle:{seed}")
    found = order_of(item, order)
    assert sorted(found) == list(PAPER_ORDER)
    assert found == order_of(item, order)


def test_orders_of_prompts_differ_and_those_of_seeds_too() -> None:
    for seed in (1, 2):
        assert len({order_of(item, f"shuffle:{seed}") for item in ITEMS}) > 10
    assert [order_of(i, "shuffle:1") for i in ITEMS] != [order_of(i, "shuffle:2") for i in ITEMS]
    assert {order_of(item, "paper") for item in ITEMS} == {PAPER_ORDER}
    assert [order_of(item, "set") for item in ITEMS] == [item.order for item in ITEMS]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_prompt_can_be_read_again(name: str) -> None:
    for item in (ITEMS[0], STATED[-1]):
        found = read_prompt(f"Two frames:\n\n{VARIANTS[name].write(item, item.order)}\n")
        assert found is not None
        assert found.answer == ANSWER_KINDS[name]
        assert found.text in (item.question, item.statement, "What is the answer?")
        options = options_of(item)
        wanted = tuple(options[role] for role in item.order)
        assert found.options == (wanted if found.answer == "choice" else ())


@given(st.text(max_size=300))
def test_other_texts_are_no_prompts(text: str) -> None:
    assert read_prompt(text) is None


def test_what_is_asked_for_is_what_is_read_strictly() -> None:
    item = ITEMS[0]
    options = [options_of(item)[role] for role in item.order]
    for at, letter in enumerate(LETTERS):
        found = choice.read(letter, options)
        assert found is not None
        assert (found.value, found.strict) == (at, True)
    for word, value in (("TRUE", True), ("FALSE", False)):
        assert truth.read(word) == (value, True)
        assert truth.read(f"{word}\nBecause it is so.", explained=True) == (value, True)


def test_another_variant_is_entered_asked_and_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "VARIANTS", dict(VARIANTS))
    for name in VARIANTS:
        assert variant_of(name).about
    mine = Variant("the statement, yes or no", lambda item, order: "Is it so?", "truth")
    try:
        prompts.enter("mine", mine)
        assert variant_of("mine").letters == ("TRUE", "FALSE")
        assert read("FALSE", ITEMS[0], "mine", PAPER_ORDER).decision == "rejects"
        with pytest.raises(OptionError, match="is there already"):
            prompts.enter("mine", mine)
    finally:
        ANSWER_KINDS.pop("mine")
    with pytest.raises(OptionError, match=r"'sixx' is not known; allowed: .*did you mean"):
        variant_of("sixx")


def test_rejections_of_a_set_are_its_own(stills: Path) -> None:
    item = msgspec.structs.replace(load(stills)[0], meta={"rejections": ["No sight", "No sound"]})
    words = VARIANTS["six"].write(item, PAPER_ORDER)
    assert "\nE. No sight\nF. No sound\n" in words
