"""The drawn worlds: balanced by counting, solved from pixels, the same everywhere."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from handeye import contexts
from handeye.answer_kinds.schemas import tools_of
from handeye.contexts.authored import KINDS, Answer, Head, Region, written
from handeye.contexts.items import Item
from handeye.contexts.loader import items_of, load
from handeye.contexts.scenes import aisle, desk, generation, kitchen
from handeye.contexts.scenes.balance import best_rights, chances, problems
from handeye.contexts.scenes.drawing import HEIGHT, WIDTH, png
from handeye.contexts.scenes.looking import look
from handeye.contexts.scenes.verification import READ
from handeye.contexts.scenes.worlds import WHOLE, WORLDS, Made, made
from handeye.contexts.scoring.actions import gold_said, right
from handeye.errors import DataError

SEED = 11
# Of decoded pixels and of rows without the hashes of files, whose bytes hang on a library.
GOLDEN = {
    "pixels": "a1b81ffc48242d017cbf5152696cc6cd83af1600744f3ff507a69d270c6fc2d0",
    "rows": "4a827ea66a7a09aac063b4ab28505f222783f87825aeac074aa373c1413068a6",
}
RULES = {
    "kitchen": (kitchen.HANDLING, kitchen.THINGS, kitchen.ACTIONS),
    "desk": (desk.HANDLING, desk.STATUSES, desk.TOOLS_OF_CASES),
    "aisle": (aisle.IN_THE_WAY, aisle.OBSTACLES, aisle.ACTIONS),
}


def items_made(scenes: Iterable[Made]) -> list[Item]:
    tools = tools_of(list(desk.TOOLS))
    return [
        item
        for one in scenes
        for item in items_of(one.scene("p.png", "test"), Head(version=1), True, tools)
    ]


def pixels_of(one: Made) -> Any:
    return np.asarray(Image.open(io.BytesIO(png(one.drawn.svg))).convert("RGB"))


@pytest.fixture(scope="module")
def whole() -> list[Made]:
    """A round of every world."""
    return [made(SEED, "test", number) for number in range(WHOLE)]


def test_pixels_and_rows_are_the_golden_ones(whole: list[Made]) -> None:
    pixels, rows = hashlib.sha256(), hashlib.sha256()
    for one in whole[:6]:
        pixels.update(pixels_of(one).tobytes())
    for one in whole:
        rows.update(msgspec.json.encode(written(one.scene("p.png", "test"))))
    assert {"pixels": pixels.hexdigest(), "rows": rows.hexdigest()} == GOLDEN


@pytest.mark.parametrize("world", RULES)
def test_every_rule_takes_every_fact_and_every_context_to_every_action(world: str) -> None:
    rules, facts, actions = RULES[world]
    assert len(rules) >= 4
    for rule in rules.values():
        assert (set(rule), set(rule.values())) == (set(facts), set(actions))
    for fact in facts:
        assert {rule[fact] for rule in rules.values()} == set(actions)


def test_every_world_has_enough_contexts_states_and_every_kind_of_answer(
    whole: list[Made],
) -> None:
    items = items_made(whole)
    for world in WORLDS:
        own = [item for item in items if item.group == world.name]
        contexts_ = {item.name for item in own if item.about == "does"}
        golds: dict[str, list[str]] = {}
        for item in own:
            if item.about == "does":
                golds.setdefault(item.scene_id, []).append(gold_said(item))
        assert len(contexts_) >= 4
        assert len(set(map(tuple, golds.values()))) == 8, "pictures call for different actions"
        assert {item.system for item in own if item.about == "does"} == {own[-1].system}, (
            "the rules are told in the same words under every context"
        )
    kinds = {item.kind for item in items if item.about == "does"}
    assert kinds == set(KINDS) - {"cells"}
    assert any(item.answer.call == "nothing" for item in items)


@pytest.mark.parametrize("seed", [0, 1])
def test_who_knows_one_half_is_right_by_chance(seed: int) -> None:
    items = items_made(made(seed, "test", number) for number in range(WHOLE))
    assert not list(problems(items))
    found, chance = best_rights(items), chances(items)
    for world in RULES:  # where a rule takes four facts to four actions, chance is reached
        form = "call" if world == "desk" else "choice"
        for name, of in found.items():
            rights, n = of[world, form]
            assert rights == chance[name][world, form] * n == 8


def test_counting_finds_what_is_not_balanced(whole: list[Made]) -> None:
    items = items_made(whole)
    lemon = kitchen.HANDLING["cook"]["knife"]
    always = [
        replace(item, answer=Answer(choice=lemon)) if item.name == "cook" else item
        for item in items
    ]
    assert any("context only" in one for one in problems(always))
    same = [
        replace(item, answer=Answer(choice=lemon)) if "kitchen-00000/do" in item.item_id
        and item.form == "choice" else item
        for item in items
    ]  # fmt: skip
    assert any("picture only" in one for one in problems(same))
    box = Answer(point=Region(box=(5, 5, 9, 9)))
    here = [replace(item, answer=box) if item.name == "ben" else item for item in items]
    assert any("kitchen, point: context only" in one for one in problems(here))
    free = next(item.answer for item in items if item.name == "heavy")
    there = [replace(item, answer=free) if item.name == "heavy" else item for item in items]
    assert any("aisle, points: context only" in one for one in problems(there))


def test_a_set_that_is_not_balanced_is_not_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "png", lambda svg: b"")
    monkeypatch.setitem(kitchen.HANDLING, "cook", kitchen.HANDLING["toddler"])
    with pytest.raises(AssertionError, match="kitchen, choice: picture only is right about"):
        contexts.generate(tmp_path / "set", seed=3, scenes=WHOLE, workers=1)
    assert not (tmp_path / "set" / "README.md").exists()


def test_whoever_looks_reads_every_answer_off_the_pixels(whole: list[Made]) -> None:
    for one in whole[:12]:
        seen = {(item.about, item.name): gold_said(item) for item in look(pixels_of(one)).items}
        for item in items_made([one]):
            assert right(seen[item.about, item.name], item.form, item.answer), item.item_id


@pytest.mark.parametrize("value", [0, 86, 255])
def test_what_is_no_picture_of_the_box_is_said_to_be_none(value: int) -> None:
    with pytest.raises(DataError):
        look(np.full((HEIGHT, WIDTH, 3), value, np.uint8))
    with pytest.raises(DataError, match="no picture of 768"):
        look(np.full((HEIGHT, HEIGHT, 3), value, np.uint8))


def test_a_mug_s_box_holds_its_pixels_and_no_other_mug_s(whole: list[Made]) -> None:
    for one in whole[::3]:
        pixels = pixels_of(one)
        for name, ((left, top), (right_, bottom)) in one.drawn.places.items():
            fill = kitchen.MUG_FILLS[name.removesuffix(" mug")]
            wanted = [int(fill[at : at + 2], 16) for at in (1, 3, 5)]
            rows, columns = np.nonzero((pixels == wanted).all(-1))
            assert left <= columns.min() <= columns.max() < right_
            assert top <= rows.min() <= rows.max() < bottom


def test_scenes_are_a_pure_function_of_seed_split_and_number() -> None:
    assert made(3, "test", 40) == made(3, "test", 40)
    others = [made(4, "test", 40), made(3, "train", 40), made(3, "test", 43)]
    assert all(one.shows != made(3, "test", 40).shows for one in others)


def test_a_set_is_the_same_on_any_number_of_workers_and_verified(tmp_path: Path) -> None:
    def bytes_of(folder: Path) -> dict[str, bytes]:
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in files
            if path.name != "generation.json"
        }

    one = contexts.generate(tmp_path / "one", seed=2, scenes=7, workers=1)
    two = contexts.generate(tmp_path / "two", seed=2, scenes=7, workers=2)
    assert bytes_of(one) == bytes_of(two)
    items = load(one)
    groups = Counter(item.group for item in items if item.name in ("thing", "status", "cartons"))
    assert groups == {"kitchen": 3, "desk": 2, "aisle": 2}
    found = contexts.verify(one, workers=1)
    assert found.ok, found.problems
    assert found.counts[READ] == len(items)
    # A picture that shows something else, with the hash that belongs to it, is found out.
    pictures = sorted((one / "pictures").iterdir())
    mixed = (one / "contexts.jsonl").read_text()
    first, other = [path for path in pictures if "kitchen" in path.name][:2]
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, other)]
    first.write_bytes(other.read_bytes())
    (one / "contexts.jsonl").write_text(mixed.replace(*hashes))
    told = contexts.verify(one, workers=1).problems
    assert any("is not what its picture shows" in problem for problem in told)


@pytest.mark.parametrize("world", RULES)
def test_the_page_has_every_rule(world: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "contexts-worlds.md").read_text("utf-8")
    rules, facts, _ = RULES[world]
    for name, rule in rules.items():
        assert f"| `{name}` | {' | '.join(rule[fact] for fact in facts)} |" in page
    assert all(f"`{name}`" in page for name in (*kitchen.MUGS, *kitchen.BOWL, *desk.STOCK))
    assert all(f"`{name}`" in page for name in (*desk.SUMS, *desk.ASKED_FOR, *aisle.LEVELS))
