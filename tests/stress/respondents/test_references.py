"""Readers of words reach half at most, and a set that helps them is refused."""

from __future__ import annotations

import msgspec
import pytest

from handeye.stress.items import DRAWN, WORDED, Item
from handeye.stress.respondents.references import READERS, hold, tallies
from handeye.stress.scenes.generation import group_of
from handeye.stress.scenes.plan import plan_groups, plan_set


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return made(120)


def made(groups: int, families: str | None = None) -> list[Item]:
    options = plan_set(9, groups, families)
    return [item for order in plan_groups(options) for item in group_of(options, order).items()]


def test_words_tell_no_more_of_what_is_referred_to() -> None:
    some = made(20, "reference")
    hold(some)
    for reader in READERS:
        if reader.name != "sampled":
            found = tallies(some, reader.answer(some)).values()
            assert all(one.both == 0 and 2 * one.right <= one.items for one in found)


def test_readers_of_words_are_at_chance_under_every_cue(items: list[Item]) -> None:
    hold(items)
    found = {reader.name: tallies(items, reader.answer(items)) for reader in READERS}
    for name, cues in found.items():
        assert sum(one.items for one in cues.values()) == len(items)
        if name != "sampled":
            assert all(one.both == 0 and 2 * one.right <= one.items for one in cues.values())
    for cue in WORDED:  # half of the cues are true, so who follows and who defies are alike
        for name in ("cue-follower", "contrarian", "majority"):
            assert 2 * found[name][cue].right == found[name][cue].items
    for cue in DRAWN:
        assert 2 * found["label-only"][cue].right == found["label-only"][cue].items
    # It learned something (words say which values there may be), and it does not help.
    learned = found["learned"][""]
    assert learned.right > 0.25 * learned.items


def test_a_set_whose_words_tell_is_refused(items: list[Item]) -> None:
    leaky = [
        msgspec.structs.replace(item, question=f"{item.question} {item.gold}") for item in items
    ]
    with pytest.raises(AssertionError, match="majority"):
        hold(leaky)
    honest = [item for item in items if item.cue_value in ("", item.truth)]
    with pytest.raises(AssertionError, match="majority"):
        hold(honest)


def test_answers_are_the_same_every_time(items: list[Item]) -> None:
    for reader in READERS:
        assert reader.answer(items[:200]) == reader.answer(items[:200])


def test_few_items_are_read_as_well(items: list[Item]) -> None:
    hold(items[:2])
    assert tallies([], {}) == {}
