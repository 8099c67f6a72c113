"""Whether an answer hangs on the picture: planted truth is found, and nothing is made up."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache

import pytest

from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES, formal_answer
from handeye.rose.respondents.recovery import items_without_pictures
from handeye.rose.scene import Cell, Region
from handeye.rose.scoring.looks import Answer, RoseWays, asked_of, looks
from handeye.scores.looks import Asked
from handeye.sets.draw import Draw
from tests.support.rose.adversaries import ALL, Asked as AskedOf, questions, right as right_of

Say = Callable[[Item, "Room"], str | None]
MAIN = ("T1_", "T2_", "T3_", "T4_", "T5_")


class Room:
    """What a respondent may use besides the question: chance, and what other scenes have."""

    def __init__(self, items: Sequence[Item], seed: int) -> None:
        self.draw = random.Random(seed)
        self._pools: dict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in items:
            self._pools[item.rose_subset, item.task_template].append(item)

    def other(self, item: Item) -> Item:
        pool = self._pools[item.rose_subset, item.task_template]
        # Not itself: its own answer, one time in nine, would be right because it was looked at.
        return self.draw.choice([one for one in pool if one is not item] or pool)


@lru_cache(maxsize=1)
def every_item() -> list[Item]:
    """The five questions about 40 scenes of each of five sources."""
    return [item for item in items_without_pictures(11, 40) if item.task_template.startswith(MAIN)]


def some_items(scenes: int, seed: int) -> list[Item]:
    """Those about ``scenes`` scenes of each source."""
    by_source: dict[str, list[str]] = defaultdict(list)
    for item in every_item():
        if item.scene_id not in by_source[item.rose_subset]:
            by_source[item.rose_subset].append(item.scene_id)
    draw = random.Random(seed)
    chosen = {scene for known in by_source.values() for scene in draw.sample(known, scenes)}
    return [item for item in every_item() if item.scene_id in chosen]


def recognized(say: Say, scenes: int = 16, seed: int = 0) -> dict[str, str]:
    """What is claimed of a respondent, by group of questions; "" is all of them."""
    items = some_items(scenes, seed)
    room = Room(items, seed)
    found = looks([asked_of(item, say(item, room), "answered") for item in items], seed=seed)
    return {name: one.said for name, one in found.groups.items() if one.said}


def written(item: Item, cells: Sequence[Cell], more: int = 0) -> str:
    if item.task_mode == "COUNT":
        return f"COUNT({len(cells) + more})"
    return formal_answer(item.task_mode, cells)


def right(item: Item, room: Room) -> str:
    return written(item, item.gold)


def blind(item: Item, room: Room) -> str:
    """Drawn from the true answers to such questions, whatever the picture."""
    return written(item, room.other(item).gold)


def blind_in_region(item: Item, room: Room) -> str:
    """Numbers as true ones are, cells drawn from the first rows."""
    number = len(room.other(item).gold)
    return written(item, [Cell(1 + room.draw.randrange(4), 1 + k) for k in range(number)])


def off_by_one(item: Item, room: Room) -> str:
    return written(item, [Cell(r + 1, c + 1) for r, c in item.gold], more=1)


def transposed(item: Item, room: Room) -> str:
    return written(item, [Cell(c, r) for r, c in item.gold], more=2)


def badly_seen(item: Item, room: Room) -> str:
    """Half of the targets, and two columns beside where they are."""
    return written(item, [Cell(r, c + 2) for r, c in item.gold if room.draw.random() < 0.5])


def seldom_seen(share: float) -> Say:
    return lambda item, room: (right if room.draw.random() < share else blind)(item, room)


SEEING = {
    "right": right,
    "off by one": off_by_one,
    "transposed": transposed,
    "badly": badly_seen,
    "half of the time": seldom_seen(0.5),
    "one time in five": seldom_seen(0.2),
}


@pytest.mark.parametrize("say", SEEING.values(), ids=SEEING)
@pytest.mark.parametrize("scenes", [3, 16])
def test_whoever_sees_is_not_called_blind_however_wrong(say: Say, scenes: int) -> None:
    for seed in range(3):
        assert recognized(say, scenes, seed) == {}


def test_false_alarms_over_many_small_and_moderate_sets() -> None:
    """A bad eye over 60 sets: an upper bound of 5 % where nothing was said in any of them."""
    said = Counter[str]()
    for seed in range(20):
        for say in (off_by_one, transposed, seldom_seen(0.2)):
            said.update(recognized(say, (4, 8, 16)[seed % 3], seed).values())
    assert not said


def test_answers_to_other_scenes_are_recognized_in_small_sets() -> None:
    found = [recognized(blind, 9, seed) for seed in range(12)]
    assert sum(one.get("") == "blind" for one in found) >= 10


@pytest.mark.parametrize("say", [blind, blind_in_region])
def test_blind_answers_are_called_so_in_most_sets(say: Say) -> None:
    found = [recognized(say, 25, seed) for seed in range(12)]
    assert sum(one.get("") == "blind" for one in found) >= 10
    assert {kind for one in found for kind in one.values()} == {"blind"}


@cache
def some_questions(seed: int) -> list[AskedOf]:
    """About 40, 60, 80 or 100 scenes."""
    return questions(300 + seed, 8 + 4 * (seed % 4))


def unseen(share: float, seed: int, name: str) -> str:
    """What is claimed of one that makes its answers of the prompt, right in a share of them."""
    (one,) = [one for one in ALL if one.name == name]
    asked = some_questions(seed)
    draw = random.Random(seed)
    told = []
    for ask in asked:
        said = right_of(ask) if draw.random() < share else one.answer(ask, Draw(seed), Draw(seed))
        told.append(asked_of(ask.item, said.text(ask), "answered"))
    return looks(told, seed=seed).groups[""].said


UNSEEN = [one.name for one in ALL if one.group == "unseen" and one.blind]


@pytest.mark.parametrize("name", UNSEEN)
def test_what_is_made_of_the_prompt_was_not_seen(name: str) -> None:
    """In sets of 40 to 100 scenes; what varies with the question alone is no sign of sight."""
    assert sum(unseen(0, seed, name) == "blind" for seed in range(4)) >= 3


@pytest.mark.parametrize("share", [0.1, 0.2])
@pytest.mark.parametrize("name", ["the first corner", "two cells of the region"])
def test_whoever_looks_now_and_then_is_not_called_blind(name: str, share: float) -> None:
    assert [unseen(share, seed, name) for seed in range(8)] == [""] * 8


def test_a_question_is_asked_of_pictures_that_it_could_be_asked_of() -> None:
    def item(rows: int, region: Region, targets: list[tuple[int, int]], kind: str) -> Asked:
        cells = [Cell(*cell) for cell in targets]
        held = [cell for cell in cells if cell in region]
        return asked_of(
            Item(
                *(f"i{rows}", f"s{rows}", kind, TEMPLATES[kind].mode, region.type, rows, rows),
                len(held), list(map(str, cells)), list(map(str, held)), "ROSE-PixelEdit",
                region.params(),
            ),
            None, "missing",
        )  # fmt: skip

    click, outside = "T3_CLICK_LOCAL_NUMERIC", "T5_CLICK_COUNT_EXCLUSION"
    some = Region("ROW_RANGE", 2, 3, 1, 8)
    own = item(8, some, [(2, 2), (5, 5)], click)
    ways = RoseWays([own])
    wide = item(10, Region("ROW_RANGE", 5, 6, 1, 10), [(3, 10), (6, 1)], click)
    # Rows 2 and 3 of the other picture, as wide as it is.
    assert ways.elsewhere(own, wide) == (Answer(frozenset({Cell(3, 10)}), None), 1 / 9)
    # All of its targets, none of them, or a grid without such rows.
    for targets in ([(2, 2), (3, 3)], [(1, 1), (8, 8)]):
        assert ways.elsewhere(own, item(8, some, targets, click)) is None
    low = Region("ROW_RANGE", 7, 8, 1, 8)
    small = item(7, Region("ROW_RANGE", 1, 2, 1, 7), [(1, 1)], click)
    assert ways.elsewhere(item(8, low, [(7, 1), (1, 1)], click), small) is None
    left_out = Region("EXCLUSION", 1, 2, 1, 8, exclude_type="ROW_RANGE")
    one = item(8, left_out, [(1, 1), (4, 4), (5, 5)], outside)
    other = item(9, left_out, [(2, 9), (9, 9)], outside)
    assert ways.elsewhere(one, other) == (Answer(frozenset({Cell(9, 9)}), 1), 1 / 8)


def test_too_few_scenes_say_nothing_of_blindness() -> None:
    for seed in range(10):
        assert recognized(blind, 3, seed) == {}


def test_one_answer_to_a_kind_of_question_is_constant() -> None:
    same = {"COUNT": "COUNT(5)", "CLICK": "CLICK(R2,C2); DONE"}
    assert recognized(lambda item, _: same.get(item.task_mode, "SUBMIT(0)"))[""] == "constant"
    # Words around it are no other answer; a second number in one of five is.
    loose = {"COUNT": "I count 5.", "CLICK": "DONE", "CLICK_COUNT": "SUBMIT(0)"}
    assert recognized(lambda item, _: loose[item.task_mode])[""] == "constant"

    def not_quite(item: Item, room: Room) -> str:
        return "COUNT(3)" if room.draw.random() < 0.2 else "COUNT(5)"

    assert set(recognized(not_quite)) <= {"", "action"}
    assert "constant" not in recognized(not_quite).values()


def test_a_parrot_repeats_the_question_readable_or_not() -> None:
    def example(item: Item, room: Room) -> str:
        start = {"COUNT": "COUNT(4)", "CLICK": "CLICK(R3,C1); CLICK(R6,C8); DONE"}
        return start.get(item.task_mode, "CLICK(R3,C1);  CLICK(R6,C8); SUBMIT(2)")

    assert recognized(example)[""] == "parrot"
    assert recognized(lambda item, _: item.prompt_local)[""] == "parrot"
    # Seven letters stand anywhere.
    assert recognized(lambda item, _: "DONE").get("") != "parrot"


def test_one_kind_of_question_alone_is_told_apart() -> None:
    def half(item: Item, room: Room) -> str:
        return right(item, room) if item.task_mode == "COUNT" else "CLICK(R1,C1); SUBMIT(1)"

    assert recognized(half) == {"action": "constant"}

    def nearly(item: Item, room: Room) -> str:
        """All but one in twenty answers are the same, and those to counting questions all."""
        if item.task_mode == "COUNT":
            return "COUNT(5)"
        return right(item, room) if room.draw.random() < 0.08 else "CLICK(R1,C1); SUBMIT(1)"

    assert recognized(nearly) == {"counting": "constant"}
    # Whose clicks are right has looked, whatever it counts.
    assert recognized(lambda i, r: (blind if i.task_mode == "COUNT" else right)(i, r), 25) == {}


def test_errors_are_left_out_and_counted() -> None:
    items = some_items(16, 0)
    asked = [asked_of(item, None, "error") if k % 2 else asked_of(item, "COUNT(5)", "answered")
             for k, item in enumerate(items)]  # fmt: skip
    one = looks(asked).groups["counting"]
    assert one.n_items > one.n_read > 0
    assert one.said == "constant"
    silent = looks([asked_of(item, None, "error") for item in items])
    assert {group.said for group in silent.groups.values()} == {""}
    assert silent.chance["headline"]["all"]["counting"].value is not None


def test_where_all_true_answers_are_alike_nothing_can_be_told() -> None:
    items = [item for item in some_items(16, 0) if not item.gold and item.task_mode == "CLICK"]
    assert len(items) > 20
    found = looks([asked_of(item, "DONE", "answered") for item in items])
    assert {group.said for group in found.groups.values()} == {""}


# ---- the best constant answer


@cache
def a_set(seed: int, scenes: int) -> list[Item]:
    """The five questions about scenes of all sources, ``scenes`` of each."""
    found = items_without_pictures(seed, scenes)
    return [item for item in found if item.task_template.startswith(MAIN)]


def by_source(items: Sequence[Item], passed: Callable[[Item], bool]) -> float:
    own: dict[str, list[bool]] = defaultdict(list)
    for item in items:
        own[item.rose_subset].append(passed(item))
    return sum(sum(found) / len(found) for found in own.values()) / len(own)


@pytest.mark.parametrize(("seed", "scenes"), [(5, 6), (50, 10), (11, 20)])
def test_no_simple_constant_answer_beats_the_best_by_more_than_chance(
    seed: int, scenes: int
) -> None:
    items = a_set(seed, scenes)
    found = looks([asked_of(item, None, "missing") for item in items]).chance
    for template, column in (("T1_", "G-Cnt"), ("T2_", "L-Cnt"), ("T3_", "L-Clk"),
                             ("T4_", "V-Clk"), ("T5_", "Excl-CS")):  # fmt: skip
        own = [item for item in items if item.task_template.startswith(template)]
        one = found["templates"]["all"][column]
        assert one.n == len(own)
        for number in range(7):
            rate = by_source(own, lambda item, n=number: item.ground_truth_count == n)  # type: ignore[misc]
            # Of clicks only "nothing" is the same answer everywhere.
            if item_counts(template) or number == 0:
                assert rate <= one.high + 1e-9  # type: ignore[operator]
        if not item_counts(template):
            # Nothing else may be right everywhere, so nothing is left to choose.
            nothing = by_source(own, lambda item: not item.gold)
            assert one.value == pytest.approx(nothing)
        # As unsure as so many scenes are.
        reach = 1.6 * (one.value * (1 - one.value) / len(own)) ** 0.5  # type: ignore[operator]
        assert one.high - one.low >= 2 * reach  # type: ignore[operator]


def item_counts(template: str) -> bool:
    return template in ("T1_", "T2_")


def test_the_best_constant_is_not_chosen_by_its_own_scene() -> None:
    """True numbers drawn at random: what is commonest by luck passes no more than any other."""
    items = [i for i in a_set(11, 20) if i.task_template.startswith("T1_")]
    values = []
    for seed in range(40):
        draw = random.Random(seed)
        golds = [Answer(frozenset(), draw.randrange(5)) for _ in items]
        asked = [replace(asked_of(item, None, "missing"), gold=gold)
                 for item, gold in zip(items, golds, strict=True)]  # fmt: skip
        values.append(looks(asked).chance["templates"]["all"]["G-Cnt"].value or 0.0)
    # 40 sets of 100 scenes: a standard error of .4 / sqrt(4,000).
    assert sum(values) / len(values) == pytest.approx(0.2, abs=0.02)


def test_chance_is_not_biased_where_answers_are_spread_evenly() -> None:
    """Leaving a scene out must not always point away from its own answer."""
    items = [i for i in every_item() if i.task_template.startswith("T1_")]
    asked = [replace(asked_of(item, None, "missing"), gold=Answer(frozenset(), k % 5))
             for k, item in enumerate(items)]  # fmt: skip
    assert looks(asked).chance["templates"]["all"]["G-Cnt"].value == pytest.approx(0.2, abs=0.02)


def test_a_dev_split_chooses_where_there_is_one() -> None:
    items = some_items(40, 0)
    known: dict[str, int] = {}
    for item in items:
        known.setdefault(item.scene_id, len(known))
    halves: list[list[Item]] = [[], []]
    for item in items:
        halves[known[item.scene_id] % 2].append(item)
    asked, dev = ([asked_of(item, None, "missing") for item in half] for half in halves)
    found = looks(asked, dev=dev)
    assert "dev" in found.chosen
    alone = looks(asked)
    assert "other scenes" in alone.chosen
    for name, one in found.chance["headline"]["all"].items():
        other = alone.chance["headline"]["all"][name]
        assert one.value == pytest.approx(other.value, abs=0.15)
        assert found.chance["headline"]["all"]["gap"].value is not None


def test_answers_are_not_called_the_same_for_how_their_texts_end() -> None:
    def ends_alike(item: Item, room: Room) -> str:
        last = "COUNT(7)" if item.task_mode == "COUNT" else written(item, [Cell(1, 1)])
        return f"{right(item, room)}\nWait, correction:\n{last}"

    def turns_alike(item: Item, room: Room) -> str:
        first = "COUNT(5)" if item.task_mode == "COUNT" else written(item, [Cell(2, 2)])
        return f"{first}\n" + ends_alike(item, room).partition("\n")[2]

    assert recognized(ends_alike) == {}
    assert recognized(turns_alike)[""] == "constant"
