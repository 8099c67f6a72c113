import hashlib
import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from handeye.rose.scenes.deflate import Tokens, deflate_block
from handeye.rose.scenes.png import encode_tiles


def decode(data):
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "RGB"
    return np.asarray(picture)


def paste(layout, tiles):
    return np.concatenate(
        [np.concatenate([tiles[i] for i in row], axis=1) for row in layout.tolist()], axis=0
    )


@st.composite
def pictures(draw):
    size = draw(st.sampled_from([1, 2, 3, 7, 16, 33]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = draw(st.sampled_from([1, 2, 4, 256]))
    count = draw(st.integers(1, 4))
    tiles = [(rng.integers(0, levels, (size, size, 3)) * (255 // levels)) for _ in range(count)]
    for tile in tiles:
        if draw(st.booleans()):
            tile[1:] = tile[:1]
        if draw(st.booleans()):
            tile[:, 1:] = tile[:, :1]
    layout = rng.integers(0, count, (draw(st.integers(1, 9)), draw(st.integers(1, 9))))
    return layout, [tile.astype(np.uint8) for tile in tiles]


@given(pictures())
@settings(max_examples=150)
def test_any_picture_comes_back_pixel_for_pixel(picture):
    layout, tiles = picture
    assert np.array_equal(decode(encode_tiles(layout, tiles)), paste(layout, tiles))


def test_wide_pictures_beyond_the_window_come_back():
    # A line longer than DEFLATE's window of 32 KiB: no copy of the line above, far tiles literal.
    rng = np.random.default_rng(0)
    tiles = [rng.integers(0, 256, (300, 300, 3)).astype(np.uint8) for _ in range(2)]
    layout = np.zeros((2, 40), np.int64)
    layout[0, 0] = layout[1, 39] = 1
    assert np.array_equal(decode(encode_tiles(layout, tiles)), paste(layout, tiles))


def test_the_bytes_are_pinned():
    tile = np.arange(12 * 12 * 3, dtype=np.int64).reshape(12, 12, 3).astype(np.uint8)
    data = encode_tiles(np.array([[0, 1, 0], [0, 0, 0]]), [tile, 255 - tile])
    assert hashlib.sha256(data).hexdigest() == (
        "f8bf9ac7cbee2558affd837622edd54c0e46e30206b763f5257535e85e4aefeb"
    )


@pytest.mark.parametrize("base", [1.3, 2.0])
def test_skewed_symbols_stay_within_the_code_limit(base):
    # Geometric frequencies make Huffman codes far longer than 15 bits unless they are limited.
    values = np.concatenate([np.full(int(base**i) + 1, i) for i in range(20)])
    tokens = Tokens(np.zeros(values.size, np.int64), values.astype(np.int64))
    block = deflate_block(tokens) + b"\x03\x00"
    assert zlib.decompressobj(wbits=-15).decompress(block) == values.astype(np.uint8).tobytes()
