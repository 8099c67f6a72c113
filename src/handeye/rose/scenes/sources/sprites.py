"""Sprites without any file: our body plans, and avatars from DiceBear's "Pixel Art" parts.

A sprite is its plan, traits and colours; its pixels follow from them. Two sprites that differ in a
few traits are relatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from handeye import assets
from handeye.rose.scenes.sources.canvas import PALETTES, colored
from handeye.rose.scenes.sources.raster import Rgba, svg_body
from handeye.rose.scenes.sources.sprite_plans import PLANS
from handeye.sets.draw import Draw

AVATAR = "avatar"
AVATAR_SIDE = 16
# One sprite in four is an avatar; the rest is shared by our plans.
_AVATAR_ODDS = 4
# What a part swap may change: parts every avatar shows and that are small enough to be an edit.
_SWAPPED = ("eyes", "mouth", "clothing", "hair")
_ABSENT = ""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A drawable figure.

    ``traits`` are ``(name, value)`` with values as text (trait numbers, or part variants of an
    avatar); ``colors`` are ``(name, hex)`` of an avatar, or the palette's number.
    """

    plan: str
    traits: tuple[tuple[str, str], ...]
    colors: tuple[tuple[str, str], ...]

    def pixels(self) -> Rgba:
        """RGBA at the sprite's own resolution: 24 x 24, avatars 16 x 16."""
        return _avatar_pixels(self) if self.plan == AVATAR else _plan_pixels(self)

    def with_traits(self, changed: dict[str, str], colors: tuple[tuple[str, str], ...]) -> Sprite:
        """The same figure with other values of some traits."""
        traits = tuple((name, changed.get(name, value)) for name, value in self.traits)
        return replace(self, traits=traits, colors=colors)


def _plan_pixels(sprite: Sprite) -> Rgba:
    draw, _ = PLANS[sprite.plan]
    palette = PALETTES[int(dict(sprite.colors)["palette"])]
    return colored(draw({name: int(value) for name, value in sprite.traits}), palette)


@lru_cache(maxsize=64)
def _avatar_svg(sprite: Sprite) -> str:
    data = assets.avatars()
    traits = dict(sprite.traits)
    body: str = data["base"] + "".join(
        data["parts"][part][traits[part]] for part in data["order"] if traits[part] != _ABSENT
    )
    for name, color in sprite.colors:
        body = body.replace(f"{{{name}}}", f"#{color}")
    return f'<g fill="none" shape-rendering="crispEdges">{body}</g>'


def _avatar_pixels(sprite: Sprite) -> Rgba:
    return svg_body(_avatar_svg(sprite), AVATAR_SIDE, AVATAR_SIDE)


def _options(plan: str) -> dict[str, list[str]]:
    """The values each trait of a plan can take."""
    if plan == AVATAR:
        data = assets.avatars()
        return {part: sorted(data["parts"][part]) for part in data["order"]}
    return {name: [str(i) for i in range(count)] for name, count in PLANS[plan][1].items()}


def random_sprite(draw: Draw) -> Sprite:
    """Any sprite."""
    plan = AVATAR if draw.below(_AVATAR_ODDS) == 0 else draw.pick(sorted(PLANS))
    return _avatar(draw) if plan == AVATAR else _planned(plan, draw)


def _planned(plan: str, draw: Draw) -> Sprite:
    traits = tuple((name, draw.pick(values)) for name, values in _options(plan).items())
    return Sprite(plan, traits, (("palette", str(draw.below(len(PALETTES)))),))


def _avatar(draw: Draw) -> Sprite:
    data = assets.avatars()
    traits = tuple(
        (part, draw.pick(values) if draw.below(100) < data["chances"][part] else _ABSENT)
        for part, values in _options(AVATAR).items()
    )
    colors = tuple((name, draw.pick(values)) for name, values in sorted(data["colors"].items()))
    return Sprite(AVATAR, traits, colors)


def relative(sprite: Sprite, draw: Draw) -> Sprite:
    """Another of the family: two to five traits redrawn, now and then other colours."""
    options = _options(sprite.plan)
    present = [name for name, value in sprite.traits if value != _ABSENT]
    count = min(len(present), draw.integer(2, 5))
    changed = {}
    for at in draw.sample(len(present), count):
        name = present[at]
        changed[name] = draw.pick([v for v in options[name] if v != dict(sprite.traits)[name]])
    colors = sprite.colors
    if draw.below(5) == 0:
        colors = (_avatar if sprite.plan == AVATAR else _recolored(sprite.plan))(draw).colors
    return sprite.with_traits(changed, colors)


def _recolored(plan: str) -> Callable[[Draw], Sprite]:
    return lambda draw: _planned(plan, draw)


def swap_part(sprite: Sprite, draw: Draw) -> Sprite | None:
    """An avatar with one part swapped; ``None`` for other sprites."""
    if sprite.plan != AVATAR:
        return None
    part = draw.pick(_SWAPPED)
    now = dict(sprite.traits)[part]
    other = draw.pick([value for value in _options(AVATAR)[part] if value != now])
    return sprite.with_traits({part: other}, sprite.colors)


def differ(a: Rgba, b: Rgba) -> bool:
    """Whether two pictures of one size differ in any pixel that is not clear in both."""
    return a.shape != b.shape or bool(changed(a, b).any())


def changed(a: Rgba, b: Rgba) -> NDArray[np.bool_]:
    """Pixels whose colour differs, ``(height, width)``; clear pixels have no colour."""
    clear = (a[..., 3] == 0) & (b[..., 3] == 0)
    different: NDArray[np.bool_] = (a != b).any(axis=-1) & ~clear
    return different
