"""One scene to its seven rows in the release format, field for field.

Field names, order and id patterns are those of the ROSE-v0.1 release (commit 07ac071); what
handeye adds comes last: ``set_seed``, ``scene_index``, ``prompt_version``, ``pair_similarity``,
``image_sha256`` and, for edits, their kind and mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.rose.questions import (
    BY_KEY,
    FORMATS,
    PROMPT_GLOBAL,
    Template,
    formal_answer,
    prompt_local,
)
from handeye.rose.scene import Region, Scene
from handeye.rose.scenes.sources.base import Art, Pair
from handeye.rose.v01 import STATISTICS, SourceStatistics, difficulty

PROMPT_VERSION = "handeye-1"
_TEMPLATE_NUMBER = {"T1": 1, "T2": 2, "T3": 3, "T4": 4, "T5": 5}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scene with its art and the hashes of its two pictures."""

    source: str
    seed: int
    split: str
    scene: Scene
    pair: Pair
    art: Art
    base_sha256: str
    cue_sha256: str

    @property
    def rules(self) -> SourceStatistics:
        """Statistics and labels of the source."""
        return STATISTICS[self.source]


def scene_id(prefix: str, number: int) -> str:
    """``CHSCENE_000001`` and so on."""
    return f"{prefix}SCENE_{number:06d}"


def image_id(prefix: str, number: int, *, cue: bool) -> str:
    """Base picture ``2n - 1``, cue picture ``2n`` of scene ``n``."""
    return f"{prefix}IMG_{2 * number - (not cue):06d}"


def item_id(prefix: str, number: int, key: str) -> str:
    """Ids of the release: item ``5(n-1)+k``, with the bridge's own mark."""
    if key == "T1B":
        return item_id(prefix, number, "T1") + "__GCLK"
    if key == "T2B":
        return "MLCNT_" + item_id(prefix, number, "T3")
    return f"{prefix}ITEM_{5 * (number - 1) + _TEMPLATE_NUMBER[key]:06d}"


def image_name(subset: str, identifier: str) -> str:
    """Path of a picture inside the set."""
    return f"images/{subset}/{identifier}.png"


def scene_rows(drawn: Drawn) -> dict[str, dict[str, Any]]:
    """Rows of one scene by template key: T1..T5, T1B, T2B."""
    scene = drawn.scene
    whole = Region.whole(scene.grid)
    plan = {"T1": (whole, "all"), **scene.regions}
    rows = {key: _row(drawn, BY_KEY[key], *plan[key]) for key in ("T1", "T2", "T3", "T4", "T5")}
    rows["T1B"] = _row(drawn, BY_KEY["T1B"], whole, "all") | {
        "source_item_id": rows["T1"]["item_id"],
        "source_task_template": BY_KEY["T1"].id,
        "bridge_task": True,
    }
    rows["T2B"] = _row(drawn, BY_KEY["T2B"], *plan["T3"]) | {
        "bridge_task": True,
        "bridge_type": "MATCHED_LOCAL_COUNT_FROM_T3",
        "source_item_id": rows["T3"]["item_id"],
        "source_click_item_id": rows["T3"]["item_id"],
        "source_task_template": BY_KEY["T3"].id,
        "source_task_mode": BY_KEY["T3"].mode,
    }
    return rows


def _row(drawn: Drawn, template: Template, region: Region, case: str) -> dict[str, Any]:
    scene, rules = drawn.scene, drawn.rules
    question = prompt_local(template, region)
    inside = [str(cell) for cell in scene.targets_in(region)]
    everywhere = [str(cell) for cell in sorted(scene.targets)]
    answer = formal_answer(template.mode, scene.targets_in(region))
    cue = template.context == "visual"
    picture = image_id(rules.prefix, scene.number, cue=cue)
    bridge = template.key == "T1B"
    cells = region.cell_count(scene.grid)
    return {
        "item_id": item_id(rules.prefix, scene.number, template.key),
        "scene_id": scene_id(rules.prefix, scene.number),
        "image_id": picture,
        "split": drawn.split,
        "dataset_version": f"handeye_{'global_click_bridge' if bridge else rules.dataset_family}"
        f"_v0.1_seed{drawn.seed}",
        "protocol_version": "v0.3+global_click_bridge" if bridge else "v0.3",
        "item_seed": rules.seed_base + 10 * scene.number + _seed_digit(template.key),
        "primitive_type": rules.primitive_type,
        "task_template": template.id,
        "task_mode": template.mode,
        "reference_source": "REF_MAJORITY",
        "selection_predicate": "SELECT_DIFFERENT",
        "target_rule": "ODD_FROM_MAJORITY",
        "region_type": region.type,
        "region_params": region.params(),
        "region_case": case,
        "cue_type": "BOX" if cue else "NONE",
        "prompt_global": PROMPT_GLOBAL,
        "prompt_local": question,
        "expected_output_format": FORMATS[template.mode],
        "ground_truth_count": len(inside),
        "ground_truth_clicks": inside,
        "ground_truth_formal_answer": answer,
        "all_target_cells": everywhere,
        "region_target_cells": inside,
        "region_non_target_count": cells - len(inside),
        "num_out_region_targets": len(everywhere) - len(inside),
        "global_target_count": len(everywhere),
        "region_target_count": len(inside),
        "region_cell_count": cells,
        "region_ratio": region.ratio(scene.grid),
        "difficulty": "bridge"
        if bridge
        else difficulty(
            subset=rules.subset,
            profile=scene.profile,
            target_count=len(everywhere),
            region_count=len(inside),
            similarity=drawn.pair.fields.get("similarity"),
        ),
        "rose_subset": rules.subset,
        "image": image_name(rules.subset, picture),
        "prompt": f"{PROMPT_GLOBAL}\n{question}",
        "answer": answer,
        **_look(drawn, region if cue else None),
    }


def _seed_digit(key: str) -> int:
    return _TEMPLATE_NUMBER[{"T1B": "T1", "T2B": "T3"}.get(key, key)]


def _look(drawn: Drawn, cue: Region | None) -> dict[str, Any]:
    """The fields that say how the picture looks."""
    scene, art, pair = drawn.scene, drawn.art, drawn.pair
    look: dict[str, Any] = {
        "rows": scene.grid.rows,
        "cols": scene.grid.cols,
        "cell_size": scene.cell_size,
        **art.fields,
        "image_width": scene.grid.cols * scene.cell_size,
        "image_height": scene.grid.rows * scene.cell_size,
        "grid_size_profile": scene.profile,
        "target_cells": [list(cell) for cell in scene.targets],
        **pair.fields,
        "image_split": drawn.rules.image_split,
        "image_cue_type": "BOX" if cue else "NONE",
        "image_region_type": "VISUAL_REGION" if cue else "GLOBAL",
        "image_region_params": cue.params() if cue else {},
        "image_note": "scene with one highlighted rectangle" if cue else "scene without a cue",
        "set_seed": drawn.seed,
        "scene_index": scene.number - 1,
        "prompt_version": PROMPT_VERSION,
        # The last digits of a float depend on the machine; those of a set must not.
        "pair_similarity": round(pair.similarity, 6),
        "image_sha256": drawn.cue_sha256 if cue else drawn.base_sha256,
    }
    if art.mask is not None:
        look["edit_mask"] = run_lengths(art.mask)
    return look


def run_lengths(mask: NDArray[np.bool_]) -> Mapping[str, list[int]]:
    """A mask as uncompressed COCO run lengths: size and column-major counts, zeros first."""
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat.astype(np.int8))) + 1
    counts = np.diff(np.concatenate(([0], edges, [flat.size]))).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}
