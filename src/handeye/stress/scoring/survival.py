"""What survives without the picture: a run shown grey or exchanged pictures, beside the real one.

The share of the accuracy that is left (blind survival), by cell. Of pairs of the same words nothing
can be left but by lot, which is why PST is the figure to go by.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from handeye.errors import DataError
from handeye.scores.estimate import Estimate
from handeye.stats.intervals import estimates
from handeye.stats.sums import Sums
from handeye.stress.scoring.figures import STRATUM
from handeye.stress.scoring.score import CELLS, Groups, ScoreRow
from handeye.stress.scoring.summary import RESAMPLES


class Survival(msgspec.Struct, frozen=True):
    """Accuracy with the picture and without, and the second by the first; over the same items."""

    with_picture: Estimate
    without: Estimate
    survives: Estimate


def blind_survival(
    rows: Sequence[ScoreRow],
    blind: Sequence[ScoreRow],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Survival]:
    """Survival over all items that both runs have, and by cell.

    Args:
        rows: of the run that was shown the pictures.
        blind: of the same model, shown grey pictures or those of other groups.
        seed: of the bootstrap over groups, which are drawn together for both.
        resamples: number of resamples.

    Raises:
        DataError: ``blind`` was shown the pictures, or no item is in both.
    """
    if not all(row.ablation for row in blind):
        raise DataError("the second run was shown its own pictures: give one made with --ablation")
    other = {row.item_id: row for row in blind}
    both = [(row, other[row.item_id]) for row in rows if row.item_id in other]
    if not both:
        raise DataError("the two runs share no item")
    cells = np.array([row.cell for row, _ in both])
    columns = {}
    for cell in ("all", *CELLS):
        inside = np.ones(len(both), bool) if cell == "all" else cells == cell
        if inside.any():
            columns[f"{cell}.n"] = inside * 1.0
            for name, place in (("with", 0), ("without", 1)):
                right = np.array([float(pair[place].right) for pair in both])
                columns[f"{cell}.{name}"] = inside * right
    cluster = Groups([row for row, _ in both]).cluster
    sums = Sums([STRATUM] * len(both), columns, resamples, seed, cluster)
    return {
        cell: msgspec.convert(
            estimates(
                {
                    "with_picture": sums.share(f"{cell}.with", f"{cell}.n"),
                    "without": sums.share(f"{cell}.without", f"{cell}.n"),
                    "survives": sums.average(f"{cell}.without", f"{cell}.with"),
                }
            ),
            Survival,
        )
        for cell in ("all", *CELLS)
        if f"{cell}.n" in columns
    }
