"""Write the glyph table: each mined pair with its similarity in every face that may show it.

A face may show a pair when both characters are in its cmap, neither is drawn as .notdef or blank,
and the pictures differ at the smallest, the measuring and the largest usual cell size.

    python tools/assets/measure_glyphs.py WORK   # writes src/handeye/assets/pairs/glyph.tsv
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont

from handeye import assets
from handeye.rose.scenes.sources.glyph import measure
from handeye.rose.scenes.sources.typeface import Typeface, font_size_for

TABLE = Path(__file__).parents[2] / "src/handeye/assets/pairs/glyph.tsv"
FEWEST_FACES = 3
SIZES = (24, 42, 64)


def differ(face: Typeface, a: str, b: str) -> bool:
    return all(
        not np.array_equal(
            face.draw(a, size, font_size_for(a, size)), face.draw(b, size, font_size_for(b, size))
        )
        for size in SIZES
    )


def main(work: Path) -> None:
    faces = [Typeface(name) for name in assets.faces()]
    cmaps = {f.name: TTFont(io.BytesIO(assets.font_bytes(f.name))).getBestCmap() for f in faces}
    head = ["a", "b", "group", *(face.name for face in faces)]
    lines = ["\t".join(head)]
    for line in (work / "glyph-pairs.txt").read_text(encoding="utf-8").splitlines():
        a, b, group = line.split("\t")
        cells = []
        for face in faces:
            mapped = all(ord(c) in cmaps[face.name] for c in a + b)
            good = mapped and not face.missing(a + b) and differ(face, a, b)
            cells.append(f"{measure(face, a, b):.6f}" if good else "")
        if sum(map(bool, cells)) >= FEWEST_FACES:
            lines.append("\t".join([a, b, group, *cells]))
    temporary = TABLE.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(TABLE)
    print(len(lines) - 1, "pairs")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
