"""What is known of each answer when asking why it failed: the row, its region and its reading.

Made once per run from the score rows and the answers; attribution and decomposition start from it.
Needs no set folder: a score row tells grid, region bounds and targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from handeye.errors import DataError
from handeye.rose.diagnosis.lenient import Reading, read
from handeye.rose.questions import BY_KEY, TEMPLATES, Template
from handeye.rose.scene import Cell, Grid, Region
from handeye.rose.scoring.predictions import PredictionFile
from handeye.rose.scoring.run_folder import Run

COLUMNS = (
    "item_id",
    "scene_id",
    "rose_subset",
    "task_template",
    "region_type",
    "region_bounds",
    "rows",
    "cols",
    "answer_state",
    "format_valid",
    "pass",
    "pred_count",
    "submit_count",
    "pred_clicks_all",
    "all_target_cells",
    "region_target_cells",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One item with its answer.

    ``reading`` is None where nothing definite can be read (no answer, or not even forgivingly).
    ``clicked`` are its unique in-grid clicks; ``counted_globally`` is the number read from the
    answer to G-Cnt about the same scene, None if there is none.
    """

    item_id: str
    scene_id: str
    subset: str
    template: Template
    grid: Grid
    region: Region
    targets: frozenset[Cell]
    gold: frozenset[Cell]
    state: str
    passed: bool
    reading: Reading | None
    clicked: frozenset[Cell]
    counted_globally: int | None

    @property
    def written(self) -> frozenset[Cell]:
        """Unique cells that the answer clicks, whether the grid has them or not."""
        return frozenset(self.reading.clicks if self.reading else ())

    @property
    def clicked_inside(self) -> frozenset[Cell]:
        """Unique clicks in the item's region."""
        return frozenset(cell for cell in self.clicked if cell in self.region)


def evidence(scores: pl.DataFrame, answers: Mapping[str, str | None]) -> list[Evidence]:
    """Evidence on every score row, in their order.

    Args:
        scores: score rows of one run.
        answers: raw text by item id; asked only for answers that the strict grammar refuses.

    Raises:
        DataError: missing columns, an unknown template, an unreadable cell.
    """
    lacking = [name for name in COLUMNS if name not in scores.columns]
    if lacking:
        raise DataError(f"the scores lack the columns {', '.join(lacking)}; score the run again")
    rows = list(scores.select(COLUMNS).iter_rows(named=True))
    readings = [read_row(row, answers.get(row["item_id"])) for row in rows]
    first = BY_KEY["T1"].id
    counted = {
        row["scene_id"]: reading.number
        for row, reading in zip(rows, readings, strict=True)
        if row["task_template"] == first and reading is not None
    }
    return [
        _evidence(row, reading, counted.get(row["scene_id"]))
        for row, reading in zip(rows, readings, strict=True)
    ]


def run_evidence(run: Run) -> list[Evidence]:
    """Evidence on every item of a run folder.

    Raises:
        DataError: a file of the run cannot be read.
    """
    scores = run.frame(names=COLUMNS)
    refused = (pl.col("format_valid") == 0) & pl.col("answer_state").is_in(_WITH_TEXT)
    wanted = scores.filter(refused)["item_id"].to_list()
    return evidence(scores, read_answers(run, wanted))


def read_answers(run: Run, item_ids: Iterable[str]) -> dict[str, str | None]:
    """Raw texts of some items of a run; an item without prediction is left out."""
    with PredictionFile(run.predictions_path()) as answers:
        found = ((item_id, answers.get(item_id)) for item_id in item_ids)
        return {item_id: row.raw_text for item_id, row in found if row is not None}


# What a refusal says is no answer; a cut-off answer is not read further than it goes.
_WITH_TEXT = ("answered",)


def read_row(row: Mapping[str, Any], answer: str | None) -> Reading | None:
    """What the diagnosis reads in an answer: a score row, and the raw text behind it."""
    if row["format_valid"]:
        clicks = tuple(map(_cell, row["pred_clicks_all"]))
        number = row["submit_count"] if row["pred_count"] is None else row["pred_count"]
        return Reading(clicks, number, True)
    if row["answer_state"] not in _WITH_TEXT:
        return None
    return read(answer, TEMPLATES[row["task_template"]].mode)


def _evidence(row: Mapping[str, Any], reading: Reading | None, counted: int | None) -> Evidence:
    grid = Grid(row["rows"], row["cols"])
    clicks: Iterator[Cell] = iter(reading.clicks if reading else ())
    return Evidence(
        item_id=row["item_id"],
        scene_id=row["scene_id"],
        subset=row["rose_subset"],
        template=TEMPLATES[row["task_template"]],
        grid=grid,
        region=_region(row["region_type"], row["region_bounds"]),
        targets=frozenset(map(_cell, row["all_target_cells"])),
        gold=frozenset(map(_cell, row["region_target_cells"])),
        state=row["answer_state"],
        passed=row["pass"] == 1,
        reading=reading,
        clicked=frozenset(cell for cell in clicks if exists(cell, grid)),
        counted_globally=counted,
    )


def exists(cell: Cell, grid: Grid) -> bool:
    """Whether a grid has a cell."""
    return 1 <= cell.row <= grid.rows and 1 <= cell.col <= grid.cols


_region = lru_cache(maxsize=4096)(Region.from_bounds)
_cell = Cell.parse
