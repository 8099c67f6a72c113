"""Choose our emoji pairs and bundle the drawings they and the official set need.

python tools/assets/build_emoji.py WORK METADATA.jsonl
# writes src/handeye/assets/emoji/*.json.xz, pairs/emoji-style.tsv, pairs/emoji-content.tsv
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from emoji_score import calibrate
from emoji_sets import PACKAGES, load_names, load_set, plain

from handeye.rose.scenes.sources.colour_score import CURVE, SIZE, colour_score, histogram
from handeye.rose.scenes.sources.drawings import tile
from handeye.rose.scenes.sources.raster import Rgba, on_white, svg_body
from handeye.rose.scenes.sources.similarity import MEASURE_SIZE, similarity
from handeye.rose.scenes.visibility import is_visible, visible_pixels

ASSETS = Path(__file__).parents[2] / "src/handeye/assets"
STYLE_EMOJI = 460
CONTENT_PAIRS = 660
CONTENT_CUT = 0.92
BINS = 20
TONES = {"1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"}
MOST_USES = 4
BIGGEST_BODY = 9000  # characters; keeps the wheel small
STYLE_RANGE = (0.30, 0.97)  # less: another motif; more: hardly to be told apart
STYLE_PAIRS = (("twemoji", "noto"), ("twemoji", "fluent"), ("noto", "fluent"))


class Loose:
    """A set as unpacked from its package, with the interface of a provider."""

    suffix = "svg"

    def __init__(self, work: Path, name: str) -> None:
        self.name = name
        self.side, self.bodies = load_set(work, name)

    def keys(self) -> list[str]:
        return sorted(self.bodies)

    def picture(self, key: str, size: int) -> Rgba:
        return svg_body(self.bodies[key], self.side, size)


def stable(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    print(path.name, len(data), "bytes")


def write_xz(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    write(path, lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def style_table(
    sets: dict[str, Loose], names: dict[str, Any], official: list[dict[str, Any]]
) -> list[tuple[str, list[float]]]:
    """Emoji of all three sets, groups in the official proportions, with their similarities."""
    used = {plain(r["unicode_key"]) for r in official}
    shares = Counter(names[key][3] for key in used)
    pool = defaultdict(list)
    for key in sets["twemoji"].bodies:
        bodies = [s.bodies.get(key, "") for s in sets.values()]
        if key in used or key not in names or not all(bodies):
            continue
        if max(map(len, bodies)) <= BIGGEST_BODY:
            pool[names[key][3]].append(key)
    rows = []
    for group, share in sorted(shares.items()):
        quota = round(STYLE_EMOJI * share / len(used))
        tones: Counter[str] = Counter()
        for key in sorted(pool[group], key=stable):
            base = key.split("-")[0]
            if quota == 0 or tones[base] >= 1:  # one skin tone of each person is enough
                continue
            tiles = {n: tile(s, key, MEASURE_SIZE) for n, s in sets.items()}
            scores = [similarity(tiles[a], tiles[b]) for a, b in STYLE_PAIRS]
            if min(scores) >= STYLE_RANGE[0] and max(scores) <= STYLE_RANGE[1]:
                rows.append((key, scores))
                tones[base] += 1
                quota -= 1
    return rows


def content_table(
    twemoji: Loose, names: dict[str, Any], official: list[dict[str, Any]], bundled: set[str]
) -> list[tuple[str, str, float, float]]:
    """Pairs of one subgroup whose colour scores are spread like the official ones."""
    theirs = [(plain(r["background_unicode"]), plain(r["target_unicode"])) for r in official]
    scores = np.array([r["similarity"] for r in official])

    def colours(key: str) -> np.ndarray:
        return histogram(on_white(twemoji.picture(key, SIZE)))

    histograms = {key: colours(key) for pair in theirs for key in pair}
    cosines = np.array([histograms[a] @ histograms[b] for a, b in theirs])
    fitted = calibrate(cosines, scores)
    if not np.allclose(fitted, CURVE, atol=5e-5):
        raise SystemExit(f"set CURVE in sources/colour_score.py to {fitted}")
    for key in twemoji.bodies:
        toned = any(part in TONES for part in key.split("-"))
        if key in names and key not in histograms and (key in bundled or not toned):
            histograms[key] = colours(key)
    banned = {frozenset(p) for p in theirs}
    by_subgroup = defaultdict(list)
    for key in sorted(histograms):
        by_subgroup[names[key][3:5]].append(key)
    found = {}
    for keys in by_subgroup.values():
        for a, b in combinations(keys, 2):
            value = colour_score(histograms[a], histograms[b])
            if value >= CONTENT_CUT and frozenset((a, b)) not in banned:
                found[a, b] = value
    return pick_content(twemoji, found, scores, bundled)


def pick_content(
    twemoji: Loose, found: dict[tuple[str, str], float], official: np.ndarray, bundled: set[str]
) -> list[tuple[str, str, float, float]]:
    """Fill the bins between official quantiles, each emoji at most a few times."""
    edges = np.quantile(official, np.linspace(0, 1, BINS + 1))
    quota = [CONTENT_PAIRS // BINS] * BINS
    uses: Counter[str] = Counter()
    rows = []
    # Drawings that are bundled anyway come first: they cost nothing.
    cheap = {pair: sum(key not in bundled for key in pair) for pair in found}
    for a, b in sorted(found, key=lambda p: (cheap[p], stable("__".join(p)))):
        place = int(np.clip(np.searchsorted(edges, found[a, b]) - 1, 0, BINS - 1))
        if quota[place] == 0 or max(uses[a], uses[b]) >= MOST_USES:
            continue
        seen = [visible_pixels(tile(twemoji, a, s), tile(twemoji, b, s)) for s in (24, 42, 64)]
        if not all(map(is_visible, seen)):
            continue
        quota[place] -= 1
        uses.update((a, b))
        pictures = tile(twemoji, a, MEASURE_SIZE), tile(twemoji, b, MEASURE_SIZE)
        rows.append((a, b, found[a, b], similarity(*pictures)))
    print(len(found), "candidates; bins left unfilled:", quota)
    got = np.quantile([r[2] for r in rows], np.linspace(0, 1, 11))
    print("official score deciles", np.quantile(official, np.linspace(0, 1, 11)).round(4))
    print("our score deciles     ", got.round(4))
    return sorted(rows)


def main(work: Path, metadata: Path) -> None:
    sets = {name: Loose(work, name) for name in PACKAGES}
    names = load_names(work)
    rows = [json.loads(line) for line in metadata.open(encoding="utf-8")]
    style_rows = [r for r in rows if r["rose_subset"] == "ROSE-EmojiStyle"]
    content_rows = [r for r in rows if r["rose_subset"] == "ROSE-EmojiContent"]
    style = style_table(sets, names, style_rows)
    both_styles = {k for k, _ in style} | {plain(r["unicode_key"]) for r in style_rows}
    ends = ("background_unicode", "target_unicode")
    needed = both_styles | {plain(r[end]) for r in content_rows for end in ends}
    content = content_table(sets["twemoji"], names, content_rows, needed)
    needed |= {key for row in content for key in row[:2]}
    for name, loose in sets.items():
        wanted = needed if name == "twemoji" else both_styles  # content pairs are Twemoji alone
        icons = {k: loose.bodies[k] for k in sorted(wanted) if k in loose.bodies}
        print(name, len(icons), "lacks", sorted(wanted - icons.keys()))
        write_xz(ASSETS / f"emoji/{name}.json.xz", {"size": loose.side, "icons": icons})
    write_xz(ASSETS / "emoji/names.json.xz", {k: names[k] for k in sorted(needed)})
    head = "\t".join(["key", *("-".join(p) for p in STYLE_PAIRS)])
    lines = ["\t".join([k, *(f"{s:.6f}" for s in scores)]) for k, scores in sorted(style)]
    write(ASSETS / "pairs/emoji-style.tsv", ("\n".join([head, *lines]) + "\n").encode())
    lines = [f"{a}\t{b}\t{value:.6f}\t{same:.6f}" for a, b, value, same in content]
    head = "a\tb\tscore\tsimilarity"
    write(ASSETS / "pairs/emoji-content.tsv", ("\n".join([head, *lines]) + "\n").encode())
    print(len(style), "style emoji,", len(content), "content pairs")
    deciles = np.linspace(0, 1, 11)
    for i, pair in enumerate(STYLE_PAIRS):
        print("style", pair, np.quantile([s[i] for _, s in style], deciles).round(3))
    print("content similarity", np.quantile([c[3] for c in content], deciles).round(3))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
