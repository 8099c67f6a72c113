"""The paper's figures: every printed cell, and what contradicts itself recomputed beside it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from handeye.visualact.records import SCENARIOS
from handeye.visualact.scoring.published import (
    FIGURES,
    LABEL,
    MODELS,
    N_ACTIONS,
    N_CLIPS,
    PUBLISHED,
    Published,
)

TABLES = Path(
    os.environ.get(
        "HANDEYE_VISUALACT_TABLES",
        Path(__file__).parents[4] / "shared" / "visualactbench-tables",
    )
)
CELLS = {(r.table, r.model, r.variant, r.scenario, r.figure): r for r in PUBLISHED}


def test_every_cell_is_there_once() -> None:
    assert LABEL == "published"
    assert len(CELLS) == len(PUBLISHED) == 676
    assert len(MODELS) == 29
    by_table = {n: sum(row.table == n for row in PUBLISHED) for n in range(2, 7)}
    assert by_table == {2: 29 * 12 + 29 * 3, 3: 29 * 5, 4: 24, 5: 48, 6: 24}
    for row in PUBLISHED:
        assert 0 <= row.printed <= 100
        assert (row.recomputed is None) == (not row.note)


def test_cells_are_the_printed_ones() -> None:
    """Against a transcription of the tables, in the order of their rows."""
    if not TABLES.is_dir():
        pytest.skip("no transcription of the tables here")
    for number in range(2, 7):
        with (TABLES / f"table{number}.tsv").open(encoding="utf-8") as file:
            printed = [row for _, *row in list(csv.reader(file, delimiter="\t"))[1:]]
        own: dict[tuple[str, str], list[Published]] = {}
        for row in PUBLISHED:
            if row.table == number:
                own.setdefault((row.model, row.variant), []).append(row)
        found = sorted(tuple(row.printed for row in rows) for rows in own.values())
        numbers = [row if number < 4 else row[1:] for row in printed]
        assert found == sorted(tuple(map(float, row)) for row in numbers)


def test_overall_is_the_mean_of_the_classes_or_stands_beside_it() -> None:
    contradicted = set()
    for row in PUBLISHED:
        if row.table > 3 or row.scenario != "overall":
            continue
        classes = [CELLS[row.table, row.model, "", name, row.figure] for name in SCENARIOS]
        mean = sum(c.printed if c.recomputed is None else c.recomputed for c in classes) / 4
        shown = row.printed if row.recomputed is None else row.recomputed
        assert shown == pytest.approx(mean, abs=0.11 if row.recomputed is None else 0.006)
        if row.recomputed is not None:
            contradicted.add((row.table, row.model))
    assert len([m for table, m in contradicted if table == 2]) == 8  # and Aria, by a class cell
    assert len([m for table, m in contradicted if table == 3]) == 6
    aria = [CELLS[2, "Aria", "", "safety", name].recomputed for name in FIGURES[:3]]
    assert aria == [38.2, 34.7, 34.0]


def test_repeated_rows_say_what_they_repeat() -> None:
    cell = CELLS[5, "InternVL", "8B", "overall", "f1"]
    assert (cell.printed, cell.recomputed) == (15.0, 17.1)
    twice = CELLS[6, "InternVL-8B", "MPO", "overall", "f1"]
    assert (twice.printed, twice.recomputed, twice.note) == (19.8, 17.8, "Table 2 prints 17.8")
    assert CELLS[6, "InternVL-38B", "MPO", "overall", "f1"].recomputed is None


def test_counts_of_the_data() -> None:
    assert sum(N_CLIPS.values()) == 1074
    assert list(N_CLIPS) == list(SCENARIOS)
    assert sum(N_ACTIONS.values()) == 3733
