"""Truths of pixels become targets of tokens, whatever a processor does in between."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError
from handeye.training.lesson import IGNORED
from handeye.training.targets import (
    GROUND,
    NAME,
    UNTOLD,
    PictureTruth,
    Thing,
    View,
    Vocabulary,
    checked,
    targets_of,
    view_of,
)
from tests.support.perceived import drawn


def truth_of(mask, *names, depth=None, **more):
    things = tuple(Thing(name, {"colour": "red"}, {}) for name in names)
    return checked(PictureTruth("p.png", "s", things, np.asarray(mask, np.uint8), depth, **more))


def test_a_patch_tells_what_most_of_it_shows():
    mask = np.zeros((32, 48), np.uint8)
    mask[:16, :16] = 1  # all of a patch
    mask[16:32, 16:20] = 2  # a quarter of one
    mask[0:3, 32:48] = 3  # less, and the rest of it in the next one
    mask[16:19, 32:48] = 3
    mask[30:31, 46:47] = 4  # one pixel, all of it
    truth = truth_of(mask, "a", "b", "c", "d")
    found = targets_of(truth, View.stretched((48, 32), (2, 3)), Vocabulary.of([truth]))
    # Half of c is in each of its patches: told in one, and in the other d is less.
    assert found.owner.reshape(2, 3).tolist() == [[1, 0, 3], [0, 2, 3]]
    assert found.regions[0].tolist() == [1, 0, 0, 0, 0, 0]
    assert found.regions[1].tolist() == [0, 0, 0, 0, 0.25, 0]
    names = Vocabulary.of([truth]).labels[NAME]
    assert [names[one] for one in found.classes[:, 0]] == ["a", GROUND, "c", GROUND, "b", "c"]


def test_corners_and_padding_are_told_nothing():
    mask = np.zeros((32, 32), np.uint8)
    mask[8:32, 12:32] = 1
    truth = truth_of(mask, "a")
    vocabulary = Vocabulary({NAME: (GROUND, "a"), "colour": ("blue", "red")}, ())
    found = targets_of(truth, View((2, 4), (-32, 0, 32, 32)), vocabulary)
    # Left of the picture nothing, then a corner of a fifth, then the thing.
    assert found.owner.reshape(2, 4).tolist() == [[-1, -1, -1, 1], [-1, -1, 1, 1]]
    assert found.classes[3].tolist() == [1, 1]
    assert found.classes[2].tolist() == [IGNORED, IGNORED]
    assert np.isnan(found.depth).all()


def test_words_that_the_vocabulary_has_not_are_not_told():
    truth = truth_of(np.ones((16, 16)), "a")
    found = targets_of(truth, View.stretched((16, 16), (1, 1)), Vocabulary({NAME: (GROUND, "b")}))
    assert found.owner.tolist() == [1]
    assert found.classes.tolist() == [[IGNORED]]


def test_depth_is_the_mean_of_what_is_known():
    depth = np.full((16, 32), 0.5, np.float32)
    depth[:8, :16], depth[:, 16:] = 1.0, np.nan
    truth = truth_of(np.ones((16, 32)), "a", depth=depth)
    found = targets_of(truth, View.stretched((32, 16), (1, 2)), Vocabulary.of([truth]))
    assert found.depth[0] == 0.75
    assert np.isnan(found.depth[1])


def test_heat_is_where_the_keypoint_is():
    thing = Thing("a", {}, {"tip": (40.0, 8.0)})
    truth = checked(PictureTruth("p.png", "s", (thing,), np.ones((32, 64), np.uint8)))
    found = targets_of(truth, View.stretched((64, 32), (2, 4)), Vocabulary.of([truth]))
    assert found.keypoints.shape == (8, 1)
    assert found.keypoints[:, 0].argmax() == 2
    assert found.keypoints[2, 0] == 1.0
    assert found.points[0, 0].tolist() == [40.0, 8.0]


def test_of_what_nobody_marked_no_keypoint_is_told():
    mask = np.zeros((16, 32), np.uint8)
    mask[:, :16] = 1
    things = (Thing("a", {}, None),)
    truth = checked(PictureTruth("p.png", "s", things, mask))
    vocabulary = Vocabulary({NAME: (GROUND, "a")}, ("tip",))
    found = targets_of(truth, View.stretched((32, 16), (1, 2)), vocabulary)
    assert np.isnan(found.keypoints[0, 0])
    assert found.keypoints[1, 0] == 0


def test_a_vocabulary_leaves_out_what_tells_nothing():
    things = (
        Thing("b", {"colour": "red", "made": "yes"}, {"tip": (0, 0)}),
        Thing("a", {"colour": "blue", "made": "yes"}),
        Thing(UNTOLD),
    )
    truth = checked(PictureTruth("p.png", "s", things, np.zeros((8, 8), np.uint8)))
    found = Vocabulary.of([truth])
    assert found.labels == {NAME: (GROUND, "a", "b"), "colour": ("blue", "red")}
    assert found.keypoints == ("tip",)
    assert truth.named("b", colour="red") == (0,)
    assert truth.named("b", colour="blue") == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mask": np.full((8, 8), 2, np.uint8)}, "names thing 2 of 1"),
        ({"mask": np.zeros((8, 8))}, "no map of whole numbers"),
        ({"mask": np.zeros((0, 8), np.uint8)}, "no map of whole numbers"),
        ({"depth": np.zeros((4, 4), np.float32)}, r"depth is \(4, 4\)"),
        ({"depth": np.full((8, 8), 7, np.float32)}, "must lie in 0..1"),
        ({"depth": np.full((8, 8), np.inf, np.float32)}, "must lie in 0..1"),
        ({"things": (Thing(""),)}, "has no name"),
        ({"things": (Thing("a", {"name": "b"}),)}, "has no name"),
        ({"things": (Thing("a", {}, {"tip": (11.0, 3.0)}),)}, r"'tip': 11 lies outside of 0\.\.8"),
        ({"things": (Thing("a", {}, {"tip": (float("nan"), 3.0)}),)}, "lies outside"),
    ],
)
def test_what_does_not_fit_is_told_with_the_picture(change, words):
    whole = {"things": (Thing("a"),), "mask": np.ones((8, 8), np.uint8), "depth": None}
    whole |= change
    with pytest.raises(DataError, match=f"picture p.png: .*{words}"):
        checked(PictureTruth("p.png", "s", **whole))


def test_places_just_outside_are_moved_to_the_edge():
    thing = Thing("a", {}, {"tip": (-1.5, 8.5)})
    found = checked(PictureTruth("p.png", "s", (thing,), np.ones((8, 8), np.uint8)))
    assert found.things[0].keypoints == {"tip": (0.0, 8.0)}


@settings(max_examples=40, deadline=None)
@given(
    number=st.integers(0, 40),
    grid=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    box=st.tuples(*[st.floats(-80, 140)] * 2, *[st.floats(1, 200)] * 2),
)
def test_targets_of_any_view_are_whole(number, grid, box):
    _, truth = drawn(number)
    vocabulary = Vocabulary.of([truth])
    view = View(grid, (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    found = targets_of(truth, view, vocabulary)
    n = grid[0] * grid[1]
    assert found.classes.shape == (n, len(vocabulary.labels))
    for place, choices in enumerate(vocabulary.labels.values()):
        told = found.classes[:, place]
        assert ((told == IGNORED) | ((told >= 0) & (told < len(choices)))).all()
    assert (found.regions.sum(0) <= 1.001).all()
    assert ((found.owner > 0) == (found.classes[:, 0] > 0)).all()
    assert (found.owner[found.regions.sum(0) > 0] != 0).all()
    known = found.keypoints[~np.isnan(found.keypoints)]
    assert ((known >= 0) & (known <= 1)).all()
    assert found.cells.max() < 64


# ---- processors


def processors():
    pytest.importorskip("transformers", reason="needs handeye[train]")
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.convnext.image_processing_pil_convnext import (
        ConvNextImageProcessorPil,
    )
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
    from transformers.models.siglip import SiglipImageProcessorPil

    small = {"height": 96, "width": 96}
    return {
        "stretched": SiglipImageProcessorPil(size=small),
        "cropped": CLIPImageProcessorPil(size={"shortest_edge": 112}, crop_size=small),
        "cropped more": ConvNextImageProcessorPil(size={"shortest_edge": 96}),
        "padded": padding(96),
        "in patches": Qwen2VLImageProcessorPil(
            min_pixels=56 * 56, max_pixels=168 * 168, merge_size=2, patch_size=14
        ),
    }


def padding(side):
    """A processor of nobody's: the longer side fitted, grey around."""
    from PIL import Image, ImageOps

    def process(picture, return_tensors):
        found = ImageOps.contain(picture, (side, side))
        ground = Image.new("RGB", (side, side), (128, 128, 128))
        ground.paste(found, ((side - found.width) // 2, (side - found.height) // 2))
        values = np.asarray(ground, np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
        return {"pixel_values": values}

    return process


@pytest.mark.parametrize("kind", ["stretched", "cropped", "cropped more", "padded", "in patches"])
@pytest.mark.parametrize("size", [(96, 96), (200, 130), (111, 333)])
def test_a_dot_is_found_in_the_token_that_shows_it(kind, size):
    """The mask of a dot, through the targets, is where the processor's pixels are bright."""
    from PIL import Image

    images = processors()[kind]
    width, height = size
    view = view_of(images, size, lambda high, wide: (high // 16, wide // 16))
    rows, columns = view.grid
    middle = view.places()[(rows // 2) * columns + columns // 3]
    x, y = (int(at) for at in middle)
    reach = max(3, int(min(view.token) / 4))
    mask = np.zeros((height, width), np.uint8)
    mask[y - reach : y + reach + 1, x - reach : x + reach + 1] = 1
    truth = truth_of(mask, "dot")
    told = targets_of(truth, view, Vocabulary.of([truth])).regions[0].astype(float)
    shown = Image.fromarray(np.repeat(mask[..., None] * np.uint8(255), 3, 2))
    dark = Image.new("RGB", size)
    bright = tokens_of(images(shown, return_tensors="np"), view.grid)
    light = bright - tokens_of(images(dark, return_tensors="np"), view.grid)
    assert told.argmax() == light.argmax() == (rows // 2) * columns + columns // 3
    np.testing.assert_allclose(told / told.sum(), light / light.sum(), atol=0.08)


def tokens_of(out, grid):
    """Brightness of each token of what a processor gives."""
    values = np.asarray(out["pixel_values"], float)
    if "image_grid_thw" in out:
        return values.reshape(grid[0] * grid[1], -1).mean(1)
    rows, columns = grid
    part = values[0].mean(0)[: rows * 16, : columns * 16]
    return part.reshape(rows, 16, columns, 16).mean((1, 3)).ravel()


def test_processors_that_cut_a_picture_up_are_refused():
    def tiles(picture, return_tensors):
        return {"pixel_values": np.zeros((1, 3, 3, 32, 32))}

    with pytest.raises(DataError, match="only processors that make one picture"):
        view_of(tiles, (64, 64), lambda high, wide: (2, 2))
