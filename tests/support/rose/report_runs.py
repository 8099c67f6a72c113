"""A small set drawn on the spot (rings among discs), and runs whose faults are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from handeye.rose.items import Item
from handeye.rose.release import load
from handeye.rose.scenes.render import base_picture, cue_picture
from handeye.rose.scenes.rows import Drawn, image_id, image_name, scene_rows
from handeye.rose.scenes.sampling import sample_scene
from handeye.rose.scenes.sources.base import Art, Pair
from handeye.rose.scoring.file_scoring import score_files
from handeye.rose.v01 import STATISTICS
from handeye.sets.draw import Draw

if TYPE_CHECKING:
    pass

FOLDERS = {"T1B": "global_click", "T2B": "matched_local_count"}
Respond = Callable[[Item], dict[str, object] | None]
Open = Callable[..., Any]


def rings(size: int) -> Art:
    """Discs with rings as targets, ``size`` pixels."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    r = np.hypot(x, y) / size
    ink = np.array([40, 60, 90], np.uint8)
    tiles = []
    for shape in (r < 0.36, (r < 0.36) & (r > 0.2)):
        tile = np.full((size, size, 3), 255, np.uint8)
        tile[shape] = ink
        tiles.append(tile)
    return Art(tiles[0], tiles[1])


def make_set(out: Path, scenes: int, sources: tuple[str, ...], *, pictures: bool = True) -> Path:
    """Write a set in the release format, test split only."""
    lines: dict[Path, list[str]] = {}
    for source in sources:
        rules = STATISTICS[source]
        for index in range(scenes):
            scene = sample_scene(7, source, index)
            pair = Pair(f"p{index % 5}", Draw(7, "similarity", index).unit(), {}, ())
            art = rings(scene.cell_size)
            base = base_picture(scene.grid, scene.targets, art)
            cue, _ = cue_picture(scene.grid, scene.targets, art, scene.regions["T4"][0])
            hashes = [hashlib.sha256(data).hexdigest() for data in (base, cue)]
            for data, is_cue in ((base, False), (cue, True)):
                name = image_name(rules.subset, image_id(rules.prefix, scene.number, cue=is_cue))
                if pictures:
                    (out / name).parent.mkdir(parents=True, exist_ok=True)
                    (out / name).write_bytes(data)
            drawn = Drawn(source, 7, "test", scene, pair, art, hashes[0], hashes[1])
            for key, row in scene_rows(drawn).items():
                file = out / FOLDERS.get(key, "") / "metadata_test.jsonl"
                lines.setdefault(file, []).append(json.dumps(row))
    for file, rows in lines.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(rows) + "\n")
    return out


def right(item: Item) -> dict[str, object] | None:
    """The gold answer."""
    return {"raw_text": item.ground_truth_formal_answer}


def faulty(item: Item) -> dict[str, object] | None:
    """Mostly right on counting, with every kind of fault on about a third of the rest."""
    draw = Draw(3, "faulty", item.item_id)
    gold = item.ground_truth_formal_answer
    limit = 4 if item.task_mode == "COUNT" else 14
    choice = draw.below(22)
    if choice >= limit:
        return {"raw_text": gold}
    if item.task_mode == "COUNT":
        wrong = f"COUNT({item.ground_truth_count + 1})"
        return {"raw_text": [wrong, "COUNT(0)", f"I see {wrong}", ""][choice]}
    clicks = [f"CLICK({c})" for c in item.region_target_cells]
    everything = [f"CLICK({c})" for c in item.all_target_cells]
    end = "DONE" if item.task_mode == "CLICK" else f"SUBMIT({len(clicks)})"
    shifted = [f"CLICK(R{c.row},C{c.col + 1})" for c in item.gold]
    answers = [clicks[1:], everything, shifted, [*clicks, "CLICK(R999,C2)"], clicks[:1] * 2,
               [*clicks, "CLICK(R1,C1)"]]  # fmt: skip
    if choice < len(answers):
        return {"raw_text": "; ".join([*answers[choice], end])}
    return {
        6: {"raw_text": "<script>document.title='pwned'</script>"},
        7: {"raw_text": None, "error": "timeout"},
        8: {"raw_text": "I cannot help with that.", "state": "refused"},
        9: {"raw_text": "CLICK(R1,C", "state": "truncated"},
    }.get(choice, {"raw_text": gold.replace("CLICK", "TAP")})


def wrong(item: Item) -> dict[str, object] | None:
    """Never right."""
    return {"raw_text": "no idea"}


def make_run(data: Path, out: Path, respond: Respond, model: str, **options: object) -> Path:
    """Answer every item of ``data`` with ``respond`` and score it into the run folder ``out``."""
    rows = []
    for item in load(data):
        answer = respond(item)
        if answer is not None:
            rows.append(json.dumps({"item_id": item.item_id, "model": model, **answer}))
    predictions = out.with_name(out.name + ".predictions.jsonl")
    predictions.write_text("\n".join(rows) + "\n")
    score_files(predictions, data, out, **options)  # type: ignore[arg-type]
    return out
