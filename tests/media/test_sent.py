"""Files as they go out: their fingerprint, pictures as PNG and of one shade."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handeye.errors import DataError
from handeye.media.sent import hashed, png_of, refuse_changed


def test_a_plain_png_goes_out_as_it_lies_and_another_file_as_one(tmp_path: Path) -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    for name in ("a.png", "b.bmp.webp"):
        Image.fromarray(pixels).save(tmp_path / name, lossless=True)
    first = png_of(tmp_path / "a.png", "a")
    assert first == (tmp_path / "a.png").read_bytes()
    other = png_of(tmp_path / "b.bmp.webp", "b")
    assert (np.asarray(Image.open(io.BytesIO(other))) == pixels).all()


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_shade_has_the_size_of_the_picture(tmp_path: Path, grey: int) -> None:
    Image.new("RGB", (7, 5), (9, 8, 7)).save(tmp_path / "a.png")
    found = np.asarray(Image.open(io.BytesIO(png_of(tmp_path / "a.png", "a", grey))))
    assert found.shape == (5, 7, 3)
    assert set(found.ravel().tolist()) == {grey}


def test_a_file_is_hashed_once_and_refused_where_it_is_another(tmp_path: Path) -> None:
    path, known = tmp_path / "a", {}
    path.write_bytes(b"one")
    first = hashed(path, known)
    path.write_bytes(b"two")
    assert hashed(path, known) == first
    refuse_changed(path, first, first)
    refuse_changed(path, first, "")
    with pytest.raises(DataError, match="was changed or damaged"):
        refuse_changed(path, first, hashed(path, {}))
    with pytest.raises(DataError, match="cannot be read"):
        hashed(tmp_path / "nothing", known)
