"""Where in a picture the evidence for an answer lies, and the same picture with a region greyed.

A suite says it (:class:`handeye.suite.Probed`, ``evidence``). Knows pixels; nothing of models, and
nothing of what is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import DataError
from handeye.sets.draw import Draw

Mask = NDArray[np.bool_]
Region = Callable[[int, int], Mask]
"""Gives the pixels of a region, (height, width), of a picture of so many rows and columns."""
GREY = 128
"""Shade, of 0 to 255, that takes the place of a region."""
_TRIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where the one picture of an item tells the answer.

    Attributes:
        item_id: of the item.
        group: what is resampled together.
        stratum: what figures are told apart by, such as a family.
        region: that tells the answer.
        control: one of as many pixels that tells nothing of it; None: the region itself is moved
            elsewhere, by a seed.
        right: how the right answer begins: one of ``options``.
        options: answers that are compared, the right one among them; none: what greying does to the
            answer is not asked.
    """

    item_id: str
    group: str
    stratum: str
    region: Region
    control: Region | None = None
    right: str = ""
    options: tuple[str, ...] = ()


def box_region(box: tuple[float, float, float, float]) -> Region:
    """A rectangle as a region.

    Args:
        box: left, top, right, bottom, as shares of the picture's width and height.
    """

    def region(height: int, width: int) -> Mask:
        left, right = (round(share * width) for share in (box[0], box[2]))
        top, bottom = (round(share * height) for share in (box[1], box[3]))
        found = np.zeros((height, width), bool)
        found[top : max(bottom, top + 1), left : max(right, left + 1)] = True
        return found

    return region


def control_of(one: Evidence, mask: Mask, seed: int) -> Mask | None:
    """The control of an item's region, in a picture of the mask's size; None: there is no room.

    Args:
        one: of which item.
        mask: its region.
        seed: of where the region is moved to, if the suite names no control.

    Raises:
        DataError: the suite's control has another size than the region, or touches it.
    """
    if one.control is not None:
        found = one.control(*mask.shape)
        if found.sum() != mask.sum() or (found & mask).any():
            raise DataError(
                f"item {one.item_id}: its control has {int(found.sum())} pixels, "
                f"{int((found & mask).sum())} of them of the evidence, which has "
                f"{int(mask.sum())}; they must be as many, and elsewhere"
            )
        return found
    rows, cols = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    piece = mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    draw = Draw(seed, "control region", one.item_id)
    for _ in range(_TRIES):
        top, left = (
            draw.integer(0, whole - part)
            for whole, part in zip(mask.shape, piece.shape, strict=True)
        )
        found = np.zeros_like(mask)
        found[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
        if not (found & mask).any():
            return found
    return None


def greyed(picture: Image.Image, mask: Mask) -> bytes:
    """A picture with a region in grey, as PNG.

    Args:
        picture: RGB.
        mask: (height, width) of the region.
    """
    pixels = np.array(picture)
    pixels[mask] = GREY
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
