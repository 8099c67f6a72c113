"""Eyes of the oracle: the things on a stage, measured from pixels alone.

A thing is what stands out from the ground of its picture. Its share of each pixel is kept, not
only whether it is there, so that what H.264 and halved colours do to edges cancels out. Knows
nothing of how stages are drawn but that their rim is empty and their things are apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from handeye.premise.scenes.kinds import STAGE

Floats: TypeAlias = NDArray[np.float32]

_RIM = 3
_LEAST_CONTRAST = 9.0
_LEAST_AREA = 40
# Half of how strong the n-fold symmetry of regular shapes is, where r^4 weighs what is far out;
# every other one of theirs, and each of a disc, is below .02 (but the sixth of a triangle).
_LEAST_SYMMETRY = {3: 0.37, 4: 0.21, 5: 0.13, 6: 0.085}
_NAMES = {3: "triangle", 4: "square", 5: "pentagon", 6: "hexagon"}


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """Something on a stage.

    Attributes:
        shape: ``circle``, ``triangle``, ``square``, ``pentagon``, ``hexagon``; ``bar`` for what is
            long, empty for anything else.
        x: middle, in pixels from the left edge.
        y: likewise from the upper edge.
        area: in pixels.
        lean: of what is long, degrees from upright, positive where its top is to the right.
        ink: mean colour inside, 0 to 255.
        inside: (160, 224), where it covers its pixel whole.
    """

    shape: str
    x: float
    y: float
    area: float
    lean: float
    ink: Floats
    inside: NDArray[np.bool_]


def stages(media: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The stages of decoded frames (n, 224, 224, 3): their upper 160 rows."""
    return media[:, :STAGE]


def middle(media: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The stage of the middle frame, (160, 224, 3)."""
    frame: NDArray[np.uint8] = stages(media)[len(media) // 2]
    return frame


def empty(stage: NDArray[np.uint8]) -> Floats:
    """Colour of the ground, by the stage's rim."""
    rows = stage[_RIM:-_RIM, _RIM:-_RIM].astype(np.float32)
    rim = np.concatenate([rows[0], rows[-1], rows[:, 0], rows[:, -1]])
    colour: Floats = np.median(rim, axis=0).astype(np.float32)
    return colour


def contrast(stage: NDArray[np.uint8]) -> Floats:
    """Distance of each pixel's colour, the mean of 3 x 3, from the ground's; (160, 224)."""
    from scipy import ndimage

    smooth = ndimage.uniform_filter(stage.astype(np.float32), (3, 3, 1))
    distance: Floats = np.sqrt(((smooth - empty(stage)) ** 2).sum(-1))
    return distance


def things(stage: NDArray[np.uint8]) -> list[Thing]:
    """What stands on a stage (160, 224, 3), from left to right."""
    from scipy import ndimage

    off = contrast(stage)
    # What the faintest of the 180 farthest pixels has: above noise, below any thing's inside.
    peak = float(np.partition(off, -180, axis=None)[-180])
    if peak < _LEAST_CONTRAST:
        return []
    labels, _ = ndimage.label(off > peak / 2)
    found = []
    for number, where in enumerate(ndimage.find_objects(labels), 1):
        if int((labels[where] == number).sum()) < _LEAST_AREA:
            continue
        # A margin, for the part of an edge that lies below the half.
        window = tuple(slice(max(0, part.start - 3), part.stop + 3) for part in where)
        own = np.isin(labels[window], (0, number))
        full = float(np.percentile(off[labels == number], 60))
        share = np.where(own, np.clip(off[window] / full, 0, 1), 0)
        share[share < 0.15] = 0
        inside = np.zeros(off.shape, dtype=bool)
        inside[window] = ndimage.binary_erosion(share > 0.8, iterations=2)
        if inside.any():
            found.append(_thing(share, window[1].start, window[0].start, inside, stage))
    return sorted(found, key=lambda thing: thing.x)


def _thing(
    share: Floats, left: int, top: int, inside: NDArray[np.bool_], stage: NDArray[np.uint8]
) -> Thing:
    area = float(share.sum())
    y, x = np.indices(share.shape)
    cx, cy = float((x * share).sum()) / area, float((y * share).sum()) / area
    z = (x - cx) + 1j * (y - cy)
    size = np.abs(z)
    around = z / np.maximum(size, 1e-6)
    # The second moment: its angle is that of a long thing's axis, its size how long it is.
    second = complex((share * z**2).sum()) / float((share * size**2).sum())
    lean = (float(np.degrees(np.angle(second))) / 2) % 180 - 90
    weight = share * size**4
    turns = {n: abs((weight * around**n).sum()) / float(weight.sum()) for n in _NAMES}
    return Thing(
        shape=_shape(abs(second), turns),
        x=left + cx + 0.5,
        y=top + cy + 0.5,
        area=area,
        lean=lean,
        ink=stage[inside].astype(np.float32).mean(0),
        inside=inside,
    )


def _shape(length: float, turns: dict[int, float]) -> str:
    if length > 0.25:
        return "bar" if length > 0.85 else ""
    for n, least in _LEAST_SYMMETRY.items():
        if turns[n] > least:
            return _NAMES[n]
    return "circle" if max(turns.values()) < 0.05 else ""


def only(found: list[Thing], shape: str) -> Thing | None:
    """The one thing of a shape; None where there is none, or more than one."""
    alike = [thing for thing in found if thing.shape == shape]
    return alike[0] if len(alike) == 1 else None
