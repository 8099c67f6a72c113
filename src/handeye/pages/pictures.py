"""Pictures made small enough to live inside the page, or beside it in a folder.

Each picture is kept once, however many cards show it. A page that is one file has one budget for
all; in a folder each is a small file that is loaded when its card is shown.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from PIL import Image, features

from handeye.media.view import PictureError, read_view
from handeye.pages.charts import svg

_SIDE, _LEAST_SIDE = 880, 300  # longest side in pixels
_THUMBNAIL = 640  # longest side of one that is a file of its own
_QUALITY = 78


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: id on the page, data URI or name of its file, and the bytes it takes."""

    id: str
    uri: str
    size: int

    @property
    def embedded(self) -> bool:
        """Whether it stands in the page itself."""
        return self.uri.startswith("data:")

    def drawn(self, width: float, height: float) -> Markup:
        """The picture as part of an SVG; embedded ones stand once in the page, sized 1 x 1."""
        if self.embedded:
            scale = f"scale({svg.number(width)} {svg.number(height)})"
            return svg.element("use", href=f"#{self.id}", transform=scale, class_="picture")
        return svg.element(
            "image", href=self.uri, width=width, height=height,
            preserveAspectRatio="none", class_="picture",
        )  # fmt: skip


class Album:
    """Collects pictures for a page within ``budget`` bytes (before base64 adds a third).

    What small pictures leave of their share goes to those that follow. A picture that does not
    fit even at its smallest is left out, and its card shows the grid.
    """

    def __init__(
        self,
        budget: int,
        expected: int,
        sides: tuple[int, int] = (_SIDE, _LEAST_SIDE),
        folder: Path | None = None,
    ) -> None:
        """Start empty.

        Args:
            budget: bytes for all pictures together.
            expected: how many there will be.
            sides: largest and least longer side of a picture in pixels.
            folder: of the page; pictures become files of it, of any size together.
        """
        self._folder = folder
        self._left = budget
        self._expected = max(expected, 1)
        self._side, self._least_side = sides
        self._by_key: dict[Hashable, Picture | None] = {}

    @property
    def pictures(self) -> list[Picture]:
        """Every picture embedded so far, in order."""
        return [picture for picture in self._by_key.values() if picture is not None]

    @property
    def size(self) -> int:
        """Bytes of those together."""
        return sum(picture.size for picture in self.pictures)

    def add(self, path: Path, most: int | None = None) -> Picture | None:
        """Embed a file of at most ``most`` pixels.

        None when it is absent, broken, has more, or does not fit (the card shows the grid).
        """
        if path not in self._by_key:
            self._by_key[path] = self._embed(_seen(path, most))
        return self._by_key[path]

    def add_image(self, key: Hashable, image: Image.Image) -> Picture | None:
        """Embed a picture that is in memory, once under its ``key``; None when it does not fit."""
        if key not in self._by_key:
            self._by_key[key] = self._embed(image)
        return self._by_key[key]

    def _embed(self, image: Image.Image | None) -> Picture | None:
        if image is None:
            return None
        kind = "webp" if features.check("webp") else "jpeg"
        name = f"pic{len(self._by_key)}"
        if self._folder is not None:
            data = _encoded(_fitted(image, min(self._side, _THUMBNAIL)), kind)
            file = self._folder / "pictures" / f"{name}.{kind}"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(data)
            return Picture(name, f"pictures/{file.name}", len(data))
        share = self._left // max(self._expected - len(self._by_key), 1)
        side = min(self._side, max(image.size))
        small = _fitted(image, side)
        data = _encoded(small, kind)
        while len(data) > share and side > self._least_side:
            # Bytes go with the area: aim a little below the share, from the smaller picture.
            side = max(self._least_side, int(side * min(0.93 * math.sqrt(share / len(data)), 0.93)))
            small = _fitted(small, side)
            data = _encoded(small, kind)
        if len(data) > self._left:
            return None
        self._left -= len(data)
        uri = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        return Picture(name, uri, len(data))


def _seen(path: Path, most: int | None) -> Image.Image | None:
    try:
        return read_view(path, most).image()
    except PictureError:
        return None


def _fitted(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # Box-filtered thinning first: five megapixels at once would cost most of the page's time.
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, quality=_QUALITY, **({"method": 2} if kind == "webp" else {}))
    return out.getvalue()
