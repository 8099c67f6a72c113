"""Writes a small set in the release format, drawn with Pillow, for tests and benchmarks.

Cells are flat squares of two colours; every scene has colours and targets of its own, so no two
pictures are alike. ``python small_set.py DIR --scenes N --side PIXELS``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from PIL import Image

from handeye.rose.questions import BY_KEY, PROMPT_GLOBAL, formal_answer, prompt_local
from handeye.rose.scene import Cell, Grid, Region
from handeye.sets.draw import Draw

_SUBSETS = ("ROSE-EmojiStyle", "ROSE-PixelEdit")
_SIZE = 8


def write_set(folder: Path, scenes: int, *, side: int = 96, noise: bool = False) -> Path:
    """Write ``scenes`` scenes of 8 x 8 cells with five items each.

    Args:
        folder: where; made if absent.
        scenes: how many.
        side: edge of a picture in pixels, a multiple of 8.
        noise: give every cell a texture, so that the files are as large as those of real art.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for number in range(scenes):
        rows += _scene(folder, number, side, noise)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metadata_test.jsonl").write_text(lines, encoding="utf-8")
    return folder


def _scene(folder: Path, number: int, side: int, noise: bool) -> list[dict[str, Any]]:
    draw = Draw(1, "small-set", number)
    targets = sorted(Cell(i // _SIZE + 1, i % _SIZE + 1) for i in draw.sample(_SIZE * _SIZE, 4))
    grid = Grid(_SIZE, _SIZE)
    region = Region("ROW_RANGE", 2, 5, 1, _SIZE)
    regions = {
        "T1": Region.whole(grid),
        "T2": region,
        "T3": region,
        "T4": Region("VISUAL_REGION", 3, 6, 3, 6),
        "T5": Region("EXCLUSION", 2, 5, 1, _SIZE, exclude_type="ROW_RANGE"),
    }
    name = f"s{number:05d}"
    for kind in ("base", "cue"):
        picture = _picture(draw, targets, side, noise)
        if kind == "cue":
            cell = side // _SIZE
            picture.paste((255, 0, 0), (2 * cell, 2 * cell, 6 * cell, 2 * cell + 2))
        picture.save(folder / "images" / f"{name}_{kind}.png")
    return [_row(name, number, key, where, targets, side) for key, where in regions.items()]


def _picture(draw: Draw, targets: list[Cell], side: int, noise: bool) -> Image.Image:
    cell = side // _SIZE
    tiles = [_tile(draw, cell, noise) for _ in range(2)]
    picture = Image.new("RGB", (side, side))
    for row in range(1, _SIZE + 1):
        for col in range(1, _SIZE + 1):
            tile = tiles[Cell(row, col) in targets]
            picture.paste(tile, ((col - 1) * cell, (row - 1) * cell))
    return picture


def _tile(draw: Draw, cell: int, noise: bool) -> Image.Image:
    colour = (draw.below(256), draw.below(256), draw.below(256))
    tile = Image.new("RGB", (cell, cell), colour)
    if noise:
        for _ in range(cell * cell // 8):
            at = (draw.below(cell), draw.below(cell))
            tile.putpixel(at, (draw.below(256), colour[1], colour[2]))
    return tile


def _row(
    name: str, number: int, key: str, region: Region, targets: list[Cell], side: int
) -> dict[str, Any]:
    template = BY_KEY[key]
    inside = [cell for cell in targets if cell in region]
    question = prompt_local(template, region)
    return {
        "item_id": f"{name}_{key}",
        "scene_id": name,
        "task_template": template.id,
        "task_mode": template.mode,
        "region_type": region.type,
        "region_params": region.params(),
        "rows": _SIZE,
        "cols": _SIZE,
        "ground_truth_count": len(inside),
        "all_target_cells": [str(cell) for cell in targets],
        "region_target_cells": [str(cell) for cell in inside],
        "rose_subset": _SUBSETS[number % 2],
        "image": f"images/{name}_{'cue' if key == 'T4' else 'base'}.png",
        "image_id": f"{name}_{'cue' if key == 'T4' else 'base'}",
        "image_width": side,
        "image_height": side,
        "split": "test",
        "region_case": "partial",
        "prompt_global": PROMPT_GLOBAL,
        "prompt_local": question,
        "prompt": f"{PROMPT_GLOBAL}\n{question}",
        "ground_truth_formal_answer": formal_answer(template.mode, inside),
        "global_target_count": len(targets),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--noise", action="store_true")
    options = parser.parse_args()
    write_set(options.folder, options.scenes, side=options.side, noise=options.noise)
