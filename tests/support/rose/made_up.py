"""Made-up scenes and answers for the summary tests: every template, known outcomes."""

from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import score_item
from tests.support.rose.items import item

ROWS = {"r1": 1, "r2": 2}
OUTSIDE = {"exclude_type": "ROW_RANGE", "exclude_params": {"r1": 3, "r2": 4}}
BOX = {"r1": 1, "r2": 2, "c1": 1, "c2": 5}
# Key -> template, region type and params; each region holds two of the three targets.
TASKS = {
    "T1": ("T1_COUNT_GLOBAL", "GLOBAL", {}),
    "T2": ("T2_COUNT_LOCAL_NUMERIC", "ROW_RANGE", ROWS),
    "T3": ("T3_CLICK_LOCAL_NUMERIC", "ROW_RANGE", ROWS),
    "T4": ("T4_CLICK_VISUAL_REGION", "VISUAL_REGION", BOX),
    "T5": ("T5_CLICK_COUNT_EXCLUSION", "EXCLUSION", OUTSIDE),
    "T1B": ("T1B_CLICK_GLOBAL", "GLOBAL", {}),
    "T2B": ("T2B_COUNT_LOCAL_MATCHED", "ROW_RANGE", ROWS),
}
WHOLE = {"region_target_cells": ["R1,C1", "R2,C2", "R4,C5"], "ground_truth_count": 3}
RIGHT = {
    "T1": "COUNT(3)",
    "T2": "COUNT(2)",
    "T3": "CLICK(R1,C1); CLICK(R2,C2); DONE",
    "T4": "CLICK(R1,C1); CLICK(R2,C2); DONE",
    "T5": "CLICK(R1,C1); CLICK(R2,C2); SUBMIT(2)",
    "T1B": "CLICK(R1,C1); CLICK(R2,C2); CLICK(R4,C5); DONE",
    "T2B": "COUNT(2)",
}
WRONG = {
    "T1": "COUNT(1)",
    "T2": "COUNT(1)",
    "T3": "CLICK(R1,C1); DONE",
    "T4": "CLICK(R1,C1); DONE",
    "T5": "CLICK(R1,C1); SUBMIT(1)",
    "T1B": "CLICK(R1,C1); CLICK(R2,C2); CLICK(R4,C4); DONE",
    "T2B": "COUNT(1)",
}


def scored(scene, key, text, *, subset="ROSE-ChineseGlyph", state=None, **changes):
    """One score row of a made-up scene; ``text`` True or False stands for right or wrong."""
    template, region, params = TASKS[key]
    if isinstance(text, bool):
        text = (RIGHT if text else WRONG)[key]
    fields = {
        "item_id": f"{subset}-{scene}-{key}",
        "scene_id": f"S{scene}",
        "rose_subset": subset,
        "region_case": "all" if region == "GLOBAL" else "partial",
        "grid_size_profile": "small",
        **(WHOLE if region == "GLOBAL" else {}),
        **changes,
    }
    return score_item(item(template, region, params, **fields), text, model="m", state=state)


def scenes(outcomes, **changes):
    """Frame of many scenes; each outcome maps template key to right, wrong or a text."""
    return to_frame(
        [
            scored(number, key, text, **changes)
            for number, outcome in enumerate(outcomes)
            for key, text in outcome.items()
        ]
    )
