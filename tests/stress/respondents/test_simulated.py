"""Planted weights and faults: pure functions of seed and item, each with the mark it must leave."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import OptionError
from handeye.stress.items import NO_SUCH, Item
from handeye.stress.respondents.simulated import (
    FAULTS,
    Shown,
    Simulated,
    read_plants,
    simulate,
    simulate_predictions,
)
from handeye.stress.scoring.predictions import of_row
from handeye.stress.scoring.reading import parted
from handeye.stress.scoring.score import ScoreRow, score_rows
from handeye.stress.scoring.weighing import weigh
from tests.support.stress import groups

ITEMS = groups(24)


def rows(
    items: list[Item] = ITEMS, seed: int = 1, how: dict[str, Any] | None = None, **plants: Any
) -> list[ScoreRow]:
    """Answers as they are scored."""
    said = simulate_predictions(items, read_plants(**plants), seed, **(how or {}))
    return score_rows((item, of_row(row, "here")) for item, row in zip(items, said, strict=True))


@pytest.mark.parametrize("form", ["free", "letters"])
@pytest.mark.parametrize("first", [False, True])
def test_without_plants_every_answer_is_right_and_in_its_form(form: str, first: bool) -> None:
    found = rows(how={"form": form, "letters": True, "state_first": first})
    assert all(row.right and row.answer_state == "answered" for row in found)
    assert all(row.seen == (row.right_says if first else None) for row in found)
    if form == "letters":
        for row in found:
            assert row.log_a is not None
            assert row.log_b is not None
            if row.right_says in ("a", "b"):
                assert (row.log_a > row.log_b) == (row.right_says == "a")


MARKS: dict[str, Any] = {
    "follow": lambda row: row.followed == 1 if row.cue_value else row.right,
    "contrary": lambda row: (
        (row.followed == 0 and row.says in "ab") if row.cue_value else row.right
    ),
    "accept": lambda row: row.says in ("a", "b"),
    "wrong": lambda row: row.right == (row.right_says == "no_such"),
    "prose": lambda row: row.answer_state == "unreadable",
    "lenient": lambda row: row.lenient_right == 1 and row.answer_state == "unreadable",
    "deny": lambda row: row.says == "no_such" or row.family in ("existence", "contact"),
    "refuse": lambda row: row.answer_state == "refused",
    "empty": lambda row: row.answer_state == "empty",
    "api_error": lambda row: row.answer_state == "error",
    "truncate": lambda row: row.answer_state == "truncated" and not row.right,
}


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("form", ["free", "letters"])
def test_a_fault_leaves_its_mark(name: str, form: str) -> None:
    assert name in FAULTS
    assert all(MARKS[name](row) for row in rows(faults=name, how={"form": form}))


def test_who_is_blind_says_the_same_of_both_pictures() -> None:
    said: dict[str, set[str]] = {}
    for row in rows(faults="blind"):
        said.setdefault(row.prompt, set()).add(row.said)
    assert all(len(one) == 1 for one in said.values())


def test_a_fault_that_cannot_show_is_not_planted() -> None:
    plants = read_plants("follow,accept,misstate")
    for item in ITEMS:
        found = simulate(item, plants, 1)
        expected = {"follow"} if item.cue_value and item.cue_value != item.truth else set()
        expected |= {"accept"} if item.gold == NO_SUCH else set()
        assert set(found.planted) == expected


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ITEMS), st.integers(0, 2**40), st.data())
def test_faults_are_drawn_apart(item: Item, seed: int, data: st.DataObject) -> None:
    """One more fault that does not fire changes nothing, nor does the order in which they stand."""
    rates = data.draw(st.dictionaries(st.sampled_from(list(FAULTS)), st.floats(0, 1), max_size=4))
    shown = Shown("letters", item.order, state_first=True)

    def answer(faults: dict[str, float]) -> Simulated:
        return simulate(item, read_plants(faults), seed, shown)

    assert (
        answer(rates)
        == answer(dict(reversed(rates.items())))
        == answer(rates | {"wrong": 0.0} if "wrong" not in rates else rates)
    )
    again = simulate(item, read_plants(rates), seed, Shown("letters", item.order, True, sample=2))
    assert isinstance(again, Simulated)


def test_weights_are_those_of_the_answers() -> None:
    """Shares of value a by cell are the logistic function of what is planted."""
    items = groups(1200, seed=2, cues=("hint",), per_group=1, other=False)
    found = rows(items, visual=2.0, cue="0,hint=1")
    shares: Counter[tuple[bool, str]] = Counter()
    counts: Counter[tuple[bool, str]] = Counter()
    for row in found:
        cell = row.true_a, {row.values[0]: "a", row.values[1]: "b"}.get(row.cue_value, "")
        counts[cell] += 1
        shares[cell] += row.says == "a"
    for (true_a, said), n in counts.items():
        odds = (1.0 if true_a else -1.0) + {"a": 0.5, "b": -0.5, "": 0.0}[said]
        share = 1 / (1 + math.exp(-odds))
        assert abs(shares[true_a, said] / n - share) < 5 * math.sqrt(share * (1 - share) / n)


@pytest.mark.parametrize("how", [{}, {"form": "letters", "letters": True}])
def test_planted_weights_are_found_in_their_intervals(how: dict[str, Any]) -> None:
    items = groups(200, seed=4, cues=("hint", "label"), per_group=2, other=False)
    plants = {"visual": 3.0, "cue": "1.5,label=4", "spread": 1.0, "lapses": 0.0}
    for seed in (1, 2):
        found = weigh(rows(items, seed, how, **plants))
        for kind, cue in (("hint", 1.5), ("label", 4.0)):
            for weight, planted in ((found[kind].visual, 3.0), (found[kind].cue, cue)):
                assert weight.low is not None
                assert weight.low < planted < (weight.high or math.inf)
            assert found[kind].source == ("letters" if how else "answers")


def test_weights_by_level_and_what_is_not_seen() -> None:
    items = groups(400, seed=5, cues=("hint",), per_group=1, other=False)
    found = rows(items, visual="30/0", cue=0)
    easy = [row.right for row in found if row.level == 1]
    hard = [row.right for row in found if row.level != 1]
    assert np.mean(easy) == 1
    assert abs(np.mean(hard) - 0.5) < 0.05
    blind = [
        simulate(item, read_plants(visual=30), 1, Shown(seen=False)).raw_text == item.gold
        for item in items
    ]
    assert abs(np.mean(blind) - 0.5) < 0.06
    stated = [parted(str(row["raw_text"])).seen for row in simulate_predictions(
        items, read_plants(visual=30, cue=90), 1, state_first=True)]  # fmt: skip
    assert stated == [item.truth for item in items]


def test_lapses_are_half_right() -> None:
    items = groups(600, seed=6, cues=("hint",), per_group=1, other=False)
    found = rows(items, visual=40, cue=0, lapses=0.2)
    wrong = 1 - np.mean([row.right for row in found])
    assert abs(wrong - 0.1) < 5 * math.sqrt(0.1 * 0.9 / len(found))


@pytest.mark.parametrize(
    ("plants", "words"),
    [
        ({"faults": "nonsense"}, "unknown fault 'nonsense'"),
        ({"visual": "3/x"}, "visual must be a number, got 'x'"),
        ({"visual": "nan"}, "visual must be a number"),
        ({"cue": "hnt=1"}, "cue: 'hnt' is no kind of cue.*hint"),
        ({"visual": 1, "lapses": 1.5}, "lapses must be 0 to 1, got 1.5"),
        ({"visual": 1, "spread": -1}, "spread must be at least 0, got -1"),
        ({"side": 1}, "go with the weights visual and cue"),
    ],
)
def test_plants_that_cannot_be_are_refused(plants: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        read_plants(**plants)


def test_weights_are_read_in_all_their_forms() -> None:
    item = next(one for one in ITEMS if one.cue == "label" and one.level == 2)
    for given_ in ("1,label=6/2", ["1", "label=6/2"], {"": 1, "label": "6/2"}):
        plants = read_plants(visual=given_)
        assert plants.visual is not None
        assert plants.visual.of(item) == 2.0
    assert read_plants(visual=4).visual.of(item) == 4.0  # type: ignore[union-attr]
