"""Score rows as a Polars frame: one named, typed column per field of :class:`ScoreRow`.

Whole numbers are Int64 and end at :data:`~handeye.scores.run_folder.LARGEST` (scores.jsonl has the
full number); ``count_mae`` and ``count_bias`` are Float64, so that their means hold for any number.
"""

from __future__ import annotations

from handeye.rose.scoring.score_item import ScoreRow
from handeye.scores.run_folder import Columns

COLUMNS = Columns(ScoreRow, floats=("count_mae", "count_bias"))
SCHEMA = COLUMNS.schema
"""Column name (official names first, in the official order) to type."""
to_frame = COLUMNS.frame
