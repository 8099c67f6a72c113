"""Mine look-alike Chinese characters from how they are drawn; owes no one a table.

All 6,763 characters of GB 2312 are drawn in Noto Sans and Noto Serif at the measuring size. Cosine
of the blurred pictures gives each character its nearest neighbours; the score of
``handeye.rose.scenes.sources.similarity`` then places every candidate, and pairs are taken so that
their spread is that of the official ROSE v0.1 pairs measured the same way. Official pairs are left
out.

    python tools/assets/mine_glyphs.py WORK METADATA.jsonl   # writes WORK/glyph-pairs.txt
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
from families import families
from scipy.ndimage import gaussian_filter

from handeye.rose.scenes.sources.similarity import MEASURE_SIZE, lab
from handeye.rose.scenes.sources.typeface import Typeface, font_size_for

PAIRS = 1000
NEIGHBOURS = 14
BINS = 20
FLOOR = 0.03  # quantile of the official spread below which we do not go: unrelated pairs
LEAST_INK = (
    0.72  # ratio of ink, lighter to heavier, of a mined pair: a dot is no look-alike of a wall
)
MOST_ALIKE = 0.985  # more: the same picture but for hinting
MOST_USES = 5  # of one character, so that no shape dominates the table
# Parts of characters that GB 2312 lists as characters; few readers know them alone.
RADICALS = set(
    "冫氵忄扌犭纟艹讠辶钅饣亻彳衤礻廴廾匚凵勹匕厶亠冖宀灬罒阝卩刂巛夂夊攵爿疒癶糸耂虍隹髟丨丶丿亅乚彡彐尢屮幺"
)
NOTO = "deb/usr/share/fonts/opentype/noto/{}.ttc#2"


def gb2312() -> list[str]:
    codes = (bytes([hi, lo]) for hi in range(0xB0, 0xF8) for lo in range(0xA1, 0xFF))
    return [c for code in codes if (c := code.decode("gb2312", "ignore"))]


def ink(face: Typeface, chars: list[str]) -> np.ndarray:
    """Blurred L* ink of each character as a float32 row: what `similarity` sees of it."""
    rows = np.empty((len(chars), MEASURE_SIZE**2), np.float32)
    for row, char in zip(rows, chars, strict=True):
        tile = face.draw(char, MEASURE_SIZE, font_size_for(char, MEASURE_SIZE))
        dark = 100 - lab(tile)[..., 0]
        row[:] = gaussian_filter(dark, 1.0, mode="constant", truncate=3).ravel()
    return rows


def shared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The similarity formula on rows of ink."""
    return 1 - np.abs(a - b).sum(-1) / (a.sum(-1) + b.sum(-1))


def neighbours(rows: np.ndarray) -> np.ndarray:
    """Indices of the nearest by cosine, at half the resolution."""
    side = MEASURE_SIZE // 2
    small = rows.reshape(-1, side, 2, side, 2).mean((2, 4)).reshape(len(rows), -1)
    small /= np.linalg.norm(small, axis=1, keepdims=True)
    out = np.empty((len(rows), NEIGHBOURS), np.int64)
    for start in range(0, len(rows), 512):
        block = small[start : start + 512] @ small.T
        block[np.arange(len(block)), start + np.arange(len(block))] = -1
        out[start : start + 512] = np.argpartition(-block, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return out


def choose(
    candidates: dict[tuple[str, str], float], wanted: np.ndarray, kept: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Fill equal-count bins of the wanted spread, cheap (already used) characters first."""
    edges = np.quantile(wanted, np.linspace(FLOOR, 1, BINS + 1))
    quota = [PAIRS // BINS] * BINS
    uses: Counter[str] = Counter()
    chosen: list[tuple[str, str]] = []

    def bin_of(score: float) -> int:
        return int(np.clip(np.searchsorted(edges, score) - 1, 0, BINS - 1))

    def take(pair: tuple[str, str], cap: int) -> None:
        b = bin_of(candidates[pair])
        if quota[b] > 0 and all(uses[c] < cap for c in pair) and candidates[pair] >= edges[0]:
            quota[b] -= 1
            uses.update(pair)
            chosen.append(pair)

    for pair in kept:
        take(pair, 99)
    taken = set(chosen)
    rest = sorted(
        (p for p in candidates if p not in taken),
        key=lambda p: hashlib.sha256("".join(p).encode()).digest(),
    )
    # Three passes: pairs of two known characters, of one, of none. Keeps the font subsets small.
    for need in (2, 1, 0):
        for pair in rest:
            if pair not in taken and sum(uses[c] > 0 for c in pair) >= need:
                before = len(chosen)
                take(pair, MOST_USES)
                if len(chosen) > before:
                    taken.add(pair)
    print("bins left unfilled:", quota)
    return chosen


class Drawn:
    """Characters as both faces draw them, and how alike two of them are (mean of the faces)."""

    def __init__(self, work: Path, chars: list[str]) -> None:
        self.where = {char: i for i, char in enumerate(chars)}
        paths = (work / NOTO.format(f"Noto{kind}CJK-Regular") for kind in ("Sans", "Serif"))
        self.inks = [ink(Typeface.from_file(path), chars) for path in paths]

    def score(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        parts = []
        for start in range(0, len(pairs), 4000):
            block = pairs[start : start + 4000]
            a, b = (np.array([self.where[pair[end]] for pair in block]) for end in (0, 1))
            parts.append(np.mean([shared(rows[a], rows[b]) for rows in self.inks], axis=0))
        return np.concatenate(parts)


def mined(drawn: Drawn, chars: list[str]) -> set[tuple[str, str]]:
    """Nearest neighbours of about the same weight, without bare radicals."""
    count = len(chars)
    mass = drawn.inks[0].sum(axis=1)
    near = neighbours((drawn.inks[0] + drawn.inks[1])[:count])
    return {
        tuple(sorted((chars[i], chars[j])))
        for i in range(count)
        for j in near[i]
        if min(mass[i], mass[j]) >= LEAST_INK * max(mass[i], mass[j])
        and {chars[i], chars[j]}.isdisjoint(RADICALS)
    }


def main(work: Path, metadata: Path) -> None:
    official = [
        (r["background_char"], r["target_char"])
        for r in map(json.loads, metadata.open(encoding="utf-8"))
        if r["rose_subset"] == "ROSE-ChineseGlyph"
    ]
    banned = {frozenset(p) for p in official}
    common = gb2312()
    wanted = {c for p in official for c in p if len(c) == 1} | set("".join(families()))
    drawn = Drawn(work, [*common, *sorted(wanted - set(common))])
    spread = drawn.score([p for p in official if all(len(c) == 1 for c in p)])
    groups = {tuple(sorted(p)): group for group in families() for p in combinations(group, 2)}
    allowed = [p for p in sorted({*mined(drawn, common), *groups}) if frozenset(p) not in banned]
    scores = zip(allowed, drawn.score(allowed), strict=True)
    candidates = {p: float(s) for p, s in scores if s < MOST_ALIKE}
    chosen = choose(candidates, spread, [p for p in groups if p in candidates])
    used = len({char for pair in chosen for char in pair})
    print(f"{len(candidates)} candidates; {len(chosen)} chosen; {used} characters")
    deciles = np.linspace(0, 1, 11)
    print("official deciles", np.quantile(spread, deciles).round(3))
    print("our deciles     ", np.quantile([candidates[p] for p in chosen], deciles).round(3))
    lines = ["\t".join((*p, groups.get(p, "".join(p)))) for p in sorted(chosen)]
    (work / "glyph-pairs.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
