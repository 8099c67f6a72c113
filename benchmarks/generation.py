"""Time and memory of `handeye rose generate --like v0.1`, beside what they are compared to.

Measurements in one run, on the same finished pictures and the same number of processes:

- ours: the whole command (drawing, encoding, hashing, rows, card), from an empty folder;
- encode only: Pillow writes the finished pictures, already decoded in memory, as PNG to nowhere;
- reference renderer: Pillow pastes every cell into an RGB picture and saves it, base and cue;
- writers: from tiles and layout to a file, one core, every fourth scene: our PNG writer, and what
  zlib makes of the same picture by Pillow at level 1 and 6, with a palette (in RGB where there are
  more than 256 colours). Finding the palette is counted apart: art might bring its own.

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
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from taken import taken

from handeye.rose import load
from handeye.rose.items import Item
from handeye.rose.release import BRIDGE_FOLDERS
from handeye.rose.scenes import sources
from handeye.rose.scenes.render import (
    Mosaic,
    base_mosaic,
    cue_colour,
    cue_mosaic,
    frame_width,
)
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


def indexed(mosaic: Mosaic) -> Image.Image:
    """The picture with a palette, or in RGB if it has more than 256 colours."""
    tiles = np.stack(mosaic.tiles)
    packed = tiles.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    colours = np.unique(np.concatenate([np.unique(tile) for tile in packed]))
    if len(colours) > 256:
        return Image.fromarray(mosaic.pixels())
    rows, cols = mosaic.layout.shape
    size = tiles.shape[1]
    numbers = np.searchsorted(colours, packed).astype(np.uint8)[mosaic.layout]
    picture = Image.fromarray(numbers.swapaxes(1, 2).reshape(rows * size, cols * size), "P")
    bands = colours[:, None] >> np.array([16, 8, 0]) & 255
    picture.putpalette(bands.astype(np.uint8).tobytes())
    return picture


def mosaics(seed: int, scenes: list[tuple[str, Item, Item]]) -> Iterator[Mosaic]:
    """The base and the cue picture of scenes, before they are encoded."""
    for name, base, cue in scenes:
        source = sources.get(name)
        art = source.draw(source.pair(seed, int(base.scene_id[-6:]) - 1), base.cell_size)
        yield base_mosaic(base.grid, base.targets, art)
        yield cue_mosaic(base.grid, base.targets, art, cue.region)[0]


def writers(seed: int, scenes: list[tuple[str, Item, Item]]) -> dict[str, float]:
    """Processor milliseconds and kilobytes a picture, and ours as a multiple of the others'."""
    spent = dict.fromkeys(("ours", "indexing", "zlib_1", "zlib_6"), 0.0)
    written = dict.fromkeys(("ours", "zlib_1", "zlib_6"), 0)
    pictures = palettes = 0
    for mosaic in mosaics(seed, scenes):
        start = time.process_time()
        data = mosaic.png()
        spent["ours"] += time.process_time() - start
        written["ours"] += len(data)
        start = time.process_time()
        picture = indexed(mosaic)
        spent["indexing"] += time.process_time() - start
        for level in (1, 6):
            file = io.BytesIO()
            start = time.process_time()
            picture.save(file, "PNG", compress_level=level)
            spent[f"zlib_{level}"] += time.process_time() - start
            written[f"zlib_{level}"] += file.tell()
        pictures += 1
        palettes += picture.mode == "P"
        assert np.array_equal(np.asarray(picture.convert("RGB")), mosaic.pixels())
    out: dict[str, float] = {"pictures": pictures, "with_palette": palettes}
    out |= {f"{name}_ms": round(1000 * value / pictures, 2) for name, value in spent.items()}
    out |= {f"{name}_kb": round(value / 1000 / pictures, 1) for name, value in written.items()}
    for name in ("zlib_1", "zlib_6"):
        out[f"time_over_{name}"] = round(spent["ours"] / spent[name], 2)
        whole = spent[name] + spent["indexing"]
        out[f"time_over_{name}_with_indexing"] = round(spent["ours"] / whole, 2)
        out[f"bytes_over_{name}"] = round(written["ours"] / written[name], 2)
    return out


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
        by_writer = writers(7, scenes[::4])
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
                "writers": by_writer,
                "ours_peak_mb_largest_process": memory,
                "benchmark_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
