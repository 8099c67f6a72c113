"""What the suite says of its pictures, cell by cell."""

import numpy as np
import pytest
from PIL import Image

from handeye.errors import DataError
from handeye.media.view import read_view
from handeye.rose.perceived import perceived
from handeye.rose.release import load
from handeye.rose.scenes.generation import generate


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    out = tmp_path_factory.mktemp("perceived") / "set"
    return load(generate(out, seed=5, scenes=4, sources="pixel-edit", grid="3:5", workers=1))


def test_cells_are_exceptions_or_none_and_lie_where_they_are(items):
    highlighted = 0
    for truth in perceived(items):
        item = next(one for one in items if one.image == truth.picture)
        cells = list(item.grid.cells())
        assert len(truth.things) == len(cells)
        pixels = np.asarray(read_view(items.root / truth.picture).image())
        tiles = {}
        for place, (cell, thing) in enumerate(zip(cells, truth.things, strict=True), 1):
            told = {"yes": True, "no": False}[thing.attributes["exception"]]
            assert told == (cell in item.targets)
            assert (thing.attributes["row"], thing.attributes["column"]) == tuple(map(str, cell))
            x, y = thing.keypoints["middle"]
            assert truth.mask[int(y), int(x)] == place
            lit = thing.attributes.get("highlighted")
            highlighted += lit == "yes"
            if lit is None:
                tiles.setdefault(told, set()).add(pixels[truth.mask == place].tobytes())
        # Of a picture without a highlight all cells of a kind are the same pixels.
        assert all(len(same) == 1 for same in tiles.values())
        assert not tiles or len(tiles) == 2
    assert highlighted
    assert {one.picture for one in perceived(items)} == {item.image for item in items}


def test_a_picture_that_is_no_grid_is_told(items, tmp_path):
    place = items.image_path(items[0])
    kept = place.read_bytes()
    try:
        Image.new("RGB", (101, 97)).save(place)
        with pytest.raises(DataError, match="101 x 97 pixels is no grid"):
            list(perceived(items))
    finally:
        place.write_bytes(kept)
