"""Subset the open faces to the characters that the glyph table and the official set need.

Hinting is kept: an unhinted subset draws every character a little differently from the full font.

    python tools/assets/build_fonts.py WORK METADATA.jsonl   # writes src/handeye/assets/fonts/
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NOTO = "deb/usr/share/fonts/opentype/noto/"
# Face as it is called in rows -> file and index of the simplified-Chinese face in the collection.
FACES = {
    "NotoSansCJKsc-Regular": (NOTO + "NotoSansCJK-Regular.ttc", 2, "otf"),
    "NotoSansCJKsc-Bold": (NOTO + "NotoSansCJK-Bold.ttc", 2, "otf"),
    "NotoSerifCJKsc-Regular": (NOTO + "NotoSerifCJK-Regular.ttc", 2, "otf"),
    "NotoSerifCJKsc-Bold": (NOTO + "NotoSerifCJK-Bold.ttc", 2, "otf"),
    "WenQuanYiMicroHei": ("deb/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0, "ttf"),
}
DROPPED = ["DSIG", "BASE", "VORG", "GSUB", "GPOS", "GDEF", "vhea", "vmtx", "gasp", "kern"]
FOLDER = Path(__file__).parents[2] / "src/handeye/assets/fonts"


def characters(work: Path, metadata: Path) -> set[str]:
    """Every character of our pairs, their families and the official pairs."""
    ours = (work / "glyph-pairs.txt").read_text(encoding="utf-8")
    rows = map(json.loads, metadata.open(encoding="utf-8"))
    theirs = "".join(
        r["background_char"] + r["target_char"]
        for r in rows
        if r["rose_subset"] == "ROSE-ChineseGlyph"
    )
    return set(ours + theirs) - {"\t", "\n"}


def build(source: Path, index: int, chars: set[str], out: Path) -> None:
    options = subset.Options(
        hinting=True,
        layout_features=[],
        notdef_outline=True,
        glyph_names=False,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        name_languages=[0x409],
        drop_tables=DROPPED,
        recalc_timestamp=False,
    )
    font = TTFont(source, fontNumber=index, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(c) for c in chars])
    cutter.subset(font)
    temporary = out.with_suffix(".tmp")
    font.save(temporary)
    temporary.replace(out)
    lacking = sorted(c for c in chars if ord(c) not in font.getBestCmap())
    print(out.name, out.stat().st_size, "bytes; lacks", len(lacking), "".join(lacking[:20]))


def main(work: Path, metadata: Path) -> None:
    chars = characters(work, metadata)
    print(len(chars), "characters")
    FOLDER.mkdir(exist_ok=True)
    for face, (file, index, suffix) in FACES.items():
        build(work / file, index, chars, FOLDER / f"{face}.{suffix}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
