"""What the suite says of its pictures, pixel by pixel."""

from dataclasses import replace

import pytest

from handeye.errors import DataError
from handeye.stress.loader import load
from handeye.stress.perceived import perceived
from handeye.stress.scenes.generation import generate


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    out = tmp_path_factory.mktemp("perceived") / "set"
    return load(generate(out, seed=5, groups=24, size=112, workers=1))


def test_things_are_those_of_the_scene_graph(items):
    seen = set()
    for truth in perceived(items):
        row = next(one for one in items.pictures.values() if one.picture == truth.picture)
        assert truth.scene == row.scene_id
        assert len(truth.things) == len(row.objects)
        for place, (thing, one) in enumerate(zip(truth.things, row.objects, strict=True), 1):
            assert thing.name == one["name"]
            assert thing.keypoints == {
                k: tuple(map(float, at)) for k, at in one["keypoints"].items()
            }
            assert int((truth.mask == place).sum()) == one["area"]
            assert thing.attributes.get("colour", one["colour"]) == one["colour"]
            alike = sum(two["name"] == one["name"] and two["area"] > 0 for two in row.objects)
            assert thing.attributes.get("number", str(alike)) == str(alike)
            x = one["keypoints"]["centre"][0]
            assert thing.attributes.get("x", "") in ("", ("left", "right")[x > row.width / 2])
            seen.add(thing.attributes.get("twin"))
            if one["area"]:
                assert 0 < truth.depth[truth.mask == place].min() <= 1
        if row.relations and row.relations[0][1] == "larger than":
            larger, _, smaller = row.relations[0]
            assert truth.things[larger].attributes["twin"] == "larger"
            assert truth.things[smaller].attributes["twin"] == "smaller"
    assert seen == {None, "larger", "smaller", "front", "behind", "odd", "even"}


def test_only_pictures_that_are_asked_about_are_given(items):
    some = items[:3]
    shown = {items.picture(item).picture for item in some}
    assert {one.picture for one in perceived(some)} == shown


def test_sets_that_do_not_know_their_pictures_say_so(items):
    with pytest.raises(DataError, match="does not say what its pictures show"):
        list(perceived(replace(items, pictures={})))
    first = next(iter(items.pictures))
    less = {name: items.pictures[name] for name in items.pictures if name != first}
    with pytest.raises(DataError, match=f"does not say what picture {first} shows"):
        list(perceived(replace(items, pictures=less)))
