"""Score rows of several runs over the same items, side by side; nothing is dropped in silence.

Items are joined by their id. That two runs mean the same by an id is checked: an item whose cells,
region or gold answer differ between them is an error, because the difference of the answers would
then not be one of the models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError, first_ten
from handeye.rose.scoring.breakdowns import FACTORS
from handeye.rose.scoring.tally import ordered_subsets
from handeye.stats.pairing import pair, pair_common

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What two runs must agree in, item by item.
_ABOUT = (
    "scene_id",
    "rose_subset",
    "task_template",
    "rows",
    "cols",
    "region_type",
    "region_bounds",
    "gt_count",
    "region_target_cells",
    "all_target_cells",
)
_FACTOR_COLUMNS = ("grid_size_profile", "global_target_count", "region_case_actual")
COLUMNS = (
    "item_id",
    *_ABOUT,
    *_FACTOR_COLUMNS,
    "pair_similarity",
    "pass",
    "answer_state",
)
"""Columns of a score row that a comparison reads."""


@dataclass(frozen=True, slots=True)
class PairedRuns:
    """The same n items in every run.

    ``items`` has item_id, scene_id, rose_subset, task_template and one column ``bin_<key>`` per
    factor of :data:`handeye.rose.scoring.breakdowns.FACTORS`. ``passed`` is (n, runs), 0 or 1;
    ``states`` and ``reasons`` are one series per run (reasons: null where passed; empty without
    reasons). ``cluster`` and ``stratum`` number scenes and subsets. ``left_out`` counts the items
    of each run that were not compared.
    """

    labels: tuple[str, ...]
    items: pl.DataFrame
    passed: Floats
    states: tuple[pl.Series, ...]
    reasons: tuple[pl.Series, ...]
    cluster: Ints
    stratum: Ints
    subsets: tuple[str, ...]
    left_out: tuple[int, ...]

    @property
    def n_items(self) -> int:
        """How many items are compared."""
        return self.items.height

    @property
    def n_scenes(self) -> int:
        """How many scenes they are about."""
        return int(self.cluster.max(initial=-1)) + 1


def pair_runs(
    frames: Sequence[pl.DataFrame],
    labels: Sequence[str],
    *,
    reasons: Sequence[pl.Series] = (),
    common: bool = False,
) -> PairedRuns:
    """Lay score rows of several runs side by side, in the order of the first.

    Args:
        frames: score rows, at least :data:`COLUMNS`.
        labels: names of the runs, for messages and tables.
        reasons: one series per run, aligned with its frame; none: reasons are not compared.
        common: compare the items that all runs have; otherwise every run must have every item.

    Raises:
        OptionError: fewer than two runs.
        DataError: missing columns; an item missing in a run or twice in it; an item that is about
            other cells in another run; no item that all have.
    """
    if len(frames) < 2:
        raise OptionError("a comparison needs at least two runs")
    for frame, label in zip(frames, labels, strict=True):
        if lacking := [name for name in COLUMNS if name not in frame.columns]:
            raise DataError(f"the scores of {label} lack the columns {', '.join(lacking)}")
    places = _places([frame["item_id"].to_list() for frame in frames], labels, common)
    if not len(places[0]):
        raise DataError("the runs share no item; were they made over the same set?")
    rows = [frame.select(COLUMNS)[place] for frame, place in zip(frames, places, strict=True)]
    for other, label in zip(rows[1:], labels[1:], strict=True):
        _check_same(rows[0], other, labels[0], label)
    first = rows[0]
    subsets = ordered_subsets(first["rose_subset"].unique().to_list())
    number = {name: k for k, name in enumerate(subsets)}
    scenes = first.select(pl.struct("rose_subset", "scene_id").rank("dense") - 1).to_series()
    bins = [factor.bin.alias(f"bin_{factor.key}") for factor in FACTORS]
    return PairedRuns(
        labels=tuple(labels),
        items=first.select("item_id", "scene_id", "rose_subset", "task_template", *bins),
        passed=np.stack([(f["pass"] == 1).to_numpy().astype(np.float64) for f in rows], axis=1),
        states=tuple(frame["answer_state"] for frame in rows),
        reasons=tuple(series[place] for series, place in zip(reasons, places, strict=False)),
        cluster=scenes.to_numpy().astype(np.int64),
        stratum=np.array([number[name] for name in first["rose_subset"]], np.int64),
        subsets=subsets,
        left_out=tuple(frame.height - len(places[0]) for frame in frames),
    )


def _places(ids: Sequence[list[str]], labels: Sequence[str], common: bool) -> list[Ints]:
    """Rows of each run that hold the same items, in the order of the first run."""
    if not common:
        found = [
            pair(ids[0], other, "item", (labels[0], label))
            for other, label in zip(ids[1:], labels[1:], strict=True)
        ]
        return [found[0][0], *(second for _, second in found)]
    kept = ids[0]
    for other, label in zip(ids[1:], labels[1:], strict=True):
        shared = pair_common(kept, other, "item", (labels[0], label))
        kept = [kept[k] for k in shared.first]
    return [pair_common(kept, own).second for own in ids]


def _check_same(first: pl.DataFrame, other: pl.DataFrame, here: str, there: str) -> None:
    unequal = []
    for name in _ABOUT:
        pairs = [frame[name] for frame in (first, other)]
        if isinstance(pairs[0].dtype, pl.List):  # the order of cells means nothing
            pairs = [column.list.sort().list.join(" ") for column in pairs]
        unequal.append(pairs[0].ne_missing(pairs[1]).alias(name))
    table = pl.DataFrame(unequal)
    wrong = table.select(pl.any_horizontal(pl.all())).to_series()
    if not wrong.any():
        return
    ids = first["item_id"].filter(wrong).to_list()
    named = [name for name in _ABOUT if table[name].any()]
    raise DataError(
        f"{len(ids)} items are not the same in {here} and {there} (they differ in "
        f"{', '.join(named)}): {first_ten(ids)}; were the runs made over the same set?"
    )
