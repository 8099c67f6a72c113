"""What states are asked: crossed by words, with siblings that differ in one thing."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from handeye.errors import OptionError
from handeye.states.targets import Target, checked
from handeye.stress.asking.questions import Asking
from handeye.stress.item_set import ItemSet
from handeye.stress.items import DRAWN
from handeye.stress.loader import load
from handeye.stress.probed import PATCHES, StressProbed


@pytest.fixture(scope="module")
def items(data: Path) -> ItemSet:
    return load(data)


def asked(items: ItemSet, asking: Asking | None = None) -> list[Target]:
    return checked((one.item_id, one) for one in StressProbed().targets(items, asking))


def test_of_one_prompt_each_thing_is_so_once(items: ItemSet) -> None:
    """Labels and companions are not in the words; with them it is so as often as not."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in asked(items):
        if one.texts:
            found[one.texts["prompt"], one.target].append(one.label)
    assert {target.partition(":")[0] for _, target in found} == {"value", "cue false", "not there"}
    for (_, target), labels in found.items():
        assert sum(labels) * 2 == len(labels), target


def test_siblings_differ_in_one_thing(items: ItemSet) -> None:
    known = {item.item_id: item for item in items}
    roles = set()
    for one in asked(items):
        item = known[one.item_id]
        for role, name in one.siblings.items():
            other = known[name]
            roles.add(role)
            assert other.scene_id == item.scene_id
            if role == "media":
                assert other.prompt_id == item.prompt_id
                assert other.gold != item.gold
                assert other.cue_value == item.cue_value
            else:
                assert (other.truth, other.cue) == (item.truth, item.cue)
                assert other.cue_value != item.cue_value
                assert (role == "other") == (item.cue in DRAWN)
                assert (other.picture_id == item.picture_id) == (role == "question")
        if one.target == "cue false":
            assert one.siblings.keys() >= {"media"}
    assert roles == {"media", "question", "other"}


@pytest.mark.parametrize("order", ["set", "shuffle:5"])
def test_letters_have_roles_by_the_cue(items: ItemSet, order: str) -> None:
    asking = Asking(form="letters", option_order=order)
    known = {item.item_id: item for item in items}
    for one in asked(items, asking):
        if one.target != "cue false":
            continue
        item = known[one.item_id]
        lines = [line[3:] for line in one.texts["prompt"].splitlines() if line[1:3] == ". "]
        assert lines[one.roles.index(0)] == item.cue_value
        assert lines[one.roles.index(one.rejection)] in {*item.values} - {item.cue_value}
        assert lines[one.roles.index(one.right)] == item.truth
        assert one.right == (one.rejection if one.label else 0)
    assert {one.roles for one in asked(items)} == {()}


def test_patches_show_what_lies_in_their_middle_or_about_it(items: ItemSet) -> None:
    known = {item.item_id: item for item in items}
    by_picture: dict[str, list[Target]] = defaultdict(list)
    for one in asked(items):
        if one.target == "thing":
            by_picture[known[one.item_id].picture_id].append(one)
    assert set(by_picture) == set(items.pictures)
    hits = []
    for name, rows in by_picture.items():
        masks = items.masks(name)
        assert sum(one.label for one in rows) * 2 == len(rows)
        for one in rows:
            assert one.spot is not None
            assert one.place == int(one.spot[1] * PATCHES) * PATCHES + int(one.spot[0] * PATCHES)
            x, y = (
                int(share * side) for share, side in zip(one.spot, masks.shape[::-1], strict=True)
            )
            hits.append((masks[y, x] > 0) == bool(one.label))
    assert np.mean(hits) > 0.9
    assert len({o.item_id for rows in by_picture.values() for o in rows}) == len(by_picture)


def test_sets_without_masks_are_asked_about_words_alone(items: ItemSet) -> None:
    from dataclasses import replace

    bare = replace(items, pictures={})
    assert {one.target for one in asked(bare)} == {one.target for one in asked(items) if one.texts}


def test_evidence_lies_where_the_pictures_of_a_group_differ(items: ItemSet) -> None:
    found = {one.item_id: one for one in StressProbed().evidence(items)}
    assert found.keys() == {one.item_id for one in items if one.cue != "other"}
    for one in items:
        if one.item_id not in found:
            continue
        picture, evidence = items.picture(one), found[one.item_id]
        region = evidence.region(picture.height, picture.width)
        rows, cols = np.nonzero(region)
        box = (cols.min(), rows.min(), cols.max() + 1, rows.max() + 1)
        assert box == tuple(picture.evidence)
        if evidence.control is not None:
            control = evidence.control(picture.height, picture.width)
            assert control.sum() == region.sum()
            assert not (control & region).any()
        assert (evidence.right, evidence.options) == (one.truth, one.values)
        assert (evidence.group, evidence.stratum) == (one.scene_id, one.family)


@pytest.mark.parametrize("order", ["set", "shuffle:3"])
def test_letters_are_compared_as_they_are_shown(items: ItemSet, order: str) -> None:
    asking = Asking(form="letters", option_order=order)
    found = {one.item_id: one for one in StressProbed().evidence(items, asking)}
    for one in items:
        if one.item_id in found:
            evidence = found[one.item_id]
            assert f"\n{evidence.right}. {one.gold}\n" in asking.prompt(one)
            assert len(evidence.options) == len(one.options)
    assert not next(StressProbed().evidence(items, Asking(state_first=True))).options
    with pytest.raises(OptionError, match="leave out --grey, --swap"):
        next(StressProbed().evidence(items, Asking(ablation="grey")))
