"""The badge on the strip: what questions of sight ask for.

Greys only, so that no colour, and shapes of its own, so that no shape of a premise is on the strip.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.media.angles import sine, turned
from handeye.premise.scenes.kinds import SIZE, STAGE, Query
from handeye.premise.scenes.vision.shapes import (
    FINE,
    Pixels,
    Point,
    box,
    grey,
    ground,
    paint_cover,
    squares,
    whole,
)
from handeye.sets.draw import Draw

SHAPES = ("star", "cross", "heart", "crescent")
FILLS = ("filled", "outlined", "striped", "half filled")
_ROWS = SIZE - STAGE
_COLUMN = SIZE // 4
_GROUND, _INK = 216, 40
_RADII = (20, 21, 22, 23, 24)
_RIM, _STRIPE = 3, 4
_MOST_OFF = 3
_LEAST_OVERLAP = 0.75


def _silhouette(name: str, radius: int) -> NDArray[np.bool_]:
    """The fine squares of a badge with a radius in pixels."""
    half, reach = radius + 1, radius * FINE
    if name == "star":
        points: tuple[Point, ...] = ()
        for corner in range(5):
            points += turned([(0, -reach)], 72 * corner)
            points += turned([(0, -reach * 45 // 100)], 72 * corner + 36)
        return squares(points, half)
    if name == "cross":
        long, short = radius * 46 // 25, radius * 18 // 25
        return squares(box(long, short), half) | squares(box(short, long), half)
    if name == "crescent":
        return squares(reach, half) & ~squares(reach * 85 // 100, half, right=reach * 55 // 100)
    lobe = reach * 52 // 100
    up = -reach * 30 // 100
    # The lobes' tangents of 45 degrees meet in the tip.
    aside = lobe * sine(45) // sine(90)
    body = [(-lobe - aside, up + aside), (-lobe, up), (lobe, up), (lobe + aside, up + aside)]
    body.append((0, up + 2 * aside + lobe))
    heart = squares(tuple(body), half)
    for centre in (-lobe, lobe):
        heart |= squares(lobe, half, right=centre, down=up)
    return heart


def _thinner(inside: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """What of a shape lies more than so many steps, straight ones, from its rim."""
    for _ in range(steps):
        core = inside.copy()
        core[1:] &= inside[:-1]
        core[:-1] &= inside[1:]
        core[:, 1:] &= inside[:, :-1]
        core[:, :-1] &= inside[:, 1:]
        inside = core
    return inside


@lru_cache(maxsize=64)
def _badge(name: str, fill: str, radius: int) -> NDArray[np.int32]:
    """What of each pixel has ink; the rim always has."""
    whole_shape = _silhouette(name, radius)
    core = _thinner(whole_shape, _RIM * FINE)
    rows = np.arange(len(core))[:, None]
    if fill == "filled":
        bare = np.zeros_like(core)
    elif fill == "outlined":
        bare = core
    elif fill == "striped":
        bare = core & (rows // (_STRIPE * FINE) % 2 == 0)
    else:  # the lower half of what is inside
        filled = np.cumsum(core.sum(1))
        bare = core & (2 * filled < filled[-1])[:, None]
    return whole(whole_shape & ~bare)


def _render(draw: Draw, shape: int | None, place: int | None, fill: int | None) -> Pixels:
    """The strip; what is None is drawn."""
    values = [draw.below(4) if value is None else value for value in (shape, place, fill)]
    badge = _badge(SHAPES[values[0]], FILLS[values[2]], draw.pick(_RADII))
    x = _COLUMN * values[1] + _COLUMN // 2 + draw.integer(-_MOST_OFF, _MOST_OFF)
    strip = ground(_GROUND, _ROWS)
    paint_cover(strip, badge, x, _ROWS // 2, grey(_INK))
    return strip


def _seen(media: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Ink on the middle frame's strip, and the same with its holes filled: one piece."""
    from scipy import ndimage

    strip = media[len(media) // 2, STAGE:].mean(-1)
    # Coding blurs the border to the stage.
    strip[:2] = _GROUND
    ink = strip < (_GROUND + _INK) / 2
    labels, n = ndimage.label(ndimage.binary_fill_holes(ink))
    if not n:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    shape = labels == 1 + int(sizes.argmax())
    return (ink & shape, shape) if shape.sum() > 200 else None


def _read_place(media: NDArray[Any]) -> int | None:
    seen = _seen(media)
    if seen is None:
        return None
    columns = np.flatnonzero(seen[1].any(0))
    return int(columns[0] + columns[-1] + 1) // (2 * _COLUMN)


@lru_cache(maxsize=1)
def _shapes() -> tuple[tuple[int, NDArray[np.bool_]], ...]:
    """Number and pixels of every shape in every size, about its centre of gravity."""
    return tuple(
        (number, _centred(whole(_silhouette(name, radius)) > FINE * FINE // 2))
        for number, name in enumerate(SHAPES)
        for radius in _RADII
    )


def _centred(shape: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A shape moved by whole pixels so that its centre of gravity is the middle of 64 x 64."""
    y, x = np.nonzero(shape)
    out = np.zeros((_ROWS, _ROWS), dtype=bool)
    y = np.clip(y - round(float(y.mean())) + _ROWS // 2, 0, _ROWS - 1)
    x = np.clip(x - round(float(x.mean())) + _ROWS // 2, 0, _ROWS - 1)
    out[y, x] = True
    return out


def _read_shape(media: NDArray[Any]) -> int | None:
    seen = _seen(media)
    if seen is None:
        return None
    shape = _centred(seen[1])
    overlap = [
        (float((shape & known).sum()) / float((shape | known).sum()), number)
        for number, known in _shapes()
    ]
    most, number = max(overlap)
    return number if most > _LEAST_OVERLAP else None


def _read_fill(media: NDArray[Any]) -> int | None:
    seen = _seen(media)
    if seen is None:
        return None
    ink, shape = seen
    core = _thinner(shape, _RIM + 1)
    rows = np.flatnonzero(core.any(1))
    if not len(rows):
        return None
    inked = float(ink[core].mean())
    if inked > 0.9:
        return FILLS.index("filled")
    if inked < 0.1:
        return FILLS.index("outlined")
    filled = np.cumsum(core.sum(1))
    lower = core & (2 * filled >= filled[-1])[:, None]
    apart = float(ink[lower].mean()) - float(ink[core & ~lower].mean())
    return FILLS.index("half filled" if apart > 0.6 else "striped")


_QUERIES = (
    Query(
        name="badge shape", modality="vision", text="What shape is the badge at the bottom?",
        options=("a star", "a cross", "a heart", "a crescent"), near=frozenset({"shape"}),
        render=lambda option, draw: _render(draw, option, None, None), read=_read_shape,
    ),
    Query(
        name="badge place", modality="vision", text="Where is the badge at the bottom?",
        options=(
            "at the far left", "left of the middle", "right of the middle", "at the far right",
        ),
        near=frozenset({"position"}),
        render=lambda option, draw: _render(draw, None, option, None), read=_read_place,
    ),
    Query(
        name="badge fill", modality="vision", text="How is the badge at the bottom filled?",
        options=(
            "completely", "not at all, only its outline", "with stripes", "only in its lower half",
        ),
        near=frozenset({"pattern"}),
        render=lambda option, draw: _render(draw, None, None, option), read=_read_fill,
    ),
)  # fmt: skip
QUERIES: dict[str, Query] = {query.name: query for query in _QUERIES}
