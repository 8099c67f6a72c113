"""Whether answers hang on what is shown: claimed of those that do not, and of no others."""

from __future__ import annotations

import pytest

from handeye.premise.items import Item
from handeye.premise.scoring.file_scoring import score
from handeye.premise.scoring.looks import Answered, looks
from handeye.scores.looks import Looks
from tests.support import premise as made

ITEMS = made.families(48)


def looked(sim: made.Sim, items: list[Item] | None = None, **more: object) -> Looks:
    known = items or ITEMS
    given = sim.rows(known, **more)
    rows = score(given, known, bootstrap=0).rows
    answered = [
        Answered(item, row, str(one["raw_text"]))
        for item, row, one in zip(known, rows, given, strict=True)
    ]
    return looks(answered, bootstrap=0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (made.right, ""),
        # Who takes every premise for true still sees what is asked for.
        (made.accepting, ""),
        (made.without("a"), ""),
        (made.swapping, ""),
        (made.noisy(made.right, 0.5), ""),
        (made.with_letter(2), "constant"),
        (made.by_text, "blind"),
        (made.at_random, "blind"),
    ],
    ids=["right", "accepts", "deaf", "swaps", "noisy", "letter", "text", "random"],
)
def test_what_is_said_of_whom(answer: made.Answer, said: str) -> None:
    found = looked(made.Sim(answer))
    assert found.groups[""].said == said
    if said != "constant":
        assert {one.said for name, one in found.groups.items() if name} == {""}


def test_one_word_to_everything_is_constant_too() -> None:
    found = looked(made.Sim(lambda item, draw: "TRUE"), variant="true-false")
    assert found.groups[""].said == "constant"
    assert looked(made.Sim(_truly), variant="true-false").groups[""].said == ""


def _truly(item: Item, draw: object) -> str:
    return "FALSE" if item.gold >= 4 else "TRUE"


def test_the_best_constant_answer_is_chosen_without_the_family() -> None:
    """A letter that is right in one family alone is nobody's best."""
    found = looked(made.Sim(made.right))
    chance = found.chance["cells"]["all"]
    assert 0 < (chance["bal"].value or 0) < 0.3
    assert found.chance["headline"]["all"]["action"].value == pytest.approx(0.5, abs=0.05)
    assert found.chance["two"]["all"]["decided"].value == pytest.approx(1 / 3, abs=0.15)
    assert {"headline", "cells", "premises", "kinds", "levels", "two"} <= set(found.chance)
    assert found.problem() == ""


def test_of_true_and_false_the_best_constant_answer_is_one_of_them() -> None:
    """Neither is better: chosen by family they would have half of either, which none scores."""
    found = looked(made.Sim(_truly), variant="true-false")
    chance = found.chance["cells"]["all"]
    assert {chance["std"].value, chance["mis"].value} == {0.0, 1.0}
    assert chance["bal"].value == 0.5
    assert found.chance["two"]["all"]["decided"].value == pytest.approx(2 / 3)


def test_published_sets() -> None:
    items = made.published(60)
    assert looked(made.Sim(made.right), items).groups[""].said == ""
    assert looked(made.Sim(made.with_letter(0)), items).groups[""].said == "constant"


def test_where_nothing_has_a_gold_nothing_is_said() -> None:
    items = [item for item in ITEMS if item.modality == "audio"]
    found = looked(made.Sim(made.right), items, ablation="without-audio")
    assert found.chance == {}
    assert found.groups[""].said == ""
