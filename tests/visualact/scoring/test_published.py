"""The paper's figures: labelled, consistent, and open about what is missing."""

from __future__ import annotations

import pytest

from handeye.visualact.records import SCENARIOS
from handeye.visualact.scoring.published import (
    LABEL,
    MISSING,
    MODELS,
    N_ACTIONS,
    N_CLIPS,
    PUBLISHED,
    REMARKS,
)


def test_every_figure_is_a_percentage_of_a_known_cell():
    assert LABEL == "published"
    for row in PUBLISHED:
        assert row.scenario in (*SCENARIOS, "overall")
        assert row.figure in ("precision", "recall", "f1", "scale")
        assert row.printed is not None or row.recomputed is not None
        for value in (row.printed, row.recomputed):
            assert value is None or 0 <= value <= 100
        if row.recomputed is not None or row.printed is None:
            assert row.note
    cells = [(row.model, row.table, row.scenario, row.figure) for row in PUBLISHED]
    assert len(set(cells)) == len(cells)


def test_figures_that_can_be_checked_against_each_other():
    cells = {(row.model, row.table, row.scenario, row.figure): row for row in PUBLISHED}
    aria = [cells["Aria", 2, key, "precision"] for key in SCENARIOS]
    mean = sum(row.printed or row.recomputed or 0 for row in aria) / 4
    assert mean == pytest.approx(cells["Aria", 2, "overall", "precision"].printed, abs=0.05)
    scale = [cells["LLaVA-OV-0.5B", 3, key, "scale"].printed or 0 for key in SCENARIOS]
    overall = cells["LLaVA-OV-0.5B", 3, "overall", "scale"]
    assert sum(scale) / 4 == pytest.approx(overall.recomputed, abs=0.05)
    assert overall.printed != overall.recomputed


def test_what_is_missing_is_said():
    assert len(MODELS) < 29
    assert any("Table 2" in line and "29" in line for line in MISSING)
    assert any("Table 4" in line for line in MISSING)


def test_shifted_cells_fit_each_other():
    cells = {(row.model, row.table, row.scenario, row.figure): row for row in PUBLISHED}
    shifted = [m for m, *cell in cells if cell == [2, "overall", "recall"]]
    assert len(shifted) == 5
    for model in shifted:
        # The cells hold scale score, P, R: so the printed F1 is R, and P is not known.
        assert (model, 3, "hmi", "scale") in cells
        assert (model, 2, "overall", "precision") not in cells
        assert cells[model, 2, "overall", "recall"].printed is None
        assert (
            cells[model, 2, "overall", "recall"].recomputed
            == cells[model, 2, "overall", "f1"].printed
        )


def test_counts_of_the_data():
    assert sum(N_CLIPS.values()) == 1074
    assert list(N_CLIPS) == list(SCENARIOS)
    assert sum(N_ACTIONS.values()) == 3733
    assert any("Overall columns of eight rows" in line for line in REMARKS)
