"""SVG bodies and RGBA pictures to square RGB tiles on white, the same bytes in every process.

Vector art is drawn by resvg at the size asked for, without system fonts; compositing and scaling of
pixel art are integer arithmetic.
"""

from __future__ import annotations

import io
from typing import TypeVar

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import AssetError
from handeye.media.view import on_white as on_white

Rgba = NDArray[np.uint8]
Scalar = TypeVar("Scalar", bound=np.generic)
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'viewBox="0 0 {side} {side}" width="{size}" height="{size}">'
)


def svg_body(body: str, side: int, size: int) -> Rgba:
    """Draw an SVG body that lies on a square of ``side`` units.

    Returns:
        uint8 ``(size, size, 4)`` RGBA, straight alpha.
    """
    return svg_document(f"{_HEAD.format(side=side, size=size)}{body}</svg>", size, "a drawing")


def svg_document(text: str, size: int, name: str) -> Rgba:
    """Draw a whole SVG document to fit ``size`` pixels, centred.

    Raises:
        AssetError: it is not an SVG that resvg can draw; ``name`` says which.
    """
    try:
        png = resvg_py.svg_to_bytes(svg_string=text, width=size, skip_system_fonts=True)
    except ValueError as error:
        raise AssetError(f"{name}: cannot be drawn as SVG ({error})") from None
    return fit(np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA")), size)


def fit(picture: Rgba, size: int) -> Rgba:
    """Centre a picture on a transparent square, shrinking it (box filter) only if too large."""
    height, width = picture.shape[:2]
    if (height, width) == (size, size):
        return picture
    scale = size / max(height, width)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    image = Image.fromarray(picture, "RGBA")
    # Premultiplied, so that colours under full transparency do not bleed into the edges.
    small = image.convert("RGBa").resize((wide, high), Image.Resampling.BOX).convert("RGBA")
    out = np.zeros((size, size, 4), np.uint8)
    top, left = (size - high) // 2, (size - wide) // 2
    out[top : top + high, left : left + wide] = np.asarray(small)
    return out


def stretch(picture: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Scale pixel art to ``size`` x ``size`` by nearest neighbour, in integers.

    ``picture`` is ``(height, width)`` or ``(height, width, channels)``.
    """
    rows = np.arange(size) * picture.shape[0] // size
    columns = np.arange(size) * picture.shape[1] // size
    scaled: NDArray[Scalar] = picture[rows[:, None], columns]
    return scaled
