"""Sprites from a folder of PNG files, and which of them look alike."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from handeye.errors import AssetError
from handeye.rose.scenes.sources.drawings import art_view, pixels_of
from handeye.rose.scenes.sources.raster import Rgba, on_white, stretch
from handeye.rose.scenes.sources.similarity import MEASURE_SIZE, lab, similarity

SIDES = (8, 128)
"""Smallest and largest side of a sprite in pixels: it is pixel art, scaled by whole pixels."""
_NEAREST = 4
_SMALL = 16


class NamedSprite(NamedTuple):
    """A sprite of the user: file name and RGBA pixels."""

    name: str
    pixels: Rgba


def load_sprites(folder: Path) -> list[NamedSprite]:
    """All PNG files of a folder, by name.

    Raises:
        AssetError: no folder, fewer than two PNG files, a file that is no picture, is empty, or is
            not of the size of pixel art.
    """
    if not folder.is_dir():
        raise AssetError(f"sprites: {folder} is not a folder")
    found = []
    for path in sorted(folder.glob("*.png")):
        view = art_view(path)
        low, high = SIDES
        if not (low <= min(view.size) and max(view.size) <= high):
            raise AssetError(
                f"sprites: {path} is {view.size[0]} x {view.size[1]} pixels; pixel art of "
                f"{low} to {high} pixels a side is needed, without scaling"
            )
        pixels = pixels_of(view)
        if not (pixels[..., 3] > 0).any():
            raise AssetError(f"sprites: {path} shows nothing; remove it")
        found.append(NamedSprite(path.name, pixels))
    if len(found) < 2:
        raise AssetError(f"sprites: {folder} holds {len(found)} PNG files; give at least two")
    return found


def look_alikes(sprites: list[NamedSprite]) -> dict[tuple[int, int], float]:
    """Each sprite with its nearest others: similarity by index pair ``(i, j)``, ``i < j``.

    Candidates are the nearest in CIELAB at 16 pixels; their similarity is then measured. Pictures
    that are the same are left out.
    """
    tiles = [stretch(on_white(sprite.pixels), MEASURE_SIZE) for sprite in sprites]
    small = np.stack([lab(stretch(tile, _SMALL)).ravel() for tile in tiles])
    pairs: dict[tuple[int, int], float] = {}
    for i, row in enumerate(small):
        order = np.argsort(np.abs(small - row).sum(axis=1), kind="stable")
        for j in [int(k) for k in order if k != i][:_NEAREST]:
            pairs.setdefault((min(i, j), max(i, j)), -1.0)
    for i, j in pairs:
        pairs[i, j] = similarity(tiles[i], tiles[j])
    return {pair: score for pair, score in sorted(pairs.items()) if score < 1.0}
