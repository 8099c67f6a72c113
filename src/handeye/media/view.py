"""What people see of a picture file, for every reader of one.

    orientation     the EXIF tag, all eight values, in PNG, JPEG and WebP
    transparency    on white
    depth           16 bits a channel: the higher 8; fewer than 8: spread over 0 to 255
    colours         by an ICC profile, or cICP, gAMA and cHRM of a PNG, as sRGB; CMYK and YCCK
                    without a profile by the plain rule; HDR (PQ, HLG) as if its values were sRGB
    frames          the first of an animation, of an APNG the first that belongs to it; of an MPO
                    the first picture
    aspect          pixels are square, whatever a file says, as in browsers

A file that shows this to whoever decodes it plainly is raw: it can be handed on as it lies. Of any
other a PNG of the view is handed on.
"""

from __future__ import annotations

import errno
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import refusal
from handeye.hashing import read_regular
from handeye.media.colours import ROWS, in_srgb, recolouring
from handeye.media.header import Header, PictureError as PictureError, opened, read_header

Bytes = NDArray[np.uint8]

RULES = 1
"""Number of the rules above; it enters the fingerprint of a request whose picture is not raw."""
MOST_BYTES = 2**27
"""The most that a picture file may have."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class MissingPictureError(PictureError):
    """A picture that is not there: a set that is not whole."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture file, and how it is seen.

    Attributes:
        data: the file's bytes.
        what: names it in errors.
        header: what it says of itself.
        changes: what makes the view another than plainly decoded pixels, in words; empty where the
            file is raw.
    """

    data: bytes
    what: str
    header: Header
    changes: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the view, in pixels."""
        return self.header.size

    def image(self, draft: tuple[int, int] | None = None) -> Image.Image:
        """The view, mode RGB.

        Args:
            draft: a size that will do; a larger JPEG is decoded at a part of its own.

        Raises:
            PictureError: the file is cut off or broken.
        """
        found = _decoded(self.data, self.what, self.header, draft)
        return found if found.mode == "RGB" else Image.fromarray(on_white(np.asarray(found)))

    def rgba(self) -> Bytes:
        """The view before it is laid on white, (height, width, 4), straight alpha.

        Raises:
            PictureError: as :meth:`image`.
        """
        return np.asarray(_decoded(self.data, self.what, self.header).convert("RGBA"))

    def sent(self, proven: bool = False) -> tuple[bytes, str]:
        """What is handed on, and its media type: the file where it is raw, else a PNG.

        Args:
            proven: the bytes are known to be those that were meant (by a hash). Others are decoded
                once even where the file is handed on: nobody is to see a half.

        Raises:
            PictureError: as :meth:`image`.
        """
        if not self.changes:
            if not proven:
                self.image()
            return self.data, self.header.media_type
        out = io.BytesIO()
        self.image().save(out, "PNG", compress_level=6)
        return out.getvalue(), "image/png"


def read_view(path: Path, most: int | None = None) -> View:
    """Read a picture file; see :func:`view_of`.

    Raises:
        PictureError: also where it is missing, no regular file, or too large.
    """
    return view_of(read_picture(path), str(path), most)


def read_picture(path: Path) -> bytes:
    """The bytes of a picture file, whatever they are.

    Raises:
        MissingPictureError: there is no such file.
        PictureError: no regular file, or larger than :data:`MOST_BYTES`.
    """
    try:
        return read_regular(path, MOST_BYTES)
    except OSError as error:
        gone = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
        kind = MissingPictureError if error.errno in gone else PictureError
        raise kind(f"{path}: the picture cannot be read ({refusal(error)})") from None


def view_of(data: bytes, what: str = "the picture", most: int | None = None) -> View:
    """Look at a picture file: how large it is, and what makes its view.

    Pixels are decoded only where some may be transparent, to see whether any are.

    Args:
        data: the file.
        what: names it in errors.
        most: pixels that it may have, where that is fewer than
            :data:`handeye.media.header.MOST_PIXELS`.

    Raises:
        PictureError: none of the formats, broken, without pixels, or with too many.
    """
    header = read_header(data, what, most)
    changes = {
        f"EXIF orientation {header.orientation}": header.orientation > 1,
        "first frame of an animation": header.animated,
        "16 bits a channel": header.depth == 16,
        "CMYK": header.mode == "CMYK",
        "colours as sRGB": recolouring(header) is not None,
        "transparency on white": header.clear and _decoded(data, what, header).mode == "RGBA",
    }
    return View(data, what, header, tuple(word for word, so in changes.items() if so))


def on_white(picture: Bytes) -> Bytes:
    """Lay straight-alpha RGBA on white, rounding to nearest.

    Args:
        picture: uint8 ``(height, width, 4)``.

    Returns:
        uint8 ``(height, width, 3)``.
    """
    out = np.empty((*picture.shape[:2], 3), np.uint8)
    for top in range(0, len(picture), ROWS):
        band = picture[top : top + ROWS].astype(np.uint16)  # 255 * 255 + 127 fits
        alpha = band[..., 3:]
        out[top : top + ROWS] = (band[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return out


def _decoded(
    data: bytes, what: str, header: Header, draft: tuple[int, int] | None = None
) -> Image.Image:
    """The view: RGB, or RGBA where pixels are transparent."""
    with opened(data, what) as image:
        if header.frame:
            image.seek(header.frame)
        if draft is not None:
            image.draft("RGB", draft)
        image.load()
        plain, alpha = _channels(image, header, data) if header.clear else (_plain(image), None)
        seen = in_srgb(plain, recolouring(header))
        if alpha is not None and np.asarray(alpha).min() < 255:
            seen.putalpha(alpha)
        turn = _TURNS.get(header.orientation)
        return seen if turn is None else seen.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """Colours with 8 bits: mode L, RGB or CMYK."""
    if image.mode.startswith("I"):  # 16 bits
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("CMYK", "L", "RGB"):
        return image
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def _channels(image: Image.Image, header: Header, data: bytes) -> tuple[Image.Image, Image.Image]:
    """Colours with 8 bits, and alpha (mode L)."""
    if header.key:
        key = np.array(header.key)
        if header.depth < 8:
            key = key * 255 // (2**header.depth - 1)
        values = np.atleast_3d(np.asarray(image.convert("L") if image.mode == "1" else image))
        if header.depth == 16 and image.mode == "RGB":
            hit = (values == key >> 8).all(-1) & (_lower_bytes(data) == key & 255).all(-1)
        else:
            hit = (values == key).all(-1)
        return _plain(image), Image.fromarray(np.where(hit, np.uint8(0), np.uint8(255)))
    over = image.convert("RGBA")
    alpha = over.getchannel("A")
    if header.box is not None:  # what the first frame of a GIF leaves free is transparent
        covered = Image.new("L", image.size)
        covered.paste(alpha.crop(header.box), header.box)
        alpha = covered
    return _plain(over if image.mode == "P" else image), alpha


def _lower_bytes(png: bytes) -> Bytes:
    """What Pillow leaves out of 16 bits a channel: the bytes read in the other order."""
    with opened(png, "the picture") as found:
        image: Any = found
        image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]
        return np.asarray(image.convert("RGB"))
