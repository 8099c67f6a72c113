"""Score rows as a Polars frame: one named, typed column per field of :class:`ScoreRow`.

Whole numbers are Int64 and end at :data:`~handeye.scores.run_folder.LARGEST` (scores.jsonl has the
full number); ``count_mae`` and ``count_bias`` are Float64, so that their means hold for any number.
"""

from __future__ import annotations

from handeye.rose.questions import TEMPLATES
from handeye.rose.scene import LARGEST_SIDE
from handeye.rose.scoring.score_item import ScoreRow
from handeye.run.answers import ANSWER_STATES
from handeye.scores.run_folder import LARGEST, Columns

_FLAGS = (
    *("api_error", "format_valid", "format_error", "pass", "count_applicable"),
    *("click_applicable", "submit_applicable", "count_exact", "click_exact_set"),
    *("click_exact_set_strict", "submit_exact", "click_submit_consistency", "region_ok"),
    *("global_default_error", "exclusion_failure"),
)
COLUMNS = Columns(
    ScoreRow,
    floats=("count_mae", "count_bias"),
    allowed={
        "task_template": tuple(TEMPLATES),
        "answer_state": ANSWER_STATES,
        "rows": (1, LARGEST_SIDE),
        "cols": (1, LARGEST_SIDE),
        "gt_count": (0, LARGEST),
        **dict.fromkeys(_FLAGS, (0, 1)),
    },
    unique="item_id",
)
SCHEMA = COLUMNS.schema
"""Column name (official names first, in the official order) to type."""
to_frame = COLUMNS.frame
