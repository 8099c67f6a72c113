"""Pairs of sprites for training, and other ones that are never trained on.

The split is by body plan: every sprite of a held-out plan is unseen, down to its outline, and so
are the avatars, whose parts are by another hand. Knows sprites, nothing of grids.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scenes.sources.base import Art
from handeye.rose.scenes.sources.raster import on_white, stretch
from handeye.rose.scenes.sources.sprite_plans import PLANS
from handeye.rose.scenes.sources.sprites import AVATAR, Sprite, random_sprite, relative
from handeye.rose.scenes.visibility import visible_pixels
from handeye.sets.draw import Draw

Split = Literal["seen", "unseen"]

HELD_OUT = ("ghost", "ship", AVATAR)
"""Plans of which no sprite is shown in training."""
LEAST_DIFFERENCE = 0.08
"""Share of a tile's pixels in which a pair must differ visibly: a cell is shrunk to some 16 x 16
pixels, and what is smaller than a pixel there cannot be asked for."""
_TRIES = 200
_TILE = 48


def plans_of(split: Split) -> tuple[str, ...]:
    """Names of the plans of one side of the split."""
    everything = (*PLANS, AVATAR)
    return tuple(name for name in everything if (name in HELD_OUT) == (split == "unseen"))


def sprite_pair(draw: Draw, split: Split, strangers: float = 0.0) -> tuple[Sprite, Sprite]:
    """A majority and an exception that can be told apart at the size of a cell.

    Args:
        draw: the stream of this scene's art.
        split: which plans the sprites may come from.
        strangers: chance (0..1) that the exception is any other sprite instead of a relative:
            easier pairs for the beginning of a training.

    Returns:
        Two sprites that differ visibly in at least :data:`LEAST_DIFFERENCE` of a tile.
    """
    plans = plans_of(split)
    for _ in range(_TRIES):
        first = _one_of(draw, plans)
        second = _one_of(draw, plans) if draw.unit() < strangers else relative(first, draw)
        if difference(first, second) >= LEAST_DIFFERENCE:
            return first, second
    raise AssertionError("sprites that differ are drawn within a few tries")


def difference(first: Sprite, second: Sprite) -> float:
    """Share (0..1) of the pixels of a tile in which two sprites differ visibly."""
    return float(visible_pixels(_tile(first, _TILE), _tile(second, _TILE)).mean())


def draw_pair(pair: tuple[Sprite, Sprite], cell_size: int) -> Art:
    """Both tiles at ``cell_size`` pixels on white."""
    return Art(_tile(pair[0], cell_size), _tile(pair[1], cell_size))


def _one_of(draw: Draw, plans: tuple[str, ...]) -> Sprite:
    while (sprite := random_sprite(draw)).plan not in plans:
        pass
    return sprite


def _tile(sprite: Sprite, size: int) -> NDArray[np.uint8]:
    return stretch(on_white(sprite.pixels()), size)
