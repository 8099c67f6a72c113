"""Localized edits of one sprite: small, visible at every cell size, and known to the pixel.

An edit is kept only if it changes 1-6 % of the sprite's opaque pixels, if the changed pixels are
clearly of another colour, and if it survives nearest-neighbour scaling to every size a tile may
have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scenes.sources.base import CELL_SIZES
from handeye.rose.scenes.sources.raster import Rgba, on_white, stretch
from handeye.rose.scenes.sources.similarity import lab
from handeye.rose.scenes.sources.sprites import changed
from handeye.sets.draw import Draw

SHARE = (0.01, 0.06)
"""Smallest and largest share of opaque pixels that an edit may change."""
LEAST_CONTRAST = 22.0
"""Least mean CIELAB distance over the changed pixels (about 2 can just be told apart)."""


class Edit(NamedTuple):
    """An edited picture, what was done, and which pixels it changed ``(height, width)``."""

    pixels: Rgba
    kind: str
    mask: NDArray[np.bool_]


def _opaque(pixels: Rgba) -> list[tuple[int, int]]:
    return [(int(y), int(x)) for y, x in np.argwhere(pixels[..., 3] > 0)]


def _colors(pixels: Rgba) -> list[tuple[int, ...]]:
    """Opaque colours in use, most frequent first (ties by value)."""
    found, counts = np.unique(pixels[pixels[..., 3] > 0], axis=0, return_counts=True)
    order = np.lexsort((*found.T[::-1], -counts))
    return [tuple(int(v) for v in found[i]) for i in order[:12]]


def _other_color(pixels: Rgba, at: tuple[int, int], draw: Draw) -> tuple[int, ...] | None:
    now = tuple(int(v) for v in pixels[at])
    choices = [color for color in _colors(pixels) if color != now]
    return draw.pick(choices) if choices else None


def _box(pixels: Rgba, draw: Draw, low: int, high: int) -> tuple[slice, slice]:
    """A box of ``low``..``high`` pixels a side around an opaque pixel, inside the picture."""
    y, x = draw.pick(_opaque(pixels))
    tall, wide = draw.integer(low, high), draw.integer(low, high)
    top = max(0, min(y - tall // 2, pixels.shape[0] - tall))
    left = max(0, min(x - wide // 2, pixels.shape[1] - wide))
    return slice(top, top + tall), slice(left, left + wide)


def recolor(pixels: Rgba, draw: Draw) -> Rgba | None:
    """Give a connected patch of one colour another colour of the sprite."""
    start = draw.pick(_opaque(pixels))
    color = _other_color(pixels, start, draw)
    if color is None:
        return None
    most = draw.integer(3, max(4, len(_opaque(pixels)) // 18))
    patch, queue = {start}, [start]
    while queue and len(patch) < most:
        y, x = queue.pop(0)
        for spot in ((y - 1, x), (y, x - 1), (y, x + 1), (y + 1, x)):
            inside = 0 <= spot[0] < pixels.shape[0] and 0 <= spot[1] < pixels.shape[1]
            wanted = inside and spot not in patch and len(patch) < most
            if wanted and (pixels[spot] == pixels[start]).all():
                patch.add(spot)
                queue.append(spot)
    out = pixels.copy()
    for spot in patch:
        out[spot] = color
    return out


def erase(pixels: Rgba, draw: Draw) -> Rgba | None:
    """Clear a small box."""
    out = pixels.copy()
    out[_box(pixels, draw, 1, 4)] = 0
    return out


def add_blob(pixels: Rgba, draw: Draw) -> Rgba | None:
    """Put a small blot of one of the sprite's colours on it or beside it."""
    at = draw.pick(_opaque(pixels))
    color = _other_color(pixels, at, draw)
    if color is None:
        return None
    rows, columns = _box(pixels, draw, 2, 4)
    high, wide = rows.stop - rows.start, columns.stop - columns.start
    blot = np.ones((high, wide), np.bool_)
    if high > 2 and wide > 2:  # larger blots have their corners cut
        blot[[0, 0, -1, -1], [0, -1, 0, -1]] = False
    out = pixels.copy()
    out[rows, columns][blot] = color
    return out


def shift(pixels: Rgba, draw: Draw) -> Rgba | None:
    """Move a patch by one pixel; the row or column left behind repeats."""
    rows, columns = _box(pixels, draw, 3, 8)
    patch = pixels[rows, columns]
    moved = patch.copy()
    way = draw.below(4)
    if way == 0:
        moved[1:] = patch[:-1]
    elif way == 1:
        moved[:-1] = patch[1:]
    elif way == 2:
        moved[:, 1:] = patch[:, :-1]
    else:
        moved[:, :-1] = patch[:, 1:]
    out = pixels.copy()
    out[rows, columns] = moved
    return out


def mirror(pixels: Rgba, draw: Draw) -> Rgba | None:
    """Turn a patch left to right."""
    box = _box(pixels, draw, 3, 8)
    out = pixels.copy()
    out[box] = pixels[box][:, ::-1]
    return out


OPERATORS: dict[str, Callable[[Rgba, Draw], Rgba | None]] = {
    "recolor": recolor,
    "erase": erase,
    "add_blob": add_blob,
    "shift": shift,
    "mirror": mirror,
}


def accepted(before: Rgba, after: Rgba) -> NDArray[np.bool_] | None:
    """The changed pixels if the edit keeps the rules at the top of this module, else ``None``."""
    mask = changed(before, after)
    count, opaque = int(mask.sum()), int((before[..., 3] > 0).sum())
    if count < 2 or not SHARE[0] <= count / opaque <= SHARE[1]:
        return None
    apart = np.linalg.norm(lab(on_white(before)) - lab(on_white(after)), axis=-1)
    if apart[mask].mean() < LEAST_CONTRAST:
        return None
    # At a size of at least the picture's own every pixel is shown; below, some are skipped.
    sizes = range(CELL_SIZES[0], max(mask.shape))
    if not all(stretch(mask & (apart > LEAST_CONTRAST), size).any() for size in sizes):
        return None
    return mask


def edit(
    pixels: Rgba, draw: Draw, swapped: Callable[[Draw], Rgba | None], tries: int = 60
) -> Edit | None:
    """One accepted edit of a picture; all kinds are equally likely to be tried first.

    Args:
        pixels: RGBA of the sprite.
        draw: where the choices come from.
        swapped: gives the sprite with another part (kind ``swap_part``), or ``None``.
        tries: how many edits to try before giving up.

    Returns:
        The edit, or ``None`` when none of the tries was accepted.
    """
    kinds = [*OPERATORS, "swap_part"]
    kind = draw.pick(kinds)
    for attempt in range(tries):
        if attempt and attempt % 10 == 0:
            kind = draw.pick(kinds)
        made = swapped(draw) if kind == "swap_part" else OPERATORS[kind](pixels, draw)
        if made is None:
            kind = draw.pick(kinds)
            continue
        mask = accepted(pixels, made)
        if mask is not None:
            return Edit(made, kind, mask)
    return None
