"""Files as they go out to a model: their fingerprint, and pictures as PNG or of one colour.

The questions about a picture go out together, so what is sent is made once for all of them.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from handeye.errors import DataError
from handeye.hashing import file_sha256
from handeye.media.view import read_view
from handeye.reading import why


def data_url(data: bytes, media_type: str) -> str:
    """Bytes, base64, as a ``data:`` URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def hashed(path: Path, known: dict[Path, str]) -> str:
    """SHA-256 of a file, which is read once for all that ask for it.

    Raises:
        DataError: it cannot be read.
    """
    if path not in known:
        try:
            known[path] = file_sha256(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {why(error)}") from None
    return known[path]


def refuse_changed(path: Path, sha256: str, expected: str) -> None:
    """Refuse a file that is not the one that a row was written for: the gold is of another.

    Args:
        path: of the file.
        sha256: of its bytes.
        expected: as the row has it; empty where it does not say.

    Raises:
        DataError: it is another file.
    """
    if expected and expected != sha256:
        raise DataError(
            f"{path}: SHA-256 is {sha256[:16]}..., the row says {expected[:16]}...; the file was "
            "changed or damaged"
        )


@lru_cache(maxsize=8)
def png_of(path: Path, sha256: str, grey: int | None = None) -> bytes:
    """A picture as a PNG: the file where it is one and plainly seen, else its view.

    Args:
        path: of the file.
        sha256: of its bytes; another one is read again.
        grey: 0 (black) to 255: one of this shade and of the same size in its place.

    Raises:
        PictureError: it cannot be used.
    """
    from PIL import Image

    view = read_view(path)
    data, media_type = view.sent()
    if media_type == "image/png" and grey is None:
        return data
    out = BytesIO()
    shade = None if grey is None else (grey, grey, grey)
    (view.image() if shade is None else Image.new("RGB", view.size, shade)).save(out, "PNG")
    return out.getvalue()
