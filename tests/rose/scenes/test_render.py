"""The pixels of a scene are those of its PNG file, highlighted or not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from handeye.rose.scenes.render import base_mosaic, cue_mosaic
from handeye.rose.scenes.sampling import sample_scene
from handeye.rose.scenes.sources.base import Art


@pytest.mark.parametrize("index", range(4))
def test_pixels_are_those_of_the_file(index: int) -> None:
    scene = sample_scene(3, "pixel-content", index)
    noise = np.random.default_rng(index).integers(0, 256, (2, 24, 24, 3), np.uint8)
    art = Art(noise[0], noise[1])
    cued, _ = cue_mosaic(scene.grid, scene.targets, art, scene.regions["T4"][0])
    base = base_mosaic(scene.grid, scene.targets, art)
    for mosaic in (base, cued):
        with Image.open(io.BytesIO(mosaic.png())) as decoded:
            np.testing.assert_array_equal(np.asarray(decoded), mosaic.pixels())
    assert not np.array_equal(base.pixels(), cued.pixels())
