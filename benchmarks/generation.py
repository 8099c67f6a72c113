"""Time and memory of `handeye rose generate --like v0.1`, beside what they are compared to.

Three measurements in one run, on the same finished pictures and the same number of processes:

- ours: the whole command (drawing, encoding, hashing, rows, card), from an empty folder;
- encode only: Pillow writes the finished pictures, already decoded in memory, as PNG to nowhere;
- reference renderer: Pillow pastes every cell into an RGB picture and saves it, base and cue.

    python benchmarks/generation.py            # the whole v0.1 set
    python benchmarks/generation.py --part 10  # a tenth of the scenes of every source
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image
from taken import taken

from handeye.rose import load
from handeye.rose.items import Item
from handeye.rose.release import BRIDGE_FOLDERS
from handeye.rose.scenes import sources
from handeye.rose.scenes.render import cue_colour, frame_width
from handeye.rose.v01 import SOURCE_NAMES, STATISTICS


def ours(out: Path, workers: int, part: int) -> tuple[float, int]:
    command = [sys.executable, "-m", "handeye", "rose", "generate", str(out), "--seed", "7"]
    command += ["--workers", str(workers)]
    scenes = sum(rules.scenes for rules in STATISTICS.values()) // part
    command += ["--like", "v0.1"] if part == 1 else ["--scenes", str(scenes)]
    used = taken(command)
    return used.wall, used.peak_mb


def encode_chunk(paths: list[Path]) -> float:
    """Seconds to PNG-encode the pictures with Pillow; decoding is not counted."""
    spent = 0.0
    for path in paths:
        picture = Image.open(path)
        picture.load()
        start = time.perf_counter()
        picture.save(io.BytesIO(), "PNG")
        spent += time.perf_counter() - start
    return spent


def paste_chunk(seed: int, scenes: list[tuple[str, Item, Item]]) -> float:
    """Seconds to draw and save scenes by pasting every cell with Pillow."""
    start = time.perf_counter()
    for name, base, cue in scenes:
        source = sources.get(name)
        pair = source.pair(seed, int(base.scene_id[-6:]) - 1)
        art = source.draw(pair, base.cell_size)
        tiles = {False: Image.fromarray(art.majority), True: Image.fromarray(art.target)}
        picture = Image.new("RGB", (base.image_width, base.image_height))
        targets = set(base.targets)
        size = base.cell_size
        for cell in base.grid.cells():
            picture.paste(tiles[cell in targets], ((cell.col - 1) * size, (cell.row - 1) * size))
        picture.save(io.BytesIO(), "PNG")
        region, colour, width = cue.region, cue_colour(art), frame_width(size)
        box = ((region.c1 - 1) * size, (region.r1 - 1) * size, region.c2 * size, region.r2 * size)
        inside = picture.crop(box)
        tinted = Image.blend(inside, Image.new("RGB", inside.size, colour), 0.25)
        framed = Image.new("RGB", inside.size, colour)
        framed.paste(
            tinted.crop((width, width, inside.width - width, inside.height - width)), (width, width)
        )
        picture.paste(framed, box)
        picture.save(io.BytesIO(), "PNG")
    return time.perf_counter() - start


def in_pool(function, work: list, workers: int) -> float:
    """Wall seconds of ``function`` over ``work`` dealt out to processes: the busiest one's."""
    chunks = [work[i::workers] for i in range(workers)]
    with ProcessPoolExecutor(workers) as pool:
        return max(pool.map(function, chunks))


def scene_items(root: Path) -> list[tuple[str, Item, Item]]:
    by_subset = {STATISTICS[name].subset: name for name in SOURCE_NAMES}
    out = []
    for rows in load(root, templates="T1,T4").scenes().values():
        base, cue = sorted(rows, key=lambda item: item.task_template)
        out.append((by_subset[base.rose_subset], base, cue))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", type=int, default=1, help="one in PART of the scenes")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "set"
        generated, memory = ours(root, options.workers, options.part)
        pictures = sorted((root / "images").rglob("*.png"))
        encoded = in_pool(encode_chunk, pictures, options.workers)
        scenes = scene_items(root)
        pasted = in_pool(partial(paste_chunk, 7), scenes, options.workers)
        size = sum(path.stat().st_size for path in pictures)
        bridges = [root / name for name in BRIDGE_FOLDERS.values()]
        assert all(path.is_dir() for path in bridges)
    print(
        json.dumps(
            {
                "scenes": len(scenes),
                "pictures": len(pictures),
                "picture_megabytes": round(size / 1e6, 1),
                "processes": options.workers,
                "ours_s": round(generated, 1),
                "pillow_encode_only_s": round(encoded, 1),
                "pillow_paste_and_encode_s": round(pasted, 1),
                "ours_over_encode_only": round(generated / encoded, 2),
                "ours_over_paste_and_encode": round(generated / pasted, 2),
                "ours_peak_mb_largest_process": memory,
                "benchmark_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
