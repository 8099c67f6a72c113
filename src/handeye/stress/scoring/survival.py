"""What survives without the picture: a run shown grey or exchanged pictures, beside the real one.

The share of the accuracy that is left (blind survival), by cell. Of pairs of the same words nothing
can be left but by lot, which is why PST is the figure to go by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from handeye.errors import DataError
from handeye.scores.estimate import Estimate
from handeye.scores.tables import Column, Row, Table
from handeye.stats.intervals import estimates
from handeye.stats.sums import Sums
from handeye.stress.scoring.figures import STRATUM
from handeye.stress.scoring.run_folder import Run
from handeye.stress.scoring.score import CELLS, Groups, ScoreRow
from handeye.stress.scoring.summary import RESAMPLES
from handeye.stress.scoring.tables import CELL_LABELS


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
        raise DataError(
            "the second run was shown its own pictures: give one made with --grey or --swap"
        )
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


_COLUMNS = (
    Column("With", "right with its pictures", name="with_picture"),
    Column("Without", "right without them", name="without"),
    Column("Survives", "the second by the first; who never looks has all of it", name="survives"),
)


def survival_table(
    runs: Sequence[Run], labels: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> Table | None:
    """Survival of each run of which one of the same model without its pictures is at hand.

    Args:
        runs: of any models; a run goes with those that share model, form and items.
        labels: of the runs.
        seed: of the bootstrap.
        resamples: number of resamples.

    Returns:
        A row a cell, under the name of the run without its pictures; None where no two go together.
    """
    rows = []
    for plain, blind in _together(runs):
        try:
            found = blind_survival(
                runs[plain].rows(), runs[blind].rows(), seed=seed, resamples=resamples
            )
        except DataError:  # no item in common
            continue
        shown = {"grey": "grey pictures", "swap": "pictures of other groups"}
        named = shown[runs[blind].summary.ablation]
        for cell, one in found.items():
            cells = tuple(getattr(one, column.key) for column in _COLUMNS)
            words = CELL_LABELS.get(cell, "all items")
            rows.append(Row(words, cells, group=f"{labels[plain]}, shown {named}"))
    if not rows:
        return None
    caption = "What survives without the picture: right answers in percent, 95 % intervals."
    return Table("survival", caption, _COLUMNS, tuple(rows), row_head="Items")


def _together(runs: Sequence[Run]) -> Iterator[tuple[int, int]]:
    """Places of a run that was shown its pictures and of one that was not, else asked alike."""
    about = [(run.summary.model, run.summary.form) for run in runs]
    for first, run in enumerate(runs):
        for second, other in enumerate(runs):
            same = run.summary.model and about[first] == about[second]
            if same and not run.summary.ablation and other.summary.ablation:
                yield first, second
