"""Draws the scenes of the authors' metadata again with open art.

Grid, cell size, targets and contents come from the rows; so does the region of T3 where the rows
tell it (T3 rows or the matched bridge's). Regions that are not public (T2, T4, T5, and T3 where no
row tells it) are drawn by handeye's own rules and marked ``derived``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handeye.errors import DataError, HandeyeError, OptionError
from handeye.rose.items import Item, read_item
from handeye.rose.questions import TEMPLATES
from handeye.rose.scene import Cell, Region, Scene
from handeye.rose.scenes.generation import SceneOrder, art_of, make_scenes
from handeye.rose.scenes.options import FORMATS, SetOptions
from handeye.rose.scenes.sampling import LOCAL_TEMPLATES, sample_region
from handeye.rose.v01 import STATISTICS
from handeye.sets.blocks import Progress
from handeye.sets.draw import Draw
from handeye.sets.folder import named_inside
from handeye.sets.jsonl import numbered_lines

_BY_PRIMITIVE = {rules.primitive_type: name for name, rules in STATISTICS.items()}
# T2B asks about T3's region, so its row tells T3's.
_TELLS = {"T2": "T2", "T3": "T3", "T4": "T4", "T5": "T5", "T2B": "T3"}
_PROMPT_FIELDS = ("prompt_global", "prompt_local", "prompt", "expected_output_format")
_LABEL_FIELDS = ("dataset_version", "protocol_version", "difficulty", "item_id", "item_seed")
# What names the contents of a scene's cells, by source.
_CONTENTS = {
    "glyph": ("background_char", "target_char"),
    "emoji-style": ("unicode_key",),
    "emoji-content": ("background_unicode", "target_unicode", "pair_key"),
    "pixel-edit": ("pair_key",),
    "pixel-content": ("pair_key",),
}


def rerender(
    metadata: Sequence[str | Path],
    out: str | Path,
    *,
    seed: int = 0,
    format: str = "images",
    keep_prompts: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw every scene named in ``metadata`` again and write a whole set.

    Args:
        metadata: one or more metadata files of the release (say, both bridge files); rows of one
            scene are joined by ``scene_id``.
        out: folder of the new set, as in :func:`handeye.rose.scenes.generation.generate`.
        seed: for the regions the files do not tell.
        format: ``images`` or ``parquet``.
        keep_prompts: keep the rows' own prompts where they have some; by default all items get
            handeye's wording, so that templates of one scene are asked alike.
        workers: processes; no influence on the result.
        progress: called with (scenes done, scenes in all).

    Raises:
        DataError: an unreadable row, rows of one scene that disagree, two scenes of one number, or
            content that no bundled art can show. Every row is tried before anything is written.
    """
    if format not in FORMATS:
        raise OptionError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    files = [Path(path) for path in metadata]
    placed = _orders(files, seed, keep_prompts)
    orders = [order for order, _ in placed]
    scenes: dict[str, int] = {}
    dev: dict[str, int] = {}
    for order in orders:
        scenes[order.source] = scenes.get(order.source, 0) + 1
        dev[order.source] = dev.get(order.source, 0) + (order.split == "dev")
    options = SetOptions(
        seed=seed,
        scenes=scenes,
        dev=dev,
        format=format,
        official=tuple(str(path) for path in files),
        keep_prompts=keep_prompts,
    )
    for order, where in placed:
        _check_art(options, order, where)
    return make_scenes(Path(out), options, orders, workers, progress)


def _check_art(options: SetOptions, order: SceneOrder, where: str) -> None:
    """Make sure that the content of a scene can be drawn, so that no set is begun in vain."""
    row = order.row or {}
    try:
        for name in _CONTENTS[order.source]:
            if not isinstance(row.get(name), str) or not row[name].strip():
                raise DataError(f"{name} must be a text, got {row.get(name)!r}")
        scene, _, _ = art_of(options, order)
        size = row.get("font_size", 1)
        if not isinstance(size, int | float) or not 0 < size <= scene.cell_size:
            raise DataError(
                f"font_size must lie within the cell of {scene.cell_size} pixels, got {size!r}"
            )
        if picture := row.get("image_id"):
            named_inside(str(picture), "image_id")
    except HandeyeError as error:
        raise DataError(f"{where}: item {row.get('item_id')}: {error}") from None
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise DataError(
            f"{where}: item {row.get('item_id')}: its content cannot be read: {error!r}"
        ) from None


def _orders(files: Sequence[Path], seed: int, keep_prompts: bool) -> list[tuple[SceneOrder, str]]:
    scenes: dict[str, list[tuple[Item, dict[str, Any], str]]] = {}
    for file in files:
        if not file.is_file():
            raise DataError(f"{file}: no such file; give metadata files of the release")
        for number, line in numbered_lines(file):
            where = f"{file}:{number}"
            item = read_item(line, where)
            scenes.setdefault(item.scene_id, []).append((item, json.loads(line), where))
    placed = [(_order(rows, seed, keep_prompts), rows[0][2]) for rows in scenes.values()]
    seen: dict[tuple[str, int], str] = {}
    for order, where in placed:
        first = seen.setdefault((order.source, order.index), where)
        if first != where:
            raise DataError(f"{where}: its scene has the same number as the one in {first}")
    rank = list(STATISTICS)
    return sorted(placed, key=lambda one: (rank.index(one[0].source), one[0].index))


def _order(
    rows: Sequence[tuple[Item, dict[str, Any], str]], seed: int, keep_prompts: bool
) -> SceneOrder:
    first, raw, where = rows[0]
    source = _BY_PRIMITIVE.get(first.primitive_type)
    if source is None:
        raise DataError(f"{where}: unknown primitive_type {first.primitive_type!r}")
    try:
        number = int(first.scene_id.rsplit("_", 1)[1])
        targets = tuple(Cell(int(row), int(col)) for row, col in raw["target_cells"])
        if number < 1 or sorted(targets) != sorted(first.targets):
            raise ValueError
    except (KeyError, ValueError, IndexError, TypeError):
        raise DataError(
            f"{where}: item {first.item_id} needs scene_id like CHSCENE_000001 and "
            "target_cells that are its all_target_cells"
        ) from None
    for other, _, place in rows[1:]:
        if (other.rows, other.cols, sorted(other.targets)) != (
            first.rows,
            first.cols,
            sorted(first.targets),
        ):
            raise DataError(f"{place}: item {other.item_id} disagrees with {where} on the scene")
    regions: dict[str, tuple[Region, str]] = {}
    kept: dict[str, dict[str, Any]] = {}
    for item, row, _ in rows:
        key = TEMPLATES[item.task_template].key
        if key in _TELLS:
            regions[_TELLS[key]] = (item.region, item.region_case)
        names = (*_LABEL_FIELDS, *(_PROMPT_FIELDS if keep_prompts else ()))
        kept[key] = {name: row[name] for name in names if name in row}
    rules = STATISTICS[source]
    for key in LOCAL_TEMPLATES:
        if key not in regions:
            draw = Draw(seed, source, number - 1, key)
            regions[key] = sample_region(draw, rules, key, first.grid, targets)
            kept.setdefault(key, {})["derived"] = True
            if key == "T3":
                kept.setdefault("T2B", {})["derived"] = True
    scene = Scene(
        number,
        first.grid,
        first.cell_size,
        first.grid_size_profile,  # type: ignore[arg-type]
        targets,
        regions,
    )
    return SceneOrder(source, number - 1, first.split or "test", scene, raw, kept)
