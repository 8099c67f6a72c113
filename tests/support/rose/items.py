"""One small item of ROSE, whatever a test wants of it."""

import msgspec

from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES


def item(template="T3_CLICK_LOCAL_NUMERIC", region="ROW_RANGE", params=None, **changes):
    """A 4 x 5 grid with targets R1,C1 R2,C2 R4,C5; rows 1 to 2 by default."""
    fields = {
        "item_id": "I",
        "scene_id": "S",
        "task_template": template,
        "task_mode": TEMPLATES[template].mode,
        "region_type": region,
        "region_params": {"r1": 1, "r2": 2} if params is None else params,
        "rows": 4,
        "cols": 5,
        "all_target_cells": ["R1,C1", "R2,C2", "R4,C5"],
        "region_target_cells": ["R1,C1", "R2,C2"],
        "ground_truth_count": 2,
        "rose_subset": "ROSE-ChineseGlyph",
        **changes,
    }
    return msgspec.convert(fields, Item)
