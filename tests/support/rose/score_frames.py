"""Score rows of simulated runs whose true rates are known; only what comparisons read.

Every scene has the five templates. An item passes where a normal draw lies below the quantile of
its rate; part of the draw is shared by the scene, part by all runs (hard items are hard for all).
"""

import numpy as np
import polars as pl
from scipy.stats import norm

from handeye.rose.questions import BY_KEY, MAIN_KEYS, SUBSETS

TEMPLATES = [BY_KEY[key].id for key in MAIN_KEYS]
REGIONS = ["GLOBAL", "ROW_RANGE", "RECTANGLE", "VISUAL_REGION", "EXCLUSION"]


def items(scenes, seed=0, *, subsets=SUBSETS[:3], targets=(0, 5), sizes=(8, 20), prefix="S"):
    """Rows of ``scenes`` scenes, shared out over subsets, without answers."""
    rng = np.random.default_rng([7, seed])
    rows = []
    for k in range(scenes):
        side = int(rng.integers(*sizes))
        found = int(rng.integers(targets[0], targets[1] + 1))
        alike = float(rng.uniform(0.4, 1))
        for template, region in zip(TEMPLATES, REGIONS, strict=True):
            gold = found if region == "GLOBAL" else int(rng.integers(0, found + 1))
            cells = [f"R{n + 1},C1" for n in range(found)]
            rows.append(
                {
                    "item_id": f"{prefix}{k}-{template[:2]}",
                    "scene_id": f"{prefix}{k}",
                    "rose_subset": subsets[k % len(subsets)],
                    "task_template": template,
                    "rows": side,
                    "cols": side,
                    "region_type": region,
                    "region_bounds": "R1-R4",
                    "gt_count": gold,
                    "region_target_cells": cells[:gold],
                    "all_target_cells": cells,
                    "grid_size_profile": "small",
                    "global_target_count": found,
                    "region_case_actual": _case(gold, found),
                    "pair_similarity": alike,
                    "answer_state": "answered",
                }
            )
    return pl.DataFrame(rows)


def _case(gold, found):
    return "zero" if not gold else "all" if gold == found else "partial"


def answered(frame, rates, rng, *, scene=0.3, item=0.0, runs=1):
    """``runs`` copies of the rows with outcomes.

    Args:
        rates: true rates, one for all or (n,) or (n, runs).
        scene: share of the variance that the items of a scene share, over all runs.
        item: share of the variance that all runs share for an item.
    """
    place = frame["scene_id"].rank("dense").to_numpy().astype(int) - 1
    n = len(frame)
    shared = np.sqrt(scene) * rng.standard_normal(place.max() + 1)[place]
    shared = shared + np.sqrt(item) * rng.standard_normal(n)
    own = np.sqrt(1 - scene - item) * rng.standard_normal((n, runs))
    wanted = np.asarray(rates, dtype=float)
    wanted = wanted[:, None] if wanted.ndim == 1 else wanted
    passed = (shared[:, None] + own < norm.ppf(wanted)).astype(int)
    return [frame.with_columns(pl.Series("pass", passed[:, k])) for k in range(runs)]
