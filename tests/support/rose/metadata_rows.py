"""A metadata row of a small made-up item, for tests that write metadata files."""


def row(n=1, **changes):
    return {
        "item_id": f"I{n}",
        "scene_id": f"S{n}",
        "task_template": "T1_COUNT_GLOBAL",
        "task_mode": "COUNT",
        "region_type": "GLOBAL",
        "rows": 3,
        "cols": 4,
        "ground_truth_count": 1,
        "all_target_cells": ["R1,C2"],
        "region_target_cells": ["R1,C2"],
        "rose_subset": "ROSE-ChineseGlyph",
        "split": "test",
        "image": "images/a.png",
        **changes,
    }
