"""What is asked, in words."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.errors import OptionError
from handeye.stress.asking.prompts import CUE_ORDERS, read_prompt, with_cue
from handeye.stress.asking.questions import Asking
from handeye.stress.items import NO_SUCH, Item
from handeye.stress.loader import load

WAYS: list[dict[str, Any]] = [
    {"form": form, "option_order": order, "state_first": first, "cue_order": cue}
    for form, order, first, cue in product(
        ("free", "letters"), ("set", "shuffle:3"), (False, True), CUE_ORDERS
    )
]


@pytest.fixture(scope="module")
def items(data: Path) -> list[Item]:
    return list(load(data))


@pytest.mark.parametrize("how", WAYS)
def test_one_prompt_goes_out_in_the_same_bytes_and_fits_two_right_answers(
    items: list[Item], how: dict[str, Any]
) -> None:
    asked: dict[str, set[str]] = {}
    golds: dict[str, set[str]] = {}
    for item in items:
        asked.setdefault(item.prompt_id, set()).add(Asking(**how).prompt(item))
        golds.setdefault(item.prompt_id, set()).add(item.gold)
    assert all(len(words) == 1 for words in asked.values())
    assert all(len(two) == 2 for two in golds.values())


@pytest.mark.parametrize("how", WAYS)
def test_a_prompt_can_be_read_again(items: list[Item], how: dict[str, Any]) -> None:
    for item in items:
        found = read_prompt(f"  {Asking(**how).prompt(item)}\n")
        assert found is not None
        assert found.question == with_cue(item, how["cue_order"])
        assert (found.form, found.state_first) == (how["form"], how["state_first"])
        assert sorted(found.options) == sorted(item.options if how["form"] == "letters" else ())
    assert read_prompt("What is this?\n\nAnswer as you like.") is None


def test_what_is_told_beside_the_question_is_the_same_for_a_family(items: list[Item]) -> None:
    """Else whether a thing may be missing could be read off the words."""
    ends: dict[tuple[str, str], set[str]] = {}
    for item in items:
        words = Asking().prompt(item)
        assert words.startswith(item.question)
        ends.setdefault((item.family, item.answer), set()).add(words[len(item.question) :])
        assert (NO_SUCH in words) == (item.family != "existence")
    assert all(len(end) == 1 for end in ends.values())


def test_a_cue_is_moved_whole_and_one_within_a_sentence_stays(items: list[Item]) -> None:
    moved = 0
    for item in items:
        before, behind = (with_cue(item, order) for order in ("before", "behind"))
        if item.cue_span is None or item.cue == "other":
            assert before == behind == item.question
            continue
        cue = item.question[slice(*item.cue_span)]
        assert before.startswith(f"{cue} ")
        assert behind.endswith(f" {cue}")
        assert sorted(before) == sorted(behind) == sorted(item.question)
        moved += 1
    assert moved > 20


def test_a_letter_needs_options() -> None:
    item = Item(
        item_id="x", scene_id="s", picture_id="p", picture="p.png", values=("a", "b"), truth="a",
        gold="a", question="Which?",
    )  # fmt: skip
    assert Asking().prompt(item).startswith("Which?\n\nAnswer with a word or two")
    number = msgspec.structs.replace(item, answer="number")
    assert "Answer with a number and nothing else." in Asking().prompt(number)
    with pytest.raises(OptionError, match="item x has no options"):
        Asking(form="letters").prompt(item)


@pytest.mark.parametrize("name", ["form", "option_order", "cue_order", "ablation"])
def test_unknown_values_are_refused_by_name(name: str) -> None:
    with pytest.raises(OptionError, match=f"{name} is 'nonsense'"):
        Asking(**{name: "nonsense"})  # type: ignore[arg-type]
