"""Which items are asked, in which order."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import OptionError
from handeye.rose.human.people import RosePeople
from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY, MAIN_KEYS, SUBSETS, TEMPLATES as TEMPLATES_BY_ID
from handeye.sets.draw import Draw
from handeye.study.plan import kinds_and_groups, make_plan, ordered
from tests.support.study.expecting import expecting

STRATA = RosePeople.strata
TEMPLATES = [BY_KEY[key].id for key in MAIN_KEYS]


def made_up(scenes: int, templates: list[str] | None = None, subsets: int = 5) -> list[Item]:
    """Every scene with one item of every template; scenes take turns among the subsets."""
    out = []
    for scene in range(scenes):
        for template in templates or TEMPLATES:
            out.append(
                Item(
                    item_id=f"I{scene}-{template}",
                    scene_id=f"S{scene}",
                    task_template=template,
                    task_mode=TEMPLATES_BY_ID[template].mode,
                    region_type="GLOBAL",
                    rows=3,
                    cols=4,
                    ground_truth_count=0,
                    all_target_cells=[],
                    region_target_cells=[],
                    rose_subset=SUBSETS[scene % subsets],
                )
            )
    return out


def spread(counts: Counter[str]) -> int:
    return max(counts.values()) - min(counts.values())


# No deadline: the time a draw takes depends on who else uses the machine.
@settings(deadline=None)
@given(
    groups=st.lists(st.integers(1, 6), min_size=1, max_size=12),
    seed=st.integers(0, 10**6),
)
def test_a_scene_is_never_shown_twice_in_a_row(groups: list[int], seed: int) -> None:
    """Any numbers of items a scene that can be kept apart are."""
    every = made_up(12, list(TEMPLATES_BY_ID)[:6])
    items = [i for scene, size in enumerate(groups) for i in every[6 * scene : 6 * scene + size]]
    most = max(Counter(item.scene_id for item in items).values())
    if most > (len(items) + 1) // 2:
        with pytest.raises(OptionError, match="kept apart"):
            ordered(items, STRATA, Draw(seed))
        return
    found = ordered(items, STRATA, Draw(seed))
    assert Counter(i.item_id for i in found) == Counter(i.item_id for i in items)
    assert all(a.scene_id != b.scene_id for a, b in pairwise(found))


@settings(max_examples=60)
@given(
    scenes=st.integers(2, 20),
    count=st.integers(1, 60),
    overlap=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    seed=st.integers(0, 1000),
)
def test_every_person_gets_a_whole_list_of_their_own_order(
    scenes: int, count: int, overlap: float, seed: int
) -> None:
    items = made_up(scenes)
    possible = sum(min(5, (count + 1) // 2) for _ in range(scenes)) >= count
    if count > len(items) or not possible:
        with pytest.raises(OptionError):
            make_plan(items, STRATA, count, seed=seed, overlap=overlap)
        return
    plan = make_plan(items, STRATA, count, seed=seed, overlap=overlap)
    lists = [plan.items_of(number) for number in range(4)]
    for found in lists:
        assert len({item.item_id for item in found}) == len(found) == count
        assert all(a.scene_id != b.scene_id for a, b in pairwise(found))
        assert {item.item_id for item in plan.shared} <= {item.item_id for item in found}
    assert len(plan.shared) == round(count * overlap)
    again = make_plan(items, STRATA, count, seed=seed, overlap=overlap)
    assert [again.items_of(number) for number in range(4)] == lists


@pytest.mark.parametrize("count", [5, 12, 25, 50, 100])
def test_items_are_balanced_over_templates_and_subsets(count: int) -> None:
    found = make_plan(made_up(100), STRATA, count, seed=3).items_of(0)
    assert spread(Counter(item.task_template for item in found)) <= 1
    assert spread(Counter(item.rose_subset for item in found)) <= 1
    if count >= 25:
        both = Counter((item.task_template, item.rose_subset) for item in found)
        assert len(both) == 25
        assert spread(both) <= 1  # type: ignore[arg-type]
    assert len({item.scene_id for item in found}) == count  # a new scene each time


@pytest.mark.parametrize("number", range(5))
def test_each_stretch_of_an_order_is_balanced(number: int) -> None:
    """No block of one kind: after any k items each template and subset is near k / 5."""
    found = make_plan(made_up(100), STRATA, 50, seed=3).items_of(number)
    for end in range(1, 51):
        for name in ("task_template", "rose_subset"):
            counts = Counter(getattr(item, name) for item in found[:end])
            assert all(abs(n - end / 5) <= 2 for n in counts.values())


def test_people_meet_the_same_items_in_other_orders() -> None:
    plan = make_plan(made_up(40), STRATA, 30, seed=9)
    lists = [[item.item_id for item in plan.items_of(number)] for number in range(3)]
    assert len({tuple(sorted(ids)) for ids in lists}) == 1
    assert len({tuple(ids) for ids in lists}) == 3
    other = make_plan(made_up(40), STRATA, 30, seed=10)
    assert {i.item_id for i in other.shared} != {i.item_id for i in plan.shared}


def test_own_items_differ_between_people_until_the_set_is_used_up() -> None:
    plan = make_plan(made_up(40), STRATA, 20, seed=0, overlap=0.25)
    own = [{i.item_id for i in plan.items_of(n)} - {i.item_id for i in plan.shared} for n in (0, 1)]
    assert len(plan.shared) == 5
    assert not own[0] & own[1]
    everything = {item.item_id for n in range(30) for item in plan.items_of(n)}
    assert len(everything) == 200


def test_what_cannot_be_asked_is_refused() -> None:
    with expecting(OptionError, "only 10"):
        make_plan(made_up(2), STRATA, 11, seed=0)
    with expecting(OptionError, "twice in a row"):
        make_plan(made_up(1), STRATA, 3, seed=0)
    with expecting(OptionError, "at least 1"):
        make_plan(made_up(1), STRATA, 0, seed=0)
    with expecting(OptionError, "overlap"):
        make_plan(made_up(5), STRATA, 5, seed=0, overlap=1.5)


def test_unequal_strata_are_used_to_the_last_item() -> None:
    items = made_up(6, subsets=2) + [i for i in made_up(9, TEMPLATES[:2]) if i.scene_id > "S5"]
    found = make_plan(items, STRATA, len(items), seed=1).items_of(0)
    assert Counter(i.item_id for i in found) == Counter(i.item_id for i in items)


def test_any_number_of_strata() -> None:
    """One field, or three: each is balanced, and every combination is used to the last item."""
    items = made_up(24)
    one = make_plan(items, {"task_template": TEMPLATES}, 30, seed=1).items_of(0)
    assert set(Counter(item.task_template for item in one).values()) == {6}
    three = {**STRATA, "scene_id": ()}
    found = make_plan(items, three, len(items), seed=1).items_of(0)
    assert Counter(i.item_id for i in found) == Counter(i.item_id for i in items)
    few = make_plan(items, three, 25, seed=1).items_of(0)
    assert spread(Counter(item.task_template for item in few)) == 0


def test_values_that_are_not_listed_follow_by_name() -> None:
    items = made_up(5)
    kinds, groups = kinds_and_groups(items, STRATA)
    assert kinds == TEMPLATES
    assert groups == [(name,) for name in SUBSETS]
    others = kinds_and_groups(items, {"rose_subset": SUBSETS[3:1:-1]})
    assert others == ([SUBSETS[3], SUBSETS[2], SUBSETS[0], SUBSETS[1], SUBSETS[4]], [()])
