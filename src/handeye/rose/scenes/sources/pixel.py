"""Sources ``pixel-edit`` and ``pixel-content``: pixel art, scaled by nearest neighbour.

pixel-edit: one sprite, and the same with one localized edit whose kind and pixels are known.
pixel-content: two related sprites. Sprites are drawn by our plans or put together from DiceBear
parts, so there is no table that could run out; or they are the user's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from handeye.errors import OptionError
from handeye.rose.scenes.sources.base import Art, Band, Pair, check_cell_size
from handeye.rose.scenes.sources.edits import Edit, edit
from handeye.rose.scenes.sources.order import choose, no_pair, within
from handeye.rose.scenes.sources.raster import Rgba, on_white, stretch
from handeye.rose.scenes.sources.similarity import MEASURE_SIZE, similarity
from handeye.rose.scenes.sources.sprites import (
    AVATAR,
    Sprite,
    changed,
    differ,
    random_sprite,
    relative,
    swap_part,
)
from handeye.rose.scenes.sources.user_sprites import NamedSprite, look_alikes
from handeye.sets.draw import Draw

TRIES = 240
"""Sprites drawn for one scene before a band is said to be out of reach."""
_CREDIT = "dicebear-pixel-art"


def measure(a: Rgba, b: Rgba) -> float:
    """Similarity of two pictures stretched to the measuring size."""
    first, second = (stretch(on_white(picture), MEASURE_SIZE) for picture in (a, b))
    return similarity(first, second)


def _packed(pixels: Rgba) -> tuple[int, int, bytes]:
    """Pixels as a value that can be compared, hashed and sent to another process."""
    return pixels.shape[0], pixels.shape[1], pixels.tobytes()


def _unpacked(packed: tuple[int, int, bytes]) -> Rgba:
    return np.frombuffer(packed[2], np.uint8).reshape(packed[0], packed[1], 4)


def _mark(pixels: Rgba) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()[:10]


def _index_of(key: str) -> int:
    """A scene number that stands for an official pair key."""
    return Draw(0, "official", key).below(1 << 20)


def _first_within(name: str, band: Band | None, pairs: Iterator[Pair | None]) -> Pair:
    """The first pair in the band; an :class:`OptionError` naming what was reached if none is."""
    scores = []
    for pair in pairs:
        if pair is None:
            continue
        if band is None or band.low <= pair.similarity <= band.high:
            return pair
        scores.append(pair.similarity)
    if band is None or not scores:
        raise OptionError(f"{name}: no sprite of the folder allows a visible small edit")
    raise no_pair(name, band, min(scores), max(scores))


class _PixelArt:
    """Drawing, the same for both sources."""

    has_mask = False

    def draw(self, pair: Pair, cell_size: int) -> Art:
        """Both pictures stretched to the cell; for an edit, its mask too."""
        check_cell_size(cell_size)
        a, b = (_unpacked(packed) for packed in pair.recipe)
        mask = stretch(changed(a, b), cell_size) if self.has_mask else None
        first, second = (stretch(on_white(picture), cell_size) for picture in (a, b))
        return Art(majority=first, target=second, mask=mask)


class PixelEditSource(_PixelArt):
    """One sprite and an edit of it; the edited one is the exception.

    Args:
        own: the user's sprites instead of ours.
    """

    name = "pixel-edit"
    has_mask = True

    def __init__(self, own: list[NamedSprite] | None = None) -> None:
        self._own = None if own is None else {s.name: [s] for s in own}

    def pair(self, seed: int, index: int, band: Band | None = None) -> Pair:
        """The pair of scene ``index`` (see :class:`~handeye.rose.scenes.sources.base.Source`)."""
        tries = (self._try(Draw(seed, self.name, index, n), seed, index) for n in range(TRIES))
        return _first_within(self.name, band, tries)

    def _try(self, draw: Draw, seed: int, index: int) -> Pair | None:
        if self._own is None:
            return self._edited(random_sprite(draw), draw)
        sprite = choose(seed, self.name, index, self._own)
        made = edit(sprite.pixels, draw, lambda _: None)
        stem = sprite.name.removesuffix(".png")
        return self._as_pair(stem, sprite.pixels, made, ()) if made else None

    def _edited(self, sprite: Sprite, draw: Draw) -> Pair | None:
        pixels = sprite.pixels()

        def swapped(more: Draw) -> Rgba | None:
            other = swap_part(sprite, more)
            return other.pixels() if other else None

        made = edit(pixels, draw, swapped)
        credit = (_CREDIT,) if sprite.plan == AVATAR else ()
        name = f"{sprite.plan}-{_mark(pixels)}"
        return self._as_pair(name, pixels, made, credit) if made else None

    def _as_pair(self, name: str, pixels: Rgba, made: Edit, credit: tuple[str, ...]) -> Pair:
        key = f"{name}__{made.kind}-{_mark(made.pixels)}"
        share = int(made.mask.sum()) / int((pixels[..., 3] > 0).sum())
        return Pair(
            key=key,
            similarity=measure(pixels, made.pixels),
            fields={
                "pair_key": key,
                "asset_resize_mode": "stretch",
                "edit_type": made.kind,
                "edit_ratio": round(share, 6),
            },
            recipe=(_packed(pixels), _packed(made.pixels)),
            attribution=credit,
        )

    def official_pair(self, row: Mapping[str, Any]) -> Pair:
        """A sprite and edit of ours, the same for every row with this ``pair_key``.

        The authors' sprites are works of others that cannot be passed on.
        """
        key = row["pair_key"]
        index = _index_of(key)
        tries = (self._try(Draw(0, self.name, key, n), 0, index) for n in range(TRIES))
        return _renamed(_first_within(self.name, None, tries), row)


class PixelContentSource(_PixelArt):
    """Two related sprites, either one the majority.

    Args:
        own: the user's sprites instead of ours; each is paired with those it looks like.
    """

    name = "pixel-content"

    def __init__(self, own: list[NamedSprite] | None = None) -> None:
        self._own = own
        self._bands: dict[Band | None, dict[str, list[_Variant]]] = {}

    @cached_property
    def _entries(self) -> dict[str, list[_Variant]]:
        assert self._own is not None
        own = self._own
        return {
            f"{own[i].name}__{own[j].name}": [
                _Variant(own[i], own[j], score),
                _Variant(own[j], own[i], score),
            ]
            for (i, j), score in look_alikes(own).items()
        }

    def pair(self, seed: int, index: int, band: Band | None = None) -> Pair:
        """The pair of scene ``index`` (see :class:`~handeye.rose.scenes.sources.base.Source`)."""
        if self._own is None:
            tries = (self._try(Draw(seed, self.name, index, n)) for n in range(TRIES))
            return _first_within(self.name, band, tries)
        if band not in self._bands:
            self._bands[band] = within(band, self._entries, self.name)
        v = choose(seed, self.name, index, self._bands[band])
        return _paired(v.majority, v.target, ())

    def _try(self, draw: Draw) -> Pair | None:
        sprite = random_sprite(draw)
        other = relative(sprite, draw)
        first, second = sprite.pixels(), other.pixels()
        if not differ(first, second) or not _visible(first, second):
            return None
        return pair_of(sprite, other)

    def official_pair(self, row: Mapping[str, Any]) -> Pair:
        """Two related sprites of ours, the same for every row with this ``pair_key``."""
        key = row["pair_key"]
        if self._own is not None:
            return _renamed(self.pair(0, _index_of(key)), row)
        tries = (self._try(Draw(0, self.name, key, n)) for n in range(TRIES))
        return _renamed(_first_within(self.name, None, tries), row)


def pair_of(majority: Sprite, target: Sprite) -> Pair:
    """Two sprites of ours as a pair of the source ``pixel-content``."""
    both = majority, target
    a, b = (NamedSprite(f"{one.plan}-{_mark(one.pixels())}", one.pixels()) for one in both)
    return _paired(a, b, (_CREDIT,) if AVATAR in (one.plan for one in both) else ())


def _paired(a: NamedSprite, b: NamedSprite, credit: tuple[str, ...]) -> Pair:
    key = f"{a.name}__{b.name}"
    return Pair(
        key=key,
        similarity=measure(a.pixels, b.pixels),
        fields={"pair_key": key, "asset_resize_mode": "stretch"},
        recipe=(_packed(a.pixels), _packed(b.pixels)),
        attribution=credit,
    )


class _Variant(NamedTuple):
    majority: NamedSprite
    target: NamedSprite
    similarity: float


def _visible(a: Rgba, b: Rgba) -> bool:
    """Whether at least a hundredth of the pixels differ and some do at the smallest sizes."""
    mask = changed(a, b)
    return mask.mean() >= 0.01 and all(stretch(mask, s).any() for s in range(16, mask.shape[0]))


def _renamed(pair: Pair, row: Mapping[str, Any]) -> Pair:
    """A pair under the row's own key, with what was really drawn beside it."""
    own = {name: row[name] for name in ("pair_key", "asset_resize_mode") if name in row}
    fields = {**pair.fields, **own, "drawn_pair": pair.key}
    return Pair(pair.key, pair.similarity, fields, pair.recipe, pair.attribution)
