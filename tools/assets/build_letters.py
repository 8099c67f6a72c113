"""Letters as outlines for pictures with writing: assets/letters.json.xz, from PyPI font-roboto.

python tools/assets/build_letters.py WORK, where WORK holds ``font_roboto/files`` of its archive.
"""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

FACES = ("Regular", "Medium", "Bold")
CHARACTERS = "".join(map(chr, range(32, 127))) + "£€°·×–—…‹›←→✓äöüßéèáíóçñåøæÄÖÜ"
TARGET = Path(__file__).parents[2] / "src/handeye/assets/letters.json.xz"


def outlines(file: Path) -> dict[str, list[object]]:
    """By character its advance and its outline, y downwards, in units of the face."""
    font = TTFont(file)
    names, glyphs = font.getBestCmap(), font.getGlyphSet()
    out: dict[str, list[object]] = {}
    for character in CHARACTERS:
        if (name := names.get(ord(character))) is None:
            continue
        pen = SVGPathPen(glyphs, ntos=lambda value: str(round(value)))
        glyphs[name].draw(TransformPen(pen, (1, 0, 0, -1, 0, 0)))
        out[character] = [glyphs[name].width, pen.getCommands()]
    return out


if __name__ == "__main__":
    folder = Path(sys.argv[1]) / "font_roboto/files"
    faces = {face.lower(): outlines(folder / f"Roboto-{face}.ttf") for face in FACES}
    units = TTFont(folder / "Roboto-Regular.ttf")["head"].unitsPerEm
    text = json.dumps({"units": units, "faces": faces}, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_bytes(lzma.compress(text.encode(), preset=9))
