"""One font face: does it have a character, and what does the character look like on a tile.

Knows nothing of pairs. Drawing is Pillow's FreeType with the basic layout, so that the same face
gives the same pixels whether or not Raqm is installed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from handeye import assets
from handeye.errors import AssetError
from handeye.rose.scenes.sources.base import Tile

FONT_SUFFIXES = (".otf", ".ttf", ".ttc", ".otc", ".woff", ".woff2")
# A noncharacter: no font maps it, so drawing it shows the face's "missing" sign (.notdef).
_NOWHERE = "\uffff"
# In CJK fonts the em box reaches from 0.88 em above the baseline to 0.12 em below it, so its middle
# lies 0.38 em above. Centring the box, not the ink, leaves look-alikes exactly where their strokes
# coincide.
_BOX_MIDDLE = 0.38
PROBE_SIZE = 46


class Typeface:
    """A face by name: bundled (a stem in ``assets/fonts``) or a file of the user.

    Args:
        name: what rows carry as ``font_name``.
        path: the font file; ``None`` for a bundled face.
        index: which face of a collection (``.ttc``).

    Raises:
        AssetError: the file is not a font that FreeType can open.
    """

    def __init__(self, name: str, path: Path | None = None, index: int = 0) -> None:
        self.name = name
        self.path = path
        self.index = index
        self._font(PROBE_SIZE)

    @classmethod
    def from_file(cls, text: str | Path) -> Typeface:
        """A user's font: ``FILE`` or, for a face of a collection, ``FILE.ttc#2``."""
        stem, _, number = str(text).partition("#")
        path = Path(stem)
        if not path.is_file():
            raise AssetError(f"font {stem}: no such file; give a font file or a folder of them")
        if number and not number.isdecimal():
            raise AssetError(f"font {text}: after '#' comes the number of a face, from 0")
        name = path.stem + (f"#{number}" if number else "")
        return cls(name, path, int(number or 0))

    def _font(self, size: int) -> ImageFont.FreeTypeFont:
        return _open_font(self.name, self.path, self.index, size)

    def missing(self, text: str) -> str:
        """The characters of ``text`` this face has no picture for, in order, each once."""
        font = self._font(PROBE_SIZE)
        notdef = bytes(font.getmask(_NOWHERE))
        gone = ""
        for char in dict.fromkeys(text):
            mask = font.getmask(char)
            if mask.getbbox() is None or bytes(mask) == notdef:
                gone += char
        return gone

    def require(self, text: str) -> None:
        """Raise :class:`AssetError` naming this face and what it lacks of ``text``."""
        gone = self.missing(text)
        if gone:
            shown = " ".join(f"{char} (U+{ord(char):04X})" for char in gone[:10])
            more = f" and {len(gone) - 10} more" if len(gone) > 10 else ""
            raise AssetError(
                f"font {self.name} has no picture for {shown}{more}; "
                "use a font that covers them, or leave this font out"
            )

    def draw(self, text: str, cell_size: int, font_size: int) -> Tile:
        """``text`` black on white, its em box centred on the tile.

        Returns:
            uint8 ``(cell_size, cell_size, 3)``.
        """
        font = self._font(font_size)
        image = Image.new("L", (cell_size, cell_size), 255)
        left = round((cell_size - font.getlength(text)) / 2)
        baseline = round(cell_size / 2 + _BOX_MIDDLE * font_size)
        ImageDraw.Draw(image).text((left, baseline), text, fill=0, font=font, anchor="ls")
        return np.repeat(np.asarray(image)[:, :, None], 3, axis=2)


@lru_cache(maxsize=512)
def _open_font(name: str, path: Path | None, index: int, size: int) -> ImageFont.FreeTypeFont:
    try:
        stream: io.BytesIO | str = (
            str(path) if path is not None else io.BytesIO(assets.font_bytes(name))
        )
        return ImageFont.truetype(stream, size, index, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise AssetError(f"font {path or name}: cannot be opened as a font ({error})") from None


def font_size_for(text: str, cell_size: int) -> int:
    """``floor(0.72 * cell_size)`` as in ROSE v0.1; longer strings share that width."""
    return max(1, (72 * cell_size // 100) // len(text))


def user_faces(paths: Sequence[str | Path]) -> list[Typeface]:
    """Faces from font files and folders of font files (sorted by name).

    Raises:
        AssetError: a path that is not there, a folder without fonts, two faces of one name.
    """
    faces: list[Typeface] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            files = sorted(p for p in path.iterdir() if p.suffix.lower() in FONT_SUFFIXES)
            if not files:
                raise AssetError(f"folder {path} holds no font ({', '.join(FONT_SUFFIXES)})")
            faces += [Typeface.from_file(file) for file in files]
        else:
            faces.append(Typeface.from_file(given))
    names = [face.name for face in faces]
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise AssetError(f"two fonts are named {doubles[0]}; rows could not tell them apart")
    return faces
