"""Drawings of emoji by provider: bundled sets and folders of the user.

A key is the lower-case code points joined by "-", as in the release's ``unicode_key``; variation
selectors (fe0f) are ignored in look-ups, since providers do not write them alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from handeye import assets
from handeye.errors import AssetError, refusal
from handeye.hashing import read_regular
from handeye.media.view import MOST_BYTES, PictureError, View, read_view
from handeye.rose.scenes.sources.base import Tile
from handeye.rose.scenes.sources.raster import Rgba, fit, on_white, svg_body, svg_document

# resvg decodes pictures inside an SVG without a limit of their size.
_PICTURE = re.compile(r"<\s*([\w.-]+:)?(image|feImage)\b", re.IGNORECASE)
CREDITS = {"noto": "noto-emoji", "twemoji": "twemoji", "fluent": "fluent-emoji"}


def plain(key: str) -> str:
    """A key in lower case, without variation selectors and leading zeros."""
    parts = (part.lstrip("0") for part in key.lower().split("-"))
    return "-".join(part for part in parts if part != "fe0f")


def text_of(key: str) -> str:
    """The characters of a key."""
    return "".join(chr(int(part, 16)) for part in key.split("-"))


def key_of(text: str) -> str:
    """The key of a string of characters, variation selectors included."""
    return "-".join(f"{ord(char):x}" for char in text)


class Provider(Protocol):
    """A set of emoji drawings."""

    name: str
    suffix: str

    def keys(self) -> list[str]:
        """Plain keys it has, sorted."""
        ...

    def has(self, key: str) -> bool:
        """Whether it has a drawing for a key."""
        ...

    def picture(self, key: str, size: int) -> Rgba:
        """RGBA ``(size, size, 4)``; raises :class:`AssetError` where it has none."""
        ...


class BundledProvider:
    """One of the sets in the wheel."""

    suffix = "svg"

    def __init__(self, name: str) -> None:
        self.name = name
        self._set = assets.emoji(name)

    def keys(self) -> list[str]:
        """Plain keys it has, sorted."""
        return sorted(self._set.icons)

    def has(self, key: str) -> bool:
        """Whether it has a drawing for a key."""
        return plain(key) in self._set.icons

    def picture(self, key: str, size: int) -> Rgba:
        """RGBA ``(size, size, 4)``."""
        body = self._set.icons.get(plain(key))
        if body is None:
            raise _absent(self.name, key, "in the wheel")
        return svg_body(body, self._set.size, size)


class FolderProvider:
    """A folder of SVG or PNG files named by code points (``1f9eb.svg``, ``emoji_u1f9eb.png``).

    Raises:
        AssetError: not a folder, or no such file in it.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._files: dict[str, Path] = {}
        if not folder.is_dir():
            raise AssetError(f"emoji set {name}: {folder} is not a folder")
        for path in sorted(folder.iterdir()):
            stem = path.stem.lower().removeprefix("emoji_u").replace("_", "-")
            if path.suffix.lower() in (".svg", ".png") and _is_key(stem):
                self._files.setdefault(plain(stem), path)
        if not self._files:
            raise AssetError(
                f"emoji set {name}: {folder} holds no SVG or PNG named by code points "
                "(such as 1f9eb.svg)"
            )
        self.suffix = next(iter(self._files.values())).suffix.lower().lstrip(".")

    def keys(self) -> list[str]:
        """Plain keys it has, sorted."""
        return sorted(self._files)

    def has(self, key: str) -> bool:
        """Whether it has a drawing for a key."""
        return plain(key) in self._files

    def picture(self, key: str, size: int) -> Rgba:
        """RGBA ``(size, size, 4)``."""
        path = self._files.get(plain(key))
        if path is None:
            raise _absent(self.name, key, "in its folder")
        if path.suffix.lower() == ".svg":
            return svg_document(_svg(path), size, str(path))
        return fit(pixels_of(art_view(path)), size)


def _svg(path: Path) -> str:
    try:
        text = read_regular(path, MOST_BYTES).decode("utf-8")
    except OSError as error:
        raise AssetError(f"{path}: cannot be read ({refusal(error)})") from None
    except UnicodeDecodeError as error:
        raise AssetError(f"{path}: not UTF-8 text at byte {error.start}") from None
    if _PICTURE.search(text):
        raise AssetError(f"{path}: a picture lies in the SVG; only drawings are taken")
    return text


def art_view(path: Path) -> View:
    """A picture file looked at but not decoded; raises :class:`AssetError` if it is none."""
    try:
        return read_view(path)
    except PictureError as error:
        raise AssetError(str(error)) from None


def pixels_of(view: View) -> Rgba:
    """RGBA pixels of a picture file; raises :class:`AssetError` if they cannot be decoded."""
    try:
        return view.rgba()
    except PictureError as error:
        raise AssetError(str(error)) from None


def tile(provider: Provider, key: str, cell_size: int) -> Tile:
    """An emoji on white with a margin of a sixteenth of the cell on each side."""
    margin = cell_size // 16
    inner = cell_size - 2 * margin
    out = np.full((cell_size, cell_size, 3), 255, np.uint8)
    end = margin + inner
    out[margin:end, margin:end] = on_white(provider.picture(key, inner))
    return out


def bundled() -> dict[str, Provider]:
    """The sets in the wheel, by name."""
    return {name: BundledProvider(name) for name in assets.PROVIDERS}


def from_folders(folders: Mapping[str, Path | str]) -> dict[str, Provider]:
    """The user's sets, by the name each was given."""
    return {name: FolderProvider(name, Path(folder)) for name, folder in folders.items()}


def _is_key(stem: str) -> bool:
    parts = stem.split("-")
    return all(len(p) in range(2, 7) and set(p) <= set("0123456789abcdef") for p in parts)


def _absent(provider: str, key: str, place: str) -> AssetError:
    return AssetError(
        f"emoji set {provider} has no drawing of {text_of(plain(key))} ({plain(key)}) {place}"
    )
