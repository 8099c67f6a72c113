"""Anybody's pictures: a file of COCO is read, and told of where it is wrong."""

import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from handeye.errors import DataError
from handeye.stress.loader import load
from handeye.stress.perceived import perceived
from handeye.stress.scenes.exports import run_lengths, write_coco
from handeye.stress.scenes.generation import generate
from handeye.training.coco import coco
from handeye.training.targets import UNTOLD, View, Vocabulary, targets_of


def packed(counts):
    """Run lengths as COCO's own files have them (rleToString in maskApi.c)."""
    out = []
    for place, count in enumerate(counts):
        value = count - (counts[place - 2] if place > 2 else 0)
        more = True
        while more:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            out.append(chr((bits | 32 if more else bits) + 48))
    return "".join(out)


@pytest.fixture
def written(tmp_path):
    """Writes a file of one picture of 40 x 30 pixels with some annotations; gives its truth."""
    Image.new("RGB", (40, 30), "white").save(tmp_path / "a.png")
    Image.new("L", (40, 30), 51).save(tmp_path / "depth.png")

    def write(*annotations, **image):
        categories = [
            {"id": 3, "name": "cat", "keypoints": ["nose", "tail"]},
            {"id": 5, "name": "dog"},
        ]
        shown = {"id": 9, "file_name": "a.png", "width": 40, "height": 30, **image}
        told = [
            {"id": n, "image_id": 9, "category_id": 5, **one} for n, one in enumerate(annotations)
        ]
        file = tmp_path / "coco.json"
        file.write_text(
            json.dumps({"images": [shown], "annotations": told, "categories": categories})
        )
        (truth,) = coco(file)
        return truth

    return write


def test_an_export_of_a_set_tells_what_the_set_tells(tmp_path):
    """Boxes, masks and keypoints of our own export come back as they were."""
    data = generate(tmp_path / "set", seed=3, groups=12, size=112, workers=1)
    items = load(data)
    write_coco(items, tmp_path / "coco.json")
    own = {one.picture: one for one in perceived(items)}
    read = list(coco(tmp_path / "coco.json", root=data))
    assert sorted(one.picture for one in read) == sorted(own)
    for found in read:
        truth = own[found.picture]
        assert ((found.mask > 0) == (truth.mask > 0)).all()
        for place, thing in enumerate(found.things, 1):
            shown = np.unique(truth.mask[found.mask == place])
            assert len(shown) <= 1, "one of its things is one of ours"
            if len(shown):
                ours = truth.things[shown[0] - 1]
                assert (thing.name, thing.keypoints) == (ours.name, ours.keypoints)
                colour = {
                    key: ours.attributes[key] for key in ("colour",) if key in ours.attributes
                }
                assert colour.items() <= thing.attributes.items()


def test_all_that_an_annotation_can_say(written):
    truth = written(
        {"category_id": 3, "bbox": [0, 0, 20, 30], "attributes": {"colour": "red", "depth": 2},
         "keypoints": [5, 6, 2, 0, 0, 0], "num_keypoints": 1},
        {"segmentation": [[20, 0, 40, 0, 40, 10, 20, 10]]},
        {"category_id": 3, "bbox": [30, 20, 5, 5]},
        scene="garden", depth_file="depth.png",
    )  # fmt: skip
    assert truth.scene == "garden"
    # Smaller ones lie above larger ones.
    large, middle, small = truth.things
    assert (large.name, middle.name, small.name) == ("cat", "dog", "cat")
    assert large.attributes == {"colour": "red"}
    assert large.keypoints == {"nose": (5.0, 6.0)}, "what is not marked is not there"
    assert middle.keypoints == {}
    assert small.keypoints is None, "of a cat they could have been marked"
    assert (truth.mask == 1).sum() == 600
    assert truth.mask[5, 30] == 2
    assert (truth.mask == 3).sum() == 25
    assert truth.depth.max() == pytest.approx(0.2)


def test_of_a_crowd_nothing_is_told(written):
    truth = written({"bbox": [0, 0, 20, 30], "iscrowd": 1}, {"bbox": [20, 0, 20, 30]})
    vocabulary = Vocabulary.of([truth])
    assert vocabulary.labels["name"] == ("(ground)", "dog")
    found = targets_of(truth, View.stretched((40, 30), (1, 2)), vocabulary)
    assert found.classes[:, 0].tolist() == [-100, 1]
    assert truth.things[0].name == UNTOLD


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.tuples(*[st.integers(1, 40)] * 2))
def test_run_lengths_are_unpacked(seed, share, shape):
    from handeye.training.coco import _of_runs, _Runs

    shown = np.random.default_rng(seed).random(shape) < share
    counts = run_lengths(shown)
    for told in (counts, packed(counts)):
        assert (_of_runs(_Runs(shape, told), shape, "") == shown).all()


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        ({"category_id": 4, "bbox": [0, 0, 9, 9]}, "annotation 0 of image 9: no category has id 4"),
        ({"image_id": 8, "bbox": [0, 0, 9, 9]}, "annotation 0 of image 8: no image has id 8"),
        ({}, "annotation 0 of image 9: it has neither bbox nor segmentation"),
        ({"bbox": [0.1, 0.1, 0.5, 0.9]}, "looks like shares of the picture"),
        ({"bbox": [0, 0, 90, 9]}, r"bbox: 90 lies outside of 0\.\.40"),
        ({"bbox": [5, 5, 0, 9]}, "covers nothing"),
        ({"bbox": [5, 5, 9]}, r"\$.annotations\[0\].bbox"),
        ({"segmentation": [[0, 0, 9, 9]]}, "a polygon of 4 numbers"),
        ({"segmentation": [[0, 0, 0.9, 0, 0.9, 0.9]]}, "looks like shares"),
        ({"segmentation": {"size": [40, 30], "counts": [1200]}}, "has size"),
        ({"segmentation": {"size": [30, 40], "counts": [12]}}, "make 12 pixels of 1200"),
        ({"segmentation": {"size": [30, 40], "counts": [1205, -5]}}, "has a count below 0"),
        ({"segmentation": {"size": [30, 40], "counts": [10**30]}}, "make 10{30} pixels of 1200"),
        ({"segmentation": {"size": [30, 40], "counts": "é"}}, "are no run lengths"),
        ({"segmentation": {"size": [30, 40], "counts": "P"}}, "break off"),
        ({"category_id": 3, "bbox": [0, 0, 9, 9], "keypoints": [1, 2, 2]}, "keypoints are 3"),
        (
            {"category_id": 3, "bbox": [0, 0, 9, 9], "keypoints": [99, 2, 2, 0, 0, 0]},
            "image 9: picture a.png: thing 1 .cat.: keypoint 'nose': 99 lies outside",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_and_id(written, annotation, words):
    with pytest.raises(DataError, match=rf"coco\.json: .*{words}"):
        written(annotation)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ({"width": 41}, "a.png has 40 x 30 pixels, the file says 41 x 30"),
        ({"file_name": "b.png"}, "b.png"),
        ({"file_name": "../a.png"}, r"\.\./a\.png"),
        ({"depth_file": "b.png"}, "b.png"),
        ({"height": 0}, "are no picture"),
    ],
)
def test_what_is_wrong_with_a_picture_is_told(written, image, words):
    with pytest.raises(DataError, match=words):
        written(**image)


def test_another_file_is_refused(tmp_path):
    for text in ("[]", "{", '{"images": []}', '{"images": [{"id": 1}]}'):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(DataError, match=r"x\.json: cannot be read"):
            list(coco(tmp_path / "x.json"))


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ({"id": 5, "name": "fox"}, "two categories have id 5"),
        ({"id": 6, "name": "fox", "keypoints": ["nose", "nose"]}, "two keypoints have one name"),
    ],
)
def test_categories_that_are_two_at_once_are_refused(written, tmp_path, category, words):
    written({"bbox": [0, 0, 9, 9]})
    file = tmp_path / "coco.json"
    told = json.loads(file.read_text())
    file.write_text(json.dumps(told | {"categories": [*told["categories"], category]}))
    with pytest.raises(DataError, match=rf"coco\.json: .*{words}"):
        list(coco(file))
